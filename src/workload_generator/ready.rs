//! Readiness: every consumer has partitions or is knowingly idle, and every topic × subscription has seen a probe from
//! each of its producers. Probes are repeated until then, because with `auto.offset.reset=latest` early ones are not
//! seen.

use super::result::Observer;
use crate::units::first_few;
use crate::worker::{Wake, Worker, WorkerError};
use std::time::Duration;

/// Time between two rounds of probes, ns …
const PROBE_EVERY_NS: u64 = 500_000_000;
/// … and more of it for many producers: the probes of those that are ready must not take the CPU from those that start.
const PROBE_PER_PRODUCER_NS: u64 = 5_000_000;
/// Time between two looks at what is missing, ns …
const LOOK_EVERY_NS: u64 = 20_000_000;
/// … or so many times what a look has taken: with hundreds of clients it is a thing of its own.
const LOOKS_APART: u64 = 10;
/// Time between two lines in the log (OMB's), ns.
const LOG_EVERY_NS: u64 = 2_000_000_000;

/// Waits until nothing is missing, at most `limit`. The error names what is missing. `producers`: how many send probes.
pub(super) fn wait_until_ready(
    worker: &mut dyn Worker,
    observer: &mut dyn Observer,
    producers: u32,
    limit: Duration,
) -> Result<(), WorkerError> {
    observer.log("Waiting for consumers to be ready");
    let begun_ns = worker.now_ns();
    let limit_ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    let mut next_probe_ns = begun_ns;
    let mut next_log_ns = begun_ns;
    loop {
        let now_ns = worker.now_ns();
        if now_ns >= next_probe_ns {
            worker.probe_producers()?;
            next_probe_ns = now_ns + PROBE_EVERY_NS.max(u64::from(producers) * PROBE_PER_PRODUCER_NS);
        }
        if now_ns >= next_log_ns {
            let counters = worker.counters_stats()?;
            observer.log(&format!(
                "Waiting for topics to be ready -- Sent: {}, Received: {}",
                counters.probes_sent, counters.probes_received
            ));
            next_log_ns = now_ns + LOG_EVERY_NS;
        }
        let missing = worker.missing_for_readiness()?;
        if missing.is_empty() {
            observer.log("All consumers are ready");
            return Ok(());
        }
        if now_ns.saturating_sub(begun_ns) >= limit_ns {
            return Err(WorkerError::TimedOut(format!(
                "not ready after {:.0} s (--ready-timeout): {}",
                limit.as_secs_f64(),
                first_few(&missing, "; ")
            )));
        }
        let look_took_ns = worker.now_ns().saturating_sub(now_ns);
        match worker.wait_until(now_ns + LOOK_EVERY_NS.max(LOOKS_APART * look_took_ns)) {
            Wake::Deadline => {}
            Wake::Interrupted(by) => return Err(WorkerError::Interrupted(by)),
            Wake::ClientDied(death) => return Err(WorkerError::ClientDied(death)),
            Wake::WorkerLost(loss) => return Err(WorkerError::WorkerLost(loss)),
            Wake::BrokerLost(loss) => return Err(WorkerError::BrokerLost(loss)),
        }
    }
}
