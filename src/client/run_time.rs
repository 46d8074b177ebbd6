//! The run's clock as the loops' time.

use crate::driver::Time;
use crate::os::clock::Clock;

/// Time as it passes on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunTime(pub(super) Clock);

impl Time for RunTime {
    #[inline]
    fn now_ns(&self) -> u64 {
        self.0.now_ns()
    }

    #[inline]
    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        self.0.sleep_until(deadline_ns);
    }

    fn clock(&self) -> Clock {
        self.0
    }
}
