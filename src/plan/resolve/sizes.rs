//! Whether the longest message passes what stands between a producer and a partition: the producer's own limit, its
//! queue, the topic's.
//! Each counts something else beside key and value.
//!
//! Over 250 lines: its tests stand in it.

use super::context::ResolveContext;
use super::topics::ResolvedTopics;
use crate::plan::message::BATCH_HEADER_BYTES;
use crate::plan::properties::{ProducerSettings, Translated, TranslatedProperties};
use crate::plan::{DriverKind, DriverPlan, KeyDistributor, MessagePlan, PayloadPlan};
use crate::units::format_count;

/// A broker's `message.max.bytes` when nobody sets it: 1 MiB and what the oldest format takes.
const DEFAULT_BROKER_BYTES: u64 = 1_048_588;
/// What Java's producer reckons for a record's header, at most.
const RECORD_HEADER_AT_MOST_BYTES: u64 = 21;
/// A topic's limit, by Kafka's name.
const TOPIC_LIMIT: &str = "max.message.bytes";

/// The longest message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longest {
    value_bytes: u64,
    /// None: messages have no key.
    key_bytes: Option<u64>,
}

impl Longest {
    pub(super) fn of(message: &MessagePlan) -> Self {
        let key_bytes = match message.keys {
            KeyDistributor::NoKey => None,
            KeyDistributor::KeyRoundRobin | KeyDistributor::RandomNano => Some(10),
            KeyDistributor::Random => Some(7),
            KeyDistributor::RoundRobin => Some(5),
        };
        Self { value_bytes: message.largest_bytes.into(), key_bytes }
    }

    /// Key and value, with their lengths.
    fn content_bytes(self) -> u64 {
        let key_bytes = self.key_bytes.map_or(1, |bytes| varint_bytes(bytes) + bytes);
        key_bytes + varint_bytes(self.value_bytes) + self.value_bytes
    }

    /// What librdkafka compares with its limit.
    fn bare_bytes(self) -> u64 {
        self.value_bytes + self.key_bytes.unwrap_or(0)
    }

    /// What Java's producer compares with `max.request.size` and `buffer.memory`: an upper bound of a batch that
    /// holds nothing else.
    fn java_bytes(self) -> u64 {
        // The last byte: no headers.
        BATCH_HEADER_BYTES as u64 + RECORD_HEADER_AT_MOST_BYTES + self.content_bytes() + 1
    }

    /// What a broker compares with the topic's limit: that batch as it is, uncompressed.
    fn batch_bytes(self) -> u64 {
        BATCH_HEADER_BYTES as u64 + self.record_bytes(0)
    }

    /// A record as it is, `offset` records behind its batch's first and in the same ms.
    fn record_bytes(self, offset: u64) -> u64 {
        // Attributes, two deltas (that of the time is 0), no headers.
        let bytes = 1 + 1 + varint_bytes(offset) + self.content_bytes() + 1;
        varint_bytes(bytes) + bytes
    }

    /// Records that Java's producer puts into a batch of so many bytes: one more would not fit for certain.
    pub(super) fn records_in(self, batch_bytes: u64) -> u64 {
        let surely = self.java_bytes() - BATCH_HEADER_BYTES as u64;
        let (mut records, mut bytes) = (0, BATCH_HEADER_BYTES as u64);
        while records == 0 || bytes + surely <= batch_bytes {
            bytes += self.record_bytes(records);
            records += 1;
        }
        records
    }
}

/// Bytes of a length in a record: zigzag, 7 bits a byte.
fn varint_bytes(length: u64) -> u64 {
    u64::from((128 - (u128::from(length) << 1).leading_zeros()).div_ceil(7).max(1))
}

/// Refuses messages that cannot get into a partition, and warns of those that a broker as it comes would not take.
pub(super) fn check(
    context: &mut ResolveContext<'_>,
    message: &MessagePlan,
    driver: &DriverPlan,
    topics: &ResolvedTopics,
) {
    let produced = topics.uses.iter().any(|topic| topic.produced);
    if driver.kind == DriverKind::Null || !produced {
        return;
    }
    let longest = Longest::of(message);
    if !check_producer(context, message, longest, driver) {
        return;
    }
    if driver.kind == DriverKind::Kafka {
        check_topic(context, message, longest, &driver.producer_settings, topics.plan.existing.is_empty());
    }
    if topics.plan.existing.is_empty() {
        check_compaction(context, longest);
    }
}

/// The producer's limit of a message, and its queue. Java's reckoning where the limit is Java's.
fn check_producer(
    context: &mut ResolveContext<'_>,
    message: &MessagePlan,
    longest: Longest,
    driver: &DriverPlan,
) -> bool {
    let ProducerSettings { message_max_bytes: limit, queue_bytes: queue, .. } = driver.producer_settings;
    let java = sets(&driver.producer, "max.request.size", "message.max.bytes");
    let bytes = if java { longest.java_bytes() } else { longest.bare_bytes() };
    if bytes > limit {
        let overhead = if java { with_overhead(longest, bytes) } else { String::new() };
        refuse(
            context,
            message,
            &format!(
                "{} bytes{overhead} are above {}={limit}, so that no message would be sent: raise max.request.size in \
                 producerConfig and the topic's {TOPIC_LIMIT} (topicConfig), or lower it",
                longest.value_bytes,
                if java { "max.request.size" } else { "message.max.bytes" },
            ),
        );
        return false;
    }
    if bytes > queue {
        refuse(
            context,
            message,
            &format!(
                "{} bytes never fit into the producer's queue of {} bytes: raise buffer.memory in producerConfig",
                longest.value_bytes,
                format_count(queue),
            ),
        );
        return false;
    }
    true
}

