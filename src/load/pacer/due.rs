//! How many messages are due, and how fast a schedule that is behind may be caught up with.

use super::{Due, Pacer};
use crate::plan::LatePolicy;

/// Under `bounded`, a pause shorter than this is made up for at `multiple` × the rate counted from the last send; after
/// a longer one counting starts anew. So never more than the messages of this time are sent in one go.
///
/// It covers what a scheduler keeps a thread waiting for on a crowded machine. Were it much shorter, a producer that
/// has the CPU for 3 ms of every 10 could not make up for the 7 it missed: it would send at 0.6 × the rate and fall
/// behind for good. With 8 busy processes beside it on 2 CPUs a producer of 5,000 msg/s came to 570 msg/s with 1 ms
/// here, to 1,380 with 20 ms.
const BURST_NS: u64 = 50_000_000;

impl Pacer {
    /// How many are due at `now_ns`, at most `limit` (0 counts as 1). Before the order's start nothing is, at an
    /// unlimited rate neither.
    #[inline]
    pub fn due(&mut self, now_ns: u64, limit: u32) -> Due {
        if now_ns < self.wake_ns {
            return Due::At { ns: self.wake_ns };
        }
        self.last_now_ns = now_ns;
        if now_ns < self.second_ns {
            // One slot, late by less than an interval: `wake_ns` has already held it behind the gate, if there is one.
            self.gate_q32 = u128::from(now_ns) << 32;
            return Due::Now { count: 1 };
        }
        Due::Now { count: self.due_behind(now_ns, limit.max(1)) }
    }

    /// More than one slot is due, or there is no schedule.
    #[inline(never)]
    fn due_behind(&mut self, now_ns: u64, limit: u32) -> u32 {
        if self.even_q32 == 0 {
            return self.due_unevenly(now_ns, limit);
        }
        match self.policy {
            LatePolicy::CatchUp => self.due_on_schedule(now_ns, limit),
            LatePolicy::Bounded { .. } => self.due_bounded(now_ns, limit),
            LatePolicy::Skip => {
                self.skip(now_ns);
                self.due_on_schedule(now_ns, limit)
            }
            LatePolicy::Shift => 1,
        }
    }

    /// Slots of the schedule due at `now_ns` (the next one is), at most `limit`. The answer 1 takes no division.
    fn due_on_schedule(&self, now_ns: u64, limit: u32) -> u32 {
        if limit == 1 || self.second_ns > now_ns {
            return 1;
        }
        // Not beyond this order; the next message is on it.
        let now_ns = now_ns.min(self.until_ns - 1);
        u32::try_from(self.slots_until(now_ns).max(1)).map_or(limit, |slots| slots.min(limit))
    }

    /// Slots from the next one on whose (whole) intended time is at or before `now_ns`.
    pub(super) fn slots_until(&self, now_ns: u64) -> u64 {
        let end_q32 = (u128::from(now_ns) + 1) << 32;
        let slots = end_q32.saturating_sub(self.next_q32).div_ceil(self.even_q32);
        u64::try_from(slots).unwrap_or(u64::MAX)
    }

    fn due_bounded(&mut self, now_ns: u64, limit: u32) -> u32 {
        let now_q32 = u128::from(now_ns) << 32;
        self.gate_q32 = gate(self.gate_q32, now_ns);
        // `wake_ns` lets nothing through before the gate, so at least one message is allowed.
        let allowed = now_q32.saturating_sub(self.gate_q32) / self.fast_q32 + 1;
        let limit = u32::try_from(allowed).map_or(limit, |allowed| allowed.min(limit));
        self.due_on_schedule(now_ns, limit)
    }

    /// Leaves out the slots that are late by more than one interval.
    fn skip(&mut self, now_ns: u64) {
        let interval_q32 = self.even_q32;
        let now_q32 = u128::from(now_ns) << 32;
        let late_q32 = now_q32.saturating_sub(self.next_q32);
        if late_q32 > interval_q32 {
            let left_out = late_q32.div_ceil(interval_q32) - 1;
            self.missed = self.missed.saturating_add(u64::try_from(left_out).unwrap_or(u64::MAX));
            self.next_at(self.next_q32 + left_out * interval_q32);
        }
    }
}

/// `bounded`: after a longer pause than it makes up for, counting starts anew.
pub(super) fn gate(gate_q32: u128, now_ns: u64) -> u128 {
    let now_q32 = u128::from(now_ns) << 32;
    if gate_q32 + (u128::from(BURST_NS) << 32) < now_q32 { now_q32 } else { gate_q32 }
}

/// How many times as fast as it is a schedule is caught up with: read to 16 binary places and not below 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 1 … 2^32 before; NaN becomes 0 and then 1"
)]
pub(super) fn multiple_q16(policy: LatePolicy) -> u64 {
    let LatePolicy::Bounded { multiple } = policy else { return 65_536 };
    ((multiple * 65_536.0).clamp(65_536.0, 4_294_967_296.0).round() as u64).max(65_536)
}

/// interval ÷ multiple, at least the smallest step.
pub(super) fn catch_up_interval(interval_q32: u128, multiple_q16: u64) -> u128 {
    ((interval_q32 << 16) / u128::from(multiple_q16)).max(1)
}
