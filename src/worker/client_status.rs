//! Where clients stand: what readiness, catching up and the balance are decided by, wherever the clients run. A worker
//! on another host sends its clients' standings; decisions about subscriptions whose members are on several hosts are
//! made over all of them.

use crate::plan::Plan;
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::telemetry::layout::AccountingRow;
use std::collections::BTreeMap;

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientEnding {
    /// By itself.
    Exited,
    /// By a signal, without a last word.
    Killed,
    /// Its host is gone: nobody knows.
    Unknown,
}

/// One client, as its live words show it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClientStatus {
    /// Role.
    pub role: Role,
    /// Number within the role, over all topics and hosts.
    pub index: u32,
    /// Topic number.
    pub topic: u32,
    /// Topic name.
    pub topic_name: String,
    /// Subscription number within the topic (consumers).
    pub subscription: Option<u32>,
    /// Consumer group (consumers).
    pub group: Option<String>,
    /// Number within the topic (producers) or the subscription (consumers).
    pub member: u32,
    /// Live counters.
    pub counters: Counters,
    /// Its books: one row of its own sends (producers), or a row for each producer of its topic (consumers).
    pub rows: Vec<AccountingRow>,
    /// Producers of its topic whose probe it has seen (consumers).
    pub probes_seen: Vec<bool>,
    /// How it ended; None: it lives.
    pub ended: Option<ClientEnding>,
    /// Time since its last sign of life, ns.
    pub silent_ns: u64,
}

impl ClientStatus {
    /// Ended without a last word, so that its books may end early.
    pub fn cut_short(&self) -> bool {
        matches!(self.ended, Some(ClientEnding::Killed | ClientEnding::Unknown))
    }
}

/// Live counters of all clients added.
pub fn total(statuses: &[ClientStatus]) -> Counters {
    let mut all = Counters::default();
    for status in statuses {
        all.add(&status.counters);
    }
    all
}

/// Messages that subscriptions should receive: acknowledged × the subscriptions of each message's topic.
pub fn expected_receipts(plan: &Plan, statuses: &[ClientStatus]) -> u64 {
    let producers = statuses.iter().filter(|status| status.role == Role::Producer);
    producers
        .map(|producer| {
            producer.counters[Counter::MessagesAcknowledged] * u64::from(plan.subscriptions_of(producer.topic))
        })
        .sum()
}

/// Consumers by topic and subscription.
pub(super) fn subscriptions(statuses: &[ClientStatus]) -> BTreeMap<(u32, u32), Vec<&ClientStatus>> {
    let mut subscriptions: BTreeMap<(u32, u32), Vec<&ClientStatus>> = BTreeMap::new();
    for consumer in statuses.iter().filter(|status| status.role == Role::Consumer) {
        let key = (consumer.topic, consumer.subscription.unwrap_or(0));
        subscriptions.entry(key).or_default().push(consumer);
    }
    subscriptions
}
