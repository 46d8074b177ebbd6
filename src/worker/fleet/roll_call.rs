//! Who is there: pinload's `hello`, asked of every worker before anything else. A worker that does not know the call
//! may be one of OMB's; then OMB's protocol, which pinload's workers serve as well, is what the whole fleet speaks.

use super::FleetSettings;
use super::peer::{Peer, PeerCallError};
use crate::worker::http_client::{CONNECT_LIMIT, HttpError};
use crate::worker::wire::pinload::{PREFIX, WorkerGreeting};

/// What each worker said, in the order of the workers.
#[derive(Debug)]
pub struct WorkerReplies(pub(in crate::worker) Vec<Result<WorkerGreeting, PeerCallError>>);

impl WorkerReplies {
    /// Asks all at once.
    pub fn of(settings: &FleetSettings) -> Self {
        let ask = |url: &String| {
            let peer = Peer::new(url, PREFIX, settings.token.as_deref(), Some(0));
            std::thread::spawn(move || peer.get::<WorkerGreeting>("hello", CONNECT_LIMIT))
        };
        let calls: Vec<_> = settings.workers.iter().map(ask).collect();
        let answer = |call: std::thread::JoinHandle<Result<WorkerGreeting, PeerCallError>>| {
            call.join().unwrap_or_else(|_| Err(PeerCallError::NoAnswer(HttpError::Panicked)))
        };
        Self(calls.into_iter().map(answer).collect())
    }

    /// Is there a worker that does not know pinload's protocol?
    pub fn has_strangers(&self) -> bool {
        self.0.iter().any(|answer| matches!(answer, Err(PeerCallError::Refused { status: 404, .. })))
    }
}
