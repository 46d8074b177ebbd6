//! Java client properties translated to librdkafka's, table-driven: each line of a driver file is translated, passed
//! on, ignored with a reason, or refused with a reason.
//!
//! `java.rs` and `librdkafka.rs` are the tables (one row a name), `producing`, `consuming`, `network`, `tls`, `stores`
//! and `sasl` hold the rows that need more than a word, `java_defaults` and `needs` complete what the user left out,
//! `consistency` refuses what librdkafka would refuse later and less clearly. Pure: no file is opened here, so a path
//! is not known to exist.

mod addresses;
mod ciphers;
mod consistency;
mod consuming;
mod decided;
mod in_progress;
mod jaas;
mod java;
mod java_defaults;
mod kind;
mod librdkafka;
mod needs;
mod network;
mod pem;
mod producing;
mod recheck;
mod remarks;
mod sasl;
mod secrets;
mod settings;
mod stores;
mod table;
mod tls;
mod translate;
mod unknown;
pub mod wire;

#[cfg(test)]
mod accepted_by_librdkafka;
#[cfg(test)]
mod bundled_drivers;
#[cfg(test)]
mod trial;

pub use decided::{ConsumerSettings, FetchQueueLimits, ProducerSettings};
pub use recheck::recheck;
pub use remarks::remark;
pub use secrets::{MASK, is_secret, masked_text};
pub use translate::translate;
pub use unknown::why_unknown;

/// Which client a configuration is for. Properties of another kind of client are reported as ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The client that creates and deletes topics.
    Admin,
    /// A client that sends.
    Producer,
    /// A client that receives.
    Consumer,
}

/// A property that cannot be honoured. The run is not started. As text `sasl.mechanism: …`, the line left to the
/// caller, who knows the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct Refusal {
    /// Name as written, or of the property that is missing.
    pub name: String,
    /// Line in the driver file, counted from 1, where known.
    pub line: Option<usize>,
    /// What is wrong and what to write instead. Holds no secret.
    pub why: String,
}

/// What became of one property.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Translated {
    /// librdkafka knows it by this name and with this meaning.
    Passed,
    /// Given to librdkafka under other names or values.
    Renamed {
        /// What is set instead: pairs of name and value.
        to: Vec<(String, String)>,
        /// Why.
        why: String,
    },
    /// Not given to librdkafka.
    Ignored {
        /// Why.
        why: String,
    },
    /// Not written by the user: a default of the Java client that differs from librdkafka's, or one that pinload needs.
    Default {
        /// What is set instead: pairs of name and value.
        to: Vec<(String, String)>,
        /// Why.
        why: String,
    },
}

/// One property as written and what was done.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct PropertyLine {
    /// The property as written.
    pub name: String,
    /// Its value, secrets masked.
    pub value: String,
    /// What was done.
    #[serde(flatten)]
    pub outcome: Translated,
}

/// A whole client configuration.
#[derive(Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct TranslatedProperties {
    /// What librdkafka is given, in order, each name once, secrets in clear. Never printed: see `masked`.
    #[serde(skip)]
    pub effective: Vec<(String, String)>,
    /// Each property as written and what was done with it.
    pub lines: Vec<PropertyLine>,
    /// What the Kafka driver does because no property of librdkafka's says it (OMB's class).
    #[serde(default)]
    pub ways: ProducerWays,
}

/// What Java's producer does and librdkafka has no property for: the Kafka driver sees to it. Nothing of it is done
/// by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ProducerWays {
    /// Partitions are filled batch by batch; null: librdkafka's partitioner chooses them.
    pub sticky: Option<StickyBatches>,
    /// Requests in flight for each partition that one broker leads; null: as the property says.
    ///
    /// Requests in flight for each partition that one broker leads (a request of Java's carries a batch of each); None:
    /// the property `max.in.flight.requests.per.connection` holds as it is.
    pub requests_per_partition: Option<u32>,
}

/// A partition is filled with a batch before the next one is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct StickyBatches {
    /// What a partition is given before it is left, at least, where batches leave earlier.
    pub batch_bytes: u64,
    /// Messages that fill a batch, with which a partition is left; 4294967295: its bytes say it.
    #[serde(default = "any_number")]
    pub batch_messages: u32,
    /// How long a batch is taken to be open.
    pub linger_ns: u64,
    /// True: messages with a key are spread like those without one.
    pub keys_too: bool,
}

fn any_number() -> u32 {
    u32::MAX
}

impl TranslatedProperties {
    /// `effective` with secrets as `****`.
    pub fn masked(&self) -> Vec<(String, String)> {
        self.effective.iter().map(|(name, value)| (name.clone(), secrets::shown(name, value))).collect()
    }
    /// Value of an effective property (librdkafka's name; of several spellings the one that Java shares, such as
    /// `acks`, `linger.ms`, `delivery.timeout.ms`).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.effective.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Secrets stay out of panics and logs too.
impl std::fmt::Debug for TranslatedProperties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TranslatedProperties").field("effective", &self.masked()).field("lines", &self.lines).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_shows_its_secrets_in_no_form_but_effective() {
        let properties = TranslatedProperties {
            effective: vec![("sasl.username".into(), "alice".into()), ("sasl.password".into(), "wonder".into())],
            lines: vec![],
            ..TranslatedProperties::default()
        };
        assert_eq!(properties.get("sasl.password"), Some("wonder"));
        assert_eq!(
            properties.masked(),
            [("sasl.username".to_owned(), "alice".to_owned()), ("sasl.password".to_owned(), MASK.to_owned())]
        );
        assert!(!format!("{properties:?}").contains("wonder"));
        assert!(!serde_json::to_string(&properties).unwrap().contains("wonder"));
    }
}
