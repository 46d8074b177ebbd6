//! Numbers as records have them: zigzag, seven bits a byte, the lowest first.

/// Most bytes of a 32-bit number.
pub(super) const INT_BYTES: usize = 5;
/// Most bytes of a 64-bit number.
const LONG_BYTES: u32 = 10;

/// Writes a number at the beginning of `to`; how many bytes it took. `to` has room for `INT_BYTES`.
#[inline]
pub(super) fn put(to: &mut [u8], value: i32) -> usize {
    let mut rest = zigzag(value);
    let mut at = 0;
    while rest >= 0x80 {
        to[at] = low(rest) | 0x80;
        rest >>= 7;
        at += 1;
    }
    to[at] = low(rest);
    at + 1
}

/// Bytes that a number takes.
#[inline]
pub(super) fn bytes_of(value: i32) -> usize {
    let bits = 32 - (zigzag(value) | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

#[inline]
fn zigzag(value: i32) -> u32 {
    (value << 1 ^ value >> 31).cast_unsigned()
}

#[inline]
fn low(value: u32) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

/// Reads a number of 64 bits at `at`, which is moved behind it. None: it does not end, or is longer than such a number
/// can be.
#[inline]
pub(super) fn take(from: &[u8], at: &mut usize) -> Option<i64> {
    let first = *from.get(*at)?;
    if first < 0x80 {
        *at += 1;
        return Some(unzigzag(u64::from(first)));
    }
    let (mut value, mut shift) = (u64::from(first & 0x7f), 7);
    for byte in from.get(*at + 1..)? {
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if *byte < 0x80 {
            *at += (shift / 7) as usize;
            return Some(unzigzag(value));
        }
        if shift >= 7 * LONG_BYTES {
            break;
        }
    }
    None
}

#[inline]
fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_is_taken(value: i32) {
            let mut bytes = [0; INT_BYTES];
            let length = put(&mut bytes, value);
            let mut at = 0;
            prop_assert_eq!(take(&bytes[..length], &mut at), Some(i64::from(value)));
            prop_assert_eq!((at, bytes_of(value)), (length, length));
        }

        #[test]
        fn no_bytes_are_too_wild_to_be_looked_at(bytes: Vec<u8>) {
            let mut at = 0;
            let _ = take(&bytes, &mut at);
            prop_assert!(at <= bytes.len());
        }
    }

    #[test]
    fn a_number_that_does_not_end_is_none() {
        assert_eq!(take(&[0x80; 20], &mut 0), None);
        assert_eq!(take(&[0x80; 2], &mut 0), None);
        assert_eq!(take(&[], &mut 0), None);
        let mut longest = [0xff; 10];
        longest[9] = 1;
        assert_eq!(take(&longest, &mut 0), Some(i64::MIN));
    }
}