/// The topic's limit where this run makes it, else what a broker has when nobody sets it.
fn check_topic(
    context: &mut ResolveContext<'_>,
    message: &MessagePlan,
    longest: Longest,
    producer: &ProducerSettings,
    made: bool,
) {
    let written = topic_property(context, TOPIC_LIMIT).filter(|_| made).and_then(|value| value.parse::<u64>().ok());
    let limit = written.unwrap_or(DEFAULT_BROKER_BYTES);
    let bytes = longest.batch_bytes();
    if bytes <= limit {
        return;
    }
    let compressed = producer.compression_type != "none";
    let whose = match written {
        Some(_) => format!("topicConfig's {TOPIC_LIMIT}={limit}"),
        None => {
            format!("what a topic takes unless {TOPIC_LIMIT} or the brokers' message.max.bytes is raised ({limit})")
        }
    };
    let what = format!("{} bytes{} are above {whose}", longest.value_bytes, with_overhead(longest, bytes));
    let remedy = format!("raise {TOPIC_LIMIT} in topicConfig to {bytes}, or lower it");
    if written.is_some() && !compressed {
        refuse(context, message, &format!("{what}, so that no message would be stored: {remedy}"));
    } else {
        let unless = if compressed { " unless compression makes up for it" } else { "" };
        context.warn(key(message), format!("{what}: the brokers will refuse every message{unless}: {remedy}"));
    }
}

/// A compacted topic takes no message without a key.
fn check_compaction(context: &mut ResolveContext<'_>, longest: Longest) {
    const POLICY: &str = "cleanup.policy";
    let compacted = topic_property(context, POLICY).is_some_and(|policy| policy.contains("compact"));
    let Some(driver) = context.driver.filter(|_| compacted && longest.key_bytes.is_none()) else { return };
    let line = driver.topic_config.iter().rev().find(|property| property.name == POLICY).and_then(|it| it.line);
    context.refuse_driver(
        driver,
        line,
        POLICY,
        "compact: the brokers refuse every message without a key, and messages have none: write keyDistributor: \
         KEY_ROUND_ROBIN (or RANDOM_NANO) in the workload, or cleanup.policy=delete"
            .to_owned(),
    );
}

fn topic_property(context: &ResolveContext<'_>, name: &str) -> Option<String> {
    let properties = &context.driver?.topic_config;
    properties.iter().rev().find(|property| property.name == name).map(|property| property.value.trim().to_owned())
}

/// Was `to` set by this name?
fn sets(producer: &TranslatedProperties, name: &str, to: &str) -> bool {
    producer.lines.iter().filter(|line| line.name == name).any(|line| match &line.outcome {
        Translated::Renamed { to: set, .. } | Translated::Default { to: set, .. } => {
            set.iter().any(|(name, _)| name == to)
        }
        Translated::Passed | Translated::Ignored { .. } => false,
    })
}

/// ` and 88 of a record's and its batch's overhead`.
fn with_overhead(longest: Longest, bytes: u64) -> String {
    let key = longest.key_bytes.map_or_else(String::new, |bytes| format!(", a key of {bytes}"));
    let overhead = bytes - longest.bare_bytes();
    format!("{key} and {overhead} that a record and its batch take beside them")
}

fn refuse(context: &mut ResolveContext<'_>, message: &MessagePlan, what: &str) {
    context.refuse(key(message), what);
}

/// The key that says how long messages are.
fn key(message: &MessagePlan) -> &'static str {
    match message.payload {
        PayloadPlan::Distribution { .. } => "messageSizeDistribution",
        PayloadPlan::Folder { .. } => "payloadFile",
        PayloadPlan::Randomized { .. } | PayloadPlan::File { .. } | PayloadPlan::Given { .. } => "messageSize",
    }
}

#[cfg(test)]
mod tests {
    use super::Longest;

    /// What kafka-clients 3.6.1 reckons (`AbstractRecords.estimateSizeInBytesUpperBound`), and the length of the
    /// batch it then writes.
    #[test]
    fn a_record_and_its_batch_take_what_javas_producer_says() {
        for (value_bytes, key_bytes, java, batch) in [
            (1_024, None, 1_110, 1_094),
            (0, None, 85, 68),
            (1_048_576, None, 1_048_664, 1_048_650),
            (100, Some(10), 196, 180),
        ] {
            let longest = Longest { value_bytes, key_bytes };
            assert_eq!((longest.java_bytes(), longest.batch_bytes()), (java, batch), "{value_bytes} {key_bytes:?}");
        }
    }

    /// `batch-size-avg` and `records-per-request-avg` of kafka-clients 4.1.1: 15,556 bytes with 15 messages of 1,024.
    #[test]
    fn a_batch_holds_as_many_messages_as_one_of_javas_producer() {
        for (value_bytes, batch_bytes, records) in
            [(1_024, 16_384, 15), (1_024, 131_072, 126), (100, 16_384, 148), (0, 16_384, 2_046), (1_024, 100, 1)]
        {
            let longest = Longest { value_bytes, key_bytes: None };
            assert_eq!(longest.records_in(batch_bytes), records, "{value_bytes} {batch_bytes}");
        }
    }
}
