//! A slot as bytes: written into a private buffer by the client, read back from a private copy by the supervisor.
//! How these bytes pass through shared memory is in `ring.rs`.
//!
//! Words: sequence, bytes used, start, end, families, all counters; then per family: family, count, min, max, sum,
//! bytes of the histogram, coarse flag, and the histogram in V2 form, filled up to a whole word.
//!
//! The recorders know which of their counts are not 0, so the 270 kB of each are not scanned (which alone would take 8
//! µs a family).

use super::layout::WORD_BYTES;
use super::slot::{Slot, SlotLatency};
use crate::stats::v2::{self, COARSE_MAX_BYTES};
use crate::stats::{Counter, Counters, Extremes, Latency, Recorder, Sparse};

/// Words before the first family.
pub(super) const FIXED_WORDS: usize = COUNTERS_AT + Counter::COUNT;
/// Words before each histogram.
pub(super) const FAMILY_WORDS: usize = 7;
/// Word that tells the bytes used: the reader needs it before it copies.
pub(super) const USED_AT: usize = 1;
const COUNTERS_AT: usize = 5;

/// Span and number of a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlotHead {
    pub(super) sequence: u64,
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
}

/// Writes the slot into `out` and takes the recorders' intervals. A family that would leave too little for those behind
/// it goes in coarsely. Returns the bytes used and whether any family was coarsened.
///
/// `out` is at least `Shape::minimum_slot_bytes` long and `latencies` are the role's families, so the coarse forms fit.
pub(super) fn encode(out: &mut [u8], cut: SlotHead, latencies: &mut [(Latency, &mut Recorder)]) -> (usize, bool) {
    let mut at = FIXED_WORDS * WORD_BYTES;
    let (mut families, mut coarsened) = (0, false);
    let mut behind = latencies.len();
    for (latency, recorder) in latencies {
        behind -= 1;
        let kept_for_others = behind * (FAMILY_WORDS * WORD_BYTES + COARSE_MAX_BYTES.next_multiple_of(WORD_BYTES));
        let histogram_at = at + FAMILY_WORDS * WORD_BYTES;
        let limit = out.len().saturating_sub(kept_for_others);
        let Some(room) = out.get_mut(histogram_at..limit) else { break };
        let fine = v2::encode(recorder.bins(), room);
        let Some(length) = fine.or_else(|| v2::encode_coarse(recorder.bins(), room)) else { break };
        let Extremes { count, min_ns, max_ns, sum_ns } = recorder.take_interval();
        let words = [*latency as u64, count, min_ns, max_ns, sum_ns, length as u64, u64::from(fine.is_none())];
        put(out, at / WORD_BYTES, &words);
        at = (histogram_at + length).next_multiple_of(WORD_BYTES);
        out[histogram_at + length..at].fill(0);
        families += 1;
        coarsened |= fine.is_none();
    }
    put(out, 0, &[cut.sequence, at as u64, cut.start_ns, cut.end_ns, families]);
    (at, coarsened)
}

/// Writes the counters, which are complete only when the families are in.
pub(super) fn put_counters(out: &mut [u8], counters: &Counters) {
    put(out, COUNTERS_AT, &counters.0);
}

/// Reads what `encode` and `put_counters` wrote; None when any number in it cannot be.
pub(super) fn decode(bytes: &[u8], sequence: u64) -> Option<Slot> {
    let length = bytes.len();
    let mut words = SlotWords { bytes };
    let [found, used, start_ns, end_ns, families] = words.take()?;
    if found != sequence || usize::try_from(used) != Ok(length) || families > Latency::COUNT as u64 {
        return None;
    }
    let counters = Counters(words.take()?);
    let mut latencies = Vec::with_capacity(Latency::COUNT);
    for _ in 0..families {
        latencies.push(decode_family(&mut words)?);
    }
    Some(Slot { sequence, start_ns, end_ns, counters, bytes: length, latencies })
}

fn decode_family(words: &mut SlotWords<'_>) -> Option<SlotLatency> {
    let [family, count, min_ns, max_ns, sum_ns, length, coarse] = words.take::<FAMILY_WORDS>()?;
    let latency = *Latency::EVERY.get(usize::try_from(family).ok()?)?;
    let histogram = Sparse::read(words.take_bytes(usize::try_from(length).ok()?)?).ok()?;
    (histogram.is_coarse() == (coarse != 0)).then_some(SlotLatency {
        latency,
        histogram,
        extremes: Extremes { count, min_ns, max_ns, sum_ns },
    })
}

