//! The Kafka driver files that come with OMB, with their properties, and what becomes of them.

use super::For::{self, Admin, Consumer, Producer};
use super::trial::{ignored, outcome, real_client, refusal, translated};
use super::{Translated, TranslatedProperties};

const COMMON: &str = "bootstrap.servers=localhost:9092";
const LATENCY: &str = "acks=all\nlinger.ms=1\nbatch.size=131072";
const SMALL_FETCH: &str = "auto.offset.reset=earliest\nenable.auto.commit=false";
const BIG_FETCH: &str = "auto.offset.reset=earliest\nenable.auto.commit=false\nmax.partition.fetch.bytes=10485760";

/// Name, common, producer, consumer.
const BUNDLED: &[(&str, &str, &str, &str)] = &[
    ("latency", COMMON, LATENCY, BIG_FETCH),
    ("sync", COMMON, LATENCY, SMALL_FETCH),
    ("no-linger", COMMON, "acks=all\nlinger.ms=0\nbatch.size=1048576", BIG_FETCH),
    (
        "throughput",
        "bootstrap.servers=localhost:9092\ndefault.api.timeout.ms=1200000\nrequest.timeout.ms=1200000",
        "acks=all\nlinger.ms=1\nbatch.size=1048576",
        BIG_FETCH,
    ),
    (
        "exactly-once",
        COMMON,
        "enable.idempotence=true\nmax.in.flight.requests.per.connection=1\nretries=2147483647\nacks=all\nlinger.ms=1\n\
         batch.size=131072",
        SMALL_FETCH,
    ),
    ("big-batches", COMMON, "acks=all\nlinger.ms=100\nbatch.size=1048576\nmax.request.size=4194304", BIG_FETCH),
    ("big-batches-gzip", COMMON, "acks=all\nlinger.ms=200\nbatch.size=1048576\ncompression.type=gzip", BIG_FETCH),
    ("big-batches-lz4", COMMON, "acks=all\nlinger.ms=200\nbatch.size=1048576\ncompression.type=lz4", BIG_FETCH),
    ("big-batches-snappy", COMMON, "acks=all\nlinger.ms=200\nbatch.size=1048576\ncompression.type=snappy", BIG_FETCH),
    ("big-batches-zstd", COMMON, "acks=all\nlinger.ms=200\nbatch.size=1048576\ncompression.type=zstd", BIG_FETCH),
    ("compression-gzip", COMMON, "acks=all\nlinger.ms=1\nbatch.size=1048576\ncompression.type=gzip", BIG_FETCH),
    ("compression-lz4", COMMON, "acks=all\nlinger.ms=1\nbatch.size=1048576\ncompression.type=lz4", BIG_FETCH),
    ("compression-snappy", COMMON, "acks=all\nlinger.ms=1\nbatch.size=1048576\ncompression.type=snappy", BIG_FETCH),
    ("compression-zstd", COMMON, "acks=all\nlinger.ms=1\nbatch.size=1048576\ncompression.type=zstd", BIG_FETCH),
    (
        "Confluent Cloud, of a fork",
        "bootstrap.servers=localhost:9092\nsasl.mechanism=PLAIN\n\
         sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"XXXXXX\" \
         password=\"XXXXXX\";\n\
         security.protocol=SASL_SSL\nssl.endpoint.identification.algorithm=https\nrequest.timeout.ms=300000\n\
         max.in.flight.requests.per.connection=5",
        "acks=all\nlinger.ms=10\nsocket.connection.setup.timeout.ms=60000\n\
         socket.connection.setup.timeout.max.ms=600000",
        "auto.offset.reset=earliest\nenable.auto.commit=true\nmax.partition.fetch.bytes=10485760",
    ),
    (
        "Redpanda's fork",
        "bootstrap.servers=localhost:9092\nrequest.timeout.ms=300000",
        "acks=all\nlinger.ms=10\nbatch.size=131072",
        "auto.offset.reset=earliest\nenable.auto.commit=false\nauto.commit.interval.ms=0\n\
         max.partition.fetch.bytes=131072\n\
         offsetCommitLingerMs=1000",
    ),
    ("AutoMQ's fork", COMMON, "linger.ms=0\nbatch.size=65536", "auto.offset.reset=earliest\nenable.auto.commit=true"),
    ("one acknowledgement", COMMON, "acks=1\nlinger.ms=10\nrequest.timeout.ms=120000", "group.id=benchGroup"),
];

fn of(name: &str, role: For, java: bool) -> TranslatedProperties {
    let (_, common, producer, consumer) = BUNDLED.iter().find(|(found, ..)| *found == name).expect("a bundled file");
    let own = match role {
        Admin => "",
        Producer => producer,
        Consumer => consumer,
    };
    translated(common, own, role, java)
}

