//! Messages laid out for one call: a private buffer for each value and key, allocated once.
//!
//! A value is a payload with a head of its own. Behind the head, values of the same payload are the same, which
//! `content` tells.

use crate::load::stamp::STAMP_BYTES;
use std::sync::atomic::{AtomicU32, Ordering};

/// Longest key of any distributor (a `u32` in decimal, or 10 characters).
pub const KEY_BYTES: usize = 16;

/// So many bytes at the begin of a value may differ from its payload: those that a stamp takes.
pub const HEAD_BYTES: usize = STAMP_BYTES;

/// Batches so far: payloads of the same number are the same in one batch, not in two.
static BATCHES: AtomicU32 = AtomicU32::new(0);

/// Values, keys and tags of up to `capacity` messages.
#[derive(Debug)]
pub struct Batch {
    values: Box<[u8]>,
    /// Room of each value.
    room_bytes: usize,
    slots: Box<[BatchSlot]>,
    len: usize,
    number: u32,
    /// Was there ever a value shorter than its room?
    mixed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct BatchSlot {
    key: [u8; KEY_BYTES],
    /// `KEY_NONE`: no key.
    key_len: u8,
    value_len: u32,
    payload: u32,
    tag: usize,
}

const KEY_NONE: u8 = u8::MAX;
/// The payload that values have before they are given one: zeros.
const ZEROS: u32 = u32::MAX;

impl BatchSlot {
    #[inline]
    fn key(&self) -> Option<&[u8]> {
        if self.key_len == KEY_NONE { None } else { Some(&self.key[..usize::from(self.key_len)]) }
    }
}

impl Batch {
    /// Room for `capacity` messages with values of up to `value_bytes`; all values are zeros of that length.
    pub fn new(capacity: usize, value_bytes: u32) -> Self {
        let room_bytes = usize::try_from(value_bytes).unwrap_or(usize::MAX);
        Self {
            values: vec![0; capacity * room_bytes].into(),
            room_bytes,
            slots: vec![
                BatchSlot { key_len: KEY_NONE, value_len: value_bytes, payload: ZEROS, ..BatchSlot::default() };
                capacity
            ]
            .into(),
            len: 0,
            number: BATCHES.fetch_add(1, Ordering::Relaxed),
            mixed: false,
        }
    }

    /// How many messages fit.
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// How many messages are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Says how many messages are in it (at most the capacity).
    #[inline]
    pub fn set_len(&mut self, len: usize) {
        assert!(len <= self.slots.len(), "{len} messages in a batch of {}", self.slots.len());
        self.len = len;
    }

    /// Value `i`.
    #[inline]
    pub fn value(&self, i: usize) -> &[u8] {
        let first = i * self.room_bytes;
        &self.values[first..][..self.slots[i].value_len as usize]
    }

    /// Length of value `i`.
    #[inline]
    pub fn value_bytes(&self, i: usize) -> u32 {
        self.slots[i].value_len
    }

    /// Room of each value, bytes.
    #[inline]
    pub fn room_bytes(&self) -> usize {
        self.room_bytes
    }

    /// The head of value `i`, to be written, and the length of the whole value.
    #[inline]
    pub fn head_mut(&mut self, i: usize) -> (&mut [u8], u32) {
        let (first, value_len) = (i * self.room_bytes, self.slots[i].value_len);
        (&mut self.values[first..][..HEAD_BYTES.min(value_len as usize)], value_len)
    }

    /// The same for all messages in it (for none where values have no room at all).
    #[inline]
    pub fn heads_mut(&mut self) -> impl Iterator<Item = (&mut [u8], u32)> {
        let rooms = self.values.chunks_exact_mut(self.room_bytes.max(1));
        let heads = rooms.zip(&self.slots[..self.len]);
        heads.map(|(room, slot)| (&mut room[..HEAD_BYTES.min(slot.value_len as usize)], slot.value_len))
    }

    /// Are all values as long as their room?
    #[inline]
    pub fn of_one_length(&self) -> bool {
        !self.mixed
    }

    /// What stands behind the head of value `i`: where this number and the length are the same, there are the same
    /// bytes, in any batch.
    #[inline]
    pub fn content(&self, i: usize) -> u64 {
        u64::from(self.number) << 32 | u64::from(self.slots[i].payload)
    }

    /// Key, value and tag of message `i`.
    #[inline]
    pub fn message(&self, i: usize) -> (Option<&[u8]>, &[u8], usize) {
        let slot = &self.slots[i];
        let first = i * self.room_bytes;
        (slot.key(), &self.values[first..first + slot.value_len as usize], slot.tag)
    }

    /// Copies value `i`, which may be shorter than its room (what is longer is cut). `payload` numbers what is copied:
    /// in one batch the same number always comes with the same bytes.
    #[inline]
    pub fn set_value(&mut self, i: usize, payload: u32, value: &[u8]) {
        let room = &mut self.values[i * self.room_bytes..][..self.room_bytes];
        let len = value.len().min(room.len());
        room[..len].copy_from_slice(&value[..len]);
        self.mixed |= len < self.room_bytes;
        let slot = &mut self.slots[i];
        (slot.value_len, slot.payload) = (u32::try_from(len).unwrap_or(u32::MAX), payload);
    }

    /// Key of message `i`.
    #[inline]
    pub fn key(&self, i: usize) -> Option<&[u8]> {
        self.slots[i].key()
    }

    /// Sets the key of message `i` (at most `KEY_BYTES` long; what is longer is cut).
    #[inline]
    pub fn set_key(&mut self, i: usize, key: Option<&[u8]>) {
        let slot = &mut self.slots[i];
        match key {
            None => slot.key_len = KEY_NONE,
            Some(key) => {
                let len = key.len().min(KEY_BYTES);
                slot.key[..len].copy_from_slice(&key[..len]);
                slot.key_len = u8::try_from(len).unwrap_or(0);
            }
        }
    }

    /// Tag of message `i`.
    #[inline]
    pub fn tag(&self, i: usize) -> usize {
        self.slots[i].tag
    }

    /// Sets the tag of message `i`.
    #[inline]
    pub fn set_tag(&mut self, i: usize, tag: usize) {
        self.slots[i].tag = tag;
    }
}

#[cfg(test)]
mod tests;
