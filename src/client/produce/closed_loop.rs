//! A closed loop: so many messages are on their way, and the next is sent when one comes back. There is no schedule, so
//! a message is intended when it is sent, and whatever holds up the answers holds up the load.

use super::Produce;
use crate::client::idle;
use crate::client::measuring::Measuring;
use crate::driver::{DriverError, Producer, Time};
use crate::load::pacer::Due;
use crate::stats::Counter;
use crate::telemetry::Wanted;

/// Between two empty looks, as while waiting for a send.
const SPINS: u32 = 16;

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// The loop of a producer that has `outstanding` messages on their way.
    pub(super) fn keep_outstanding(&mut self, outstanding: u32) -> Result<(), DriverError> {
        loop {
            let now = self.time.now_ns();
            self.stats.hold_times.handed_over(now);
            if self.ticker.due(now) {
                self.tick(now)?;
            }
            if self.wanted > Wanted::Run {
                return Ok(());
            }
            let on_their_way = u32::try_from(self.stats.outstanding()).unwrap_or(u32::MAX);
            let room = outstanding.saturating_sub(on_their_way).min(self.batcher.capacity());
            match self.pacer.as_mut().filter(|_| room > 0).map(|pacer| pacer.due(now, room)) {
                Some(Due::Now { count }) => self.send(count, now)?,
                // The load has not begun.
                Some(Due::At { ns }) => self.wait(now, ns),
                None => self.await_answer(now),
            }
        }
    }

    /// Picks up what has come back, or waits for it.
    fn await_answer(&mut self, now: u64) {
        self.unserved = 0;
        if !self.options.spin {
            self.cut_if_due();
            self.rest(now);
        } else if self.poll(u32::MAX, now) == 0 {
            self.cut_if_due();
            (0..SPINS).for_each(|_| self.time.relax());
            self.stats.counters[Counter::IdleNs] += idle::of_look_ns(now, self.time.now_ns());
        }
    }
}
