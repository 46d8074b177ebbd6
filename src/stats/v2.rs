//! HdrHistogram's V2 encoding (uncompressed) of plain counts, without allocation.
//! Format: big-endian cookie 0x1c849313, payload length, normalizing offset 0, digits, lowest, highest, ratio 1.0, then
//! ZigZag LEB128 counts (n zeros as −n). Source: HdrHistogram 2.1.12.

mod encode;
mod read;
#[cfg(test)]
mod tests;

pub use encode::{encode, encode_coarse};
pub(super) use read::{Bins, read_ours};
pub use read::{HistogramError, decode};

use super::buckets::{COARSE, bins};
use super::recorder::{HIGHEST_NS, LOWEST_NS};

/// First word of the uncompressed form.
const COOKIE: u32 = 0x1c84_9313;
/// Bytes before the counts.
const HEADER_BYTES: usize = 40;
/// Where the payload's length stands in it.
const LENGTH_AT: usize = 4;
/// A count takes at most 9 bytes: the ninth is taken whole.
const COUNT_MAX_BYTES: usize = 9;
/// Significant digits of the coarse form.
pub(super) const COARSE_DIGITS: u8 = 2;
/// The most that `encode_coarse` writes, whatever was recorded.
pub const COARSE_MAX_BYTES: usize = HEADER_BYTES + COUNT_MAX_BYTES * bins(COARSE);

/// What stands before the counts of a histogram of ours; the payload's length is still 0.
fn header(digits: u8) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&COOKIE.to_be_bytes());
    header[12..16].copy_from_slice(&u32::from(digits).to_be_bytes());
    header[16..24].copy_from_slice(&LOWEST_NS.to_be_bytes());
    header[24..32].copy_from_slice(&HIGHEST_NS.to_be_bytes());
    header[32..40].copy_from_slice(&1.0_f64.to_be_bytes());
    header
}
