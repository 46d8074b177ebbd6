//! What came between two cumulative histograms, as the few bins that grew: a second's percentiles come from a walk over
//! some hundred of them. Every figure is bit for bit that of the `Distribution` it becomes.

use super::buckets::{COARSE, FINE, index_of, lowest_at};
use super::distribution::quantile;
use super::recorder::{Extremes, empty_histogram};
use super::sparse::Sparse;
use super::{Distribution, v2::Bins};
use hdrhistogram::Histogram;

/// Latencies of a span of time in ns, as `Distribution` (whose conventions hold here), without the array.
#[derive(Debug, Clone)]
pub struct Increment {
    /// Index by the rule of 3 digits, and count; ascending, no count is 0.
    bins: Vec<(usize, u64)>,
    count: u64,
    /// Exact extremes, when every interval of the span was seen; None: bounded by the buckets only.
    pub extremes: Option<Extremes>,
    /// True when some part came from a coarsened slot (1 % instead of 0.1 %).
    pub coarse: bool,
}

impl Increment {
    /// Nothing recorded.
    pub const fn empty() -> Self {
        Self { bins: Vec::new(), count: 0, extremes: Some(Extremes::EMPTY), coarse: false }
    }
    /// What was recorded between two cumulative histograms (None: from the beginning on). Extremes are left unknown; a
    /// count that went back gives 0. When one of them is coarse, both are compared in coarse buckets, whose midpoints
    /// then stand for their values.
    pub fn between(earlier: Option<&Sparse>, later: &Sparse) -> Self {
        let coarse = later.is_coarse() || earlier.is_some_and(Sparse::is_coarse);
        let from = earlier.map_or(Bins::of(&[]), Sparse::bins);
        let bins = if coarse {
            let fine_from_here = |sparse: Option<&Sparse>| sparse.is_some_and(|sparse| !sparse.is_coarse());
            let from = coarsened(from, fine_from_here(earlier));
            let to = coarsened(later.bins(), fine_from_here(Some(later)));
            difference(from.into_iter(), to.into_iter())
                .map(|(index, count)| (midpoint_of_coarse(index), count))
                .collect()
        } else {
            difference(from, later.bins()).collect()
        };
        Self::of(bins, coarse)
    }
    fn of(bins: Vec<(usize, u64)>, coarse: bool) -> Self {
        let count = bins.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let extremes = bins.is_empty().then_some(Extremes::EMPTY);
        Self { bins, count, extremes, coarse }
    }
    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Value at percentile (0–100) in ns, highest equivalent; 0 when empty.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as the hdrhistogram crate has it"
    )]
    pub fn percentile_ns(&self, percentile: f64) -> u64 {
        let Some(quantile) = quantile(percentile, self.count) else { return 0 };
        let rank = ((quantile * self.count as f64).ceil() as u64).max(1);
        let mut passed = 0_u64;
        for &(index, count) in &self.bins {
            passed = passed.saturating_add(count);
            if passed >= rank {
                let lowest = quantile == 0.0;
                return if lowest { lowest_at(index, FINE) } else { lowest_at(index + 1, FINE) - 1 };
            }
        }
        0
    }
    /// With the array.
    pub fn to_distribution(&self) -> Distribution {
        let mut histogram = empty_histogram();
        self.pour_into(&mut histogram);
        Distribution::of_ns(histogram, self.extremes, self.coarse)
    }
    /// Adds its counts to a histogram of ns.
    pub(super) fn pour_into(&self, histogram: &mut Histogram<u64>) {
        for &(index, count) in &self.bins {
            histogram.saturating_record_n(lowest_at(index, FINE), count);
        }
    }
}

/// later − earlier, bin by bin, where that is more than 0.
fn difference(
    earlier: impl Iterator<Item = (usize, u64)>,
    later: impl Iterator<Item = (usize, u64)>,
) -> impl Iterator<Item = (usize, u64)> {
    let mut earlier = earlier.peekable();
    later.filter_map(move |(index, count)| {
        while earlier.next_if(|before| before.0 < index).is_some() {}
        let before = earlier.next_if(|before| before.0 == index).map_or(0, |before| before.1);
        (count > before).then(|| (index, count - before))
    })
}

/// By the rule of 2 digits; `fine` tells that they are not so yet. Each fine bin lies within one coarse bin, and in the
/// same order.
fn coarsened(bins: Bins<'_>, fine: bool) -> Vec<(usize, u64)> {
    if !fine {
        return bins.collect();
    }
    let mut coarse: Vec<(usize, u64)> = Vec::new();
    for (index, count) in bins {
        let index = index_of(lowest_at(index, FINE), COARSE);
        match coarse.last_mut() {
            Some(last) if last.0 == index => last.1 = last.1.saturating_add(count),
            _ => coarse.push((index, count)),
        }
    }
    coarse
}

