//! The latencies of some span of time: a histogram with exact extremes where they are known.

use super::recorder::{Extremes, SIGNIFICANT_DIGITS, empty_histogram, histogram_of_digits};
use hdrhistogram::Histogram;
use std::borrow::Cow;

/// A distribution of latencies in ns. Conventions as HdrHistogram's: a percentile is the highest equivalent value,
/// the mean is of bucket midpoints; both `0` when empty.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Distribution {
    /// The histogram, in `unit_ns`; in ns it has 3 digits.
    #[serde(with = "super::base64_v2")]
    pub histogram: Histogram<u64>,
    /// One of the histogram's values, in ns: 1, or 1,000 where somebody else measured in µs.
    #[serde(default = "ns")]
    pub unit_ns: u64,
    /// Exact extremes, when every interval of the span was seen; None: bounded by the buckets only.
    pub extremes: Option<Extremes>,
    /// True when some part came from a coarsened slot (1 % instead of 0.1 %).
    pub coarse: bool,
}

/// Our own unit.
const fn ns() -> u64 {
    NS
}

/// Our own unit, ns.
const NS: u64 = 1;
/// OMB's, ns.
const US: u64 = 1_000;

impl Distribution {
    /// Nothing recorded.
    pub fn empty() -> Self {
        Self::of_ns(empty_histogram(), Some(Extremes::EMPTY), false)
    }
    /// What a histogram of ns shows.
    pub const fn of_ns(histogram: Histogram<u64>, extremes: Option<Extremes>, coarse: bool) -> Self {
        Self { histogram, unit_ns: NS, extremes, coarse }
    }
    /// What a histogram of OMB's shows: whole µs and its own digits, so that nothing is lost on the way through. Its range (12 h at 5 digits
    /// are 20 MB) ends where the values do: buckets stay where they were.
    pub fn of_omb_us(omb: &Histogram<u64>) -> Self {
        let mut histogram = ending_at(omb, omb.max());
        pour(omb, &mut histogram);
        let extremes = histogram.is_empty().then_some(Extremes::EMPTY);
        Self { histogram, unit_ns: US, extremes, coarse: false }
    }
    /// Holds nothing and can hold nothing: stands where a distribution was, without its memory.
    pub fn forgotten() -> Self {
        let smallest = Histogram::new_with_bounds(1, 2, 1).unwrap_or_else(|_| empty_histogram());
        Self::of_ns(smallest, None, false)
    }
    /// What was recorded between two cumulative histograms. Extremes are left unknown; a count that went back gives 0.
    /// When one of them is coarse, both are compared in coarse buckets, whose midpoints then stand for their values.
    pub fn between(earlier: &Histogram<u64>, later: &Histogram<u64>) -> Self {
        let fine = |h: &Histogram<u64>| h.sigfig() == SIGNIFICANT_DIGITS;
        let coarse = !(fine(earlier) && fine(later));
        let histogram = if coarse {
            let digits = earlier.sigfig().min(later.sigfig());
            let (mut from, mut to) = (histogram_of_digits(digits), histogram_of_digits(digits));
            pour(earlier, &mut from);
            pour(later, &mut to);
            let mut histogram = empty_histogram();
            pour(&difference(&from, &to), &mut histogram);
            histogram
        } else {
            difference(earlier, later)
        };
        let extremes = histogram.is_empty().then_some(Extremes::EMPTY);
        Self::of_ns(histogram, extremes, coarse)
    }
    /// Adds another distribution (another client, another span).
    pub fn add(&mut self, other: &Self) {
        let Self { histogram, unit_ns, extremes, coarse } = other;
        if self.unit_ns == *unit_ns {
            if *unit_ns == US && histogram.max() > self.histogram.high() {
                let narrow = std::mem::replace(&mut self.histogram, ending_at(histogram, histogram.max()));
                pour(&narrow, &mut self.histogram);
            }
            pour(histogram, &mut self.histogram);
        } else if self.count() == 0 {
            // What was measured in another unit keeps it, and its resolution, until something else joins it.
            (self.histogram, self.unit_ns) = (histogram.clone(), *unit_ns);
        } else if other.count() > 0 {
            (self.histogram, self.unit_ns) = (self.in_ns(), NS);
            pour(&other.in_ns(), &mut self.histogram);
        }
        self.extremes = self.extremes.zip(*extremes).map(|(a, b)| a.merged(b));
        self.coarse |= coarse;
    }
    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }
    /// Value at percentile (0–100) in ns, highest equivalent; 0 when empty.
    ///
    /// The rank is Java's (HdrHistogram 2.1.12 `getValueAtPercentile`): one ulp is taken off the percentile before rounding
    /// up, so that 99.9 % of 1,000 values is the 999th. The hdrhistogram crate does not do this.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks beyond 2^53 round as in Java; the rank is between 0 and the count"
    )]
    pub fn percentile_ns(&self, percentile: f64) -> u64 {
        let total = self.count();
        if total == 0 {
            return 0;
        }
        let asked = percentile.next_down().clamp(0.0, 100.0);
        if asked == 0.0 {
            return self.unit_ns * self.histogram.value_at_quantile(0.0);
        }
        let rank = ((asked * total as f64 / 100.0).ceil() as u64).max(1);
        // Half a rank lower, so that the crate's own rounding up lands on `rank` whatever the product rounds to.
        self.unit_ns * self.histogram.value_at_quantile((rank as f64 - 0.5) / total as f64)
    }
    /// Largest value in ns: exact when known, else the highest equivalent; 0 when empty.
    pub fn max_ns(&self) -> u64 {
        self.known().map_or_else(|| self.unit_ns * self.histogram.max(), |extremes| extremes.max_ns)
    }
    /// Smallest value in ns: exact when known, else the lowest equivalent; 0 when empty.
    pub fn min_ns(&self) -> u64 {
        self.known().map_or_else(|| self.unit_ns * self.histogram.min(), |extremes| extremes.min_ns)
    }
    /// Mean in ns: exact when the sum is known, else from bucket midpoints; 0 when empty.
    #[expect(clippy::cast_precision_loss, reason = "a mean is given to 15 digits at best")]
    pub fn mean_ns(&self) -> f64 {
        match self.known() {
            Some(exact) if exact.sum_ns < u64::MAX => exact.sum_ns as f64 / exact.count as f64,
            _ => self.unit_ns as f64 * self.histogram.mean(),
        }
    }
    /// In OMB's form: a histogram of whole µs, 5 digits, values clipped to `highest_us` (at least 2). Each bucket goes in
    /// with its median equivalent value, cut to whole µs as OMB cuts.
    pub fn to_omb_us(&self, highest_us: u64) -> Histogram<u64> {
        let highest_us = highest_us.max(2);
        let mut omb = Histogram::new_with_bounds(1, highest_us, 5).expect("1 … at least 2 fits 5 digits");
        if self.unit_ns == US {
            pour(&self.histogram, &mut omb);
            return omb;
        }
        for bucket in self.histogram.iter_recorded() {
            let us = self.histogram.median_equivalent(bucket.value_iterated_to()) / 1_000;
            omb.saturating_record_n(us.min(highest_us), bucket.count_at_value());
        }
        omb
    }
    /// The histogram in ns, whatever was measured in.
    pub fn histogram_ns(&self) -> Cow<'_, Histogram<u64>> {
        if self.unit_ns == NS { Cow::Borrowed(&self.histogram) } else { Cow::Owned(self.in_ns()) }
    }
    /// The histogram in ns and 3 digits.
    fn in_ns(&self) -> Histogram<u64> {
        let mut histogram = empty_histogram();
        for bucket in self.histogram.iter_recorded() {
            let value = self.histogram.median_equivalent(bucket.value_iterated_to());
            histogram.saturating_record_n(self.unit_ns.saturating_mul(value), bucket.count_at_value());
        }
        histogram
    }
    /// The extremes, when they are exact and of something.
    fn known(&self) -> Option<Extremes> {
        self.extremes.filter(|extremes| extremes.count > 0)
    }
}

