//! HdrHistogram's bucket rule for histograms that start at 1 ns: which value counts at which index, and back.
//! The counting itself is in `recorder.rs`.
//!
//! Bucket 0 holds `2^magnitude` single values; each further bucket holds half as many, each twice as wide. With unit 1
//! HdrHistogram's `((bucket + 1) << (magnitude − 1)) + sub_bucket − 2^(magnitude − 1)` becomes
//! `(bucket << (magnitude − 1)) + sub_bucket`. Source: HdrHistogram 2.1.12, `AbstractHistogram.countsArrayIndex`.

use super::recorder::HIGHEST_NS;

/// Sub-bucket magnitude of 3 significant digits: the power of two at or above 2 × 10^3.
pub(super) const FINE: u32 = 11;
/// Sub-bucket magnitude of 2 significant digits.
pub(super) const COARSE: u32 = 8;

/// Length of the count array that covers 0 … `HIGHEST_NS`.
pub(super) const fn bins(magnitude: u32) -> usize {
    index_of(HIGHEST_NS, magnitude) + 1
}

/// Index at which `value` counts.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "below 2^42 / 2^31 + 32 × 1,024 for every value that is recorded")]
pub(super) const fn index_of(value: u64, magnitude: u32) -> usize {
    let in_bucket_zero = (1u64 << magnitude) - 1;
    let bucket = (value | in_bucket_zero).ilog2() - (magnitude - 1);
    ((bucket as usize) << (magnitude - 1)) + (value >> bucket) as usize
}

/// Smallest value that counts at `index`.
pub(super) const fn lowest_at(index: usize, magnitude: u32) -> u64 {
    let half = 1_usize << (magnitude - 1);
    let bucket = (index >> (magnitude - 1)).saturating_sub(1);
    ((index - bucket * half) as u64) << bucket
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    #[test]
    fn the_array_is_as_long_as_the_crates() {
        for (digits, magnitude) in [(3, FINE), (2, COARSE)] {
            let histogram = Histogram::<u64>::new_with_bounds(1, HIGHEST_NS, digits).unwrap();
            assert_eq!(bins(magnitude), histogram.distinct_values());
        }
    }

    #[test]
    fn every_index_leads_to_its_lowest_value_and_back() {
        for magnitude in [FINE, COARSE] {
            for index in 0..bins(magnitude) {
                let lowest = lowest_at(index, magnitude);
                assert_eq!(index_of(lowest, magnitude), index);
                assert!(lowest == 0 || index_of(lowest - 1, magnitude) == index - 1);
            }
        }
    }

    proptest! {
        /// Spread evenly over the magnitudes, not over the values.
        #[test]
        fn the_rule_is_the_crates(bits in 0_u32..42, random in any::<u64>()) {
            let value = random & HIGHEST_NS >> bits;
            for (digits, magnitude) in [(3, FINE), (2, COARSE)] {
                let histogram = Histogram::<u64>::new_with_bounds(1, HIGHEST_NS, digits).unwrap();
                let lowest = lowest_at(index_of(value, magnitude), magnitude);
                prop_assert_eq!(lowest, histogram.lowest_equivalent(value));
            }
        }
    }
}
