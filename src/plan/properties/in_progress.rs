//! A configuration in the making: what librdkafka is given, each name once, and the line that says why.

use super::settings::GivenProperty;
use super::table::joined;
use super::{PropertyLine, Translated, TranslatedProperties, secrets};
use crate::config::properties::WrittenProperty;

/// The configuration so far.
#[derive(Debug, Default)]
pub(super) struct ConfigurationInProgress {
    /// Effective properties and lines.
    pub(super) properties: TranslatedProperties,
}

impl ConfigurationInProgress {
    /// Adds a line that sets nothing.
    pub(super) fn line(&mut self, written: &WrittenProperty, outcome: Translated) {
        self.properties.lines.push(PropertyLine {
            name: written.name.clone(),
            value: secrets::shown(&written.name, &written.value),
            outcome,
        });
    }

    /// Gives librdkafka these for one line; an earlier line that set one of them no longer does.
    pub(super) fn set(&mut self, given: &GivenProperty<'_>, to: Vec<(&'static str, String)>, why: &str) {
        for (name, _) in &to {
            self.take_back(name);
        }
        let same = matches!(&to[..], [(name, _)] if *name == given.written.name);
        let trimmed = given.value() != given.written.value;
        let outcome = if same && why.is_empty() && !trimmed {
            Translated::Passed
        } else {
            let blanks = if trimmed { "blanks around a value are dropped, as Kafka does" } else { "" };
            let why = joined(&[given.alias, why, blanks]);
            Translated::Renamed { to: shown(&to), why }
        };
        self.line(given.written, outcome);
        self.properties.effective.extend(to.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }

    /// Takes a name back from an earlier line of another name that set it too: the later line holds.
    fn take_back(&mut self, name: &str) {
        if self.properties.get(name).is_none() {
            return;
        }
        self.properties.effective.retain(|(set, _)| set != name);
        for line in &mut self.properties.lines {
            let nothing_left = match &mut line.outcome {
                Translated::Passed => line.name == name,
                Translated::Renamed { to, .. } => {
                    let before = to.len();
                    to.retain(|(set, _)| set != name);
                    to.is_empty() && before > 0
                }
                Translated::Ignored { .. } | Translated::Default { .. } => false,
            };
            if nothing_left {
                line.outcome = Translated::Ignored { why: format!("a later line sets {name}, which holds") };
            }
        }
    }
}

impl TranslatedProperties {
    /// Adds a property that the user left out, with a line that says whose default it is. `name` and `value` are the
    /// default as its owner calls it, `to` what librdkafka is given.
    pub(in crate::plan) fn add_default(&mut self, name: &str, value: &str, to: &[(&str, &str)], why: &str) {
        let to: Vec<(String, String)> =
            to.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.effective.extend(to.iter().cloned());
        self.lines.push(PropertyLine {
            name: name.to_owned(),
            value: value.to_owned(),
            outcome: Translated::Default { to, why: why.to_owned() },
        });
    }
}

impl TranslatedProperties {
    /// Was a property of librdkafka's given by the user, under whatever name?
    pub(in crate::plan) fn is_written(&self, name: &str) -> bool {
        self.lines.iter().any(|line| match &line.outcome {
            Translated::Passed => line.name == name,
            Translated::Renamed { to, .. } => to.iter().any(|(set, _)| set == name),
            Translated::Default { .. } | Translated::Ignored { .. } => false,
        })
    }

    /// The same as `add_default` with librdkafka's name, in place of a default that stands already.
    pub(in crate::plan) fn put_default(&mut self, name: &str, value: &str, why: &str) {
        let stands = |line: &PropertyLine| line.name == name && matches!(line.outcome, Translated::Default { .. });
        self.lines.retain(|line| !stands(line));
        self.effective.retain(|(set, _)| set != name);
        self.add_default(name, value, &[(name, value)], why);
    }

    /// Adds what there is to say of a property that was written: to the line that set it.
    pub(super) fn say_why(&mut self, name: &str, remark: &str) {
        let value = self.get(name).unwrap_or_default().to_owned();
        for line in &mut self.lines {
            match &mut line.outcome {
                Translated::Passed if line.name == name => {
                    let to = vec![(name.to_owned(), value.clone())];
                    line.outcome = Translated::Renamed { to, why: remark.to_owned() };
                }
                Translated::Renamed { to, why } if to.iter().any(|(set, _)| set == name) => {
                    *why = joined(&[why, remark])
                }
                _ => {}
            }
        }
    }
}

/// Names and values as they may be shown.
fn shown(to: &[(&'static str, String)]) -> Vec<(String, String)> {
    to.iter().map(|(name, value)| ((*name).to_owned(), secrets::shown(name, value))).collect()
}
