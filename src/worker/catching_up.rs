//! The end of a run: until when consumers are waited for.

use super::balances::balance_all;
use super::client_status::{ClientStatus, expected_receipts, total};
use super::readiness::all_assigned;
use crate::plan::Plan;
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use std::time::Duration;

/// Consumers that have received nothing new for this long have nothing more to come.
const NOTHING_MORE_NS: u64 = 5 * NS_PER_S;
/// A consumer gives a sign of life every 10 ms or so; one that gave none for this long stands still.
const SILENT_NS: u64 = NS_PER_S;

/// While messages come in, the limit of the wait is so many times as long: what is still on its way is not lost.
pub(super) const LONGER_WHILE_COMING: u32 = 10;

/// Consumers catching up with what was acknowledged.
#[derive(Debug)]
pub(super) struct CatchingUp {
    received: u64,
    progress_ns: u64,
    begun_ns: u64,
    limit: Duration,
    /// When something was received last.
    came_ns: u64,
}

impl CatchingUp {
    /// The wait begins; it has `limit`, and more while messages come.
    pub(super) fn begin(now_ns: u64, limit: Duration) -> Self {
        Self { received: 0, progress_ns: now_ns, begun_ns: now_ns, limit, came_ns: now_ns }
    }

    /// Asked when it is not over: has it taken too long? In words.
    pub(super) fn gives_up(&self, now_ns: u64) -> Option<String> {
        let waited_ns = now_ns.saturating_sub(self.begun_ns);
        let limit_ns = u64::try_from(self.limit.as_nanos()).unwrap_or(u64::MAX);
        let coming = now_ns.saturating_sub(self.came_ns) < NOTHING_MORE_NS;
        let limit_ns = if coming { limit_ns.saturating_mul(LONGER_WHILE_COMING.into()) } else { limit_ns };
        let state = if coming { "still receiving" } else { "not done" };
        (waited_ns >= limit_ns).then(|| {
            let s = waited_ns / NS_PER_S;
            format!("consumers were {state} after {s} s of catching up: what is missing counts as lost")
        })
    }

    /// Have consumers received everything that was acknowledged, or is there nothing more to come?
    pub(super) fn is_over(&mut self, plan: &Plan, statuses: &[ClientStatus], now_ns: u64) -> bool {
        let received = total(statuses)[Counter::MessagesReceived];
        // While a group is being rearranged, or a member stands still, what is missing may be on its way to another
        // member.
        if received != self.received {
            self.came_ns = now_ns;
        }
        if received != self.received || more_may_come(plan, statuses) {
            (self.received, self.progress_ns) = (received, now_ns);
        }
        let nothing_more = now_ns.saturating_sub(self.progress_ns) >= NOTHING_MORE_NS;
        nothing_more || everything_has_come(plan, statuses)
    }
}

/// Have consumers received everything that was acknowledged? Counts alone do not tell: a message that a second member
/// receives again would stand for one that is still missing. So the balances have to agree as well, where there are
/// any.
fn everything_has_come(plan: &Plan, statuses: &[ClientStatus]) -> bool {
    // Of topics that others feed nobody knows how much there is.
    let ours = statuses.iter().filter(|status| plan.producers_of(status.topic) > 0);
    let distinct: u64 = ours
        .map(|one| one.counters[Counter::MessagesReceived].saturating_sub(one.counters[Counter::MessagesDuplicated]))
        .sum();
    distinct >= expected_receipts(plan, statuses)
        && balance_all(plan, statuses)
            .iter()
            .all(|row| row.group.is_none() || row.balance.proven && row.balance.lost == 0)
}

/// Is a living consumer silent, or are partitions of a group without a living owner for now? After a death nothing is
/// waited for: the group would take its session's timeout, and the run is invalid anyway.
fn more_may_come(plan: &Plan, statuses: &[ClientStatus]) -> bool {
    let consumers = || statuses.iter().filter(|status| status.role == Role::Consumer);
    if consumers().any(|consumer| consumer.ended.is_some()) {
        return false;
    }
    consumers().any(|consumer| consumer.silent_ns > SILENT_NS) || !all_assigned(plan, statuses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Counters;

    const LIMIT: Duration = Duration::from_secs(30);

    /// A producer's and a consumer's standing after so many messages.
    fn statuses(acknowledged: u64, received: u64) -> Vec<ClientStatus> {
        let of = |role, subscription: Option<u32>, counts: &[(Counter, u64)]| {
            let mut counters = Counters::default();
            counts.iter().for_each(|(counter, count)| counters[*counter] = *count);
            ClientStatus {
                role,
                index: 0,
                topic: 0,
                topic_name: "t".to_owned(),
                subscription,
                group: subscription.map(|_| "g".to_owned()),
                member: 0,
                counters,
                rows: Vec::new(),
                probes_seen: Vec::new(),
                ended: None,
                silent_ns: 0,
            }
        };
        vec![
            of(Role::Producer, None, &[(Counter::MessagesAcknowledged, acknowledged)]),
            of(Role::Consumer, Some(0), &[(Counter::MessagesReceived, received), (Counter::AssignedPartitions, 4)]),
        ]
    }

    fn plan() -> Plan {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        plan.message.stamp = false;
        plan
    }

    /// When it ended and whether it gave up, where a message comes each second until `last_s`.
    fn ends(acknowledged: u64, last_s: u64) -> (u64, Option<String>) {
        let (plan, mut catching_up) = (plan(), CatchingUp::begin(0, LIMIT));
        for s in 1.. {
            let over = catching_up.is_over(&plan, &statuses(acknowledged, s.min(last_s)), s * NS_PER_S);
            let given_up = catching_up.gives_up(s * NS_PER_S);
            if over || given_up.is_some() {
                return (s, given_up.filter(|_| !over));
            }
        }
        unreachable!("a wait without an end")
    }

    #[test]
    fn messages_that_still_come_are_waited_for_beyond_the_limit() {
        assert_eq!(ends(100, 100), (100, None));
    }

    #[test]
    fn where_nothing_comes_any_more_the_wait_is_over() {
        assert_eq!(ends(100, 40), (45, None));
    }

    #[test]
    fn a_backlog_that_would_take_for_ever_ends_the_wait_all_the_same() {
        let (s, why) = ends(1_000_000, u64::MAX);
        assert_eq!(s, 300);
        assert!(why.is_some_and(|why| why.contains("still receiving after 300 s")));
    }

    #[test]
    fn a_consumer_that_stands_still_has_the_limit_alone() {
        let (plan, mut catching_up) = (plan(), CatchingUp::begin(0, LIMIT));
        let mut stopped = statuses(10, 3);
        stopped[1].silent_ns = 5 * NS_PER_S;
        for s in 1..30 {
            assert!(!catching_up.is_over(&plan, &stopped, s * NS_PER_S), "{s}");
            assert_eq!(catching_up.gives_up(s * NS_PER_S), None, "{s}");
        }
        assert!(!catching_up.is_over(&plan, &stopped, 30 * NS_PER_S));
        assert!(catching_up.gives_up(30 * NS_PER_S).is_some_and(|why| why.contains("not done after 30 s")));
    }
}
