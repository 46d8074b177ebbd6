//! What the Java client does where the user wrote nothing, as far as it differs from librdkafka and matters to a measurement.
//!
//! Defaults of kafka-clients 3.6.1, which OMB uses (linger.ms is 0 there; it is 5 from 4.0 on). Equal in both and therefore not
//! here: acks=all, retries, compression, request.timeout.ms towards the broker, retry.backoff.*, auto.offset.reset=latest, session,
//! heartbeat and poll times, all fetch sizes and waits, range assignment. Left to librdkafka although different: socket buffers
//! (Java fixes 32–128 KiB, the system's own tuning does better), idle connections, creation of topics by metadata requests.

use super::settings::Settings;
use super::{For, TranslatedProperties};

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
        "Java's default (librdkafka: 1048576); librdkafka's limit of 100000 messages stays, as deep as the bytes from 336 bytes a \
         message on",
    ),
    ("max.request.size", "1048576", "message.max.bytes", "1048576", "Java's default (librdkafka: 1000000)"),
    (
        "max.in.flight.requests.per.connection",
        "5",
        "max.in.flight.requests.per.connection",
        "5",
        "Java's default (librdkafka: 1000000 without idempotence)",
    ),
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
pub(super) fn complete(settings: &Settings<'_>, properties: &mut TranslatedProperties) {
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
        delivery_timeout(settings, properties);
        batch_messages(properties);
        sticky_partitions(properties);
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

/// On by default since 3.0, and off again where the user's other settings rule it out and idempotence itself is not written.
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
        let in_flight = properties.get("max.in.flight.requests.per.connection").unwrap_or("5");
        (number(in_flight) > 5).then(|| format!("max.in.flight.requests.per.connection={in_flight}"))
    };
    let (value, why) = match against {
        None => ("true", "Java's default (librdkafka: false)".to_owned()),
        Some(setting) => ("false", format!("Java's default is true, but it turns it off because of {setting}")),
    };
    properties.add_default("enable.idempotence", value, &[("enable.idempotence", value)], &why);
}

/// 120 s, or linger.ms + request.timeout.ms where that is more.
fn delivery_timeout(settings: &Settings<'_>, properties: &mut TranslatedProperties) {
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

/// Without a key Java stays with a partition for a batch; librdkafka stays for twice linger.ms, with linger.ms=0 not at all.
fn sticky_partitions(properties: &mut TranslatedProperties) {
    let linger: f64 = properties.get("linger.ms").and_then(|ms| ms.parse().ok()).unwrap_or(0.0);
    if properties.get("sticky.partitioning.linger.ms").is_none() && linger < 5.0 {
        properties.add_default(
            "sticky.partitioning.linger.ms",
            "10",
            &[("sticky.partitioning.linger.ms", "10")],
            "Java fills a batch before it goes on to another partition; librdkafka goes by time, and with a linger.ms this short \
             would scatter messages without keys (10 is its own default)",
        );
    }
}

/// A number already checked (a fraction is cut off).
fn number(text: &str) -> i64 {
    text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::For::{Consumer, Producer};
    use super::super::Translated;
    use super::super::trial::{outcome, refusals, translated};

    fn one(lines: &str, wanted: &str) -> String {
        translated("", lines, Producer, true).get(wanted).unwrap_or_default().to_owned()
    }

    /// What `new KafkaProducer` of 3.6.1 made of the same settings.
    #[test]
    fn idempotence_is_on_unless_other_settings_rule_it_out_as_in_java() {
        for (lines, idempotent) in [
            ("", "true"),
            ("acks=all", "true"),
            ("acks=-1", "true"),
            ("acks=1", "false"),
            ("acks=0", "false"),
            ("retries=0", "false"),
            ("retries=3", "true"),
            ("max.in.flight.requests.per.connection=5", "true"),
            ("max.in.flight.requests.per.connection=10", "false"),
            ("acks=1\nenable.idempotence=false", "false"),
        ] {
            assert_eq!(one(lines, "enable.idempotence"), idempotent, "{lines}");
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
    fn messages_without_keys_stay_with_a_partition_even_without_linger() {
        assert_eq!(one("", "sticky.partitioning.linger.ms"), "10");
        assert_eq!(one("linger.ms=1", "sticky.partitioning.linger.ms"), "10");
        assert_eq!(one("linger.ms=100", "sticky.partitioning.linger.ms"), "");
        assert_eq!(one("sticky.partitioning.linger.ms=0", "sticky.partitioning.linger.ms"), "0");
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
