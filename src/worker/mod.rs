//! OMB's worker verbs. `LocalWorker` runs client processes; `fleet` drives workers on other hosts, by pinload's
//! protocol or by OMB's; the fake has scripted periods and deaths on a virtual clock.

mod balances;
mod catching_up;
pub mod client_status;
pub mod facts;
#[cfg(test)]
pub mod fake;
pub mod fleet;
pub mod hosts;
mod http_client;
pub mod local;
mod losses;
pub mod metrics;
mod naming;
mod readiness;
pub mod scrape;
pub mod server;
pub mod stats;
mod system_error;
mod timeline;
pub mod wire;
pub mod witness;

pub use facts::{ClientFacts, ClientKernelFacts, ClientSpans};
pub use hosts::{Environment, HostReport};
pub use losses::{BrokerLoss, ClientDeath, Interruption, WorkerLoss};
pub use stats::*;
pub use system_error::SystemError;
pub use timeline::{ClientTimeline, PackedPoint};
pub use witness::{ClientMoment, ClientTrouble};

use crate::load::accounting::Balance;
use crate::plan::Plan;

/// Why a verb failed. `cli` maps each to an exit code.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// No broker answered.
    #[error("cannot reach the broker: {0}")]
    Unreachable(String),
    /// The broker refused the credentials.
    #[error("the broker refused the authentication: {0}")]
    Authentication(String),
    /// A topic could not be created, or exists already.
    #[error("cannot create topics: {0}")]
    Topics(String),
    /// A client died or failed.
    #[error("{0}")]
    ClientDied(ClientDeath),
    /// A wait reached its limit; says what is missing.
    #[error("{0}")]
    TimedOut(String),
    /// Shared memory, processes, files: the machine refused.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The client library refused a setting.
    #[error("{0}")]
    Configuration(String),
    /// Ctrl-C or SIGTERM came while waiting.
    #[error("interrupted")]
    Interrupted(Interruption),
    /// Workers on other hosts cannot be used: not reached, busy, of another kind. Nothing has been started.
    #[error(transparent)]
    Workers(#[from] fleet::FleetError),
    /// A worker on another host is gone, or does not answer.
    #[error("{0}")]
    WorkerLost(WorkerLoss),
    /// The broker is gone in the middle of the load.
    #[error("{0}")]
    BrokerLost(BrokerLoss),
}

/// Why a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// The deadline came.
    Deadline,
    /// A signal came.
    Interrupted(Interruption),
    /// A client ended.
    ClientDied(ClientDeath),
    /// A worker on another host is gone.
    WorkerLost(WorkerLoss),
    /// The broker is gone.
    BrokerLost(BrokerLoss),
}

/// Hears, in words for people, what a verb that takes its time is doing.
pub type ProgressText<'a> = &'a mut dyn FnMut(&str);

/// For who does not want to hear it.
pub fn untold(_: &str) {}

/// OMB's verbs, plus time: whoever runs the script waits through the worker, so that a fake can have a virtual clock.
pub trait Worker {
    /// Now on the run's raw clock, ns.
    fn now_ns(&self) -> u64;
    /// Waits until `deadline_ns`, a signal or a death.
    fn wait_until(&mut self, deadline_ns: u64) -> Wake;
    /// Takes the plan and what belongs to the driver (embedded broker started, connection and credentials checked).
    /// `tell` hears what is waited for, here and below.
    fn initialize_driver(&mut self, plan: &Plan, tell: ProgressText<'_>) -> Result<(), WorkerError>;
    /// Creates the topics (existing ones are an error unless named as such) and returns their names.
    fn create_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError>;
    /// Starts all consumers and waits until each is connected.
    fn create_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError>;
    /// Starts all producers and waits until each is connected.
    fn create_producers(&mut self, topics: &[String]) -> Result<(), WorkerError>;
    /// One more round of probes from every producer.
    fn probe_producers(&mut self) -> Result<(), WorkerError>;
    /// What is still missing for readiness, in words; empty when all is ready.
    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError>;
    /// Releases all producers at one epoch; returns it (raw ns).
    fn start_load(&mut self) -> Result<u64, WorkerError>;
    /// New total rate for running producers.
    fn adjust_publish_rate(&mut self, total_per_s: f64) -> Result<(), WorkerError>;
    /// Real partition pause of every consumer.
    fn pause_consumers(&mut self) -> Result<(), WorkerError>;
    /// And back.
    fn resume_consumers(&mut self) -> Result<(), WorkerError>;
    /// Live totals, read now.
    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError>;
    /// Live totals and the newest second's p99s, for people.
    fn live(&mut self) -> Result<LiveCounters, WorkerError>;
    /// What happened since the last call (or `reset_stats`), cut at `boundary_ns`, which lies on the 1-s time line.
    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError>;
    /// Latencies since `reset_stats`, asked for once, at the end of a phase.
    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError>;
    /// The same while the phase goes on. Apart from the other because OMB's workers forget what they have told of it.
    fn latencies_so_far(&mut self) -> Result<LatencySet, WorkerError> {
        self.cumulative_latencies()
    }
    /// The measurement begins at `boundary_ns` (on the 1-s time line): period and cumulative baselines are set there.
    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError>;
    /// Producers stop and flush; returns when all are quiet or the limit is reached.
    fn stop_producers(&mut self) -> Result<(), WorkerError>;
    /// Waits until consumers have all that was acknowledged, no more comes, or the limit is reached.
    fn catch_up(&mut self) -> Result<(), WorkerError>;
    /// Ends every client, drains once more, deletes own topics as planned, stops helpers. Never leaves anything behind,
    /// whatever failed before.
    fn stop_all(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError>;
    /// Per topic, subscription and producer: the balance so far.
    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError>;
}

/// The balance of one producer in one subscription.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
pub struct SubscriptionBalance {
    /// Name of the topic.
    pub topic: String,
    /// Consumer group; null: nobody subscribes.
    pub group: Option<String>,
    /// Index of the producer.
    pub producer: u32,
    /// The figures.
    #[serde(flatten)]
    pub balance: Balance,
}
