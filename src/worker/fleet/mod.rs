//! `DistributedWorkers`: a worker that is made of workers on other hosts, each a `pinload worker`, driven by pinload's
//! own protocol (`wire::pinload`). The plan is one for all: clients are numbered over all hosts, one epoch and one
//! schedule hold for all producers, and what depends on clients of several hosts (readiness, catching up, balances) is
//! decided here from their standings.
//!
//! `split` says who does what, `peer` makes calls, `calls` makes them to all at once, `heartbeat` notices who is gone,
//! `clocks` compares wall clocks, `begin` and `end` are the two ends of a run, `merge` adds up what workers report.

mod begin;
pub(super) mod calls;
pub mod clocks;
mod end;
mod heartbeat;
mod merge;
pub(super) mod peer;
mod roll_call;
pub mod split;

use super::client_status::ClientStatus;
use super::wire::pinload::{Boundary, TopicNames, TotalRate};
use super::{
    ClientLive, ClientReport, CountersStats, Interruption, LatencySet, LiveCounters, PeriodStats, ProgressText, RunEnd,
    SubscriptionBalance, Wake, Worker, WorkerError, WorkerLoss, readiness, untold,
};
use crate::os::clock::{Calibration, Clock};
use crate::os::host::HostIdentity;
use crate::os::signals::Signal;
use crate::plan::{ClientPlan, Placement, Plan};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::units::counted;
use crate::worker::wire::pinload::WorkerGreeting;
use clocks::{ClockOffset, ClockWatch};
use crossbeam_channel::{Receiver, Sender};
use heartbeat::FleetAlarm;
use peer::Peer;
pub use roll_call::WorkerReplies;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

/// How to reach the workers.
#[derive(Debug, Clone)]
pub struct FleetSettings {
    /// Base addresses, `http://host:port`.
    pub workers: Vec<String>,
    /// What workers want to be shown.
    pub token: Option<String>,
    /// OMB's `-x`: more workers consume.
    pub extra_consumers: bool,
}

/// Without a word from us for so long a worker ends the run by itself; heartbeats come every second.
const LEASE: Duration = Duration::from_secs(15);
/// For a call that takes no time of its own.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// On top of what a verb may take on the worker.
pub(super) const CALL_MARGIN: Duration = Duration::from_secs(15);

/// One worker of the fleet.
#[derive(Debug)]
struct FleetMember {
    peer: Peer,
    /// OMB's leader: the first worker; it makes the topics.
    is_leader: bool,
    clients: Vec<ClientPlan>,
    hello: Option<WorkerGreeting>,
    clock: Option<ClockOffset>,
    placement: Option<Placement>,
    /// Time that was left before the epoch when it had the order to start, ns.
    ahead_ns: u64,
    /// A run of ours is going on there.
    begun: bool,
    lost: bool,
    statuses: Vec<ClientStatus>,
}

impl FleetMember {
    fn has(&self, role: Role) -> bool {
        self.clients.iter().any(|client| client.role == role)
    }
}

/// See the file's head.
#[derive(Debug)]
pub struct DistributedWorkers {
    settings: FleetSettings,
    /// What workers said at the beginning.
    roll_call: Option<WorkerReplies>,
    signals: Receiver<Signal>,
    clock: Clock,
    clock_reason: String,
    here: HostIdentity,
    clocks: ClockWatch,
    run: u64,
    plan: Option<Plan>,
    members: Vec<FleetMember>,
    alarms: (Sender<FleetAlarm>, Receiver<FleetAlarm>),
    /// Dropped at the end: heartbeats stop.
    beating: Option<(Sender<()>, Receiver<()>)>,
    topics: Vec<String>,
    epoch_ns: u64,
    period_from_ns: u64,
    interrupts: usize,
    /// Losses that have not been told yet.
    losses: VecDeque<WorkerLoss>,
    /// A verb was left while workers were still at it.
    under_way: bool,
    warnings: Vec<String>,
    lost_clients: Vec<ClientReport>,
    usage_at_start: crate::os::usage::Usage,
    closed: bool,
}

