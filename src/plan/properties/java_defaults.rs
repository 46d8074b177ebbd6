//! What the Java client does where the user wrote nothing, as far as it differs from librdkafka and matters to a
//! measurement.
//!
//! Defaults of kafka-clients 3.6.1, which OMB uses (linger.ms is 0 there; it is 5 from 4.0 on). Equal in both and
//! therefore not here: acks=all, retries, compression, request.timeout.ms towards the broker, retry.backoff.*,
//! auto.offset.reset=latest, session, heartbeat and poll times, all fetch sizes and waits, range assignment. Left to
//! librdkafka although different: socket buffers (Java fixes 32–128 KiB, the system's own tuning does better), idle
//! connections, creation of topics by metadata requests.
//!
//! Over 250 lines: a table, with its tests.

use super::settings::RowSettings;
use super::{For, StickyBatches, TranslatedProperties};

/// A default: Java's name and value, librdkafka's name and value, why.
type Default = (&'static str, &'static str, &'static str, &'static str, &'static str);

const OF_ALL: &[Default] = &[(
    "request.timeout.ms",
    "30000",
    "socket.timeout.ms",
    "30000",
    "Java's default for the wait for an answer (librdkafka: 60000)",
)];

const OF_PRODUCERS: &[Default] = &[
    ("linger.ms", "0", "linger.ms", "0", "Java's default before Kafka 4.0 (librdkafka: 5)"),
    ("batch.size", "16384", "batch.size", "16384", "Java's default (librdkafka: 1000000)"),
    (
        "buffer.memory",
        "33554432",
        "queue.buffering.max.kbytes",
        "32768",
        "Java's default (librdkafka: 1048576); librdkafka's limit of 100000 messages stays, as deep as the bytes from \
         336 bytes a message on",
    ),
    ("max.request.size", "1048576", "message.max.bytes", "1048576", "Java's default (librdkafka: 1000000)"),
    (
        "partitioner.class",
        "null",
        "partitioner",
        "murmur2_random",
        "Java's default puts a key where its murmur2 hash says (librdkafka: CRC32)",
    ),
];

const OF_CONSUMERS: &[Default] = &[
    ("check.crcs", "true", "check.crcs", "true", "Java's default (librdkafka: false)"),
    (
        "isolation.level",
        "read_uncommitted",
        "isolation.level",
        "read_uncommitted",
        "Java's default (librdkafka: read_committed)",
    ),
];

/// Fills in what the user left out.
pub(super) fn complete(settings: &RowSettings<'_>, properties: &mut TranslatedProperties) {
    let of_role = match settings.role {
        For::Admin => &[],
        For::Producer => OF_PRODUCERS,
        For::Consumer => OF_CONSUMERS,
    };
    for (name, value, to, to_value, why) in OF_ALL.iter().chain(of_role) {
        if properties.get(to).is_none() {
            properties.add_default(name, value, &[(to, to_value)], why);
        }
    }
    reconnect_backoff(properties);
    if settings.role == For::Producer {
        idempotence(properties);
        in_flight(properties);
        delivery_timeout(settings, properties);
        batch_messages(properties);
        sticky_partitions(settings, properties);
    }
}

/// Java sets the greatest backoff to the least where only the least is written.
fn reconnect_backoff(properties: &mut TranslatedProperties) {
    let written = properties.get("reconnect.backoff.ms").map(str::to_owned);
    let greatest = properties.get("reconnect.backoff.max.ms").map(str::to_owned);
    match (written, greatest) {
        (None, None) => properties.add_default(
            "reconnect.backoff.ms",
            "50",
            &[("reconnect.backoff.ms", "50"), ("reconnect.backoff.max.ms", "1000")],
            "Java's defaults, to be back as soon as it is after a broker was lost (librdkafka: 100 to 10000)",
        ),
        (Some(least), None) => properties.add_default(
            "reconnect.backoff.max.ms",
            &least,
            &[("reconnect.backoff.max.ms", &least)],
            "Java takes reconnect.backoff.ms where only that is written",
        ),
        (None, Some(greatest)) => {
            let least = number(&greatest).min(50).to_string();
            properties.add_default(
                "reconnect.backoff.ms",
                "50",
                &[("reconnect.backoff.ms", &least)],
                "Java's default (librdkafka: 100)",
            );
        }
        (Some(_), Some(_)) => {}
    }
}

/// On by default in Java since 3.0, and off again where other settings rule it out. An idempotent producer of
/// librdkafka's keeps one
/// batch in flight a partition (its limit of five counts messages), Java's five: left out, it stays off, for the load
/// is what is asked for.
fn idempotence(properties: &mut TranslatedProperties) {
    if properties.get("enable.idempotence").is_some() {
        return;
    }
    let acks = properties.get("acks").unwrap_or("all");
    let against = if acks != "all" {
        Some(format!("acks={acks}"))
    } else if properties.get("retries") == Some("0") {
        Some("retries=0".to_owned())
    } else {
        let in_flight = properties.get(IN_FLIGHT).unwrap_or("5");
        (number(in_flight) > 5).then(|| format!("{IN_FLIGHT}={in_flight}"))
    };
    let why = match against {
        None => {
            "Java's default is true, with five batches in flight a partition; librdkafka would keep one, so that a \
                 partition's rate were one batch a round trip. Off, five are in flight; what a retry then duplicates \
                 or reorders is counted. To have it nevertheless, write enable.idempotence=true"
                .to_owned()
        }
        Some(setting) => format!("Java's default is true, but it turns it off because of {setting}"),
    };
    properties.add_default("enable.idempotence", "false", &[("enable.idempotence", "false")], &why);
}

const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";

/// A request of Java's carries a batch of each partition that its broker leads, one of librdkafka's a single batch.
/// With 1 the user wants
/// the order of messages kept, and it stays 1; an idempotent producer may have 5 at most.
fn in_flight(properties: &mut TranslatedProperties) {
    const EACH: &str = "a request of Java's carries a batch of each partition that its broker leads, librdkafka's a \
                        single one: each producer multiplies it by the most partitions of its topic that one broker \
                        leads";
    const ORDER: &str = "1 keeps the order of messages when one is retried; a request carries a single batch (Java's: \
                         one of each partition that its broker leads)";
    const IDEMPOTENT: &str = "with enable.idempotence librdkafka takes 5 requests a broker at most, each with a single \
                              batch (Java's: one of each partition that the broker leads)";
    let written = properties.get(IN_FLIGHT).map(number);
    let idempotent = properties.get("enable.idempotence") == Some("true");
    let why = match written {
        _ if idempotent => IDEMPOTENT,
        Some(1) => ORDER,
        _ => {
            properties.ways.requests_per_partition = u32::try_from(written.unwrap_or(5)).ok();
            EACH
        }
    };
    if written.is_some() {
        properties.say_why(IN_FLIGHT, why);
    } else {
        properties.add_default(
            IN_FLIGHT,
            "5",
            &[(IN_FLIGHT, "5")],
            &format!("Java's default (librdkafka: 1000000); {why}"),
        );
    }
}

/// 120 s, or linger.ms + request.timeout.ms where that is more.
fn delivery_timeout(settings: &RowSettings<'_>, properties: &mut TranslatedProperties) {
    if properties.get("delivery.timeout.ms").is_some() {
        return;
    }
    let linger = number(properties.get("linger.ms").unwrap_or("0"));
    // As written: what librdkafka was given may be cut to its range.
    let request = settings.number("request.timeout.ms").unwrap_or(30_000);
    let least = linger.saturating_add(request).min(2_147_483_647);
    let (value, why) = if least > 120_000 {
        (least, "Java raises its default of 120000 to linger.ms + request.timeout.ms (librdkafka: 300000)")
    } else {
        (120_000, "Java's default (librdkafka: 300000)")
    };
    let value = value.to_string();
    properties.add_default("delivery.timeout.ms", &value, &[("delivery.timeout.ms", &value)], why);
}

/// Java ends a batch by bytes alone, librdkafka at 10,000 messages too. A record takes 7 bytes at least.
fn batch_messages(properties: &mut TranslatedProperties) {
    let most = (number(properties.get("batch.size").unwrap_or("0")) / 7).min(1_000_000);
    if properties.get("batch.num.messages").is_none() && most > 10_000 {
        let most = most.to_string();
        let why = "Java ends a batch by its bytes alone (librdkafka: at 10000 messages)";
        properties.add_default("batch.num.messages", &most, &[("batch.num.messages", &most)], why);
    }
}

/// Without a key Java's own partitioners stay with a partition until its batch is closed; librdkafka stays for twice
/// linger.ms. What is written in librdkafka's words is left to librdkafka.
fn sticky_partitions(settings: &RowSettings<'_>, properties: &mut TranslatedProperties) {
    const FOR_A_TIME: &str = "sticky.partitioning.linger.ms";
    let keys_too = match properties.get("partitioner") {
        Some("murmur2_random") => false,
        Some("random") => true,
        _ => return,
    };
    let own_words = ["partitioner", FOR_A_TIME].iter().any(|name| settings.get(name).is_some());
    if own_words || properties.get(FOR_A_TIME).is_some() {
        return;
    }
    let linger_ms: f64 = properties.get("linger.ms").and_then(|ms| ms.parse().ok()).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: 0 … 900,000 ms")]
    let linger_ns = (linger_ms * 1e6) as u64;
    let batch_bytes = u64::try_from(number(properties.get("batch.size").unwrap_or("16384"))).unwrap_or(0);
    properties.ways.sticky = Some(StickyBatches { batch_bytes, batch_messages: u32::MAX, linger_ns, keys_too });
    let who = if keys_too { "a message" } else { "a message without a key" };
    let why = format!(
        "{who} goes to the partition whose batch is being filled, as in Java, and pinload names it: a partition is \
         left when it was given batch.size and its batch is closed, whatever linger.ms. librdkafka would go by this \
         time (not used: the probes before the load do)"
    );
    properties.add_default(FOR_A_TIME, "10", &[(FOR_A_TIME, "10")], &why);
}

/// A number already checked (a fraction is cut off).
fn number(text: &str) -> i64 {
    text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::For::{Consumer, Producer};
    use super::super::trial::{outcome, refusals, translated};
    use super::super::{ProducerWays, StickyBatches, Translated};

    fn one(lines: &str, wanted: &str) -> String {
        translated("", lines, Producer, true).get(wanted).unwrap_or_default().to_owned()
    }

    /// Where `new KafkaProducer` of 3.6.1 made an idempotent producer of the same settings, pinload says what it does
    /// instead.
    #[test]
    fn idempotence_is_off_unless_asked_for_and_the_reason_is_the_right_one() {
        for (lines, idempotent) in [
            ("", true),
            ("acks=all", true),
            ("acks=-1", true),
            ("acks=1", false),
            ("acks=0", false),
            ("retries=0", false),
            ("retries=3", true),
            ("max.in.flight.requests.per.connection=5", true),
            ("max.in.flight.requests.per.connection=10", false),
        ] {
            let properties = translated("", lines, Producer, true);
            assert_eq!(properties.get("enable.idempotence"), Some("false"), "{lines}");
            let Translated::Default { why, .. } = outcome(&properties, "enable.idempotence") else {
                panic!("no default")
            };
            assert_eq!(why.contains("duplicates or reorders is counted"), idempotent, "{lines}: {why}");
        }
        for written in ["true", "false"] {
            assert_eq!(one(&format!("enable.idempotence={written}"), "enable.idempotence"), written);
        }
        for lines in ["acks=1", "retries=0", "max.in.flight.requests.per.connection=10"] {
            assert_eq!(refusals("", &format!("enable.idempotence=true\n{lines}"), Producer, true).len(), 1, "{lines}");
        }
    }

    /// What the accumulator of 3.6.1 was given.
    #[test]
    fn the_delivery_limit_rises_with_linger_and_request_timeout_as_in_java() {
        assert_eq!(one("", "delivery.timeout.ms"), "120000");
        assert_eq!(one("request.timeout.ms=1200000", "delivery.timeout.ms"), "1200000");
        assert_eq!(one("linger.ms=200\nrequest.timeout.ms=120000", "delivery.timeout.ms"), "120200");
        assert_eq!(one("delivery.timeout.ms=50000", "delivery.timeout.ms"), "50000");
        assert_eq!(one("request.timeout.ms=2147483647\nlinger.ms=900000", "delivery.timeout.ms"), "2147483647");
    }

    #[test]
    fn the_greatest_backoff_follows_the_least_as_in_java() {
        assert_eq!(one("reconnect.backoff.ms=5000", "reconnect.backoff.max.ms"), "5000");
        assert_eq!(one("reconnect.backoff.ms=20", "reconnect.backoff.max.ms"), "20");
        assert_eq!(one("", "reconnect.backoff.max.ms"), "1000");
        assert_eq!(one("reconnect.backoff.max.ms=30", "reconnect.backoff.ms"), "30");
    }

    #[test]
    fn messages_without_keys_stay_with_a_partition_for_a_batch_whatever_the_linger() {
        let sticky = |lines: &str| translated("", lines, Producer, true).ways.sticky;
        let of = |batch_bytes, linger_ns, keys_too| {
            Some(StickyBatches { batch_bytes, batch_messages: u32::MAX, linger_ns, keys_too })
        };
        assert_eq!(sticky(""), of(16_384, 0, false));
        assert_eq!(sticky("linger.ms=100\nbatch.size=1048576"), of(1_048_576, 100_000_000, false));
        assert_eq!(sticky("partitioner.class=UniformStickyPartitioner"), of(16_384, 0, true));
        assert_eq!(sticky("partitioner.ignore.keys=true\nlinger.ms=1"), of(16_384, 1_000_000, true));
        for lines in [
            "sticky.partitioning.linger.ms=10",
            "partitioner=murmur2_random",
            "partitioner=consistent",
            "partitioner.class=RoundRobinPartitioner",
        ] {
            assert_eq!(sticky(lines), None, "{lines}");
        }
        assert_eq!(translated("", "linger.ms=100", Producer, false).ways, ProducerWays::default());
    }

    #[test]
    fn requests_in_flight_are_multiplied_by_partitions_unless_order_or_idempotence_forbid_it() {
        let each = |lines: &str| translated("", lines, Producer, true).ways.requests_per_partition;
        assert_eq!((each(""), each("acks=1\nmax.in.flight=20")), (Some(5), Some(20)));
        assert_eq!(each("max.in.flight.requests.per.connection=1"), None);
        assert_eq!(
            (each("enable.idempotence=true"), one("enable.idempotence=true", super::IN_FLIGHT)),
            (None, "5".into())
        );
        let why = |lines: &str, name: &str| match outcome(&translated("", lines, Producer, true), name) {
            Translated::Renamed { why, .. } | Translated::Default { why, .. } => why.clone(),
            other => panic!("{other:?}"),
        };
        assert!(why("", super::IN_FLIGHT).contains("multiplies it by the most partitions"));
        assert!(why("max.in.flight.requests.per.connection=1", super::IN_FLIGHT).starts_with("1 keeps the order"));
        assert!(why("enable.idempotence=true", super::IN_FLIGHT).contains("5 requests a broker at most"));
        assert!(why("enable.idempotence=true", "enable.idempotence").contains("one batch a round trip"));
    }

    #[test]
    fn whatever_is_written_is_no_default_under_any_of_its_names() {
        let properties = translated(
            "",
            "queue.buffering.max.kbytes=10\nqueue.buffering.max.ms=3\npartitioner=random",
            Producer,
            true,
        );
        assert_eq!(properties.get("queue.buffering.max.kbytes"), Some("10"));
        assert_eq!(properties.get("linger.ms"), Some("3"));
        assert_eq!(properties.get("partitioner"), Some("random"));
        for line in &properties.lines {
            if let Translated::Default { to, .. } = &line.outcome {
                assert!(to.iter().all(|(name, _)| name != "queue.buffering.max.kbytes" && name != "linger.ms"));
            }
        }
    }

    #[test]
    fn a_default_is_reported_by_javas_name_and_librdkafkas() {
        let properties = translated("", "", Producer, true);
        let Translated::Default { to, why } = outcome(&properties, "buffer.memory") else { panic!("no default") };
        assert_eq!(to, &[("queue.buffering.max.kbytes".to_owned(), "32768".to_owned())]);
        assert!(why.starts_with("Java's default"), "{why}");
        let consumer = translated("", "check.crcs=false", Consumer, true);
        assert_eq!(consumer.get("check.crcs"), Some("false"));
        assert_eq!(consumer.get("isolation.level"), Some("read_uncommitted"));
    }
}
