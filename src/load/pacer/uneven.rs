//! Messages that are not evenly spaced. Their intended times are drawn ahead, so that there is always a next and a
//! second one, as on an even schedule; which they are depends on nothing but the schedule and the seed.

use super::rate_cursor::RateCursor;
use super::rhythm::Rhythm;
use super::whole_ns;
use crate::plan::Arrivals;
use crate::telemetry::RateOrder;
use std::collections::VecDeque;

/// The times of one producer's next messages, raw ns, drawn ahead.
#[derive(Debug, Clone)]
pub(super) struct Uneven {
    rhythm: Rhythm,
    /// Intended times from the next message on, in order; two at least.
    times_ns: VecDeque<u64>,
    /// Time of the message drawn last (before the first: the begin), 32 binary places.
    at_q32: u128,
    /// Mean time between two messages, 32 binary places.
    interval_q32: u128,
    /// On a curve the interval holds until this time …
    until_ns: u64,
    /// … and then it is known by whom, for the message after so many (32 binary places) of this producer.
    walk: Option<RateCursor>,
    walked_q32: u128,
    /// What is later than this may be left out, ns.
    patience_ns: u64,
    /// `bounded`: how many times as fast the schedule is caught up with, 16 binary places.
    multiple_q16: u64,
}

impl Uneven {
    /// None: messages are evenly spaced. `index`: which producer, over all topics and hosts.
    pub(super) fn new(arrivals: Arrivals, index: u32, order: RateOrder, multiple_q16: u64) -> Option<Self> {
        let mut uneven = Self::before(Rhythm::new(arrivals, index)?, multiple_q16);
        uneven.begin(order);
        Some(uneven)
    }

    /// The same along a curve.
    pub(super) fn along(walk: RateCursor, arrivals: Arrivals, index: u32, multiple_q16: u64) -> Option<Self> {
        let mut uneven = Self::before(Rhythm::new(arrivals, index)?, multiple_q16);
        uneven.walk = Some(walk);
        uneven.stand();
        uneven.refill();
        Some(uneven)
    }

    fn before(rhythm: Rhythm, multiple_q16: u64) -> Self {
        Self {
            rhythm,
            times_ns: VecDeque::new(),
            at_q32: 0,
            interval_q32: 1,
            until_ns: u64::MAX,
            walk: None,
            walked_q32: 0,
            patience_ns: 0,
            multiple_q16,
        }
    }

    /// A new order: a burst is due at its start, a Poisson process has no memory.
    pub(super) fn begin(&mut self, order: RateOrder) {
        (self.walk, self.until_ns) = (None, u64::MAX);
        self.at_q32 = u128::from(order.start_ns) << 32;
        self.interval_q32 = order.interval_q32.max(1);
        self.patience_ns = whole_ns(self.interval_q32.saturating_mul(u128::from(self.rhythm.begin())));
        self.times_ns.clear();
        self.refill();
    }

    /// Intended time of the `i`-th message from the next one on; of those that were due, at most.
    #[inline]
    pub(super) fn at_ns(&self, i: usize) -> u64 {
        self.times_ns.get(i).or(self.times_ns.back()).copied().unwrap_or(u64::MAX)
    }

    /// How many are due at `now_ns`, at most `limit`.
    pub(super) fn due(&mut self, now_ns: u64, limit: u32) -> u32 {
        let limit = limit as usize;
        while self.times_ns.len() <= limit && self.times_ns.back().is_some_and(|last_ns| *last_ns <= now_ns) {
            self.draw();
        }
        let due = self.times_ns.partition_point(|time_ns| *time_ns <= now_ns).min(limit);
        u32::try_from(due).unwrap_or(u32::MAX)
    }

    /// Those due at `now_ns` of a schedule that is caught up with at its multiple: it has been gone through up to the
    /// next message `since_ns` ago.
    pub(super) fn due_bounded(&mut self, now_ns: u64, since_ns: u64, limit: u32) -> u32 {
        let reached_ns = (u128::from(since_ns) * u128::from(self.multiple_q16)) >> 16;
        let reached_ns = self.at_ns(0).saturating_add(u64::try_from(reached_ns).unwrap_or(u64::MAX));
        self.due(now_ns.min(reached_ns), limit)
    }

    /// So long the schedule's time takes at its multiple, 32 binary places.
    pub(super) fn caught_up_q32(&self, time_ns: u64) -> u128 {
        (u128::from(time_ns) << 48) / u128::from(self.multiple_q16)
    }

    /// `count` messages are done with.
    pub(super) fn pass(&mut self, count: usize) {
        for _ in 0..count {
            self.times_ns.pop_front();
        }
        self.refill();
    }

    /// Leaves out what is too late at `now_ns`, but for the last that is due; returns how many.
    pub(super) fn leave_out(&mut self, now_ns: u64) -> u64 {
        let mut left_out = 0;
        while self.at_ns(0).saturating_add(self.patience_ns) < now_ns && self.at_ns(1) <= now_ns {
            self.pass(1);
            left_out += 1;
        }
        left_out
    }

    /// How many are due at `now_ns`, all of them; the schedule is not to be used any more.
    pub(super) fn count_off(&mut self, now_ns: u64) -> u64 {
        let mut due = 0;
        while self.at_ns(0) <= now_ns {
            self.pass(1);
            due += 1;
        }
        due
    }

    /// The rest of the schedule comes later.
    pub(super) fn shift(&mut self, delay_ns: u64) {
        self.at_q32 = self.at_q32.saturating_add(u128::from(delay_ns) << 32);
        self.times_ns.iter_mut().for_each(|time_ns| *time_ns = time_ns.saturating_add(delay_ns));
    }

    fn refill(&mut self) {
        while self.times_ns.len() < 2 {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let gap_q32 = self.rhythm.gap_q32(self.interval_q32);
        self.at_q32 = self.at_q32.saturating_add(stretched(self.interval_q32, gap_q32));
        self.walked_q32 += u128::from(gap_q32);
        if whole_ns(self.at_q32) >= self.until_ns {
            self.stand();
        }
        self.times_ns.push_back(whole_ns(self.at_q32));
    }

    /// Where on the curve the message drawn last stands, and what holds from there on.
    fn stand(&mut self) {
        let Some(walk) = &self.walk else { return };
        #[expect(clippy::cast_precision_loss, reason = "messages of a run are far below 2^53")]
        let walked = self.walked_q32 as f64 / 4_294_967_296.0;
        let (order, until_ns) = walk.schedule_at(walked);
        self.at_q32 = u128::from(order.start_ns) << 32;
        (self.interval_q32, self.until_ns) = (order.interval_q32, until_ns);
    }
}

/// So many intervals, both with 32 binary places.
fn stretched(interval_q32: u128, gap_q32: u64) -> u128 {
    let (whole, fraction) = (interval_q32 >> 32, interval_q32 & u128::from(u32::MAX));
    // Below 2⁶³ × 2⁶⁴.
    whole * u128::from(gap_q32) + ((fraction * u128::from(gap_q32)) >> 32)
}

#[cfg(test)]
mod tests;
