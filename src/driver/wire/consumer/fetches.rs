//! Fetches: asked of each leader, the next one before the last answer is read.

use super::fetch_response::FetchResponse;
use super::offsets::FetchTrouble;
use super::partition_fetch::{FetchPosition, PartitionFetch};
use super::{COMMIT_NS, WireConsumer};
use crate::driver::wire::cluster::{RequestEvent, ThrottleTime};
use crate::driver::wire::codes;
use crate::driver::wire::link::ReceiveBuffer;
use crate::driver::wire::request::{self, FetchBounds, WireRequest};
use crate::driver::wire::response::{self, Fetched};
use crate::driver::{DriverError, ErrorClass, Time};
use crate::plan::properties::wire::{ConsumerWay, Reset};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

/// Answers of a broker that wait to be handed out while a further one is asked for.
const WAITING: usize = 1;
/// ListOffsets: the end, the begin.
const END: i64 = -1;
const BEGIN: i64 = -2;

impl WireConsumer {
    /// Reads what has come, asks for what is next.
    pub(super) fn pump(&mut self, time: &impl Time) {
        let now_ns = time.now_ns();
        self.now_ns = now_ns;
        self.steps(time);
        self.follow_leaders(now_ns);
        let Self { cluster, offsets, topic, tracks, .. } = self;
        let mut asked = offsets.ask(cluster, topic, tracks, now_ns);
        self.begin_where_nothing_is_committed();
        asked |= self.ask_for_edges(now_ns);
        if !self.paused {
            asked |= self.fetch(now_ns);
        }
        if asked {
            self.steps(time);
        }
    }

    fn steps(&mut self, time: &impl Time) {
        let Self { cluster, way, tracks, offsets, parcels, spare, topic, .. } = self;
        let mut trouble = FetchTrouble {
            now_ns: self.now_ns,
            retry_ns: cluster.manners.retry_ns,
            errors: Vec::new(),
            remarks: Vec::new(),
            fault: None,
            leaders_moved: false,
            coordinator: None,
        };
        for at in 0..cluster.len() {
            let broker = cluster.id(at);
            cluster.step(at, time, |event, now_ns| {
                trouble.now_ns = now_ns;
                match event {
                    RequestEvent::Answer(asked, inbox, range) => match asked.question {
                        WireRequest::Fetch => {
                            let mut fetched =
                                LeaderResponse { way, topic, tracks, parcels, spare, broker, trouble: &mut trouble };
                            fetched.messages(inbox, range)
                        }
                        WireRequest::Offsets => {
                            let mut come =
                                LeaderResponse { way, topic, tracks, parcels, spare, broker, trouble: &mut trouble };
                            come.edges(inbox.bytes(range))
                        }
                        other => offsets.answered(other, inbox.bytes(range), tracks, &mut trouble).map(|()| 0),
                    },
                    RequestEvent::Lost(asked) => {
                        match asked.question {
                            WireRequest::Fetch | WireRequest::Offsets => {
                                for track in tracks.iter_mut().filter(|track| track.asked_of == Some(broker)) {
                                    track.asked_of = None;
                                    track.rest(now_ns, trouble.retry_ns);
                                }
                                trouble.leaders_moved = true;
                            }
                            _ => offsets.lost(now_ns, trouble.retry_ns),
                        }
                        Some(0)
                    }
                    RequestEvent::Written(_) => Some(0),
                }
            });
        }
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
        self.events.assigned =
            self.tracks.iter().filter(|track| matches!(track.place, FetchPosition::At(_))).count() as u64;
    }