fn put(out: &mut [u8], first: usize, words: &[u64]) {
    for (chunk, word) in out[first * WORD_BYTES..].chunks_exact_mut(WORD_BYTES).zip(words) {
        chunk.copy_from_slice(&word.to_ne_bytes());
    }
}

/// Takes words and bytes from the front, never more than there are.
struct SlotWords<'a> {
    bytes: &'a [u8],
}

impl<'a> SlotWords<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u64; N]> {
        let bytes = self.take_bytes(N * WORD_BYTES)?;
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        Some(std::array::from_fn(|i| u64::from_ne_bytes(words[i])))
    }
    /// `length` bytes; the filling up to a whole word is dropped.
    fn take_bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let padded = length.checked_next_multiple_of(WORD_BYTES)?;
        let (taken, rest) = self.bytes.split_at_checked(padded)?;
        self.bytes = rest;
        Some(&taken[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Role, Shape};
    use super::*;
    use crate::stats::recorder::BINS;
    use proptest::prelude::*;

    /// Every bucket above 1 µs a hundred times, so that counts take two bytes: no slot holds three of these at 3
    /// digits.
    fn rich() -> Recorder {
        let mut recorder = Recorder::new();
        for i in 0..100 * 32 * 1024_u64 {
            recorder.record((1024 + i % 1024) << (i / 1024 % 32));
        }
        recorder
    }
    fn slot_of(recorders: &mut [Recorder; 3], sequence: u64) -> (Vec<u8>, bool) {
        let mut out = vec![0xa5; Shape::new(Role::Producer, 0, 1).slot_bytes as usize];
        let mut latencies: Vec<_> = Latency::PRODUCER.into_iter().zip(recorders.iter_mut()).collect();
        let cut = SlotHead { sequence, start_ns: 5, end_ns: 9 };
        let (used, coarsened) = encode(&mut out, cut, &mut latencies);
        put_counters(&mut out, &Counters([sequence; Counter::COUNT]));
        out.truncate(used);
        (out, coarsened)
    }

    #[test]
    fn a_slot_reads_back_as_it_was_written() {
        let mut recorders = [Recorder::new(), Recorder::new(), Recorder::new()];
        recorders[0].record(1_000);
        recorders[0].record(3_000);
        recorders[2].record(7);
        let expected = recorders.clone().map(|r| r.to_histogram());
        let (bytes, coarsened) = slot_of(&mut recorders, 4);
        let slot = decode(&bytes, 4).unwrap();
        assert!(!coarsened);
        assert_eq!((slot.sequence, slot.start_ns, slot.end_ns), (4, 5, 9));
        assert_eq!(slot.counters, Counters([4; Counter::COUNT]));
        assert_eq!(slot.latencies[0].extremes, Extremes { count: 2, min_ns: 1_000, max_ns: 3_000, sum_ns: 4_000 });
        assert_eq!(slot.latencies[1].extremes, Extremes::EMPTY);
        for (i, latency) in slot.latencies.iter().enumerate() {
            assert_eq!(latency.latency, Latency::PRODUCER[i]);
            assert!(latency.histogram.to_histogram() == expected[i] && !latency.histogram.is_coarse());
        }
        assert!(decode(&bytes, 5).is_none());
    }

    #[test]
    fn histograms_too_rich_for_a_slot_go_in_coarsely_and_keep_their_counts() {
        let mut recorders = [rich(), rich(), rich()];
        let count = recorders[0].to_histogram().len();
        assert!(recorders[0].counts().iter().filter(|n| **n > 0).count() > BINS * 9 / 10);
        let (bytes, coarsened) = slot_of(&mut recorders, 0);
        let slot = decode(&bytes, 0).unwrap();
        assert!(coarsened);
        assert_eq!(slot.latencies.len(), 3);
        assert!(slot.latencies.iter().any(|l| l.histogram.is_coarse()));
        assert!(slot.latencies.iter().all(|l| l.histogram.count() == count && l.extremes.count == count));
    }

    proptest! {
        #[test]
        fn damaged_bytes_are_refused_or_read_never_a_panic(
            hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut recorders = [Recorder::new(), Recorder::new(), Recorder::new()];
            (0..200).for_each(|i| recorders[1].record(i * i * i));
            let (mut bytes, _) = slot_of(&mut recorders, 1);
            for (at, byte) in hits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = decode(&bytes, 1);
            let _ = decode(&bytes[..cut.index(bytes.len())], 1);
        }
    }
}
