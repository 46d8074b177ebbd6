//! What the wire driver makes of client properties, which it is given by librdkafka's names: each is honoured, is
//! without effect and told why, or is refused. Nothing is left aside in silence.
//!
//! Over 250 lines: a table, a row for each property.

mod compression;
mod security;
mod settings;

use super::For;
pub use compression::{Codec, Compression};
pub use security::{Mechanism, Pem, SaslUser, Security, TlsWay};
pub use settings::{WireConsumerSettings, WireProducerSettings, WireSettings};

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WireSupport {
    /// The driver does as it says.
    Honoured,
    /// Only these values.
    Only(&'static [&'static str]),
    /// Nothing that is sent or measured depends on it.
    NoMatter,
}

use WireSupport::{Honoured, NoMatter, Only};

const OF_ALL: &[(&str, WireSupport)] = &[
    ("bootstrap.servers", Honoured),
    ("client.id", Honoured),
    ("socket.timeout.ms", Honoured),
    ("socket.connection.setup.timeout.ms", Honoured),
    ("reconnect.backoff.ms", Honoured),
    ("reconnect.backoff.max.ms", Honoured),
    ("retry.backoff.ms", Honoured),
    ("retry.backoff.max.ms", Honoured),
    ("metadata.max.age.ms", Honoured),
    ("security.protocol", Honoured),
    ("sasl.mechanism", Only(security::MECHANISM_NAMES)),
    ("sasl.username", Honoured),
    ("sasl.password", Honoured),
    ("ssl.ca.location", Honoured),
    ("ssl.ca.pem", Honoured),
    ("ssl.certificate.location", Honoured),
    ("ssl.certificate.pem", Honoured),
    ("ssl.key.location", Honoured),
    ("ssl.key.pem", Honoured),
    ("ssl.endpoint.identification.algorithm", Honoured),
    ("enable.ssl.certificate.verification", Only(&["true"])),
    ("socket.nagle.disable", Only(&["true"])),
    ("socket.keepalive.enable", Only(&["false"])),
    ("broker.address.family", Only(&["any"])),
    ("allow.auto.create.topics", Only(&["false"])),
    ("enable.metrics.push", Only(&["false"])),
    ("log.connection.close", NoMatter),
    ("log.thread.name", NoMatter),
];

const OF_PRODUCERS: &[(&str, WireSupport)] = &[
    ("acks", Honoured),
    ("linger.ms", Honoured),
    ("batch.size", Honoured),
    ("batch.num.messages", Honoured),
    ("message.max.bytes", Honoured),
    ("max.in.flight.requests.per.connection", Honoured),
    ("queue.buffering.max.messages", Honoured),
    ("queue.buffering.max.kbytes", Honoured),
    ("delivery.timeout.ms", Honoured),
    ("request.timeout.ms", Honoured),
    ("retries", Honoured),
    ("partitioner", Honoured),
    ("compression.type", Honoured),
    ("compression.level", Honoured),
    ("enable.idempotence", Honoured),
    ("enable.gapless.guarantee", Only(&["false"])),
    ("queuing.strategy", Only(&["fifo"])),
    // Messages without a key fill a batch of a partition, whatever the time: what Java's defaults ask for.
    (STICKY, NoMatter),
];

const OF_CONSUMERS: &[(&str, WireSupport)] = &[
    ("group.id", Honoured),
    ("fetch.min.bytes", Honoured),
    ("fetch.max.bytes", Honoured),
    ("fetch.wait.max.ms", Honoured),
    ("max.partition.fetch.bytes", Honoured),
    ("auto.offset.reset", Honoured),
    ("enable.auto.commit", Honoured),
    ("auto.commit.interval.ms", Honoured),
    ("isolation.level", Honoured),
    ("check.crcs", Honoured),
    // Who wants the broker to assign partitions writes consumer; with classic no group is joined.
    ("group.protocol", Only(&["classic", "consumer"])),
    ("group.remote.assignor", Honoured),
    (REBALANCE_LIMIT, Honoured),
    // A queue between the library's thread and the loop: there is neither.
    ("fetch.queue.backoff.ms", NoMatter),
    ("message.max.bytes", NoMatter),
];

/// So long a member of a group may take to give partitions back.
const REBALANCE_LIMIT: &str = "max.poll.interval.ms";

/// Only a default of Java's has no effect: who writes it means librdkafka's way.
const STICKY: &str = "sticky.partitioning.linger.ms";

/// Hashes of keys that the driver has; messages without a key are always spread by lot.
const PARTITIONERS: [(&str, KeyHash); 3] =
    [("consistent_random", KeyHash::Crc32), ("murmur2_random", KeyHash::Murmur2), ("random", KeyHash::Ignored)];

