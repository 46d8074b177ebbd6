//! The JSON Schema of the detail document (draft 2020-12), made from the table of definitions and from the types of
//! latencies, balances and thresholds, so that it cannot fall behind them: a name that the table lacks is refused, and
//! what has a unit is a number.
//!
//! It knows the parts of the document, which of them are always there, the names that may stand in objects, the figures
//! of latencies and balances, the thresholds. It does not say which object each of the other names belongs to.

use super::fields::DEFINITIONS;
use super::latencies::LatencyFigures;
use super::{SCHEMA_NAME, SCHEMA_VERSION};
use crate::load::accounting::Balance;
use crate::plan::Threshold;
use crate::stats::{Distribution, Latency};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Parts of the document that are always there; null where there is nothing to say.
const ALWAYS: [&str; 26] = [
    "system",
    "verdict",
    "trust",
    "schema",
    "pinload_version",
    "librdkafka_version",
    "command_line",
    "started_at",
    "host",
    "outcome",
    "health",
    "caveats",
    "warnings",
    "measurement",
    "periods",
    "accounting",
    "message",
    "acknowledgement",
    "histogram",
    "clock",
    "supervisor",
    "floor",
    "topics",
    "plan",
    "clients",
    "fields",
];
/// Parts that are there when there is something to say.
const SOMETIMES: [&str; 13] = [
    "goals",
    "intervals",
    "phases",
    "rate_search",
    "hosts",
    "end_to_end_clocks",
    "environment",
    "effective_configuration",
    "cluster_settings",
    "partitions",
    "partition_counts",
    "files_as_written",
    "scrapes",
];
/// Units of texts.
const TEXTS: [&str; 3] = ["CPU list", "CPU lists", "NUMA nodes"];
/// The schema.
pub fn schema() -> Value {
    let names = names();
    let accounting = json!({
        "type": "object",
        "required": ["total", "subscriptions"],
        "properties": { "total": { "$ref": "#/$defs/balance" }, "subscriptions": any() },
        "additionalProperties": false,
    });
    let part = |name: &&str| {
        let schema = match *name {
            "effective_configuration" => json!({ "$ref": "#/$defs/configuration" }),
            "fields" => json!({ "$ref": "#/$defs/fields" }),
            "accounting" => accounting.clone(),
            name => names.get(name).cloned().unwrap_or_else(any),
        };
        ((*name).to_owned(), schema)
    };
    let parts: Map<String, Value> = ALWAYS.iter().chain(&SOMETIMES).map(part).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:{SCHEMA_NAME}:{SCHEMA_VERSION}"),
        "title": format!("{SCHEMA_NAME}, version {SCHEMA_VERSION}"),
        "description": "The detail file of pinload. The unit of a figure stands in its name and in its description.",
        "type": "object",
        "required": ALWAYS,
        "properties": parts,
        "additionalProperties": false,
        "$defs": {
            "any": { "anyOf": [
                { "type": ["null", "boolean", "number", "string"] },
                { "type": "array", "items": any() },
                { "$ref": "#/$defs/object" },
            ] },
            "number": { "anyOf": [
                { "type": ["null", "number"] },
                { "type": "array", "items": { "$ref": "#/$defs/number" } },
            ] },
            "object": { "type": "object", "properties": names, "additionalProperties": false },
            "latency": { "anyOf": [
                of_fields(&LatencyFigures::of(&Distribution::empty())),
                columns("columns of a timeline", &["p50_ns", "p99_ns", "max_ns"]),
                columns("a distribution", &["bucket", "count"]),
                columns("a percentile curve", &["percentile", "value_ns"]),
            ] },
            "balance": { "anyOf": [{ "type": "null" }, of_fields(&Balance::default())] },
            "thresholds": thresholds(),
            "configuration": {
                "type": "object",
                "additionalProperties": { "type": "object", "additionalProperties": { "type": "string" } },
            },
            "fields": { "type": "object", "additionalProperties": {
                "type": "object",
                "required": ["meaning"],
                "properties": { "meaning": { "type": "string" }, "unit": { "type": "string" } },
                "additionalProperties": false,
            } },
        },
    })
}

fn any() -> Value {
    json!({ "$ref": "#/$defs/any" })
}

/// Columns of equal length.
fn columns(what: &str, names: &[&str]) -> Value {
    let column = |name: &&str| {
        let numbers = json!({ "type": "array", "items": { "type": ["number", "null"] } });
        ((*name).to_owned(), numbers)
    };
    let properties: Map<String, Value> = names.iter().map(column).collect();
    json!({
        "description": what,
        "type": "object",
        "required": names,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// An object with the fields of this value's type, all of them always there: flags, and numbers from 0 on.
fn of_fields(value: &impl serde::Serialize) -> Value {
    let Ok(Value::Object(fields)) = serde_json::to_value(value) else { return any() };
    let field = |(name, value): (&String, &Value)| {
        let kind = json!({ "type": "number", "minimum": 0 });
        (name.clone(), if value.is_boolean() { json!({ "type": "boolean" }) } else { kind })
    };
    let (names, properties): (Vec<&String>, Map<String, Value>) =
        (fields.keys().collect(), fields.iter().map(field).collect());
    json!({ "type": "object", "required": names, "properties": properties, "additionalProperties": false })
}

/// All of them are always there: a result says which were in force.
fn thresholds() -> Value {
    let names: Vec<&str> = Threshold::ALL.iter().map(|threshold| threshold.name()).collect();
    let value = |threshold: &Threshold| {
        (threshold.name().to_owned(), json!({ "type": "number", "description": threshold.meaning() }))
    };
    let properties: Map<String, Value> = Threshold::ALL.iter().map(value).collect();
    json!({ "type": "object", "required": names, "properties": properties, "additionalProperties": false })
}

/// Every name that may stand in an object, with all its meanings.
fn names() -> Map<String, Value> {
    let mut meanings: BTreeMap<&str, Vec<(&str, &str, &str)>> = BTreeMap::new();
    for &(full, unit, meaning) in DEFINITIONS {
        let (parent, name) = full.rsplit_once('.').unwrap_or(("", full));
        meanings.entry(name).or_default().push((parent, unit, meaning));
    }
    meanings.into_iter().map(|(name, meanings)| (name.to_owned(), named(name, &meanings))).collect()
}

fn named(name: &str, meanings: &[(&str, &str, &str)]) -> Value {
    let number = meanings.iter().all(|(_, unit, _)| !unit.is_empty() && !TEXTS.contains(unit));
    let kind = if Latency::ALL.iter().any(|family| family.name() == name) {
        "latency"
    } else if name == "thresholds" {
        "thresholds"
    } else if number {
        "number"
    } else {
        "any"
    };
    let describe = |(parent, unit, meaning): &(&str, &str, &str)| {
        let parent = if parent.is_empty() { String::new() } else { format!("in {parent}: ") };
        let unit = if unit.is_empty() { String::new() } else { format!(" [{unit}]") };
        format!("{parent}{meaning}{unit}")
    };
    let description: Vec<String> = meanings.iter().map(describe).collect();
    json!({ "$ref": format!("#/$defs/{kind}"), "description": description.join("; ") })
}
