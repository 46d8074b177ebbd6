//! Bytes → counts: as a histogram of the hdrhistogram crate, or bin by bin.
//!
//! Bytes may come from another process or another host, so they are checked here before anybody relies on them: the
//! crate's own reader trusts lengths and overflows on a run of 2^63 zeros.

use super::{COARSE_DIGITS, COOKIE, COUNT_MAX_BYTES, HEADER_BYTES, LENGTH_AT, header};
use crate::stats::buckets::{COARSE, FINE, bins};
use crate::stats::recorder::SIGNIFICANT_DIGITS;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{DeserializeError, Deserializer};
use std::io::Read;

/// First word of the compressed form (Java's, on the wire).
const COOKIE_COMPRESSED: u32 = 0x1c84_9314;
/// The most that a compressed histogram may unfold to: every count of 5 digits up to 12 h at its longest fits.
const INFLATED_MAX_BYTES: u64 = 32 << 20;

/// Why bytes are no histogram.
#[derive(Debug, thiserror::Error)]
pub enum HistogramError {
    /// What is wrong with them.
    #[error("histogram: {0}")]
    Malformed(&'static str),
    /// They begin with another word.
    #[error("histogram: cookie {0:#x} is not that of HdrHistogram V2")]
    Cookie(u32),
    /// They do not unfold.
    #[error("histogram: damaged compression: {0}")]
    Compression(#[source] std::io::Error),
    /// The hdrhistogram crate does not take them.
    #[error("histogram: {0}")]
    NotTaken(#[from] DeserializeError),
}

/// Decodes what `encode` or `encode_coarse` (or Java, compressed too) wrote. Range and digits are those of the header.
pub fn decode(bytes: &[u8]) -> Result<Histogram<u64>, HistogramError> {
    let cookie = u32::from_be_bytes(*bytes.first_chunk().ok_or(HistogramError::Malformed("no cookie"))?);
    match cookie {
        COOKIE => decode_plain(bytes),
        COOKIE_COMPRESSED => {
            let packed = bytes.get(8..).ok_or(HistogramError::Malformed("cut off in the header"))?;
            let mut plain = Vec::new();
            ZlibDecoder::new(packed)
                .take(INFLATED_MAX_BYTES)
                .read_to_end(&mut plain)
                .map_err(HistogramError::Compression)?;
            decode_plain(&plain)
        }
        other => Err(HistogramError::Cookie(other)),
    }
}

fn decode_plain(bytes: &[u8]) -> Result<Histogram<u64>, HistogramError> {
    let (header, payload) =
        bytes.split_first_chunk::<HEADER_BYTES>().ok_or(HistogramError::Malformed("cut off in the header"))?;
    let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let payload =
        usize::try_from(length).ok().and_then(|n| payload.get(..n)).ok_or(HistogramError::Malformed("cut off"))?;
    check_counts(payload)?;
    Ok(Deserializer::new().deserialize(&mut &bytes[..HEADER_BYTES + payload.len()])?)
}

/// The counts must be whole numbers to the last byte, and no run of zeros the one whose negation overflows.
fn check_counts(mut payload: &[u8]) -> Result<(), HistogramError> {
    while !payload.is_empty() {
        let last = payload.iter().take(COUNT_MAX_BYTES - 1).take_while(|byte| **byte & 0x80 != 0).count();
        let (number, rest) =
            payload.split_at_checked(last + 1).ok_or(HistogramError::Malformed("the last count is cut off"))?;
        if number.len() == COUNT_MAX_BYTES && number.iter().all(|byte| *byte == 0xff) {
            return Err(HistogramError::Malformed("a run of 2^63 zeros"));
        }
        payload = rest;
    }
    Ok(())
}

/// Checks what `encode` or `encode_coarse` wrote (nobody else: range and digits must be ours) and gives back the digits
/// and the bytes that `Bins` walks.
pub(in crate::stats) fn read_ours(bytes: &[u8]) -> Result<(u8, &[u8]), HistogramError> {
    let (found, payload) =
        bytes.split_first_chunk::<HEADER_BYTES>().ok_or(HistogramError::Malformed("cut off in the header"))?;
    let length = u32::try_from(payload.len()).map_err(|_| HistogramError::Malformed("too long"))?;
    let ours = |digits: u8| {
        let mut expected = header(digits);
        expected[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&length.to_be_bytes());
        *found == expected
    };
    let (digits, bins) = match (ours(SIGNIFICANT_DIGITS), ours(COARSE_DIGITS)) {
        (true, _) => (SIGNIFICANT_DIGITS, bins(FINE)),
        (_, true) => (COARSE_DIGITS, bins(COARSE)),
        _ => return Err(HistogramError::Malformed("range, digits or length are not those of a slot")),
    };
    let (mut rest, mut index) = (payload, 0_u64);
    while !rest.is_empty() {
        let number = number(&mut rest).ok_or(HistogramError::Malformed("the last count is cut off"))?;
        index = index.saturating_add(bins_of(number));
        if index > bins as u64 {
            return Err(HistogramError::Malformed("more counts than bins"));
        }
    }
    Ok((digits, payload))
}

/// Walks the counts that are not 0, as (index, count) in ascending order, over bytes that `read_ours` has checked.
#[derive(Debug, Clone)]
pub(in crate::stats) struct Bins<'a> {
    rest: &'a [u8],
    next_index: usize,
}

impl<'a> Bins<'a> {
    pub(in crate::stats) const fn of(payload: &'a [u8]) -> Self {
        Self { rest: payload, next_index: 0 }
    }
}

impl Iterator for Bins<'_> {
    type Item = (usize, u64);

    #[inline]
    fn next(&mut self) -> Option<(usize, u64)> {
        loop {
            let number = number(&mut self.rest)?;
            let index = self.next_index;
            // At most the number of bins: checked.
            self.next_index = index.saturating_add(usize::try_from(bins_of(number)).unwrap_or(usize::MAX));
            if number != 0 && number & 1 == 0 {
                return Some((index, number >> 1));
            }
        }
    }
}

/// How many bins a number stands for: ZigZag of −n (n zeros) is 2n − 1, a count is one bin.
#[inline]
const fn bins_of(number: u64) -> u64 {
    if number & 1 == 1 { (number >> 1).saturating_add(1) } else { 1 }
}

/// Takes one number from the front, still ZigZag; None when there is no whole one.
#[inline]
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for nth in 0..COUNT_MAX_BYTES - 1 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    // The ninth byte is taken whole.
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(value | u64::from(*byte) << (7 * (COUNT_MAX_BYTES - 1)))
}
