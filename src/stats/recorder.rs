//! The hot loop's histogram: a plain array by HdrHistogram's bucket rule, cumulative, with this second's exact
//! minimum, maximum and sum beside it. `record` is one index computation and a few adds, for one value or for many that
//! are equal.

use super::buckets::{FINE, bins, index_of, lowest_at};
use hdrhistogram::Histogram;

/// Significant decimal digits of every histogram of ours (0.1 %).
pub const SIGNIFICANT_DIGITS: u8 = 3;
/// Smallest distinguishable value, in ns.
pub const LOWEST_NS: u64 = 1;
/// Largest recordable value: 1 h 13 min (2^42 − 1 ns). Larger values are clipped to it and counted.
pub const HIGHEST_NS: u64 = (1 << 42) - 1;
/// Length of the count array.
pub const BINS: usize = bins(FINE);

/// Bits of a word of `Recorder::touched`.
const WORD_BITS: usize = u64::BITS as usize;

/// Exact figures of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Extremes {
    /// Values recorded.
    pub count: u64,
    /// Smallest, in ns (u64::MAX when count is 0).
    pub min_ns: u64,
    /// Largest, in ns (0 when count is 0).
    pub max_ns: u64,
    /// Sum, in ns; u64::MAX = it did not fit.
    pub sum_ns: u64,
}

impl Extremes {
    /// Of an interval without values; merging it changes nothing.
    pub const EMPTY: Self = Self { count: 0, min_ns: u64::MAX, max_ns: 0, sum_ns: 0 };

    /// These figures for both intervals together.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let Self { count, min_ns, max_ns, sum_ns } = other;
        Self {
            count: self.count.saturating_add(count),
            min_ns: self.min_ns.min(min_ns),
            max_ns: self.max_ns.max(max_ns),
            sum_ns: self.sum_ns.saturating_add(sum_ns),
        }
    }
}
impl Default for Extremes {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// A cumulative histogram of one latency family in one client.
#[derive(Debug, Clone)]
pub struct Recorder {
    counts: Box<[u64]>,
    /// A bit for each count that is not 0: a slot is cut without looking at the 270 kB of all of them.
    touched: Box<[u64]>,
    interval: Extremes,
    clipped: u64,
}

impl Recorder {
    /// An empty recorder; its memory is touched here, not in the hot loop.
    pub fn new() -> Self {
        // Zeroed memory from the allocator is mapped but not there yet: writing something else first, where the
        // compiler cannot see through, takes the page faults here.
        let zeros = |length| {
            let mut words = std::hint::black_box(vec![u64::MAX; length]);
            words.fill(0);
            words.into_boxed_slice()
        };
        Self { counts: zeros(BINS), touched: zeros(BINS.div_ceil(WORD_BITS)), interval: Extremes::EMPTY, clipped: 0 }
    }
    /// Records one value.
    #[inline]
    pub fn record(&mut self, value_ns: u64) {
        self.record_n(value_ns, 1);
    }
    /// Records a value `times` times: the same as so many calls of `record`.
    #[inline]
    pub fn record_n(&mut self, value_ns: u64, times: u64) {
        if times == 0 {
            return;
        }
        // What is not above the largest so far is not to be clipped either.
        let kept = if value_ns > self.interval.max_ns { self.largest(value_ns, times) } else { value_ns };
        if kept < self.interval.min_ns {
            self.smallest(kept);
        }
        let index = index_of(kept, FINE);
        let count = &mut self.counts[index];
        if *count == 0 {
            touch(&mut self.touched, index);
        }
        *count += times;
        self.interval.count += times;
        self.interval.sum_ns = self.interval.sum_ns.saturating_add(kept.saturating_mul(times));
    }
    /// The interval's largest value so far: what is kept of it.
    #[cold]
    fn largest(&mut self, value_ns: u64, times: u64) -> u64 {
        if value_ns > HIGHEST_NS {
            self.clipped += times;
        }
        self.interval.max_ns = value_ns.min(HIGHEST_NS);
        self.interval.max_ns
    }
    #[cold]
    fn smallest(&mut self, kept_ns: u64) {
        self.interval.min_ns = kept_ns;
    }
    /// This interval's extremes; the next interval begins.
    pub fn take_interval(&mut self) -> Extremes {
        std::mem::take(&mut self.interval)
    }
    /// Values clipped so far.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }
    /// The cumulative counts by HdrHistogram index.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
    /// The counts that are not 0, as (index, count) in ascending order.
    pub fn bins(&self) -> impl Iterator<Item = (usize, u64)> + Clone {
        self.touched.iter().enumerate().flat_map(move |(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                // Without its lowest bit.
                left &= left.checked_sub(1)?;
                let index = word * WORD_BITS + bit;
                Some((index, self.counts[index]))
            })
        })
    }
    /// As a histogram of the hdrhistogram crate.
    pub fn to_histogram(&self) -> Histogram<u64> {
        let mut histogram = empty_histogram();
        for (index, count) in self.bins() {
            histogram.saturating_record_n(lowest_at(index, FINE), count);
        }
        histogram
    }
}
impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// Notes that a count is about to be the first in its bin.
#[cold]
fn touch(touched: &mut [u64], index: usize) {
    touched[index / WORD_BITS] |= 1 << (index % WORD_BITS);
}

