//! A look at all connections: what has come is told to whom it concerns, and what is due is asked.

use super::WireConsumer;
use super::leader_response::LeaderResponse;
use super::membership::{MemberWork, Membership};
use super::partition_fetch::{FetchPosition, PartitionFetch};
use super::trouble::FetchTrouble;
use crate::driver::wire::cluster::RequestEvent;
use crate::driver::wire::link::EmptyBody;
use crate::driver::wire::request::WireRequest;
use crate::driver::{DriverError, Time};

impl WireConsumer {
    /// Reads what has come, asks for what is next.
    pub(super) fn pump(&mut self, time: &impl Time) {
        let now_ns = self.cluster.begin_look(time);
        self.now_ns = now_ns;
        self.steps(time, true);
        self.follow_leaders(now_ns);
        let Self { cluster, coordinator, membership, offsets, tracks, parcels, .. } = self;
        let mut asked = false;
        if let Some(membership) = membership {
            asked = membership.tend(MemberWork { cluster, coordinator, offsets, tracks, parcels, now_ns });
        }
        let member = membership.as_ref().and_then(Membership::identity);
        asked |= offsets.ask(cluster, coordinator, member, tracks, now_ns);
        self.begin_where_nothing_is_committed();
        asked |= self.ask_for_edges(now_ns);
        if !self.paused {
            asked |= self.fetch(now_ns);
        }
        if asked {
            self.steps(time, false);
        }
    }

    /// Reads what has come and writes what waits; without `reads` it writes alone.
    fn steps(&mut self, time: &impl Time, reads: bool) {
        let Self { cluster, way, tracks, sessions, coordinator, membership, offsets, parcels, spare, topic, .. } = self;
        let retry_ns = cluster.manners.retry_ns;
        let mut trouble = FetchTrouble::new(self.now_ns, retry_ns);
        for nth in 0..cluster.len() {
            let at = cluster.in_turn(nth);
            let broker = cluster.id(at);
            let on_event = |event: RequestEvent<'_, EmptyBody>, now_ns| {
                trouble.now_ns = now_ns;
                let trouble = &mut trouble;
                match event {
                    RequestEvent::Answer(asked, inbox, range) => match (asked.question, &mut *membership) {
                        (WireRequest::Fetch, _) => {
                            LeaderResponse { way, topic, tracks, sessions, parcels, spare, broker, trouble }
                                .messages(inbox, range)
                        }
                        (WireRequest::Offsets, _) => {
                            LeaderResponse { way, topic, tracks, sessions, parcels, spare, broker, trouble }
                                .edges(inbox.bytes(range))
                        }
                        (WireRequest::Coordinator, _) => coordinator.answered(inbox.bytes(range), trouble).map(|()| 0),
                        (WireRequest::Heartbeat, Some(membership)) => {
                            membership.answered(inbox.bytes(range), coordinator, trouble)
                        }
                        (WireRequest::TopicId, Some(membership)) => {
                            membership.topic_came(inbox.bytes(range), trouble).map(|()| 0)
                        }
                        (other, _) => {
                            offsets.answered(other, inbox.bytes(range), coordinator, tracks, trouble).map(|()| 0)
                        }
                    },
                    RequestEvent::Lost(asked) => {
                        let was_asked = asked.question;
                        match was_asked {
                            WireRequest::Fetch | WireRequest::Offsets => {
                                if was_asked == WireRequest::Fetch {
                                    sessions.lost(broker);
                                }
                                for track in tracks.iter_mut().filter(|track| track.asked_of == Some(broker)) {
                                    track.asked_of = None;
                                    track.rest(now_ns, retry_ns);
                                }
                                trouble.leaders_moved = true;
                            }
                            WireRequest::Coordinator => coordinator.lost(was_asked, now_ns, retry_ns),
                            WireRequest::Heartbeat | WireRequest::TopicId => {
                                if let Some(membership) = membership {
                                    membership.lost(was_asked, now_ns, retry_ns);
                                }
                                if was_asked == WireRequest::Heartbeat {
                                    coordinator.lost(was_asked, now_ns, retry_ns);
                                }
                            }
                            _ => {
                                coordinator.lost(was_asked, now_ns, retry_ns);
                                offsets.lost(now_ns, retry_ns);
                            }
                        }
                        Some(0)
                    }
                    RequestEvent::Written(_) => Some(0),
                }
            };
            if reads {
                cluster.step(at, time, on_event);
            } else {
                cluster.write(at, self.now_ns, on_event);
            }
        }
        if let (true, Some(membership)) = (trouble.is_fenced, membership) {
            membership.is_fenced(tracks, parcels, trouble.now_ns);
        }
        self.tell(trouble);
        let is_placed = |track: &&PartitionFetch| matches!(track.place, FetchPosition::At(_));
        self.events.assigned = self.tracks.iter().filter(is_placed).count() as u64;
        if let Some(membership) = &self.membership {
            self.events.rebalances = membership.assignments;
        }
    }

    fn tell(&mut self, trouble: FetchTrouble) {
        let cluster = &mut self.cluster;
        if trouble.leaders_moved {
            cluster.want_metadata();
        }
        trouble.remarks.into_iter().for_each(|remark| cluster.error_log.remark(remark));
        trouble.errors.into_iter().for_each(|error| cluster.error_log.error(error));
        if let Some(DriverError { class, text }) = trouble.fault {
            cluster.give_up(class, text);
        }
        if let Some(broker) = trouble.coordinator {
            cluster.set(broker);
        }
    }

    fn follow_leaders(&mut self, now_ns: u64) {
        if let Some(metadata) = self.cluster.take_metadata() {
            let mut all = true;
            if self.membership.is_some() {
                // Partitions that were added may be this member's one day.
                let mut known: Vec<u32> = metadata.partitions.iter().map(|(partition, ..)| *partition).collect();
                known.sort_unstable();
                for partition in known {
                    if partition as usize == self.tracks.len() {
                        self.tracks.push(PartitionFetch::new(partition, -1, FetchPosition::Elsewhere));
                    }
                }
            }
            for track in &mut self.tracks {
                let found = metadata.partitions.iter().find(|(partition, ..)| *partition == track.partition);
                track.leader = found.map_or(-1, |(.., leader)| *leader);
                all &= track.leader >= 0;
            }
            if all {
                self.cluster.metadata_was_good();
            } else {
                self.cluster.want_metadata();
            }
            metadata.brokers.into_iter().for_each(|broker| self.cluster.set(broker));
        }
        self.cluster.refresh(now_ns);
    }
}
