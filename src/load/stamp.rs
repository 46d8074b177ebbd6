//! The message stamp: 48 bytes at the start of the value, little endian.
//!
//! | bytes | field |
//! |---|---|
//! | 0–3 | magic and version, `PLD` 1 |
//! | 4–5 | flags, bit 0: probe |
//! | 6–7 | check over the other 46 bytes |
//! | 8–15 | run id |
//! | 16–19 | producer index |
//! | 20–23 | length of the whole value |
//! | 24–31 | sequence |
//! | 32–39 | intended send time, ns |
//! | 40–47 | actual send time, ns |
//!
//! The check is the ones' complement sum of the 16-bit words (RFC 1071): it costs a few additions and finds any damage
//! within one byte or one word for certain. It is no defence against forgery, nor does it cover the payload behind the
//! stamp.
//!
//! What makes stamps cheap is here too, in the order in which it is used. `StampTemplate` (`encoded_stamp.rs`) holds
//! what the stamps of a producer have in common, its share of the check included. `EncodedStamp` is a stamp as it
//! stands in a value; the next one follows from it without summing up anything. `MessageRun` (`message_run.rs`)
//! recognises by that the messages, or reports, that go on from each other, so that a whole run is counted at once.

mod encoded_stamp;
mod message_run;

pub use encoded_stamp::{EncodedStamp, StampTemplate};
pub use message_run::{MessageRun, RunSummary};

/// Bytes of a stamp.
pub const STAMP_BYTES: usize = 48;
/// First four bytes: "PLD" and version 1.
pub const MAGIC: [u8; 4] = *b"PLD\x01";

const FLAG_PROBE: u64 = 1;
/// 2001-09-09 on the wall clock, and 31 years after the boot on a raw clock.
const WALL_CLOCK_FROM_NS: u64 = 1_000_000_000_000_000_000;
/// Where the check stands in the first word.
const CHECK_SHIFT: u32 = 48;

/// A stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// A readiness probe, not a message of the load.
    pub probe: bool,
    /// The run.
    pub run_id: u64,
    /// Producer index over all topics.
    pub producer: u32,
    /// Length of the whole value, bytes.
    pub value_bytes: u32,
    /// 0, 1, 2 … per producer; probes have their own count.
    pub sequence: u64,
    /// When it should have been sent: raw ns, or ns of the wall clock where other hosts read it.
    pub intended_ns: u64,
    /// When it was handed to the library, as `intended_ns`.
    pub actual_ns: u64,
}

/// What a value turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStamp {
    /// A sound stamp.
    Stamp(Stamp),
    /// No stamp: another first word, or too short for one.
    Unstamped,
    /// Our magic, but the check or the length is wrong.
    Corrupt,
}

/// The stamp as six little-endian words; the layout above, eight bytes a line.
type StampWords = [u64; STAMP_BYTES / 8];

impl Stamp {
    /// Are its times of the wall clock, so that anybody can compare them with their own?
    #[inline]
    pub fn is_of_wall_clock(&self) -> bool {
        self.actual_ns >= WALL_CLOCK_FROM_NS
    }

    /// Writes the stamp over the first 48 bytes of `value` (at least that long, else it panics).
    #[inline]
    pub fn write(&self, value: &mut [u8]) {
        EncodedStamp::of(self).write(value);
    }

    /// Reads it back.
    #[inline]
    pub fn read(value: &[u8]) -> ReadStamp {
        let Some(mut words) = words_of(value) else {
            return if value.starts_with(&MAGIC) { ReadStamp::Corrupt } else { ReadStamp::Unstamped };
        };
        if halves(words[0]).0 != u32::from_le_bytes(MAGIC) {
            return ReadStamp::Unstamped;
        }
        let found = words[0] >> CHECK_SHIFT;
        words[0] &= (1 << CHECK_SHIFT) - 1;
        let (producer, value_bytes) = halves(words[2]);
        if found != check(&words) || usize::try_from(value_bytes) != Ok(value.len()) {
            return ReadStamp::Corrupt;
        }
        ReadStamp::Stamp(Self {
            probe: words[0] >> 32 & FLAG_PROBE != 0,
            run_id: words[1],
            producer,
            value_bytes,
            sequence: words[3],
            intended_ns: words[4],
            actual_ns: words[5],
        })
    }
}

