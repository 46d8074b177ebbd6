//! Values that librdkafka sends from where they stand, instead of a copy it makes of each.
//!
//! A value keeps its place from the hand-over to its delivery report. Then the place goes to the next message, the last
//! one returned first, because it is the likeliest to be in the cache. What stands in it already is not written again:
//! behind the head, which differs from message to message, values of one payload are the same.
//!
//! So a payload of a kilobyte is not copied at all, and what waits in the library's queue is written once. Places are
//! as many as there ever were messages on their way; the memory of a place is touched when it is first used. They are
//! all as long as the longest value, so values of different lengths are left to the library to copy: 100,000 short ones
//! on their way would take the room of as many long ones.

use crate::driver::Batch;
use crate::driver::batch::HEAD_BYTES;
use rdkafka_sys as sys;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// Places are made by so many bytes at a time, at least one place.
const CHUNK_BYTES: usize = 256 * 1024;
/// Places begin on cache lines of their own.
const LINE_BYTES: usize = 64;

/// Memory for the values of one producer. It must be dropped after the client that its values were handed to.
#[derive(Default)]
pub(in crate::driver::kafka) struct ValuePool {
    /// Places that the library does not have.
    free: Vec<NonNull<PoolSlot>>,
    chunks: Vec<Chunk>,
    /// All places, free or not.
    places: usize,
}

/// A cache line, for its alignment.
#[repr(align(64))]
struct CacheLine(#[expect(dead_code, reason = "only its size and alignment are wanted")] [u8; LINE_BYTES]);

/// Memory that places are made of, one after the other.
struct Chunk {
    /// From `Box::into_raw`.
    lines: *mut [MaybeUninit<CacheLine>],
    /// Lines that are a place.
    used: usize,
}

/// What stands before each value, in its first cache line, which is read anyway when the value's report comes.
struct PoolSlot {
    /// What stands behind the value's head.
    content: u64,
    /// The tag of the message it was last lent for.
    tag: usize,
    value_bytes: u32,
    room_bytes: u32,
}

/// Of no batch: nothing stands there yet.
const NO_CONTENT: u64 = u64::MAX;

/// A value as the library gets it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PooledValue {
    /// Where it stands until the loan is returned.
    pub(super) value: *mut c_void,
    pub(super) value_bytes: usize,
    /// What travels with the message and comes back with its report.
    pub(super) opaque: *mut c_void,
}

impl std::fmt::Debug for ValuePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lent").field("places", &self.places).field("free", &self.free.len()).finish_non_exhaustive()
    }
}

impl ValuePool {
    /// A place with message `i`'s value in it; where values differ in length, the value as it stands in the batch, to
    /// be copied.
    #[inline]
    pub(super) fn lend(&mut self, batch: &Batch, i: usize) -> PooledValue {
        let (_, value, tag) = batch.message(i);
        if !batch.of_one_length() {
            return PooledValue::to_be_copied(value, tag);
        }
        let value_bytes = batch.value_bytes(i);
        let mut at = self.free.pop().unwrap_or_else(|| self.another(batch.room_bytes()));
        // SAFETY: a free place of ours: nobody else reads or writes it, and its chunk lives as long as `self`.
        let mut place = unsafe { at.as_mut() };
        if place.room_bytes < value_bytes {
            // It dates from a batch with shorter values, and is not offered again.
            at = self.another(batch.room_bytes());
            // SAFETY: the same.
            place = unsafe { at.as_mut() };
        }
        let content = batch.content(i);
        let known = place.content == content && place.value_bytes == value_bytes;
        (place.content, place.value_bytes, place.tag) = (content, value_bytes, tag);
        // SAFETY: behind each place there is room for `room_bytes`, which is enough (see above).
        let to = unsafe { at.add(1) }.cast::<u8>().as_ptr();
        match value.first_chunk::<HEAD_BYTES>() {
            // SAFETY: the same; nothing else is known of the alignment.
            Some(head) if known => unsafe { to.cast::<[u8; HEAD_BYTES]>().write_unaligned(*head) },
            // SAFETY: the same; the place is free, and the batch lies elsewhere.
            _ => unsafe { ptr::copy_nonoverlapping(value.as_ptr(), to, value.len()) },
        }
        let opaque = at.as_ptr().map_addr(|address| address | LENT);
        PooledValue { value: to.cast(), value_bytes: value.len(), opaque: opaque.cast() }
    }