impl DistributedWorkers {
    /// A fleet that hears of signals through `signals`.
    pub fn new(
        settings: FleetSettings,
        roll_call: WorkerReplies,
        signals: Receiver<Signal>,
        calibration: Calibration,
        root: &Path,
    ) -> Self {
        let reason = calibration.reason().to_owned();
        Self {
            settings,
            roll_call: Some(roll_call),
            signals,
            clock: calibration.finish(Duration::from_secs(1)),
            clock_reason: reason,
            here: HostIdentity::read(root),
            clocks: ClockWatch::default(),
            run: fastrand::u64(1..),
            plan: None,
            members: Vec::new(),
            alarms: crossbeam_channel::unbounded(),
            beating: Some(crossbeam_channel::bounded(0)),
            topics: Vec::new(),
            epoch_ns: 0,
            period_from_ns: 0,
            interrupts: 0,
            losses: VecDeque::new(),
            under_way: false,
            warnings: Vec::new(),
            lost_clients: Vec::new(),
            usage_at_start: crate::os::usage::of_self(),
            closed: false,
        }
    }

    fn plan(&self) -> Result<&Plan, WorkerError> {
        self.plan.as_ref().ok_or_else(|| WorkerError::System("initialize_driver was not called".to_owned()))
    }

    fn offset(&self, boundary_ns: u64) -> Boundary {
        Boundary { offset_ns: boundary_ns.saturating_sub(self.epoch_ns) }
    }

    fn with(role: Role) -> impl Fn(&FleetMember) -> bool {
        move |member| member.has(role)
    }

    /// Where all clients stand; those of lost workers stood where they were last seen.
    fn look(&mut self) -> Result<Vec<ClientStatus>, WorkerError> {
        let answers =
            self.get_each::<Vec<ClientStatus>>(|member| !member.clients.is_empty(), "standings", CALL_LIMIT)?;
        for (member, statuses) in answers {
            self.members[member].statuses = statuses;
        }
        Ok(self.last_standings())
    }

    fn last_standings(&self) -> Vec<ClientStatus> {
        self.members.iter().flat_map(|member| member.statuses.iter().cloned()).collect()
    }

    fn interrupted(&mut self, by: Interruption) -> Wake {
        self.interrupts += 1;
        Wake::Interrupted(by)
    }

    fn in_a_hurry(&self) -> bool {
        self.interrupts > 1
    }

    fn alarmed(&mut self, alarm: FleetAlarm) -> Option<Wake> {
        match alarm {
            FleetAlarm::Lost(member, loss) => {
                let known = std::mem::replace(&mut self.members[member].lost, true);
                (!known).then_some(Wake::WorkerLost(loss))
            }
            FleetAlarm::Death(death) => Some(Wake::ClientDied(death)),
            FleetAlarm::Clocks(comparison) => {
                self.clocks.take(comparison, &self.routes());
                None
            }
            FleetAlarm::Broker(loss) => Some(Wake::BrokerLost(loss)),
        }
    }
}

pub(super) fn interruption(signal: Signal) -> Option<Interruption> {
    match signal {
        Signal::Interrupt => Some(Interruption::Interrupt),
        Signal::Terminate => Some(Interruption::Terminate),
        Signal::Child => None,
    }
}

