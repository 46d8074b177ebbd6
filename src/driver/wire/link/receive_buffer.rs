//! Bytes that have come over a connection: answers are read where they stand.

use std::io::{self, ErrorKind};
use std::ops::Range;

/// Most bytes that one read takes.
const READ_AT_A_TIME: usize = 256 * 1024;
/// Room for answers at first.
const FIRST_ROOM: usize = 16 * 1024;
/// An answer longer than this is none.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Bytes that have come.
#[derive(Debug, Default)]
pub(in crate::driver::wire) struct ReceiveBuffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReceiveBuffer {
    /// What stands at `range`.
    pub(in crate::driver::wire) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The memory that holds an answer up to `end`, for `spare`, into which what stands behind the answer is copied.
    pub(in crate::driver::wire) fn swap(&mut self, end: usize, mut spare: Vec<u8>) -> Vec<u8> {
        let behind = self.end.saturating_sub(end);
        if spare.len() < behind.max(FIRST_ROOM) {
            spare.resize(behind.max(FIRST_ROOM), 0);
        }
        spare[..behind].copy_from_slice(&self.bytes[self.end - behind..self.end]);
        (self.start, self.end) = (0, behind);
        std::mem::replace(&mut self.bytes, spare)
    }

    /// Where the next answer stands, its correlation first; None: it is not there yet.
    pub(super) fn next(&self) -> io::Result<Option<Range<usize>>> {
        let there = &self.bytes[self.start..self.end];
        let Some(length) = there.first_chunk().copied().map(i32::from_be_bytes) else { return Ok(None) };
        let length = usize::try_from(length).unwrap_or(0);
        if !(4..=LONGEST_ANSWER).contains(&length) {
            return Err(io::Error::new(ErrorKind::InvalidData, "an answer of impossible length"));
        }
        Ok((there.len() >= 4 + length).then(|| self.start + 4..self.start + 4 + length))
    }

    /// The answer up to `end` was read.
    pub(in crate::driver::wire) fn used(&mut self, end: usize) {
        self.start = end.min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// So many bytes have come into the room.
    pub(super) fn came(&mut self, count: usize) {
        self.end += count;
    }

    /// Room for more: as much again as has come, so that an answer that claims to be long takes only what it is.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() {
            if self.start > 0 {
                self.bytes.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            if self.end * 2 >= self.bytes.len() {
                self.bytes.resize((self.bytes.len() * 2).max(FIRST_ROOM), 0);
            }
        }
        let most = self.bytes.len().min(self.end + READ_AT_A_TIME);
        &mut self.bytes[self.end..most]
    }
}
