//! `${NAME}` and its relatives in a file's values, filled in from the environment.
//!
//! A reference is taken out of the text before it is read as YAML and what it stands for is put into the values that
//! were read: whatever a variable holds, it cannot change the file around it. What stands in a comment is nobody's
//! value and need not be set. Forms are the shell's: `${NAME}`, `${NAME:-text}`, `${NAME-text}`, `${NAME:?words}`,
//! `${NAME?words}`, `${NAME:+text}`, `${NAME+text}`; with a colon an empty variable counts as unset. `$${NAME}` is the
//! text `${NAME}` itself. `$NAME` is no reference.

mod reference;

use reference::{fill, name_length, reference_length};
use serde_yaml::{Mapping, Value};

/// Asks for a variable; None: it is not set.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Stands for a reference while the text is read: characters of Unicode's private use, which YAML takes anywhere in a
/// value.
const OPEN: char = '\u{F8F0}';
const CLOSE: char = '\u{F8F1}';

/// One reference.
#[derive(Debug)]
struct Reference {
    /// As written.
    written: String,
    /// Its line, counted from 1.
    line: usize,
    /// What it stands for, or why it stands for nothing.
    filled: Result<Filling, String>,
}

/// What a reference stands for.
#[derive(Debug, Clone)]
struct Filling {
    text: String,
    /// It is what a variable holds; else it is text of the file.
    of_variable: bool,
}

/// A text whose references were taken out.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The text to be read.
    pub(super) text: String,
    references: Vec<Reference>,
}

/// A reference in a value that stands for nothing: its line, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfilled {
    /// Line, counted from 1.
    pub(super) line: usize,
    /// What is wrong, and what to do.
    pub(super) what: String,
}

impl Taken {
    /// Takes all references out of a text. Without variables every reference stays what it is.
    pub(super) fn out_of(text: &str, variables: Option<Variables<'_>>) -> Self {
        let mut taken = Self::default();
        let Some(variables) = variables else {
            taken.text = text.to_owned();
            return taken;
        };
        let mut rest = text;
        let mut line = 1;
        while let Some(at) = rest.find("${") {
            let escaped = rest[..at].ends_with('$');
            let before = if escaped { &rest[..at - 1] } else { &rest[..at] };
            taken.text.push_str(before);
            line += before.matches('\n').count();
            let end = at + reference_length(&rest[at..]).unwrap_or_else(|| 2 + name_length(&rest[at + 2..]));
            let written = &rest[at..end];
            let filled = if escaped { Some(Ok(of_file(written.to_owned()))) } else { fill(written, variables) };
            match filled {
                Some(filled) => {
                    taken.text.push_str(&format!("{OPEN}{}{CLOSE}", taken.references.len()));
                    taken.references.push(Reference { written: written.to_owned(), line, filled });
                }
                None => taken.text.push_str(written),
            }
            line += written.matches('\n').count();
            rest = &rest[end..];
        }
        taken.text.push_str(rest);
        taken
    }

    /// Were there any?
    pub(super) fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    /// The text with its references as they were written.
    pub(super) fn as_written(&self, text: &str) -> String {
        self.replace(text, |reference| reference.written.clone())
    }

    /// Fills a value, its keys too. Whatever stands for nothing is noted, and the value is then nothing.
    pub(super) fn fill(&self, value: &mut Value, unfilled: &mut Vec<Unfilled>) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::String(text) if text.contains(OPEN) => {
                let known = unfilled.len();
                let filled = self.fill_text(text, unfilled);
                *value = if unfilled.len() > known {
                    Value::Null
                } else if self.is_all_references(text) {
                    typed(filled)
                } else {
                    number_or_text(filled)
                };
            }
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.fill(item, unfilled)),
            Value::Mapping(pairs) => {
                let filled = std::mem::take(pairs).into_iter().map(|(mut key, mut value)| {
                    self.fill(&mut key, unfilled);
                    self.fill(&mut value, unfilled);
                    (key, value)
                });
                *pairs = filled.collect::<Mapping>();
            }
            Value::Tagged(tagged) => self.fill(&mut tagged.value, unfilled),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A text of several lines is Java's properties. Those that begin with `#` or `!` are comments: nothing need be set
    /// there. What a variable holds is escaped where it is a part of a line, so that a backslash or a line end in it is
    /// one.
    fn fill_text(&self, text: &str, unfilled: &mut Vec<Unfilled>) -> String {
        let several = text.contains('\n');
        let mut filled = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let comment = several && line.trim_start().starts_with(['#', '!']);
            let part = several && !self.is_all_references(line.trim());
            filled.push_str(&self.replace(line, |reference| match &reference.filled {
                Ok(filling) if part && filling.of_variable => {
                    filling.text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")
                }
                Ok(filling) => filling.text.clone(),
                Err(_) if comment => reference.written.clone(),
                Err(what) => {
                    let new = Unfilled { line: reference.line, what: what.clone() };
                    if !unfilled.contains(&new) {
                        unfilled.push(new);
                    }
                    reference.written.clone()
                }
            }));
        }
        filled
    }

    fn is_all_references(&self, text: &str) -> bool {
        self.replace(text, |_| String::new()).is_empty()
    }

    fn replace(&self, text: &str, mut with: impl FnMut(&Reference) -> String) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            replaced.push_str(before);
            let found = after.split_once(CLOSE).and_then(|(number, behind)| {
                let reference = self.references.get(number.parse::<usize>().ok()?)?;
                Some((reference, behind))
            });
            match found {
                Some((reference, behind)) => {
                    replaced.push_str(&with(reference));
                    rest = behind;
                }
                None => {
                    replaced.push(OPEN);
                    rest = after;
                }
            }
        }
        replaced.push_str(rest);
        replaced
    }
}

fn of_file(text: String) -> Filling {
    Filling { text, of_variable: false }
}

fn of_variable(text: String) -> Filling {
    Filling { text, of_variable: true }
}

/// What is nothing but references is whatever it was filled with: a number, a list, nothing.
fn typed(text: String) -> Value {
    match serde_yaml::from_str::<Value>(&text) {
        Ok(Value::String(_) | Value::Tagged(_)) | Err(_) => Value::String(text),
        Ok(Value::Mapping(_) | Value::Sequence(_)) if !text.trim_start().starts_with(['[', '{']) => Value::String(text),
        Ok(value) => value,
    }
}

/// `${A}000` is a number too.
fn number_or_text(text: String) -> Value {
    match serde_yaml::from_str::<Value>(&text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) if !text.contains('\n') => value,
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests;
