//! A thread for each worker that asks for its pulse once a second: a worker that is gone is noticed in about two
//! seconds, one that hangs in about seven, whatever verb is under way.

use super::peer::{Peer, PeerCallError};
use crate::worker::wire::pinload::{Heartbeat, run_text};
use crate::worker::{BrokerLoss, ClientDeath, WorkerLoss};
use crossbeam_channel::{Receiver, Sender};
use std::time::Duration;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(1);
/// For an answer: the worker's server thread gives it whatever else goes on there.
const LIMIT: Duration = Duration::from_secs(5);
/// Before a second question when the first one found nobody.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

/// Something to tell of a worker.
#[derive(Debug, Clone)]
pub(super) enum FleetAlarm {
    /// It is gone, hangs, or has another run.
    Lost(usize, WorkerLoss),
    /// One of its clients has died.
    Death(ClientDeath),
    /// The hosts' clocks have been compared again.
    Clocks(super::clocks::ClockReadings),
    /// Its clients miss the broker.
    Broker(BrokerLoss),
}

/// Watches worker number `worker` until `ended` is closed or there is an alarm.
pub(super) fn watch(worker: usize, peer: Peer, run: u64, alarms: Sender<FleetAlarm>, ended: Receiver<()>) {
    let watched = std::thread::Builder::new().name(format!("pinload-beat-{worker}")).spawn(move || {
        let lost = |cause: String| FleetAlarm::Lost(worker, WorkerLoss { worker: peer.url.clone(), cause });
        loop {
            if !matches!(ended.recv_timeout(EVERY), Err(crossbeam_channel::RecvTimeoutError::Timeout)) {
                return;
            }
            let alarm = match ask(&peer, &ended) {
                Ok(pulse) if pulse.run.as_deref() != Some(&*run_text(run)) => Some(lost(
                    "it does not know the run any more: it was restarted, or has ended the run because it heard nothing".to_owned(),
                )),
                Ok(Heartbeat { death: Some(death), .. }) => {
                    Some(FleetAlarm::Death(ClientDeath { worker: Some(peer.url.clone()), ..death }))
                }
                Ok(Heartbeat { loss: Some(loss), .. }) => Some(FleetAlarm::Broker(loss)),
                Ok(_) => None,
                Err(PeerCallError::NoAnswer(cause)) => Some(lost(cause)),
                Err(PeerCallError::Refused { status, .. }) => Some(lost(format!("it answers with HTTP status {status}"))),
            };
            if let Some(alarm) = alarm {
                // Nobody listens when the run has ended meanwhile.
                let _ = alarms.send(alarm);
                return;
            }
        }
    });
    // Without the thread only calls notice a loss.
    drop(watched);
}

/// Twice, as far as the first time nobody was there: a connection may have been closed for its age.
fn ask(peer: &Peer, ended: &Receiver<()>) -> Result<Heartbeat, PeerCallError> {
    let begun = std::time::Instant::now();
    match peer.get("pulse", LIMIT) {
        Err(PeerCallError::NoAnswer(_)) if begun.elapsed() < LIMIT / 2 => {
            let _ = ended.recv_timeout(AGAIN_AFTER);
            peer.get("pulse", LIMIT)
        }
        answer => answer,
    }
}
