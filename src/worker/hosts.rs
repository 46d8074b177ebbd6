//! What is known of each host of a distributed run.

use super::fleet::clocks::ClockOffset;
use crate::caveat::Caveat;
use crate::os::clock::Clock;
use crate::os::fingerprint::Fingerprint;
use crate::os::host::{HostIdentity, WallClock};
use std::borrow::Cow;

/// What a worker is, and how it was driven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerKind {
    /// A pinload worker.
    #[default]
    Pinload,
    /// A worker that speaks OMB's protocol alone.
    Omb,
    /// A pinload worker, driven by OMB's protocol for the sake of the others.
    PinloadByOmbsProtocol,
}

impl WorkerKind {
    /// Figures that OMB's protocol does not carry.
    pub const CANNOT_TELL: [Cow<'static, str>; 6] = [
        Cow::Borrowed("latencies from the intended time"),
        Cow::Borrowed("lost, duplicated, reordered and corrupt messages"),
        Cow::Borrowed("messages handed over, late, missed and foreign ones"),
        Cow::Borrowed("what each client did, second by second"),
        Cow::Borrowed("CPU time, CPUs and placement"),
        Cow::Borrowed(
            "clocks: end-to-end times are differences of the hosts' wall clocks in whole ms; those of 0 or below are \
             left out by OMB's workers and kept as 0 by pinload's",
        ),
    ];
}

/// A host that runs clients, as it was found before the load.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Environment {
    /// The worker there; None: this host.
    pub worker: Option<String>,
    /// What it is and how it is set up.
    pub fingerprint: Fingerprint,
}

/// One worker and its host.
#[derive(Debug, Clone, Default, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct HostReport {
    /// Address of the worker.
    pub worker: String,
    /// Pinload, omb (a worker of OMB's, in Java), or pinload_by_ombs_protocol: driven as one for the others' sake.
    #[serde(default)]
    pub kind: WorkerKind,
    /// What OMB's protocol has no words for: such figures are left out everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot_tell: Vec<Cow<'static, str>>,
    /// Name, boot and usable CPUs of its host.
    pub host: Option<HostIdentity>,
    /// Of pinload there.
    pub version: Option<String>,
    /// The kernel's account of its wall clock (adjtimex) when the run began.
    pub wall_clock: Option<WallClock>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_clock_state: Option<String>,
    /// Its wall clock against the coordinator's when the run began.
    pub clock_offset: Option<ClockOffset>,
    /// The same when the run ended; null: it could not be asked any more.
    #[serde(default)]
    pub clock_offset_at_end: Option<ClockOffset>,
    /// Times that the clocks were compared: at both ends and every two minutes.
    #[serde(default)]
    #[schemars(extend("unit" = "comparisons"))]
    pub clock_comparisons: u32,
    /// What wall-clock times of its clients may be wrong by against its wall clock: what that moved by in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp_clock_error_ns: Option<u64>,
    /// The clock of its clients; absent: the worker does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// How far its run's clock moved against CLOCK_MONOTONIC_RAW, over the run or its worst ten seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_drift_ppm: Option<f64>,
    /// Time left before the common epoch when it had carried out the order to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ahead_ns: Option<u64>,
    /// User + system CPU time of the supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_cpu_ns: Option<u64>,
    /// Time the supervisor spent reading telemetry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_ns: Option<u64>,
    /// Why its clients are where they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placement_notes: Vec<Caveat>,
    /// True: hot loops share CPUs there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hot_cpus_shared: Option<bool>,
}

impl HostReport {
    /// A worker of which nothing is known but its address.
    pub fn silent(worker: &str) -> Self {
        Self { worker: worker.to_owned(), ..Self::default() }
    }
}
