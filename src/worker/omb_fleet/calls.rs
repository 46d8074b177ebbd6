//! Calls of OMB's protocol to several workers at once, each with a limit, and what went wrong in the worker's own
//! words.
//!
//! A signal or a lost worker ends the wait; calls that are still under way are left alone: `stop-all` ends what they
//! began.

use super::{OmbMember, OmbWorkers};
use crate::worker::fleet::calls::Loss;
use crate::worker::fleet::interruption;
use crate::worker::http_client::{HttpAnswer, HttpClient};
use crate::worker::{WorkerError, WorkerLoss};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// One worker as the coordinator reaches it by OMB's protocol. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct OmbPeer {
    /// Its address, without a slash at the end.
    pub(super) url: String,
    client: HttpClient,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum OmbCallError {
    /// Nobody there, or nobody awake.
    NoAnswer(String),
    /// An answer, and it says no.
    Refused { words: String },
}

impl OmbPeer {
    /// A worker at `url`, which is shown the token where it is one of pinload's.
    pub(super) fn new(url: &str, token: Option<&str>) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), client: HttpClient::new(token) }
    }

    /// GET, or POST of a body.
    pub(super) fn call(&self, path: &str, body: Option<&[u8]>, limit: Duration) -> Result<Vec<u8>, OmbCallError> {
        let url = format!("{}{path}", self.url);
        let HttpAnswer { status, body } = self.client.call(&url, body, None, limit).map_err(OmbCallError::NoAnswer)?;
        if status == 200 { Ok(body) } else { Err(OmbCallError::Refused { words: words(status, &body) }) }
    }
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

/// An answer.
#[derive(Debug)]
pub(super) struct OmbResponse {
    /// Whose.
    pub(super) member: usize,
    /// When it was asked for, raw ns: about when the worker looked.
    pub(super) asked_ns: u64,
    body: Vec<u8>,
}

impl OmbResponse {
    /// What it holds.
    pub(super) fn read<T: DeserializeOwned>(&self, members: &[OmbMember], path: &str) -> Result<T, WorkerError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let url = &members[self.member].peer.url;
            WorkerError::Workers(format!("{url}: cannot understand its answer to {path}: {error}"))
        })
    }
}

/// What is sent to one worker; None: GET.
pub(super) type OmbRequest = (usize, Option<Arc<Vec<u8>>>);

impl OmbWorkers {
    /// One order for each living member that `which` names.
    pub(super) fn to_each(&self, which: impl Fn(&OmbMember) -> bool, body: Option<&[u8]>) -> Vec<OmbRequest> {
        let body = body.map(|body| Arc::new(body.to_vec()));
        let members = self.members.iter().enumerate();
        members.filter(|(_, one)| !one.lost && which(one)).map(|(number, _)| (number, body.clone())).collect()
    }

    /// POST without a body.
    pub(super) fn post(
        &mut self,
        which: impl Fn(&OmbMember) -> bool,
        path: &'static str,
        limit: Duration,
    ) -> Result<(), WorkerError> {
        let orders = self.to_each(which, Some(b""));
        self.call_each(orders, path, limit, Loss::Fails).map(drop)
    }

    /// All orders at once; answers in the order of the members.
    pub(super) fn call_each(
        &mut self,
        orders: Vec<OmbRequest>,
        path: &'static str,
        limit: Duration,
        loss: Loss,
    ) -> Result<Vec<OmbResponse>, WorkerError> {
        let (answers, answered) = crossbeam_channel::bounded(orders.len());
        let mut waited_for: Vec<usize> = orders.iter().map(|(member, _)| *member).collect();
        let mut all = Vec::with_capacity(orders.len());
        for (member, body) in orders {
            let (peer, answers, clock) = (self.members[member].peer.clone(), answers.clone(), self.clock);
            let call = move || {
                let asked_ns = clock.now_ns();
                let answer = peer.call(path, body.as_ref().map(|body| body.as_slice()), limit);
                // Whoever asked may have gone on.
                let _ = answers.send((member, answer.map(|body| OmbResponse { member, asked_ns, body })));
            };
            std::thread::Builder::new()
                .name(format!("pinload-call-{member}"))
                .spawn(call)
                .map_err(|error| WorkerError::System(format!("cannot start a thread: {error}")))?;
        }
        drop(answers);
        while !waited_for.is_empty() {
            crossbeam_channel::select! {
                recv(answered) -> answer => match answer {
                    Ok((member, Ok(answer))) => {
                        waited_for.retain(|waiting| *waiting != member);
                        all.push(answer);
                    }
                    Ok((member, Err(error))) => match self.failed(member, path, error) {
                        WorkerError::WorkerLost(lost) if loss == Loss::IsToldLater => {
                            waited_for.retain(|waiting| *waiting != member);
                            self.losses.push_back(lost);
                        }
                        error => return Err(error),
                    },
                    Err(_) => return Err(WorkerError::System(format!("{path}: a call ended without an answer"))),
                },
                recv(self.signals) -> signal => match signal.map(interruption) {
                    Ok(Some(by)) => {
                        self.interrupts += 1;
                        return Err(WorkerError::Interrupted(by));
                    }
                    Ok(None) => {}
                    Err(_) => self.signals = crossbeam_channel::never(),
                },
                recv(self.alarms.1) -> alarm => if let Some(lost) = alarm.ok().and_then(|alarm| self.alarmed(alarm)) {
                    if loss == Loss::Fails {
                        return Err(WorkerError::WorkerLost(lost));
                    }
                    waited_for.retain(|waiting| !self.members[*waiting].lost);
                    self.losses.push_back(lost);
                },
            }
        }
        all.sort_by_key(|answer: &OmbResponse| answer.member);
        Ok(all)
    }

    /// A worker that refuses before the load cannot be used; one that refuses during it has failed, and the result with
    /// it.
    fn failed(&mut self, member: usize, path: &str, error: OmbCallError) -> WorkerError {
        let member = &mut self.members[member];
        let worker = member.peer.url.clone();
        match error {
            OmbCallError::NoAnswer(cause) => {
                member.lost = true;
                WorkerError::WorkerLost(WorkerLoss { worker, cause })
            }
            OmbCallError::Refused { words, .. } if self.epoch_ns > 0 => {
                WorkerError::WorkerLost(WorkerLoss { worker, cause: format!("{path} failed there: {words}") })
            }
            OmbCallError::Refused { words, .. } => {
                WorkerError::Workers(format!("{worker}: {path} failed there: {words}"))
            }
        }
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
