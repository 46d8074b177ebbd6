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

/// Memory for the values of one producer, which owns it beside its client (`NativeProducer`): it is dropped after that.
#[derive(Default)]
pub(super) struct ValuePool {
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
        let (places, free) = (self.places, self.free.len());
        f.debug_struct("ValuePool").field("places", &places).field("free", &free).finish_non_exhaustive()
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
        // Measured by the slice itself, whatever the batch says of it.
        let room_bytes = batch.room_bytes().max(value.len());
        let mut at = self.free.pop().unwrap_or_else(|| self.another(room_bytes));
        // SAFETY: a free place of ours: nobody else reads or writes it, and its chunk lives as long as `self`.
        let mut place = unsafe { at.as_mut() };
        if (place.room_bytes as usize) < value.len() {
            // It dates from a batch with shorter values, and is not offered again.
            at = self.another(room_bytes);
            // SAFETY: a new place: as for a free one.
            place = unsafe { at.as_mut() };
        }
        let content = batch.content(i);
        let known = place.content == content && place.value_bytes as usize == value.len();
        let value_bytes = u32::try_from(value.len()).unwrap_or(u32::MAX);
        (place.content, place.value_bytes, place.tag) = (content, value_bytes, tag);
        // SAFETY: behind each place there is room for `place.room_bytes`, which is at least `value.len()` (see above).
        let to = unsafe { at.add(1) }.cast::<u8>().as_ptr();
        match value.first_chunk::<HEAD_BYTES>() {
            // SAFETY: the room is at least `value.len()`, of which the head is a part; unaligned, because nothing is
            // known of the alignment.
            Some(head) if known => unsafe { to.cast::<[u8; HEAD_BYTES]>().write_unaligned(*head) },
            // SAFETY: the room is at least `value.len()`; the place is free, and the batch lies elsewhere.
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
        // SAFETY: `lines` are at least a place and `room_bytes`, aligned better than a place, and nobody else's.
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
        // SAFETY: `lend` has written the place, and places live as long as `self`.
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
mod tests;
