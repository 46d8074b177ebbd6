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

mod accounting_row;

pub use accounting_row::{AccountingRow, ReceivedRow, SentRow};

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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of a word.
pub(super) const WORD_BYTES: usize = size_of::<u64>();
/// Words of a line.
pub(super) const LINE_WORDS: usize = 128 / WORD_BYTES;
/// Words of an accounting row.
pub(super) const ROW_WORDS: usize = 6;

/// What a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

#[cfg(test)]
mod tests;
