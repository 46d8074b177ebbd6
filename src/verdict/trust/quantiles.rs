//! The values of a distribution by their rank, made once and asked often.

use super::whole;
use crate::stats::Distribution;

/// Values in ns with the number of values up to them, smallest first.
#[derive(Debug, Clone, Default)]
pub(super) struct TailQuantiles {
    ranks: Vec<(u64, f64)>,
    total: u64,
}

impl TailQuantiles {
    /// All values of a distribution.
    pub(super) fn of(distribution: &Distribution) -> Self {
        Self::without_largest(distribution, 0)
    }

    /// All values, none higher than it was.
    pub(super) fn at_least(distribution: &Distribution) -> Self {
        let mut quantiles = Self::of(distribution);
        for (_, ns) in &mut quantiles.ranks {
            let lowest = distribution.histogram.lowest_equivalent(whole(*ns) / distribution.unit_ns.max(1));
            *ns = lowest.saturating_mul(distribution.unit_ns) as f64;
        }
        quantiles
    }

    /// Values counted.
    pub(super) fn count(&self) -> u64 {
        self.total
    }

    /// All but the `left_out` largest.
    pub(super) fn without_largest(distribution: &Distribution, left_out: u64) -> Self {
        let total = distribution.count().saturating_sub(left_out);
        let (mut ranks, mut passed) = (Vec::new(), 0);
        let largest_ns = distribution.max_ns();
        for bucket in distribution.histogram.iter_recorded() {
            if passed >= total {
                break;
            }
            passed = (passed + bucket.count_at_value()).min(total);
            let highest_ns = bucket.value_iterated_to().saturating_mul(distribution.unit_ns).min(largest_ns);
            ranks.push((passed, highest_ns as f64));
        }
        Self { ranks, total }
    }

    /// The value that this share (0–1) of all values does not exceed, ns; 0 of none.
    pub(super) fn at(&self, share: f64) -> f64 {
        // As HdrHistogram has it: 99.9 % of 1,000 values is the 999th.
        let rank = (share.next_down() * self.total as f64).ceil().max(1.0);
        let position = self.ranks.partition_point(|(passed, _)| (*passed as f64) < rank);
        self.ranks.get(position).or(self.ranks.last()).map_or(0.0, |(_, ns)| *ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(values: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::empty();
        values.into_iter().for_each(|value| distribution.histogram.saturating_record(value));
        distribution.extremes = None;
        distribution
    }

    #[test]
    fn a_quantile_is_the_percentile_of_the_distribution() {
        let distribution = distribution((1..=1_000).map(|i| i * 1_000));
        let quantiles = TailQuantiles::of(&distribution);
        for percentile in [0.1, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0] {
            let expected = distribution.percentile_ns(percentile).min(distribution.max_ns());
            assert!((quantiles.at(percentile / 100.0) - expected as f64).abs() < 1.0, "p{percentile}");
        }
    }

    #[test]
    fn the_largest_are_left_out() {
        let distribution = distribution([1_000, 1_000, 1_000, 90_000_000]);
        let quantiles = TailQuantiles::without_largest(&distribution, 1);
        assert_eq!(quantiles.total, 3);
        assert!(quantiles.at(1.0) < 1_010.0);
        assert_eq!(TailQuantiles::without_largest(&distribution, 9).at(1.0), 0.0);
    }
}
