//! The batches that are not on their way: by partition, and the partitions by the broker that leads them.

mod leaving;
mod returning;

use super::batch_memory::BatchMemory;
use super::intake::OpenBatches;
use super::numbers::Numbers;
use crate::driver::wire::records::Records;
use crate::plan::properties::wire::ProducerWay;
use std::collections::VecDeque;

/// Where a partition stands, once.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Listing {
    /// Nowhere: it has no batch.
    #[default]
    Nowhere,
    /// In the row of its exit.
    InRow,
    /// Among those that have no exit, or are left alone for a while.
    Parked,
}

/// One partition.
#[derive(Debug, Default)]
struct PartitionQueue {
    /// In the order of filling; the last may be open.
    queue: VecDeque<Records>,
    /// Which way out; None: nobody leads it.
    exit: Option<usize>,
    listing: Listing,
    /// Batches on their way.
    in_flight: u32,
    /// One of them is sent again.
    is_retrying: bool,
    not_before_ns: u64,
    failures: u32,
    next_serial: u64,
    /// None: batches have no numbers.
    numbers: Option<Numbers>,
}

/// A broker that leads partitions.
#[derive(Debug)]
struct LeaderQueue {
    broker: i32,
    /// Its partitions that have a batch, the one that has waited longest first.
    row: VecDeque<u32>,
    /// Is there a closed batch among theirs?
    has_closed: bool,
}

/// All partitions.
#[derive(Debug)]
pub(super) struct PartitionQueues {
    queues: Vec<PartitionQueue>,
    exits: Vec<LeaderQueue>,
    /// Partitions that have a batch and no exit, or are to be left alone for a while.
    parked: Vec<u32>,
    memory: BatchMemory,
}

impl PartitionQueues {
    /// Of so many partitions.
    pub(super) fn new(partitions: usize, memory: BatchMemory) -> Self {
        Self {
            queues: (0..partitions).map(|_| PartitionQueue::default()).collect(),
            exits: Vec::new(),
            parked: Vec::new(),
            memory,
        }
    }

    /// From now on batches have numbers, of this producer's id and epoch.
    pub(super) fn number(&mut self, (producer_id, epoch): (i64, i16)) {
        self.queues.iter_mut().for_each(|lane| lane.numbers = Some(Numbers::new(producer_id, epoch)));
    }

    /// The numbers of a partition's batches, where they have any.
    pub(super) fn numbers(&mut self, partition: u32) -> Option<&mut Numbers> {
        self.queues[partition as usize].numbers.as_mut()
    }

    /// Says who leads each partition: a broker's id, −1 for nobody. Partitions that were added later are not used.
    pub(super) fn led_by(&mut self, leaders: &[i32]) {
        self.exits.clear();
        self.parked.clear();
        for (lane, at) in self.queues.iter_mut().zip(0u32..) {
            let leader = leaders.get(at as usize).copied().filter(|leader| *leader >= 0);
            lane.exit = leader.map(|broker| {
                self.exits.iter().position(|exit| exit.broker == broker).unwrap_or_else(|| {
                    self.exits.push(LeaderQueue { broker, row: VecDeque::new(), has_closed: false });
                    self.exits.len() - 1
                })
            });
            lane.listing = Listing::Nowhere;
            if !lane.queue.is_empty() {
                lane.listing = Listing::Parked;
                self.parked.push(at);
            }
        }
    }

    /// The brokers that lead partitions.
    pub(super) fn brokers(&self) -> impl Iterator<Item = i32> + '_ {
        self.exits.iter().map(|exit| exit.broker)
    }

    /// A batch that was filled elsewhere, and takes no more.
    pub(super) fn put(&mut self, mut records: Records, now_ns: u64) {
        let partition = records.partition;
        records.closed = true;
        self.push(records, now_ns);
        if let Some(exit) = self.queues[partition as usize].exit.and_then(|exit| self.exits.get_mut(exit)) {
            exit.has_closed = true;
        }
    }

    fn push(&mut self, records: Records, now_ns: u64) {
        let partition = records.partition;
        let lane = &mut self.queues[partition as usize];
        lane.queue.push_back(records);
        if lane.listing == Listing::Nowhere {
            match lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
                Some(exit) if now_ns >= lane.not_before_ns => {
                    lane.listing = Listing::InRow;
                    exit.row.push_back(partition);
                }
                _ => {
                    lane.listing = Listing::Parked;
                    self.parked.push(partition);
                }
            }
        }
    }

    /// Has anything to wait for a leader?
    pub(super) fn has_orphans(&self) -> bool {
        self.parked.iter().any(|partition| self.queues[*partition as usize].exit.is_none())
    }

    /// The number of exits.
    pub(super) fn exits(&self) -> usize {
        self.exits.len()
    }

    /// The broker of an exit.
    pub(super) fn broker(&self, exit: usize) -> i32 {
        self.exits[exit].broker
    }

    /// Takes out all batches.
    pub(super) fn take_all(&mut self) -> Vec<Records> {
        self.queues.iter_mut().flat_map(|lane| lane.queue.drain(..)).collect()
    }

    /// A batch has been reported.
    pub(super) fn recycle(&mut self, records: Records) {
        self.memory.recycle(records);
    }
}

impl OpenBatches for PartitionQueues {
    #[inline]
    fn takes(&self, partition: u32, bytes: usize, way: &ProducerWay) -> bool {
        self.queues.get(partition as usize).and_then(|lane| lane.queue.back()).is_some_and(|open| {
            !open.closed && open.batch_bytes() + bytes <= way.batch_bytes && open.count < way.batch_messages
        })
    }

    fn close(&mut self, partition: u32) {
        let lane = &mut self.queues[partition as usize];
        if let Some(open) = lane.queue.back_mut() {
            open.closed = true;
            if let Some(exit) = lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
                exit.has_closed = true;
            }
        }
    }

    fn open(&mut self, partition: u32, now_ns: u64) -> bool {
        self.close(partition);
        let lane = &mut self.queues[partition as usize];
        let records = self.memory.begin(partition, lane.next_serial, now_ns);
        lane.next_serial += 1;
        self.push(records, now_ns);
        true
    }

    #[inline]
    fn add(&mut self, partition: u32, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64) {
        if let Some(open) = self.queues[partition as usize].queue.back_mut() {
            self.memory.add(open, key, value, tag, now_ns);
        }
    }

    fn room_bytes(&self) -> usize {
        self.memory.room_bytes()
    }
}
