//! Workers on other hosts as one worker: the coordinator. The plan is one for all; clients are numbered over all hosts.
//!
//! `split` says who does what, `begin` finds the workers and starts the run, `calls` asks several at once, `heartbeat`
//! notices who is gone, `clocks` compares wall clocks, `merge` adds up what workers report, `end` lets consumers catch
//! up and ends the run. `protocol` is what differs between the two protocols that the coordinator speaks: `pinload`
//! (workers that are all pinload's) and `omb` (a fleet with at least one of OMB's own, in Java).

mod begin;
mod calls;
pub mod clocks;
mod end;
mod errors;
mod heartbeat;
mod merge;
mod omb;
mod peer;
mod pinload;
mod protocol;
mod roll_call;
pub mod split;
mod verbs;

pub use errors::FleetError;
pub use omb::restrict::restrict_to_omb;
pub use roll_call::WorkerReplies;

use super::wire::pinload::WorkerGreeting;
use super::{Interruption, SystemError, Wake, Worker, WorkerError, WorkerLoss, untold};
use crate::caveat::Caveat;
use crate::os::clock::{Calibration, Clock};
use crate::os::host::HostIdentity;
use crate::os::signals::Signal;
use crate::os::usage::{Usage, of_self};
use crate::plan::{ClientPlan, Plan};
use crate::telemetry::Role;
use clocks::ClockWatch;
use crossbeam_channel::{Receiver, Sender};
use heartbeat::FleetAlarm;
use peer::Peer;
use protocol::FleetEnding;
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

/// On top of what a verb may take on the worker.
const CALL_MARGIN: Duration = Duration::from_secs(15);

/// Workers that are all pinload's. They hear of signals through `signals`; below `root` stand the kernel's files that
/// tell who this host is.
pub fn pinload_workers(
    settings: FleetSettings,
    roll_call: WorkerReplies,
    signals: Receiver<Signal>,
    calibration: Calibration,
    root: &Path,
) -> impl Worker + use<> {
    let protocol = pinload::PinloadProtocol::new(HostIdentity::read(root));
    DistributedWorkers::new(protocol, settings, roll_call, signals, calibration)
}

/// Workers of which at least one knows OMB's protocol only; all are driven by it, as `restrict_to_omb` has planned.
pub fn omb_workers(
    settings: FleetSettings,
    roll_call: WorkerReplies,
    signals: Receiver<Signal>,
    calibration: Calibration,
) -> impl Worker {
    DistributedWorkers::new(omb::OmbProtocol::default(), settings, roll_call, signals, calibration)
}

/// One worker of the fleet.
#[derive(Debug)]
struct FleetMember<K> {
    peer: Peer,
    /// What a pinload worker said of itself; None: it is one of OMB's.
    hello: Option<WorkerGreeting>,
    clients: Vec<ClientPlan>,
    /// A run of ours may be going on there.
    begun: bool,
    lost: bool,
    /// What the protocol knows of it.
    known: K,
}

impl<K> FleetMember<K> {
    fn has(&self, role: Role) -> bool {
        self.clients_of(role).next().is_some()
    }

    fn clients_of(&self, role: Role) -> impl Iterator<Item = &ClientPlan> {
        self.clients.iter().filter(move |client| client.role == role)
    }
}

/// A coordinator's workers by pinload's protocol.
#[derive(Debug)]
struct DistributedWorkers<P: FleetEnding> {
    protocol: P,
    settings: FleetSettings,
    /// What workers said at the beginning.
    roll_call: Option<WorkerReplies>,
    signals: Receiver<Signal>,
    clock: Clock,
    clock_reason: String,
    clocks: ClockWatch,
    plan: Option<Plan>,
    /// In the order of the settings; the first one leads: it makes the topics.
    members: Vec<FleetMember<P::Known>>,
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
    warnings: Vec<Caveat>,
    usage_at_start: Usage,
    closed: bool,
}

impl<P: FleetEnding> DistributedWorkers<P> {
    fn new(
        protocol: P,
        settings: FleetSettings,
        roll_call: WorkerReplies,
        signals: Receiver<Signal>,
        calibration: Calibration,
    ) -> Self {
        let clock_reason = calibration.reason().to_owned();
        Self {
            protocol,
            settings,
            roll_call: Some(roll_call),
            signals,
            clock: calibration.finish(Duration::from_secs(1)),
            clock_reason,
            clocks: ClockWatch::default(),
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
            usage_at_start: of_self(),
            closed: false,
        }
    }

    fn plan(&self) -> Result<&Plan, WorkerError> {
        self.plan.as_ref().ok_or_else(|| SystemError::TooEarly("initialize_driver was not called").into())
    }

    /// Waits until `deadline_ns`, a signal, or something that is heard of a worker.
    fn wait(&mut self, deadline_ns: u64) -> Wake {
        if let Some(loss) = self.losses.pop_front() {
            return Wake::WorkerLost(loss);
        }
        loop {
            let left = Duration::from_nanos(deadline_ns.saturating_sub(self.clock.now_ns()));
            let wake = crossbeam_channel::select! {
                recv(self.signals) -> signal => match signal.map(interruption) {
                    Ok(by) => by.map(|by| { self.interrupts += 1; Wake::Interrupted(by) }),
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

    /// Waits inside a verb: whatever comes before the deadline ends the verb.
    fn pause(&mut self, deadline_ns: u64) -> Result<(), WorkerError> {
        match self.wait(deadline_ns) {
            Wake::Deadline => Ok(()),
            Wake::Interrupted(by) => Err(WorkerError::Interrupted(by)),
            Wake::WorkerLost(loss) => Err(WorkerError::WorkerLost(loss)),
            Wake::ClientDied(death) => Err(WorkerError::ClientDied(death)),
            Wake::BrokerLost(loss) => Err(WorkerError::BrokerLost(loss)),
        }
    }

    fn in_a_hurry(&self) -> bool {
        self.interrupts > 1
    }
}

fn interruption(signal: Signal) -> Option<Interruption> {
    match signal {
        Signal::Interrupt => Some(Interruption::Interrupt),
        Signal::Terminate => Some(Interruption::Terminate),
        Signal::Child => None,
    }
}

impl<P: FleetEnding> Drop for DistributedWorkers<P> {
    /// A fleet that is dropped in the middle leaves no run on its workers.
    fn drop(&mut self) {
        if !self.closed {
            self.end(&mut untold);
        }
    }
}
