//! Partitions side by side: their end-to-end times and their messages.

use super::super::reading::ResultDocument;
use serde_json::{Value, json};

/// Partitions that are drawn at most.
const DRAWN: usize = 1_000;
const COLUMNS: [(&str, &str); 5] = [
    ("p50_ns", "partition_p50_ns"),
    ("p99_ns", "partition_p99_ns"),
    ("p99_9_ns", "partition_p99_9_ns"),
    ("max_ns", "partition_max_ns"),
    ("messages_per_s", "partition_messages_per_s"),
];

/// Null where there is no or one partition.
pub(super) fn of_run(run: &ResultDocument) -> Value {
    let all = run.list("/partitions");
    let drawn = &all[..all.len().min(DRAWN)];
    if drawn.len() < 2 {
        return Value::Null;
    }
    let column = |field: &str| drawn.iter().map(|one| one[field].clone()).collect::<Value>();
    json!({
        "labels": drawn.iter().map(|one| label(one, all)).collect::<Vec<_>>(),
        "names": COLUMNS.map(|(name, _)| name),
        "columns": COLUMNS.map(|(_, field)| column(field)),
    })
}

/// `3`, `topic 1 · 3`, `topic 1 · subscription 0 · 3`, `others`: as much as is needed among all of them.
pub(in crate::report::html) fn label(one: &Value, all: &[Value]) -> String {
    let differs = |name: &str| all.iter().any(|other| other[name] != one[name]);
    let mut words: Vec<String> = ["topic", "subscription"]
        .into_iter()
        .filter(|name| differs(name))
        .map(|name| format!("{name} {}", one[name].as_u64().unwrap_or(0)))
        .collect();
    words.push(one["partition"].as_u64().map_or_else(|| "others".to_owned(), |number| number.to_string()));
    words.join(" · ")
}
