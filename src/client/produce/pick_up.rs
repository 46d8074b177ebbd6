//! Picking up delivery reports, between sends and while there is nothing to send.

use super::Produce;
use crate::client::idle;
use crate::client::measuring::Measuring;
use crate::driver::{Producer, Time};
use crate::stats::Counter;

/// On schedule, delivery reports are served at least after so many messages.
const UNSERVED_MESSAGES: u32 = 64;
/// Longest wait for reports while there is nothing to send, on a CPU of one's own; else the next tick ends it.
const REST_NS: u64 = 1_000_000;

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// Serves reports without waiting, if the loop does not come to wait: twice as many as were sent, so that none are
    /// left behind.
    #[inline]
    pub(super) fn serve_after(&mut self, count: u32, before_ns: u64) {
        if count > 1 || self.unserved >= UNSERVED_MESSAGES {
            let served = self.unserved.saturating_mul(2);
            self.unserved = 0;
            self.poll(served, before_ns);
        }
    }

    /// Picks up reports, up to so many. `before_ns`: a time shortly before.
    #[inline]
    pub(super) fn poll(&mut self, limit: u32, before_ns: u64) -> u32 {
        self.stats.hold_times.look(before_ns, self.driver.signalled_ns());
        let count = if self.raw.is_some() { self.poll_recording(limit) } else { self.poll_only(limit) };
        self.stats.hold_times.looked(count < limit);
        count
    }

    #[inline]
    fn poll_only(&mut self, limit: u32) -> u32 {
        let (stats, in_flight) = (&mut self.stats, &mut self.batcher.in_flight);
        if M::REPORTS {
            let count = self.driver.poll_reports(limit, self.time, |at_ns, report| {
                stats.report::<M>(at_ns, &report, in_flight);
            });
            stats.settle::<M>();
            count
        } else {
            let count = self.driver.poll_reports(limit, self.time, |_, _| {});
            stats.acknowledged_unseen(count);
            count
        }
    }

    /// The same with samples recorded: apart, so that a loop that records none does not pay for the question with every
    /// report.
    #[cold]
    fn poll_recording(&mut self, limit: u32) -> u32 {
        let Some(raw) = &mut self.raw else { return 0 };
        let (stats, in_flight) = (&mut self.stats, &mut self.batcher.in_flight);
        let count = self.driver.poll_reports(limit, self.time, |at_ns, report| {
            raw.report(at_ns, &report, in_flight, &stats.stamp_offsets);
            stats.report::<M>(at_ns, &report, in_flight);
        });
        stats.settle::<M>();
        count
    }

    /// Nothing is to be sent: waits for reports, and is idle until one comes.
    pub(super) fn rest(&mut self, now: u64) {
        if self.poll(u32::MAX, now) > 0 {
            return;
        }
        let rested_ns = now + REST_NS;
        let until_ns = if self.options.spin { rested_ns } else { rested_ns.max(self.ticker.next_tick_ns()) };
        let begun_ns = self.time.now_ns();
        let over_ns = self.await_reports_until(until_ns);
        self.stats.counters[Counter::IdleNs] += over_ns.saturating_sub(begun_ns);
    }

    /// Waits for reports up to `until_ns`, raw ns; returns until when the loop had nothing to do.
    pub(super) fn await_reports_until(&mut self, until_ns: u64) -> u64 {
        self.driver.await_reports(until_ns, self.time);
        let over_ns = idle::over_ns(until_ns, self.time.now_ns(), self.driver.came_ns());
        self.ticker.blocked_until(over_ns);
        over_ns
    }
}
