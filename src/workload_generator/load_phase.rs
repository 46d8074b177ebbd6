//! What goes on beside the periods while the load runs: each course looks when it wants to, orders what it needs, and
//! may move the end.

use super::result::{Observer, RunResult};
use crate::worker::{Worker, WorkerError};

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhaseStatus {
    /// Nothing.
    GoesOn,
    /// The measurement ends at this moment (raw ns, on the 1-s time line or not: it is rounded up).
    EndsAt(u64),
}

/// Something that looks at the load from time to time and may change it or its end.
pub(super) trait LoadPhase {
    /// When it wants to look next, raw ns.
    fn next_ns(&self) -> u64;
    /// Looks.
    fn look(
        &mut self,
        now_ns: u64,
        worker: &mut dyn Worker,
        observer: &mut dyn Observer,
    ) -> Result<PhaseStatus, WorkerError>;
    /// The load ends, as planned or not: what was paused goes on, and what was found is put on record.
    fn end(&mut self, now_ns: u64, worker: &mut dyn Worker, result: &mut RunResult<'_>);
}
