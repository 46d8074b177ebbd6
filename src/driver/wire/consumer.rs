//! A consumer of its share of one topic's partitions: one fetch on its way to each broker while the answer before is
//! read where it stands.
//!
//! Which partitions are its own the broker says to a member of a group (`group.protocol=consumer`). Otherwise it joins
//! none: that follows from its number among the consumers of a subscription, and offsets are committed for the group as
//! by one that is no member.

mod coordinator;
mod edges;
mod fetch_response;
mod fetch_sessions;
mod fetches;
mod leader_response;
mod membership;
mod offsets;
mod partition_fetch;
mod pump;
mod trouble;
mod waits;

use super::cluster::Cluster;
use super::link::EmptyBody;
use super::unpack::Unpacker;
use crate::driver::{Consumer, ConsumerEvents, DriverError, ReceivedMessage, Time};
use crate::plan::properties::wire::{ConsumerWay, WireConsumerSettings};
use coordinator::GroupCoordinator;
use fetch_response::FetchResponse;
use fetch_sessions::FetchSessions;
use membership::Membership;
use offsets::Offsets;
use partition_fetch::{FetchPosition, PartitionFetch};
use std::collections::VecDeque;
use std::time::Duration;

/// Longest wait of one look.
const LOOK_NS: u64 = 50_000_000;

/// Which of the consumers of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Its number.
    pub member: u32,
    /// How many there are.
    pub members: u32,
}

/// A connected consumer.
#[derive(Debug)]
pub struct WireConsumer {
    cluster: Cluster<EmptyBody>,
    way: ConsumerWay,
    topic: String,
    /// Of its own partitions, in their order; of a member of a group of all.
    tracks: Vec<PartitionFetch>,
    sessions: FetchSessions,
    coordinator: GroupCoordinator,
    /// None: the plan says which partitions are its own.
    membership: Option<Membership>,
    offsets: Offsets,
    /// Answers that have come and are not handed out, the first being read.
    parcels: VecDeque<FetchResponse>,
    /// Memory for answers.
    spare: Vec<Vec<u8>>,
    unpacker: Unpacker,
    paused: bool,
    events: ConsumerEvents,
    blocked_ns: u64,
    /// Which partition a fetch names first.
    turn: usize,
    now_ns: u64,
}

impl WireConsumer {
    /// Connects, and returns once the topic's partitions all have a leader; where it begins to read it learns later.
    pub fn connect(
        settings: &WireConsumerSettings,
        topic: &str,
        share: Share,
        limit: Duration,
        time: &impl Time,
    ) -> Result<Self, DriverError> {
        let way = settings.way.clone();
        let mut cluster = Cluster::new(settings.connecting.clone(), topic)?;
        let membership = way.membership.clone().map(Membership::new);
        cluster.needs_members = membership.is_some();
        let leaders = cluster.meet(limit, time)?;
        let own = |(partition, leader): (u32, i32)| {
            let place = match membership {
                Some(_) => FetchPosition::Elsewhere,
                None if partition % share.members.max(1) == share.member => FetchPosition::Committed,
                None => return None,
            };
            Some(PartitionFetch::new(partition, leader, place))
        };
        let tracks: Vec<PartitionFetch> = (0..).zip(leaders).filter_map(own).collect();
        let events = ConsumerEvents { rebalances: 1, ..ConsumerEvents::default() };
        Ok(Self {
            cluster,
            sessions: FetchSessions::default(),
            coordinator: GroupCoordinator::new(&way.group),
            membership,
            offsets: Offsets::new(&way),
            way,
            topic: topic.to_owned(),
            tracks,
            parcels: VecDeque::new(),
            spare: Vec::new(),
            unpacker: Unpacker::default(),
            paused: false,
            events,
            blocked_ns: 0,
            turn: 0,
            now_ns: time.now_ns(),
        })
    }

    /// Hands out messages that have come, with one clock reading.
    fn hand_out(&mut self, time: &impl Time, on_message: &mut impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        if self.paused {
            return 0;
        }
        let (mut count, mut at_ns) = (0, 0);
        while count < Self::BATCH {
            let Some(response) = self.parcels.front_mut() else { break };
            if at_ns == 0 {
                at_ns = time.now_ns();
            }
            let (tracks, check, unpacker) = (&mut self.tracks, self.way.check_crcs, &mut self.unpacker);
            match response.hand_out(Self::BATCH - count, at_ns, tracks, check, unpacker, on_message) {
                Ok(handed) => count += handed,
                Err((partition, offset, error)) => {
                    let text = format!("{}, partition {partition}, from offset {offset}: {error}", self.topic);
                    self.cluster.give_up(crate::driver::ErrorClass::System, text);
                    self.parcels.clear();
                    break;
                }
            }
            if response.is_empty()
                && let Some(response) = self.parcels.pop_front()
            {
                self.spare.push(response.into_bytes());
            }
        }
        count
    }

    fn due_ns(&self, now_ns: u64) -> u64 {
        let tracks = self.tracks.iter().map(PartitionFetch::not_before_ns).filter(|due_ns| *due_ns > now_ns);
        let look_ns = if self.cluster.is_on_its_way() { 1_000_000 } else { LOOK_NS };
        tracks.min().unwrap_or(u64::MAX).min(now_ns + look_ns)
    }
}

impl Consumer for WireConsumer {
    /// Handed out with one clock reading.
    const BATCH: u32 = 300;

    #[inline]
    fn poll_batch(&mut self, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        self.pump(time);
        self.hand_out(time, &mut on_message)
    }

    fn await_messages(&mut self, deadline_ns: u64, time: &impl Time) {
        self.cluster.wait(deadline_ns.min(self.due_ns(time.now_ns())), time);
    }

    fn serve_events(&mut self, time: &impl Time, _on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        // Where the loop is busy with messages that have come it looks at its connections all the same.
        self.pump(time);
        0
    }

    fn blocked_ns(&self) -> u64 {
        self.blocked_ns
    }

    fn events(&self) -> ConsumerEvents {
        ConsumerEvents {
            client_errors: self.cluster.error_log.errors(),
            all_brokers_down: self.cluster.all_down,
            commits_succeeded: self.offsets.succeeded,
            commits_failed: self.offsets.failed,
            ..self.events
        }
    }

    fn commit_in_flight(&self) -> bool {
        self.offsets.is_committing()
    }

    fn commit_async(&mut self) {
        self.offsets.want_commit();
    }

    fn commit_sync(&mut self) {
        self.commit_and_wait();
    }

    fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    fn close(&mut self) {
        if self.offsets.is_automatic() {
            self.commit_and_wait();
        }
        self.leave_and_wait();
        self.cluster.close(|_| ());
        self.events.assigned = 0;
    }

    fn tell_troubles(&mut self, tell: &mut dyn FnMut(&str, u64)) {
        self.cluster.error_log.tell(tell);
    }

    fn fault(&self) -> Option<DriverError> {
        self.cluster.fault()
    }
}
