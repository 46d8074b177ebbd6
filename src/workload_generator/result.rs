//! What a run yields: periods, cumulative latencies, balances, how it ended. `report` turns it into documents.

use crate::caveat::Caveat;
use crate::plan::Plan;
use crate::worker::{
    BrokerLoss, ClientDeath, ClientLive, Interruption, LatencySet, PeriodStats, RunEnd, SubscriptionBalance, WorkerLoss,
};
use std::time::Duration;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum RunOutcome {
    /// Still going: the document is written after each period.
    Running,
    /// As planned.
    Completed,
    /// By Ctrl-C or SIGTERM.
    Interrupted {
        /// What interrupted: interrupt (SIGINT) or terminate (SIGTERM, SIGHUP).
        by: Interruption,
    },
    /// A client died: the result is invalid.
    ClientDied {
        /// The client that died.
        death: ClientDeath,
    },
    /// A worker on another host is lost: the result is invalid.
    WorkerLost {
        /// The worker that was lost.
        loss: WorkerLoss,
    },
    /// The broker is gone: what was measured until then is written.
    BrokerLost {
        /// What became of the broker: died (the embedded broker's process) or unreachable.
        loss: BrokerLoss,
    },
    /// Something else failed.
    Failed {
        /// What kind of thing failed.
        cause: FailureCause,
        /// Why it failed.
        why: String,
    },
}

/// What kind of thing failed; `cli` maps it to the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// Broker unreachable, authentication refused, topics refused.
    Broker,
    /// A wait reached its limit.
    TimedOut,
    /// The client library refused a setting.
    Configuration,
    /// Shared memory, processes: the machine refused.
    Machine,
    /// Results could not be written.
    Results,
}

/// Everything a run yields, as far as it has come. Handed to the observer after each period and at the end.
#[derive(Debug)]
pub struct RunResult<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// Unix time of `epoch_ns`, ns; 0 before the load.
    pub epoch_wall_ns: i128,
    /// Raw ns of the load's epoch (0 before).
    pub epoch_ns: u64,
    /// Raw ns at which the measurement began (0 before).
    pub measurement_start_ns: u64,
    /// Measured periods (warm-up not included).
    pub periods: Vec<PeriodStats>,
    /// Latencies of the measurement so far.
    pub cumulative: Option<LatencySet>,
    /// Balances, at the end.
    pub balances: Vec<SubscriptionBalance>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The worker's last report, at the end.
    pub end: Option<RunEnd>,
    /// Parts of the measurement, where it has parts.
    pub phases: Vec<PhaseMark>,
    /// What the rate search found.
    pub search: Option<SearchReport>,
    /// Warnings gathered during the run (those of the plan are in the plan).
    pub warnings: Vec<Caveat>,
}

impl<'a> RunResult<'a> {
    /// Before anything was measured.
    pub(crate) fn begin(plan: &'a Plan) -> Self {
        Self {
            plan,
            epoch_wall_ns: 0,
            epoch_ns: 0,
            measurement_start_ns: 0,
            periods: Vec::new(),
            cumulative: None,
            balances: Vec::new(),
            outcome: RunOutcome::Running,
            end: None,
            phases: Vec::new(),
            search: None,
            warnings: Vec::new(),
        }
    }
}

/// Which part of a measurement with a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// Consumers are paused.
    BacklogBuild,
    /// They go on.
    BacklogDrain,
    /// The stated time.
    Test,
}

/// One part of a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseMark {
    /// Which.
    pub name: PhaseName,
    /// Raw ns.
    pub begin_ns: u64,
    /// Raw ns.
    pub end_ns: u64,
    /// Messages acknowledged and not received at its end.
    pub backlog_messages: u64,
    /// What happened, in words.
    pub what: String,
}

/// One step of the rate search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchStep {
    /// End of the step, raw ns.
    pub at_ns: u64,
    /// The rate that was asked for in it, messages per second.
    pub rate_per_s: f64,
    /// The rate that was acknowledged, messages per second.
    pub acknowledged_per_s: f64,
    /// Messages sent too few.
    pub publish_backlog: u64,
    /// Messages acknowledged and not received.
    pub receive_backlog: u64,
    /// The rate asked for next.
    pub next_rate_per_s: f64,
    /// Why.
    pub reason: String,
}

/// What the rate search found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchReport {
    /// The highest rate that is sustained, as far as was found, messages per second; None: the run was too short.
    pub found_per_s: Option<f64>,
    /// Lowest rate that was not sustained.
    pub not_sustained_per_s: Option<f64>,
    /// How long the found rate was held at the end, s.
    pub held_s: f64,
    /// True: the search has come to its end (both bounds within 3 %, and held).
    pub settled: bool,
    /// Its steps.
    pub steps: Vec<SearchStep>,
}

/// Which part of the script is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Broker, topics, clients.
    Start,
    /// Assignments, probes.
    Ready,
    /// Load, not measured.
    WarmUp,
    /// Load, measured.
    Measure,
    /// Stop, flush.
    Flush,
    /// Consumers finish.
    CatchUp,
    /// Close, delete.
    Close,
}

/// What the script tells while it runs; the console and the result files listen.
pub trait Observer {
    /// A line for the log, in OMB's words where OMB has them.
    fn log(&mut self, line: &str);
    /// The line with which OMB begins a phase with load.
    fn log_beginning(&mut self, line: &str) {
        self.log(line);
    }
    /// What is being done in a phase that takes its time.
    fn doing(&mut self, what: &str) {
        self.log(what);
    }
    /// A phase begins; it takes `limit` at most, where one is known. Phases with load then show themselves by ticks.
    fn phase(&mut self, phase: Phase, limit: Option<Duration>);
    /// The run ends early, and how. Said at once: closing takes its time.
    fn ends_early(&mut self, outcome: &RunOutcome);
    /// A period has ended (also in the warm-up, where `phase` says so).
    fn period(&mut self, phase: Phase, period: &PeriodStats, subscriptions: u32);
    /// The latencies of a whole phase (OMB's aggregated line).
    fn aggregated(&mut self, latencies: &LatencySet);
    /// Is anybody looking at ticks? They cost a drain a second.
    fn wants_ticks(&self) -> bool;
    /// About once a second.
    fn tick(&mut self, tick: &LiveTick);
    /// The result has grown: write it down. Err: stop the run (disk full, folder gone).
    fn write(&mut self, result: &RunResult<'_>) -> Result<(), NotWritten>;
}

/// The result could not be written down.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotWritten(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// The live line.
#[derive(Debug, Clone)]
pub struct LiveTick {
    /// Warm-up or measurement.
    pub phase: Phase,
    /// Time in the phase.
    pub elapsed_ns: u64,
    /// Length of the phase, when known.
    pub planned_ns: Option<u64>,
    /// Messages sent (acknowledged) per second since the last tick.
    pub sent_per_s: f64,
    /// Messages received per second since the last tick.
    pub received_per_s: f64,
    /// Acknowledgement p99 of the last whole second (actual), ns.
    pub acknowledge_p99_ns: Option<u64>,
    /// End-to-end p99 of the last whole second (actual), ns.
    pub end_to_end_p99_ns: Option<u64>,
    /// acknowledged × subscriptions − received.
    pub backlog: u64,
    /// Late sends so far.
    pub late_sends: u64,
    /// Each client by itself.
    pub clients: Vec<ClientLive>,
}
