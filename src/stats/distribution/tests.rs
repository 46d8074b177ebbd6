//! Sums, differences and percentiles against values that are known.

use super::*;
use crate::stats::{Recorder, v2};
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
    let len = v2::encode_coarse(recorder.bins(), &mut out).unwrap();
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
        let percentiles = [(50.0, 500), (75.0, 750), (95.0, 950), (99.0, 990), (99.9, 999), (100.0, 1_000)];
        for (percentile, per_mille) in percentiles {
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

#[test]
fn a_short_histogram_of_ombs_has_the_same_figures() {
    for values in [&[][..], &[0], &[999, 1_000, 131_071_999, 131_072_000, 262_144_000], &[250_000_000, 90_000_000_000]]
    {
        let distribution = of(values);
        let (long, short) = (distribution.to_omb_us(60_000_000), distribution.to_short_omb_us(60_000_000));
        let recorded = |omb: &Histogram<u64>| {
            let buckets = omb.iter_recorded().map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()));
            buckets.collect::<Vec<_>>()
        };
        assert_eq!(recorded(&short), recorded(&long), "{values:?}");
        assert_eq!((short.min(), short.max(), short.len()), (long.min(), long.max(), long.len()));
        let quantiles = |omb: &Histogram<u64>| [0.0, 0.5, 0.999, 1.0].map(|quantile| omb.value_at_quantile(quantile));
        assert_eq!(quantiles(&short), quantiles(&long));
        assert!(short.high() <= 60_000_000);
    }
}

#[test]
fn times_in_whole_ms_are_told_in_whole_ms() {
    let mut recorder = Recorder::new();
    let values_ms = [0, 1, 1, 3, 17, 250, 999, 1_999];
    values_ms.iter().for_each(|ms| recorder.record(ms * 1_000_000));
    let ns = Distribution::of_ns(recorder.to_histogram(), None, false);
    assert_ne!(ns.percentile_ns(50.0) % 1_000_000, 0, "the highest value of its bucket");
    let ms = ns.in_whole_ms();
    let percentiles = [1.0, 25.0, 50.0, 60.0, 75.0, 85.0, 100.0].map(|percentile| ms.percentile_ns(percentile));
    assert_eq!(percentiles, [0, 1, 3, 17, 250, 999, 1_999].map(|ms| ms * 1_000_000));
    assert_eq!((ms.count(), ms.min_ns(), ms.max_ns()), (8, 0, 1_999_000_000));
    let omb = ms.to_omb_us(60_000_000);
    let us: Vec<u64> = omb.iter_recorded().map(|bucket| omb.lowest_equivalent(bucket.value_iterated_to())).collect();
    assert_eq!(us, [0, 1_000, 3_000, 17_000, 250_000, 999_000, 1_999_000]);
    assert!(omb.count_at(1_000) == 2 && omb.count_at(17_000) == 1);
    // Clients and hosts that are added up keep the unit; with others it is ns again.
    let mut sum = Distribution::empty();
    sum.add(&ms);
    sum.add(&ms);
    assert_eq!((sum.unit_ns, sum.count(), sum.percentile_ns(50.0)), (1_000_000, 16, 3_000_000));
    sum.add(&ns);
    assert_eq!((sum.unit_ns, sum.count()), (1, 24));
}
