//! The offsets of a group: looked up where reading begins, committed as it goes on, by a member of the group or by one
//! that is none.

use super::coordinator::{GroupCoordinator, Reach};
use super::partition_fetch::{FetchPosition, PartitionFetch};
use super::trouble::FetchTrouble;
use crate::driver::wire::cluster::{Cluster, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::link::EmptyBody;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::plan::properties::wire::ConsumerWay;

/// Offsets that were looked up and those to be committed.
#[derive(Debug)]
pub(super) struct Offsets {
    auto_commit_ns: Option<u64>,
    next_auto_ns: u64,
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
    /// Nothing is known yet.
    pub(super) fn new(way: &ConsumerWay) -> Self {
        Self {
            auto_commit_ns: way.auto_commit_ns,
            next_auto_ns: 0,
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
    pub(super) fn give_up(&mut self, coordinator: &mut GroupCoordinator) {
        if self.is_committing() {
            self.failed += 1;
            self.wanted = false;
            coordinator.forget();
            self.committing.clear();
        }
    }

    /// Asks what is to be asked next. `member`: its id and epoch; None: of one that is no member. True: something was.
    pub(super) fn ask(
        &mut self,
        cluster: &mut Cluster<EmptyBody>,
        coordinator: &mut GroupCoordinator,
        member: Option<(&str, i32)>,
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
        if looks_up && coordinator.group.is_empty() {
            tracks
                .iter_mut()
                .filter(|track| track.place == FetchPosition::Committed)
                .for_each(|track| track.place = FetchPosition::Edge);
            return false;
        }
        if self.wanted && !looks_up && self.committing.is_empty() && !tracks.iter().any(PartitionFetch::is_uncommitted)
        {
            self.wanted = false;
        }
        if self.asking || now_ns < self.not_before_ns || !(looks_up || self.wanted) {
            return false;
        }
        let at = match coordinator.reach(cluster, now_ns) {
            Reach::Ready(at) => at,
            Reach::Asked => return true,
            Reach::NotYet => return false,
        };
        self.asking = true;
        let (client_id, group, topic) = (&cluster.manners.client_id, &coordinator.group, &cluster.topic);
        let (question, writing) = if looks_up {
            let of = |track: &PartitionFetch| (track.place == FetchPosition::Committed).then_some(track.partition);
            let partitions: Vec<u32> = tracks.iter().filter_map(of).collect();
            match member {
                None => (WireRequest::Committed, request::committed(client_id, group, topic, &partitions)),
                Some(member) => (
                    WireRequest::MemberCommitted,
                    request::member_committed(client_id, group, member, topic, &partitions),
                ),
            }
        } else {
            self.wanted = false;
            let uncommitted = tracks.iter().enumerate().filter(|(_, track)| track.is_uncommitted());
            self.committing = uncommitted.map(|(at, track)| (at, track.position)).collect();
            let offsets: Vec<_> = self.committing.iter().map(|(at, offset)| (tracks[*at].partition, *offset)).collect();
            match member {
                None => (WireRequest::Commit, request::commit(client_id, group, topic, &offsets)),
                Some(member) => {
                    (WireRequest::MemberCommit, request::member_commit(client_id, group, member, topic, &offsets))
                }
            }
        };
        cluster.ask(at, question, writing, now_ns);
        true
    }

    /// An answer to one of its questions. None: it makes no sense.
    pub(super) fn answered(
        &mut self,
        question: WireRequest,
        bytes: &[u8],
        coordinator: &mut GroupCoordinator,
        tracks: &mut [PartitionFetch],
        trouble: &mut FetchTrouble,
    ) -> Option<()> {
        self.asking = false;
        let mut error = 0;
        match question {
            WireRequest::Committed | WireRequest::MemberCommitted => {
                let each = |partition: u32, code: i16, offset: i64| {
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
                };
                let whole = match question {
                    WireRequest::Committed => response::committed(bytes, each)?,
                    _ => response::member_committed(bytes, each)?,
                };
                match if whole == 0 { error } else { whole } {
                    0 => self.failures = 0,
                    code if codes::is_fencing(code) && question == WireRequest::MemberCommitted => {
                        trouble.is_fenced = true;
                    }
                    code => self.refused(code, coordinator, trouble),
                }
            }
            _ => {
                let each = |_: u32, code: i16| error = if error == 0 { code } else { error };
                match question {
                    WireRequest::Commit => response::commits(bytes, each)?,
                    _ => response::member_commits(bytes, each)?,
                }
                let committing = std::mem::take(&mut self.committing);
                if error == 0 {
                    committing.into_iter().for_each(|(at, offset)| tracks[at].committed = offset);
                    self.succeeded += 1;
                    self.failures = 0;
                } else if codes::is_retriable(error) {
                    self.wanted = true;
                    self.refused(error, coordinator, trouble);
                } else {
                    self.failed += 1;
                    trouble.is_fenced |= question == WireRequest::MemberCommit && codes::is_fencing(error);
                    trouble.errors.push(format!("commit: {}", codes::describe(error.into())));
                }
            }
        }
        Some(())
    }

    /// The connection that was asked is gone.
    pub(super) fn lost(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.asking = false;
        // It may have been committed: once more does no harm.
        self.wanted |= !self.committing.is_empty();
        self.committing.clear();
        self.rest(now_ns, retry_ns);
    }

    fn refused(&mut self, code: i16, coordinator: &mut GroupCoordinator, trouble: &mut FetchTrouble) {
        coordinator.refused(code, trouble);
        self.rest(trouble.now_ns, trouble.retry_ns);
    }

    fn rest(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.not_before_ns = now_ns + back_off_ns(retry_ns, self.failures);
        self.failures = self.failures.saturating_add(1);
    }
}
