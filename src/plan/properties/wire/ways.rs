//! How clients of the wire driver behave, each setting decided from the properties.

use super::given::GivenProperties;
use super::{Compression, REBALANCE_LIMIT, Security};

/// Hashes of keys that the driver has; messages without a key are always spread by lot.
pub(super) const PARTITIONERS: [(&str, KeyHash); 3] =
    [("consistent_random", KeyHash::Crc32), ("murmur2_random", KeyHash::Murmur2), ("random", KeyHash::Ignored)];

/// How keys are spread over partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum KeyHash {
    /// Java's murmur2.
    Murmur2,
    /// librdkafka's CRC-32.
    Crc32,
    /// Keys do not matter.
    Ignored,
}

/// How a client's connections are made and kept. Defaults are librdkafka's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Connecting {
    /// Addresses `host:port`, commas between them.
    pub servers: String,
    /// What the client calls itself.
    pub client_id: String,
    /// Wait for the answer to a request, ns.
    pub request_limit_ns: u64,
    /// Wait for a connection, ns.
    pub connect_limit_ns: u64,
    /// Wait before connecting anew: first, at most, ns.
    pub reconnect_ns: (u64, u64),
    /// Wait before something is tried again: first, at most, ns.
    pub retry_ns: (u64, u64),
    /// Leaders are asked for anew this often, ns.
    pub metadata_age_ns: u64,
    /// TLS, and who logs in.
    pub security: Security,
}

impl Connecting {
    /// As these properties say.
    pub(super) fn of(properties: &[(String, String)]) -> Self {
        let given = GivenProperties(properties);
        Self {
            servers: given.text("bootstrap.servers").unwrap_or_default().to_owned(),
            client_id: given.text("client.id").unwrap_or("pinload").to_owned(),
            request_limit_ns: given.ns("socket.timeout.ms", 60_000),
            connect_limit_ns: given.ns("socket.connection.setup.timeout.ms", 30_000),
            reconnect_ns: (given.ns("reconnect.backoff.ms", 100), given.ns("reconnect.backoff.max.ms", 10_000)),
            retry_ns: given.retry_ns(),
            metadata_age_ns: given.ns("metadata.max.age.ms", 900_000),
            security: Security::of(given),
        }
    }
}

/// How a producer behaves. Defaults are librdkafka's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProducerWay {
    /// −1: all.
    pub acks: i16,
    /// How long the broker may wait for the others, ms.
    pub ack_limit_ms: i32,
    /// How long a batch waits for company, ns.
    pub linger_ns: u64,
    /// Most bytes of a batch of more than one message.
    pub batch_bytes: usize,
    /// Most messages of a batch.
    pub batch_messages: i32,
    /// Most bytes of the batches of a request, and of a message.
    pub request_bytes: usize,
    /// Most requests in flight to a broker.
    pub in_flight: usize,
    /// Most messages that have not been reported.
    pub queue_messages: u64,
    /// Most bytes of memory that they take; a batch in each partition is always possible.
    pub queue_bytes: u64,
    /// A message fails when it is older, ns.
    pub delivery_ns: u64,
    /// How often a batch is sent again.
    pub retries: u32,
    /// Wait before that: first, at most, ns.
    pub retry_ns: (u64, u64),
    /// Which partition a key goes to.
    pub hash: KeyHash,
    /// What batches are compressed with.
    pub compression: Compression,
    /// Do batches have numbers, by which a broker knows one that it has stored already?
    pub idempotent: bool,
}

/// Requests in flight of an idempotent producer: brokers remember as many batches of a partition.
const IN_FLIGHT_OF_IDEMPOTENT: usize = 5;

impl ProducerWay {
    /// As these properties say.
    pub(super) fn of(properties: &[(String, String)]) -> Self {
        let given = GivenProperties(properties);
        let acks = given.text("acks").unwrap_or("all");
        let delivery_ns = match given.ns("delivery.timeout.ms", 300_000) {
            0 => u64::MAX,
            limit => limit,
        };
        let messages = match given.count("queue.buffering.max.messages", 100_000) {
            0 => u64::MAX,
            limit => limit,
        };
        let partitioner = given.text("partitioner").unwrap_or("consistent_random");
        let hash = PARTITIONERS.iter().find(|(known, _)| *known == partitioner);
        let idempotent = given.flag("enable.idempotence", false);
        let most_in_flight = if idempotent { IN_FLIGHT_OF_IDEMPOTENT } else { usize::MAX };
        Self {
            acks: acks.parse().unwrap_or(-1),
            ack_limit_ms: given.whole("request.timeout.ms", 30_000),
            linger_ns: given.ns("linger.ms", 5),
            batch_bytes: given.size("batch.size", 1_000_000),
            batch_messages: given.whole("batch.num.messages", 10_000),
            request_bytes: given.size("message.max.bytes", 1_000_000),
            in_flight: given.size("max.in.flight.requests.per.connection", 1_000_000).clamp(1, most_in_flight),
            queue_messages: messages,
            queue_bytes: given.count("queue.buffering.max.kbytes", 1_048_576).saturating_mul(1_024),
            delivery_ns,
            retries: u32::try_from(given.count("retries", i32::MAX.unsigned_abs())).unwrap_or(u32::MAX),
            retry_ns: given.retry_ns(),
            hash: hash.map_or(KeyHash::Crc32, |(_, hash)| *hash),
            compression: Compression::of(given),
            idempotent,
        }
    }
}

