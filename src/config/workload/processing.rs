//! `consumerProcessingTime`: pinload's own key.

use crate::config::fields::FieldReader;
use crate::config::yaml::{describe, scalar_text};
use crate::units::parse_duration;
use serde_yaml::Value;
use std::time::Duration;

const KEY: &str = "consumerProcessingTime";
const SHAPE: &str = "5us, or {mean: 1ms, distribution: exponential, manner: sleep}";
/// Nobody waits longer for one message.
const LONGEST: Duration = Duration::from_secs(60);

/// As written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessingAsWritten {
    /// Mean time of a message.
    pub mean: Duration,
    /// `distribution: exponential`; else all take the same time.
    pub exponential: bool,
    /// `manner`: true: spin, false: sleep; None: by the length.
    pub spin: Option<bool>,
}

/// Reads it; None: not written, 0, or written wrongly.
pub(super) fn read(fields: &mut FieldReader<'_>) -> Option<ProcessingAsWritten> {
    let value = fields.value(KEY)?;
    match parse(value) {
        Ok(read) => Some(read).filter(|read| !read.mean.is_zero()),
        Err(what) => {
            fields.mistake(KEY, format!("{what}; write {KEY}: {SHAPE}"));
            None
        }
    }
}

fn parse(value: &Value) -> Result<ProcessingAsWritten, String> {
    let Some(map) = value.as_mapping() else {
        return Ok(ProcessingAsWritten { mean: time(value)?, exponential: false, spin: None });
    };
    let mut read = ProcessingAsWritten { mean: Duration::MAX, exponential: false, spin: None };
    for (name, value) in map {
        let text = scalar_text(value).unwrap_or_default();
        match (name.as_str().unwrap_or_default(), text.trim()) {
            ("mean", _) => read.mean = time(value)?,
            ("distribution", "constant") => read.exponential = false,
            ("distribution", "exponential") => read.exponential = true,
            ("distribution", _) => return Err(format!("{} is neither constant nor exponential", describe(value))),
            ("manner", "spin") => read.spin = Some(true),
            ("manner", "sleep") => read.spin = Some(false),
            ("manner", _) => return Err(format!("{} is neither spin nor sleep", describe(value))),
            _ => return Err(format!("has {}, which is none of mean, distribution and manner", describe(name))),
        }
    }
    if read.mean == Duration::MAX { Err("has no mean".to_owned()) } else { Ok(read) }
}

fn time(value: &Value) -> Result<Duration, String> {
    let text = scalar_text(value).ok_or_else(|| format!("{} is no time", describe(value)))?;
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let time = parse_duration(&text).map_err(|error| error.to_string())?;
    if time > LONGEST { Err(format!("{} is more than a minute", describe(value))) } else { Ok(time) }
}
