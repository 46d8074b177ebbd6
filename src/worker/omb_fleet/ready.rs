//! Readiness, as far as counts of probes tell of it.

use super::{CALL_LIMIT, OmbWorkers};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::{Worker, WorkerError};

/// Between two rounds of probes: as OMB looks.
const PROBE_EVERY_NS: u64 = 2 * NS_PER_S;
/// Between two looks at counters while nothing but counters is waited for.
pub(super) const LOOK_EVERY_NS: u64 = NS_PER_S / 10;
/// Probes that have not come for so long will not come (`auto.offset.reset=latest`).
const PROBES_SETTLED_NS: u64 = NS_PER_S / 2;

impl OmbWorkers {
    /// One probe from each producer, at most every two seconds: a group of OMB's takes that long to come together.
    pub(super) fn probe(&mut self) -> Result<(), WorkerError> {
        let now_ns = self.now_ns();
        if self.probed_ns.is_some_and(|before_ns| now_ns.saturating_sub(before_ns) < PROBE_EVERY_NS) {
            return Ok(());
        }
        self.probed_ns = Some(now_ns);
        self.post(Self::with(Role::Producer), "/probe-producers", CALL_LIMIT)
    }

    /// OMB's workers count probes and do not tell whose they are. OMB waits for one for each subscription; here there must have been as
    /// many as one from each producer makes.
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
        let subscriptions = u64::from(self.plan()?.subscriptions_of(0));
        let mut changed_ns = self.now_ns();
        loop {
            let before = self.counted();
            if before.received == before.sent * subscriptions {
                return Ok(());
            }
            let now_ns = self.now_ns();
            self.pause(now_ns + LOOK_EVERY_NS)?;
            self.look()?;
            let now_ns = self.now_ns();
            if self.counted() != before {
                changed_ns = now_ns;
            } else if now_ns.saturating_sub(changed_ns) >= PROBES_SETTLED_NS {
                return Ok(());
            }
        }
    }
}
