//! One worker as the coordinator reaches it: calls with a limit each, and what came of them.

use crate::worker::http_client::{HttpAnswer, HttpClient, HttpError};
use crate::worker::wire::pinload::{RUN_HEADER, run_text};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A worker's address and the connections to it. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Its address, as given, without a slash at the end.
    pub(super) url: String,
    prefix: &'static str,
    client: HttpClient,
    run: Option<String>,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PeerCallError {
    /// No answer: nobody there, or nobody awake.
    #[error(transparent)]
    NoAnswer(#[from] HttpError),
    /// An answer, and it says no.
    #[error("{}", words(*status, body))]
    Refused {
        /// HTTP status.
        status: u16,
        /// In the worker's own words.
        body: Vec<u8>,
    },
    /// An answer that cannot be understood, and why.
    #[error(transparent)]
    Unreadable(#[from] serde_json::Error),
}

impl Peer {
    /// A worker at `url`, whose calls begin with `prefix`; it is shown the token and the run's id where there are some.
    pub(super) fn new(url: &str, prefix: &'static str, token: Option<&str>, run: Option<u64>) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { url, prefix, client: HttpClient::new(token), run: run.map(run_text) }
    }

    /// The run's id as text.
    pub(super) fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// GET, or POST of a body.
    pub(super) fn call(&self, verb: &str, body: Option<&[u8]>, limit: Duration) -> Result<Vec<u8>, PeerCallError> {
        let url = format!("{}{}{verb}", self.url, self.prefix);
        let header = self.run.as_deref().map(|run| (RUN_HEADER, run));
        let HttpAnswer { status, body } = self.client.call(&url, body, header, limit)?;
        if status == 200 { Ok(body) } else { Err(PeerCallError::Refused { status, body }) }
    }

    /// GET of JSON.
    pub(super) fn get<T: DeserializeOwned>(&self, verb: &str, limit: Duration) -> Result<T, PeerCallError> {
        read(&self.call(verb, None, limit)?)
    }
}

/// What an answer of JSON holds.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, PeerCallError> {
    Ok(serde_json::from_slice(body)?)
}

/// OMB's workers say "Internal server error" whatever happened.
fn words(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).trim().to_owned();
    match text.as_str() {
        "" => format!("HTTP status {status} and no word; its log may tell more"),
        "Internal server error" => format!("{text} (HTTP status {status}); the exception stands in that worker's log"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_quoted_and_where_it_says_nothing_that_is_said() {
        assert_eq!(words(500, b" cannot reach the broker \n"), "cannot reach the broker");
        assert!(words(500, b"").contains("HTTP status 500 and no word"));
        assert!(words(500, b"Internal server error").contains("in that worker's log"));
    }
}
