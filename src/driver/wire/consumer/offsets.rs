//! The offsets of a group that nobody is a member of: looked up at the begin, committed as reading goes on.

use super::partition_fetch::{FetchPosition, PartitionFetch};
use crate::driver::wire::cluster::{COORDINATOR, Cluster, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::link::EmptyBody;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass};
use crate::plan::properties::wire::ConsumerWay;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Offsets {
    group: String,
    auto_commit_ns: Option<u64>,
    next_auto_ns: u64,
    /// Is it known who keeps them?
    found: bool,
    /// A question is on its way.
    asking: bool,
    wanted: bool,
    /// What is being committed: track, offset.
    committing: Vec<(usize, i64)>,
    not_before_ns: u64,
    failures: u32,
    pub(super) succeeded: u64,
    pub(super) failed: u64,
}

impl Offsets {
    /// Of this consumer's group.
    pub(super) fn new(way: &ConsumerWay) -> Self {
        Self {
            group: way.group.clone(),
            auto_commit_ns: way.auto_commit_ns,
            next_auto_ns: 0,
            found: false,
            asking: false,
            wanted: false,
            committing: Vec::new(),
            not_before_ns: 0,
            failures: 0,
            succeeded: 0,
            failed: 0,
        }
    }

    /// Is a commit on its way?
    pub(super) fn is_committing(&self) -> bool {
        self.wanted || !self.committing.is_empty()
    }

    /// Does it commit by itself?
    pub(super) fn is_automatic(&self) -> bool {
        self.auto_commit_ns.is_some()
    }

    /// Commits what has been handed out, soon.
    pub(super) fn want_commit(&mut self) {
        self.wanted = true;
    }

    /// No commit is waited for any more.
    pub(super) fn give_up(&mut self) {
        if self.is_committing() {
            self.failed += 1;
            (self.wanted, self.found) = (false, false);
            self.committing.clear();
        }
    }

    /// Asks what is to be asked next. True: something was.
    pub(super) fn ask(
        &mut self,
        cluster: &mut Cluster<EmptyBody>,
        topic: &str,
        tracks: &mut [PartitionFetch],
        now_ns: u64,
    ) -> bool {
        if let Some(every_ns) = self.auto_commit_ns
            && now_ns >= self.next_auto_ns
        {
            // Not at once: nothing has been handed out at the begin.
            self.wanted |= self.next_auto_ns > 0;
            self.next_auto_ns = now_ns + every_ns;
        }
        let looks_up = tracks.iter().any(|track| track.place == FetchPosition::Committed);
        if looks_up && self.group.is_empty() {
            tracks
                .iter_mut()
                .filter(|track| track.place == FetchPosition::Committed)
                .for_each(|track| track.place = FetchPosition::Edge);
            return false;
        }
        if self.wanted && !looks_up && self.committing.is_empty() && !tracks.iter().any(is_uncommitted) {
            self.wanted = false;
        }
        if self.asking || now_ns < self.not_before_ns || !(looks_up || self.wanted) {
            return false;
        }
        let client_id = cluster.manners.client_id.clone();
        if !self.found {
            let Some(at) = cluster.anybody(now_ns) else {
                cluster.want_metadata();
                return false;
            };
            cluster.ask(at, WireRequest::Coordinator, request::coordinator(&client_id, &self.group), now_ns);
            self.asking = true;
            return true;
        }
        let Some(at) = cluster.find(COORDINATOR) else {
            self.found = false;
            return false;
        };
        if cluster.ready(at, now_ns).is_none() {
            return false;
        }
        self.asking = true;
        if looks_up {
            let of = |track: &PartitionFetch| (track.place == FetchPosition::Committed).then_some(track.partition);
            let partitions: Vec<u32> = tracks.iter().filter_map(of).collect();
            let writing = request::committed(&client_id, &self.group, topic, &partitions);
            cluster.ask(at, WireRequest::Committed, writing, now_ns);
            return true;
        }
        self.wanted = false;
        let uncommitted = tracks.iter().enumerate().filter(|(_, track)| is_uncommitted(track));
        self.committing = uncommitted.map(|(at, track)| (at, track.position)).collect();
        let offsets: Vec<_> = self.committing.iter().map(|(at, offset)| (tracks[*at].partition, *offset)).collect();
        cluster.ask(at, WireRequest::Commit, request::commit(&client_id, &self.group, topic, &offsets), now_ns);
        true
    }

