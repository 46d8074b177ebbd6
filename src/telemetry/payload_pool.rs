//! The payload pool: written once by the supervisor, mapped read-only (mprotect) by every producer.
//!
//! | words | hold |
//! |---|---|
//! | header | details: number of payloads, 1 if there are weights |
//! | 2 for each payload | where it begins in the segment, its length, in bytes |
//! | 1 for each payload, if there are weights | sum of the weights up to and with it |
//! | rest | the payloads, each from a line of its own on |

use super::SegmentError;
use super::header::{self, HEADER_WORDS, POOL_MAGIC, mismatch};
use super::layout::WORD_BYTES;
use super::memory::{Memory, system};
use super::owner::{Owner, new_name};
use nix::sys::mman::{ProtFlags, mprotect};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

/// Payloads begin on lines of their own, so that copying one touches no neighbour's.
const ALIGNMENT: usize = 128;

/// The supervisor's end; dropping it unlinks.
#[derive(Debug)]
pub struct PoolOwner {
    memory: Memory,
}
/// A producer's view.
#[derive(Debug)]
pub struct PoolView {
    memory: Memory,
    /// Where each payload stands; checked against the mapping.
    places: Box<[PayloadSpan]>,
    cumulative: Box<[u64]>,
}

/// Begin and length of a payload in the segment, bytes.
#[derive(Debug, Clone, Copy)]
struct PayloadSpan {
    offset: usize,
    length: usize,
}

/// The name of a pool that is made later, when its payloads are known.
#[derive(Debug)]
pub struct PoolName {
    owner: Owner,
    name: String,
}

