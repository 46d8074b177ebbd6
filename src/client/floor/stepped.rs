//! Time that passes by a fixed step with each reading, and ends the load at its time.

use crate::driver::Time;
use crate::os::clock::Clock;
use crate::telemetry::{SupervisorEnd, Wanted};
use std::cell::Cell;

/// A clock that advances by a fixed number of ns with each reading. The real clock is read with each reading, because
/// that is part of what a loop costs.
pub(super) struct Stepped {
    clock: Clock,
    now_ns: Cell<u64>,
    step_ns: u64,
    end_ns: Cell<u64>,
    supervisor: SupervisorEnd,
    ending: Wanted,
}

impl Stepped {
    /// Time that begins at 0; at `end_ns` the supervisor wants `ending`.
    pub(super) fn new(clock: Clock, step_ns: u64, end_ns: u64, supervisor: SupervisorEnd, ending: Wanted) -> Self {
        Self { clock, now_ns: Cell::new(0), step_ns, end_ns: Cell::new(end_ns), supervisor, ending }
    }

    /// The supervisor, when all is over.
    pub(super) fn into_supervisor(self) -> SupervisorEnd {
        self.supervisor
    }

    #[cold]
    fn end(&self) {
        self.supervisor.want(self.ending);
        self.end_ns.set(u64::MAX);
    }
}

impl Time for Stepped {
    #[inline]
    fn now_ns(&self) -> u64 {
        std::hint::black_box(self.clock.now_ns());
        let now_ns = self.now_ns.get() + self.step_ns;
        self.now_ns.set(now_ns);
        if now_ns >= self.end_ns.get() {
            self.end();
        }
        now_ns
    }

    #[inline]
    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        self.now_ns.set(self.now_ns.get().max(deadline_ns));
    }
}
