//! The end of a producer's load: every message gets its report, or is counted as unknown.

use super::Produce;
use crate::client::measuring::Measuring;
use crate::driver::{Producer, Time};
use crate::telemetry::Wanted;

/// Limit of what a purge takes.
const PURGE_NS: u64 = 2_000_000_000;
/// Longest wait for reports at a time.
const WAIT_NS: u64 = 5_000_000;
/// Between two nudges of lingering messages while flushing.
const HURRY_NS: u64 = 100_000_000;

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// Waits for the reports of all that is on its way; what is left at the limit is purged and counted as unknown.
    pub(super) fn flush(&mut self) {
        let limit = u64::try_from(self.options.flush.as_nanos()).unwrap_or(u64::MAX);
        self.drain(limit, true);
        if self.stats.outstanding() > 0 {
            self.stats.witness.give_up(self.time.now_ns());
            self.driver.purge();
            self.drain(PURGE_NS, false);
            self.stats.give_up();
            if let Some(raw) = &mut self.raw {
                raw.close();
            }
        }
    }

    /// Serves reports until none are missing, `limit_ns` has passed, or (`obedient`) an exit is wanted.
    fn drain(&mut self, limit_ns: u64, obedient: bool) {
        let begun = self.time.now_ns();
        let deadline = begun.saturating_add(limit_ns);
        let mut next_hurry = begun;
        while self.stats.outstanding() > 0 {
            let now = self.time.now_ns();
            if now >= deadline || (obedient && self.end.wanted() >= Wanted::Exit) {
                return;
            }
            if now >= next_hurry {
                next_hurry = now + HURRY_NS;
                self.driver.flush_linger();
            }
            // A fault ends nothing here: what is outstanding is counted either way.
            if self.ticker.due(now) && self.tick(now).is_ok() {
                self.cut_if_due();
            }
            if self.poll(u32::MAX, now) == 0 {
                self.await_reports_until(now + WAIT_NS);
            }
        }
    }
}
