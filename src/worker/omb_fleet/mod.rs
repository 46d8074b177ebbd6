//! `OmbWorkers`: a fleet with at least one worker that knows OMB's protocol only (OMB's own, in Java). The whole fleet
//! then speaks it, pinload's workers too, and is driven as OMB's coordinator drives it (DistributedWorkersEnsemble),
//! with these differences: a single worker is allowed; lists are dealt in order, not shuffled; before `stop-all`
//! producers are slowed down and consumers waited for, so that acknowledged and received messages can be compared, and
//! producers see the end before they are closed; a worker that fails is named with its own words.
//!
//! `suit` refuses what such workers cannot do, `calls` makes calls to all at once, `begin`, `ready`, `end` and
//! `run_out` are the ends of a run, `counts` and `figures` add up what workers report, `watch` notices who is gone.

mod begin;
mod calls;
mod counts;
mod end;
mod figures;
mod ready;
mod restrict;
mod run_out;
mod watch;

pub use restrict::restrict_to_omb;

use super::fleet::{FleetSettings, WorkerReplies, interruption};
use super::wire::pinload::WorkerGreeting;
use super::{
    CountersStats, Interruption, LatencySet, LiveCounters, PeriodStats, ProgressText, RunEnd, SubscriptionBalance,
    Wake, Worker, WorkerError, WorkerLoss,
};
use crate::os::clock::{Calibration, Clock};
use crate::os::signals::Signal;
use crate::plan::{ClientPlan, Plan};
use crate::telemetry::Role;
use calls::OmbPeer;
use counts::OmbTotals;
use crossbeam_channel::{Receiver, Sender};
use figures::ReportedTotals;
use std::collections::VecDeque;
use std::time::Duration;

/// For a call that takes no time of its own; Java packs three large histograms meanwhile.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// One worker of the fleet.
#[derive(Debug)]
struct OmbMember {
    peer: OmbPeer,
    /// What a pinload worker said of itself; None: it is one of OMB's.
    hello: Option<WorkerGreeting>,
    clients: Vec<ClientPlan>,
    lost: bool,
    /// A run of ours may be going on there.
    begun: bool,
    /// Its newest counters.
    counts: OmbTotals,
    /// The same when the load began: probes.
    probes: OmbTotals,
    /// What it has told of in periods.
    told: ReportedTotals,
}

impl OmbMember {
    fn has(&self, role: Role) -> bool {
        self.clients.iter().any(|client| client.role == role)
    }
}

/// A worker, by its number, that is gone.
type WorkerGone = (usize, WorkerLoss);

/// See the file's head.
#[derive(Debug)]
pub struct OmbWorkers {
    settings: FleetSettings,
    roll_call: Option<WorkerReplies>,
    signals: Receiver<Signal>,
    clock: Clock,
    clock_reason: String,
    plan: Option<Plan>,
    members: Vec<OmbMember>,
    alarms: (Sender<WorkerGone>, Receiver<WorkerGone>),
    /// Dropped at the end: nobody watches any more.
    watching: Option<(Sender<()>, Receiver<()>)>,
    topics: Vec<String>,
    epoch_ns: u64,
    period_from_ns: u64,
    /// When the last round of probes was sent.
    probed_ns: Option<u64>,
    /// Probes asked for, all rounds.
    probes_asked: u64,
    /// When counters were last asked for.
    counted_ns: u64,
    /// Latencies of all periods since the last reset.
    so_far: LatencySet,
    interrupts: usize,
    /// Losses that have not been told yet.
    losses: VecDeque<WorkerLoss>,
    warnings: Vec<String>,
    usage_at_start: crate::os::usage::Usage,
    closed: bool,
}

impl OmbWorkers {
    /// A fleet that hears of signals through `signals`.
    pub fn new(
        settings: FleetSettings,
        roll_call: WorkerReplies,
        signals: Receiver<Signal>,
        calibration: Calibration,
    ) -> Self {
        let reason = calibration.reason().to_owned();
        Self {
            settings,
            roll_call: Some(roll_call),
            signals,
            clock: calibration.finish(Duration::from_secs(1)),
            clock_reason: reason,
            plan: None,
            members: Vec::new(),
            alarms: crossbeam_channel::unbounded(),
            watching: Some(crossbeam_channel::bounded(0)),
            topics: Vec::new(),
            epoch_ns: 0,
            period_from_ns: 0,
            probed_ns: None,
            probes_asked: 0,
            counted_ns: 0,
            so_far: LatencySet::empty(),
            interrupts: 0,
            losses: VecDeque::new(),
            warnings: Vec::new(),
            usage_at_start: crate::os::usage::of_self(),
            closed: false,
        }
    }

    fn plan(&self) -> Result<&Plan, WorkerError> {
        self.plan.as_ref().ok_or_else(|| WorkerError::System("initialize_driver was not called".to_owned()))
    }

