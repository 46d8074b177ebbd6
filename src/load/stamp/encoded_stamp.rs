//! Stamps as they stand in values, one after the other: the next one differs in its sequence number, and the check
//! follows from that.

use super::{CHECK_SHIFT, FLAG_PROBE, MAGIC, STAMP_BYTES, Stamp, check, reduce, words_of};

/// A stamp in its layout, check included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EncodedStamp {
    /// Magic, flags, check.
    first: u64,
    /// Run; producer and length.
    origin: [u64; 2],
    sequence: u64,
    /// Intended and actual send time.
    times_ns: [u64; 2],
}

/// What the stamps of one producer's messages have in common, as long as these are of one length.
#[derive(Debug, Clone, Copy)]
pub struct StampTemplate {
    origin: [u64; 2],
    value_bytes: u32,
    /// First word without the check, and the origin: reduced.
    sum: u64,
}

/// First word of a stamp without flags and check.
const FIRST: u64 = u32::from_le_bytes(MAGIC) as u64;

impl StampTemplate {
    /// Of a run and a producer (index over all topics), with values of this length.
    pub fn new(run_id: u64, producer: u32, value_bytes: u32) -> Self {
        let origin = [run_id, u64::from(producer) | u64::from(value_bytes) << 32];
        let sum = reduce(u128::from(FIRST) + u128::from(origin[0]) + u128::from(origin[1]));
        Self { origin, value_bytes, sum }
    }

    /// Length of the values.
    #[inline]
    pub fn value_bytes(&self) -> u32 {
        self.value_bytes
    }

    /// The stamp of one message, no probe; times as in `Stamp`.
    #[inline]
    pub fn encoded(&self, sequence: u64, intended_ns: u64, actual_ns: u64) -> EncodedStamp {
        let rest = u128::from(sequence) + u128::from(intended_ns) + u128::from(actual_ns);
        let check = reduce(rest + u128::from(self.sum));
        EncodedStamp {
            first: FIRST | check << CHECK_SHIFT,
            origin: self.origin,
            sequence,
            times_ns: [intended_ns, actual_ns],
        }
    }
}

impl EncodedStamp {
    /// Of any stamp.
    #[inline]
    pub fn of(stamp: &Stamp) -> Self {
        let Stamp { probe, run_id, producer, value_bytes, sequence, intended_ns, actual_ns } = *stamp;
        let first = FIRST | if probe { FLAG_PROBE << 32 } else { 0 };
        let origin = [run_id, u64::from(producer) | u64::from(value_bytes) << 32];
        let check = check(&[first, origin[0], origin[1], sequence, intended_ns, actual_ns]);
        Self { first: first | check << CHECK_SHIFT, origin, sequence, times_ns: [intended_ns, actual_ns] }
    }

    /// Whatever stands at the start of a value, sound or not; None: it is too short.
    #[inline]
    pub fn read(value: &[u8]) -> Option<Self> {
        let [first, run, origin, sequence, intended_ns, actual_ns] = words_of(value)?;
        Some(Self { first, origin: [run, origin], sequence, times_ns: [intended_ns, actual_ns] })
    }

    /// Intended and actual send time, as in `Stamp`.
    #[inline]
    pub fn times_ns(&self) -> [u64; 2] {
        self.times_ns
    }

    /// Its sequence number.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The same with the next sequence number: the sum of its words is greater by one, and so is the check, where 1
    /// follows 65,535.
    ///
    /// The last sequence number has no successor: what comes of it is no sound stamp, so it is found in no value.
    #[inline]
    #[must_use]
    pub fn next(mut self) -> Self {
        self.sequence = self.sequence.wrapping_add(1);
        let (first, over) = self.first.overflowing_add(1 << CHECK_SHIFT);
        self.first = first + (u64::from(over) << CHECK_SHIFT);
        self
    }

    /// Writes it over the first 48 bytes of `value` (at least that long, else it panics).
    #[inline]
    pub fn write(&self, value: &mut [u8]) {
        let Self { first, origin, sequence, times_ns } = *self;
        let words = [first, origin[0], origin[1], sequence, times_ns[0], times_ns[1]];
        let (bytes, _) = value[..STAMP_BYTES].as_chunks_mut::<8>();
        for (bytes, word) in bytes.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }

