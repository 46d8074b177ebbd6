//! Exact accounting by sequence: per producer, what was received once, twice, out of order.
//!
//! A partition keeps its producer's order, so sequences are tracked per (partition, producer): a higher sequence than
//! any before is new for certain; a lower one is looked up in a bitmap of the last `window` sequences: set = duplicate,
//! unset = reordered (and new). Older than the window = duplicate by assumption, counted apart. Sums of mixed sequences
//! prove the result.
//!
//! The ledgers are here; `window.rs` tells duplicates from reordered messages, `balance.rs` compares the two sides.

mod balance;
#[cfg(test)]
mod tests;
mod window;

use crate::telemetry::layout::{ReceivedRow, SentRow};
pub use balance::{Balance, balance};
use window::SequenceWindow;

/// A 64-bit mix (splitmix64's finalizer), so that sums of sequences do not cancel by accident.
#[inline]
pub fn mix(sequence: u64) -> u64 {
    let mut z = sequence.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A producer's own ledger.
#[derive(Debug, Clone, Default)]
pub struct SentLedger {
    row: SentRow,
}

impl SentLedger {
    /// Sequence `sequence` was acknowledged.
    #[inline]
    pub fn acknowledged(&mut self, sequence: u64) {
        count(&mut self.row.acknowledged, &mut self.row.acknowledged_checksum, sequence);
    }

    /// So were the `messages` sequences from `first` on.
    #[inline]
    pub fn acknowledged_run(&mut self, first: u64, messages: u64) {
        count_run(&mut self.row.acknowledged, &mut self.row.acknowledged_checksum, first, messages);
    }

    /// Its delivery failed.
    #[inline]
    pub fn failed(&mut self, sequence: u64) {
        count(&mut self.row.failed, &mut self.row.failed_checksum, sequence);
    }

    /// It was purged: state unknown. Only counted: which ones they were follows from the others.
    pub fn unknown(&mut self, _sequence: u64) {
        self.row.unknown += 1;
    }

    /// Sequences 0 … `count` − 1 have been handed to the library.
    #[inline]
    pub fn handed_over(&mut self, count: u64) {
        self.row.handed_over = count;
    }

    /// The row to publish.
    pub fn row(&self) -> SentRow {
        self.row
    }
}

/// What a received message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// First time, in order.
    New,
    /// First time, after a higher one of its partition.
    Reordered,
    /// Seen before.
    Duplicate,
    /// Older than the window: taken for a duplicate.
    BeyondWindow,
}

/// A consumer's ledger over the producers of its topic (rows) and partitions.
#[derive(Debug, Clone)]
pub struct ReceivedLedger {
    rows: Vec<ReceivedRow>,
    /// By row: has it changed since the last `publish_dirty`?
    is_dirty: Vec<bool>,
    /// Window of (partition, row) at `partition × rows + row`.
    windows: Vec<SequenceWindow>,
    /// Sequences in a window − 1; a window is a power of two.
    mask: u64,
}

/// Fewest sequences of a window.
const WINDOW_LEAST: u64 = 1 << 10;
/// Most: an eighth of a GiB for each would help nobody.
const WINDOW_MOST: u64 = 1 << 30;

impl ReceivedLedger {
    /// `rows` producers, `partitions` partitions; windows are bitmaps of 2^k sequences chosen so that all fit
    /// `memory_bytes` (at least 1,024 each), allocated when first used.
    pub fn new(rows: usize, partitions: usize, memory_bytes: usize) -> Self {
        let count = rows.saturating_mul(partitions);
        let bits_each =
            u64::try_from(memory_bytes.checked_div(count).unwrap_or(0)).unwrap_or(u64::MAX).saturating_mul(8);
        let window = match bits_each.checked_ilog2() {
            Some(k) => (1u64 << k).clamp(WINDOW_LEAST, WINDOW_MOST),
            None => WINDOW_LEAST,
        };
        Self {
            rows: vec![ReceivedRow::default(); rows],
            is_dirty: vec![false; rows],
            windows: vec![SequenceWindow::default(); count],
            mask: window - 1,
        }
    }

