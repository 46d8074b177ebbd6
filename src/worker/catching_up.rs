//! The end of a run: until when consumers are waited for.

use super::balances::balance_all;
use super::readiness::all_assigned;
use super::standing::{Standing, expected_receipts, total};
use crate::plan::Plan;
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::units::NS_PER_S;

/// Consumers that have received nothing new for this long have nothing more to come.
const NOTHING_MORE_NS: u64 = 5 * NS_PER_S;
/// A consumer gives a sign of life every 10 ms or so; one that gave none for this long stands still.
const SILENT_NS: u64 = NS_PER_S;

/// Consumers catching up with what was acknowledged.
#[derive(Debug)]
pub(super) struct CatchingUp {
    received: u64,
    progress_ns: u64,
}

impl CatchingUp {
    /// The wait begins.
    pub(super) fn begin(now_ns: u64) -> Self {
        Self { received: 0, progress_ns: now_ns }
    }

    /// Have consumers received everything that was acknowledged, or is there nothing more to come?
    pub(super) fn is_over(&mut self, plan: &Plan, standings: &[Standing], now_ns: u64) -> bool {
        let received = total(standings)[Counter::MessagesReceived];
        // While a group is being rearranged, or a member stands still, what is missing may be on its way to another member.
        if received != self.received || more_may_come(plan, standings) {
            (self.received, self.progress_ns) = (received, now_ns);
        }
        let nothing_more = now_ns.saturating_sub(self.progress_ns) >= NOTHING_MORE_NS;
        nothing_more || everything_has_come(plan, standings)
    }
}

/// Have consumers received everything that was acknowledged? Counts alone do not tell: a message that a second member receives again
/// would stand for one that is still missing. So the balances have to agree as well, where there are any.
fn everything_has_come(plan: &Plan, standings: &[Standing]) -> bool {
    // Of topics that others feed nobody knows how much there is.
    let ours = standings.iter().filter(|standing| plan.producers_of(standing.topic) > 0);
    let distinct: u64 = ours
        .map(|one| one.counters[Counter::MessagesReceived].saturating_sub(one.counters[Counter::MessagesDuplicated]))
        .sum();
    distinct >= expected_receipts(plan, standings)
        && balance_all(plan, standings)
            .iter()
            .all(|row| row.group.is_none() || row.balance.proven && row.balance.lost == 0)
}

/// Is a living consumer silent, or are partitions of a group without a living owner for now? After a death nothing is waited for: the
/// group would take its session's timeout, and the run is invalid anyway.
fn more_may_come(plan: &Plan, standings: &[Standing]) -> bool {
    let consumers = || standings.iter().filter(|standing| standing.role == Role::Consumer);
    if consumers().any(|consumer| consumer.ended.is_some()) {
        return false;
    }
    consumers().any(|consumer| consumer.silent_ns > SILENT_NS) || !all_assigned(plan, standings)
}
