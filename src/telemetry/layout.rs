//! The bytes of a segment: which region stands where, for a given shape. Every length and offset is checked on attach.
//!
//! All positions are in words of 8 bytes. Each region begins on a line of its own (128 bytes: two cache lines, because
//! processors fetch them in pairs) and has one writer:
//!
//! | region | written by | holds |
//! |---|---|---|
//! | header | supervisor, before `ready` | `header.rs` |
//! | control | supervisor | `control.rs` |
//! | state, last words, counters, rows, probes | client | `control.rs`, this file |
//! | moments, troubles | client | `witness.rs` |
//! | partitions | client | `partitions.rs` |
//! | ring head, slots | client | `ring.rs`, `slot_bytes.rs` |

use super::control::{CONTROL_WORDS, LAST_WORDS_BYTES, STATE_WORDS};
use super::header::HEADER_WORDS;
use super::partitions;
use super::ring::HEAD_WORDS;
use super::slot_bytes::{FAMILY_WORDS, FIXED_WORDS};
use super::witness::{MOMENTS_WORDS, TROUBLES_WORDS};
use crate::stats::partition_tally::{CELL_WORDS, cells_for};
use crate::stats::recorder::{HIGHEST_NS, SIGNIFICANT_DIGITS};
use crate::stats::v2::COARSE_MAX_BYTES;
use crate::stats::{Counter, Latency};

/// Bytes of a word.
pub(super) const WORD_BYTES: usize = size_of::<u64>();
/// Words of a line.
pub(super) const LINE_WORDS: usize = 128 / WORD_BYTES;
/// Words of an accounting row.
pub(super) const ROW_WORDS: usize = 6;

/// What a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sends.
    Producer,
    /// Receives.
    Consumer,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        })
    }
}

/// What decides a segment's size. Both sides are told the same shape; the header repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// The client's role.
    pub role: Role,
    /// Its number within the role.
    pub index: u32,
    /// Accounting rows: consumers have one per producer of their topic, producers have 1.
    pub rows: u32,
    /// Slots in the ring.
    pub slots: u32,
    /// Bytes of a slot.
    pub slot_bytes: u32,
    /// Cells for what came of each partition; producers have none.
    pub partition_cells: u32,
}

impl Shape {
    /// 24 slots (10-s drains leave a wide margin) of 168 KiB.
    pub fn new(role: Role, index: u32, rows: u32) -> Self {
        Self { role, index, rows, slots: 24, slot_bytes: 168 * 1024, partition_cells: 0 }
    }
    /// The same for a consumer of a topic with so many partitions.
    #[must_use]
    pub fn with_partitions(self, partitions: u32) -> Self {
        let partition_cells = if self.role == Role::Consumer { cells_for(partitions) } else { 0 };
        Self { partition_cells, ..self }
    }
    /// Bytes of the whole segment.
    pub fn total_bytes(&self) -> usize {
        Layout::of(self).end.saturating_mul(WORD_BYTES)
    }
    /// The latency families that this role records.
    pub fn families(&self) -> &'static [Latency] {
        match self.role {
            Role::Producer => &Latency::OF_PRODUCER,
            Role::Consumer => &Latency::OF_CONSUMER,
        }
    }
    /// The smallest slot that holds every family of the role in its coarse form, whatever was recorded.
    pub fn minimum_slot_bytes(&self) -> usize {
        let family = FAMILY_WORDS * WORD_BYTES + COARSE_MAX_BYTES.next_multiple_of(WORD_BYTES);
        FIXED_WORDS * WORD_BYTES + self.families().len() * family
    }
    /// Why no segment can have this shape, if so.
    pub(super) fn flaw(&self) -> Option<String> {
        let (slots, bytes, minimum) = (self.slots, self.slot_bytes, self.minimum_slot_bytes());
        if slots < 2 {
            // The slot being written is not readable: another must hold the last complete one.
            return Some(format!("{slots} slots, at least 2 are needed"));
        }
        if (bytes as usize) < minimum || !(bytes as usize).is_multiple_of(WORD_BYTES) {
            return Some(format!("slots of {bytes} bytes, at least {minimum} and a multiple of 8 are needed"));
        }
        None
    }
}
impl std::fmt::Display for Shape {
    /// "producer 3": the client it is for.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.role, self.index)
    }
}