    /// A new place with so much room. Its memory is touched only now.
    #[cold]
    fn another(&mut self, room_bytes: usize) -> NonNull<PoolSlot> {
        let lines = (size_of::<PoolSlot>() + room_bytes).div_ceil(LINE_BYTES);
        if self.chunks.last().is_none_or(|chunk| chunk.used + lines > chunk.lines.len()) {
            let count = (CHUNK_BYTES / (lines * LINE_BYTES)).max(1);
            self.chunks.push(Chunk { lines: Box::into_raw(Box::new_uninit_slice(count * lines)), used: 0 });
            // All can come back at once without an allocation then.
            self.free.reserve(self.places + count);
        }
        let chunk = self.chunks.last_mut().expect("one was there or has been made");
        // SAFETY: `used + lines` is at most the length of the chunk (see above), and what is behind `used` is nobody's
        // yet.
        let line = unsafe { chunk.lines.cast::<CacheLine>().add(chunk.used) };
        // SAFETY: within an allocation, so it is not null. A line is aligned better than a place.
        let at = unsafe { NonNull::new_unchecked(line) }.cast::<PoolSlot>();
        chunk.used += lines;
        self.places += 1;
        let room_bytes = u32::try_from(lines * LINE_BYTES - size_of::<PoolSlot>()).unwrap_or(u32::MAX);
        // SAFETY: the same.
        unsafe { at.write(PoolSlot { content: NO_CONTENT, tag: 0, value_bytes: 0, room_bytes }) };
        at
    }

    /// The library is done with what travelled under this opaque: the message's tag.
    ///
    /// # Safety
    /// It comes from `lend` of this very object and has not been returned since, or from `to_be_copied`. The library
    /// does not read the value any more.
    #[inline]
    pub(super) unsafe fn returned(&mut self, opaque: *mut c_void) -> usize {
        if opaque.addr() & LENT == 0 {
            return opaque.addr() >> 1;
        }
        let place = opaque.map_addr(|address| address & !LENT).cast::<PoolSlot>();
        // SAFETY: made by `lend` from a place of ours, which is not null.
        let at = unsafe { NonNull::new_unchecked(place) };
        self.free.push(at);
        // SAFETY: the same; places live as long as `self`.
        unsafe { at.as_ref() }.tag
    }
}

impl Drop for ValuePool {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..) {
            // SAFETY: made by `Box::into_raw` and freed here only; the client, and with it all that has read the
            // places, is gone.
            drop(unsafe { Box::from_raw(chunk.lines) });
        }
    }
}

impl PooledValue {
    /// None: the library is to copy the value before the call returns.
    #[inline]
    pub(super) fn to_be_copied(value: &[u8], tag: usize) -> Self {
        let opaque = ptr::without_provenance_mut(tag << 1);
        Self { value: value.as_ptr().cast_mut().cast(), value_bytes: value.len(), opaque }
    }
}

/// What librdkafka is to do with the values of a batch: copy them, or neither copy nor free them.
#[inline]
pub(super) fn flags(batch: &Batch) -> i32 {
    if batch.of_one_length() { 0 } else { sys::RD_KAFKA_MSG_F_COPY }
}

