//! What stands below the top of a campaign file: the settings and the dimensions, with the lines of their names.

use super::{Dimension, FixedSetting, SettingKind, SettingValue, VariedSetting};
use crate::config::fields::FieldReader;
use crate::config::problem::Problem;
use crate::config::yaml::{YamlDocument, describe};
use serde_yaml::{Mapping, Value};

pub(super) fn read_settings(fields: &mut FieldReader<'_>, lines: &[(String, usize)]) -> Vec<FixedSetting> {
    let Some(value) = fields.value("settings") else { return Vec::new() };
    let Some(pairs) = value.as_mapping() else {
        let what = format!(
            "{} is not a list of settings; write for example\n  settings:\n    --duration: 30s",
            describe(value)
        );
        fields.mistake("settings", what);
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in texts(pairs) {
        let line = line_of(lines, "settings", &name).or(fields.document.line("settings"));
        let knob = SettingKind::named(&name);
        match knob.value(value) {
            Ok(value) => found.push(FixedSetting { knob, value, line }),
            Err(what) => fields.mistakes.push(Problem::of_key(&fields.document.path, line, &name, what)),
        }
    }
    found
}

const EXAMPLE: &str =
    "write for example\n  dimensions:\n    - producer.linger.ms: [0, 5]\n    - messageSize: [100, 1000]";

pub(super) fn read_dimensions(fields: &mut FieldReader<'_>, lines: &[(String, usize)]) -> Vec<Dimension> {
    let Some(value) = fields.value("dimensions") else { return Vec::new() };
    let Some(items) = value.as_sequence() else {
        fields.mistake("dimensions", format!("{} is not a list of dimensions; {EXAMPLE}", describe(value)));
        return Vec::new();
    };
    let mut dimensions = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Some(pairs) = item.as_mapping().filter(|pairs| !pairs.is_empty()) else {
            fields.mistake("dimensions", format!("number {} is {}; {EXAMPLE}", at + 1, describe(item)));
            continue;
        };
        let mut knobs: Vec<VariedSetting> = Vec::new();
        for (name, value) in texts(pairs) {
            let line = line_of(lines, &format!("dimensions.{at}"), &name).or(fields.document.line("dimensions"));
            match values(&name, value, knobs.first()) {
                Ok(values) => knobs.push(VariedSetting { knob: SettingKind::named(&name), values, line }),
                Err(what) => fields.mistakes.push(Problem::of_key(&fields.document.path, line, &name, what)),
            }
        }
        dimensions.push(Dimension { knobs });
    }
    dimensions
}

/// The values of one knob; those that change together have as many.
fn values(name: &str, value: &Value, first: Option<&VariedSetting>) -> Result<Vec<SettingValue>, String> {
    let Some(items) = value.as_sequence().filter(|items| !items.is_empty()) else {
        return Err(format!("{} is no list of values; write {name}: [a, b]", describe(value)));
    };
    let knob = SettingKind::named(name);
    let values = items.iter().map(|item| knob.value(item)).collect::<Result<Vec<_>, _>>()?;
    match first {
        Some(first) if first.values.len() != values.len() => Err(format!(
            "has {} values, and {} that changes with it has {}; give both as many, or make two dimensions of them",
            values.len(),
            first.knob.name(),
            first.values.len()
        )),
        _ => Ok(values),
    }
}

fn texts(pairs: &Mapping) -> impl Iterator<Item = (String, &Value)> {
    pairs.iter().map(|(name, value)| (crate::config::yaml::scalar_text(name).unwrap_or_default(), value))
}

/// Lines of names below the top: `settings` and a name, `dimensions.0` and a name.
pub(super) fn nested_lines(document: &YamlDocument) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let Ok(root) = marked_yaml::parse_yaml(0, &document.text) else { return found };
    let Some(root) = root.as_mapping() else { return found };
    let mut note = |place: &str, node: &marked_yaml::Node| {
        let names = node.as_mapping().into_iter().flat_map(|mapping| mapping.keys());
        let lines = names.filter_map(|name| Some((format!("{place}.{}", name.as_str()), name.span().start()?.line())));
        found.extend(lines.collect::<Vec<_>>());
    };
    if let Some(settings) = root.get_node("settings") {
        note("settings", settings);
    }
    let dimensions = root.get_node("dimensions").and_then(|node| node.as_sequence());
    for (at, item) in dimensions.into_iter().flat_map(|sequence| sequence.iter()).enumerate() {
        note(&format!("dimensions.{at}"), item);
    }
    found
}

fn line_of(lines: &[(String, usize)], place: &str, name: &str) -> Option<usize> {
    lines.iter().find(|(key, _)| *key == format!("{place}.{name}")).map(|(_, line)| *line)
}
