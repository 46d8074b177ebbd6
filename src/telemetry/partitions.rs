//! What a consumer received of each partition: cells written at every cut, under a version that is odd while they
//! are written.

use super::memory::Memory;
use super::{ClientEnd, SupervisorEnd};
use crate::stats::partition_counts::PartitionCounts;
use crate::stats::partition_tally::{CELL_WORDS, PartitionTally};
use std::sync::atomic::{Ordering, fence};

/// Version, and the end of the cut.
pub(super) const HEAD_WORDS: usize = 2;
/// How often cells are read again when the client is writing them just then: it does so for some µs a second.
const TRIES: usize = 8;

/// What a consumer had received by the end of a cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartitionReading {
    /// End of that cut, raw ns.
    pub end_ns: u64,
    /// Partitions of which something had come.
    pub partitions: Vec<PartitionCounts>,
}

impl ClientEnd {
    /// Publishes what had come of each partition by `end_ns`: of it what has changed since the last call. What has
    /// no cell in this segment is
    /// not published.
    pub fn publish_partitions(&mut self, end_ns: u64, tally: &mut PartitionTally) {
        let (head, cells) = (self.layout.partitions, self.layout.partition_cells);
        let version = self.memory.load(head, Ordering::Relaxed);
        self.memory.store(head, version.wrapping_add(1), Ordering::Relaxed);
        // Pairs with the fence in `read_once`: whoever sees a word below sees the odd version.
        fence(Ordering::Release);
        self.memory.store(head + 1, end_ns, Ordering::Relaxed);
        tally.take_changes(|cell, word, value| {
            if cell < cells {
                self.memory.store(head + HEAD_WORDS + cell * CELL_WORDS + word, value, Ordering::Relaxed);
            }
        });
        self.memory.store(head, version.wrapping_add(2), Ordering::Release);
    }
}

impl SupervisorEnd {
    /// What the client published last; None: nothing yet, or it ended while it wrote.
    pub fn partitions(&self) -> Option<PartitionReading> {
        (0..TRIES).find_map(|_| read_once(&self.memory, self.layout.partitions, self.layout.partition_cells))
    }
}

fn read_once(memory: &Memory, head: usize, cells: usize) -> Option<PartitionReading> {
    let version = memory.load(head, Ordering::Acquire);
    if version == 0 || !version.is_multiple_of(2) {
        return None;
    }
    let end_ns = memory.load(head + 1, Ordering::Relaxed);
    let cell = |cell: usize| {
        let first = head + HEAD_WORDS + cell * CELL_WORDS;
        PartitionCounts::from_words(|word| memory.load(first + word, Ordering::Relaxed))
    };
    let partitions = (0..cells).filter_map(cell).collect();
    fence(Ordering::Acquire);
    (memory.load(head, Ordering::Relaxed) == version).then_some(PartitionReading { end_ns, partitions })
}

#[cfg(test)]
mod tests {
    use super::super::memory::store_hook::stopped_after;
    use super::*;
    use crate::telemetry::{Role, Shape};

    fn pair(partitions: u32) -> (SupervisorEnd, ClientEnd) {
        let shape = Shape::new(Role::Consumer, 0, 1).with_partitions(partitions);
        let supervisor = SupervisorEnd::create(shape).unwrap();
        let client = ClientEnd::attach(supervisor.name(), shape).unwrap();
        (supervisor, client)
    }

    fn receive(tally: &mut PartitionTally, partition: u32, messages: u64) {
        tally.came(partition, messages, messages * 10);
        tally.took(1_000, messages);
    }

    #[test]
    fn what_came_of_each_partition_arrives() {
        let (supervisor, mut client) = pair(2);
        let mut tally = PartitionTally::new(2);
        assert_eq!(supervisor.partitions(), None);
        receive(&mut tally, 1, 5);
        client.publish_partitions(7, &mut tally);
        receive(&mut tally, 0, 3);
        receive(&mut tally, 9, 1);
        client.publish_partitions(8, &mut tally);
        let read = supervisor.partitions().unwrap();
        let figures: Vec<_> = read.partitions.iter().map(|one| (one.partition, one.messages, one.timed())).collect();
        assert_eq!((read.end_ns, figures), (8, vec![(Some(1), 5, 5), (Some(0), 3, 3), (None, 1, 1)]));
    }

    #[test]
    fn a_segment_without_cells_keeps_none() {
        let supervisor = SupervisorEnd::create(Shape::new(Role::Producer, 0, 1)).unwrap();
        let mut client = ClientEnd::attach(supervisor.name(), supervisor.shape()).unwrap();
        let mut tally = PartitionTally::new(1);
        receive(&mut tally, 0, 1);
        client.publish_partitions(1, &mut tally);
        assert_eq!(supervisor.partitions(), Some(PartitionReading { end_ns: 1, partitions: Vec::new() }));
    }

    #[test]
    fn a_client_stopped_at_any_store_leaves_a_whole_reading_or_none() {
        for stores in 0.. {
            let (supervisor, mut client) = pair(1);
            let mut tally = PartitionTally::new(1);
            receive(&mut tally, 0, 1);
            client.publish_partitions(1, &mut tally);
            receive(&mut tally, 0, 1);
            let finished = stopped_after(stores, || client.publish_partitions(2, &mut tally));
            let read = supervisor.partitions().map(|read| (read.end_ns, read.partitions[0].messages));
            assert!([None, Some((1, 1)), Some((2, 2))].contains(&read), "{read:?}");
            if finished {
                assert_eq!(read, Some((2, 2)));
                return;
            }
        }
    }
}
