//! Readiness, as far as counts of probes tell of it.

use super::{OmbCounts, OmbProtocol, OmbWorkers};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::WorkerError;
use crate::worker::fleet::protocol::FleetProtocol;

/// Between two rounds of probes: as OMB looks.
const PROBE_EVERY_NS: u64 = 2 * NS_PER_S;
/// Between two looks at counters while nothing but counters is waited for.
const LOOK_EVERY_NS: u64 = OmbProtocol::LOOK_EVERY_NS;
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
    before: OmbCounts,
    changed_ns: u64,
}

impl ProbeSettling {
    /// Is nothing more to come?
    fn is_over(&mut self, counted: OmbCounts, now_ns: u64) -> bool {
        if counted != self.before {
            (self.before, self.changed_ns) = (counted, now_ns);
        }
        // Between two rounds all that was sent has come; the second one is on its way all the same.
        let all_sent = counted.messages_sent + counted.message_send_errors >= self.asked;
        if all_sent && counted.messages_received >= counted.messages_sent * self.subscriptions {
            return true;
        }
        let patience_ns = if all_sent && !self.all_come { MISSED_NS } else { OUTSTANDING_NS };
        now_ns.saturating_sub(self.changed_ns) >= patience_ns
    }
}

impl OmbWorkers {
    /// One more round of probes, unless the last one is too young.
    pub(super) fn probe_again(&mut self) -> Result<(), WorkerError> {
        let now_ns = self.clock.now_ns();
        if self.protocol.probed_ns.is_some_and(|before_ns| now_ns.saturating_sub(before_ns) < PROBE_EVERY_NS) {
            return Ok(());
        }
        self.protocol.probed_ns = Some(now_ns);
        self.protocol.probes_asked += u64::from(self.plan()?.producers());
        self.post(Role::Producer, "probe-producers", OmbProtocol::CALL_LIMIT)
    }

    /// OMB's workers count probes and do not tell whose they are. OMB waits for one for each subscription; here there
    /// must have been as many as one from each producer makes.
    pub(super) fn missing(&mut self) -> Result<Vec<String>, WorkerError> {
        if self.clock.now_ns().saturating_sub(self.protocol.counted_ns) >= LOOK_EVERY_NS {
            self.look()?;
        }
        let plan = self.plan()?;
        let producers = u64::from(plan.producers());
        let expected = producers * u64::from(plan.subscriptions_of(0));
        let counted = self.counted();
        let mut missing = Vec::new();
        for (what, counted, expected) in
            [("acknowledged", counted.messages_sent, producers), ("received", counted.messages_received, expected)]
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
            asked: self.protocol.probes_asked,
            subscriptions: u64::from(plan.subscriptions_of(0)),
            all_come: plan.driver.consumer_settings.from_earliest,
            before: self.counted(),
            changed_ns: self.clock.now_ns(),
        };
        while !settling.is_over(self.counted(), self.clock.now_ns()) {
            let now_ns = self.clock.now_ns();
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
        ProbeSettling { asked: 4, subscriptions: 2, all_come, before: OmbCounts::default(), changed_ns: 0 }
    }

    fn counts(messages_sent: u64, messages_received: u64) -> OmbCounts {
        OmbCounts { messages_sent, messages_received, message_send_errors: 0 }
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
        assert!(settling(true).is_over(OmbCounts { message_send_errors: 1, ..counts(3, 6) }, 1), "a failure is an end");
    }
}
