//! The first words of a segment, alike in client segments and payload pools: what it is, who made it, with which
//! layout.
//!
//! | word | holds |
//! |---|---|
//! | 0 | magic: which kind of segment |
//! | 1, 2 | layout version, layout hash |
//! | 3 | bytes of the whole segment |
//! | 4, 5, 6 | owner: pid, start time in ticks, pid namespace |
//! | 7 | ready: written last |
//! | 8 … 15 | details of the kind |

use super::SegmentError;
use super::layout::LAYOUT_HASH;
use super::memory::{Memory, system};
use super::owner::Owner;
use std::sync::atomic::Ordering;

/// Words of the header.
pub(super) const HEADER_WORDS: usize = 16;
/// Words that each kind fills as it likes.
pub(super) const DETAIL_WORDS: usize = 8;
/// First word of a client segment.
pub(super) const SEGMENT_MAGIC: u64 = u64::from_le_bytes(*b"pinload\x01");
/// First word of a payload pool.
pub(super) const POOL_MAGIC: u64 = u64::from_le_bytes(*b"pinload\x02");
/// Counts up when a word changes its meaning without changing a size or a name (those change the hash).
const VERSION: u64 = 2;
const READY: u64 = 1;

const READY_WORD: usize = 7;
const DETAILS: usize = 8;
/// What words 0 … 3 must be, with the names that errors use.
const IDENTITY: [&str; 4] = ["the magic number", "the layout version", "the layout hash", "the size"];

/// Writes the header. `ready` comes last: whoever sees it sees all that was written before.
pub(super) fn write(memory: &Memory, magic: u64, owner: Owner, details: &[u64; DETAIL_WORDS]) {
    let put = |word, value| memory.store(word, value, Ordering::Relaxed);
    for (word, value) in identity(memory, magic).into_iter().enumerate() {
        put(word, value);
    }
    put(4, u64::from(owner.pid));
    put(5, owner.start_ticks);
    put(6, owner.pid_namespace);
    for (word, value) in details.iter().enumerate() {
        put(DETAILS + word, *value);
    }
    // Pairs with the load in `check`.
    memory.store(READY_WORD, READY, Ordering::Release);
}

/// Checks that this is a segment of the kind, from this build, whole and ready; returns its details.
pub(super) fn check(memory: &Memory, magic: u64) -> Result<[u64; DETAIL_WORDS], SegmentError> {
    let name = memory.name();
    if memory.bytes() < HEADER_WORDS * size_of::<u64>() {
        return Err(mismatch(name, "the size", memory.bytes() as u64, (HEADER_WORDS * size_of::<u64>()) as u64));
    }
    // Pairs with the store of `ready` in `write`.
    let ready = memory.load(READY_WORD, Ordering::Acquire);
    let get = |word| memory.load(word, Ordering::Relaxed);
    for (word, expected) in identity(memory, magic).into_iter().enumerate() {
        // The size that the header tells must be the size that was mapped: every later bound rests on it.
        if get(word) != expected {
            return Err(mismatch(name, IDENTITY[word], get(word), expected));
        }
    }
    if ready != READY {
        return Err(system(name, "attaching", "it was never finished"));
    }
    Ok(std::array::from_fn(|word| get(DETAILS + word)))
}

fn identity(memory: &Memory, magic: u64) -> [u64; 4] {
    [magic, VERSION, LAYOUT_HASH, memory.bytes() as u64]
}

/// A `SegmentError::Mismatch`.
pub(super) fn mismatch(name: &str, what: &'static str, found: u64, expected: u64) -> SegmentError {
    SegmentError::Mismatch { name: name.to_owned(), what, found, expected }
}
