//! The memory of batches: counted against the queue's limit while a batch is filled or on its way, and used again.

use crate::driver::wire::records::Records;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a producer has for its batches.
#[derive(Debug)]
pub(super) struct BatchMemory {
    /// To be used again, the one that was used last first.
    spare: Vec<Records>,
    /// Of the batches in use, those on their way included, bytes.
    room_bytes: usize,
    /// Are batches summed up while they are filled?
    sums: bool,
}

impl BatchMemory {
    /// None yet. `sums`: who fills a batch also sends it, and it is sent as it is.
    pub(super) fn new(sums: bool) -> Self {
        Self { spare: Vec::new(), room_bytes: 0, sums }
    }

    /// Of the batches in use, bytes.
    pub(super) fn room_bytes(&self) -> usize {
        self.room_bytes
    }

    /// A batch that is open.
    pub(super) fn begin(&mut self, partition: u32, serial: u64, now_ns: u64) -> Records {
        let wall_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let mut records = self.spare.pop().unwrap_or_default();
        self.room_bytes += records.room_bytes();
        records.begin(partition, serial, now_ns, i64::try_from(wall_ms).unwrap_or(i64::MAX));
        if !self.sums {
            records.will_be_summed_up_as_a_whole();
        }
        records
    }

    /// Adds a message to an open batch, which takes it.
    #[inline]
    pub(super) fn add(&mut self, open: &mut Records, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64) {
        let before = open.room_bytes();
        open.add(key, value, tag, now_ns);
        self.room_bytes += open.room_bytes() - before;
    }

    /// A batch has ended.
    pub(super) fn recycle(&mut self, records: Records) {
        self.room_bytes -= records.room_bytes();
        self.spare.push(records);
    }
}
