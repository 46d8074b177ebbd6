//! What is still missing before the load may begin.

use super::client_status::{ClientStatus, subscriptions};
use crate::plan::{DriverKind, Plan};
use crate::stats::Counter;
use crate::telemetry::Role;

/// In words: consumers without partitions that should have some, producers whose probe a subscription has not seen.
/// A consumer without partitions is knowingly idle when its group's partitions are all assigned to others.
pub(super) fn missing(plan: &Plan, statuses: &[ClientStatus]) -> Vec<String> {
    if plan.driver.kind == DriverKind::Null {
        return Vec::new();
    }
    let mut missing = Vec::new();
    for ((topic, _), members) in &subscriptions(statuses) {
        missing_of_subscription(members, plan, *topic, &mut missing);
    }
    // Nobody subscribes: then an acknowledged probe of each producer shows that its topic takes messages.
    for producer in statuses.iter().filter(|status| status.role == Role::Producer) {
        if plan.subscriptions_of(producer.topic) == 0 && producer.counters[Counter::ProbesAcknowledged] == 0 {
            missing.push(format!("producer {} has no probe acknowledged", producer.index));
        }
    }
    missing
}

/// Has each subscription all partitions of its topic assigned?
pub(super) fn all_assigned(plan: &Plan, statuses: &[ClientStatus]) -> bool {
    subscriptions(statuses).iter().all(|((topic, _), members)| {
        match (assigned_to(members).iter().sum::<u64>(), plan.partitions_of(*topic)) {
            (assigned, 0) => assigned > 0,
            (assigned, partitions) => assigned == u64::from(partitions),
        }
    })
}

/// Partitions of each member.
fn assigned_to(members: &[&ClientStatus]) -> Vec<u64> {
    members.iter().map(|member| member.counters[Counter::AssignedPartitions]).collect()
}

fn missing_of_subscription(members: &[&ClientStatus], plan: &Plan, topic: u32, missing: &mut Vec<String>) {
    let (partitions, producers) = (u64::from(plan.partitions_of(topic)), plan.producers_of(topic));
    let name = &members[0].topic_name;
    let group = members[0].group.as_deref().unwrap_or("");
    let assigned = assigned_to(members);
    let total: u64 = assigned.iter().sum();
    // 0 partitions: an existing topic with as many as it has.
    if (partitions > 0 && total != partitions) || total == 0 {
        let without: Vec<String> = members
            .iter()
            .zip(&assigned)
            .filter(|(_, assigned)| **assigned == 0)
            .map(|(member, _)| format!("consumer {}", member.index))
            .collect();
        let who = if without.is_empty() { String::new() } else { format!(" ({} without any)", without.join(", ")) };
        missing.push(format!("group {group} of topic {name} has {total} of {partitions} partitions assigned{who}"));
    }
    let mut seen = vec![false; producers as usize];
    for member in members {
        for (row, probed) in member.probes_seen.iter().enumerate().take(seen.len()) {
            seen[row] |= probed;
        }
    }
    let unseen: Vec<String> = (plan.first_producer_of(topic)..)
        .zip(&seen)
        .filter(|(_, seen)| !**seen)
        .map(|(index, _)| format!("producer {index}"))
        .collect();
    if !unseen.is_empty() {
        missing.push(format!("group {group} of topic {name} has seen no probe from {}", unseen.join(", ")));
    }
}
