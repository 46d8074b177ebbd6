//! The five key distributors.

use crate::plan::KeyDistributor;

/// OMB's number of keys.
const KEY_COUNT: usize = 10_000;
/// OMB's keys are 7 random bytes in base64 (URL alphabet, no padding).
const KEY_RANDOM_BYTES: usize = 7;
/// Which makes 10 characters.
const KEY_CHARS: usize = 10;
/// Largest number of the guide's RANDOM keys.
const RANDOM_HIGHEST: u32 = 1_000_000;
/// Digits of the largest u32.
const DECIMAL_CHARS: usize = 10;

/// Chooses keys for one producer; writes into its own buffer, allocates nothing per message.
#[derive(Debug, Clone)]
pub struct Keys {
    state: KeyState,
}

#[derive(Debug, Clone)]
enum KeyState {
    None,
    RoundRobin { keys: Box<[[u8; KEY_CHARS]]>, at: usize },
    Nano { keys: Box<[[u8; KEY_CHARS]]> },
    Random { rng: fastrand::Rng, text: Decimal },
    Index { text: Decimal },
}

impl Keys {
    /// `seed` makes the 10,000 OMB keys (the same for every producer of a run); `producer_index` is the guide's
    /// ROUND_ROBIN key.
    pub fn new(distributor: KeyDistributor, seed: u64, producer_index: u32) -> Self {
        let state = match distributor {
            KeyDistributor::NoKey => KeyState::None,
            KeyDistributor::KeyRoundRobin => KeyState::RoundRobin { keys: omb_keys(seed), at: 0 },
            KeyDistributor::RandomNano => KeyState::Nano { keys: omb_keys(seed) },
            // Each producer draws its own numbers; the odd factor keeps the seeds of neighbours apart.
            KeyDistributor::Random => KeyState::Random {
                rng: fastrand::Rng::with_seed(
                    seed ^ (u64::from(producer_index) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
                ),
                text: Decimal::of(0),
            },
            KeyDistributor::RoundRobin => KeyState::Index { text: Decimal::of(producer_index) },
        };
        Self { state }
    }

    /// Is there never a key?
    #[inline]
    pub fn none(&self) -> bool {
        matches!(self.state, KeyState::None)
    }

    /// The next key; None with NO_KEY. `now_ns` feeds RANDOM_NANO.
    #[inline]
    pub fn next(&mut self, now_ns: u64) -> Option<&[u8]> {
        match &mut self.state {
            KeyState::None => None,
            KeyState::RoundRobin { keys, at } => {
                // OMB moves on before it reads: the first key is number 1.
                *at += 1;
                if *at >= KEY_COUNT {
                    *at = 0;
                }
                Some(&keys[*at])
            }
            KeyState::Nano { keys } => {
                let at = usize::try_from(now_ns % KEY_COUNT as u64).unwrap_or(0);
                Some(&keys[at])
            }
            KeyState::Random { rng, text } => {
                *text = Decimal::of(rng.u32(0..=RANDOM_HIGHEST));
                Some(text.as_bytes())
            }
            KeyState::Index { text } => Some(text.as_bytes()),
        }
    }
}

/// The 10,000 keys of a run.
fn omb_keys(seed: u64) -> Box<[[u8; KEY_CHARS]]> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..KEY_COUNT)
        .map(|_| {
            let mut bytes = [0; KEY_RANDOM_BYTES];
            rng.fill(&mut bytes);
            base64url(bytes)
        })
        .collect()
}

/// Seven bytes in base64 with the URL alphabet and no padding (RFC 4648 §5): nine characters of 6 bits, one of the last
/// 2.
fn base64url(bytes: [u8; KEY_RANDOM_BYTES]) -> [u8; KEY_CHARS] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = 0u64;
    for byte in bytes {
        bits = bits << 8 | u64::from(byte);
    }
    bits <<= 4; // 56 bits, filled up to 60 with zeros
    let mut text = [0; KEY_CHARS];
    for character in text.iter_mut().rev() {
        *character = ALPHABET[usize::from((bits & 63).to_le_bytes()[0])];
        bits >>= 6;
    }
    text
}

