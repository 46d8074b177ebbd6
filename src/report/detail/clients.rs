//! Every client: where it was planned and seen, what it used and counted, and its rows as columns.

use crate::os::memory_policy::MemoryPolicy;
use crate::plan::ClientPlan;
use crate::stats::{Counter, Counters, Latency};
use crate::telemetry::Role;
use crate::verdict::Judgement;
use crate::worker::{ClientFacts, ClientKernelFacts, ClientReport, ClientTimeline, TimelinePoint};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One client, from its plan and its report.
#[derive(Debug, serde::Serialize)]
pub struct ClientDetail<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<&'a str>,
    role: Role,
    index: u32,
    topic: Option<u32>,
    subscription: Option<u32>,
    pid: i32,
    exit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<ClientVerdict>,
    placement_planned: Planned<'a>,
    placement_observed: PlacementDetail<'a>,
    cpu_user_s: f64,
    cpu_system_s: f64,
    hot_thread_cpu_s: f64,
    context_switches_voluntary: u64,
    context_switches_involuntary: u64,
    migrations: u64,
    slots_lost: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_samples_file: Option<&'a str>,
    counters_whole_run: &'a Counters,
    timeline: Timeline<'a>,
}

/// The verdict on one client, and the figures that no counter holds.
#[derive(Debug, serde::Serialize)]
pub struct ClientVerdict {
    /// The verdict.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// What it was made from.
    #[serde(serialize_with = "facts")]
    pub facts: ClientFacts,
}

/// Without what stands beside it: who it is, and its counters.
fn facts<S: Serializer>(facts: &ClientFacts, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct Facts {
        span_ns: u64,
        pacing_error_p999_ns: Option<u64>,
        late_reports: u64,
        kernel: ClientKernelFacts,
    }
    let ClientFacts { span_ns, pacing_error_p999_ns, late_reports, kernel, .. } = *facts;
    Facts { span_ns, pacing_error_p999_ns, late_reports, kernel }.serialize(serializer)
}

#[derive(Debug, serde::Serialize)]
struct Planned<'a> {
    hot_cpu: Option<usize>,
    hot_cpu_shared: Option<bool>,
    io_cpus: Option<String>,
    node: Option<usize>,
    memory_policy: Option<&'a MemoryPolicy>,
}

#[derive(Debug, serde::Serialize)]
struct PlacementDetail<'a> {
    hot_cpu: Option<u32>,
    hot_cpu_mask: Option<&'a str>,
    threads: Vec<Thread<'a>>,
}

#[derive(Debug, serde::Serialize)]
struct Thread<'a> {
    thread_name: &'a str,
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

/// The rows of a client as columns of equal length, which keeps long runs small and loads into a table at once. Each
/// row has its own span.
#[derive(Debug)]
struct Timeline<'a> {
    role: Role,
    rows: &'a ClientTimeline,
}

/// The same while it is written: unpacked.
#[derive(Debug)]
struct OpenTimeline {
    role: Role,
    points: Vec<TimelinePoint>,
}

impl Serialize for Timeline<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let open = OpenTimeline { role: self.role, points: self.rows.points().collect() };
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("at_s", &open.column(|point| point.at_s))?;
        map.serialize_entry("span_s", &open.column(|point| point.span_s))?;
        map.serialize_entry("latencies", &TimelineLatencies(&open))?;
        map.serialize_entry("counters", &TimelineCounters(&open))?;
        map.end()
    }
}

impl OpenTimeline {
    fn column<T>(&self, pick: impl Fn(&TimelinePoint) -> T) -> Vec<T> {
        self.points.iter().map(pick).collect()
    }
}

/// Columns of p50, p99 and maximum of each family of the role; null where a row has none.
#[derive(Debug)]
struct TimelineLatencies<'a>(&'a OpenTimeline);

impl Serialize for TimelineLatencies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let families: &[Latency] = match self.0.role {
            Role::Producer => &Latency::PRODUCER,
            Role::Consumer => &Latency::CONSUMER,
        };
        let mut map = serializer.serialize_map(Some(families.len()))?;
        for (position, latency) in families.iter().enumerate() {
            let column =
                |figure: usize| self.0.column(|point| point.latencies_ns.get(position).map(|figures| figures[figure]));
            let columns = ClientColumns { p50_ns: column(0), p99_ns: column(1), max_ns: column(2) };
            map.serialize_entry(latency, &columns)?;
        }
        map.end()
    }
}

#[derive(Debug, serde::Serialize)]
struct ClientColumns {
    p50_ns: Vec<Option<u64>>,
    p99_ns: Vec<Option<u64>>,
    max_ns: Vec<Option<u64>>,
}

/// A column per counter that is not 0 throughout.
#[derive(Debug)]
struct TimelineCounters<'a>(&'a OpenTimeline);

impl Serialize for TimelineCounters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for counter in Counter::ALL {
            let column = self.0.column(|point| point.counters[*counter]);
            if column.iter().any(|value| *value > 0) {
                map.serialize_entry(counter.name(), &column)?;
            }
        }
        map.end()
    }
}
