//! Which partition a message goes to: by its key's hash, or filled batch after batch without one, as Java's producer
//! does.

use crate::plan::properties::wire::KeyHash;

/// The choice so far.
#[derive(Debug)]
pub(super) struct Spread {
    hash: KeyHash,
    partitions: u32,
    batch_bytes: u64,
    partition: u32,
    /// Bytes that the partition was given since it was drawn.
    given_bytes: u64,
    lots: fastrand::Rng,
}

impl Spread {
    /// Over so many partitions, at least 1.
    pub(super) fn new(hash: KeyHash, partitions: u32, batch_bytes: u64) -> Self {
        let partitions = partitions.max(1);
        let mut lots = fastrand::Rng::new();
        let partition = lots.u32(..partitions);
        Self { hash, partitions, batch_bytes, partition, given_bytes: 0, lots }
    }

    /// The partition of a message with this key.
    #[inline]
    pub(super) fn partition(&self, key: Option<&[u8]>) -> u32 {
        match key {
            Some(key) if self.hash != KeyHash::Ignored => self.of_key(key),
            _ => self.partition,
        }
    }

    fn of_key(&self, key: &[u8]) -> u32 {
        match self.hash {
            KeyHash::Murmur2 => (murmur2(key) & 0x7fff_ffff) % self.partitions,
            KeyHash::Crc32 => crc32fast::hash(key) % self.partitions,
            KeyHash::Ignored => self.partition,
        }
    }

    /// A message of so many bytes went to the partition of those that are spread by lot.
    #[inline]
    pub(super) fn gave(&mut self, bytes: usize) {
        self.given_bytes += bytes as u64;
    }

    /// A batch would be opened in the partition of messages that are spread by lot: is it left for another one? When it
    /// was given a batch's bytes, as Java does.
    #[inline]
    pub(super) fn moves_on(&mut self) -> bool {
        if self.given_bytes < self.batch_bytes {
            return false;
        }
        self.given_bytes = 0;
        self.partition = self.lots.u32(..self.partitions);
        true
    }

    /// Are messages with this key spread by lot?
    #[inline]
    pub(super) fn is_by_lot(&self, key: Option<&[u8]>) -> bool {
        key.is_none() || self.hash == KeyHash::Ignored
    }
}

/// Java's hash of a key.
fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let mut hash = SEED ^ u32::try_from(key.len()).unwrap_or(u32::MAX);
    let mut words = key.chunks_exact(4);
    for word in words.by_ref() {
        let mut k = u32::from_le_bytes(word.try_into().unwrap_or_default()).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (byte, nth) in rest.iter().zip(0..) {
            hash ^= u32::from(*byte) << (8 * nth);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of Kafka's own tests (UtilsTest.testMurmur2).
    #[test]
    fn murmur2_is_javas() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn a_key_always_goes_to_one_partition_and_no_key_stays_for_a_batch() {
        let mut spread = Spread::new(KeyHash::Murmur2, 5, 1_000);
        assert_eq!(spread.partition(Some(b"abc")), 479_470_107 % 5);
        let first = spread.partition(None);
        spread.gave(999);
        assert!(!spread.moves_on());
        assert_eq!(spread.partition(None), first);
        spread.gave(1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            spread.gave(1_000);
            assert!(spread.moves_on());
            seen.insert(spread.partition(None));
        }
        assert_eq!(seen.len(), 5);
        assert_eq!(spread.partition(Some(b"abc")), 479_470_107 % 5);
    }
}
