//! What two results differ in before they differ in figures: configuration, machine, broker, versions.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One setting that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SettingDifference {
    /// Where it stands in the detail file.
    pub setting: String,
    /// What the base says; absent there: None.
    pub base: Option<String>,
    /// What the new one says.
    pub new: Option<String>,
}

/// Parts of the document that say what was run, on what.
const PARTS: [&str; 8] = [
    "pinload_version",
    "librdkafka_version",
    "plan",
    "effective_configuration",
    "cluster_settings",
    "host",
    "environment",
    "clock",
];
/// Names below them that differ from run to run of the same thing, or follow from others.
const VOLATILE: [&str; 24] = [
    "inputs",
    "warnings",
    "thresholds",
    "goals",
    "clients",
    "notes",
    "seed",
    "lines",
    "resource",
    "findings",
    "not_known",
    "throttling",
    "steal_percent",
    "tsc_across_cpus",
    "interrupt_groups",
    "scope_reason",
    "reason",
    "ticks_per_s",
    "anchor_ticks",
    "anchor_raw_ns",
    "drift_ppm",
    "workload_file_base",
    "setting_source",
    "client.id",
];

/// Every setting that is not the same, by name.
pub fn differing(base: &Value, new: &Value) -> Vec<SettingDifference> {
    let (base, new) = (settings(base), settings(new));
    let names: BTreeSet<&String> = base.keys().chain(new.keys()).collect();
    let differs = |name: &String| {
        let (base, new) = (base.get(name).cloned(), new.get(name).cloned());
        (base != new).then(|| SettingDifference { setting: name.clone(), base, new })
    };
    names.into_iter().filter_map(differs).collect()
}

fn settings(document: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in PARTS {
        if let Some(value) = document.get(part) {
            flatten(part, value, &mut found);
        }
    }
    found
}

fn flatten(name: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields.iter().filter(|(field, _)| !VOLATILE.contains(&field.as_str())) {
                flatten(&format!("{name}.{field}"), inner, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                // Settings come by name: one more moves no other.
                let called = item.get("setting").and_then(Value::as_str);
                let step = called.map_or_else(|| format!("[{at}]"), |called| format!(".{called}"));
                flatten(&format!("{name}{step}"), item, found);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(found.insert(name.to_owned(), text.clone())),
        other => drop(found.insert(name.to_owned(), other.to_string())),
    }
}