/// Why the wire driver cannot do as this property of `all` says; None: it can. `written`: by the user, not by default.
pub fn why_not(name: &str, value: &str, all: &[(String, String)], written: bool, role: For) -> Option<String> {
    let own = match role {
        For::Admin => return None,
        For::Producer => OF_PRODUCERS,
        For::Consumer => OF_CONSUMERS,
    };
    let value = value.trim();
    let fate = OF_ALL.iter().chain(own).find(|(known, _)| *known == name).map(|(_, fate)| *fate);
    match fate {
        _ if name == STICKY && written => Some(lacks("the wire driver fills a batch of a partition before it goes on")),
        Some(Only(only)) if !only.iter().any(|only| value.eq_ignore_ascii_case(only)) => {
            Some(lacks(&format!("the wire driver has {} only", only.join(", "))))
        }
        _ if name == "compression.level" => compression::why_no_level(value, GivenProperties(all)),
        _ if name == "partitioner" && !PARTITIONERS.iter().any(|(known, _)| *known == value) => {
            Some(lacks(&format!("the wire driver does not have {value}")))
        }
        _ if name == REBALANCE_LIMIT && written && !GivenProperties(all).joins_group() => {
            Some(lacks("the wire driver joins a group with group.protocol=consumer only"))
        }
        Some(Honoured | NoMatter | Only(_)) => None,
        None => Some(lacks("the wire driver does not have it")),
    }
}

fn lacks(what: &str) -> String {
    format!("{what}: leave it out, or use librdkafka (--client librdkafka)")
}

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

/// Properties as they stand, the last of a name holding.
#[derive(Debug, Clone, Copy)]
struct GivenProperties<'a>(&'a [(String, String)]);

impl<'a> GivenProperties<'a> {
    fn text(self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// With the spaces around it.
    fn exactly(self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, which may have a fraction where it is milliseconds.
    fn number(self, name: &str, default: f64) -> f64 {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "properties are checked to be in range; `as` saturates"
    )]
    fn count(self, name: &str, default: u32) -> u64 {
        self.number(name, default.into()) as u64
    }

    fn whole(self, name: &str, default: u32) -> i32 {
        i32::try_from(self.count(name, default)).unwrap_or(i32::MAX)
    }

    fn size(self, name: &str, default: u32) -> usize {
        usize::try_from(self.count(name, default)).unwrap_or(usize::MAX)
    }

    /// ns of a property in ms.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
    fn ns(self, name: &str, default_ms: u32) -> u64 {
        (self.number(name, default_ms.into()) * 1e6) as u64
    }

    fn flag(self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |text| text.eq_ignore_ascii_case("true"))
    }

    fn joins_group(self) -> bool {
        self.text("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"))
    }

    fn retry_ns(self) -> (u64, u64) {
        (self.ns("retry.backoff.ms", 100), self.ns("retry.backoff.max.ms", 1_000))
    }
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
    fn of(properties: &[(String, String)]) -> Self {
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
    fn of(properties: &[(String, String)]) -> Self {
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
    fn of(properties: &[(String, String)]) -> Self {
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

    fn refused(name: &str, value: &str, role: For) -> String {
        why_not(name, value, &[], true, role).unwrap_or_default()
    }

    #[test]
    fn what_the_driver_lacks_is_refused_by_name_and_value() {
        for (name, value) in [
            ("enable.gapless.guarantee", "true"),
            ("ssl.keystore.location", "me.p12"),
            ("ssl.key.password", "secret"),
            ("enable.ssl.certificate.verification", "false"),
            ("sasl.mechanism", "OAUTHBEARER"),
            ("partitioner", "fnv1a"),
            ("partitioner", "murmur2"),
            (STICKY, "10"),
            ("client.rack", "a"),
        ] {
            assert!(refused(name, value, For::Producer).ends_with("(--client librdkafka)"), "{name}");
        }
        assert!(!refused("session.timeout.ms", "9000", For::Consumer).is_empty());
        for (name, value) in [
            ("compression.type", "zstd"),
            ("compression.level", "9"),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "SCRAM-SHA-256"),
            ("ssl.ca.location", "ca.pem"),
        ] {
            assert_eq!(refused(name, value, For::Producer), "", "{name}");
        }
        assert_eq!(why_not(STICKY, "10", &[], false, For::Producer), None);
    }

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

    #[test]
    fn a_group_is_joined_where_the_new_protocol_is_asked_for() {
        let given = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let member = vec![given("group.protocol", "consumer"), given("max.poll.interval.ms", "60000")];
        for (name, value) in &member {
            assert_eq!(why_not(name, value, &member, true, For::Consumer), None, "{name}");
        }
        let way = ConsumerWay::of(&member).membership;
        assert_eq!(way, Some(MemberWay { assignor: None, rebalance_limit_ms: 60_000 }));
        assert!(refused("max.poll.interval.ms", "60000", For::Consumer).contains("group.protocol=consumer"));
    }
}
