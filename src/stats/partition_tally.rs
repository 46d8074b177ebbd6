//! What a consumer's hot loop keeps of each partition: messages, bytes and end-to-end times, in memory that is
//! bounded however many
//! partitions there are.
//!
//! The first `MOST_PARTITIONS` partitions of which something comes have a cell each; what comes of others is added
//! up in the last cell. Times
//! are counted by HdrHistogram's rule with 16 buckets to a doubling: 5 KB a cell, of which the buckets in use are
//! touched.

use super::buckets::{bins, index_of};
use super::recorder::HIGHEST_NS;

/// Partitions of one consumer that are told apart.
pub const MOST_PARTITIONS: u32 = 64;
/// Sub-bucket magnitude: half as many buckets to a doubling as 2 to its power.
pub(super) const MAGNITUDE: u32 = 5;
/// Buckets of a cell.
pub(super) const TIME_BINS: usize = bins(MAGNITUDE);
/// Figures of a cell that stand before its buckets: which partition, messages, bytes, sum of times.
pub(super) const FIGURES: usize = 4;
/// Words of a cell as it is published.
pub const CELL_WORDS: usize = FIGURES + TIME_BINS;
/// First word of the cell of all the rest; another cell has its partition + 1 there, and 0 before anything has come.
pub(super) const REST: u64 = u64::MAX;

const WORD_BITS: usize = u64::BITS as usize;
const NO_CELL: u16 = u16::MAX;

/// Cells of a consumer of so many partitions: one each as far as they are told apart, and one for the rest.
pub fn cells_for(partitions: u32) -> u32 {
    partitions.min(MOST_PARTITIONS) + 1
}

/// Messages, bytes and end-to-end times (ns) of one consumer, by partition.
#[derive(Debug)]
pub struct PartitionTally {
    /// Where each partition counts; `NO_CELL`: nothing has come of it.
    cell_of: Box<[u16]>,
    /// The last one is that of the rest.
    cells: Box<[TallyCell]>,
    /// Cells given away.
    used: usize,
    /// The cell of the last message.
    last: usize,
}

#[derive(Debug, Clone)]
struct TallyCell {
    /// First word as it is published.
    name: u64,
    messages: u64,
    bytes: u64,
    sum_ns: u64,
    counts: Box<[u64; TIME_BINS]>,
    /// Buckets that have changed since they were published.
    touched: [u64; TIME_BINS.div_ceil(WORD_BITS)],
    /// Have messages come since?
    changed: bool,
}

impl PartitionTally {
    /// Nothing has come yet of so many partitions. Its memory is touched here, not in the hot loop.
    pub fn new(partitions: u32) -> Self {
        let cell = TallyCell {
            name: 0,
            messages: 0,
            bytes: 0,
            sum_ns: 0,
            counts: Box::new([0; TIME_BINS]),
            touched: [0; TIME_BINS.div_ceil(WORD_BITS)],
            changed: false,
        };
        let mut cells = vec![cell; cells_for(partitions) as usize].into_boxed_slice();
        if let Some(rest) = cells.last_mut() {
            rest.name = REST;
        }
        let partitions = usize::try_from(partitions).unwrap_or(usize::MAX);
        Self { cell_of: vec![NO_CELL; partitions].into_boxed_slice(), cells, used: 0, last: 0 }
    }

    /// Messages of a partition have come, with so many bytes of values in all.
    #[inline]
    pub fn came(&mut self, partition: u32, messages: u64, bytes: u64) {
        self.last = match self.cell_of.get(partition as usize) {
            Some(&cell) if cell != NO_CELL => usize::from(cell),
            _ => self.first_of(partition),
        };
        let cell = &mut self.cells[self.last];
        cell.messages += messages;
        cell.bytes += bytes;
        cell.changed = true;
    }

    /// As many of them took this long.
    #[inline]
    pub fn took(&mut self, latency_ns: u64, messages: u64) {
        let cell = &mut self.cells[self.last];
        let bin = index_of(latency_ns.min(HIGHEST_NS), MAGNITUDE);
        cell.counts[bin] += messages;
        cell.touched[bin / WORD_BITS] |= 1 << (bin % WORD_BITS);
        cell.sum_ns = cell.sum_ns.saturating_add(latency_ns.saturating_mul(messages));
    }

    #[cold]
    fn first_of(&mut self, partition: u32) -> usize {
        let rest = self.cells.len() - 1;
        let Some(place) = self.cell_of.get_mut(partition as usize) else { return rest };
        let cell = self.used.min(rest);
        if cell < rest {
            self.cells[cell].name = u64::from(partition) + 1;
            self.used += 1;
        }
        *place = u16::try_from(cell).unwrap_or(NO_CELL);
        cell
    }

    /// Hands out what has changed since the last call, as (cell, word within it, value).
    pub fn take_changes(&mut self, mut put: impl FnMut(usize, usize, u64)) {
        for (at, cell) in self.cells.iter_mut().enumerate().filter(|(_, cell)| cell.changed) {
            cell.changed = false;
            let figures = [cell.name, cell.messages, cell.bytes, cell.sum_ns];
            figures.into_iter().enumerate().for_each(|(word, value)| put(at, word, value));
            for (word, bits) in cell.touched.iter_mut().enumerate() {
                let mut left = std::mem::take(bits);
                while left != 0 {
                    let bin = word * WORD_BITS + left.trailing_zeros() as usize;
                    put(at, FIGURES + bin, cell.counts[bin]);
                    left &= left - 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::partition_counts::tests::read;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_first_partitions_are_told_apart_and_the_rest_is_added_up() {
        let mut tally = PartitionTally::new(1_000);
        let mut words = BTreeMap::new();
        for partition in (0..1_000).rev().chain([5_000]) {
            tally.came(partition, 2, 20);
            tally.took(1_000_000, 2);
        }
        tally.take_changes(|cell, word, value| {
            words.insert((cell, word), value);
        });
        let read = read(&words, cells_for(1_000));
        assert_eq!(read.len(), 65);
        let named = read.iter().filter(|counts| counts.partition.is_some());
        assert!(named.clone().all(|counts| counts.partition >= Some(936) && counts.messages == 2), "{read:?}");
        let rest = read.iter().find(|counts| counts.partition.is_none()).unwrap();
        assert_eq!((rest.messages, rest.bytes, rest.timed()), (2 * 937, 20 * 937, 2 * 937));
        assert_eq!(read.iter().map(|counts| counts.messages).sum::<u64>(), 2_002);
    }

    #[test]
    fn a_topic_whose_partitions_nobody_knows_counts_as_one() {
        let mut tally = PartitionTally::new(0);
        tally.came(3, 1, 7);
        let mut words = BTreeMap::new();
        tally.take_changes(|cell, word, value| {
            words.insert((cell, word), value);
        });
        let only = &read(&words, cells_for(0))[0];
        assert_eq!(
            (only.partition, only.messages, only.bytes, only.mean_ns(), only.max_ns()),
            (None, 1, 7, None, None)
        );
    }
}