/// First word of each region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) control: usize,
    pub(super) state: usize,
    pub(super) last_words: usize,
    pub(super) counters: usize,
    pub(super) rows: usize,
    pub(super) probes: usize,
    pub(super) moments: usize,
    pub(super) troubles: usize,
    pub(super) partitions: usize,
    /// How many of them there are.
    pub(super) partition_cells: usize,
    pub(super) head: usize,
    pub(super) slots: usize,
    /// Words from one slot to the next.
    pub(super) slot_words: usize,
    /// One behind the last word.
    pub(super) end: usize,
}

impl Layout {
    pub(super) fn of(shape: &Shape) -> Self {
        let mut at = 0_usize;
        let mut region = |words: usize| {
            let start = at;
            at = start.saturating_add(lines(words));
            start
        };
        region(HEADER_WORDS);
        let rows = shape.rows as usize;
        let partition_cells = shape.partition_cells as usize;
        let slot_words = lines((shape.slot_bytes as usize).div_ceil(WORD_BYTES));
        Self {
            control: region(CONTROL_WORDS),
            state: region(STATE_WORDS),
            last_words: region(1 + LAST_WORDS_BYTES.div_ceil(WORD_BYTES)),
            counters: region(Counter::COUNT),
            rows: region(rows * ROW_WORDS),
            probes: region(rows.div_ceil(64)),
            moments: region(MOMENTS_WORDS),
            troubles: region(TROUBLES_WORDS),
            partitions: region(partitions::HEAD_WORDS.saturating_add(partition_cells.saturating_mul(CELL_WORDS))),
            partition_cells,
            head: region(HEAD_WORDS),
            slots: region(slot_words.saturating_mul(shape.slots as usize)),
            slot_words,
            end: at,
        }
    }
    /// First word of the slot that holds `sequence`.
    pub(super) fn slot(&self, shape: &Shape, sequence: u64) -> usize {
        let position = usize::try_from(sequence % u64::from(shape.slots)).unwrap_or(0);
        self.slots + position * self.slot_words
    }
}

/// Rounded up to whole lines; at most the largest number of words that has a size in bytes.
fn lines(words: usize) -> usize {
    words.min(usize::MAX / 2).next_multiple_of(LINE_WORDS)
}

/// Stands for everything both sides must agree on besides the shape: sizes of the regions, names and order of counters
/// and latency families, range of the histograms. Made when compiling (FNV-1a).
pub(super) const LAYOUT_HASH: u64 = {
    let sizes = [
        HEADER_WORDS as u64,
        CONTROL_WORDS as u64,
        STATE_WORDS as u64,
        LAST_WORDS_BYTES as u64,
        ROW_WORDS as u64,
        MOMENTS_WORDS as u64,
        TROUBLES_WORDS as u64,
        CELL_WORDS as u64,
        HEAD_WORDS as u64,
        FIXED_WORDS as u64,
        FAMILY_WORDS as u64,
        LINE_WORDS as u64,
        SIGNIFICANT_DIGITS as u64,
        HIGHEST_NS,
    ];
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < sizes.len() {
        hash = fnv(hash, &sizes[i].to_le_bytes());
        i += 1;
    }
    i = 0;
    while i < Counter::COUNT {
        hash = fnv(hash, Counter::ALL[i].name().as_bytes());
        hash = fnv(hash, b";");
        i += 1;
    }
    i = 0;
    while i < Latency::COUNT {
        hash = fnv(hash, Latency::EVERY[i].name().as_bytes());
        hash = fnv(hash, b";");
        i += 1;
    }
    hash
};

const fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// One accounting row as it stands in shared memory: a producer's [`SentRow`], or one of a consumer's [`ReceivedRow`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountingRow([u64; ROW_WORDS]);

impl AccountingRow {
    pub(super) fn to_words(self) -> [u64; ROW_WORDS] {
        self.0
    }
    pub(super) fn from_words(words: [u64; ROW_WORDS]) -> Self {
        Self(words)
    }
}

