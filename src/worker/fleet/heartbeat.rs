//! A thread for each worker that asks again and again whether it is there, whatever verb is under way.

use super::peer::Peer;
use super::protocol::FleetProtocol;
use crate::worker::{BrokerLoss, ClientDeath, WorkerLoss};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

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
pub(super) fn watch<P: FleetProtocol>(worker: usize, peer: Peer, alarms: Sender<FleetAlarm>, ended: Receiver<()>) {
    let watched = std::thread::Builder::new().name(format!("pinload-beat-{worker}")).spawn(move || {
        let mut missed = false;
        while ended.recv_timeout(P::BEAT_EVERY) == Err(RecvTimeoutError::Timeout) {
            if let Some(alarm) = P::beat(worker, &peer, &mut missed, &ended) {
                // Nobody listens when the run has ended meanwhile.
                let _ = alarms.send(alarm);
                return;
            }
        }
    });
    // Without the thread only calls notice a loss.
    drop(watched);
}
