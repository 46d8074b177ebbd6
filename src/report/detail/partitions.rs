//! Each partition of which something was received: how much, and how long it took, by subscription.

use crate::stats::partition_counts::PartitionCounts;
use crate::stats::partition_tally::MOST_PARTITIONS;
use crate::telemetry::Role;
use crate::workload_generator::RunResult;
use std::collections::BTreeMap;

/// What the consumers of one subscription received of one partition.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct PartitionDetail {
    /// Number of its topic.
    topic: u32,
    /// Number of its subscription within the topic (consumers).
    subscription: Option<u32>,
    /// Its number; null: the partitions that a consumer does not tell apart (see partitions_told_apart), added up.
    partition: Option<u32>,
    /// Messages of the load that were received of it.
    partition_messages: u64,
    /// Bytes of their values.
    partition_bytes: u64,
    /// The same per second, each consumer over its own time.
    partition_messages_per_s: f64,
    /// Of them those with an end-to-end time.
    timed_messages: u64,
    /// Mean end-to-end time from the actual time, exact; null: no message had one.
    partition_mean_ns: Option<f64>,
    /// 50 % of its end-to-end times: the middle of the histogram's bucket.
    partition_p50_ns: Option<u64>,
    /// 99 % of its end-to-end times: the middle of the histogram's bucket.
    partition_p99_ns: Option<u64>,
    /// 99.9 % of its end-to-end times: the middle of the histogram's bucket.
    partition_p99_9_ns: Option<u64>,
    /// No message took longer: the end of the highest bucket, 6.3 % above the longest time at most.
    partition_max_ns: Option<u64>,
    /// Numbers of the consumers that received it: more than one where it changed its consumer.
    read_by: Vec<u32>,
}

/// How they were counted.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct PartitionNotes {
    /// By each consumer, the first ones of which it receives anything; others are added up.
    #[schemars(extend("unit" = "partitions"))]
    partitions_told_apart: u32,
    /// Width of a bucket relative to its value, at most.
    relative_error_percent: f64,
}

impl PartitionNotes {
    /// How partitions are counted.
    pub const OURS: Self = Self { partitions_told_apart: MOST_PARTITIONS, relative_error_percent: 3.2 };
}

#[derive(Debug, Default)]
struct PartitionBasis {
    counts: PartitionCounts,
    per_s: f64,
    read_by: Vec<u32>,
}

/// By topic, subscription and partition; those that a consumer did not tell apart come last of their subscription.
pub fn partitions(result: &RunResult<'_>) -> Vec<PartitionDetail> {
    let mut all: BTreeMap<(u32, Option<u32>, bool, Option<u32>), PartitionBasis> = BTreeMap::new();
    let consumers = result.end.iter().flat_map(|end| &end.clients).filter(|client| client.role == Role::Consumer);
    for client in consumers {
        let plan = result.plan.clients.iter().find(|plan| (plan.role, plan.index) == (client.role, client.index));
        let (Some(plan), Some(told)) = (plan, &client.partitions) else { continue };
        for counts in &told.partitions {
            let key = (plan.topic, plan.subscription, counts.partition.is_none(), counts.partition);
            let received = all.entry(key).or_default();
            received.counts.add(counts);
            if told.span_ns > 0 {
                received.per_s += counts.messages as f64 * 1e9 / told.span_ns as f64;
            }
            received.read_by.push(client.index);
        }
    }
    let detail = |((topic, subscription, _, partition), PartitionBasis { counts, per_s, read_by })| PartitionDetail {
        topic,
        subscription,
        partition,
        partition_messages: counts.messages,
        partition_bytes: counts.bytes,
        partition_messages_per_s: per_s,
        timed_messages: counts.timed(),
        partition_mean_ns: counts.mean_ns(),
        partition_p50_ns: counts.percentile_ns(50.0),
        partition_p99_ns: counts.percentile_ns(99.0),
        partition_p99_9_ns: counts.percentile_ns(99.9),
        partition_max_ns: counts.max_ns(),
        read_by,
    };
    all.into_iter().map(detail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::partition_tally::PartitionTally;
    use crate::worker::PartitionsReceived;
    use crate::workload_generator::for_tests::{completed_result, plan};

    /// What a consumer tells that received so many messages of each partition, each after `took_ns`.
    fn received(of: &[(u32, u64, u64)]) -> Option<PartitionsReceived> {
        let mut tally = PartitionTally::new(2);
        for (partition, messages, took_ns) in of {
            tally.came(*partition, *messages, messages * 100);
            tally.took(*took_ns, *messages);
        }
        let mut words = BTreeMap::new();
        tally.take_changes(|cell, word, value| {
            words.insert((cell, word), value);
        });
        let cell = |cell| PartitionCounts::from_words(|word| words.get(&(cell, word)).copied().unwrap_or(0));
        Some(PartitionsReceived { span_ns: 2_000_000_000, partitions: (0..3).filter_map(cell).collect() })
    }

    #[test]
    fn a_partition_that_changed_its_consumer_is_one_row_and_what_was_not_told_apart_comes_last() {
        let mut plan = plan();
        let mut second = plan.clients[2].clone();
        second.index = 1;
        plan.clients.push(second);
        let mut result = completed_result(&plan);
        let clients = &mut result.end.as_mut().unwrap().clients;
        let mut consumers = clients.iter_mut().filter(|client| client.role == Role::Consumer);
        let (one, other) = (consumers.next().unwrap(), consumers.next().unwrap());
        let both = vec![one.index, other.index];
        one.partitions = received(&[(1, 10, 1_000_000), (0, 4, 2_000)]);
        other.partitions = received(&[(1, 30, 8_000_000), (7, 1, 5_000)]);
        let found = partitions(&result);
        let shown: Vec<_> =
            found.iter().map(|one| (one.partition, one.partition_messages, one.partition_bytes)).collect();
        assert_eq!(shown, [(Some(0), 4, 400), (Some(1), 40, 4_000), (None, 1, 100)]);
        assert_eq!((found[1].partition_messages_per_s, &found[1].read_by), (20.0, &both));
        assert_eq!(found[1].partition_mean_ns, Some(6_250_000.0));
        let near = |ns: Option<u64>, value: f64| (ns.unwrap() as f64 / value - 1.0).abs() < 0.065;
        assert!(near(found[1].partition_p50_ns, 8e6) && near(found[1].partition_max_ns, 8e6), "{found:?}");
    }
}