    /// An answer to one of its questions. None: it makes no sense. Err: reading cannot begin.
    pub(super) fn answered(
        &mut self,
        question: WireRequest,
        bytes: &[u8],
        tracks: &mut [PartitionFetch],
        trouble: &mut FetchTrouble,
    ) -> Option<()> {
        self.asking = false;
        match question {
            WireRequest::Coordinator => match response::coordinator(bytes)? {
                Ok(mut broker) => {
                    broker.id = COORDINATOR;
                    trouble.coordinator = Some(broker);
                    self.found = true;
                }
                Err(code) => self.refused(code, trouble),
            },
            WireRequest::Committed => {
                let mut error = 0;
                let whole = response::committed(bytes, |partition, code, offset| {
                    error = if error == 0 { code } else { error };
                    let own = |track: &&mut PartitionFetch| {
                        track.partition == partition && track.place == FetchPosition::Committed
                    };
                    match tracks.iter_mut().find(own) {
                        Some(track) if code == 0 && offset >= 0 => {
                            track.begin_at(offset);
                            track.committed = offset;
                        }
                        Some(track) if code == 0 => track.place = FetchPosition::Edge,
                        _ => {}
                    }
                })?;
                match if whole == 0 { error } else { whole } {
                    0 => self.failures = 0,
                    code => self.refused(code, trouble),
                }
            }
            _ => {
                let mut error = 0;
                response::commits(bytes, |_, code| error = if error == 0 { code } else { error })?;
                let committing = std::mem::take(&mut self.committing);
                if error == 0 {
                    committing.into_iter().for_each(|(at, offset)| tracks[at].committed = offset);
                    self.succeeded += 1;
                    self.failures = 0;
                } else if codes::is_retriable(error) {
                    self.wanted = true;
                    self.refused(error, trouble);
                } else {
                    self.failed += 1;
                    trouble.errors.push(format!("commit: {}", codes::describe(error.into())));
                }
            }
        }
        Some(())
    }

    /// The connection that was asked is gone.
    pub(super) fn lost(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        (self.asking, self.found) = (false, false);
        // It may have been committed: once more does no harm.
        self.wanted |= !self.committing.is_empty();
        self.committing.clear();
        self.rest(now_ns, retry_ns);
    }

    fn refused(&mut self, code: i16, trouble: &mut FetchTrouble) {
        self.found = false;
        let words = format!("offsets of group {}: {}", self.group, codes::describe(code.into()));
        if codes::is_retriable(code) {
            self.rest(trouble.now_ns, trouble.retry_ns);
            // A group that is new has nobody to keep its offsets yet.
            trouble.remarks.push(words);
        } else {
            let class = if code == 30 { ErrorClass::Authentication } else { codes::class(code.into()) };
            trouble.fault = Some(DriverError::new(class, words));
        }
    }

    fn rest(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.not_before_ns = now_ns + back_off_ns(retry_ns, self.failures);
        self.failures = self.failures.saturating_add(1);
    }
}

fn is_uncommitted(track: &PartitionFetch) -> bool {
    matches!(track.place, FetchPosition::At(_)) && track.position != track.committed
}

/// What came up while answers were read, to be told when they are.
#[derive(Debug)]
pub(super) struct FetchTrouble {
    pub(super) now_ns: u64,
    pub(super) retry_ns: (u64, u64),
    pub(super) errors: Vec<String>,
    /// No errors, but worth telling.
    pub(super) remarks: Vec<String>,
    pub(super) fault: Option<DriverError>,
    pub(super) leaders_moved: bool,
    /// The broker that keeps the group's offsets.
    pub(super) coordinator: Option<response::BrokerAt>,
}
