//! Typed reading of a document's keys as Jackson reads them (quoted numbers, `1_000`), collecting every mistake on the
//! way. Unknown keys are mistakes too, or warnings when the user says so.

mod unknown_keys;

pub use unknown_keys::nearest;

use super::problem::Problem;
use super::yaml::{YamlDocument, describe, scalar_text};
use serde_yaml::Value;

/// A key that pinload knows and does not have: OMB or one of its forks has or had it.
#[derive(Debug, Clone, Copy)]
pub struct ForeignKey {
    /// The key.
    pub name: &'static str,
    /// Whose it is, why it is not there, what to do instead.
    pub what: &'static str,
}

/// What kind of file is read: its keys, and the keys it is known for not to have.
#[derive(Debug, Clone, Copy)]
pub struct DocumentKind {
    /// "workload file", "driver file".
    pub name: &'static str,
    /// Keys it has.
    pub known: &'static [&'static str],
    /// Keys of OMB's forks.
    pub foreign: &'static [ForeignKey],
    /// Keys of the other kind of file, and what to do when one is found.
    pub other: &'static [&'static str],
    /// The remedy for a file of the other kind.
    pub other_remedy: &'static str,
}

/// Reads the keys of one document.
#[derive(Debug)]
pub struct FieldReader<'a> {
    /// The document.
    pub document: &'a YamlDocument,
    /// Mistakes so far.
    pub mistakes: Vec<Problem>,
    /// Warnings so far.
    pub warnings: Vec<Problem>,
    /// Known keys that unknown ones were probably meant to be: they are not missing, they are misspelt.
    pub misspelt: Vec<&'static str>,
}

impl<'a> FieldReader<'a> {
    /// Begins with the mistakes of the document itself.
    pub fn new(document: &'a YamlDocument) -> Self {
        let warnings = document.left_out.iter().cloned().collect();
        Self { document, mistakes: document.mistakes.clone(), warnings, misspelt: Vec::new() }
    }

    /// Notes a mistake about a key.
    pub fn mistake(&mut self, key: &str, what: impl Into<String>) {
        let problem = Problem::of_key(&self.document.path, self.document.line(key), key, what);
        self.mistakes.push(problem);
    }

    /// Notes a warning about a key.
    pub fn warning(&mut self, key: &str, what: impl Into<String>) {
        let problem = Problem::of_key(&self.document.path, self.document.line(key), key, what);
        self.warnings.push(problem);
    }

