//! The form of the tables: one row a name, what to do with it, and how a row answers.

use super::kind::PropertyKind;
use super::settings::RowSettings;
use super::{For, java, librdkafka};

/// One name.
#[derive(Debug)]
pub(super) struct Property {
    /// The name.
    pub(super) name: &'static str,
    /// Who takes it.
    pub(super) roles: Roles,
    /// What is done with it.
    pub(super) rule: Rule,
}

/// Which clients a property is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    /// All.
    Any,
    /// Producers.
    Producer,
    /// Consumers.
    Consumer,
}

impl Roles {
    /// Is it for this client?
    pub(super) fn has(self, role: For) -> bool {
        match self {
            Self::Any => true,
            Self::Producer => role == For::Producer,
            Self::Consumer => role == For::Consumer,
        }
    }
    /// `producers`, `consumers`.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Any => "all clients",
            Self::Producer => "producers",
            Self::Consumer => "consumers",
        }
    }
}

/// What is done with a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// librdkafka takes it under this name.
    Pass(PropertyKind),
    /// Another spelling of this row, and why.
    Alias(&'static str, &'static str),
    /// A function decides.
    By(fn(&RowInput<'_>) -> RowDecision),
    /// Not given to librdkafka, and why.
    Ignored(&'static str),
    /// Cannot be honoured, and why.
    Refused(&'static str),
}

/// What a row's function is asked.
#[derive(Debug)]
pub(super) struct RowInput<'a> {
    /// The row's name.
    pub(super) name: &'static str,
    /// The value, without blanks around it.
    pub(super) value: &'a str,
    /// All that was written.
    pub(super) settings: &'a RowSettings<'a>,
}

/// What a row answers.
#[derive(Debug)]
pub(super) enum RowDecision {
    /// Give librdkafka these.
    Set {
        /// Names and values.
        to: Vec<(&'static str, String)>,
        /// Why other than written; empty when it is the same name with the same meaning.
        why: String,
    },
    /// Give it nothing, and why.
    Ignored(String),
    /// Stop, and why.
    Refused(String),
}

impl RowInput<'_> {
    /// The row's own name with its value, checked.
    pub(super) fn pass(&self, kind: PropertyKind) -> RowDecision {
        self.to(self.name, kind, "")
    }
    /// Another name with this value, checked.
    pub(super) fn to(&self, name: &'static str, kind: PropertyKind, why: &str) -> RowDecision {
        match kind.read(self.value) {
            Ok(value) => set(vec![(name, value.text)], &joined(&[why, &value.note])),
            Err(remedy) => refused(&remedy),
        }
    }
}

/// Give librdkafka these.
pub(super) fn set(to: Vec<(&'static str, String)>, why: &str) -> RowDecision {
    RowDecision::Set { to, why: why.to_owned() }
}

/// Give it nothing.
pub(super) fn ignored(why: &str) -> RowDecision {
    RowDecision::Ignored(why.to_owned())
}

/// Stop.
pub(super) fn refused(why: &str) -> RowDecision {
    RowDecision::Refused(why.to_owned())
}

/// Reasons in one line, without the empty ones.
pub(super) fn joined(reasons: &[&str]) -> String {
    reasons.iter().filter(|reason| !reason.is_empty()).copied().collect::<Vec<_>>().join("; ")
}

/// All rows, Java's first: where both clients know a name, Java's row says what both mean by it.
pub(super) fn rows() -> impl Iterator<Item = &'static Property> {
    java::TABLE.iter().chain(librdkafka::TABLE)
}

/// The row of a name.
pub(super) fn find(name: &str) -> Option<&'static Property> {
    rows().find(|property| property.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_stands_once_and_every_alias_leads_to_a_row_of_the_same_clients() {
        let mut seen = HashSet::new();
        for row in rows() {
            assert!(seen.insert(row.name), "{} stands twice", row.name);
            if let Rule::Alias(of, _) = row.rule {
                let target = find(of).unwrap();
                assert!(!matches!(target.rule, Rule::Alias(..)), "{} is an alias of an alias", row.name);
                assert_eq!(row.roles, target.roles, "{}", row.name);
            }
        }
    }
}
