//! YAML with positions: values by serde_yaml, the line of each top-level key by marked-yaml.
//!
//! Only the shape of the text is known here (one mapping of keys to values); what the keys mean is `fields.rs`,
//! `workload.rs` and `driver.rs`. Lines are a courtesy: where marked-yaml cannot follow (anchors, tags), a scan of the
//! text stands in for it.

mod source;
mod top;

pub use source::{Source, Style};

use super::environment::{Taken, Unfilled, Variables};
use super::problem::{Problem, Problems};
use serde_yaml::Value;
use source::{first_document, marked_lines};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use top::{Top, read_top, syntax_problem};

/// One top-level key.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its value; `Null` when nothing stands there.
    pub value: Value,
    /// Its line, counted from 1.
    pub line: Option<usize>,
}

/// A file that is one YAML mapping.
#[derive(Debug, Clone)]
pub struct YamlDocument {
    /// The path as given.
    pub path: PathBuf,
    /// Top-level keys in the order of the file; of a key written twice the first.
    pub entries: Vec<Entry>,
    /// Keys written twice, variables that are not set, characters that no value may have.
    pub mistakes: Vec<Problem>,
    /// What stands behind the first document and is left out.
    pub left_out: Option<Problem>,
    /// Was anything filled in from the environment?
    pub filled: bool,
    /// The text of the document, as written.
    pub text: String,
    lines: Vec<String>,
}

impl YamlDocument {
    /// Reads and parses a file as it stands. The error is one clear sentence: missing, a folder, not readable, not
    /// UTF-8, or what `parse` says.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        Self::parse(path, &Self::text_of(path)?)
    }

    /// The same with `${NAME}` in its values filled in from this process's environment.
    pub fn read_filled(path: &Path) -> Result<Self, Problems> {
        let of_process = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::parse_with(path, &Self::text_of(path)?, Some(&of_process))
    }

    fn text_of(path: &Path) -> Result<String, Problems> {
        let refuse = |what: String| Problems::from(Problem::of_file(path, what));
        if path.is_dir() {
            return Err(refuse("is a folder; name a YAML file in it".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(|error| {
            refuse(match error.kind() {
                ErrorKind::NotFound => {
                    "does not exist; check the path (it is relative to the current folder)".to_owned()
                }
                ErrorKind::PermissionDenied => "cannot be read: permission denied; check who may read it".to_owned(),
                _ => format!("cannot be read: {error}"),
            })
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            let mut problem = Problem::of_file(path, "is not UTF-8 text; save it with the encoding UTF-8");
            problem.line = Some(line);
            Problems::from(problem)
        })
    }

    /// Parses text; `path` is for messages only. Errors: syntax (with line and column), an empty file, something else
    /// than a mapping.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        Self::parse_with(path, text, None)
    }

    /// The same; with variables, references to them are filled in.
    pub(super) fn parse_with(path: &Path, text: &str, variables: Option<Variables<'_>>) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (text, behind) = first_document(text);
        let left_out = behind.map(|line| {
            let what = "another document begins here: only the first is read, as in OMB";
            Problem { line: Some(line), ..Problem::of_file(path, what) }
        });
        let taken = Taken::out_of(text, variables);
        let top = read_top(&taken.text)
            .map_err(|error| syntax_problem(path, text, &error, |words| taken.as_written(words)))?;
        let pairs = match top {
            Top::Mapping(pairs) => pairs,
            Top::Nothing => return Err(Problem::of_file(path, "is empty; it should hold `key: value` lines").into()),
            Top::Other(what) => {
                return Err(Problem::of_file(path, format!("holds {what}; it should hold `key: value` lines")).into());
            }
        };
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut marked = marked_lines(&taken.text);
        marked.iter_mut().for_each(|(key, _)| *key = filled_key(&taken, Value::from(key.as_str()), &mut Vec::new()));
        let mut document = Self {
            path: path.to_owned(),
            entries: Vec::new(),
            mistakes: Vec::new(),
            left_out,
            filled: !taken.is_empty(),
            text: text.to_owned(),
            lines,
        };
        let mut twice: Vec<String> = Vec::new();
        for (key, mut value) in pairs {
            let mut unfilled = Vec::new();
            let key = filled_key(&taken, key, &mut unfilled);
            taken.fill(&mut value, &mut unfilled);
            let seen = document.entries.iter().find(|entry| entry.key == key).map(|entry| entry.line);
            if let Some(first) = seen {
                let nth = twice.iter().filter(|other| **other == key).count() + 1;
                let line = document.scan(&key).get(nth).copied();
                let at = first.map(|line| format!(" (first on line {line})")).unwrap_or_default();
                let what = format!("is written twice{at}; keep one of them");
                document.mistakes.push(Problem::of_key(path, line, &key, what));
                twice.push(key);
                continue;
            }
            let scanned = document.scan(&key).first().copied();
            let marked = marked.iter().find(|(name, _)| *name == key).map(|(_, line)| *line);
            // Of a key written twice the marked parser knows the later one, the scan the first.
            let line = match (scanned, marked) {
                (Some(scanned), Some(marked)) => Some(scanned.min(marked)),
                (scanned, marked) => marked.or(scanned),
            };
            for unfilled in unfilled {
                document.mistakes.push(Problem::of_key(path, Some(unfilled.line), &key, unfilled.what));
            }
            if holds_nul(&value) {
                let what = "holds a character NUL (\\u0000), which no name or value of Kafka can have; leave it out";
                document.mistakes.push(Problem::of_key(path, line, &key, what));
                value = Value::Null;
            }
            document.entries.push(Entry { key, value, line });
        }
        Ok(document)
    }

    /// Sets a key, in place of what the file says; then the text is that of all keys as they are now, without comments.
    pub fn set(&mut self, key: &str, value: Value) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => *entry = Entry { value, line: None, ..entry.clone() },
            None => self.entries.push(Entry { key: key.to_owned(), value, line: None }),
        }
        self.mistakes.retain(|mistake| mistake.key.as_deref() != Some(key));
        let keys = self.entries.iter().map(|entry| (Value::from(entry.key.clone()), entry.value.clone()));
        // What was read as YAML, or made by us, can be written as YAML.
        self.text = serde_yaml::to_string(&keys.collect::<serde_yaml::Mapping>()).unwrap_or_default();
    }

    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The line of a key.
    pub fn line(&self, key: &str) -> Option<usize> {
        self.get(key).and_then(|entry| entry.line)
    }
}

/// A scalar as the text it stands for; None for lists and mappings.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// What a value is, for messages: `the text "abc"`, `a list`, `1.5`.
pub fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => "nothing".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
        Value::Tagged(tagged) => format!("a value with the tag {}", tagged.tag),
    }
}

/// A top-level key as text.
fn filled_key(taken: &Taken, mut key: Value, unfilled: &mut Vec<Unfilled>) -> String {
    let written = scalar_text(&key).map(|text| taken.as_written(&text)).unwrap_or_else(|| format!("{key:?}"));
    taken.fill(&mut key, unfilled);
    match key {
        Value::Null => written,
        key => scalar_text(&key).unwrap_or(written),
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Sequence(items) => items.iter().any(holds_nul),
        Value::Mapping(pairs) => pairs.iter().any(|(key, value)| holds_nul(key) || holds_nul(value)),
        Value::Tagged(tagged) => holds_nul(&tagged.value),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests;
