//! One worker as the coordinator reaches it: HTTP calls with a limit each, and what went wrong in words.

use crate::worker::wire::pinload::{Failure, PREFIX, RUN_HEADER, run_text};
use crate::worker::{WorkerError, WorkerLoss};
use serde::de::DeserializeOwned;
use std::time::Duration;
use ureq::Agent;

/// A worker that does not take a connection within this is unreachable.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Largest answer: the timelines of many clients over days.
const MOST_ANSWER_BYTES: u64 = 4 << 30;

/// See the file's head. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Its address, as given, without a slash at the end.
    pub(super) url: String,
    agent: Agent,
    authorization: Option<String>,
    run: String,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum CallError {
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

impl CallError {
    /// As the coordinator's error, the worker named.
    pub(super) fn at(self, worker: &str) -> WorkerError {
        match self {
            Self::NoAnswer(cause) => WorkerError::WorkerLost(WorkerLoss { worker: worker.to_owned(), cause }),
            Self::Refused { failure, .. } => failure.at(worker),
        }
    }
}

impl Peer {
    /// A worker at `url` in run `run`.
    pub(super) fn new(url: &str, token: Option<&str>, run: u64) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .user_agent(concat!("pinload/", env!("CARGO_PKG_VERSION")))
            // Workers are where the user says, not behind what a shell's http_proxy says.
            .proxy(None)
            .build()
            .into();
        Self {
            url: url.trim_end_matches('/').to_owned(),
            agent,
            authorization: token.map(|token| format!("Bearer {token}")),
            run: run_text(run),
        }
    }

    /// GET of a pinload call.
    pub(super) fn get<T: DeserializeOwned>(&self, verb: &str, limit: Duration) -> Result<T, CallError> {
        let mut request = self.agent.get(self.address(verb)).header(RUN_HEADER, &self.run);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.config().timeout_global(Some(limit)).build().call();
        self.read(answer, limit)
    }

    /// POST of a pinload call.
    pub(super) fn post<T: DeserializeOwned>(&self, verb: &str, body: &[u8], limit: Duration) -> Result<T, CallError> {
        let mut request = self.agent.post(self.address(verb)).header(RUN_HEADER, &self.run);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.config().timeout_global(Some(limit)).build().send(body);
        self.read(answer, limit)
    }

    fn address(&self, verb: &str) -> String {
        format!("{}{PREFIX}{verb}", self.url)
    }

    fn read<T: DeserializeOwned>(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        limit: Duration,
    ) -> Result<T, CallError> {
        let no_answer = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => {
                CallError::NoAnswer(format!("it gave no answer within {:.0} s", limit.as_secs_f64()))
            }
            ureq::Error::Io(error) => CallError::NoAnswer(error.to_string()),
            other => CallError::NoAnswer(other.to_string()),
        };
        let mut answer = answer.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_vec().map_err(no_answer)?;
        if status == 200 {
            return serde_json::from_slice(&body).map_err(|error| CallError::Refused {
                status,
                failure: Failure::Refused(format!("cannot understand its answer: {error}")),
            });
        }
        let failure = serde_json::from_slice(&body).unwrap_or_else(|_| {
            let words = String::from_utf8_lossy(&body).trim().to_owned();
            Failure::Refused(if words.is_empty() { format!("HTTP status {status} and no word") } else { words })
        });
        Err(CallError::Refused { status, failure })
    }
}
