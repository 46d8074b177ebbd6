//! What JSON schemas say of counters and latencies: their names, and what each is, from the lists of them.

use super::{Counter, Counters, Latency};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The schema of a map from the names of counters to `T`: all of them (`whole`), or some.
pub fn schema_by_counter<T: JsonSchema>(generator: &mut SchemaGenerator, whole: bool) -> Schema {
    let value = generator.subschema_for::<T>();
    let counter = |counter: &Counter| {
        let mut schema = value.clone();
        schema.insert("description".to_owned(), counter.meaning().into());
        schema.insert("unit".to_owned(), counter.unit().into());
        (counter.name().to_owned(), schema.to_value())
    };
    let properties: Map<String, Value> = Counter::ALL.iter().map(counter).collect();
    let required: Vec<&str> = Counter::ALL.iter().filter(|_| whole).map(|counter| counter.name()).collect();
    json_schema!({ "type": "object", "properties": properties, "required": required })
}

impl JsonSchema for Counters {
    fn schema_name() -> Cow<'static, str> {
        "Counters".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_by_counter::<u64>(generator, true)
    }
}

/// The schema of a map from the families that were measured to `T`, each with what the family is.
pub fn schema_by_latency<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let value = generator.subschema_for::<T>();
    let families = Latency::json_schema(generator).to_value();
    let described = families["oneOf"].as_array().into_iter().flatten();
    let told = described.filter(|family| Latency::ALL.iter().any(|told| family["const"] == told.name()));
    let property = |family: &Value| {
        let mut schema = value.clone();
        schema.insert("description".to_owned(), family["description"].clone());
        Some((family["const"].as_str()?.to_owned(), schema.to_value()))
    };
    let properties: Map<String, Value> = told.filter_map(property).collect();
    json_schema!({ "type": "object", "properties": properties })
}
