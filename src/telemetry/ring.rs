//! How slots pass through shared memory: the writer never waits, the reader never reads a torn slot and always ends.
//!
//! Two words on a line of their own: `intent`, the number of slots begun, and `published`, the number completed. Slot
//! `s` stands in place `s mod slots`, so writing it destroys slot `s − slots`.
//!
//! - writer: intent = s + 1 · fence A · the slot's words, relaxed · published = s + 1 (B)
//! - reader of slot q: published (B') · the slot's words, relaxed · fence A' · intent; the copy counts if intent ≤ q +
//!   slots
//!
//! SYNC POINT B → B': whoever sees `published` > q sees the whole of slot q. SYNC POINT A → A': a reader that saw any
//! word of slot q + slots also sees its intent, q + slots + 1, and throws the copy away.
//!
//! A writer that is killed leaves `published` as it was: the slot it was writing is not read, all others are. There is
//! no odd number to wait for, and one drain copies at most as many slots as the ring has.

use super::layout::{Layout, Shape, WORD_BYTES};
use super::memory::Memory;
use super::slot::Slot;
use super::slot_bytes::{self, FIXED_WORDS, USED_AT};
use std::sync::atomic::{Ordering, fence};

/// Words of the ring's head.
pub(super) const HEAD_WORDS: usize = 2;
const INTENT: usize = 0;
const PUBLISHED: usize = 1;

/// Copies `bytes` into the place of slot `sequence` and publishes it.
pub(super) fn publish(memory: &Memory, layout: &Layout, shape: &Shape, sequence: u64, bytes: &[u8]) {
    memory.store(layout.head + INTENT, sequence + 1, Ordering::Relaxed);
    // A: the words below are not seen before the intent above.
    fence(Ordering::Release);
    memory.store_bytes(layout.slot(shape, sequence), bytes);
    // B: the words above are seen by whoever sees this.
    memory.store(layout.head + PUBLISHED, sequence + 1, Ordering::Release);
}

/// What one pass over the ring brought.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Complete slots in order.
    pub(super) slots: Vec<Slot>,
    /// Slots overwritten (or damaged) before they were read.
    pub(super) lost: u64,
    /// Where the next pass begins.
    pub(super) next: u64,
}

/// Reads every slot from `next` on that is complete.
pub(super) fn read(memory: &Memory, layout: &Layout, shape: &Shape, next: u64) -> Pass {
    let published = published(memory, layout);
    if published <= next {
        return Pass { next, ..Pass::default() };
    }
    let oldest = published.saturating_sub(u64::from(shape.slots)).max(next);
    let mut pass = Pass { slots: Vec::new(), lost: oldest - next, next: published };
    for sequence in oldest..published {
        match read_one(memory, layout, shape, sequence) {
            Some(slot) => pass.slots.push(slot),
            None => pass.lost = pass.lost.saturating_add(1),
        }
    }
    pass
}

/// Slots completed so far.
pub(super) fn published(memory: &Memory, layout: &Layout) -> u64 {
    // B'
    memory.load(layout.head + PUBLISHED, Ordering::Acquire)
}

/// Slot `sequence`, which was published; None when it was overwritten meanwhile or cannot be.
fn read_one(memory: &Memory, layout: &Layout, shape: &Shape, sequence: u64) -> Option<Slot> {
    let first = layout.slot(shape, sequence);
    let used = usize::try_from(memory.load(first + USED_AT, Ordering::Relaxed)).ok()?;
    if used > shape.slot_bytes as usize || used < FIXED_WORDS * WORD_BYTES || !used.is_multiple_of(WORD_BYTES) {
        return None;
    }
    let mut copy = vec![0; used];
    memory.load_bytes(first, &mut copy);
    // A': the intent below is not older than any word copied above.
    fence(Ordering::Acquire);
    let intent = memory.load(layout.head + INTENT, Ordering::Relaxed);
    if intent > sequence.saturating_add(u64::from(shape.slots)) {
        return None;
    }
    slot_bytes::decode(&copy, sequence)
}
