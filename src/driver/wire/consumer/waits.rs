//! Calls that wait for a broker's answer, and are measured as such.

use super::WireConsumer;
use crate::driver::Time;
use std::time::Instant;

/// Wait for the answer to a commit.
const COMMIT_NS: u64 = 10_000_000_000;
/// Wait for the answer to a good-bye: a broker that does not hear it finds out by itself.
const LEAVE_NS: u64 = 2_000_000_000;

impl WireConsumer {
    /// Commits what has been handed out and waits for the answer.
    pub(super) fn commit_and_wait(&mut self) {
        self.offsets.want_commit();
        if !self.work_until(COMMIT_NS, |consumer| !consumer.offsets.is_committing()) {
            self.offsets.give_up(&mut self.coordinator);
        }
    }

    /// Leaves the group, so that others need not wait until it is missed.
    pub(super) fn leave_and_wait(&mut self) {
        let Some(membership) = &mut self.membership else { return };
        membership.leave(self.now_ns);
        self.work_until(LEAVE_NS, |consumer| consumer.membership.as_ref().is_none_or(|member| member.is_over()));
    }

    /// Does all but fetch until `is_done`, or for `limit_ns`: false.
    fn work_until(&mut self, limit_ns: u64, is_done: impl Fn(&Self) -> bool) -> bool {
        let begun = Instant::now();
        let time = RunningTime { from_ns: self.now_ns, begun };
        let until_ns = time.now_ns() + limit_ns;
        let paused = std::mem::replace(&mut self.paused, true);
        let mut in_time = true;
        while in_time && !is_done(self) && self.cluster.fault().is_none() {
            self.pump(&time);
            let now_ns = time.now_ns();
            in_time = now_ns < until_ns;
            if in_time && !is_done(self) {
                self.cluster.wait(now_ns + 1_000_000, &time);
            }
        }
        self.paused = paused;
        self.blocked_ns += u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        in_time
    }
}

/// The run's time, where nobody hands it in: as last seen, and what has passed since.
struct RunningTime {
    from_ns: u64,
    begun: Instant,
}

impl Time for RunningTime {
    fn now_ns(&self) -> u64 {
        self.from_ns + u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(0)
    }

    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        std::thread::park_timeout(std::time::Duration::from_nanos(deadline_ns.saturating_sub(self.now_ns())));
    }
}
