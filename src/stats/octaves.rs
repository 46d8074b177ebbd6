//! A histogram in few buckets of equal width on a log scale: what a chart of a distribution draws.

use hdrhistogram::Histogram;

/// Buckets with values, as two columns of equal length.
///
/// With `per_octave` buckets to each doubling, bucket b holds the values from 2^(b / per_octave) ns to below
/// 2^((b + 1) / per_octave) ns; 0 ns is in bucket 0. Only buckets with values are listed, in rising order.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct OctaveBuckets {
    /// Numbers of the buckets that hold values.
    bucket: Vec<u16>,
    /// Values recorded.
    #[schemars(extend("unit" = "values"))]
    count: Vec<u64>,
}

impl OctaveBuckets {
    /// Takes the counts of a histogram of ns. No count is lost; a value moves by its own bucket's width at most.
    pub fn of_ns(histogram: &Histogram<u64>, per_octave: u8) -> Self {
        let mut buckets = Self::default();
        for recorded in histogram.iter_recorded() {
            let bucket = bucket_of(histogram.median_equivalent(recorded.value_iterated_to()), per_octave);
            if buckets.bucket.last() != Some(&bucket) {
                buckets.bucket.push(bucket);
                buckets.count.push(0);
            }
            if let Some(count) = buckets.count.last_mut() {
                *count += recorded.count_at_value();
            }
        }
        buckets
    }

    /// Adds the counts of other values, by the same rule.
    pub fn add(&mut self, other: &Self) {
        let Self { bucket, count } = other;
        for (bucket, count) in bucket.iter().zip(count) {
            match self.bucket.binary_search(bucket) {
                Ok(at) => self.count[at] = self.count[at].saturating_add(*count),
                Err(at) => {
                    self.bucket.insert(at, *bucket);
                    self.count.insert(at, *count);
                }
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "64 octaves × 255 fit 16 bits, and the logarithm of 1 and above is not negative"
)]
fn bucket_of(ns: u64, per_octave: u8) -> u16 {
    ((ns.max(1) as f64).log2() * f64::from(per_octave)).floor() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_in_the_bucket_that_spans_it_and_none_is_lost() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        for (ns, count) in [(0, 1), (1, 1), (1_000, 5), (1_023, 2), (1_024, 7), (4_000_000_000, 1)] {
            histogram.record_n(ns, count).unwrap();
        }
        let buckets = OctaveBuckets::of_ns(&histogram, 8);
        assert_eq!(buckets.bucket, [0, 79, 80, 255]);
        assert_eq!(buckets.count, [2, 7, 7, 1]);
        assert_eq!(buckets.count.iter().sum::<u64>(), histogram.len());
    }

    #[test]
    fn the_buckets_of_two_parts_are_those_of_the_whole() {
        let of = |values: &[u64]| {
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            values.iter().for_each(|ns| histogram.record(*ns).unwrap());
            OctaveBuckets::of_ns(&histogram, 4)
        };
        let mut both = of(&[1_000, 5_000]);
        both.add(&of(&[30, 1_001, 90_000]));
        assert_eq!(both, of(&[30, 1_000, 1_001, 5_000, 90_000]));
    }
}
