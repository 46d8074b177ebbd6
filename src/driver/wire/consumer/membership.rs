//! A member of a consumer group as Kafka's newer protocol has it (KIP-848): the broker assigns partitions, the member
//! gives back what it is to lose, takes what it is to get, and says with each sign of life which it has.
//!
//! What was handed out of a partition is committed before it is given back, so that whoever gets it goes on behind it.
//! A member that the group does not know any more has nothing, and joins anew.

mod beats;

use super::coordinator::GroupCoordinator;
use super::fetch_response::FetchResponse;
use super::offsets::Offsets;
use super::partition_fetch::{FetchPosition, PartitionFetch};
use super::trouble::FetchTrouble;
use crate::driver::wire::cluster::{Cluster, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::link::EmptyBody;
use crate::driver::wire::request::{self, TopicId, WireRequest};
use crate::driver::wire::response;
use crate::plan::properties::wire::MemberWay;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::VecDeque;

/// How far a membership is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stay {
    Wanted,
    /// It is to say good-bye.
    Leaving,
    /// It has said so.
    GoodBye,
    Over,
}

/// This consumer's part in its group.
#[derive(Debug)]
pub(super) struct Membership {
    way: MemberWay,
    /// Its own name, by which the group knows it again when it joins anew.
    id: String,
    /// 0: it is no member yet.
    epoch: i32,
    stay: Stay,
    /// A sign of life is on its way, or due then.
    beating: bool,
    next_ns: u64,
    failures: u32,
    topic: Option<TopicId>,
    asking_topic: bool,
    topic_not_before_ns: u64,
    /// What it is to have, which is not so yet.
    wanted: Option<Vec<(TopicId, Vec<u32>)>>,
    /// What it has is to be told.
    untold: bool,
    pub(super) assignments: u64,
}

/// What a membership works with.
pub(super) struct MemberWork<'a> {
    pub(super) cluster: &'a mut Cluster<EmptyBody>,
    pub(super) coordinator: &'a mut GroupCoordinator,
    pub(super) offsets: &'a mut Offsets,
    /// Of all partitions of the topic, each at its number.
    pub(super) tracks: &'a mut [PartitionFetch],
    pub(super) parcels: &'a mut VecDeque<FetchResponse>,
    pub(super) now_ns: u64,
}

impl Membership {
    /// It has not joined yet.
    pub(super) fn new(way: MemberWay) -> Self {
        let name = fastrand::u128(..) ^ u128::from(std::process::id());
        Self {
            way,
            id: URL_SAFE_NO_PAD.encode(name.to_be_bytes()),
            epoch: 0,
            stay: Stay::Wanted,
            beating: false,
            next_ns: 0,
            failures: 0,
            topic: None,
            asking_topic: false,
            topic_not_before_ns: 0,
            wanted: None,
            untold: false,
            assignments: 0,
        }
    }

    /// Its id and epoch, once it has joined.
    pub(super) fn identity(&self) -> Option<(&str, i32)> {
        (self.epoch > 0).then_some((&self.id, self.epoch))
    }

    /// Says good-bye, soon, if anybody knows it.
    pub(super) fn leave(&mut self, now_ns: u64) {
        self.stay = if self.epoch > 0 { Stay::Leaving } else { Stay::Over };
        self.next_ns = now_ns;
    }

    /// Has it left?
    pub(super) fn is_over(&self) -> bool {
        self.stay == Stay::Over
    }

    /// Does what is due. True: something was asked.
    pub(super) fn tend(&mut self, mut work: MemberWork<'_>) -> bool {
        if self.stay == Stay::Wanted {
            self.reconcile(&mut work);
        }
        let asked = self.ask_for_topic(&mut work);
        self.beat(&mut work) | asked
    }

    /// Gives back and takes what the broker wants.
    fn reconcile(&mut self, work: &mut MemberWork<'_>) {
        let (Some(wanted), Some(topic)) = (&self.wanted, self.topic) else { return };
        if wanted.iter().any(|(id, _)| *id != topic) {
            // The topic was made anew since it was asked for.
            self.topic = None;
            return;
        }
        let is_wanted = |partition| wanted.iter().any(|(_, partitions)| partitions.contains(&partition));
        let (mut gives_back, mut waits) = (false, false);
        for (track, at) in work.tracks.iter_mut().zip(0..) {
            if track.is_own() && !is_wanted(track.partition) {
                work.parcels.iter_mut().for_each(|response| response.forget(at));
                track.leave(true);
                gives_back |= track.place == FetchPosition::Leaving;
            }
        }
        if gives_back {
            work.offsets.want_commit();
        }
        for track in work.tracks.iter_mut().filter(|track| track.place == FetchPosition::Leaving) {
            if work.offsets.is_committing() {
                waits = true;
            } else {
                track.place = FetchPosition::Elsewhere;
            }
        }
        let most = wanted.iter().flat_map(|(_, partitions)| partitions).max();
        if most.is_some_and(|most| *most as usize >= work.tracks.len()) {
            // There are partitions that were added since leaders were asked for.
            work.cluster.want_metadata();
            waits = true;
        }
        if waits {
            return;
        }
        for track in work.tracks.iter_mut().filter(|track| !track.is_own() && is_wanted(track.partition)) {
            track.place = FetchPosition::Committed;
        }
        self.wanted = None;
        self.assignments += 1;
        (self.untold, self.next_ns) = (true, work.now_ns);
    }

    fn ask_for_topic(&mut self, work: &mut MemberWork<'_>) -> bool {
        if self.topic.is_some() || self.asking_topic || work.now_ns < self.topic_not_before_ns {
            return false;
        }
        let Some(at) = work.cluster.anybody(work.now_ns) else { return false };
        let writing = request::topic_id(&work.cluster.manners.client_id, &work.cluster.topic);
        work.cluster.ask(at, WireRequest::TopicId, writing, work.now_ns);
        self.asking_topic = true;
        self.topic_not_before_ns = work.now_ns + back_off_ns(work.cluster.manners.retry_ns, 0);
        true
    }

    /// The topic's number was told. None: the answer makes no sense.
    pub(super) fn topic_came(&mut self, bytes: &[u8], trouble: &mut FetchTrouble) -> Option<()> {
        self.asking_topic = false;
        match response::topic_id(bytes)? {
            Ok(id) => self.topic = Some(id),
            Err(code) => trouble.remarks.push(format!("the topic's id: {}", codes::describe(code.into()))),
        }
        Some(())
    }

    /// The group does not know it any more: what it had may be somebody else's already.
    pub(super) fn is_fenced(
        &mut self,
        tracks: &mut [PartitionFetch],
        parcels: &mut VecDeque<FetchResponse>,
        now_ns: u64,
    ) {
        tracks.iter_mut().for_each(|track| track.leave(false));
        parcels.clear();
        (self.epoch, self.wanted, self.untold, self.next_ns) = (0, None, false, now_ns);
        if self.stay != Stay::Wanted {
            self.stay = Stay::Over;
        }
    }
}
