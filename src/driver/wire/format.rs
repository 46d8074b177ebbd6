//! Where things stand in a batch of records of format 2, and numbers in network order.

/// Bytes before what a batch's own length counts.
pub(super) const LENGTH_COUNTS_FROM: usize = 12;
/// The number of the format.
pub(super) const FORMAT_AT: usize = 16;
/// CRC-32C of all behind it.
pub(super) const CRC_AT: usize = 17;
/// Compression, kind of time, transaction, control.
pub(super) const ATTRIBUTES_AT: usize = 21;

/// Writes a number at `at`.
#[inline]
pub(super) fn put_i16(to: &mut [u8], at: usize, value: i16) {
    to[at..at + 2].copy_from_slice(&value.to_be_bytes());
}

/// Writes a number at `at`.
#[inline]
pub(super) fn put_i32(to: &mut [u8], at: usize, value: i32) {
    to[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

/// Writes a number at `at`.
#[inline]
pub(super) fn put_i64(to: &mut [u8], at: usize, value: i64) {
    to[at..at + 8].copy_from_slice(&value.to_be_bytes());
}

/// The bytes at `at`, which must be there.
#[inline]
pub(super) fn bytes_at<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    from.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
