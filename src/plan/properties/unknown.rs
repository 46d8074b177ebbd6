//! Names in neither table: what was probably meant.

use super::table;

/// Kafka's topic properties, which belong under `topicConfig`.
const OF_TOPICS: &[&str] = &[
    "cleanup.policy",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// Names that are neither client's but well known, by their beginnings: whose they are.
const OF_OTHERS: &[(&str, &str)] = &[
    ("schema.registry.", SERIALIZERS),
    ("basic.auth.", SERIALIZERS),
    ("bearer.auth.", SERIALIZERS),
    ("auto.register.schemas", SERIALIZERS),
    ("use.latest.", SERIALIZERS),
    ("use.schema.id", SERIALIZERS),
    ("latest.compatibility.strict", SERIALIZERS),
    ("id.compatibility.strict", SERIALIZERS),
    ("normalize.schemas", SERIALIZERS),
    ("key.subject.name.strategy", SERIALIZERS),
    ("value.subject.name.strategy", SERIALIZERS),
    ("specific.avro.", SERIALIZERS),
    ("specific.protobuf.", SERIALIZERS),
    ("avro.", SERIALIZERS),
    ("json.", SERIALIZERS),
    ("ssl.client.auth", BROKERS),
    ("listener", BROKERS),
    ("advertised.", BROKERS),
    ("inter.broker.", BROKERS),
    ("security.inter.broker.protocol", BROKERS),
    ("sasl.enabled.mechanisms", BROKERS),
    ("sasl.mechanism.inter.broker.protocol", BROKERS),
    ("broker.id", BROKERS),
    ("node.id", BROKERS),
    ("process.roles", BROKERS),
    ("controller.", BROKERS),
    ("log.", BROKERS),
    ("num.", BROKERS),
    ("default.replication.factor", BROKERS),
    ("replication.factor", "is no client's: write replicationFactor in the driver file"),
    ("offsets.topic.", BROKERS),
    ("transaction.state.log.", BROKERS),
    ("authorizer.", BROKERS),
    ("super.users", BROKERS),
    ("zookeeper.", "is for ZooKeeper, which clients do not speak to"),
    ("confluent.", "is for Confluent's own plug-ins: Java classes are not run"),
    (
        "producer.",
        "has the beginning producer. of Kafka Connect and others: write the name behind it under producerConfig",
    ),
    (
        "consumer.",
        "has the beginning consumer. of Kafka Connect and others: write the name behind it under consumerConfig",
    ),
];

const SERIALIZERS: &str =
    "is for serializers with a schema registry: there is no serializer, bytes are sent as they are";
const BROKERS: &str = "is a property of brokers: a client has no use for it";

/// What is said of a name without a row. `refused`: nothing is started for it, so there is a remedy.
pub(super) fn why(name: &str, refused: bool) -> String {
    let remedy = |remedy: &str| if refused { format!(": {remedy}") } else { String::new() };
    if OF_TOPICS.contains(&name) {
        return "is a property of topics: write it under topicConfig".to_owned();
    }
    if name == "config.providers" || name.starts_with("config.providers.") {
        return "values are not fetched from config providers: write the values themselves".to_owned();
    }
    if let Some((_, whose)) = OF_OTHERS.iter().find(|(beginning, _)| name.starts_with(beginning)) {
        return format!("is not used: it {whose}{}", remedy("remove the line, or go on with --unknown-keys warn"));
    }
    let nearest = table::rows()
        .map(|row| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), row.name), row.name))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        // A third of the name wrong is another name.
        Some((distance, nearest)) if distance * 3 <= name.chars().count() => {
            format!("is a property of neither Kafka's Java clients nor librdkafka; did you mean {nearest}?")
        }
        _ => format!("is a property of neither Kafka's Java clients nor librdkafka{}", remedy("remove the line")),
    }
}

/// Why nobody knows a property; None: somebody does.
pub fn why_unknown(name: &str) -> Option<String> {
    table::find(name).is_none().then(|| why(name, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        why(name, true)
    }

    #[test]
    fn well_known_names_of_others_are_told_apart_and_none_of_them_has_a_row() {
        for name in [
            "schema.registry.url",
            "basic.auth.credentials.source",
            "value.subject.name.strategy",
            "avro.remove.java.properties",
        ] {
            assert!(
                refused(name).contains("there is no serializer") && refused(name).contains("--unknown-keys warn"),
                "{name}"
            );
            assert!(why_unknown(name).is_some_and(|why| !why.contains("remove the line")), "{name}");
        }
        assert!(refused("ssl.client.auth").contains("is a property of brokers"));
        assert_eq!(why_unknown("linger.ms"), None);
        for row in table::rows() {
            let other = OF_OTHERS.iter().find(|(beginning, _)| row.name.starts_with(beginning));
            assert!(other.is_none() || why_unknown(row.name).is_none(), "{}", row.name);
        }
    }

    #[test]
    fn a_typing_mistake_gets_the_nearest_name_and_a_stranger_none() {
        assert!(refused("linger.m").ends_with("did you mean linger.ms?"));
        assert!(refused("bootstrap.server").ends_with("did you mean bootstrap.servers?"));
        assert!(refused("Batch.Size").ends_with("did you mean batch.size?"));
        assert!(refused("fetch.wait.max").ends_with("did you mean fetch.wait.max.ms?"));
        assert!(refused("wibble").ends_with("remove the line"));
        assert!(refused("").ends_with("remove the line"));
    }

    #[test]
    fn topic_properties_are_sent_where_they_belong() {
        assert_eq!(refused("min.insync.replicas"), "is a property of topics: write it under topicConfig");
        assert!(refused("config.providers.file.class").contains("config providers"));
        assert!(OF_TOPICS.iter().all(|name| table::find(name).is_none()));
    }
}
