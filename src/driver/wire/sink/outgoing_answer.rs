//! An answer that is being written.

use crate::driver::wire::format::put_i32;

/// Its bytes so far.
#[derive(Debug, Default)]
pub(super) struct OutgoingAnswer(Vec<u8>);

impl OutgoingAnswer {
    /// Begins the answer to the request of this number.
    pub(super) fn begin(&mut self, correlation: i32) -> &mut Self {
        self.begin_part().i32(0).i32(correlation)
    }

    /// Begins a part of one that is on its way.
    pub(super) fn begin_part(&mut self) -> &mut Self {
        self.0.clear();
        self
    }

    pub(super) fn i8(&mut self, value: i8) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn i16(&mut self, value: i16) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn i32(&mut self, value: i32) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn i64(&mut self, value: i64) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn text(&mut self, text: &[u8]) -> &mut Self {
        self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
        self.0.extend_from_slice(text);
        self
    }

    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// A part as it stands.
    pub(super) fn part(&self) -> &[u8] {
        &self.0
    }

    /// The answer with its length, `behind` bytes of which follow.
    pub(super) fn whole(&mut self, behind: usize) -> &[u8] {
        let length = i32::try_from(self.0.len() - 4 + behind).unwrap_or(i32::MAX);
        put_i32(&mut self.0, 0, length);
        &self.0
    }
}
