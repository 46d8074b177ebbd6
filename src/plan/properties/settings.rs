//! All that was written, for rows whose meaning depends on other rows.

use super::table::Property;
use super::{For, kind};
use crate::config::properties::WrittenProperty;

/// A known property as written.
#[derive(Debug)]
pub(super) struct GivenProperty<'a> {
    /// As written.
    pub(super) written: &'a WrittenProperty,
    /// Its row; of an alias the row of the name it stands for.
    pub(super) property: &'static Property,
    /// Why the row is another name's; empty when it is its own.
    pub(super) alias: &'static str,
}

impl GivenProperty<'_> {
    /// The value without blanks around it: Kafka's parser trims every type.
    pub(super) fn value(&self) -> &str {
        self.written.value.trim()
    }
}

/// What a row may look at.
#[derive(Debug)]
pub(super) struct RowSettings<'a> {
    /// commonConfig's properties, then the role's own, in order.
    pub(super) given: Vec<GivenProperty<'a>>,
    /// Which client is configured.
    pub(super) role: For,
    /// The file is written for the Java client: names and omissions mean what they mean there.
    pub(super) java: bool,
}

impl RowSettings<'_> {
    /// The last value written for a name (the table's spelling).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(GivenProperty::value)
    }
    /// The last value, if it is a whole number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(kind::whole)
    }
    /// Is this written with this value, in any case?
    pub(super) fn says(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }
    /// Where a name was last written.
    pub(super) fn line(&self, name: &str) -> Option<usize> {
        self.find(name).and_then(|given| given.written.line)
    }
    /// Does security.protocol ask for SASL?
    pub(super) fn uses_sasl(&self) -> bool {
        self.says("security.protocol", "sasl_plaintext") || self.says("security.protocol", "sasl_ssl")
    }
    /// Does security.protocol ask for TLS?
    pub(super) fn uses_tls(&self) -> bool {
        self.says("security.protocol", "ssl") || self.says("security.protocol", "sasl_ssl")
    }
    fn find(&self, name: &str) -> Option<&GivenProperty<'_>> {
        self.given.iter().rev().find(|given| given.property.name == name)
    }
}
