//! Which batch a message is put into, and whether there is room for it: the same wherever the socket work is done.

use crate::driver::SendResult;
use crate::driver::wire::codes;
use crate::driver::wire::records::Records;
use crate::driver::wire::spread::Spread;
use crate::plan::message::BATCH_HEADER_BYTES;
use crate::plan::properties::wire::ProducerWay;

/// The batches that are open, one a partition at most.
pub(super) trait OpenBatches {
    /// Is there an open batch that takes a record of so many bytes?
    fn takes(&self, partition: u32, bytes: usize, way: &ProducerWay) -> bool;
    /// The open batch of a partition, if there is one, takes no more.
    fn close(&mut self, partition: u32);
    /// Opens a batch behind the one that is full. False: it cannot be now.
    fn open(&mut self, partition: u32, now_ns: u64) -> bool;
    /// Adds to the open batch, which takes it.
    fn add(&mut self, partition: u32, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64);
    /// Memory of the batches in use, those on their way included, bytes.
    fn room_bytes(&self) -> usize;
}

/// The choice of partitions, and what is not reported yet.
#[derive(Debug)]
pub(super) struct Intake {
    spread: Spread,
    /// Messages of batches that have not been reported.
    messages: u64,
}

impl Intake {
    /// Of a topic with so many partitions.
    pub(super) fn new(way: &ProducerWay, partitions: usize) -> Self {
        let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
        Self { spread: Spread::new(way.hash, partitions, way.batch_bytes as u64), messages: 0 }
    }

    /// Puts a message into the open batch of its partition.
    #[inline(always)]
    pub(super) fn put(
        &mut self,
        batches: &mut impl OpenBatches,
        way: &ProducerWay,
        (key, value, tag): (Option<&[u8]>, &[u8], usize),
        now_ns: u64,
    ) -> SendResult {
        if self.messages >= way.queue_messages {
            return SendResult::QueueFull;
        }
        let bytes = Records::most_record_bytes(key, value);
        let mut partition = self.spread.partition(key);
        if !batches.takes(partition, bytes, way) {
            if bytes + BATCH_HEADER_BYTES > way.request_bytes {
                return SendResult::Refused(codes::TOO_LARGE);
            }
            if self.spread.is_by_lot(key) && self.spread.moves_on() {
                batches.close(partition);
                partition = self.spread.partition(key);
            }
            if !batches.takes(partition, bytes, way) && !self.open(batches, way, (partition, bytes), now_ns) {
                return SendResult::QueueFull;
            }
        }
        if self.spread.is_by_lot(key) {
            self.spread.gave(bytes);
        }
        batches.add(partition, key, value, tag, now_ns);
        self.messages += 1;
        SendResult::Accepted
    }

    /// A batch is opened for a message of so many bytes. False: there is no room for it.
    #[cold]
    fn open(
        &self,
        batches: &mut impl OpenBatches,
        way: &ProducerWay,
        (partition, record_bytes): (u32, usize),
        now_ns: u64,
    ) -> bool {
        let room = batches.room_bytes() as u64 + record_bytes as u64;
        (room <= way.queue_bytes || self.messages == 0) && batches.open(partition, now_ns)
    }

    /// All messages of a batch have been reported.
    pub(super) fn reported(&mut self, records: &Records) {
        self.messages -= u64::from(records.count.unsigned_abs());
    }
}