/// An empty histogram with the range and digits of every histogram of ours.
pub fn empty_histogram() -> Histogram<u64> {
    histogram_of_digits(SIGNIFICANT_DIGITS)
}

/// The same range with other digits (2: a coarsened slot).
pub(super) fn histogram_of_digits(digits: u8) -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, digits).expect("1 … 2^42 − 1 fits every number of digits up to 5")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_recorder_counts_as_the_crate_does(values in prop::collection::vec((0_u32..50, any::<u64>()), 0..300)) {
            let mut recorder = Recorder::new();
            let mut histogram = empty_histogram();
            for (k, (bits, random)) in values.iter().enumerate() {
                let value = random >> (14 + bits);
                recorder.record(value);
                histogram.saturating_record(value);
                if k % 50 == 0 {
                    recorder.take_interval();
                }
            }
            prop_assert!(recorder.to_histogram() == histogram);
            let not_0 = recorder.counts().iter().copied().enumerate().filter(|(_, count)| *count > 0);
            prop_assert!(recorder.bins().eq(not_0));
        }

        #[test]
        fn equal_values_at_once_are_recorded_as_one_by_one(
            runs in prop::collection::vec((0_u32..50, any::<u64>(), 0_u64..9), 0..100),
        ) {
            let (mut at_once, mut singly) = (Recorder::new(), Recorder::new());
            for (k, (bits, random, times)) in runs.iter().enumerate() {
                at_once.record_n(random >> bits, *times);
                (0..*times).for_each(|_| singly.record(random >> bits));
                prop_assert_eq!(at_once.interval, singly.interval);
                if k % 30 == 0 {
                    prop_assert_eq!(at_once.take_interval(), singly.take_interval());
                }
            }
            prop_assert_eq!(at_once.counts(), singly.counts());
            prop_assert_eq!(at_once.clipped(), singly.clipped());
            prop_assert!(at_once.bins().eq(singly.bins()));
        }

        #[test]
        fn extremes_of_two_intervals_merge_to_those_of_the_whole(
            values in prop::collection::vec(0_u64..HIGHEST_NS, 0..200), at in any::<prop::sample::Index>(),
        ) {
            let (mut split, mut whole) = (Recorder::new(), Recorder::new());
            values.iter().for_each(|v| whole.record(*v));
            let cut = at.index(values.len() + 1);
            values[..cut].iter().for_each(|v| split.record(*v));
            let first = split.take_interval();
            values[cut..].iter().for_each(|v| split.record(*v));
            prop_assert_eq!(first.merged(split.take_interval()), whole.take_interval());
            prop_assert_eq!(split.take_interval(), Extremes::EMPTY);
            prop_assert_eq!(split.counts(), whole.counts());
            prop_assert!(split.bins().eq(whole.bins()));
        }
    }

    #[test]
    fn values_beyond_the_range_are_clipped_and_counted() {
        let mut recorder = Recorder::new();
        recorder.record(HIGHEST_NS);
        recorder.record(HIGHEST_NS + 1);
        recorder.record(u64::MAX);
        assert_eq!(recorder.clipped(), 2);
        assert_eq!(recorder.counts()[BINS - 1], 3);
        assert_eq!(
            recorder.take_interval(),
            Extremes { count: 3, min_ns: HIGHEST_NS, max_ns: HIGHEST_NS, sum_ns: 3 * HIGHEST_NS }
        );
    }

    #[test]
    fn a_sum_that_does_not_fit_stays_at_the_top() {
        let big = Extremes { count: 1, min_ns: 1, max_ns: 1, sum_ns: u64::MAX - 1 };
        assert_eq!(big.merged(big).sum_ns, u64::MAX);
    }
}