    /// The value of a key; None when the key or its value is missing.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.document.get(key).map(|entry| &entry.value).filter(|value| !value.is_null())
    }

    fn number(&mut self, key: &str, example: &str) -> Option<f64> {
        let value = self.value(key)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        };
        let finite = number.filter(|number: &f64| number.is_finite());
        if finite.is_none() {
            self.mistake(key, format!("{} is not a number; write {key}: {example}", describe(value)));
        }
        finite
    }

    /// A whole number from 0 to 4,294,967,295.
    pub fn count(&mut self, key: &str, example: &str) -> Option<u32> {
        let number = self.number(key, example)?;
        if number < 0.0 {
            self.negative(key, number, example);
        } else if number.fract() != 0.0 {
            self.mistake(key, format!("{number} is not a whole number; write {key}: {example}"));
        } else if number > f64::from(u32::MAX) {
            self.mistake(key, format!("{number} is too large; write {key}: {example}"));
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the branches above leave whole numbers from 0 to u32::MAX"
            )]
            return Some(number as u32);
        }
        None
    }

    /// A number from 0 on, fractions allowed.
    pub fn amount(&mut self, key: &str, example: &str) -> Option<f64> {
        let number = self.number(key, example)?;
        if number < 0.0 {
            self.negative(key, number, example);
            return None;
        }
        Some(number)
    }

    /// Negative numbers that people write mean something to them: the words say how that is written.
    fn negative(&mut self, key: &str, number: f64, example: &str) {
        let instead = INSTEAD_OF_NEGATIVE.iter().find(|(name, _)| *name == key).map(|(_, instead)| *instead);
        let remedy = instead.map_or_else(|| format!("write {key}: {example}"), str::to_owned);
        self.mistake(key, format!("{number} is negative; {remedy}"));
    }

    /// A number of any sign, fractions allowed.
    pub fn signed_amount(&mut self, key: &str, example: &str) -> Option<f64> {
        self.number(key, example)
    }

    /// A time in minutes, fractions allowed; 0 and less have a meaning. At most ten years, so that no later arithmetic
    /// overflows.
    pub fn minutes(&mut self, key: &str, example: &str) -> Option<f64> {
        const TEN_YEARS: f64 = 10.0 * 366.0 * 24.0 * 60.0;
        let number = self.number(key, example)?;
        if number > TEN_YEARS {
            self.mistake(key, format!("{number} minutes is more than ten years; write {key}: {example}"));
            return None;
        }
        Some(number)
    }

    /// `true` or `false`, quoted or not.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let text = scalar_text(value).map(|text| text.trim().to_ascii_lowercase());
        match text.as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                self.mistake(key, format!("{} is neither true nor false; write {key}: true or false", describe(value)));
                None
            }
        }
    }

    /// A text; numbers and flags are taken as the text they are written as.
    pub fn text(&mut self, key: &str, example: &str) -> Option<String> {
        let value = self.value(key)?;
        let text = scalar_text(value);
        if text.is_none() {
            self.mistake(key, format!("{} is not a text; write {key}: {example}", describe(value)));
        }
        text
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, key: &str, example: &str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let texts = match value {
            Value::Sequence(items) => items.iter().map(scalar_text).collect(),
            other => scalar_text(other).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.mistake(key, format!("is not a list of texts; write {key}: {example}"));
        }
        texts
    }

    /// A list of whole numbers from 0 to 4,294,967,295; a single number is a list of one.
    pub fn counts(&mut self, key: &str, example: &str) -> Option<Vec<u32>> {
        let value = self.value(key)?;
        let items = match value {
            Value::Sequence(items) => items.as_slice(),
            Value::Mapping(_) | Value::Tagged(_) => {
                self.mistake(key, format!("{} is not a list of numbers; write {key}: {example}", describe(value)));
                return None;
            }
            _ => std::slice::from_ref(value),
        };
        let count = |item: &Value| match item {
            Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        };
        if let Some(wrong) = items.iter().find(|item| count(item).is_none()) {
            if let Some(number) = wrong.as_f64().filter(|number| *number < 0.0) {
                self.negative(key, number, example);
            } else {
                let what = describe(wrong);
                self.mistake(key, format!("{what} is not a whole number from 0 on; write {key}: {example}"));
            }
            return None;
        }
        items.iter().map(count).collect()
    }
}

/// What to write in place of a negative number, where that is more than another number.
const INSTEAD_OF_NEGATIVE: &[(&str, &str)] = &[
    (
        "producerRate",
        "producerRate: 0 searches for the highest sustainable rate; for no limit write any rate and start with --rate \
         unlimited",
    ),
    ("consumerBacklogSizeGB", "write consumerBacklogSizeGB: 0 for no backlog"),
    ("subscriptionsPerTopic", "write subscriptionsPerTopic: 1 or more, or 0 to only produce"),
    ("consumerPerSubscription", "write consumerPerSubscription: 1 or more"),
    ("producersPerTopic", "write producersPerTopic: 1 or more; with consumerOnly: true there are none"),
    ("messageSize", "write the bytes of a message, for example messageSize: 1024"),
    ("randomBytesRatio", "write a share from 0 to 1, for example randomBytesRatio: 0.5"),
    ("backlogDrainRatio", "write a share from 0 to 1: backlogDrainRatio: 1.0 is a full drain"),
    ("sampleRateMillis", "write sampleRateMillis: 10000, or leave it out for 10 s"),
    ("logIntervalMillis", "write logIntervalMillis: 10000, or leave it out for 10 s"),
];

#[cfg(test)]
mod tests;
