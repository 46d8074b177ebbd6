//! Each row of both tables against the librdkafka in use: whatever a row lets through, librdkafka takes, by name and
//! value; the ranges are its ranges.

use super::For::{Admin, Consumer, Producer};
use super::kind::PropertyKind;
use super::table::{Property, Rule, rows};
use super::trial::{accepted, real_client, refusals, translated};
use super::{TranslatedProperties, recheck, translate};
use crate::config::properties::WrittenProperty;
use rdkafka::ClientConfig;

const PEM: &str = "-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----";
const JAAS: &str = r#"org.apache.kafka.common.security.scram.ScramLoginModule required username="a" password="b";"#;

/// Values to try with a row that a function decides.
fn samples(name: &str) -> &'static [&'static str] {
    match name {
        "bootstrap.servers" => &["a:9092", "a:1, b:2,"],
        "client.id" => &["loader"],
        "connections.max.idle.ms" => &["-1", "0", "540000", "9223372036854775807"],
        "metadata.max.age.ms" => &["0", "1", "86400000", "9223372036854775807"],
        "receive.buffer.bytes" | "send.buffer.bytes" => &["-1", "0", "65536", "2147483647"],
        "request.timeout.ms" => &["0", "30000", "1200000", "2147483647"],
        "acks" => &["all", "-1", "0", "1", " all "],
        "buffer.memory" => &["0", "1", "33554432", "33554433", "1073741824", "9223372036854775807"],
        "compression.gzip.level" | "compression.lz4.level" | "compression.zstd.level" => &["1", "9", "17", "22"],
        "enable.idempotence" => &["true", "false", "TRUE"],
        "delivery.timeout.ms" => &["1000", "120000", "2147483647"],
        "max.request.size" => &["0", "1048576", "2147483647"],
        "partitioner.class" => &[
            "",
            "org.apache.kafka.clients.producer.internals.DefaultPartitioner",
            "org.apache.kafka.clients.producer.UniformStickyPartitioner",
            "org.apache.kafka.clients.producer.RoundRobinPartitioner",
        ],
        "partitioner.ignore.keys" => &["true", "false"],
        "transactional.id" => &[""],
        "auto.offset.reset" => &["earliest", "latest", "none", "smallest", "error"],
        "group.remote.assignor" => &["uniform", "range"],
        "heartbeat.interval.ms" => &["1", "3000"],
        "session.timeout.ms" => &["1", "45000"],
        "partition.assignment.strategy" => &[
            "range",
            "org.apache.kafka.clients.consumer.RangeAssignor,\
             org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
            "roundrobin, range",
        ],
        "sasl.mechanism" => &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"],
        "sasl.jaas.config" => &[JAAS],
        "sasl.client.callback.handler.class" | "sasl.login.callback.handler.class" | "sasl.login.class" => &["a.B"],
        "sasl.oauthbearer.config" => &["principal=admin"],
        "ssl.cipher.suites" => {
            &["", "TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-SHA"]
        }
        "ssl.endpoint.identification.algorithm" => &["", "https", "HTTPS", "none"],
        "ssl.engine.factory.class" => &["a.B"],
        "ssl.key.password" | "ssl.keystore.password" => &["geheim"],
        "ssl.keystore.certificate.chain"
        | "ssl.keystore.key"
        | "ssl.truststore.certificates"
        | "ssl.key.pem"
        | "ssl.certificate.pem"
        | "ssl.ca.pem" => &[PEM],
        "ssl.keystore.location" => &["a.pem", "a.jks"],
        "ssl.truststore.location" => &["a.pem", "a.jks", "a.p12"],
        "ssl.keystore.type" | "ssl.truststore.type" => &["PEM", "PKCS12", "JKS"],
        "delivery.report.only.error" => &["false"],
        "offsetCommitLingerMs" => &["1000"],
        other => panic!("{other} has no sample values: a new row needs some"),
    }
}

fn values(row: &Property) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    match row.rule {
        Rule::Pass(kind) => match kind {
            PropertyKind::Int { min, max } => vec![min.to_string(), max.to_string()],
            PropertyKind::Near { from, min, max } => {
                vec![from.to_string(), min.to_string(), max.to_string(), max.saturating_add(1).to_string()]
            }
            PropertyKind::Millis { max } => vec!["0".into(), "0.5".into(), max.to_string(), "1e9".into()],
            PropertyKind::Bool => words(&["true", "FALSE"]),
            PropertyKind::OneOf(all) => words(all),
            PropertyKind::Text if row.name == "broker.version.fallback" => words(&["0.10.0"]),
            PropertyKind::Text => words(&["text"]),
        },
        Rule::By(_) => words(samples(row.name)),
        Rule::Ignored(_) => words(&["1"]),
        Rule::Alias(of, _) => rows().find(|other| other.name == of).map(values).unwrap_or_default(),
        Rule::Refused(_) => Vec::new(),
    }
}