    fn with(role: Role) -> impl Fn(&OmbMember) -> bool {
        move |member| member.has(role)
    }

    fn in_a_hurry(&self) -> bool {
        self.interrupts > 1
    }

    /// A loss that was not known yet.
    fn alarmed(&mut self, (member, loss): WorkerGone) -> Option<WorkerLoss> {
        let known = std::mem::replace(&mut self.members[member].lost, true);
        (!known).then_some(loss)
    }

    /// Waits inside a verb: whatever comes before the deadline ends the verb.
    fn pause(&mut self, deadline_ns: u64) -> Result<(), WorkerError> {
        match self.wait_until(deadline_ns) {
            Wake::Deadline => Ok(()),
            Wake::Interrupted(by) => Err(WorkerError::Interrupted(by)),
            Wake::WorkerLost(loss) => Err(WorkerError::WorkerLost(loss)),
            Wake::ClientDied(death) => Err(WorkerError::ClientDied(death)),
            Wake::BrokerLost(loss) => Err(WorkerError::BrokerLost(loss)),
        }
    }
}

impl Worker for OmbWorkers {
    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    fn wait_until(&mut self, deadline_ns: u64) -> Wake {
        if let Some(loss) = self.losses.pop_front() {
            return Wake::WorkerLost(loss);
        }
        loop {
            let left = Duration::from_nanos(deadline_ns.saturating_sub(self.clock.now_ns()));
            let wake = crossbeam_channel::select! {
                recv(self.signals) -> signal => match signal.map(interruption) {
                    Ok(by) => by.map(|by: Interruption| { self.interrupts += 1; Wake::Interrupted(by) }),
                    Err(_) => { self.signals = crossbeam_channel::never(); None }
                },
                recv(self.alarms.1) -> alarm => {
                    alarm.ok().and_then(|alarm| self.alarmed(alarm)).map(Wake::WorkerLost)
                },
                default(left) => Some(Wake::Deadline),
            };
            if let Some(wake) = wake {
                return wake;
            }
        }
    }

    fn initialize_driver(&mut self, plan: &Plan, _tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.begin(plan)
    }

    fn create_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError> {
        self.make_topics(tell)
    }

    fn create_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        self.make_consumers(topics)
    }

    fn create_producers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        self.make_producers(topics)
    }

    fn probe_producers(&mut self) -> Result<(), WorkerError> {
        self.probe()
    }

    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError> {
        self.missing()
    }

    fn start_load(&mut self) -> Result<u64, WorkerError> {
        self.start()
    }

    fn adjust_publish_rate(&mut self, total_per_s: f64) -> Result<(), WorkerError> {
        self.adjust(total_per_s)
    }

    fn pause_consumers(&mut self) -> Result<(), WorkerError> {
        self.post(Self::with(Role::Consumer), "/pause-consumers", CALL_LIMIT)
    }

    fn resume_consumers(&mut self) -> Result<(), WorkerError> {
        self.post(Self::with(Role::Consumer), "/resume-consumers", CALL_LIMIT)
    }

    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError> {
        self.look()?;
        self.stats()
    }

    fn live(&mut self) -> Result<LiveCounters, WorkerError> {
        let CountersStats { expected_receipts, receipts, .. } = self.counters_stats()?;
        let counters = self.totals();
        Ok(LiveCounters {
            counters,
            expected_receipts,
            receipts,
            acknowledge_p99_ns: None,
            end_to_end_p99_ns: None,
            clients: Vec::new(),
        })
    }

    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        self.period(boundary_ns)
    }

    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError> {
        self.cumulative()
    }

    fn latencies_so_far(&mut self) -> Result<LatencySet, WorkerError> {
        Ok(self.so_far.clone())
    }

    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        self.reset(boundary_ns)
    }

    fn stop_producers(&mut self) -> Result<(), WorkerError> {
        self.slow_down()
    }

    fn catch_up(&mut self) -> Result<(), WorkerError> {
        self.let_consumers_catch_up()
    }

    fn stop_all(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        self.let_java_producers_run_out(tell);
        let java = |member: &OmbMember| member.hello.is_none() && member.begun && !member.lost;
        if self.members.iter().any(|member| java(member) && member.has(Role::Consumer)) {
            tell("closing OMB's workers; Java's consumers wait for commits that they queued, which takes up to 30 s");
        }
        Ok(self.end())
    }

    /// OMB's workers cannot tell one message from another: there are totals, in `RunEnd`.
    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        Ok(Vec::new())
    }
}

impl Drop for OmbWorkers {
    /// A fleet that is dropped in the middle leaves no run on its workers.
    fn drop(&mut self) {
        if !self.closed {
            self.end();
        }
    }
}
