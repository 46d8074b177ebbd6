//! Fetches: asked of each leader, the next one before the last answer is read.

use super::WireConsumer;
use super::partition_fetch::{FetchPosition, PartitionFetch};
use crate::driver::wire::request::{self, FetchBounds, WireRequest};

/// Answers of a broker that wait to be handed out while a further one is asked for.
const WAITING: usize = 1;

impl WireConsumer {
    /// The brokers that lead something, each once.
    pub(super) fn leaders(&self) -> Vec<i32> {
        let mut leaders: Vec<i32> = self.tracks.iter().map(|track| track.leader).filter(|id| *id >= 0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }

    /// Asks each leader that has nothing to answer for messages. True: one was asked.
    pub(super) fn fetch(&mut self, now_ns: u64) -> bool {
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
            let mut wanted = Vec::with_capacity(self.tracks.len());
            for track in &mut self.tracks {
                if let (FetchPosition::At(offset), true) =
                    (track.place, track.leader == leader && track.is_free(now_ns))
                {
                    wanted.push((track.partition, offset));
                    track.asked_of = Some(leader);
                }
            }
            if !wanted.is_empty() {
                let names = self.sessions.names(leader, wanted, self.turn);
                let writing = request::fetch(&self.cluster.manners.client_id, &self.topic, &bounds, &names);
                self.cluster.ask(at, WireRequest::Fetch, writing, now_ns);
                asked = true;
            }
        }
        asked
    }
}
