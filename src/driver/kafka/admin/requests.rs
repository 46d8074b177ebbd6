//! Which topics go into one request: Kafka refuses a request that takes more than 10,000 records of its controller
//! (KAFKA-17870), and a smaller one is answered sooner.

use super::TopicSpec;

/// Records of the controller in one request: one for each topic, each of its partitions and each of its settings.
const MOST_RECORDS: usize = 2_500;

/// The topics in order, as many in each part as one request should have. A topic that is larger by itself stands alone.
pub(super) fn parts(topics: &[TopicSpec]) -> Vec<&[TopicSpec]> {
    let mut parts = Vec::new();
    let (mut from, mut sum) = (0, 0_usize);
    for (at, topic) in topics.iter().enumerate() {
        let records = records_of(topic);
        if at > from && sum.saturating_add(records) > MOST_RECORDS {
            parts.push(&topics[from..at]);
            (from, sum) = (at, 0);
        }
        sum = sum.saturating_add(records);
    }
    if from < topics.len() {
        parts.push(&topics[from..]);
    }
    parts
}

fn records_of(topic: &TopicSpec) -> usize {
    let partitions = usize::try_from(topic.partitions).unwrap_or(usize::MAX);
    partitions.saturating_add(1 + topic.config.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(partitions: &[u32], settings: usize) -> Vec<TopicSpec> {
        let spec = |(number, &partitions): (usize, &u32)| TopicSpec {
            name: format!("t-{number}"),
            partitions,
            replication_factor: 1,
            config: vec![("retention.ms".to_owned(), "1".to_owned()); settings],
        };
        partitions.iter().enumerate().map(spec).collect()
    }

    fn sizes(topics: &[TopicSpec]) -> Vec<usize> {
        parts(topics).iter().map(|part| part.len()).collect()
    }

    #[test]
    fn a_request_has_at_most_so_many_records_and_no_topic_is_left_out() {
        assert_eq!(sizes(&topics(&[20; 1_000], 0)), [[119; 8].as_slice(), &[48]].concat());
        assert_eq!(sizes(&topics(&[1; 2_000], 2)), [625, 625, 625, 125], "settings count");
        assert_eq!(sizes(&[]), [0_usize; 0]);
    }

    #[test]
    fn a_topic_that_is_too_large_for_any_request_stands_alone() {
        assert_eq!(sizes(&topics(&[1, 20_000, 1], 0)), [1, 1, 1]);
        assert_eq!(sizes(&topics(&[u32::MAX, u32::MAX], 1)), [1, 1]);
    }
}
