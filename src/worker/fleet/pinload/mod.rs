//! pinload's own protocol (`wire::pinload`): one epoch and one schedule hold for all producers, and what depends on
//! clients of several hosts (readiness, catching up, balances) is decided by where all of them stand.

mod begin;
mod end;
mod figures;

use super::DistributedWorkers;
use super::calls::{FleetAnswer, Loss};
use super::clocks::ClockOffset;
use super::errors::NotAdmitted;
use super::heartbeat::FleetAlarm;
use super::peer::{Peer, PeerCallError};
use super::protocol::FleetProtocol;
use crate::os::host::HostIdentity;
use crate::plan::Placement;
use crate::units::NS_PER_S;
use crate::worker::client_status::ClientStatus;
use crate::worker::wire::pinload::{Failure, Heartbeat, PREFIX, WIRE, WorkerGreeting};
use crate::worker::{ClientDeath, ClientReport, RunEnd, WorkerError, WorkerLoss};
use crossbeam_channel::Receiver;
use std::time::{Duration, Instant};

/// For an answer to a heartbeat: the worker's server thread gives it whatever else goes on there.
const BEAT_LIMIT: Duration = Duration::from_secs(5);
/// Before a second question when the first one found nobody.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

/// What the coordinator keeps of a run of pinload's protocol.
#[derive(Debug)]
pub(super) struct PinloadProtocol {
    run: u64,
    here: HostIdentity,
    /// What workers said when they had stopped, by member.
    ends: Vec<(usize, RunEnd)>,
    lost_clients: Vec<ClientReport>,
}

/// What is known of one worker.
#[derive(Debug, Default)]
pub(super) struct PinloadMember {
    /// Its wall clock at the beginning.
    clock: Option<ClockOffset>,
    placement: Option<Placement>,
    /// Time that was left before the epoch when it had the order to start, ns.
    ahead_ns: u64,
    /// Where its clients were last seen.
    statuses: Vec<ClientStatus>,
}

type PinloadWorkers = DistributedWorkers<PinloadProtocol>;

impl PinloadProtocol {
    /// A run that is coordinated from this host.
    pub(super) fn new(here: HostIdentity) -> Self {
        Self { run: fastrand::u64(1..), here, ends: Vec::new(), lost_clients: Vec::new() }
    }
}

impl FleetProtocol for PinloadProtocol {
    const PREFIX: &'static str = PREFIX;
    const CALL_LIMIT: Duration = Duration::from_secs(10);
    const STOP: &'static str = "stop";
    const BEAT_EVERY: Duration = Duration::from_secs(1);
    const LOOK_EVERY_NS: u64 = NS_PER_S / 20;
    type Known = PinloadMember;

    fn run(&self) -> Option<u64> {
        Some(self.run)
    }

    fn admits(peer: &Peer, hello: Option<&WorkerGreeting>) -> Result<(), NotAdmitted> {
        let url = peer.url.clone();
        match hello {
            None => Err(NotAdmitted::NoPinload { url }),
            Some(WorkerGreeting { wire: WIRE, .. }) => Ok(()),
            Some(WorkerGreeting { version, wire, .. }) => {
                Err(NotAdmitted::OtherProtocol { url, version: version.clone(), wire: *wire })
            }
        }
    }

    fn refused(worker: &str, _verb: &str, error: PeerCallError, _loading: bool) -> WorkerError {
        let failure = match error {
            PeerCallError::Refused { status, body } => Failure::read(status, &body),
            PeerCallError::Unreadable(why) => Failure::Refused(format!("cannot understand its answer: {why}")),
            PeerCallError::NoAnswer(why) => Failure::Refused(why.to_string()),
        };
        failure.at(worker)
    }

    /// A worker that is gone is noticed in about two seconds, one that hangs in about seven.
    fn beat(worker: usize, peer: &Peer, _missed: &mut bool, ended: &Receiver<()>) -> Option<FleetAlarm> {
        let lost = |cause: String| Some(FleetAlarm::Lost(worker, WorkerLoss { worker: peer.url.clone(), cause }));
        match pulse(peer, ended) {
            Ok(Heartbeat { run, .. }) if run.as_deref() != peer.run() => lost(
                "it does not know the run any more: it was restarted, or has ended the run because it heard nothing"
                    .to_owned(),
            ),
            Ok(Heartbeat { death: Some(death), .. }) => {
                Some(FleetAlarm::Death(ClientDeath { worker: Some(peer.url.clone()), ..death }))
            }
            Ok(Heartbeat { loss: Some(loss), .. }) => Some(FleetAlarm::Broker(loss)),
            Ok(_) => None,
            Err(PeerCallError::NoAnswer(cause)) => lost(cause.to_string()),
            Err(PeerCallError::Refused { status, .. }) => lost(format!("it answers with HTTP status {status}")),
            Err(PeerCallError::Unreadable(_)) => lost("it answers with HTTP status 200".to_owned()),
        }
    }
}

impl PinloadWorkers {
    /// Where all clients stand; those of lost workers stood where they were last seen.
    fn look(&mut self) -> Result<Vec<ClientStatus>, WorkerError> {
        let requests = self.to_each(|member| !member.clients.is_empty(), None);
        for FleetAnswer { member, value, .. } in
            self.ask_each(requests, "standings", PinloadProtocol::CALL_LIMIT, Loss::Fails)?
        {
            self.members[member].known.statuses = value;
        }
        Ok(self.last_statuses())
    }

    fn last_statuses(&self) -> Vec<ClientStatus> {
        self.members.iter().flat_map(|member| member.known.statuses.iter().cloned()).collect()
    }
}

/// Asked twice, as far as the first time nobody was there: a connection may have been closed for its age.
fn pulse(peer: &Peer, ended: &Receiver<()>) -> Result<Heartbeat, PeerCallError> {
    let begun = Instant::now();
    match peer.get("pulse", BEAT_LIMIT) {
        Err(PeerCallError::NoAnswer(_)) if begun.elapsed() < BEAT_LIMIT / 2 => {
            let _ = ended.recv_timeout(AGAIN_AFTER);
            peer.get("pulse", BEAT_LIMIT)
        }
        answer => answer,
    }
}