    fn follow_leaders(&mut self, now_ns: u64) {
        if let Some(metadata) = self.cluster.take_metadata() {
            let mut all = true;
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

    /// With `auto.offset.reset=error` that is an error.
    fn begin_where_nothing_is_committed(&mut self) {
        let edge = |track: &&PartitionFetch| track.place == FetchPosition::Edge;
        if self.way.reset == Reset::Error
            && let Some(track) = self.tracks.iter().find(edge)
        {
            let text =
                format!("{}, partition {}: nothing is committed (auto.offset.reset)", self.topic, track.partition);
            self.cluster.give_up(ErrorClass::System, text);
        }
    }

    /// The brokers that lead something, each once.
    fn leaders(&self) -> Vec<i32> {
        let mut leaders: Vec<i32> = self.tracks.iter().map(|track| track.leader).filter(|id| *id >= 0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }

    fn ask_for_edges(&mut self, now_ns: u64) -> bool {
        if !self.tracks.iter().any(|track| track.place == FetchPosition::Edge) {
            return false;
        }
        let at_edge = if self.way.reset == Reset::Earliest { BEGIN } else { END };
        let mut asked = false;
        for leader in self.leaders() {
            let of = |track: &PartitionFetch| {
                track.place == FetchPosition::Edge && track.leader == leader && track.is_free(now_ns)
            };
            let partitions: Vec<u32> =
                self.tracks.iter().filter(|track| of(track)).map(|track| track.partition).collect();
            let Some(at) = self.cluster.find(leader).filter(|_| !partitions.is_empty()) else { continue };
            if self.cluster.ready(at, now_ns).is_none() {
                continue;
            }
            let client_id = self.cluster.manners.client_id.clone();
            let writing = request::offsets(&client_id, &self.topic, self.way.committed_only, at_edge, &partitions);
            self.cluster.ask(at, WireRequest::Offsets, writing, now_ns);
            self.tracks.iter_mut().filter(|track| of(track)).for_each(|track| track.asked_of = Some(leader));
            asked = true;
        }
        asked
    }

    fn fetch(&mut self, now_ns: u64) -> bool {
        let mut asked = false;
        let bounds = FetchBounds {
            wait_ms: self.way.wait_ms,
            least_bytes: self.way.least_bytes,
            most_bytes: self.way.most_bytes,
            most_bytes_of_partition: self.way.most_bytes_of_partition,
            committed_only: self.way.committed_only,
        };
        let is_ready = |track: &PartitionFetch| matches!(track.place, FetchPosition::At(_)) && track.is_free(now_ns);
        if !self.tracks.iter().any(is_ready) {
            return false;
        }
        for leader in self.leaders() {
            let waiting = self.parcels.iter().filter(|response| response.broker == leader).count();
            let Some(at) = self.cluster.find(leader).filter(|_| waiting <= WAITING) else { continue };
            let Some(link) = self.cluster.ready(at, now_ns) else { continue };
            if link.open(WireRequest::Fetch) > 0 {
                continue;
            }
            self.turn = self.turn.wrapping_add(1);
            let mut from = Vec::with_capacity(self.tracks.len());
            let count = self.tracks.len();
            for nth in 0..count {
                let track = &mut self.tracks[(self.turn + nth) % count];
                if let (FetchPosition::At(offset), true) =
                    (track.place, track.leader == leader && track.is_free(now_ns))
                {
                    from.push((track.partition, offset));
                    track.asked_of = Some(leader);
                }
            }
            if !from.is_empty() {
                let writing = request::fetch(&self.cluster.manners.client_id, &self.topic, &bounds, &from);
                self.cluster.ask(at, WireRequest::Fetch, writing, now_ns);
                asked = true;
            }
        }
        asked
    }

    /// Commits what has been handed out and waits for the answer.
    pub(super) fn commit_and_wait(&mut self) {
        let begun = Instant::now();
        let time = RunningTime { from_ns: self.now_ns, begun };
        let until_ns = time.now_ns() + COMMIT_NS;
        self.offsets.want_commit();
        let paused = std::mem::replace(&mut self.paused, true);
        while self.offsets.is_committing() && self.cluster.fault().is_none() {
            self.pump(&time);
            let now_ns = time.now_ns();
            if now_ns >= until_ns {
                self.offsets.give_up();
            }
            if self.offsets.is_committing() {
                self.cluster.wait(now_ns + 1_000_000, &time);
            }
        }
        self.paused = paused;
        self.blocked_ns += u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    }
}

/// The run's time, where nobody hands it in: as last seen, and what has passed since.
struct RunningTime {
    from_ns: u64,
    begun: Instant,
}

impl Time for RunningTime {
    fn now_ns(&self) -> u64 {
        self.from_ns + u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(0)
    }

    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        std::thread::park_timeout(std::time::Duration::from_nanos(deadline_ns.saturating_sub(self.now_ns())));
    }
}

/// An answer of a leader's.
struct LeaderResponse<'a> {
    way: &'a ConsumerWay,
    topic: &'a str,
    tracks: &'a mut [PartitionFetch],
    parcels: &'a mut VecDeque<FetchResponse>,
    spare: &'a mut Vec<Vec<u8>>,
    broker: i32,
    trouble: &'a mut FetchTrouble,
}

impl LeaderResponse<'_> {
    fn messages(&mut self, inbox: &mut ReceiveBuffer, range: Range<usize>) -> ThrottleTime {
        let body = inbox.bytes(range.clone());
        let mut parts: Vec<(usize, Fetched)> = Vec::new();
        let mut bad = Vec::new();
        let asked_of = self.broker;
        let tracks = &mut *self.tracks;
        let whole = response::fetched(body, |mut fetched| {
            let own = |track: &PartitionFetch| track.partition == fetched.partition && track.asked_of == Some(asked_of);
            let Some(at) = tracks.iter().position(own) else { return };
            if fetched.error != 0 {
                bad.push((at, fetched.error));
            } else if !fetched.batches.is_empty() {
                let batches = body.get(fetched.batches.clone()).unwrap_or_default();
                if let Some(next) = FetchResponse::end_of(batches) {
                    tracks[at].place = FetchPosition::At(next);
                }
                fetched.batches = fetched.batches.start + range.start..fetched.batches.end + range.start;
                parts.push((at, fetched));
            } else {
                tracks[at].is_well();
            }
        });
        for track in self.tracks.iter_mut().filter(|track| track.asked_of == Some(asked_of)) {
            track.asked_of = None;
        }
        if parts.is_empty() {
            inbox.used(range.end);
        } else {
            let bytes = inbox.swap(range.end, self.spare.pop().unwrap_or_default());
            self.parcels.push_back(FetchResponse::new(bytes, self.broker, parts.into_iter()));
        }
        bad.into_iter().for_each(|(at, code)| self.refused(at, code));
        let (throttle_ms, code) = whole?;
        if code != 0 {
            self.trouble.errors.push(format!("fetch: {}", codes::describe(code.into())));
            self.tracks
                .iter_mut()
                .filter(|track| track.leader == asked_of)
                .for_each(|track| track.rest(self.trouble.now_ns, self.trouble.retry_ns));
        }
        Some(throttle_ms)
    }