/// An empty histogram with the buckets of `like`, as far as `highest`.
fn ending_at(like: &Histogram<u64>, highest: u64) -> Histogram<u64> {
    let highest = highest.max(2 * like.low());
    Histogram::new_with_bounds(like.low(), highest, like.sigfig()).unwrap_or_else(|_| empty_histogram())
}

/// later − earlier, bucket by bucket, at least 0. Both have the same buckets.
fn difference(earlier: &Histogram<u64>, later: &Histogram<u64>) -> Histogram<u64> {
    let mut result = later.clone();
    if result.subtract(earlier).is_err() {
        // Some count went back; the crate stops there, so bucket by bucket.
        result.reset();
        for bucket in later.iter_recorded() {
            let value = bucket.value_iterated_to();
            let count = bucket.count_at_value().saturating_sub(earlier.count_at(value));
            if count > 0 {
                result.saturating_record_n(value, count);
            }
        }
    }
    result
}

/// Adds `source` to `target`. With the same buckets counts are added; with others each bucket goes in with its midpoint,
/// clipped to the target's range.
fn pour(source: &Histogram<u64>, target: &mut Histogram<u64>) {
    let same = source.sigfig() == target.sigfig() && source.low() == target.low() && source.high() == target.high();
    if same && target.add(source).is_ok() {
        return;
    }
    for bucket in source.iter_recorded() {
        target.saturating_record_n(source.median_equivalent(bucket.value_iterated_to()), bucket.count_at_value());
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::{HIGHEST_NS, Recorder};
    use super::super::v2;
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Distribution {
        let mut recorder = Recorder::new();
        values.iter().for_each(|v| recorder.record(*v));
        let histogram = recorder.to_histogram();
        Distribution::of_ns(histogram, Some(recorder.take_interval()), false)
    }
    fn histogram(values: &[u64]) -> Histogram<u64> {
        of(values).histogram
    }
    fn coarse_histogram(values: &[u64]) -> Histogram<u64> {
        let mut recorder = Recorder::new();
        values.iter().for_each(|v| recorder.record(*v));
        let mut out = vec![0; v2::COARSE_MAX_BYTES];
        let len = v2::encode_coarse(recorder.counts(), &mut out).unwrap();
        v2::decode(&out[..len]).unwrap()
    }

    proptest! {
        #[test]
        fn the_sum_of_splits_is_the_whole(values in prop::collection::vec(0_u64..HIGHEST_NS, 0..300), parts in 1_usize..7) {
            let mut sum = Distribution::empty();
            values.chunks(values.len().div_ceil(parts).max(1)).for_each(|part| sum.add(&of(part)));
            let whole = of(&values);
            prop_assert!(sum.histogram == whole.histogram);
            prop_assert_eq!(sum.extremes, whole.extremes);
        }

        #[test]
        fn between_two_cumulative_histograms_is_what_came_in_between(
            values in prop::collection::vec(0_u64..HIGHEST_NS, 0..300), at in any::<prop::sample::Index>(),
        ) {
            let cut = at.index(values.len() + 1);
            let between = Distribution::between(&histogram(&values[..cut]), &histogram(&values));
            prop_assert!(between.histogram == histogram(&values[cut..]));
            prop_assert!(!between.coarse);
        }

        #[test]
        fn a_coarse_later_histogram_keeps_counts_within_1_percent(
            values in prop::collection::vec(0_u64..HIGHEST_NS, 1..300), at in any::<prop::sample::Index>(),
        ) {
            let cut = at.index(values.len());
            let between = Distribution::between(&histogram(&values[..cut]), &coarse_histogram(&values));
            prop_assert!(between.coarse);
            prop_assert_eq!(between.count(), (values.len() - cut) as u64);
            let exact = of(&values[cut..]);
            prop_assert!(between.max_ns().abs_diff(exact.max_ns()) <= exact.max_ns() / 100 + 1);
        }

        #[test]
        fn a_percentile_is_the_value_of_javas_rank(mut values in prop::collection::vec(0_u64..2_000, 1..500)) {
            // Values below 2,048 are counted each by itself, so the rank's value is exact.
            let distribution = of(&values);
            values.sort_unstable();
            for (percentile, per_mille) in [(50.0, 500), (75.0, 750), (95.0, 950), (99.0, 990), (99.9, 999), (100.0, 1_000)] {
                let rank = (values.len() * per_mille).div_ceil(1_000);
                prop_assert_eq!(distribution.percentile_ns(percentile), values[rank - 1], "p{}", percentile);
            }
            prop_assert_eq!(distribution.percentile_ns(0.0), values[0]);
        }
    }

    #[test]
    fn one_ulp_does_not_push_a_percentile_into_the_next_value() {
        let values: Vec<u64> = (1..=1_000).collect();
        assert_eq!(of(&values).percentile_ns(99.9), 999);
        assert_eq!(of(&values).percentile_ns(250.0), 1_000);
    }

    #[test]
    fn an_empty_distribution_is_all_zeros() {
        let empty = Distribution::empty();
        assert_eq!((empty.count(), empty.percentile_ns(50.0), empty.max_ns(), empty.min_ns()), (0, 0, 0, 0));
        assert!(empty.mean_ns().abs() < f64::EPSILON);
        let none = histogram(&[]);
        assert_eq!(Distribution::between(&none, &none).min_ns(), 0);
    }

    #[test]
    fn exact_figures_win_over_buckets_and_are_lost_when_a_part_is_unknown() {
        let mut sum = of(&[1_000_001, 3_000_003]);
        assert_eq!((sum.min_ns(), sum.max_ns()), (1_000_001, 3_000_003));
        assert!((sum.mean_ns() - 2_000_002.0).abs() < 1e-6);
        sum.add(&Distribution::empty());
        assert_eq!(sum.max_ns(), 3_000_003);
        sum.add(&Distribution::between(&histogram(&[]), &histogram(&[5_000_005])));
        assert_eq!(sum.extremes, None);
        assert_eq!(sum.max_ns(), sum.histogram.highest_equivalent(5_000_005));
        assert_eq!(sum.min_ns(), sum.histogram.lowest_equivalent(1_000_001));
        assert!((sum.mean_ns() - 3_000_003.0).abs() < 3_000.0);
    }

    #[test]
    fn a_count_that_went_back_gives_nothing_instead_of_a_failure() {
        let between = Distribution::between(&histogram(&[5, 5, 9]), &histogram(&[5, 9, 9, 11]));
        assert!(between.histogram == histogram(&[9, 11]));
    }

    #[test]
    fn what_omb_measured_goes_through_to_the_microsecond_and_joins_ours_within_its_buckets() {
        let measured = |values: &[u64]| {
            let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 5).unwrap();
            values.iter().for_each(|us| histogram.record(*us).unwrap());
            Distribution::of_omb_us(&histogram)
        };
        let mut sum = Distribution::empty();
        sum.add(&measured(&[]));
        sum.add(&measured(&[57, 123_457]));
        sum.add(&measured(&[200_001]));
        sum.add(&Distribution::empty());
        assert_eq!((sum.count(), sum.min_ns(), sum.max_ns()), (3, 57_000, 200_001_000));
        assert_eq!(sum.percentile_ns(50.0), 123_457_000);
        assert!((sum.mean_ns() - 107_838_333.3).abs() < 1.0, "{}", sum.mean_ns());
        let omb = sum.to_omb_us(60_000_000);
        assert_eq!([57, 123_457, 200_001].map(|us| omb.count_at(us)), [1, 1, 1]);
        sum.add(&of(&[1_000_001]));
        assert_eq!((sum.unit_ns, sum.count(), sum.extremes), (1, 4, None));
        assert!(sum.max_ns().abs_diff(200_001_000) < 200_001, "{}", sum.max_ns());
    }

    #[test]
    fn omb_gets_whole_microseconds_clipped_to_its_range() {
        let distribution = of(&[0, 999, 1_000, 1_999, 250_000_000, 90_000_000_000]);
        let omb = distribution.to_omb_us(60_000_000);
        assert_eq!((omb.low(), omb.high(), omb.sigfig(), omb.len()), (1, 60_000_000, 5, 6));
        assert_eq!((omb.count_at(0), omb.count_at(1)), (2, 2));
        assert_eq!(omb.count_at(60_000_000), 1);
        let median = distribution.histogram.median_equivalent(250_000_000) / 1_000;
        assert_eq!(omb.count_at(median), 1);
    }
}
