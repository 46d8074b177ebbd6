//! The end of a run as the worker saw it, and each client's part in it.

use crate::caveat::Caveat;
use crate::driver::kafka::admin::settings::ClusterSettings;
use crate::os::clock::Clock;
use crate::plan::ClientPlacement;
use crate::stats::Counters;
use crate::stats::partition_counts::PartitionCounts;
use crate::telemetry::Role;

/// What one client did, for the detail file.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientReport {
    /// The worker it ran on; None: this host.
    #[serde(default)]
    pub worker: Option<String>,
    /// Role.
    pub role: Role,
    /// Number.
    pub index: u32,
    /// Process id.
    pub pid: i32,
    /// Hot CPU as planned.
    pub planned_cpu: Option<usize>,
    /// Its place as planned.
    pub placement: ClientPlacement,
    /// CPU the hot thread was last seen on.
    pub observed_cpu: Option<u32>,
    /// CPU mask of the hot thread as the kernel showed it while running.
    pub observed_hot_mask: Option<String>,
    /// CPU masks of the other threads (librdkafka's), by thread name.
    pub observed_thread_masks: Vec<(String, String)>,
    /// How it ended.
    pub exit: String,
    /// Totals since it began.
    pub counters: Counters,
    /// CPU time of the hot thread alone.
    pub hot_thread_cpu_ns: u64,
    /// Slots overwritten before they were read.
    pub slots_lost: u64,
    /// Its file of raw samples, on its host; None: it recorded none.
    #[serde(default)]
    pub raw_samples_file: Option<String>,
    /// Its rows.
    pub timeline: crate::worker::ClientTimeline,
    /// Its last distinct errors.
    #[serde(default)]
    pub troubles: Vec<crate::worker::ClientTrouble>,
    /// What a consumer received of each partition; None: it is none, or did not tell.
    #[serde(default)]
    pub partitions: Option<PartitionsReceived>,
}

/// What one consumer received of each partition in the measurement, to the nearest of its cuts (one a second).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PartitionsReceived {
    /// Length of that time, ns.
    pub span_ns: u64,
    /// Each partition of which something came.
    pub partitions: Vec<PartitionCounts>,
}

/// The end of a run as the worker saw it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RunEnd {
    /// Every client.
    pub clients: Vec<ClientReport>,
    /// Counters of the whole run where clients do not report each by itself.
    #[serde(default)]
    pub totals: Option<Counters>,
    /// The clock and how it was chosen.
    pub clock: Clock,
    /// Why this source.
    pub clock_reason: String,
    /// Drift of the clock against CLOCK_MONOTONIC_RAW over the run: of the whole, or of its worst ten seconds.
    pub clock_drift_ppm: f64,
    /// CPU time of the supervisor, user + system.
    pub supervisor_cpu_ns: u64,
    /// Time spent draining telemetry.
    pub drain_ns: u64,
    /// Topics created (and deleted, when planned).
    pub topics: Vec<String>,
    /// True when own topics were deleted.
    pub topics_deleted: bool,
    /// Topics that were there no more before that, looked for where messages are unknown.
    #[serde(default)]
    pub topics_gone: Vec<String>,
    /// What went wrong while ending.
    pub warnings: Vec<Caveat>,
    /// Moments that clients told of after the last period.
    #[serde(default)]
    pub moments: Vec<crate::worker::ClientMoment>,
    /// The hosts of a distributed run.
    #[serde(default)]
    pub hosts: Vec<crate::worker::HostReport>,
    /// What end-to-end times between hosts may be wrong by for their clocks, ns; None: all clients ran on one host.
    #[serde(default)]
    pub end_to_end_clock_error_ns: Option<u64>,
    /// What wall-clock times in stamps may be wrong by against this host's wall clock, ns; None: stamps carried the
    /// run's own clock.
    #[serde(default)]
    pub stamp_clock_error_ns: Option<u64>,
    /// The hosts of the clients; none of those that cannot tell (OMB's workers).
    #[serde(default)]
    pub environments: Vec<crate::worker::Environment>,
    /// How a broker and the run's first topic are configured, as far as the cluster tells.
    #[serde(default)]
    pub cluster_settings: Vec<ClusterSettings>,
}