    /// A message of producer row `row` (below the `rows` of `new`, else it panics) in `partition` with `sequence`
    /// arrived.
    #[inline]
    pub fn arrived(&mut self, row: usize, partition: usize, sequence: u64) -> Arrival {
        // Nearly always it is the next one, in a row that is to be published already.
        let at = partition * self.rows.len() + row;
        if self.is_dirty[row]
            && let Some(window) = self.windows.get_mut(at)
            && window.next_arrived(sequence, self.mask)
        {
            count_received(&mut self.rows[row], sequence);
            return Arrival::New;
        }
        self.arrived_otherwise(row, partition, sequence)
    }

    /// Messages of the same row and partition with the `messages` sequences from `first` on arrived, in this order.
    /// `otherwise` is called with what each was that was not `New`.
    #[inline]
    pub fn arrived_run(
        &mut self,
        row: usize,
        partition: usize,
        first: u64,
        messages: u64,
        mut otherwise: impl FnMut(Arrival),
    ) {
        // As above: what went on from each other goes on from what came before as well.
        let at = partition * self.rows.len() + row;
        if self.is_dirty[row]
            && let Some(window) = self.windows.get_mut(at)
            && window.next_run_arrived(first, messages, self.mask)
        {
            let row = &mut self.rows[row];
            return count_run(&mut row.distinct, &mut row.checksum, first, messages);
        }
        for sequence in (0..messages).map(|nth| first.wrapping_add(nth)) {
            match self.arrived(row, partition, sequence) {
                Arrival::New => {}
                other => otherwise(other),
            }
        }
    }

    #[inline(never)]
    fn arrived_otherwise(&mut self, row: usize, partition: usize, sequence: u64) -> Arrival {
        self.is_dirty[row] = true;
        let at = partition * self.rows.len() + row;
        if at >= self.windows.len() {
            // A partition that was added to the topic while we read it.
            self.windows.resize((partition + 1) * self.rows.len(), SequenceWindow::default());
        }
        let arrival = self.windows[at].arrived(sequence, self.mask);
        let row = &mut self.rows[row];
        match arrival {
            Arrival::New => count_received(row, sequence),
            Arrival::Reordered => {
                count_received(row, sequence);
                row.reordered += 1;
            }
            Arrival::Duplicate => row.duplicates += 1,
            Arrival::BeyondWindow => row.beyond_window += 1,
        }
        arrival
    }

    /// Calls `publish` with each row changed since the last call; allocates nothing.
    pub fn publish_dirty(&mut self, mut publish: impl FnMut(usize, ReceivedRow)) {
        for (row, dirty) in self.is_dirty.iter_mut().enumerate() {
            if std::mem::take(dirty) {
                publish(row, self.rows[row]);
            }
        }
    }

    /// A row.
    #[cfg(test)]
    pub fn row(&self, row: usize) -> ReceivedRow {
        self.rows[row]
    }

    /// Sequences each window holds.
    #[cfg(test)]
    pub fn window(&self) -> u64 {
        self.mask + 1
    }
}

/// One more message in a count and its checksum.
#[inline]
fn count(messages: &mut u64, checksum: &mut u64, sequence: u64) {
    *messages += 1;
    *checksum = checksum.wrapping_add(mix(sequence));
}

#[inline]
fn count_received(row: &mut ReceivedRow, sequence: u64) {
    count(&mut row.distinct, &mut row.checksum, sequence);
}

/// So many more, with the sequences from `first` on.
#[inline]
fn count_run(counted: &mut u64, checksum: &mut u64, first: u64, messages: u64) {
    let sum = (first..first + messages).fold(0u64, |sum, sequence| sum.wrapping_add(mix(sequence)));
    *counted += messages;
    *checksum = checksum.wrapping_add(sum);
}