#[test]
fn whatever_a_row_lets_through_librdkafka_takes() {
    for row in rows() {
        for value in values(row) {
            for role in [Admin, Producer, Consumer] {
                for java in [true, false] {
                    let written = WrittenProperty { name: row.name.to_owned(), value: value.clone(), line: None };
                    // A refusal is an answer too: that two settings do not fit together is found out elsewhere.
                    if let Ok(properties) = translate(&[written], &[], role, java) {
                        let verdict = accepted(&properties);
                        assert_eq!(verdict, Ok(()), "{}={value} became {:?}", row.name, properties.effective);
                        assert_eq!(
                            recheck(&properties.effective),
                            Ok(()),
                            "a worker refuses what the plan lets through"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_ranges_are_librdkafkas() {
    let takes = |name: &str, value: i64| {
        let mut config = ClientConfig::new();
        config.set(name, value.to_string());
        config.create_native_config().is_ok()
    };
    for row in rows() {
        if let Rule::Pass(PropertyKind::Int { min, max } | PropertyKind::Near { min, max, .. }) = row.rule {
            assert!(takes(row.name, min) && takes(row.name, max), "{}", row.name);
            assert!(!takes(row.name, max + 1), "{} takes more than {max}", row.name);
            // Java's fetch.max.bytes starts where librdkafka's message.max.bytes does, which it may not fall below.
            if row.name != "fetch.max.bytes" {
                assert!(!takes(row.name, min - 1), "{} takes less than {min}", row.name);
            }
        }
    }
}

fn make(common: &str, own: &str, role: super::For, java: bool) -> TranslatedProperties {
    let properties = translated(common, own, role, java);
    assert_eq!(real_client(&properties, role), Ok(()), "{common:?} {own:?} became {:?}", properties.effective);
    properties
}

#[test]
fn clients_can_be_made_of_what_is_written_and_what_is_not() {
    for java in [true, false] {
        for role in [Admin, Producer, Consumer] {
            make("", "", role, java);
            make("reconnect.backoff.ms=20000", "", role, java);
            make("reconnect.backoff.max.ms=20", "", role, java);
            make("request.timeout.ms=1200000", "", role, java);
        }
    }
}

#[test]
fn what_librdkafka_would_refuse_is_refused_before() {
    for (own, role) in [
        ("enable.idempotence=true\nacks=1", Producer),
        ("enable.idempotence=true\nretries=0", Producer),
        ("enable.idempotence=true\nmax.in.flight=6", Producer),
        ("enable.idempotence=true\nqueuing.strategy=lifo", Producer),
        ("enable.idempotence=true\nqueue.buffering.backpressure.threshold=2", Producer),
        ("enable.gapless.guarantee=true", Producer),
        ("delivery.timeout.ms=100\nlinger.ms=100", Producer),
        ("reconnect.backoff.ms=200\nreconnect.backoff.max.ms=100", Producer),
        ("max.poll.interval.ms=30000", Consumer),
        ("fetch.max.bytes=1000\nmessage.max.bytes=2000", Consumer),
        ("receive.message.max.bytes=52428800", Consumer),
        ("group.protocol=consumer\nsession.timeout.ms=6000", Consumer),
        ("group.protocol=consumer\npartition.assignment.strategy=range", Consumer),
        ("ssl.keystore.location=a.p12", Consumer),
        ("security.protocol=SASL_SSL", Consumer),
        ("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=a", Consumer),
    ] {
        // librdkafka's own names and values, so that it can be asked directly.
        let config = TranslatedProperties {
            effective: super::trial::written(own).into_iter().map(|written| (written.name, written.value)).collect(),
            lines: Vec::new(),
            ..TranslatedProperties::default()
        };
        assert!(real_client(&config, role).is_err(), "librdkafka takes {own:?}");
        let refusals = refusals("", own, role, false);
        assert_eq!(refusals.len(), 1, "{own}: {refusals:?}");
    }
}
