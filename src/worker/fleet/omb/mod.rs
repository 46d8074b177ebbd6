//! OMB's protocol, for a fleet with at least one worker that knows it only (OMB's own, in Java). The whole fleet then
//! speaks it, pinload's workers too, and is driven as OMB's coordinator drives it (DistributedWorkersEnsemble), with
//! these differences: a single worker is allowed; lists are dealt in order, not shuffled; before `stop-all` producers
//! are slowed down and consumers waited for, so that acknowledged and received messages can be compared, and producers
//! see the end before they are closed; a worker that fails is named with its own words.
//!
//! `restrict` refuses what such workers cannot do; `begin`, `ready`, `catch_up`, `run_out` and `end` are the two ends
//! of a run; `counts` and `figures` say what a worker's answers mean.

mod begin;
mod catch_up;
mod counts;
mod end;
mod figures;
mod ready;
pub(super) mod restrict;
mod run_out;

use super::DistributedWorkers;
use super::errors::{FleetError, NotAdmitted};
use super::heartbeat::FleetAlarm;
use super::peer::{Peer, PeerCallError};
use super::protocol::FleetProtocol;
use crate::units::NS_PER_S;
use crate::worker::wire::omb::CountersStats as OmbCounts;
use crate::worker::wire::pinload::WorkerGreeting;
use crate::worker::{LatencySet, WorkerError, WorkerLoss};
use crossbeam_channel::Receiver;
use figures::ReportedTotals;
use std::time::Duration;

/// Java may be collecting garbage, a pinload worker may be packing its histograms.
const BEAT_LIMIT: Duration = Duration::from_secs(15);

/// What the coordinator keeps of a run of OMB's protocol.
#[derive(Debug)]
pub(super) struct OmbProtocol {
    /// When the last round of probes was sent.
    probed_ns: Option<u64>,
    /// Probes asked for, all rounds.
    probes_asked: u64,
    /// When counters were last asked for.
    counted_ns: u64,
    /// Latencies of all periods since the last reset.
    so_far: LatencySet,
}

impl Default for OmbProtocol {
    fn default() -> Self {
        Self { probed_ns: None, probes_asked: 0, counted_ns: 0, so_far: LatencySet::empty() }
    }
}

/// What is known of one worker.
#[derive(Debug, Default)]
pub(super) struct OmbMember {
    /// Its newest counters.
    counts: OmbCounts,
    /// The same when the load began: probes.
    probes: OmbCounts,
    /// What it has told of in periods.
    reported: ReportedTotals,
}

type OmbWorkers = DistributedWorkers<OmbProtocol>;

impl FleetProtocol for OmbProtocol {
    const PREFIX: &'static str = "/";
    /// Java packs three large histograms meanwhile.
    const CALL_LIMIT: Duration = Duration::from_secs(30);
    const STOP: &'static str = "stop-all";
    const BEAT_EVERY: Duration = Duration::from_secs(2);
    const LOOK_EVERY_NS: u64 = NS_PER_S / 10;
    type Known = OmbMember;

    fn run(&self) -> Option<u64> {
        None
    }

    fn admits(peer: &Peer, hello: Option<&WorkerGreeting>) -> Result<(), NotAdmitted> {
        match hello {
            Some(_) => Ok(()),
            None => begin::speaks_omb(peer).map_err(|source| NotAdmitted::NoWorker { url: peer.url.clone(), source }),
        }
    }

    /// A worker that refuses before the load cannot be used; one that refuses during it has failed, and the result with
    /// it.
    fn refused(worker: &str, verb: &str, error: PeerCallError, loading: bool) -> WorkerError {
        let (worker, verb) = (worker.to_owned(), verb.to_owned());
        match error {
            source @ PeerCallError::Refused { .. } if loading => {
                WorkerError::WorkerLost(WorkerLoss { worker, cause: format!("/{verb} failed there: {source}") })
            }
            source @ PeerCallError::Refused { .. } => FleetError::Refused { worker, verb, source }.into(),
            source => FleetError::Unreadable { worker, verb, source }.into(),
        }
    }

    /// OMB's protocol has no heartbeat: asking for counters costs a worker nothing. (And a pinload worker's lease does
    /// not run out.)
    fn beat(worker: usize, peer: &Peer, missed: &mut bool, _ended: &Receiver<()>) -> Option<FleetAlarm> {
        match peer.call("counters-stats", None, BEAT_LIMIT) {
            // A connection may have been closed for its age: once is no loss.
            Err(PeerCallError::NoAnswer(cause)) if std::mem::replace(missed, true) => {
                let loss = WorkerLoss { worker: peer.url.clone(), cause: cause.to_string() };
                Some(FleetAlarm::Lost(worker, loss))
            }
            Err(PeerCallError::NoAnswer(_)) => None,
            // What it refuses it says again to whoever needs it.
            Ok(_) | Err(PeerCallError::Refused { .. } | PeerCallError::Unreadable(_)) => {
                *missed = false;
                None
            }
        }
    }
}