/// The lowest bit of an opaque: the others are the address of a place, not a tag.
const LENT: usize = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(values: &[(u32, &[u8])]) -> Batch {
        let longest = values.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        let mut batch = Batch::new(values.len(), u32::try_from(longest).unwrap());
        batch.set_len(values.len());
        for (i, (payload, value)) in values.iter().enumerate() {
            batch.set_value(i, *payload, value);
            batch.set_tag(i, 10 + i);
        }
        batch
    }

    fn give_back(value_pool: &mut ValuePool, opaque: *mut c_void) -> usize {
        // SAFETY: each test gives back once what it was lent.
        unsafe { value_pool.returned(opaque) }
    }

    fn read(loan: &PooledValue) -> Vec<u8> {
        // SAFETY: the place is as long as said, and lent.
        unsafe { std::slice::from_raw_parts(loan.value.cast::<u8>(), loan.value_bytes) }.to_vec()
    }

    #[test]
    fn a_value_stands_in_its_place_until_it_is_returned() {
        let mut value_pool = ValuePool::default();
        let batch = batch(&[(0, &[1; 100]), (1, &[2; 100]), (2, &[4; 100]), (3, &[3; 100])]);
        let loans: Vec<_> = (0..4).map(|i| value_pool.lend(&batch, i)).collect();
        let values: Vec<_> = loans.iter().map(read).collect();
        assert_eq!(values, [vec![1; 100], vec![2; 100], vec![4; 100], vec![3; 100]]);
        let tags: Vec<_> = loans.iter().map(|loan| give_back(&mut value_pool, loan.opaque)).collect();
        assert_eq!(tags, [10, 11, 12, 13]);
        assert_eq!(value_pool.lend(&batch, 0).value, loans[3].value, "the last one returned is the first to be lent");
    }

    #[test]
    fn every_value_is_right_whatever_its_place_held_before() {
        let (mut value_pool, mut rng) = (ValuePool::default(), fastrand::Rng::with_seed(7));
        let payloads = |length: usize| (0u8..5).map(move |n| vec![n; length]).collect::<Vec<_>>();
        let (short, long) = (payloads(240), payloads(300));
        let mut out: Vec<(PooledValue, Vec<u8>, usize)> = Vec::new();
        let mut batches = [Batch::new(3, 240), Batch::new(3, 240), Batch::new(3, 300)];
        for round in 0..2_000 {
            if rng.bool() || out.is_empty() {
                let (which, payloads) = if round > 1_000 { (2, &long) } else { (rng.usize(0..2), &short) };
                let batch = &mut batches[which];
                let (i, payload) = (rng.usize(0..3), rng.usize(0..5));
                batch.set_value(i, u32::try_from(payload).unwrap(), &payloads[payload]);
                let (head, _) = batch.head_mut(i);
                head.fill(rng.u8(..));
                batch.set_tag(i, round);
                out.push((value_pool.lend(batch, i), batch.value(i).to_vec(), round));
            } else {
                let (loan, value, tag) = out.swap_remove(rng.usize(0..out.len()));
                assert_eq!(read(&loan), value);
                assert_eq!(give_back(&mut value_pool, loan.opaque), tag);
            }
        }
        for (loan, value, _) in &out {
            assert_eq!(&read(loan), value);
        }
    }

    #[test]
    fn values_of_different_lengths_take_no_places() {
        let mut value_pool = ValuePool::default();
        let batch = batch(&[(0, &[1; 100_000]), (1, &[2; 10])]);
        for (i, tag) in [(0, 10), (1, 11)] {
            let loan = value_pool.lend(&batch, i);
            assert_eq!(
                (loan.value.cast_const().cast(), loan.value_bytes),
                (batch.value(i).as_ptr(), batch.value(i).len())
            );
            assert_eq!(give_back(&mut value_pool, loan.opaque), tag);
        }
        assert_eq!((value_pool.places, flags(&batch)), (0, sys::RD_KAFKA_MSG_F_COPY));
    }

    #[test]
    fn a_tag_of_a_message_that_was_copied_comes_back_as_it_was() {
        let mut value_pool = ValuePool::default();
        for tag in [0, 1, 100_000] {
            assert_eq!(give_back(&mut value_pool, PooledValue::to_be_copied(&[], tag).opaque), tag);
        }
        assert!(value_pool.free.is_empty());
    }
}
