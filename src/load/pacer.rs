//! When to send: a fixed-point schedule `start + i × interval` and what to do when late.
//!
//! All times are kept with 32 binary places and only ever moved by whole intervals, so the `i`-th intended time is
//! exactly `start + (i × interval_q32) >> 32`, after a billion messages as after one. The clock is the caller's.
//!
//! Messages that are not evenly spaced have their times from `uneven`. Then `even_q32` is 0, as at an unlimited rate,
//! and an even schedule pays nothing for the others.

mod due;
mod rate_cursor;
mod rhythm;
mod uneven;
mod unevenly;

use crate::plan::curve::RateCurve;
use crate::plan::{Arrivals, LatePolicy};
use crate::telemetry::RateOrder;
use due::{catch_up_interval, multiple_q16};
use rate_cursor::RateCursor;
use uneven::Uneven;

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Send `count` (≥ 1) messages now; see `intended_ns(i)` for the time each was intended at.
    Now {
        /// How many are due and allowed by the late policy, at most the `limit` given.
        count: u32,
    },
    /// Nothing before this time.
    At {
        /// Raw ns.
        ns: u64,
    },
}

/// One producer's schedule. Integer arithmetic only; no rounding error accumulates.
#[derive(Debug, Clone)]
pub struct Pacer {
    order: RateOrder,
    /// Time between two messages of an even schedule, 32 binary places; 0: there is none.
    even_q32: u128,
    policy: LatePolicy,
    /// Intended time of the next message, 32 binary places.
    next_q32: u128,
    /// Whole ns of it …
    next_ns: u64,
    /// … and of that of the message behind it.
    second_ns: u64,
    /// Nothing is to be done before this time: the intended time or, while catching up under `bounded`, the gate.
    wake_ns: u64,
    /// `bounded`: spacing while catching up, 32 binary places.
    fast_q32: u128,
    /// `bounded`: the next message may not go before this, 32 binary places.
    gate_q32: u128,
    /// `now_ns` of the last `due`.
    last_now_ns: u64,
    missed: u64,
    /// The order holds for messages intended before this time; then the walk knows the next.
    until_ns: u64,
    walk: Option<Box<RateCursor>>,
    /// The times, where they are not evenly spaced.
    uneven: Option<Box<Uneven>>,
    /// Messages of the walk before this order.
    walked: u64,
    /// `shift`: whole sends of earlier orders …
    shifted: u64,
    /// … and the delay under this order, 32 binary places.
    shift_q32: u128,
}

impl Pacer {
    /// An even schedule under a policy.
    pub fn new(order: RateOrder, policy: LatePolicy) -> Self {
        let mut pacer = Self {
            order,
            even_q32: 0,
            policy,
            next_q32: 0,
            next_ns: 0,
            second_ns: 0,
            wake_ns: 0,
            fast_q32: 0,
            gate_q32: 0,
            last_now_ns: 0,
            missed: 0,
            until_ns: u64::MAX,
            walk: None,
            uneven: None,
            walked: 0,
            shifted: 0,
            shift_q32: 0,
        };
        pacer.begin(order);
        pacer
    }

    /// The schedule of producer `index` with messages that come as these arrivals say.
    pub fn arriving(order: RateOrder, policy: LatePolicy, arrivals: Arrivals, index: u32) -> Self {
        let pacer = Self::new(order, policy);
        if order.interval_q32 == 0 {
            return pacer;
        }
        match Uneven::new(arrivals, index, order, multiple_q16(policy)) {
            Some(uneven) => pacer.with(uneven),
            None => pacer,
        }
    }

    /// Producer `index` of `producers` along a curve, from `epoch` on: raw ns, and the same moment as Unix time in ns.
    /// Who is late catches up (bounded or not): the other policies have no meaning here and are refused by `plan`.
    pub fn along(
        curve: &RateCurve,
        (index, producers): (u32, u32),
        epoch: (u64, i128),
        policy: LatePolicy,
        arrivals: Arrivals,
    ) -> Self {
        let first = (f64::from(index) + 0.5) * f64::from(arrivals.at_once());
        let walk = RateCursor::new(curve, first, producers, epoch);
        let (order, until_ns) = walk.schedule_at(0.0);
        let pacer = Self::new(order, policy);
        match Uneven::along(walk.clone(), arrivals, index, multiple_q16(policy)) {
            Some(uneven) => pacer.with(uneven),
            None => Self { until_ns, walk: Some(Box::new(walk)), ..pacer },
        }
    }

