//! Both sides of the books: what a producer sent against what one subscription received from it.
//!
//! What can be proven, and what cannot:
//! - The sums of mixed sequences tell sets of sequences apart (two different sets agree by a chance of 2^-64), so if
//!   what was received has the count and the sum of what was acknowledged, nothing was lost, whatever else happened;
//!   likewise with the failed or the unknown ones added.
//! - With one receiving member, nothing failed, and nothing older than the window, its count of distinct messages is
//!   exact, so `acknowledged − distinct` is what was lost.
//! - A message that two members received (redelivered after a rebalance) is distinct in each member's books. It shows
//!   as a surplus, which is counted as duplicated; together with losses the two can hide each other, and then only the
//!   sums tell that something is amiss.
//!
//! In every other case the figures are the smallest explanation of the counts, and `proven` is false.

use super::mix;
use crate::telemetry::layout::{ReceivedRow, SentRow};

/// Totals of one producer in one subscription (or of one subscription).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct Balance {
    /// Handed to the client library.
    #[schemars(extend("unit" = "messages"))]
    pub sent: u64,
    /// Acknowledged.
    #[schemars(extend("unit" = "messages"))]
    pub acknowledged: u64,
    /// Delivery failed at the client.
    #[schemars(extend("unit" = "messages"))]
    pub failed: u64,
    /// Neither acknowledged nor failed when the run ended.
    #[schemars(extend("unit" = "messages"))]
    pub unknown: u64,
    /// Distinct messages received.
    #[schemars(extend("unit" = "messages"))]
    pub received: u64,
    /// Acknowledged and never received.
    #[schemars(extend("unit" = "messages"))]
    pub lost: u64,
    /// Received again.
    #[schemars(extend("unit" = "messages"))]
    pub duplicated: u64,
    /// Received after a later one of the same partition and producer.
    #[schemars(extend("unit" = "messages"))]
    pub reordered: u64,
    /// Failed or unknown at the client, received all the same.
    #[schemars(extend("unit" = "messages"))]
    pub failed_but_received: u64,
    /// Counted as duplicated by assumption: older than the window of sequences kept.
    #[schemars(extend("unit" = "messages"))]
    pub beyond_window: u64,
    /// True: checksums over the sequences prove the figures; false: they are the smallest explanation of the counts.
    pub proven: bool,
}

impl Balance {
    /// Adds the figures of another producer or subscription; the sum is proven when both are.
    pub fn add(&mut self, other: &Self) {
        let Self {
            sent,
            acknowledged,
            failed,
            unknown,
            received,
            lost,
            duplicated,
            reordered,
            failed_but_received,
            beyond_window,
            proven,
        } = *other;
        self.sent += sent;
        self.acknowledged += acknowledged;
        self.failed += failed;
        self.unknown += unknown;
        self.received += received;
        self.lost += lost;
        self.duplicated += duplicated;
        self.reordered += reordered;
        self.failed_but_received += failed_but_received;
        self.beyond_window += beyond_window;
        self.proven &= proven;
    }
}

/// Above this many messages the sum over all sequences is not worth its time (about a second at the limit).
const SUM_LIMIT: u64 = 1 << 30;

/// Balances one producer's row with what the members of one subscription received from it. No members: nobody
/// subscribes, nothing can be lost, and only the sending side is told.
pub fn balance(sent: u64, producer: SentRow, received: &[ReceivedRow]) -> Balance {
    let acknowledged = producer.acknowledged;
    let failed = producer.failed;
    let unknown = sent.saturating_sub(acknowledged.saturating_add(failed)).max(producer.unknown);
    let mut balance = Balance { sent, acknowledged, failed, unknown, ..Balance::default() };
    if received.is_empty() {
        balance.proven = unknown == 0;
        return balance;
    }
    let mut checksum = 0u64;
    for row in received {
        let ReceivedRow { distinct, checksum: of_distinct, duplicates, reordered, beyond_window } = *row;
        balance.received += distinct;
        balance.duplicated += duplicates;
        balance.reordered += reordered;
        balance.beyond_window += beyond_window;
        checksum = checksum.wrapping_add(of_distinct);
    }
    if let Some(extra) = proven_extra(producer, unknown, balance.received, checksum) {
        balance.failed_but_received = extra;
        balance.received = acknowledged + extra;
        balance.proven = true;
        return balance;
    }
    let members = received.iter().filter(|row| row.distinct > 0).count();
    explain(&mut balance, members);
    balance
}

/// If what was received is exactly the acknowledged messages and all, or none, of the failed, and all, or none, of the
/// unknown ones: how many failed and unknown ones that is.
fn proven_extra(producer: SentRow, unknown: u64, received: u64, checksum: u64) -> Option<u64> {
    let SentRow { acknowledged, acknowledged_checksum, failed, failed_checksum, handed_over, .. } = producer;
    if received == acknowledged && checksum == acknowledged_checksum {
        return Some(0);
    }
    let with_failed = acknowledged_checksum.wrapping_add(failed_checksum);
    if received == acknowledged + failed && checksum == with_failed {
        return Some(failed);
    }
    // The unknown ones are all the others of 0 … handed over − 1, so their sum follows, when it is needed at all.
    let all = acknowledged + failed + unknown;
    let needed = unknown > 0 && (received == all || received == acknowledged + unknown);
    if !needed || handed_over != all || all > SUM_LIMIT {
        return None;
    }
    let sum_of_all = (0..all).fold(0u64, |sum, sequence| sum.wrapping_add(mix(sequence)));
    if received == all && checksum == sum_of_all {
        return Some(failed + unknown);
    }
    let without_failed = sum_of_all.wrapping_sub(failed_checksum);
    (received == acknowledged + unknown && checksum == without_failed).then_some(unknown)
}

/// The smallest explanation when the sums do not agree. `members`: how many received anything.
fn explain(balance: &mut Balance, members: usize) {
    let distinct = balance.received;
    let doubtful = balance.failed + balance.unknown;
    if distinct < balance.acknowledged {
        balance.lost = balance.acknowledged - distinct;
        balance.proven = members <= 1 && doubtful == 0 && balance.beyond_window == 0;
        return;
    }
    let mut surplus = distinct - balance.acknowledged;
    if surplus == 0 {
        // The counts agree and the sums do not: at least one was lost and another came in its place.
        balance.lost = 1;
        surplus = 1;
    }
    balance.failed_but_received = surplus.min(doubtful);
    let again = surplus - balance.failed_but_received;
    balance.duplicated += again;
    balance.received -= again;
}