/// A number as decimal text, right-aligned in its buffer.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: [u8; DECIMAL_CHARS],
    begin: usize,
}

impl Decimal {
    #[inline]
    fn of(mut number: u32) -> Self {
        let mut text = Self { digits: [b'0'; DECIMAL_CHARS], begin: DECIMAL_CHARS };
        loop {
            text.begin -= 1;
            text.digits[text.begin] = b'0' + (number % 10).to_le_bytes()[0];
            number /= 10;
            if number == 0 {
                return text;
            }
        }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        &self.digits[self.begin..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn owned(keys: &mut Keys, now_ns: u64) -> String {
        String::from_utf8(keys.next(now_ns).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn no_key_gives_none() {
        assert_eq!(Keys::new(KeyDistributor::NoKey, 1, 2).next(3), None);
    }

    #[test]
    fn omb_keys_are_ten_characters_of_base64url_and_depend_on_the_seed_alone() {
        let mut one = Keys::new(KeyDistributor::KeyRoundRobin, 7, 0);
        let mut two = Keys::new(KeyDistributor::KeyRoundRobin, 7, 5);
        let mut other = Keys::new(KeyDistributor::KeyRoundRobin, 8, 0);
        let keys: Vec<String> = (0..KEY_COUNT).map(|_| owned(&mut one, 0)).collect();
        for key in &keys {
            assert_eq!(key.len(), KEY_CHARS);
            assert!(key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'), "{key}");
        }
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), KEY_COUNT);
        assert_eq!(keys[0], owned(&mut two, 0));
        assert_ne!(keys[0], owned(&mut other, 0));
    }

    #[test]
    fn round_robin_starts_at_key_one_and_comes_back_to_it() {
        let keys = omb_keys(3);
        let mut distributor = Keys::new(KeyDistributor::KeyRoundRobin, 3, 0);
        for expected in (1..KEY_COUNT).chain(0..2) {
            assert_eq!(distributor.next(0), Some(&keys[expected][..]));
        }
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        assert_eq!(&base64url([0; 7]), b"AAAAAAAAAA");
        assert_eq!(&base64url([0xff; 7]), b"_________w");
        assert_eq!(&base64url(*b"pinload"), b"cGlubG9hZA");
    }

    #[test]
    fn random_nano_is_the_clock_modulo_ten_thousand() {
        let keys = omb_keys(3);
        let mut distributor = Keys::new(KeyDistributor::RandomNano, 3, 0);
        for now in [0, 9_999, 10_000, 123_456_789, u64::MAX] {
            let expected = keys[usize::try_from(now % 10_000).unwrap()];
            assert_eq!(distributor.next(now), Some(&expected[..]));
        }
    }

    #[test]
    fn random_keys_are_numbers_up_to_a_million_and_differ_between_producers() {
        let mut one = Keys::new(KeyDistributor::Random, 1, 0);
        let mut two = Keys::new(KeyDistributor::Random, 1, 1);
        let ours: Vec<u32> = (0..10_000).map(|_| owned(&mut one, 0).parse().unwrap()).collect();
        let theirs: Vec<u32> = (0..10_000).map(|_| owned(&mut two, 0).parse().unwrap()).collect();
        assert!(ours.iter().all(|&number| number <= RANDOM_HIGHEST));
        let mean = ours.iter().map(|&number| u64::from(number)).sum::<u64>() / 10_000;
        assert!((480_000..520_000).contains(&mean), "{mean}");
        assert_ne!(ours, theirs);
    }

    #[test]
    fn the_guides_round_robin_key_is_the_producers_index() {
        for index in [0, 9, 10, 4_711, u32::MAX] {
            let mut keys = Keys::new(KeyDistributor::RoundRobin, 0, index);
            assert_eq!(owned(&mut keys, 1), index.to_string());
            assert_eq!(owned(&mut keys, 2), index.to_string());
        }
    }
}
