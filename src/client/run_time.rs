//! The run's clock as the loops' time.

use crate::driver::Time;
use crate::os::clock::{self, Clock};

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

    /// On the raw clock: over the length of one sleep the run's clock does not differ from it by anything that counts.
    fn sleep_until(&self, deadline_ns: u64) {
        clock::sleep_until_raw(deadline_ns);
    }
}
