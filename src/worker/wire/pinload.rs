//! pinload's own protocol between coordinator and worker: JSON over HTTP below `/pinload/v1/`.
//!
//! | call | body → reply |
//! |---|---|
//! | GET `hello` | – → `Hello` |
//! | GET `pulse` | – → `Pulse`; answered at once whatever the worker is doing |
//! | GET `time` | – → `WallTime`; at once too |
//! | POST `abort` | ends the verb that is under way; at once too |
//! | POST `initialize` | `Initialize` → `Initialized` |
//! | POST `create-topics` | – → `Topics` |
//! | POST `create-consumers`, `create-producers` | `Topics` → – |
//! | POST `probe-producers`, `pause-consumers`, `resume-consumers`, `stop-producers`, `commit-consumers` | – → – |
//! | GET `standings` | – → list of `Standing` |
//! | POST `start-load` | `StartLoad` → `Started` |
//! | POST `adjust-publish-rate` | `TotalRate` → – |
//! | GET `live`, `cumulative-latencies` | – → `Live`, `LatencySet` |
//! | POST `period-stats`, `reset-stats` | `Boundary` → `PeriodStats`, – |
//! | POST `stop` | – → `Stopped` |
//!
//! Every call but the first four carries the run's id in the header `x-pinload-run`. Whatever fails answers with status
//! 4xx or 5xx and a `Failure`.

mod failure;

pub use failure::Failure;

use crate::os::host::{HostIdentity, WallClock};
use crate::plan::{Placement, Plan};
use crate::worker::client_status::ClientStatus;
use crate::worker::{BrokerLoss, ClientDeath, RunEnd};

/// Header with the run's id: 16 hexadecimal digits.
pub const RUN_HEADER: &str = "x-pinload-run";
/// Version of this protocol; peers of another version are refused.
pub const WIRE: u32 = 2;
/// Where pinload's own calls begin.
pub const PREFIX: &str = "/pinload/v1/";

/// A run's id as text.
pub fn run_text(run: u64) -> String {
    format!("{run:016x}")
}

/// Who the worker is.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct WorkerGreeting {
    /// pinload's version.
    pub version: String,
    /// Version of the protocol.
    pub wire: u32,
    /// The host.
    pub host: HostIdentity,
    /// The kernel's account of its wall clock; None: it does not say.
    pub wall_clock: Option<WallClock>,
    /// The run that is active, if one is.
    pub run: Option<String>,
    /// Is a run of OMB's protocol active, which has no name?
    #[serde(default)]
    pub omb_run: bool,
}

impl WorkerGreeting {
    /// What the worker is busy with, if it is.
    pub fn busy_with(&self) -> Option<String> {
        match &self.run {
            Some(run) => Some(format!("run {run}")),
            None if self.omb_run => {
                Some("a run of OMB's protocol: wait for its end, or end it (POST /stop-all)".to_owned())
            }
            None => None,
        }
    }
}

/// A sign of life.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Heartbeat {
    /// pinload's version.
    pub version: String,
    /// The run that is active, if one is.
    pub run: Option<String>,
    /// A client that has died in it.
    pub death: Option<ClientDeath>,
    /// The broker, as far as the worker misses it.
    #[serde(default)]
    pub loss: Option<BrokerLoss>,
}

/// The worker's wall clock.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct WallTime {
    /// CLOCK_REALTIME, ns.
    pub realtime_ns: u64,
}

/// A plan with what it keeps to itself elsewhere: the properties in force, secrets in clear.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PlanOnWire {
    plan: Plan,
    admin: Vec<(String, String)>,
    producer: Vec<(String, String)>,
    consumer: Vec<(String, String)>,
}

impl From<Plan> for PlanOnWire {
    fn from(plan: Plan) -> Self {
        Self {
            admin: plan.driver.admin.effective.clone(),
            producer: plan.driver.producer.effective.clone(),
            consumer: plan.driver.consumer.effective.clone(),
            plan,
        }
    }
}

impl From<PlanOnWire> for Plan {
    fn from(wire: PlanOnWire) -> Self {
        let PlanOnWire { mut plan, admin, producer, consumer } = wire;
        plan.driver.admin.effective = admin;
        plan.driver.producer.effective = producer;
        plan.driver.consumer.effective = consumer;
        plan.driver.decide_settings();
        plan
    }
}

/// The name of one consumer group.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct GroupName {
    /// Topic number.
    pub topic: u32,
    /// Subscription number within the topic.
    pub subscription: u32,
    /// Name.
    pub name: String,
}

/// A run begins. `plan.clients` are this worker's alone, numbered over all workers; their places are the worker's to
/// choose.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Initialize {
    /// The run's id.
    pub run: u64,
    /// Without a call for so long the worker ends the run by itself, ms.
    pub lease_ms: u64,
    /// What is to happen.
    pub plan: PlanOnWire,
    /// The groups of all topics.
    pub groups: Vec<GroupName>,
    /// Are stamps read by clients of other workers? Then they carry wall-clock times.
    pub wall_stamps: bool,
}

/// Where the worker puts its clients, and why.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Initialized {
    /// Places, in the order of `plan.clients`.
    pub placement: Placement,
}

/// Names of topics, in the order of their numbers.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TopicNames {
    /// Names.
    pub topics: Vec<String>,
    /// Partitions of each, as found or made.
    pub partitions: Vec<u32>,
}

/// The load is to begin.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct StartLoad {
    /// At this moment of the worker's wall clock, ns.
    pub epoch_realtime_ns: u64,
}

/// The load will begin.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Started {
    /// Time that was left when the order had been carried out, ns.
    pub ahead_ns: u64,
}

/// A run has ended.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RunStopped {
    /// The worker's last report.
    pub end: RunEnd,
    /// Its clients' books, closed.
    pub statuses: Vec<ClientStatus>,
}

/// A new rate.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct TotalRate {
    /// Of all producers of all workers, messages per second.
    pub total_per_s: f64,
}

/// A moment of the run's time line.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Boundary {
    /// Since the load's epoch, ns.
    pub offset_ns: u64,
}

#[cfg(test)]
mod tests;
