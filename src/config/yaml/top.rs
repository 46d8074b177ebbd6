//! The top of a text as serde_yaml reads it, with keys that are written twice; and what it refuses, in words.

use crate::config::problem::{Problem, Problems};
use crate::config::surrogates;
use serde::de::{MapAccess, Visitor};
use serde_yaml::Value;
use std::path::Path;

/// The top of a text. Java's reader joins the two halves of a character beyond 16 bits (`\ud83d\ude00`), libyaml
/// refuses them: where it does, they are joined first.
pub(super) fn read_top(text: &str) -> Result<Top, serde_yaml::Error> {
    serde_yaml::from_str(text).or_else(|error| match surrogates::join(text) {
        Ok(joined) if joined != text => serde_yaml::from_str(&joined),
        _ => Err(error),
    })
}

pub(super) fn syntax_problem(
    path: &Path,
    text: &str,
    error: &serde_yaml::Error,
    as_written: impl Fn(&str) -> String,
) -> Problems {
    let line = error.location().map(|location| location.line());
    let words = as_written(&error.to_string());
    let mut what = format!("is not valid YAML: {words}");
    let source = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or("");
    if source.starts_with(['\t', ' ']) && source.trim_start_matches(' ').starts_with('\t') {
        what.push_str("; YAML is indented with blanks, not with tabs");
    } else if words.contains("Unicode character escape code") {
        what.push_str("; an escape \\uD800 to \\uDFFF is half a character: write both halves, or the character itself");
    }
    let mut problem = Problem::of_file(path, what);
    problem.line = line;
    // serde_yaml knows no integers beyond 64 bits and says so in its own words.
    if let Some((key, rest)) = words.split_once(": invalid type: integer `")
        && let Some((number, _)) = rest.split_once("` as ")
    {
        problem.key = Some(key.to_owned());
        problem.what = format!("{number} is too large a number; write a smaller one");
    }
    problem.into()
}

/// The top of a file, with duplicate keys still there.
pub(super) enum Top {
    Mapping(Vec<(Value, Value)>),
    Nothing,
    Other(&'static str),
}

impl<'de> serde::Deserialize<'de> for Top {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`key: value` lines")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Top::Mapping(pairs))
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Top, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Top::Other("a list"))
    }
    fn visit_unit<E>(self) -> Result<Top, E> {
        Ok(Top::Nothing)
    }
    fn visit_none<E>(self) -> Result<Top, E> {
        Ok(Top::Nothing)
    }
    fn visit_str<E>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Other("a single text"))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Other("a single value"))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
}
