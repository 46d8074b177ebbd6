//! What is still missing before the load may begin.

use super::{Client, LocalWorker};
use crate::plan::DriverKind;
use crate::stats::Counter;
use crate::telemetry::Role;
use std::collections::BTreeMap;

impl LocalWorker {
    /// In words: consumers without partitions that should have some, producers whose probe a subscription has not seen.
    /// A consumer without partitions is knowingly idle when its group's partitions are all assigned to others.
    pub(super) fn missing(&self) -> Vec<String> {
        let Some(plan) = &self.plan else { return vec!["no plan".to_owned()] };
        if plan.driver.kind == DriverKind::Null {
            return Vec::new();
        }
        let subscriptions = self.subscriptions();
        let partitions = u64::from(plan.topics.partitions_per_topic);
        let mut missing = Vec::new();
        for members in subscriptions.values() {
            missing_of_subscription(members, partitions, plan.producers_per_topic, &mut missing);
        }
        // Nobody subscribes: then an acknowledged probe of each producer shows that topics take messages.
        if subscriptions.is_empty() {
            for producer in self.of_role(Role::Producer) {
                if producer.end.counters()[Counter::ProbesAcknowledged] == 0 {
                    missing.push(format!("producer {} has no probe acknowledged", producer.plan.index));
                }
            }
        }
        missing
    }

    /// Has each subscription all partitions of its topic assigned?
    pub(super) fn all_assigned(&self) -> bool {
        let partitions = self.plan.as_ref().map_or(0, |plan| u64::from(plan.topics.partitions_per_topic));
        self.subscriptions().values().all(|members| assigned_to(members).iter().sum::<u64>() == partitions)
    }

    /// Consumers by topic and subscription.
    pub(super) fn subscriptions(&self) -> BTreeMap<(u32, u32), Vec<&Client>> {
        let mut subscriptions: BTreeMap<(u32, u32), Vec<&Client>> = BTreeMap::new();
        for consumer in self.of_role(Role::Consumer) {
            let key = (consumer.plan.topic, consumer.plan.subscription.unwrap_or(0));
            subscriptions.entry(key).or_default().push(consumer);
        }
        subscriptions
    }
}

/// Partitions of each member.
fn assigned_to(members: &[&Client]) -> Vec<u64> {
    members.iter().map(|member| member.end.counters()[Counter::AssignedPartitions]).collect()
}

fn missing_of_subscription(members: &[&Client], partitions: u64, producers: u32, missing: &mut Vec<String>) {
    let topic = &members[0].topic;
    let group = members[0].group.as_deref().unwrap_or("");
    let assigned = assigned_to(members);
    let total: u64 = assigned.iter().sum();
    if total != partitions {
        let without: Vec<String> = members
            .iter()
            .zip(&assigned)
            .filter(|(_, assigned)| **assigned == 0)
            .map(|(member, _)| format!("consumer {}", member.plan.index))
            .collect();
        let who = if without.is_empty() { String::new() } else { format!(" ({} without any)", without.join(", ")) };
        missing.push(format!("group {group} of topic {topic} has {total} of {partitions} partitions assigned{who}"));
    }
    let mut seen = vec![false; producers as usize];
    for member in members {
        for (row, probed) in member.end.probes_seen().iter().enumerate().take(seen.len()) {
            seen[row] |= probed;
        }
    }
    let first_producer = members[0].plan.topic * producers;
    let unseen: Vec<String> = (first_producer..)
        .zip(&seen)
        .filter(|(_, seen)| !**seen)
        .map(|(index, _)| format!("producer {index}"))
        .collect();
    if !unseen.is_empty() {
        missing.push(format!("group {group} of topic {topic} has seen no probe from {}", unseen.join(", ")));
    }
}
