//! Whose dialect a driver file is written in, and what clients it is for: `driverClass` and `client`.

use crate::config::fields::{FieldReader, nearest};

/// Whose dialect the file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverClass {
    /// OMB's Java driver (or Redpanda's): Java client defaults, `producerRate` is the total.
    Java,
    /// The guide's Python driver: librdkafka defaults, `producerRate` is each producer's.
    Python,
    /// The broker inside pinload.
    Embedded,
    /// pinload's own: librdkafka's names and defaults, and the wire driver.
    Wire,
    /// No messaging system at all: measures the generator itself.
    Null,
}

/// What a client of Kafka is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientLibrary {
    /// librdkafka: what a client sees.
    #[default]
    Librdkafka,
    /// Kafka's protocol written by pinload itself: what the broker can do.
    Wire,
}

impl ClientLibrary {
    /// Is it librdkafka?
    pub fn is_librdkafka(&self) -> bool {
        *self == Self::Librdkafka
    }
}

/// Each accepted `driverClass`.
pub(super) const CLASSES: [(&str, DriverClass); 10] = [
    ("io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver", DriverClass::Java),
    ("io.openmessaging.benchmark.driver.redpanda.RedpandaBenchmarkDriver", DriverClass::Java),
    ("io.openmessaging.benchmark.driver.redpanda.swarm.RedpandaBenchmarkDriver", DriverClass::Java),
    (REDPANDA_TX, DriverClass::Java),
    ("benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver", DriverClass::Python),
    ("benchmark.drivers.kafka.kafka_benchmark_driver.KafkaBenchmarkDriver", DriverClass::Python),
    ("pinload.driver.embedded", DriverClass::Embedded),
    ("pinload.wire", DriverClass::Wire),
    ("pinload.driver.null", DriverClass::Null),
    ("null", DriverClass::Null),
];

const REDPANDA_TX: &str = "io.openmessaging.benchmark.driver.redpanda.tx.RedpandaBenchmarkDriver";

pub(super) fn class(fields: &mut FieldReader<'_>, name: &str, warn: bool) -> Option<DriverClass> {
    let accepted = || CLASSES.map(|(name, _)| name).join(", ");
    let wrong = fields.mistakes.iter().any(|mistake| mistake.key.as_deref() == Some("driverClass"));
    if name.is_empty() && (wrong || fields.misspelt.contains(&"driverClass")) {
        return None;
    }
    if name.is_empty() {
        let present = fields.document.get("driverClass").is_some_and(|entry| entry.value.is_null());
        let what = if present { "is empty" } else { "is missing" };
        // YAML reads a bare `null` as nothing.
        fields.mistake("driverClass", format!("{what}; write one of {} (the last in quotes)", accepted()));
        return None;
    }
    let found = CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class);
    if found.is_none() {
        // The names are long and alike: another system's class is no misspelt one of ours.
        let ours = ["kafka", "redpanda", "embedded", "null"].iter().any(|system| name.to_lowercase().contains(system));
        let near = nearest(name, CLASSES.iter().map(|(name, _)| *name)).filter(|_| ours);
        let remedy = match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("pinload drives Kafka; write one of {}", accepted()),
        };
        fields.mistake("driverClass", format!("{name} is no driver of pinload; {remedy}"));
    }
    if name == REDPANDA_TX && warn {
        fields.warning("driverClass", "transactions are not built: messages are sent without");
    } else if name == REDPANDA_TX {
        fields.mistake("driverClass", format!("transactions are not built: write {} to send without", CLASSES[1].0));
    }
    found
}

/// `client: wire`, which `driverClass: pinload.wire` means too.
pub(super) fn client(fields: &mut FieldReader<'_>, class: Option<DriverClass>) -> Option<ClientLibrary> {
    let of_class = (class == Some(DriverClass::Wire)).then_some(ClientLibrary::Wire);
    let Some(text) = fields.text("client", "wire") else { return of_class };
    let named = match text.trim() {
        "wire" => Some(ClientLibrary::Wire),
        "librdkafka" => Some(ClientLibrary::Librdkafka),
        other => {
            let what = format!("{other} is no client of pinload; write client: wire or client: librdkafka");
            fields.mistake("client", what);
            None
        }
    };
    match (class, named) {
        (Some(DriverClass::Wire), Some(ClientLibrary::Librdkafka)) => {
            fields.mistake("client", "is librdkafka, and driverClass is pinload.wire: leave one of them out");
        }
        (Some(DriverClass::Null), Some(_)) => fields.mistake("client", "the null driver has no client: leave it out"),
        _ => {}
    }
    named
}
