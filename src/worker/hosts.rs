//! What is known of each host of a distributed run.

use super::fleet::clocks::ClockOffset;
use crate::os::clock::Clock;
use crate::os::host::{Host, WallClock};

/// One worker and its host.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct HostReport {
    /// Its address.
    pub worker: String,
    /// The host, as it told; None: a worker that does not tell.
    pub host: Option<Host>,
    /// Its version of pinload.
    pub version: Option<String>,
    /// The kernel's account of its wall clock at the beginning of the run.
    pub wall_clock: Option<WallClock>,
    /// The same in words.
    pub wall_clock_state: String,
    /// Its wall clock against the coordinator's, measured at the beginning of the run.
    pub clock_offset: Option<ClockOffset>,
    /// Its raw clock.
    pub clock: Clock,
    /// Drift of that against CLOCK_MONOTONIC_RAW over the run, ppm.
    pub clock_drift_ppm: f64,
    /// Time that was left before the epoch when it had carried out the order to start, ns.
    pub started_ahead_ns: u64,
    /// CPU time of its supervisor, ns.
    pub supervisor_cpu_ns: u64,
    /// Time its supervisor spent draining telemetry, ns.
    pub drain_ns: u64,
    /// Why its clients are where they are.
    pub placement_notes: Vec<String>,
    /// Do hot loops share CPUs there?
    pub hot_cpus_shared: bool,
}
