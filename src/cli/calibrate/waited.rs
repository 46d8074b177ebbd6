//! What others take of the machine meanwhile, as the kernel counts it.

use crate::cli::root;
use crate::os::scheduling::{Steal, own_wait_ns};
use std::time::{Duration, Instant};

/// Time that measurements had to wait for their CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waited {
    /// None: the kernel keeps no such account.
    wait_ns: Option<u64>,
    /// In this time.
    all_ns: u64,
}

impl Default for Waited {
    fn default() -> Self {
        Self { wait_ns: Some(0), all_ns: 0 }
    }
}

impl Waited {
    /// Of the calling thread while it does `what`.
    pub(super) fn by<T>(what: impl FnOnce() -> T) -> (T, Self) {
        let (begun, before) = (Instant::now(), own_wait_ns(root()));
        let done = what();
        let wait_ns = own_wait_ns(root()).zip(before).map(|(now, before)| now.saturating_sub(before));
        (done, Self { wait_ns, all_ns: u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX) })
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        let Self { wait_ns, all_ns } = other;
        let wait_ns = self.wait_ns.zip(wait_ns).map(|(a, b)| a.saturating_add(b));
        Self { wait_ns, all_ns: self.all_ns.saturating_add(all_ns) }
    }

    /// None: unknown, or nothing was measured.
    #[expect(clippy::cast_precision_loss, reason = "minutes in ns are far below 2^53")]
    pub(super) fn percent(self) -> Option<f64> {
        let wait_ns = self.wait_ns.filter(|_| self.all_ns > 0)?;
        Some(wait_ns as f64 * 100.0 / self.all_ns as f64)
    }
}

/// Mean of all CPUs, between two looks so far apart.
#[expect(clippy::cast_precision_loss, reason = "minutes in ns are far below 2^53")]
pub(super) fn stolen_percent(before: Option<&Steal>, now: Option<&Steal>, apart: Duration) -> Option<f64> {
    let stolen_ns = now?.of(None)?.saturating_sub(before?.of(None)?);
    Some(stolen_ns as f64 * 100.0 / apart.as_nanos().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_add_up_and_one_that_is_unknown_makes_them_unknown() {
        let some = |wait_ns, all_ns| Waited { wait_ns, all_ns };
        assert_eq!(Waited::default().percent(), None, "nothing was measured");
        let both = Waited::default().and(some(Some(30), 1_000)).and(some(Some(10), 1_000));
        assert_eq!(both.percent(), Some(2.0));
        assert_eq!(both.and(some(None, 10)).percent(), None);
    }

    #[test]
    fn a_thread_that_runs_is_measured_over_the_time_it_takes() {
        let (seven, waited) = Waited::by(|| 7);
        assert_eq!((seven, waited.all_ns > 0), (7, true));
    }
}
