//! Waiting for the next send: delivery reports are served meanwhile, and the last moments are spun away.

use super::wake_lead::SHORTEST_SLEEP_NS;
use super::{CUT_ROOM_NS, Produce};
use crate::client::idle;
use crate::client::measuring::Measuring;
use crate::driver::{Producer, Time};
use crate::stats::Counter;

/// Reports served at a time while waiting: about 2 µs of work.
const SERVED_AT_A_TIME: u32 = 64;
/// Nothing but spinning happens this close to a send, so that serving reports does not delay it.
const SPIN_ONLY_NS: u64 = 3_000;
/// Spins between two empty looks at the report queue: about 0.5 µs. It leaves the queue's lock to the library's thread
/// and makes an acknowledgement look no more than that later than it came.
const SPINS: u32 = 16;

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// Waits until `due_ns`, or until a tick is due before it.
    #[inline]
    pub(super) fn wait(&mut self, now_ns: u64, due_ns: u64) {
        if self.cut_due && due_ns.saturating_sub(now_ns) >= CUT_ROOM_NS {
            self.cut_if_due();
            return;
        }
        self.unserved = 0;
        if self.behind_queue {
            self.notice_caught_up(due_ns);
        }
        let until_ns = due_ns.min(self.ticker.next_tick_ns());
        if self.options.spin {
            self.spin_until(now_ns, until_ns, due_ns);
        } else {
            self.sleep_until(now_ns, until_ns, due_ns);
        }
    }

    /// Is this a wait for the next send of the schedule, and not one between the sends of a catching up?
    #[cold]
    fn notice_caught_up(&mut self, due_ns: u64) {
        let next_ns = self.pacer.as_ref().map_or(0, |pacer| pacer.intended_ns(0));
        self.behind_queue = due_ns > next_ns;
    }

    #[inline]
    fn spin_until(&mut self, mut now_ns: u64, until_ns: u64, due_ns: u64) {
        let mut idle_ns = 0;
        while now_ns < until_ns {
            let mut served = 0;
            if due_ns - now_ns > SPIN_ONLY_NS {
                served = self.poll(SERVED_AT_A_TIME, now_ns);
                if served == 0 {
                    (0..SPINS).for_each(|_| self.time.relax());
                }
            } else {
                self.time.relax();
            }
            let before_ns = now_ns;
            now_ns = self.time.now_ns();
            if served == 0 {
                idle_ns += idle::of_look_ns(before_ns, now_ns);
            }
        }
        self.stats.counters[Counter::IdleNs] += idle_ns;
    }

    #[inline]
    fn sleep_until(&mut self, mut now_ns: u64, mut until_ns: u64, due_ns: u64) {
        let mut idle_ns = 0;
        if until_ns == due_ns {
            self.wake_lead.wait_begins(until_ns.saturating_sub(now_ns));
        }
        while now_ns < until_ns {
            let (mut served, mut slept) = (0, false);
            // A tick need not be met to the microsecond.
            let asked_ns = if until_ns == due_ns { until_ns.saturating_sub(self.wake_lead.ns()) } else { until_ns };
            if due_ns - now_ns > SPIN_ONLY_NS {
                served = self.poll(SERVED_AT_A_TIME, now_ns);
            }
            if served > 0 {
                self.ticker.hasten(now_ns);
                until_ns = due_ns.min(self.ticker.next_tick_ns());
            } else if asked_ns > now_ns + SHORTEST_SLEEP_NS {
                self.driver.await_reports(asked_ns, self.time);
                slept = true;
            } else {
                self.time.relax();
            }
            let before_ns = now_ns;
            now_ns = self.time.now_ns();
            if slept {
                self.wake_lead.woken(asked_ns, now_ns);
                // Until the send is due nothing else is to do.
                idle_ns += idle::over_ns(until_ns, now_ns, self.driver.came_ns()).saturating_sub(before_ns);
            } else if served == 0 {
                idle_ns += idle::of_look_ns(before_ns, now_ns);
            }
        }
        self.stats.counters[Counter::IdleNs] += idle_ns;
    }
}
