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

/// Why a name without a row is refused.
pub(super) fn why(name: &str) -> String {
    if OF_TOPICS.contains(&name) {
        return "is a property of topics: write it under topicConfig".to_owned();
    }
    if name == "config.providers" || name.starts_with("config.providers.") {
        return "values are not fetched from config providers: write the values themselves".to_owned();
    }
    let nearest = table::rows()
        .map(|row| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), row.name), row.name))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        // A third of the name wrong is another name.
        Some((distance, nearest)) if distance * 3 <= name.chars().count() => {
            format!("is a property of neither Kafka's Java clients nor librdkafka; did you mean {nearest}?")
        }
        _ => "is a property of neither Kafka's Java clients nor librdkafka: remove the line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_gets_the_nearest_name_and_a_stranger_none() {
        assert!(why("linger.m").ends_with("did you mean linger.ms?"));
        assert!(why("bootstrap.server").ends_with("did you mean bootstrap.servers?"));
        assert!(why("Batch.Size").ends_with("did you mean batch.size?"));
        assert!(why("fetch.wait.max").ends_with("did you mean fetch.wait.max.ms?"));
        assert!(why("wibble").ends_with("remove the line"));
        assert!(why("").ends_with("remove the line"));
    }

    #[test]
    fn topic_properties_are_sent_where_they_belong() {
        assert_eq!(why("min.insync.replicas"), "is a property of topics: write it under topicConfig");
        assert!(why("config.providers.file.class").contains("config providers"));
        assert!(OF_TOPICS.iter().all(|name| table::find(name).is_none()));
    }
}
