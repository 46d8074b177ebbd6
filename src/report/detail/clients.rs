//! Every client: where it was planned and seen, what it used and counted.

use super::timeline::Timeline;
use crate::os::memory_policy::MemoryPolicy;
use crate::plan::ClientPlan;
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::verdict::Judgement;
use crate::worker::{ClientFacts, ClientKernelFacts, ClientReport};
use serde::ser::{Serialize, Serializer};

/// One client, from its plan and its report.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct ClientDetail<'a> {
    /// Address of the worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<&'a str>,
    /// Producer or consumer.
    role: Role,
    /// Number within the role, over all topics.
    index: u32,
    /// Number of its topic.
    topic: Option<u32>,
    /// Number of its subscription within the topic (consumers).
    subscription: Option<u32>,
    /// Process id.
    pid: i32,
    /// How it ended.
    exit: &'a str,
    /// Can the figures be believed: valid, not_judged (nobody could look at the generator), generator_limited (the rate
    /// was not offered as asked, or not even a median is the broker's) or invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<ClientVerdict>,
    /// Where it was to run.
    placement_planned: Planned<'a>,
    /// Where the kernel showed it.
    placement_observed: PlacementDetail<'a>,
    /// User CPU time of the process, without what it waited between ready and the load.
    cpu_user_s: f64,
    /// System CPU time of the process, without what it waited between ready and the load.
    cpu_system_s: f64,
    /// CPU time of the hot loop's thread alone.
    hot_thread_cpu_s: f64,
    /// Times the process gave its CPU away.
    #[schemars(extend("unit" = "switches"))]
    context_switches_voluntary: u64,
    /// Times its CPU was taken from it.
    #[schemars(extend("unit" = "switches"))]
    context_switches_involuntary: u64,
    /// Times the hot thread was seen on another CPU than before.
    #[schemars(extend("unit" = "events"))]
    migrations: u64,
    /// Telemetry slots overwritten before they were read: seconds missing in the timeline, nothing in the totals.
    #[schemars(extend("unit" = "slots"))]
    slots_lost: u64,
    /// Its file of raw samples (--record-raw), on its own host.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_samples_file: Option<&'a str>,
    /// Counters since the clients began, warm-up included.
    counters_whole_run: &'a Counters,
    /// Its rows in order, as columns of equal length: seconds; rows older than 20 minutes are of 10 s, those an hour
    /// before them of 60 s, then of two minutes and more. Each has its own span_s. Percentiles of rows of more than a
    /// minute are the highest of their minutes.
    timeline: Timeline<'a>,
}

/// The verdict on one client, and the figures that no counter holds.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct ClientVerdict {
    /// The verdict.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// What the verdict on the client was made from, beside its counters, over the measurement.
    #[serde(serialize_with = "facts")]
    #[schemars(with = "Facts")]
    pub facts: ClientFacts,
}

/// The facts as they are written.
#[derive(schemars::JsonSchema, serde::Serialize)]
struct Facts {
    /// Length of the span.
    span_ns: u64,
    /// P99.9 of the pacing error without sends behind a full queue, a lower bound: these are taken to be the latest.
    pacing_error_p999_ns: Option<u64>,
    /// Periods whose end it did not report within 2 s.
    #[schemars(extend("unit" = "periods"))]
    late_reports: u64,
    /// What the kernel told of the client; null: it does not tell.
    kernel: ClientKernelFacts,
}

/// Without what stands beside it: who it is, and its counters.
fn facts<S: Serializer>(facts: &ClientFacts, serializer: S) -> Result<S::Ok, S::Error> {
    let ClientFacts { span_ns, pacing_error_p999_ns, late_reports, kernel, .. } = *facts;
    Facts { span_ns, pacing_error_p999_ns, late_reports, kernel }.serialize(serializer)
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct Planned<'a> {
    /// CPU of the hot loop; null: not pinned, or not seen.
    #[schemars(extend("unit" = "CPU number"))]
    hot_cpu: Option<usize>,
    /// True: others run on this CPU too, so pacing sleeps before it spins.
    hot_cpu_shared: Option<bool>,
    /// CPUs of the client library's threads.
    #[schemars(extend("unit" = "CPU list"))]
    io_cpus: Option<String>,
    /// CPU of the wire driver's I/O thread; null: there is none.
    #[schemars(extend("unit" = "CPU number"))]
    io_thread_cpu: Option<usize>,
    /// Node of the hot CPU.
    #[schemars(extend("unit" = "NUMA node"))]
    node: Option<usize>,
    /// NUMA memory policy that was set; null: inherited.
    memory_policy: Option<&'a MemoryPolicy>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct PlacementDetail<'a> {
    /// CPU of the hot loop; null: not pinned, or not seen.
    #[schemars(extend("unit" = "CPU number"))]
    hot_cpu: Option<u32>,
    /// Affinity mask of the hot thread.
    #[schemars(extend("unit" = "CPU list"))]
    hot_cpu_mask: Option<&'a str>,
    /// The client library's threads.
    threads: Vec<Thread<'a>>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct Thread<'a> {
    /// Name of the thread.
    thread_name: &'a str,
    /// Its affinity mask.
    #[schemars(extend("unit" = "CPU list"))]
    cpu_mask: &'a str,
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

impl<'a> ClientDetail<'a> {
    /// Joins a report with the plan of the same client.
    pub fn new(report: &'a ClientReport, plans: &'a [ClientPlan], verdict: Option<ClientVerdict>) -> Self {
        let plan = plans.iter().find(|plan| plan.role == report.role && plan.index == report.index);
        let place = &report.placement;
        let counters = &report.counters;
        Self {
            worker: report.worker.as_deref(),
            role: report.role,
            index: report.index,
            topic: plan.map(|plan| plan.topic),
            subscription: plan.and_then(|plan| plan.subscription),
            pid: report.pid,
            exit: &report.exit,
            verdict,
            placement_planned: Planned {
                hot_cpu: report.planned_cpu,
                hot_cpu_shared: Some(place.hot_cpu_shared),
                io_cpus: Some(place.io_cpus.to_string()),
                io_thread_cpu: place.io_thread.map(|thread| thread.cpu),
                node: place.node,
                memory_policy: place.memory_policy.as_ref(),
            },
            placement_observed: PlacementDetail {
                hot_cpu: report.observed_cpu,
                hot_cpu_mask: report.observed_hot_mask.as_deref(),
                threads: report
                    .observed_thread_masks
                    .iter()
                    .map(|(thread_name, cpu_mask)| Thread { thread_name, cpu_mask })
                    .collect(),
            },
            cpu_user_s: seconds(counters[Counter::CpuUserNs]),
            cpu_system_s: seconds(counters[Counter::CpuSystemNs]),
            hot_thread_cpu_s: seconds(report.hot_thread_cpu_ns),
            context_switches_voluntary: counters[Counter::ContextSwitchesVoluntary],
            context_switches_involuntary: counters[Counter::ContextSwitchesInvoluntary],
            migrations: counters[Counter::Migrations],
            slots_lost: report.slots_lost,
            raw_samples_file: report.raw_samples_file.as_deref(),
            counters_whole_run: counters,
            timeline: Timeline { role: report.role, rows: &report.timeline },
        }
    }
}
