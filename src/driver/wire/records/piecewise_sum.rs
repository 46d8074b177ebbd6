//! The CRC-32C of a batch's records, a piece at a time while the piece is still in a near cache. Closing a batch then
//! takes no longer the larger it is.
//!
//! A CRC is a remainder of polynomials over two elements, so that of two texts in a row follows from those of the two:
//! the first times x to the power of the second's bits, plus the second.

/// Records are summed up when so many bytes of them have come: some 2 µs of work. Batches that stay smaller are summed
/// up as a whole, head included.
const PIECE_BYTES: usize = 32 * 1024;
/// What remainders are taken by; the highest bit is the coefficient of x⁰.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// Bits of the longest length.
const LENGTH_BITS: usize = 32;
/// x to the power of 8 · 2ⁿ: what 2ⁿ bytes behind a text multiply its CRC with.
const POWERS: [u32; LENGTH_BITS] = {
    let mut powers = [1 << (31 - 8); LENGTH_BITS];
    let mut n = 1;
    while n < LENGTH_BITS {
        powers[n] = times(powers[n - 1], powers[n - 1]);
        n += 1;
    }
    powers
};

/// The product of two remainders.
const fn times(one: u32, other: u32) -> u32 {
    let (mut product, mut coefficient, mut shifted) = (0, 1 << 31, other);
    while coefficient != 0 {
        if one & coefficient != 0 {
            product ^= shifted;
        }
        shifted = shifted >> 1 ^ if shifted & 1 == 1 { POLYNOMIAL } else { 0 };
        coefficient >>= 1;
    }
    product
}

/// The sum of two texts in a row, of which the second has so many bytes.
fn joined(first: u32, second: u32, second_bytes: usize) -> u32 {
    let of_length = |(n, _): &(usize, &u32)| second_bytes >> n & 1 == 1;
    let behind = POWERS.iter().enumerate().filter(of_length).fold(first, |sum, (_, power)| times(*power, sum));
    behind ^ second
}

/// The sum of the first `summed` bytes of a batch's records.
#[derive(Debug, Clone, Copy)]
pub(super) struct PiecewiseSum {
    sum: u32,
    summed: usize,
    /// How many bytes complete the next piece.
    due_at: usize,
}

impl Default for PiecewiseSum {
    /// Of nothing.
    fn default() -> Self {
        Self { sum: 0, summed: 0, due_at: PIECE_BYTES }
    }
}

impl PiecewiseSum {
    /// Of records that are summed up all at once, or not at all.
    pub(super) fn never() -> Self {
        Self { due_at: usize::MAX, ..Self::default() }
    }

    /// Is a piece complete when there are so many bytes of records?
    #[inline]
    pub(super) fn is_due(&self, bytes: usize) -> bool {
        bytes >= self.due_at
    }

    /// Sums up what has come in `records`.
    #[cold]
    pub(super) fn add(&mut self, records: &[u8]) {
        self.sum = crc32c::crc32c_append(self.sum, &records[self.summed..]);
        (self.summed, self.due_at) = (records.len(), records.len() + PIECE_BYTES);
    }

    /// The sum of a head and all records behind it.
    pub(super) fn behind(&mut self, head: &[u8], records: &[u8]) -> u32 {
        let of_head = crc32c::crc32c(head);
        if self.summed == 0 {
            // Usually less than a piece.
            return crc32c::crc32c_append(of_head, records);
        }
        self.add(records);
        joined(of_head, self.sum, self.summed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn two_sums_are_joined_to_the_sum_of_both(
            first in proptest::collection::vec(any::<u8>(), 0..60),
            second in proptest::collection::vec(any::<u8>(), 0..3_000),
        ) {
            let whole = crc32c::crc32c(&[&first[..], &second].concat());
            prop_assert_eq!(joined(crc32c::crc32c(&first), crc32c::crc32c(&second), second.len()), whole);
        }
    }

    #[test]
    fn long_texts_are_joined_as_well() {
        for bytes in [1 << 20, (1 << 24) + 12_345] {
            let second = vec![0xa5; bytes];
            let whole = crc32c::crc32c_append(crc32c::crc32c(b"head"), &second);
            assert_eq!(joined(crc32c::crc32c(b"head"), crc32c::crc32c(&second), bytes), whole);
        }
    }
}