impl PoolName {
    /// A name that nobody can guess, owned by the calling process.
    pub fn new() -> Result<Self, SegmentError> {
        new_name().map(|(owner, name)| Self { owner, name })
    }
    /// To attach to, once the pool is made.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl PoolOwner {
    /// Writes `payloads` (at least one) and their weights (one for each payload with a sum above 0, or none: all alike)
    /// into a new segment, space reserved before.
    pub fn create(payloads: &[Vec<u8>], weights: &[u64]) -> Result<Self, SegmentError> {
        Self::create_as(&PoolName::new()?, payloads, weights)
    }
    /// The same under a name that was chosen before.
    pub fn create_as(name: &PoolName, payloads: &[Vec<u8>], weights: &[u64]) -> Result<Self, SegmentError> {
        let PoolName { owner, name } = name;
        let refused = |why: &str| Err(system(name, "filling it", why));
        if payloads.is_empty() {
            return refused("there must be at least one payload");
        }
        let mut sum = 0u64;
        let cumulative: Option<Vec<u64>> = weights
            .iter()
            .map(|weight| {
                sum = sum.checked_add(*weight)?;
                Some(sum)
            })
            .collect();
        let cumulative = cumulative.filter(|all| all.is_empty() || all.len() == payloads.len() && sum > 0);
        let Some(cumulative) = cumulative else {
            return refused("weights must be one for each payload, above 0 in sum");
        };
        let mut end = first_payload(payloads.len(), !cumulative.is_empty());
        let places: Vec<PayloadSpan> = payloads
            .iter()
            .map(|payload| {
                let place = PayloadSpan { offset: end, length: payload.len() };
                end += payload.len().next_multiple_of(ALIGNMENT);
                place
            })
            .collect();
        let memory = Memory::create(name, end, "the payload pool")?;
        let mut word = HEADER_WORDS;
        let mut put = |value: u64| {
            memory.store(word, value, Ordering::Relaxed);
            word += 1;
        };
        for place in &places {
            put(place.offset as u64);
            put(place.length as u64);
        }
        cumulative.iter().for_each(|sum| put(*sum));
        for (place, payload) in places.iter().zip(payloads) {
            memory.store_bytes(place.offset / WORD_BYTES, payload);
        }
        let weighted = u64::from(!cumulative.is_empty());
        header::write(&memory, POOL_MAGIC, *owner, &[payloads.len() as u64, weighted, 0, 0, 0, 0, 0, 0]);
        protect(&memory)?;
        Ok(Self { memory })
    }
    /// Name to attach to.
    pub fn name(&self) -> &str {
        self.memory.name()
    }
    /// Removes the name once all producers have attached. Idempotent.
    pub fn unlink(&mut self) {
        self.memory.unlink();
    }
}
impl PoolView {
    /// Maps the pool read-only and touches its pages.
    pub fn attach(name: &str) -> Result<Self, SegmentError> {
        let memory = Memory::open(name)?;
        let [count, weighted, ..] = header::check(&memory, POOL_MAGIC)?;
        let bytes = memory.bytes() as u64;
        // Two words for each payload at least.
        let count = usize::try_from(count).ok().filter(|count| (1..=memory.bytes() / (2 * WORD_BYTES)).contains(count));
        let Some(count) = count else { return Err(mismatch(name, "the number of payloads", bytes, 1)) };
        let first = first_payload(count, weighted == 1);
        if weighted > 1 || first > memory.bytes() {
            return Err(mismatch(name, "the size of all payloads", bytes, first as u64));
        }
        let get = |word: usize| memory.load(word, Ordering::Relaxed);
        let places = (0..count).map(|i| {
            let offset = usize::try_from(get(HEADER_WORDS + 2 * i)).ok()?;
            let length = usize::try_from(get(HEADER_WORDS + 2 * i + 1)).ok()?;
            let end = offset.checked_add(length)?;
            (offset >= first && end <= memory.bytes()).then_some(PayloadSpan { offset, length })
        });
        let places: Option<Box<[PayloadSpan]>> = places.collect();
        let Some(places) = places else { return Err(mismatch(name, "the end of a payload", bytes, first as u64)) };
        let sums = if weighted == 1 { count } else { 0 };
        let cumulative: Box<[u64]> = (0..sums).map(|i| get(HEADER_WORDS + 2 * count + i)).collect();
        if !cumulative.is_sorted() || cumulative.last() == Some(&0) {
            return Err(mismatch(name, "the sum of the weights", cumulative.last().copied().unwrap_or(0), 1));
        }
        memory.prefault_for_reading();
        protect(&memory)?;
        Ok(Self { memory, places, cumulative })
    }
    /// Number of payloads.
    pub fn count(&self) -> usize {
        self.places.len()
    }
    /// The length of all payloads, where they have one.
    pub fn one_length(&self) -> Option<usize> {
        let length = self.places.first()?.length;
        self.places.iter().all(|place| place.length == length).then_some(length)
    }
    /// Sums of the weights up to each payload, ascending, the last above 0; empty: all weigh the same.
    pub fn cumulative_weights(&self) -> &[u64] {
        &self.cumulative
    }
    /// Payload `i` (i < count, else it panics).
    #[inline]
    pub fn payload(&self, i: usize) -> &[u8] {
        let PayloadSpan { offset, length } = self.places[i];
        // SAFETY: `attach` checked of every place that it ends within the mapping.
        let first = unsafe { self.memory.base().add(offset) };
        // SAFETY: the payload lies within the mapping (see above), which lives as long as `self`. Nobody writes it
        // while the slice lives: the owner wrote it before `ready` and has made its own pages read-only since, as have
        // all views.
        unsafe { std::slice::from_raw_parts(first, length) }
    }
}

/// Where the first payload of so many stands, in bytes.
fn first_payload(count: usize, weighted: bool) -> usize {
    let words = HEADER_WORDS + count * if weighted { 3 } else { 2 };
    (words * WORD_BYTES).next_multiple_of(ALIGNMENT)
}

/// Makes the mapping read-only for this process: a stray write is then a fault and not a silent change of payloads.
fn protect(memory: &Memory) -> Result<(), SegmentError> {
    let refused = |why: &str| system(memory.name(), "making it read-only", why);
    let base = NonNull::new(memory.base()).ok_or_else(|| refused("it is not mapped"))?;
    // SAFETY: the range is exactly one mapping of ours. No reference into it is writable: `Memory` hands out atomics
    // only for the length of a call, and neither end of a pool stores anything after this.
    unsafe { mprotect(base.cast(), memory.bytes(), ProtFlags::PROT_READ) }.map_err(|errno| refused(errno.desc()))
}

#[cfg(test)]
mod tests;
