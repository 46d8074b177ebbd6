//! Readiness, as far as counts of probes tell of it.

use super::counts::OmbTotals;
use super::{CALL_LIMIT, OmbWorkers};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::{Worker, WorkerError};

/// Between two rounds of probes: as OMB looks.
const PROBE_EVERY_NS: u64 = 2 * NS_PER_S;
/// Between two looks at counters while nothing but counters is waited for.
pub(super) const LOOK_EVERY_NS: u64 = NS_PER_S / 10;
/// Probes that have not come for so long will not come, where consumers begin at the end of what is there
/// (`auto.offset.reset=latest`).
const MISSED_NS: u64 = NS_PER_S / 2;
/// And this long where each of them is still to be acknowledged or received, on however busy a machine.
const OUTSTANDING_NS: u64 = 5 * NS_PER_S;

/// Probes coming to rest before the load: what of them is counted later stands among the messages.
#[derive(Debug)]
struct ProbeSettling {
    /// Probes asked for.
    asked: u64,
    subscriptions: u64,
    /// Do consumers begin at a topic's beginning, so that each probe comes?
    all_come: bool,
    before: OmbTotals,
    changed_ns: u64,
}

impl ProbeSettling {
    /// Is nothing more to come?
    fn is_over(&mut self, counted: OmbTotals, now_ns: u64) -> bool {
        if counted != self.before {
            (self.before, self.changed_ns) = (counted, now_ns);
        }
        // Between two rounds all that was sent has come; the second one is on its way all the same.
        let all_sent = counted.sent + counted.failed >= self.asked;
        if all_sent && counted.received >= counted.sent * self.subscriptions {
            return true;
        }
        let patience_ns = if all_sent && !self.all_come { MISSED_NS } else { OUTSTANDING_NS };
        now_ns.saturating_sub(self.changed_ns) >= patience_ns
    }
}

impl OmbWorkers {
    /// One probe from each producer, at most every two seconds: a group of OMB's takes that long to come together.
    pub(super) fn probe(&mut self) -> Result<(), WorkerError> {
        let now_ns = self.now_ns();
        if self.probed_ns.is_some_and(|before_ns| now_ns.saturating_sub(before_ns) < PROBE_EVERY_NS) {
            return Ok(());
        }
        self.probed_ns = Some(now_ns);
        self.probes_asked += u64::from(self.plan()?.producers());
        self.post(Self::with(Role::Producer), "/probe-producers", CALL_LIMIT)
    }

    /// OMB's workers count probes and do not tell whose they are. OMB waits for one for each subscription; here there
    /// must have been as many as one from each producer makes.
    pub(super) fn missing(&mut self) -> Result<Vec<String>, WorkerError> {
        if self.now_ns().saturating_sub(self.counted_ns) >= LOOK_EVERY_NS {
            self.look()?;
        }
        let plan = self.plan()?;
        let producers = u64::from(plan.producers());
        let expected = producers * u64::from(plan.subscriptions_of(0));
        let counted = self.counted();
        let mut missing = Vec::new();
        for (what, counted, expected) in
            [("acknowledged", counted.sent, producers), ("received", counted.received, expected)]
        {
            if counted < expected {
                missing.push(format!("{counted} of {expected} probes {what}"));
            }
        }
        Ok(missing)
    }

    /// Probes that are still on their way would be counted as messages.
    pub(super) fn let_probes_settle(&mut self) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let mut settling = ProbeSettling {
            asked: self.probes_asked,
            subscriptions: u64::from(plan.subscriptions_of(0)),
            all_come: plan.driver.consumer.get("auto.offset.reset") == Some("earliest"),
            before: self.counted(),
            changed_ns: self.now_ns(),
        };
        while !settling.is_over(self.counted(), self.now_ns()) {
            let now_ns = self.now_ns();
            self.pause(now_ns + LOOK_EVERY_NS)?;
            self.look()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = NS_PER_S / 1_000;

    /// Two producers, two subscriptions, two rounds of probes.
    fn settling(all_come: bool) -> ProbeSettling {
        ProbeSettling { asked: 4, subscriptions: 2, all_come, before: OmbTotals::default(), changed_ns: 0 }
    }

    fn counts(sent: u64, received: u64) -> OmbTotals {
        OmbTotals { sent, received, failed: 0 }
    }

    #[test]
    fn the_load_waits_for_a_second_round_of_probes_though_the_first_adds_up() {
        let mut settling = settling(true);
        assert!(!settling.is_over(counts(2, 4), 0), "the second round is on its way");
        assert!(!settling.is_over(counts(2, 4), 4_900 * MS));
        assert!(!settling.is_over(counts(4, 4), 4_950 * MS), "acknowledged, not received");
        assert!(!settling.is_over(counts(4, 7), 9_900 * MS), "one is missing, and comes");
        assert!(settling.is_over(counts(4, 8), 14_800 * MS));
    }

    #[test]
    fn what_cannot_come_is_not_waited_for() {
        let mut latest = settling(false);
        assert!(!latest.is_over(counts(4, 4), 0), "the first round came before the group did");
        assert!(!latest.is_over(counts(4, 4), 499 * MS));
        assert!(latest.is_over(counts(4, 4), 500 * MS));
        let mut unsent = settling(false);
        assert!(!unsent.is_over(counts(3, 6), 500 * MS), "one has no acknowledgement yet");
        assert!(unsent.is_over(counts(3, 6), 5_500 * MS), "and gets none");
        assert!(settling(true).is_over(OmbTotals { sent: 3, received: 6, failed: 1 }, 1), "a failure is an end");
    }
}