    fn edges(&mut self, bytes: &[u8]) -> ThrottleTime {
        let mut bad = Vec::new();
        let (tracks, broker) = (&mut *self.tracks, self.broker);
        let read = response::offsets(bytes, |partition, error, offset| {
            let own = |track: &PartitionFetch| track.partition == partition && track.asked_of == Some(broker);
            let Some(at) = tracks.iter().position(own) else { return };
            if error == 0 {
                tracks[at].begin_at(offset.max(0));
            } else {
                bad.push((at, error));
            }
        });
        self.tracks.iter_mut().filter(|track| track.asked_of == Some(broker)).for_each(|track| track.asked_of = None);
        bad.into_iter().for_each(|(at, code)| self.refused(at, code));
        read.map(|()| 0)
    }

    fn refused(&mut self, at: usize, code: i16) {
        let track = &mut self.tracks[at];
        let of = format!("{}, partition {}", self.topic, track.partition);
        let words = format!("{of}: {}", codes::describe(code.into()));
        if code == codes::OFFSET_OUT_OF_RANGE && self.way.reset != Reset::Error {
            self.trouble.errors.push(words);
            track.place = FetchPosition::Edge;
        } else if codes::is_retriable(code) {
            self.trouble.leaders_moved |= codes::is_about_leaders(code);
            self.trouble.errors.push(words);
            track.rest(self.trouble.now_ns, self.trouble.retry_ns);
        } else {
            self.trouble.fault = Some(DriverError::new(codes::class(code.into()), words));
        }
    }
}
