//! Which partition the next message without a key goes to, as Java's producer chooses it (since Kafka 3.3): a
//! partition drawn by lot is filled with a batch before the next is drawn, whatever the time. librdkafka goes by time
//! alone.
//!
//! Java moves on when a partition was given at least a batch's bytes and its last batch is closed: full, or sent
//! because its linger time was over. Its sender takes the full batch with the next look, and with it the first message
//! or two of the next partition, for it takes what there is of every partition of that broker. So a run is a full
//! batch and the few messages that left at once: 16 of 1,024 bytes with batches of 16,384, 127 with 131,072. Here it is
//! the full batch alone (15; 126): what was given beyond it would lie in librdkafka's queue until its linger time is
//! over, which nothing does in Java. Whether a batch has left is the library's affair; here it has when it has been
//! open for its linger time.

use crate::load::accounting::mix;
use crate::plan::message::BATCH_HEADER_BYTES;
use crate::plan::properties::StickyBatches;

/// What a record takes beside its value: lengths, deltas, no key, no headers. Java counts one more or less by the
/// number of digits.
const RECORD_BYTES: u64 = 9;
/// Even without linger a batch is open until the sender's thread has looked.
const LEAST_OPEN_NS: u64 = 100_000;

/// The choice so far. It is copied, so that what the library did not take can be taken back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sticky {
    ways: StickyBatches,
    partitions: u32,
    partition: u32,
    /// Bytes given to the partition since it was drawn.
    given_bytes: u64,
    /// Keys and values in the open batch, in bytes, and how many.
    open_bytes: u64,
    open_messages: u32,
    /// The open batch is full.
    full: bool,
    opened_ns: u64,
    linger_ns: u64,
    lot: u64,
}

impl Sticky {
    /// Over so many partitions (at least 1); `seed` decides the lots.
    pub(super) fn new(ways: StickyBatches, partitions: u32, seed: u64) -> Self {
        // The first message opens a batch somewhere.
        Self {
            ways,
            partitions: partitions.max(1),
            partition: 0,
            given_bytes: 0,
            open_bytes: 0,
            open_messages: 0,
            full: true,
            opened_ns: 0,
            linger_ns: ways.linger_ns.max(LEAST_OPEN_NS),
            lot: seed,
        }
    }

    /// Are messages with a key spread like those without one?
    pub(super) fn takes(&self, key: Option<&[u8]>) -> bool {
        key.is_none() || self.ways.keys_too
    }

    /// The partition of a message of `bytes` (key and value) that is handed over now.
    #[inline]
    pub(super) fn next(&mut self, bytes: usize, now_ns: u64) -> i32 {
        if self.full || now_ns.saturating_sub(self.opened_ns) >= self.linger_ns {
            self.close(now_ns);
        }
        let bytes = bytes as u64;
        self.open_bytes += bytes;
        self.open_messages += 1;
        self.given_bytes += bytes + RECORD_BYTES;
        // By the bytes that librdkafka counts: at that many it sends a batch without waiting for its linger time.
        self.full = self.open_messages >= self.ways.batch_messages || self.open_bytes >= self.ways.batch_bytes;
        i32::try_from(self.partition).unwrap_or(0)
    }

    /// The open batch is full or has left; another is opened, here or elsewhere.
    #[inline(never)]
    fn close(&mut self, now_ns: u64) {
        if self.full || self.given_bytes >= self.ways.batch_bytes {
            self.move_on();
        }
        self.full = false;
        self.opened_ns = now_ns;
        (self.open_bytes, self.open_messages) = (0, 0);
        self.given_bytes += BATCH_HEADER_BYTES as u64;
    }

    /// Draws a partition, which may be the same one (as in Java).
    fn move_on(&mut self) {
        // The mix is one to one: from any seed it takes about as many draws as there are numbers to come round.
        self.lot = mix(self.lot);
        self.partition = u32::try_from((u128::from(self.lot) * u128::from(self.partitions)) >> 64).unwrap_or(0);
        self.given_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const MS: u64 = 1_000_000;

    fn ways(batch_bytes: u64, batch_messages: u32, linger_ms: u64) -> StickyBatches {
        StickyBatches { batch_bytes, batch_messages, linger_ns: linger_ms * MS, keys_too: false }
    }

    /// Lengths of the runs of `count` messages of 1,024 bytes at this distance, how often each came, and the least
    /// and the greatest share of a partition.
    fn runs(ways: StickyBatches, count: usize, apart_ns: u64) -> (BTreeMap<usize, usize>, f64, f64) {
        const PARTITIONS: u32 = 8;
        let mut sticky = Sticky::new(ways, PARTITIONS, 7);
        let all: Vec<i32> = (0..count).map(|i| sticky.next(1_024, 1_000 * MS + i as u64 * apart_ns)).collect();
        let mut lengths = BTreeMap::new();
        let runs: Vec<usize> = all.chunk_by(|a, b| a == b).map(<[i32]>::len).collect();
        // The last one is cut off.
        runs[..runs.len() - 1].iter().for_each(|run| *lengths.entry(*run).or_insert(0) += 1);
        let counts = (0..8).map(|partition| all.iter().filter(|drawn| **drawn == partition).count());
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let shares: Vec<f64> = counts.map(|of_it| of_it as f64 / count as f64).collect();
        let least = shares.iter().copied().fold(1.0, f64::min);
        (lengths, least, shares.into_iter().fold(0.0, f64::max))
    }

    #[test]
    fn a_partition_is_left_with_each_full_batch_however_long_the_linger() {
        for (batch_bytes, batch_messages, run) in [(16_384, 15, 15), (131_072, 126, 126), (16_384, u32::MAX, 16)] {
            let (lengths, least, greatest) = runs(ways(batch_bytes, batch_messages, 100), 400 * run, 250_000);
            assert!(lengths.keys().all(|length| length % run == 0), "{lengths:?}");
            assert!(lengths[&run] > 250, "{lengths:?}");
            assert!(least > 0.07 && greatest < 0.19, "{least} {greatest}");
        }
    }

    #[test]
    fn batches_that_leave_before_they_are_full_leave_the_partition_with_a_batchs_bytes() {
        for linger_ms in [0, 1] {
            let (lengths, ..) = runs(ways(16_384, 15, linger_ms), 10_000, 2 * MS);
            // Each message a batch of its own: 1,094 bytes of it.
            assert!(lengths.keys().all(|length| length % 15 == 0), "{lengths:?}");
        }
        let (lengths, ..) = runs(ways(131_072, 126, 5), 20_000, 250_000);
        let most = lengths.iter().max_by_key(|(_, count)| **count).map(|(length, _)| *length);
        assert!(most.is_some_and(|length| (126..=146).contains(&length)), "{lengths:?}");
    }

    #[test]
    fn a_message_longer_than_a_batch_is_a_batch() {
        let (lengths, least, _) = runs(ways(1_000, 1, 100_000), 4_000, 1);
        assert!(lengths.keys().all(|length| *length < 8) && least > 0.1, "{lengths:?} {least}");
    }
}
