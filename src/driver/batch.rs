//! Messages laid out for one call: a private buffer for each value and key, allocated once.

/// Longest key of any distributor (a `u32` in decimal, or 10 characters).
pub const KEY_BYTES: usize = 16;

/// Values, keys and tags of up to `capacity` messages.
#[derive(Debug)]
pub struct Batch {
    values: Box<[u8]>,
    /// Room of each value.
    room_bytes: usize,
    slots: Box<[Slot]>,
    len: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: [u8; KEY_BYTES],
    /// `KEY_NONE`: no key.
    key_len: u8,
    value_len: u32,
    tag: usize,
}

const KEY_NONE: u8 = u8::MAX;

impl Slot {
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
            slots: vec![Slot { key_len: KEY_NONE, value_len: value_bytes, ..Slot::default() }; capacity].into(),
            len: 0,
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

    /// Value `i`, to be written.
    #[inline]
    pub fn value_mut(&mut self, i: usize) -> &mut [u8] {
        let first = i * self.room_bytes;
        &mut self.values[first..][..self.slots[i].value_len as usize]
    }

    /// The values of the messages in it, to be written (none where values have no room at all).
    #[inline]
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let rooms = self.values.chunks_exact_mut(self.room_bytes.max(1));
        rooms.zip(&self.slots[..self.len]).map(|(room, slot)| &mut room[..slot.value_len as usize])
    }

    /// Key, value and tag of message `i`.
    #[inline]
    pub fn message(&self, i: usize) -> (Option<&[u8]>, &[u8], usize) {
        let slot = &self.slots[i];
        let first = i * self.room_bytes;
        (slot.key(), &self.values[first..first + slot.value_len as usize], slot.tag)
    }

    /// Copies value `i`, which may be shorter than its room (what is longer is cut).
    #[inline]
    pub fn set_value(&mut self, i: usize, value: &[u8]) {
        let room = &mut self.values[i * self.room_bytes..][..self.room_bytes];
        let len = value.len().min(room.len());
        room[..len].copy_from_slice(&value[..len]);
        self.slots[i].value_len = u32::try_from(len).unwrap_or(u32::MAX);
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
mod tests {
    use super::*;

    #[test]
    fn messages_do_not_overlap() {
        let mut batch = Batch::new(3, 4);
        for (i, byte) in [1u8, 2, 3].into_iter().enumerate() {
            batch.value_mut(i).fill(byte);
            batch.set_tag(i, usize::from(byte) * 10);
        }
        batch.set_key(1, Some(b"k"));
        assert_eq!((batch.value(0), batch.value(1), batch.value(2)), (&[1; 4][..], &[2; 4][..], &[3; 4][..]));
        assert_eq!((batch.key(0), batch.key(1), batch.key(2)), (None, Some(&b"k"[..]), None));
        assert_eq!((batch.tag(0), batch.tag(2)), (10, 30));
        assert_eq!(batch.message(1), (Some(&b"k"[..]), &[2; 4][..], 20));
        assert_eq!(batch.message(2), (None, &[3; 4][..], 30));
    }

    #[test]
    fn values_may_be_shorter_than_their_room() {
        let mut batch = Batch::new(2, 4);
        batch.set_value(0, &[1, 2]);
        assert_eq!((batch.value(0), batch.value(1)), (&[1, 2][..], &[0; 4][..]));
        batch.set_value(0, &[]);
        batch.set_value(1, &[5; 9]);
        assert_eq!((batch.value(0), batch.value(1)), (&[][..], &[5; 4][..]));
        batch.set_len(2);
        assert_eq!(batch.values_mut().map(|value| value.len()).collect::<Vec<_>>(), [0, 4]);
    }

    #[test]
    fn an_empty_key_is_not_no_key() {
        let mut batch = Batch::new(1, 0);
        batch.set_key(0, Some(b""));
        assert_eq!(batch.key(0), Some(&b""[..]));
        batch.set_key(0, None);
        assert_eq!(batch.key(0), None);
    }

    #[test]
    #[should_panic(expected = "3 messages in a batch of 2")]
    fn more_messages_than_fit_are_refused() {
        Batch::new(2, 1).set_len(3);
    }
}