impl Worker for DistributedWorkers {
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
                    Ok(Some(by)) => Some(self.interrupted(by)),
                    Ok(None) => None,
                    Err(_) => { self.signals = crossbeam_channel::never(); None }
                },
                recv(self.alarms.1) -> alarm => alarm.ok().and_then(|alarm| self.alarmed(alarm)),
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
        let plan = self.plan()?;
        let limit = plan.limits.topics + CALL_MARGIN;
        if let Some(leader) = self.members.iter().find(|member| member.is_leader) {
            let (topics, limit_s) = (counted(plan.topics.count, "topic"), limit.as_secs());
            tell(&format!("{} creates {topics} (at most {limit_s} s, --topics-timeout)", leader.peer.url));
        }
        let mut answers = self.post_each::<TopicNames>(|member| member.is_leader, "create-topics", &(), limit)?;
        let Some((_, TopicNames { topics, partitions })) = answers.pop() else {
            return Err(WorkerError::System("no worker to create topics".to_owned()));
        };
        if let Some(plan) = &mut self.plan
            && (0..).zip(&partitions).any(|(topic, found)| plan.partitions_of(topic) != *found)
        {
            plan.set_partitions(&partitions);
        }
        self.topics.clone_from(&topics);
        Ok(topics)
    }

    fn create_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        self.create_clients(Role::Consumer, "create-consumers", topics)
    }

    fn create_producers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        self.create_clients(Role::Producer, "create-producers", topics)
    }

    fn probe_producers(&mut self) -> Result<(), WorkerError> {
        self.post_each::<()>(Self::with(Role::Producer), "probe-producers", &(), CALL_LIMIT).map(drop)
    }

    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError> {
        let statuses = self.look()?;
        Ok(readiness::missing(self.plan()?, &statuses))
    }

    fn start_load(&mut self) -> Result<u64, WorkerError> {
        self.start_all_at_once()
    }

    fn adjust_publish_rate(&mut self, total_per_s: f64) -> Result<(), WorkerError> {
        let rate = TotalRate { total_per_s };
        self.post_each::<()>(Self::with(Role::Producer), "adjust-publish-rate", &rate, CALL_LIMIT).map(drop)
    }

    fn pause_consumers(&mut self) -> Result<(), WorkerError> {
        self.post_each::<()>(Self::with(Role::Consumer), "pause-consumers", &(), CALL_LIMIT).map(drop)
    }

    fn resume_consumers(&mut self) -> Result<(), WorkerError> {
        self.post_each::<()>(Self::with(Role::Consumer), "resume-consumers", &(), CALL_LIMIT).map(drop)
    }

    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError> {
        let live = self.live()?;
        let all = live.counters;
        Ok(CountersStats {
            messages_sent: all[Counter::MessagesAcknowledged],
            messages_received: all[Counter::MessagesReceived],
            message_send_errors: all[Counter::MessagesFailed],
            probes_sent: all[Counter::ProbesAcknowledged],
            probes_received: all[Counter::ProbesReceived],
            messages_enqueued: all[Counter::MessagesEnqueued],
            expected_receipts: live.expected_receipts,
            receipts: live.receipts,
        })
    }

    fn live(&mut self) -> Result<LiveCounters, WorkerError> {
        let answers = self.get_of_living::<LiveCounters>("live", CALL_LIMIT)?;
        let mut live = LiveCounters {
            counters: Counters::default(),
            expected_receipts: 0,
            receipts: 0,
            acknowledge_p99_ns: None,
            end_to_end_p99_ns: None,
            clients: Vec::new(),
        };
        for (member, part) in answers {
            live.counters.add(&part.counters);
            live.expected_receipts += part.expected_receipts;
            live.receipts += part.receipts;
            // The worst host's: a line for people, which needs no histograms on the way.
            live.acknowledge_p99_ns = live.acknowledge_p99_ns.max(part.acknowledge_p99_ns);
            live.end_to_end_p99_ns = live.end_to_end_p99_ns.max(part.end_to_end_p99_ns);
            let worker = &self.members[member].peer.url;
            live.clients
                .extend(part.clients.into_iter().map(|client| ClientLive { worker: Some(worker.clone()), ..client }));
        }
        Ok(live)
    }

    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        let boundary = self.offset(boundary_ns);
        let parts = self.post_to_living::<PeriodStats>("period-stats", &boundary, CALL_LIMIT)?;
        // What is known of clients when their worker is lost later.
        for (member, statuses) in self.get_of_living::<Vec<ClientStatus>>("standings", CALL_LIMIT)? {
            self.members[member].statuses = statuses;
        }
        let start_ns = std::mem::replace(&mut self.period_from_ns, boundary_ns);
        Ok(merge::periods(start_ns, boundary_ns, parts.into_iter().map(|(_, part)| part)))
    }

    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError> {
        let parts = self.get_of_living::<LatencySet>("cumulative-latencies", CALL_LIMIT)?;
        let mut all = LatencySet::empty();
        parts.iter().for_each(|(_, part)| all.add(&part.by_family));
        Ok(all)
    }

    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        let boundary = self.offset(boundary_ns);
        self.post_each::<()>(|member| !member.clients.is_empty(), "reset-stats", &boundary, CALL_LIMIT)?;
        self.period_from_ns = boundary_ns;
        Ok(())
    }

    fn stop_producers(&mut self) -> Result<(), WorkerError> {
        let limit = self.plan()?.limits.flush + CALL_MARGIN;
        self.post_each::<()>(Self::with(Role::Producer), "stop-producers", &(), limit).map(drop)
    }

    fn catch_up(&mut self) -> Result<(), WorkerError> {
        self.let_consumers_catch_up()
    }

    fn stop_all(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        self.end(tell)
    }

    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        Ok(super::balances::balance_all(self.plan()?, &self.last_standings()))
    }
}

impl Drop for DistributedWorkers {
    /// A fleet that is dropped in the middle leaves no run on its workers.
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.end(&mut untold);
        }
    }
}
