//! The four blocks of Java properties: read from a text or a mapping, and written as a text that OMB reads.

use super::DriverClass;
use crate::config::fields::FieldReader;
use crate::config::problem::Problem;
use crate::config::properties::{self, WrittenProperty};
use crate::config::yaml::{Entry, Source, Style, YamlDocument, describe, scalar_text};
use serde_yaml::{Mapping, Value};

/// The four blocks of Java properties.
pub(super) const BLOCKS: [&str; 4] = ["topicConfig", "commonConfig", "producerConfig", "consumerConfig"];

/// One of the four blocks. Missing is empty; OMB would fail, which a user of OMB may want to know.
pub(super) fn text_block(fields: &mut FieldReader<'_>, key: &str, class: Option<DriverClass>) -> Vec<WrittenProperty> {
    let Some(entry) = fields.document.get(key) else {
        if class == Some(DriverClass::Java) {
            fields.warning(key, "is missing and taken as empty; OMB itself needs it (write an empty text: \"\")");
        }
        return Vec::new();
    };
    let text = match &entry.value {
        Value::Null => return Vec::new(),
        Value::String(text) => text.clone(),
        Value::Mapping(mapping) => return mapped_block(fields, key, mapping, class),
        other => {
            let what = describe(other);
            fields.mistake(
                key,
                format!("{what} is no properties text; write `{key}: |` and below it indented lines name=value"),
            );
            return Vec::new();
        }
    };
    let source = fields.document.source(key);
    let literal = source.as_ref().filter(|source| source.style == Style::Literal).map(|source| source.first_line);
    let key_line = entry.line;
    let line_of = |line: usize| literal.map(|first| first + line - 1).or(key_line);
    let read = properties::parse(&text, line_of);
    if let Some(lines) = source.as_ref().and_then(folded).filter(|lines| read.properties.len() < *lines) {
        fields.mistake(
            key,
            format!(
                "its {lines} lines are folded into one, so that only {} would be read; write `{key}: |` (with a bar) \
                 and the lines below it",
                read.properties.first().map_or("a comment", |first| first.name.as_str())
            ),
        );
        return Vec::new();
    }
    let path = &fields.document.path;
    fields.mistakes.extend(read.mistakes.into_iter().map(|(line, what)| Problem::of_key(path, line, key, what)));
    fields.warnings.extend(
        read.warnings.into_iter().map(|(line, name, what)| Problem::of_key(path, line, key, format!("{name} {what}"))),
    );
    read.properties
}

/// A block as a YAML mapping of names to values, which says the same: the Python port's files have it.
fn mapped_block(
    fields: &mut FieldReader<'_>,
    key: &str,
    mapping: &Mapping,
    class: Option<DriverClass>,
) -> Vec<WrittenProperty> {
    if class == Some(DriverClass::Java) {
        fields.warning(key, "is a mapping, which OMB itself does not read: it wants lines name=value (with a bar)");
    }
    let source = fields.document.source(key);
    let key_line = fields.document.line(key);
    let mut written = Vec::with_capacity(mapping.len());
    for (name, value) in mapping {
        let name = scalar_text(name).unwrap_or_default();
        let of_name = |line: &String| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            line.strip_prefix(&name)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        };
        let line = source.as_ref().and_then(|source| {
            let below = source.below.iter().position(of_name)?;
            Some(source.first_line + below)
        });
        let line = line.or(key_line);
        match property_text(value).filter(|_| !name.is_empty()) {
            Some(value) => written.push(WrittenProperty { name, value, line }),
            None => {
                let what = format!("{name} has {}, no text; write name: value", describe(value));
                fields.mistakes.push(Problem::of_key(&fields.document.path, line, key, what));
            }
        }
    }
    written
}

/// A value of a mapping as a property has it: a list is what Java writes with commas.
fn property_text(value: &Value) -> Option<String> {
    match value {
        Value::Sequence(items) => Some(items.iter().map(scalar_text).collect::<Option<Vec<_>>>()?.join(",")),
        other => scalar_text(other),
    }
}

/// The text that OMB's workers are sent: they fill in nothing from their environment and read no mappings.
pub(super) fn text_for_others(document: &YamlDocument) -> String {
    let is_mapping = |key: &str| document.get(key).is_some_and(|entry| entry.value.is_mapping());
    if !document.filled && !BLOCKS.into_iter().any(is_mapping) {
        return document.text.clone();
    }
    let plain = |entry: &Entry| {
        let value = match &entry.value {
            Value::Mapping(mapping) if BLOCKS.contains(&entry.key.as_str()) => {
                let line = |(name, value): (&Value, &Value)| {
                    let [name, value] = [scalar_text(name), property_text(value)].map(|text| text.unwrap_or_default());
                    format!("{}={}\n", properties::escaped(&name, true), properties::escaped(&value, false))
                };
                Value::String(mapping.iter().map(line).collect())
            }
            other => other.clone(),
        };
        (Value::from(entry.key.as_str()), value)
    };
    let mapping: Mapping = document.entries.iter().map(plain).collect();
    serde_yaml::to_string(&mapping).unwrap_or_else(|_| document.text.clone())
}

/// How many lines of a folded text look like properties of their own (continuation lines do not count); None: nothing
/// is folded.
fn folded(source: &Source) -> Option<usize> {
    if source.style == Style::Literal {
        return None;
    }
    let mut count = usize::from(source.style == Style::Flow && properties::looks_like_property(&source.beside));
    let mut continues = false;
    for line in &source.below {
        let comment = line.trim_start().starts_with('#') && source.style == Style::Flow;
        count += usize::from(!continues && !comment && properties::looks_like_property(line));
        continues = line.trim_end().ends_with('\\');
    }
    Some(count)
}
