//! The broker that keeps a group's offsets and its members: looked for when somebody has a question to it.

use super::trouble::FetchTrouble;
use crate::driver::wire::cluster::{COORDINATOR, Cluster, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::link::EmptyBody;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass};

/// The broker that coordinates the group, and the connection to it.
#[derive(Debug)]
pub(super) struct GroupCoordinator {
    pub(super) group: String,
    /// Is it known who it is?
    is_found: bool,
    asking: bool,
    not_before_ns: u64,
    failures: u32,
}

/// What came of reaching for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Questions can be put to this peer.
    Ready(usize),
    /// Somebody has just been asked who it is.
    Asked,
    NotYet,
}

impl GroupCoordinator {
    /// Nobody knows yet who it is.
    pub(super) fn new(group: &str) -> Self {
        Self { group: group.to_owned(), is_found: false, asking: false, not_before_ns: 0, failures: 0 }
    }

    /// Its connection, or a step towards it.
    pub(super) fn reach(&mut self, cluster: &mut Cluster<EmptyBody>, now_ns: u64) -> Reach {
        if self.asking || now_ns < self.not_before_ns {
            return Reach::NotYet;
        }
        if self.is_found
            && let Some(at) = cluster.find(COORDINATOR)
        {
            return cluster.ready(at, now_ns).map_or(Reach::NotYet, |_| Reach::Ready(at));
        }
        self.is_found = false;
        let Some(at) = cluster.anybody(now_ns) else {
            cluster.want_metadata();
            return Reach::NotYet;
        };
        let writing = request::coordinator(&cluster.manners.client_id, &self.group);
        cluster.ask(at, WireRequest::Coordinator, writing, now_ns);
        self.asking = true;
        Reach::Asked
    }

    /// Somebody has said who it is. None: the answer makes no sense.
    pub(super) fn answered(&mut self, bytes: &[u8], trouble: &mut FetchTrouble) -> Option<()> {
        self.asking = false;
        match response::coordinator(bytes)? {
            Ok(mut broker) => {
                broker.id = COORDINATOR;
                trouble.coordinator = Some(broker);
                (self.is_found, self.failures) = (true, 0);
            }
            Err(code) => {
                self.rest(trouble.now_ns, trouble.retry_ns);
                self.refused(code, trouble);
            }
        }
        Some(())
    }

    /// It may be somebody else.
    pub(super) fn forget(&mut self) {
        self.is_found = false;
    }

    /// Somebody whom a question was put to is gone.
    pub(super) fn lost(&mut self, was_asked: WireRequest, now_ns: u64, retry_ns: (u64, u64)) {
        self.is_found = false;
        if was_asked == WireRequest::Coordinator {
            self.asking = false;
        }
        self.rest(now_ns, retry_ns);
    }

    /// A question about the group was answered with an error.
    pub(super) fn refused(&mut self, code: i16, trouble: &mut FetchTrouble) {
        self.is_found = false;
        let words = format!("offsets of group {}: {}", self.group, codes::describe(code.into()));
        if codes::is_retriable(code) {
            // A group that is new has nobody to keep its offsets yet.
            trouble.remarks.push(words);
        } else {
            let class = if code == codes::GROUP_AUTHORIZATION_FAILED {
                ErrorClass::Authentication
            } else {
                codes::class(code.into())
            };
            trouble.fault = Some(DriverError::new(class, words));
        }
    }

    fn rest(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.not_before_ns = now_ns + back_off_ns(retry_ns, self.failures);
        self.failures = self.failures.saturating_add(1);
    }
}