/// What became of the messages that a producer handed over. A checksum is the wrapping sum of
/// `load::accounting::mix(sequence)` over the messages counted beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentRow {
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Their checksum.
    pub acknowledged_checksum: u64,
    /// Messages whose delivery failed.
    pub failed: u64,
    /// Their checksum.
    pub failed_checksum: u64,
    /// Messages of which nobody knows (purged).
    pub unknown: u64,
    /// Messages handed to the library: the highest sequence + 1.
    pub handed_over: u64,
}

impl From<SentRow> for AccountingRow {
    fn from(row: SentRow) -> Self {
        let SentRow { acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over } = row;
        Self([acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over])
    }
}

impl From<AccountingRow> for SentRow {
    fn from(AccountingRow(words): AccountingRow) -> Self {
        let [acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over] = words;
        Self { acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over }
    }
}

/// What a consumer received from one producer of its topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceivedRow {
    /// Distinct messages.
    pub distinct: u64,
    /// Wrapping sum of `load::accounting::mix(sequence)` over them.
    pub checksum: u64,
    /// Messages that had come before.
    pub duplicates: u64,
    /// Distinct messages that came after a later one of their partition.
    pub reordered: u64,
    /// Messages older than the window: taken for duplicates.
    pub beyond_window: u64,
}

impl From<ReceivedRow> for AccountingRow {
    fn from(row: ReceivedRow) -> Self {
        let ReceivedRow { distinct, checksum, duplicates, reordered, beyond_window } = row;
        Self([distinct, checksum, duplicates, reordered, beyond_window, 0])
    }
}

impl From<AccountingRow> for ReceivedRow {
    fn from(AccountingRow(words): AccountingRow) -> Self {
        let [distinct, checksum, duplicates, reordered, beyond_window, _] = words;
        Self { distinct, checksum, duplicates, reordered, beyond_window }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_stand_in_order_on_lines_of_their_own() {
        for rows in [1, 3, 64, 65, 1_000] {
            let shape = Shape::new(Role::Consumer, 2, rows).with_partitions(rows);
            let l = Layout::of(&shape);
            let seldom = [l.control, l.state, l.last_words, l.counters, l.rows, l.probes, l.moments, l.troubles];
            let starts = [&[0][..], &seldom, &[l.partitions, l.head, l.slots, l.end]].concat();
            assert!(starts.is_sorted_by(|a, b| a < b), "{l:?}");
            assert!(starts.iter().all(|start| start % LINE_WORDS == 0), "{l:?}");
            assert_eq!(l.moments - l.probes, (rows as usize).div_ceil(64).next_multiple_of(LINE_WORDS));
            assert_eq!(l.slot(&shape, 23) + l.slot_words, l.end);
            assert_eq!(l.slot(&shape, 24), l.slots);
            assert_eq!(shape.total_bytes(), l.end * 8);
            assert!(l.head - l.partitions >= shape.partition_cells as usize * CELL_WORDS);
        }
    }

    #[test]
    fn the_usual_shape_holds_every_family_in_its_coarse_form() {
        for role in [Role::Producer, Role::Consumer] {
            assert_eq!(Shape::new(role, 0, 1).flaw(), None);
        }
    }

    #[test]
    fn impossible_shapes_are_named_and_huge_ones_do_not_overflow() {
        let shape = Shape::new(Role::Producer, 0, 1);
        assert!(Shape { slots: 1, ..shape }.flaw().unwrap().contains("at least 2"));
        assert!(Shape { slot_bytes: 4096, ..shape }.flaw().unwrap().contains("4096"));
        let huge = Shape { rows: u32::MAX, slots: u32::MAX, slot_bytes: u32::MAX, partition_cells: u32::MAX, ..shape };
        assert!(huge.total_bytes() > 1 << 60);
    }

    #[test]
    fn both_kinds_of_rows_survive_shared_memory() {
        let sent = AccountingRow::from_words([1, 2, 3, 4, 5, 6]);
        assert_eq!(AccountingRow::from(SentRow::from(sent)).to_words(), [1, 2, 3, 4, 5, 6]);
        let received = AccountingRow::from_words([1, 2, 3, 4, 5, 0]);
        assert_eq!(AccountingRow::from(ReceivedRow::from(received)).to_words(), [1, 2, 3, 4, 5, 0]);
    }
}
