//! What one client did in a span of time, and what was done to it: the raw facts of the verdict. Judged in `verdict`,
//! only gathered here.

use crate::stats::Counters;
use crate::telemetry::Role;

/// One client in one span.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClientFacts {
    /// Role.
    pub role: Role,
    /// Number.
    pub index: u32,
    /// Is its hot loop pinned to one CPU?
    pub pinned: bool,
    /// And has it that CPU alone, as far as pinload deals CPUs?
    pub own_cpu: bool,
    /// By plan others run where its loop runs; where it is not pinned, the scheduler moves it about.
    #[serde(default)]
    pub shared_cpu: bool,
    /// Length of the client's own span (its slots), ns.
    pub span_ns: u64,
    /// Counter differences over the span.
    #[serde(serialize_with = "Counters::serialize_some")]
    pub counters: Counters,
    /// p99.9 of the pacing error of those sends that were not behind a full queue, ns (producers). Which of all sends
    /// these were is not known one by one: they are taken to be the most punctual, so the figure is a lower bound.
    /// None: there were none.
    pub pacing_error_p999_ns: Option<u64>,
    /// Telemetry slots overwritten before they were read.
    pub slots_lost: u64,
    /// Times it did not report the end of a period in time.
    pub late_reports: u64,
    /// What the kernel tells.
    pub kernel: ClientKernelFacts,
}

/// What the kernel tells of one client's threads, CPU and cgroup in a span. None: it does not tell, or could not be
/// asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClientKernelFacts {
    /// Length of the span.
    pub span_ns: u64,
    /// Time the hot thread was ready to run and waited for a CPU (schedstat).
    pub hot_wait_ns: Option<u64>,
    /// Times the hot thread came onto a CPU (schedstat).
    #[schemars(extend("unit" = "times"))]
    pub hot_runs: Option<u64>,
    /// The same of that thread of the client library which waited longest.
    pub io_wait_ns: Option<u64>,
    /// The same of that thread of the client library which waited longest.
    #[schemars(extend("unit" = "times"))]
    pub io_runs: Option<u64>,
    /// CPU time of the client library's busiest thread.
    pub io_run_ns: Option<u64>,
    /// Time the hypervisor gave the hot CPU to somebody else (mean of all CPUs when not pinned).
    pub steal_ns: Option<u64>,
    /// Time CPU limits stopped the cgroup, all CPUs added.
    pub throttled_ns: Option<u64>,
}

/// One client since the period and since the measurement began.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClientSpans {
    /// The period.
    pub period: ClientFacts,
    /// The measurement up to the end of the period.
    pub measured: ClientFacts,
}