/// The words at the start of a value; None: it is too short for a stamp.
#[inline]
fn words_of(value: &[u8]) -> Option<StampWords> {
    let head = value.first_chunk::<STAMP_BYTES>()?;
    let mut words: StampWords = [0; STAMP_BYTES / 8];
    for (word, bytes) in words.iter_mut().zip(head.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    Some(words)
}

/// Low and high half of a word.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// Ones' complement sum of the 16-bit words, the check field being 0.
#[inline]
fn check(words: &StampWords) -> u64 {
    reduce(words.iter().map(|word| u128::from(*word)).sum())
}

/// The ones' complement sum of the 16-bit words of a number, which must not be 0. Because 2^16 ≡ 2^64 ≡ 1 (mod 65,535),
/// it is the remainder by 65,535, with 65,535 itself in the place of 0.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are added")]
fn reduce(sum: u128) -> u64 {
    let (folded, carry) = (sum as u64).overflowing_add((sum >> 64) as u64);
    (folded.wrapping_add(u64::from(carry)).wrapping_sub(1)) % 65_535 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_stamp() -> impl Strategy<Value = Stamp> {
        let edges = prop_oneof![Just(0u64), Just(u64::MAX), any::<u64>()];
        (any::<bool>(), [edges.clone(), edges.clone(), edges.clone(), edges], any::<u32>(), 48u32..300).prop_map(
            |(probe, [run_id, sequence, intended_ns, actual_ns], producer, value_bytes)| Stamp {
                probe,
                run_id,
                producer,
                value_bytes,
                sequence,
                intended_ns,
                actual_ns,
            },
        )
    }

    fn value_of(stamp: &Stamp) -> Vec<u8> {
        let mut value = vec![0xa5; stamp.value_bytes as usize];
        stamp.write(&mut value);
        value
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_the_rest_is_untouched(stamp in any_stamp()) {
            let value = value_of(&stamp);
            prop_assert_eq!(Stamp::read(&value), ReadStamp::Stamp(stamp));
            prop_assert!(value[STAMP_BYTES..].iter().all(|&byte| byte == 0xa5));
        }

        #[test]
        fn any_damage_to_one_byte_is_noticed(stamp in any_stamp(), at in 0usize..STAMP_BYTES, flip in 1u8..) {
            let mut value = value_of(&stamp);
            value[at] ^= flip;
            let expected = if at < MAGIC.len() { ReadStamp::Unstamped } else { ReadStamp::Corrupt };
            prop_assert_eq!(Stamp::read(&value), expected);
        }

        #[test]
        fn a_value_of_another_length_is_corrupt(stamp in any_stamp(), length in 4usize..400) {
            prop_assume!(length != stamp.value_bytes as usize);
            let mut value = value_of(&stamp);
            value.resize(length, 0);
            prop_assert_eq!(Stamp::read(&value), ReadStamp::Corrupt);
        }

        #[test]
        fn it_does_not_matter_how_the_value_is_aligned(stamp in any_stamp(), offset in 0usize..9) {
            let mut room = vec![0; offset];
            room.extend(value_of(&stamp));
            prop_assert_eq!(Stamp::read(&room[offset..]), ReadStamp::Stamp(stamp));
        }
    }

    #[test]
    fn foreign_and_short_values_are_unstamped() {
        for value in [
            &b""[..],
            b"PLD",
            b"hello, world",
            &[0; 100],
            b"PLD\x02 a later version, which is not ours to read, padded",
        ] {
            assert_eq!(Stamp::read(value), ReadStamp::Unstamped);
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let stamp = Stamp {
            probe: true,
            run_id: 0x0807_0605_0403_0201,
            producer: 0x1413_1211,
            value_bytes: 48,
            sequence: 0x1817_1615_1413_1211,
            intended_ns: 0x2827_2625_2423_2221,
            actual_ns: 0x3837_3635_3433_3231,
        };
        let value = value_of(&stamp);
        assert_eq!(value[..6], *b"PLD\x01\x01\x00");
        assert_eq!(value[8..16], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(value[16..24], [0x11, 0x12, 0x13, 0x14, 48, 0, 0, 0]);
        assert_eq!(value[24], 0x11);
        assert_eq!(value[32], 0x21);
        assert_eq!(value[40], 0x31);
        let sum = value.chunks(2).enumerate().filter(|(i, _)| *i != 3).fold(0u32, |sum, (_, pair)| {
            let sum = sum + u32::from(pair[0]) + u32::from(pair[1]) * 256;
            (sum & 0xffff) + (sum >> 16)
        });
        assert_eq!(u32::from(value[6]) + u32::from(value[7]) * 256, sum);
    }
}
