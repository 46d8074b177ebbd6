//! Nested values as rows: path, value.

use serde_json::Value;

/// Every leaf below `value`, as (`a.b.0.c`, text), in order. Lists of plain values are one leaf.
pub(super) fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(value, String::new(), &mut found);
    found
}

fn walk(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, inner)| walk(inner, below(name), found)),
        Value::Array(list) if list.iter().any(|inner| inner.is_object() || inner.is_array()) => {
            list.iter().enumerate().for_each(|(at, inner)| walk(inner, below(&at.to_string()), found));
        }
        Value::Array(list) => found.push((path, list.iter().map(text).collect::<Vec<_>>().join(", "))),
        other => found.push((path, text(other))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_become_paths() {
        let value = serde_json::json!({ "a": { "b": [1, 2], "c": [{ "d": null }] }, "e": "f" });
        let rows = [("a.b", "1, 2"), ("a.c.0.d", "–"), ("e", "f")];
        assert!(leaves(&value).iter().map(|(path, text)| (path.as_str(), text.as_str())).eq(rows));
    }
}
