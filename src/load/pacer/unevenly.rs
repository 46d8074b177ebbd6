//! What a pacer does where no even schedule is: the late policies on times that are drawn ahead.

use super::due::gate;
use super::uneven::Uneven;
use super::{Pacer, whole_ns};
use crate::plan::LatePolicy;

impl Pacer {
    /// It has its times from there.
    pub(super) fn with(mut self, uneven: Uneven) -> Self {
        self.even_q32 = 0;
        self.uneven = Some(Box::new(uneven));
        self.look_ahead();
        self
    }

    /// The next two of the times that are not evenly spaced.
    pub(super) fn look_ahead(&mut self) {
        let Some(uneven) = &self.uneven else { return };
        (self.next_ns, self.second_ns) = (uneven.at_ns(0), uneven.at_ns(1));
        self.wake_ns = self.next_ns;
    }

    /// More than one message is due, or there is no rate.
    pub(super) fn due_unevenly(&mut self, now_ns: u64, limit: u32) -> u32 {
        let Some(uneven) = &mut self.uneven else { return limit };
        match self.policy {
            LatePolicy::CatchUp => uneven.due(now_ns, limit),
            LatePolicy::Bounded { .. } => {
                self.gate_q32 = gate(self.gate_q32, now_ns);
                uneven.due_bounded(now_ns, now_ns.saturating_sub(whole_ns(self.gate_q32)), limit)
            }
            LatePolicy::Skip => {
                self.missed = self.missed.saturating_add(uneven.leave_out(now_ns));
                let due = uneven.due(now_ns, limit);
                self.look_ahead();
                due
            }
            LatePolicy::Shift => 1,
        }
    }

    /// `count` messages were handed over.
    pub(super) fn sent_unevenly(&mut self, count: u32) {
        let Some(uneven) = &mut self.uneven else { return };
        if count == 0 {
            return;
        }
        if matches!(self.policy, LatePolicy::Shift) {
            let delay_ns = self.last_now_ns.saturating_sub(self.next_ns);
            self.shift_q32 += u128::from(delay_ns) << 32;
            uneven.shift(delay_ns);
        }
        let passed_ns = uneven.at_ns(0);
        uneven.pass(count as usize);
        if matches!(self.policy, LatePolicy::Bounded { .. }) {
            self.gate_q32 += uneven.caught_up_q32(uneven.at_ns(0).saturating_sub(passed_ns));
        }
        self.look_ahead();
        self.wake_ns = self.wake_ns.max(whole_ns(self.gate_q32 + u128::from(u32::MAX)));
    }
}
