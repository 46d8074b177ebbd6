//! The plan as it was decided, durations as seconds, and what the client library was given, secrets masked.

use crate::plan::{PayloadPlan, Plan, TranslatedProperties};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The plan as JSON. Durations, which serde writes as `{secs, nanos}`, become one number of seconds, and `_s` joins
/// their names; `duration_s` is null for a run until it is interrupted.
pub fn value(plan: &Plan) -> Value {
    let message = &plan.message;
    let mut plan = serde_json::to_value(plan).expect("a plan holds nothing but numbers, texts, lists and structs");
    // The bytes of given payloads tell nobody anything; their lengths may.
    if let Some(given) = plan.pointer_mut("/message/payload/given").and_then(Value::as_object_mut) {
        let lengths: Vec<usize> = match &message.payload {
            PayloadPlan::Given { payloads, .. } => payloads.iter().map(Vec::len).collect(),
            _ => Vec::new(),
        };
        given.remove("payloads");
        given.insert("payload_bytes".to_owned(), Value::from(lengths));
    }
    if let Some(fields) = plan.as_object_mut() {
        *fields = with_seconds(std::mem::take(fields));
    }
    plan
}

fn with_seconds(fields: Map<String, Value>) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| match value {
            Value::Object(inner) => match seconds(&inner) {
                Some(seconds) => (format!("{name}_s"), Value::from(seconds)),
                None => (name, Value::Object(with_seconds(inner))),
            },
            Value::Null if name == "duration" => ("duration_s".to_owned(), Value::Null),
            other => (name, other),
        })
        .collect()
}

fn seconds(fields: &Map<String, Value>) -> Option<f64> {
    let part = |name| fields.get(name).and_then(Value::as_f64);
    (fields.len() == 2).then_some(())?;
    Some(part("secs")? + part("nanos")? / 1e9)
}

/// What the client library was given, name → value, secrets as `****`.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct EffectiveConfiguration {
    /// Of the admin client.
    #[schemars(with = "BTreeMap<String, String>")]
    admin: Map<String, Value>,
    /// Of the producers.
    #[schemars(with = "BTreeMap<String, String>")]
    producer: Map<String, Value>,
    /// Of the consumers.
    #[schemars(with = "BTreeMap<String, String>")]
    consumer: Map<String, Value>,
}

impl EffectiveConfiguration {
    /// Takes it from the plan. Of a name set twice the last value holds, as in the library.
    pub fn new(plan: &Plan) -> Self {
        let masked = |properties: &TranslatedProperties| {
            properties.masked().into_iter().map(|(name, value)| (name, Value::from(value))).collect()
        };
        Self {
            admin: masked(&plan.driver.admin),
            producer: masked(&plan.driver.producer),
            consumer: masked(&plan.driver.consumer),
        }
    }
}
