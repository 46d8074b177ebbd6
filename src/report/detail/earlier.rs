//! Detail files of earlier versions of the schema: they are brought into the present form when they are read.
//!
//! Version 1 called caveats doubts.

use super::SCHEMA_VERSION;
use serde_json::{Map, Value};

/// Names of version 1, and what they are now.
const RENAMED: [(&str, &str); 3] = [("doubts", "caveats"), ("doubt", "caveat"), ("floor_doubts", "floor_caveats")];

/// The name that a field has now, which may have had another one.
pub fn present_name(name: &str) -> &str {
    RENAMED.iter().find(|(earlier, _)| *earlier == name).map_or(name, |(_, present)| present)
}

/// The document in the form of [`SCHEMA_VERSION`].
#[must_use]
pub fn in_present_form(mut document: Map<String, Value>) -> Map<String, Value> {
    let version = document.get("schema").and_then(|schema| schema["version"].as_u64());
    if version.is_some_and(|version| version < u64::from(SCHEMA_VERSION)) {
        rename(&mut document);
        let caveats = document.get_mut("caveats").and_then(Value::as_array_mut).into_iter().flatten();
        caveats.filter_map(Value::as_object_mut).for_each(rename);
        document.get_mut("floor").and_then(Value::as_object_mut).into_iter().for_each(rename);
    }
    document
}

fn rename(object: &mut Map<String, Value>) {
    for (earlier, present) in RENAMED {
        if let Some(value) = object.remove(earlier) {
            object.insert(present.to_owned(), value);
        }
    }
}
