//! What the wire driver makes of client properties, which it is given by librdkafka's names: each is honoured, is
//! without effect and told why, or is refused. Nothing is left aside in silence.

mod compression;
mod given;
mod security;
mod settings;
mod ways;

use super::For;
pub use compression::{Codec, Compression};
use given::GivenProperties;
pub use security::{Mechanism, Pem, SaslUser, Security, TlsWay};
pub use settings::{WireConsumerSettings, WireProducerSettings, WireSettings};
use ways::PARTITIONERS;
pub use ways::{Connecting, ConsumerWay, KeyHash, MemberWay, ProducerWay, Reset};

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