/// The fine bin in the middle of a coarse one (HdrHistogram's median equivalent value).
fn midpoint_of_coarse(index: usize) -> usize {
    let lowest = lowest_at(index, COARSE);
    let width = lowest_at(index + 1, COARSE) - lowest;
    index_of(lowest + width / 2, FINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Recorder;
    use crate::stats::recorder::HIGHEST_NS;
    use proptest::prelude::*;

    fn recorder_of<'a>(values: impl IntoIterator<Item = &'a (u32, u64)>) -> Recorder {
        let mut recorder = Recorder::new();
        values.into_iter().for_each(|(bits, random)| recorder.record_n((random & HIGHEST_NS) >> bits, 1 + random % 3));
        recorder
    }
    /// Not `==`, which also compares a smallest value above 0 that the crate's subtraction leaves as it was when there
    /// are values of 0.
    fn bins_of(histogram: &Histogram<u64>) -> impl Iterator<Item = (u64, u64)> {
        histogram.iter_recorded().map(|bin| (bin.value_iterated_to(), bin.count_at_value()))
    }
    fn sparse(recorder: &Recorder, coarse: bool) -> Sparse {
        if coarse { Sparse::coarse_of(recorder) } else { Sparse::of(recorder) }
    }

    proptest! {
        /// The long way is that through whole histograms.
        #[test]
        fn every_figure_is_that_of_the_whole_histograms(
            values in prop::collection::vec((0_u32..42, any::<u64>()), 0..300), at in any::<prop::sample::Index>(),
            percentiles in prop::collection::vec(0.0_f64..=100.0, 8), coarse in any::<[bool; 2]>(),
        ) {
            let cut = at.index(values.len() + 1);
            let earlier = sparse(&recorder_of(&values[..cut]), coarse[0]);
            let later = sparse(&recorder_of(&values), coarse[1]);
            let short = Increment::between(Some(&earlier), &later);
            let long = Distribution::between(&earlier.to_histogram(), &later.to_histogram());
            prop_assert_eq!((short.count(), short.extremes, short.coarse), (long.count(), long.extremes, long.coarse));
            for percentile in percentiles.into_iter().chain([0.0, 50.0, 99.0, 99.9, 100.0, 250.0, -1.0]) {
                prop_assert_eq!(short.percentile_ns(percentile), long.percentile_ns(percentile), "p{}", percentile);
            }
            let whole = short.to_distribution();
            prop_assert!(bins_of(&whole.histogram).eq(bins_of(&long.histogram)));
            prop_assert_eq!((whole.max_ns(), whole.min_ns()), (long.max_ns(), long.min_ns()));
            prop_assert_eq!(whole.mean_ns().to_bits(), long.mean_ns().to_bits());
            let (mut sum, mut expected) = (Distribution::empty(), Distribution::empty());
            for _ in 0..2 {
                sum.add_increment(&short);
                expected.add(&long);
            }
            prop_assert!(bins_of(&sum.histogram).eq(bins_of(&expected.histogram)));
            prop_assert_eq!((sum.extremes, sum.coarse), (expected.extremes, expected.coarse));
        }

        #[test]
        fn what_went_back_is_left_out(
            values in prop::collection::vec((0_u32..42, any::<u64>()), 0..200),
            other in prop::collection::vec((0_u32..42, any::<u64>()), 0..200),
        ) {
            let (earlier, later) = (Sparse::of(&recorder_of(&values)), Sparse::of(&recorder_of(&other)));
            let long = Distribution::between(&earlier.to_histogram(), &later.to_histogram());
            let short = Increment::between(Some(&earlier), &later).to_distribution();
            prop_assert!(bins_of(&short.histogram).eq(bins_of(&long.histogram)));
        }

        #[test]
        fn from_the_beginning_it_is_everything(
            values in prop::collection::vec((0_u32..42, any::<u64>()), 0..300),
            coarse in any::<bool>(),
        ) {
            let all = sparse(&recorder_of(&values), coarse);
            let mut expected = Distribution::empty();
            expected.add(&Distribution::of_ns(all.to_histogram(), None, coarse));
            let all = Increment::between(None, &all);
            prop_assert!(all.to_distribution().histogram == expected.histogram);
            prop_assert_eq!(all.coarse, coarse);
        }
    }

    #[test]
    fn counts_beyond_what_a_double_holds_have_the_percentiles_of_the_crate() {
        let mut recorder = Recorder::new();
        (0..5_u64).for_each(|i| recorder.record_n(1_000 << i, (1 << 58) + i));
        let sparse = Sparse::of(&recorder);
        let (short, long) =
            (Increment::between(None, &sparse), Distribution::of_ns(sparse.to_histogram(), None, false));
        for percentile in [0.0, 1e-12, 20.0, 40.0, 50.0, 60.0, 80.0, 99.999_999, 100.0] {
            assert_eq!(short.percentile_ns(percentile), long.percentile_ns(percentile), "p{percentile}");
        }
    }

    #[test]
    fn nothing_is_all_zeros() {
        let nothing = Sparse::of(&Recorder::new());
        for empty in
            [Increment::empty(), Increment::between(None, &nothing), Increment::between(Some(&nothing), &nothing)]
        {
            assert_eq!((empty.count(), empty.percentile_ns(50.0), empty.extremes), (0, 0, Some(Extremes::EMPTY)));
        }
    }
}
