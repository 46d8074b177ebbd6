//! One partition of a consumer's topic: whose it is, who leads it, how far it is fetched and handed out.

use crate::driver::wire::cluster::back_off_ns;

/// Where the next fetch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FetchPosition {
    /// Where the group has committed, which is not known yet.
    Committed,
    /// At an edge of the log, which is not known yet.
    Edge,
    /// Here.
    At(i64),
    /// It is given back to the group once what was handed out of it is committed.
    Leaving,
    /// It is not this consumer's.
    Elsewhere,
}

/// Where the reading of one partition stands.
#[derive(Debug)]
pub(super) struct PartitionFetch {
    pub(super) partition: u32,
    /// −1: nobody.
    pub(super) leader: i32,
    pub(super) place: FetchPosition,
    /// The next offset to be handed out; what comes from before it was not asked for.
    pub(super) position: i64,
    /// What is committed; −1: nothing is known to be.
    pub(super) committed: i64,
    /// The broker that was asked for its messages or its edge, and has not answered.
    pub(super) asked_of: Option<i32>,
    not_before_ns: u64,
    failures: u32,
}

impl PartitionFetch {
    /// Of a partition of which no more is known than whose it is.
    pub(super) fn new(partition: u32, leader: i32, place: FetchPosition) -> Self {
        Self { partition, leader, place, position: 0, committed: -1, asked_of: None, not_before_ns: 0, failures: 0 }
    }

    /// Reading goes on at `offset`.
    pub(super) fn begin_at(&mut self, offset: i64) {
        (self.place, self.position, self.failures) = (FetchPosition::At(offset), offset, 0);
    }

    /// Is it this consumer's to read?
    pub(super) fn is_own(&self) -> bool {
        !matches!(self.place, FetchPosition::Leaving | FetchPosition::Elsewhere)
    }

    /// Was something of it handed out that is not committed?
    pub(super) fn is_uncommitted(&self) -> bool {
        matches!(self.place, FetchPosition::At(_) | FetchPosition::Leaving) && self.position != self.committed
    }

    /// It is not read any more. `commits`: what was handed out is to be committed before it is somebody else's.
    pub(super) fn leave(&mut self, commits: bool) {
        self.asked_of = None;
        self.place = if commits && self.is_uncommitted() { FetchPosition::Leaving } else { FetchPosition::Elsewhere };
    }

    /// An error: it is left alone for a while.
    pub(super) fn rest(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.not_before_ns = now_ns + back_off_ns(retry_ns, self.failures);
        self.failures = self.failures.saturating_add(1);
    }

    /// It was answered well.
    pub(super) fn is_well(&mut self) {
        self.failures = 0;
    }

    /// Until when it is left alone.
    pub(super) fn not_before_ns(&self) -> u64 {
        self.not_before_ns
    }

    /// May its leader be asked for something now?
    pub(super) fn is_free(&self, now_ns: u64) -> bool {
        self.asked_of.is_none() && self.leader >= 0 && now_ns >= self.not_before_ns
    }
}
