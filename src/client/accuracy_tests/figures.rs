//! Figures of true values, and of what slots report of them.

use crate::stats::recorder::Extremes;
use crate::stats::{Distribution, Latency};
use crate::telemetry::Slot;

/// Percentiles that are compared.
pub(super) const PERCENTILES: [f64; 9] = [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0];

/// What all slots together report of a family.
pub(super) fn reported(slots: &[Slot], family: Latency) -> Distribution {
    let of_slots = |slot: &Slot| slot.latencies.iter().find(|latency| latency.latency == family).cloned();
    let extremes = slots.iter().filter_map(of_slots).fold(Extremes::EMPTY, |all, slot| all.merged(slot.extremes));
    let last = slots.last().and_then(of_slots).unwrap();
    assert!(!last.histogram.is_coarse());
    Distribution::of_ns(last.histogram.to_histogram(), Some(extremes), false)
}

/// The value of a percentile's rank among sorted values, by whole numbers (`percentile` has two decimals at most).
pub(super) fn percentile_of(sorted: &[u64], percentile: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "two decimals of at most 100")]
    let per_10_000 = (percentile * 100.0).round() as usize;
    let rank = (sorted.len() * per_10_000).div_ceil(10_000).max(1);
    sorted[rank - 1]
}

/// Count, extremes and sum are exact, percentiles within the stated 0.1 %.
#[track_caller]
pub(super) fn assert_true(slots: &[Slot], family: Latency, mut values: Vec<u64>) {
    values.sort_unstable();
    let reported = reported(slots, family);
    let exact = Extremes {
        count: values.len() as u64,
        min_ns: values[0],
        max_ns: values[values.len() - 1],
        sum_ns: values.iter().sum(),
    };
    assert_eq!(reported.extremes, Some(exact), "{family:?}");
    assert_eq!(reported.count(), exact.count, "{family:?}");
    for percentile in PERCENTILES {
        let (shown, truth) = (reported.percentile_ns(percentile), percentile_of(&values, percentile));
        // The 0th is a bucket's lowest value, the others its highest.
        let error = if percentile > 0.0 { shown.checked_sub(truth) } else { truth.checked_sub(shown) };
        assert!(error.is_some_and(|error| error <= truth / 1_000), "{family:?} p{percentile}: {truth}, shown {shown}");
    }
}