/// Where a partition is read from when nothing is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Reset {
    /// From its begin.
    Earliest,
    /// From its end.
    Latest,
    /// That is an error.
    Error,
}

/// How a member of a group behaves (KIP-848).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MemberWay {
    /// Which of the broker's ways to assign partitions; None: its default.
    pub assignor: Option<String>,
    /// So long it may take to give partitions back, ms.
    pub rebalance_limit_ms: i32,
}

/// How a consumer behaves. Defaults are librdkafka's, but CRCs are checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ConsumerWay {
    /// The group whose offsets are committed.
    pub group: String,
    /// How it is a member of it; None: it is none, and the plan says what it reads.
    pub membership: Option<MemberWay>,
    /// The broker waits for so many bytes …
    pub least_bytes: i32,
    /// … but no longer than this, ms.
    pub wait_ms: i32,
    /// Most bytes of an answer.
    pub most_bytes: i32,
    /// Most bytes of a partition in an answer.
    pub most_bytes_of_partition: i32,
    /// See there.
    pub reset: Reset,
    /// Between automatic commits, ns; None: there are none.
    pub auto_commit_ns: Option<u64>,
    /// Only what transactions have committed?
    pub committed_only: bool,
    /// Are CRCs checked?
    pub check_crcs: bool,
}

impl ConsumerWay {
    /// As these properties say.
    pub(super) fn of(properties: &[(String, String)]) -> Self {
        let given = GivenProperties(properties);
        let auto_commit = given.flag("enable.auto.commit", false);
        Self {
            group: given.text("group.id").unwrap_or_default().to_owned(),
            membership: given.joins_group().then(|| MemberWay {
                assignor: given.text("group.remote.assignor").map(str::to_owned),
                rebalance_limit_ms: given.whole(REBALANCE_LIMIT, 300_000),
            }),
            least_bytes: given.whole("fetch.min.bytes", 1),
            wait_ms: given.whole("fetch.wait.max.ms", 500),
            most_bytes: given.whole("fetch.max.bytes", 52_428_800),
            most_bytes_of_partition: given.whole("max.partition.fetch.bytes", 1_048_576),
            reset: match given.text("auto.offset.reset").unwrap_or("latest") {
                "earliest" | "smallest" | "beginning" => Reset::Earliest,
                "error" | "none" => Reset::Error,
                _ => Reset::Latest,
            },
            auto_commit_ns: auto_commit.then(|| given.ns("auto.commit.interval.ms", 5_000)),
            committed_only: given.text("isolation.level").is_none_or(|level| level == "read_committed"),
            check_crcs: given.flag("check.crcs", true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_and_the_rest_is_librdkafkas() {
        let given = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let way =
            ProducerWay::of(&[given("acks", "1"), given("linger.ms", "0.5"), given("partitioner", "murmur2_random")]);
        assert_eq!((way.acks, way.linger_ns, way.hash), (1, 500_000, KeyHash::Murmur2));
        assert_eq!((way.batch_bytes, way.queue_messages), (1_000_000, 100_000));
        assert_eq!(ProducerWay::of(&[given("acks", "all")]).acks, -1);
        assert_eq!((way.in_flight, way.idempotent), (1_000_000, false));
        assert_eq!(ProducerWay::of(&[given("enable.idempotence", "true")]).in_flight, 5);
        let way = ConsumerWay::of(&[given("auto.offset.reset", "earliest"), given("enable.auto.commit", "true")]);
        assert_eq!((way.reset, way.auto_commit_ns, way.check_crcs), (Reset::Earliest, Some(5_000_000_000), true));
        assert!(way.committed_only);
        assert_eq!(way.membership, None);
    }
}
