//! The JSON Schema of the detail document (draft 2020-12), made from the types that are serialised: names, types, and
//! what each field is come from the structs and their doc comments, so that there is one source.
//!
//! Added here: the document's name; `unit`, where neither its type nor its field says one and the name does (`_ns`);
//! and that an object has no other fields than its type.

use super::{DetailDocument, SCHEMA_NAME, SCHEMA_VERSION};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What ends of names say, the longer before those that they end with.
const UNITS: [(&str, &str); 9] = [
    ("_bytes_per_s", "bytes/s"),
    ("_per_s", "messages/s"),
    ("_ns", "ns"),
    ("_us", "us"),
    ("_s", "s"),
    ("_bytes", "bytes"),
    ("_messages", "messages"),
    ("_ppm", "parts per million"),
    ("_percent", "%"),
];

/// The schema.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<DetailDocument<'static>>().to_value();
    complete(&mut schema, true);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:{SCHEMA_NAME}:{SCHEMA_VERSION}"),
        "title": format!("{SCHEMA_NAME}, version {SCHEMA_VERSION}"),
        "description": "The detail file of pinload. The unit of a figure stands in its name, or beside its \
                        description.",
    });
    match (head, schema) {
        (Value::Object(mut head), Value::Object(schema)) => {
            for (name, value) in schema {
                head.entry(name).or_insert(value);
            }
            Value::Object(head)
        }
        (_, schema) => schema,
    }
}

/// Adds units to fields, and closes objects. `whole`: what the schema describes is all of an object, not an alternative
/// whose other fields stand beside it.
fn complete(schema: &mut Value, whole: bool) {
    let Value::Object(schema) = schema else { return };
    let of_object = schema.contains_key("properties");
    for (name, value) in schema.iter_mut() {
        match (name.as_str(), value) {
            ("properties", Value::Object(fields)) => fields.iter_mut().for_each(|(name, field)| {
                complete(field, true);
                add_unit(name, field);
            }),
            ("$defs", Value::Object(definitions)) => {
                definitions.values_mut().for_each(|definition| complete(definition, true));
            }
            ("oneOf" | "anyOf" | "allOf", Value::Array(alternatives)) => {
                alternatives.iter_mut().for_each(|alternative| complete(alternative, whole && !of_object));
            }
            ("items" | "additionalProperties", inner) => complete(inner, true),
            ("prefixItems", Value::Array(items)) => items.iter_mut().for_each(|item| complete(item, true)),
            _ => {}
        }
    }
    if of_object && !whole {
        schema.remove("additionalProperties");
    } else if of_object && !schema.contains_key("additionalProperties") {
        // Fields of alternatives count too, which additionalProperties does not see.
        let has_alternatives = ["oneOf", "anyOf", "allOf"].iter().any(|name| schema.contains_key(*name));
        let name = if has_alternatives { "unevaluatedProperties" } else { "additionalProperties" };
        schema.insert(name.to_owned(), Value::Bool(false));
    }
}

fn add_unit(name: &str, field: &mut Value) {
    let Value::Object(field) = field else { return };
    let by_name = UNITS.iter().find(|(end, _)| name.ends_with(end));
    if let (Some((_, unit)), false) = (by_name, field.contains_key("unit")) {
        field.insert("unit".to_owned(), Value::from(*unit));
    }
}

/// What a schema refers to, itself where it refers to nothing.
pub(super) fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// The text of a keyword.
pub(super) fn text<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    schema.get(keyword).and_then(Value::as_str)
}

/// The schemas of the values that a schema describes: alternatives, items, values of a map.
pub(super) fn inner(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let alternatives = ["oneOf", "anyOf", "allOf", "prefixItems"].into_iter();
    let alternatives = alternatives.filter_map(|name| schema.get(name)?.as_array()).flatten();
    alternatives.chain(["items", "additionalProperties"].into_iter().filter_map(|name| schema.get(name)))
}
