//! Counts → bytes. Runs in the hot loop whenever a slot is cut: it looks only at what was touched, and allocates
//! nothing.

use super::{COARSE_DIGITS, COUNT_MAX_BYTES, HEADER_BYTES, LENGTH_AT, header};
use crate::stats::buckets::{COARSE, FINE, index_of, lowest_at};
use crate::stats::recorder::SIGNIFICANT_DIGITS;

/// Encodes counts that are not 0, (index, count) in ascending order (HdrHistogram's indices, 3 digits, 1 ns …
/// HIGHEST_NS), into `out`. Returns the bytes written, or None when `out` is too small (its content is then undefined).
pub fn encode(bins: impl Iterator<Item = (usize, u64)>, out: &mut [u8]) -> Option<usize> {
    let mut writer = V2Writer::new(out, SIGNIFICANT_DIGITS)?;
    for (index, count) in bins {
        writer.count(index, count)?;
    }
    writer.finish()
}

/// The same counts re-bucketed to 2 significant digits: about 20 kB at ordinary counts and never more than
/// `COARSE_MAX_BYTES`, for histograms too rich for a slot.
pub fn encode_coarse(bins: impl Iterator<Item = (usize, u64)>, out: &mut [u8]) -> Option<usize> {
    let mut writer = V2Writer::new(out, COARSE_DIGITS)?;
    // Each fine bucket lies within one coarse bucket, and in the same order: one running sum is enough.
    let (mut at, mut sum) = (0, 0_u64);
    for (index, count) in bins {
        let coarse = index_of(lowest_at(index, FINE), COARSE);
        if coarse != at && sum > 0 {
            writer.count(at, sum)?;
            sum = 0;
        }
        at = coarse;
        sum = sum.saturating_add(count);
    }
    if sum > 0 {
        writer.count(at, sum)?;
    }
    writer.finish()
}

/// Writes header and counts in order of their indices.
struct V2Writer<'a> {
    out: &'a mut [u8],
    len: usize,
    next_index: usize,
}

impl<'a> V2Writer<'a> {
    fn new(out: &'a mut [u8], digits: u8) -> Option<Self> {
        *out.first_chunk_mut()? = header(digits);
        Some(Self { out, len: HEADER_BYTES, next_index: 0 })
    }

    /// `count` (> 0) at `index`, zeros since the last one.
    #[inline]
    fn count(&mut self, index: usize, count: u64) -> Option<()> {
        match index - self.next_index {
            0 => {}
            1 => self.varint(0)?,
            // ZigZag of −n is 2n − 1.
            zeros => self.varint(2 * zeros as u64 - 1)?,
        }
        self.next_index = index + 1;
        // ZigZag of n is 2n; a count of 2^63 (which ends no run of ours) is written as the largest that fits.
        self.varint(count.min(i64::MAX.unsigned_abs()) << 1)
    }

    /// Nearly all numbers take one byte or two: those are written with one look at the room that is left.
    #[inline]
    fn varint(&mut self, value: u64) -> Option<()> {
        let [first, second, ..] = value.to_le_bytes();
        if value < 1 << 7 {
            return self.byte(first);
        }
        if value < 1 << 14 {
            let room = self.out.get_mut(self.len..self.len + 2)?;
            room.copy_from_slice(&[first | 0x80, second << 1 | first >> 7]);
            self.len += 2;
            return Some(());
        }
        self.long(value)
    }

    fn long(&mut self, mut value: u64) -> Option<()> {
        for _ in 0..COUNT_MAX_BYTES - 1 {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low);
            }
            self.byte(low | 0x80)?;
        }
        let [last, ..] = value.to_le_bytes();
        self.byte(last)
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Option<()> {
        *self.out.get_mut(self.len)? = byte;
        self.len += 1;
        Some(())
    }

    fn finish(mut self) -> Option<usize> {
        if self.len == HEADER_BYTES {
            // An empty histogram is written by HdrHistogram as one count of 0.
            self.varint(0)?;
        }
        let payload = u32::try_from(self.len - HEADER_BYTES).ok()?;
        self.out[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&payload.to_be_bytes());
        Some(self.len)
    }
}
