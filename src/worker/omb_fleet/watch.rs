//! OMB's protocol has no heartbeat. While the load runs each worker is asked for its counters every two seconds, which
//! costs it nothing: one that is gone is noticed then and not at the end of the period. (And a pinload worker's lease
//! does not run out.)

use super::WorkerGone;
use super::calls::{OmbCallError, OmbPeer};
use crate::worker::WorkerLoss;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(2);
/// For an answer: Java may be collecting garbage, a pinload worker may be packing its histograms.
const LIMIT: Duration = Duration::from_secs(15);

/// Watches worker number `worker` until `ended` is closed or it is gone.
pub(super) fn watch(worker: usize, peer: OmbPeer, alarms: Sender<WorkerGone>, ended: Receiver<()>) {
    let watched = std::thread::Builder::new().name(format!("pinload-beat-{worker}")).spawn(move || {
        let mut unanswered = 0;
        while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            match peer.call("/counters-stats", None, LIMIT) {
                // A connection may have been closed for its age: once is no loss.
                Err(OmbCallError::NoAnswer(_)) if unanswered == 0 => unanswered += 1,
                Err(OmbCallError::NoAnswer(cause)) => {
                    // Nobody listens when the run has ended meanwhile.
                    let _ = alarms.send((worker, WorkerLoss { worker: peer.url.clone(), cause }));
                    return;
                }
                // What it refuses it says again to whoever needs it.
                Ok(_) | Err(OmbCallError::Refused { .. }) => unanswered = 0,
            }
        }
    });
    // Without the thread only calls notice a loss.
    drop(watched);
}
