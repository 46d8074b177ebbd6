//! The worker that runs client processes on this host.
//!
//! `start` makes segments and processes, `wait` is the one place where the supervisor waits (signals, deaths, time),
//! `drain` turns slots into periods, `close` ends everything, `helper_processes` talks to the admin and broker
//! processes, `topics` has what the admin is asked for, `metrics` answers scrapes; `verbs` hands each of OMB's verbs to
//! one of these. The supervisor itself never opens a Kafka client.

mod broker;
mod client_statuses;
mod close;
mod drain;
mod facts;
mod helper_processes;
mod history;
pub mod incremental_run;
mod joining;
mod metrics;
mod observe;
mod partitions;
mod start;
mod topics;
mod verbs;
mod wait;
mod wall_anchor;
mod witness;

use super::metrics::{MetricsEndpoint, Scrape};
use super::{Environment, Interruption, SystemError, WorkerError};
use crate::caveat::Caveat;
use crate::driver::kafka::admin::TopicSpec;
use crate::driver::kafka::admin::settings::ClusterSettings;
use crate::os::clock::{Calibration, Clock};
use crate::os::clock_drift::ClockDrift;
use crate::os::process::Child;
use crate::os::scheduling::CpuLimits;
use crate::os::signals::Signal;
use crate::plan::{ClientPlan, Plan};
use crate::telemetry::payload_pool::PoolOwner;
use crate::telemetry::{Role, SupervisorEnd};
use crossbeam_channel::Receiver;
use history::History;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Baseline of the clock's calibration.
const CALIBRATION_BASELINE: Duration = Duration::from_secs(1);

/// One client process and what it has told.
#[derive(Debug)]
struct Client {
    plan: ClientPlan,
    topic: String,
    group: Option<String>,
    process: Child,
    pid: i32,
    end: SupervisorEnd,
    /// Its file of raw samples.
    raw_samples: Option<PathBuf>,
    history: History,
    exit: Option<crate::os::process::ProcessExit>,
    observed: observe::Masks,
    watch: facts::UsageWatch,
    /// What it has told of since the last period.
    moments: Vec<crate::telemetry::witness::StallMoment>,
    /// What came of each partition.
    partitions: partitions::PartitionSpan,
}

/// Runs client processes on this host. Must live on the main thread: the parent-death signal of every client is tied to
/// it.
#[derive(Debug)]
pub struct LocalWorker {
    signals: Receiver<Signal>,
    clock: Clock,
    clock_reason: String,
    clock_drift: ClockDrift,
    plan: Option<Plan>,
    run_id: u64,
    /// Names of consumer groups by (topic, subscription): of the coordinator, or made when first needed.
    groups: BTreeMap<(u32, u32), String>,
    wall_stamps: bool,
    /// Folder in which every client records its raw samples; None: none does.
    raw_samples: Option<PathBuf>,
    /// Are the seconds of periods kept?
    keep_seconds: bool,
    growing: Option<incremental_run::IncrementalRun>,
    clients: Vec<Client>,
    broker: Option<Child>,
    /// The broker was lost in the middle of the load, and that was told.
    broker_gone: bool,
    bootstrap: Option<String>,
    topics: Vec<String>,
    topics_to_delete: Vec<TopicSpec>,
    pool: Option<PoolOwner>,
    epoch_ns: u64,
    period_from_ns: u64,
    interrupts: Vec<Interruption>,
    drain_ns: u64,
    /// The rings are read at this moment, whether or not anybody wants what is in them.
    drain_due_ns: u64,
    wall_anchor: wall_anchor::WallAnchor,
    wall_offset_due_ns: u64,
    /// Clients that have ended are looked for at this moment.
    deaths_due_ns: u64,
    usage_at_start: crate::os::usage::Usage,
    /// This host, as it was before the load.
    environment: Option<Environment>,
    /// As the cluster told them at the start.
    cluster_settings: Vec<ClusterSettings>,
    warnings: Vec<Caveat>,
    /// Below here stand the kernel's files.
    root: PathBuf,
    cpu_limits: CpuLimits,
    closed: bool,
    deaths: u64,
    metrics: Option<MetricsEndpoint>,
    scrapes: Receiver<Scrape>,
}

impl LocalWorker {
    /// A worker that hears of signals through `signals`. Finishes the clock's calibration, which waits until a second
    /// has passed since it began. Below `root` stand the kernel's files that tell of clients.
    pub fn new(signals: Receiver<Signal>, calibration: Calibration, root: &Path) -> Self {
        let (wanted, reason) = (calibration.source(), calibration.reason().to_owned());
        let clock = calibration.finish(CALIBRATION_BASELINE);
        let clock_reason = if clock.source == wanted {
            reason
        } else {
            "the TSC stood still while it was calibrated: time is read with clock_gettime".to_owned()
        };
        Self {
            signals,
            clock,
            clock_reason,
            clock_drift: ClockDrift::begin(clock),
            plan: None,
            run_id: fastrand::u64(1..),
            groups: BTreeMap::new(),
            wall_stamps: false,
            raw_samples: None,
            keep_seconds: false,
            growing: None,
            clients: Vec::new(),
            broker: None,
            broker_gone: false,
            bootstrap: None,
            topics: Vec::new(),
            topics_to_delete: Vec::new(),
            pool: None,
            epoch_ns: 0,
            period_from_ns: 0,
            interrupts: Vec::new(),
            drain_ns: 0,
            drain_due_ns: 0,
            wall_anchor: wall_anchor::WallAnchor::default(),
            wall_offset_due_ns: 0,
            deaths_due_ns: 0,
            usage_at_start: crate::os::usage::of_self(),
            environment: None,
            cluster_settings: Vec::new(),
            warnings: Vec::new(),
            root: root.to_owned(),
            cpu_limits: CpuLimits::of_self(root),
            closed: false,
            deaths: 0,
            metrics: None,
            scrapes: crossbeam_channel::never(),
        }
    }

    /// Every client that is started from now on records its raw samples in a file in this folder, which exists.
    pub fn record_raw(&mut self, folder: Option<PathBuf>) {
        self.raw_samples = folder;
    }

    /// From now on periods come with their seconds.
    pub fn keep_seconds(&mut self) {
        self.keep_seconds = true;
    }

    fn plan(&self) -> Result<&Plan, WorkerError> {
        self.plan.as_ref().ok_or_else(|| SystemError::TooEarly("initialize_driver was not called").into())
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(move |client| client.plan.role == role)
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    fn live_counters(&self) -> crate::stats::Counters {
        let mut all = crate::stats::Counters::default();
        for client in &self.clients {
            all.add(&client.end.counters());
        }
        all
    }
}