    /// Is it what stands at the start of `value`? The length of the value is for the caller to compare.
    #[inline]
    pub fn matches(&self, value: &[u8]) -> bool {
        words_of(value).is_some_and(|[first, run, origin, sequence, intended_ns, actual_ns]| {
            // What changes from one message to the next first.
            sequence == self.sequence
                && first == self.first
                && [intended_ns, actual_ns] == self.times_ns
                && [run, origin] == self.origin
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::stamp::ReadStamp;
    use proptest::prelude::*;

    fn any_word() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0u64), Just(u64::MAX), 0u64..70_000, any::<u64>()]
    }

    fn any_stamp() -> impl Strategy<Value = Stamp> {
        (any::<bool>(), any_word(), any::<u32>(), any_word(), any_word(), any_word()).prop_map(
            |(probe, run_id, producer, sequence, intended_ns, actual_ns)| Stamp {
                probe,
                run_id,
                producer,
                value_bytes: 100,
                sequence: sequence.min(u64::MAX - 1),
                intended_ns,
                actual_ns,
            },
        )
    }

    /// RFC 1071 word by word.
    fn sum_of_words(value: &[u8]) -> u16 {
        let words = value[..STAMP_BYTES].as_chunks::<2>().0.iter().enumerate();
        let sum = words.filter(|(i, _)| *i != 3).fold(0u32, |sum, (_, word)| {
            let sum = sum + u32::from(u16::from_le_bytes(*word));
            (sum & 0xffff) + (sum >> 16)
        });
        u16::try_from(sum).unwrap()
    }

    proptest! {
        #[test]
        fn the_check_is_the_sum_of_the_words_one_by_one(stamp in any_stamp()) {
            let mut value = [0; 100];
            stamp.write(&mut value);
            prop_assert_eq!(u16::from_le_bytes([value[6], value[7]]), sum_of_words(&value));
        }

        #[test]
        fn the_next_encoded_stamp_is_that_of_the_next_sequence(stamp in any_stamp()) {
            let next = Stamp { sequence: stamp.sequence + 1, ..stamp };
            prop_assert_eq!(EncodedStamp::of(&stamp).next(), EncodedStamp::of(&next));
        }

        #[test]
        fn a_template_makes_the_stamps_that_are_made_one_by_one(stamp in any_stamp()) {
            let stamp = Stamp { probe: false, ..stamp };
            let template = StampTemplate::new(stamp.run_id, stamp.producer, stamp.value_bytes);
            let encoded = template.encoded(stamp.sequence, stamp.intended_ns, stamp.actual_ns);
            prop_assert_eq!(encoded, EncodedStamp::of(&stamp));
        }

        #[test]
        fn an_encoded_stamp_matches_its_own_value_and_none_that_differs(
            stamp in any_stamp(), at in 0..STAMP_BYTES, flip in 1u8..,
        ) {
            let mut value = [0; 100];
            stamp.write(&mut value);
            prop_assert!(EncodedStamp::of(&stamp).matches(&value));
            prop_assert!(!EncodedStamp::of(&stamp).matches(&value[..STAMP_BYTES - 1]));
            value[at] ^= flip;
            prop_assert!(!EncodedStamp::of(&stamp).matches(&value));
        }
    }

    #[test]
    fn a_check_of_65_535_is_followed_by_1_through_many_turns() {
        let first =
            Stamp { probe: false, run_id: 7, producer: 0, value_bytes: 48, sequence: 0, intended_ns: 9, actual_ns: 10 };
        let mut encoded = EncodedStamp::of(&first);
        let mut value = [0; STAMP_BYTES];
        for sequence in 1..200_000 {
            encoded = encoded.next();
            encoded.write(&mut value);
            assert_eq!(Stamp::read(&value), ReadStamp::Stamp(Stamp { sequence, ..first }));
        }
    }

    #[test]
    fn nothing_follows_the_last_sequence() {
        let last = Stamp {
            probe: false,
            run_id: 7,
            producer: 0,
            value_bytes: 48,
            sequence: u64::MAX,
            intended_ns: 9,
            actual_ns: 10,
        };
        let mut value = [0; STAMP_BYTES];
        EncodedStamp::of(&last).next().write(&mut value);
        assert_eq!(Stamp::read(&value), ReadStamp::Corrupt);
    }
}