    /// The next order of the walk: the next message does not belong to this one any more.
    #[cold]
    fn turn(&mut self) {
        let Some(walk) = &self.walk else { return };
        let done_q32 = self.next_q32 - (u128::from(self.order.start_ns) << 32);
        self.walked += u64::try_from(done_q32 / self.order.interval_q32).unwrap_or(u64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "messages of a run are far below 2^53")]
        let (order, until_ns) = walk.schedule_at(self.walked as f64);
        let gate_q32 = self.gate_q32;
        self.begin(order);
        // What was sent in a hurry counts on.
        self.gate_q32 = gate_q32;
        self.until_ns = until_ns;
    }

    fn begin(&mut self, order: RateOrder) {
        self.order = order;
        self.even_q32 = order.interval_q32;
        self.next_at(u128::from(order.start_ns) << 32);
        self.wake_ns = order.start_ns;
        self.gate_q32 = 0;
        self.shift_q32 = 0;
        self.fast_q32 = match self.policy {
            LatePolicy::Bounded { .. } => catch_up_interval(order.interval_q32, multiple_q16(self.policy)),
            LatePolicy::CatchUp | LatePolicy::Skip | LatePolicy::Shift => 0,
        };
        // Without a rate there is nothing to be spaced.
        self.uneven = self.uneven.take().filter(|_| order.interval_q32 > 0);
        if let Some(uneven) = &mut self.uneven {
            uneven.begin(order);
            self.even_q32 = 0;
            self.look_ahead();
        }
    }

    /// The next message is intended at this time, 32 binary places.
    #[inline]
    fn next_at(&mut self, next_q32: u128) {
        self.next_q32 = next_q32;
        self.next_ns = whole_ns(next_q32);
        self.second_ns = whole_ns(next_q32 + self.even_q32);
    }

    /// Intended time of the `i`-th message from the next one on (i = 0: the next). Unlimited: `now_ns` of the last
    /// `due`.
    #[inline]
    pub fn intended_ns(&self, i: u32) -> u64 {
        if self.even_q32 == 0 {
            return self.uneven.as_ref().map_or(self.last_now_ns, |uneven| uneven.at_ns(i as usize));
        }
        if i == 0 {
            return self.next_ns;
        }
        whole_ns(self.next_q32 + self.even_q32 * u128::from(i))
    }

    /// `count` messages (at most what `due` allowed) were handed over; the schedule moves on.
    #[inline]
    pub fn sent(&mut self, count: u32) {
        if self.even_q32 == 0 || count == 0 {
            return self.sent_unevenly(count);
        }
        if matches!(self.policy, LatePolicy::Shift) {
            let delay_q32 = (u128::from(self.last_now_ns) << 32).saturating_sub(self.next_q32);
            self.shift_q32 += delay_q32;
            self.next_q32 += delay_q32;
        }
        self.next_at(self.next_q32 + times(self.even_q32, count));
        self.wake_ns = self.next_ns;
        if self.wake_ns >= self.until_ns {
            self.turn();
        }
        if matches!(self.policy, LatePolicy::Bounded { .. }) {
            self.gate_q32 += times(self.fast_q32, count);
            // Rounded up: a wake before the gate would let one message through too early.
            self.wake_ns = self.wake_ns.max(whole_ns(self.gate_q32 + u128::from(u32::MAX)));
        }
    }

    /// A new order, seen at `now_ns`; it rules from its own start on. Returns the debt that is dropped by it: sends of
    /// the old order that were due by now, and before the new start, and were not made.
    pub fn change(&mut self, order: RateOrder, now_ns: u64) -> u64 {
        self.shifted = self.shifted();
        let last_of_old_ns = now_ns.min(order.start_ns.saturating_sub(1));
        let debt = match &mut self.uneven {
            Some(uneven) => uneven.count_off(last_of_old_ns),
            None if self.even_q32 == 0 => 0,
            None => self.slots_until(last_of_old_ns),
        };
        (self.until_ns, self.walk) = (u64::MAX, None);
        self.begin(order);
        debt
    }

    /// Sends left out so far (policy skip).
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Sends the schedule was shifted by so far (policy shift): the delays added up, in whole intervals.
    pub fn shifted(&self) -> u64 {
        let here = self.shift_q32.checked_div(self.order.interval_q32).unwrap_or(0);
        self.shifted.saturating_add(u64::try_from(here).unwrap_or(u64::MAX))
    }
}

/// The whole nanoseconds of a time with 32 binary places.
#[inline]
fn whole_ns(time_q32: u128) -> u64 {
    u64::try_from(time_q32 >> 32).unwrap_or(u64::MAX)
}

/// So many intervals. One, which is what a schedule that is kept takes, needs no multiplication of two words.
#[inline]
fn times(interval_q32: u128, count: u32) -> u128 {
    if count == 1 { interval_q32 } else { interval_q32 * u128::from(count) }
}

#[cfg(test)]
mod tests;