fn effective(properties: &TranslatedProperties) -> String {
    let mut lines: Vec<String> = properties.effective.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn each_makes_clients_of_all_three_kinds_with_and_without_javas_defaults() {
    for (name, ..) in BUNDLED {
        for role in [Admin, Producer, Consumer] {
            for java in [true, false] {
                let properties = of(name, role, java);
                assert_eq!(real_client(&properties, role), Ok(()), "{name}: {}", effective(&properties));
            }
        }
    }
}

#[test]
fn the_latency_driver_sends_as_the_java_client_would() {
    assert_eq!(
        effective(&of("latency", Producer, true)),
        "acks=all\n\
         batch.num.messages=18724\n\
         batch.size=131072\n\
         bootstrap.servers=localhost:9092\n\
         delivery.timeout.ms=120000\n\
         enable.idempotence=false\n\
         enable.metrics.push=false\n\
         linger.ms=1\n\
         max.in.flight.requests.per.connection=5\n\
         message.max.bytes=1048576\n\
         partitioner=murmur2_random\n\
         queue.buffering.max.kbytes=32768\n\
         reconnect.backoff.max.ms=1000\n\
         reconnect.backoff.ms=50\n\
         socket.timeout.ms=30000\n\
         sticky.partitioning.linger.ms=10"
    );
    assert_eq!(
        effective(&of("latency", Consumer, true)),
        "auto.offset.reset=earliest\n\
         bootstrap.servers=localhost:9092\n\
         check.crcs=true\n\
         enable.auto.commit=false\n\
         enable.metrics.push=false\n\
         fetch.queue.backoff.ms=10\n\
         isolation.level=read_uncommitted\n\
         max.partition.fetch.bytes=10485760\n\
         reconnect.backoff.max.ms=1000\n\
         reconnect.backoff.ms=50\n\
         socket.timeout.ms=30000"
    );
}

#[test]
fn without_the_java_class_librdkafkas_own_defaults_hold() {
    assert_eq!(
        effective(&of("latency", Producer, false)),
        "acks=all\nbatch.size=131072\nbootstrap.servers=localhost:9092\nenable.metrics.push=false\nlinger.ms=1"
    );
    assert_eq!(
        effective(&of("latency", Consumer, false)),
        "auto.offset.reset=earliest\nbootstrap.servers=localhost:9092\nenable.auto.commit=false\n\
         enable.metrics.push=false\nfetch.queue.backoff.ms=10\nmax.partition.fetch.bytes=10485760"
    );
}

#[test]
fn the_throughput_drivers_twenty_minutes_are_cut_where_librdkafka_ends_and_the_delivery_limit_follows_java() {
    let producer = of("throughput", Producer, true);
    assert_eq!(producer.get("request.timeout.ms"), Some("900000"));
    assert_eq!(producer.get("socket.timeout.ms"), Some("300000"));
    assert_eq!(producer.get("delivery.timeout.ms"), Some("1200001"));
    assert_eq!(producer.get("batch.num.messages"), Some("149796"));
    let Translated::Renamed { why, .. } = outcome(&producer, "request.timeout.ms") else { panic!("not renamed") };
    assert!(why.contains("900000 at most") && why.contains("300000 at most"), "{why}");
    assert!(ignored(&producer, "default.api.timeout.ms").contains("limits"));
    let consumer = of("throughput", Consumer, true);
    assert_eq!(consumer.get("socket.timeout.ms"), Some("300000"));
    assert_eq!(consumer.get("request.timeout.ms"), None);
}

#[test]
fn acks_1_turns_javas_idempotence_off_and_says_why() {
    let producer = of("one acknowledgement", Producer, true);
    assert_eq!(producer.get("enable.idempotence"), Some("false"));
    let Translated::Default { why, .. } = outcome(&producer, "enable.idempotence") else { panic!("no default") };
    assert!(why.contains("acks=1"), "{why}");
    let producer = of("exactly-once", Producer, true);
    assert_eq!(producer.get("enable.idempotence"), Some("true"));
    assert_eq!(producer.get("max.in.flight.requests.per.connection"), Some("1"));
}

#[test]
fn the_big_batches_drivers_request_size_bounds_a_message() {
    assert_eq!(of("big-batches", Producer, true).get("message.max.bytes"), Some("4194304"));
    assert_eq!(of("big-batches", Consumer, true).get("message.max.bytes"), None);
}

#[test]
fn a_forks_driver_with_a_java_trust_store_is_refused_with_the_way_out() {
    let lines = "bootstrap.servers=SSL://localhost:9093\nsecurity.protocol=SSL\n\
        ssl.endpoint.identification.algorithm=\n\
        ssl.truststore.location=/opt/benchmark/kafka.client.truststore.jks\nssl.truststore.password=test1234\n\
        request.timeout.ms=300000\nacks=all\nlinger.ms=10";
    let why = refusal(lines, Producer, true);
    assert!(why.starts_with("ssl.truststore.location: ") && why.contains("keytool -list -rfc"), "{why}");
    assert!(!why.contains("test1234"));
}

#[test]
fn the_subscription_names_the_group_whatever_the_file_says() {
    let consumer = of("one acknowledgement", Consumer, true);
    assert!(ignored(&consumer, "group.id").contains("each subscription"));
    assert_eq!(consumer.get("group.id"), None);
}

#[test]
fn automatic_commits_are_the_users_choice() {
    assert_eq!(of("AutoMQ's fork", Consumer, true).get("enable.auto.commit"), Some("true"));
    assert_eq!(of("Redpanda's fork", Consumer, true).get("auto.commit.interval.ms"), Some("0"));
}
