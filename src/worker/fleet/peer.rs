//! One worker as the coordinator reaches it by pinload's own protocol: calls with a limit each, and what went wrong in
//! words.

use crate::worker::http_client::{HttpAnswer, HttpClient};
use crate::worker::wire::pinload::{Failure, PREFIX, RUN_HEADER, run_text};
use crate::worker::{WorkerError, WorkerLoss};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// See the file's head. Clones share connections.
#[derive(Debug, Clone)]
pub(in crate::worker) struct Peer {
    /// Its address, as given, without a slash at the end.
    pub(in crate::worker) url: String,
    client: HttpClient,
    run: String,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(in crate::worker) enum PeerCallError {
    /// No answer: nobody there, or nobody awake.
    NoAnswer(String),
    /// An answer, and it says no.
    Refused {
        /// HTTP status.
        status: u16,
        /// In the worker's own words.
        failure: Failure,
    },
}

impl PeerCallError {
    /// As the coordinator's error, the worker named.
    pub(in crate::worker) fn at(self, worker: &str) -> WorkerError {
        match self {
            Self::NoAnswer(cause) => WorkerError::WorkerLost(WorkerLoss { worker: worker.to_owned(), cause }),
            Self::Refused { failure, .. } => failure.at(worker),
        }
    }
}

impl Peer {
    /// A worker at `url` in run `run`.
    pub(in crate::worker) fn new(url: &str, token: Option<&str>, run: u64) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), client: HttpClient::new(token), run: run_text(run) }
    }

    /// GET of a pinload call.
    pub(in crate::worker) fn get<T: DeserializeOwned>(&self, verb: &str, limit: Duration) -> Result<T, PeerCallError> {
        self.call(verb, None, limit)
    }

    /// POST of a pinload call.
    pub(in crate::worker) fn post<T: DeserializeOwned>(
        &self,
        verb: &str,
        body: &[u8],
        limit: Duration,
    ) -> Result<T, PeerCallError> {
        self.call(verb, Some(body), limit)
    }

    fn call<T: DeserializeOwned>(&self, verb: &str, body: Option<&[u8]>, limit: Duration) -> Result<T, PeerCallError> {
        let url = format!("{}{PREFIX}{verb}", self.url);
        let HttpAnswer { status, body } =
            self.client.call(&url, body, Some((RUN_HEADER, &self.run)), limit).map_err(PeerCallError::NoAnswer)?;
        if status == 200 {
            return serde_json::from_slice(&body).map_err(|error| PeerCallError::Refused {
                status,
                failure: Failure::Refused(format!("cannot understand its answer: {error}")),
            });
        }
        let failure = serde_json::from_slice(&body).unwrap_or_else(|_| {
            let words = String::from_utf8_lossy(&body).trim().to_owned();
            Failure::Refused(if words.is_empty() { format!("HTTP status {status} and no word") } else { words })
        });
        Err(PeerCallError::Refused { status, failure })
    }
}
