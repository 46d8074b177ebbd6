//! Where reading begins in a partition of which nothing is committed: at an end of its log.

use super::WireConsumer;
use super::partition_fetch::{FetchPosition, PartitionFetch};
use crate::driver::ErrorClass;
use crate::driver::wire::request::{self, WireRequest};
use crate::plan::properties::wire::Reset;

/// ListOffsets: the end, the begin.
const END: i64 = -1;
const BEGIN: i64 = -2;

impl WireConsumer {
    /// With `auto.offset.reset=error` that is an error.
    pub(super) fn begin_where_nothing_is_committed(&mut self) {
        let edge = |track: &&PartitionFetch| track.place == FetchPosition::Edge;
        if self.way.reset == Reset::Error
            && let Some(track) = self.tracks.iter().find(edge)
        {
            let text =
                format!("{}, partition {}: nothing is committed (auto.offset.reset)", self.topic, track.partition);
            self.cluster.give_up(ErrorClass::System, text);
        }
    }

    /// Asks leaders for the ends that are not known yet. True: one was asked.
    pub(super) fn ask_for_edges(&mut self, now_ns: u64) -> bool {
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
}
