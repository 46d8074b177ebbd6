//! The latencies of some span of time: a histogram with exact extremes where they are known.

use super::increment::Increment;
use super::recorder::{Extremes, HIGHEST_NS, SIGNIFICANT_DIGITS, empty_histogram, histogram_of_digits};
use hdrhistogram::Histogram;
use std::borrow::Cow;

/// A distribution of latencies in ns. Conventions as HdrHistogram's: a percentile is the highest equivalent value,
/// the mean is of bucket midpoints; both `0` when empty.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Distribution {
    /// The histogram, in `unit_ns`; in ns it has 3 digits.
    #[serde(with = "super::base64_v2")]
    pub histogram: Histogram<u64>,
    /// One of the histogram's values, in ns: 1; 1,000 where somebody else measured in µs; 1,000,000 where times are
    /// differences of whole ms.
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
/// That of a record's CreateTime, ns.
const MS: u64 = 1_000_000;

impl Distribution {
    /// Nothing recorded.
    pub fn empty() -> Self {
        Self::of_ns(empty_histogram(), Some(Extremes::EMPTY), false)
    }
    /// What a histogram of ns shows.
    pub const fn of_ns(histogram: Histogram<u64>, extremes: Option<Extremes>, coarse: bool) -> Self {
        Self { histogram, unit_ns: NS, extremes, coarse }
    }
    /// What a histogram of OMB's shows: whole µs and its own digits, so that nothing is lost on the way through. Its
    /// range (12 h at 5 digits are 20 MB) ends where the values do: buckets stay where they were.
    pub fn of_omb_us(omb: &Histogram<u64>) -> Self {
        let mut histogram = ending_at(omb, omb.max());
        pour(omb, &mut histogram);
        let extremes = histogram.is_empty().then_some(Extremes::EMPTY);
        Self { histogram, unit_ns: US, extremes, coarse: false }
    }
    /// The same of times that were whole ms: told as such, so that no µs show which nobody measured.
    #[must_use]
    pub fn in_whole_ms(&self) -> Self {
        let mut histogram = empty_histogram();
        for bucket in self.histogram.iter_recorded() {
            let value = self.unit_ns.saturating_mul(self.histogram.median_equivalent(bucket.value_iterated_to()));
            histogram.saturating_record_n((value + MS / 2) / MS, bucket.count_at_value());
        }
        Self { histogram, unit_ns: MS, extremes: self.extremes, coarse: self.coarse }
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
    /// Adds what one client's slots brought.
    pub fn add_increment(&mut self, increment: &Increment) {
        if self.unit_ns != NS || self.histogram.sigfig() != SIGNIFICANT_DIGITS || self.histogram.high() != HIGHEST_NS {
            self.add(&increment.to_distribution());
            return;
        }
        increment.pour_into(&mut self.histogram);
        self.extremes = self.extremes.zip(increment.extremes).map(|(a, b)| a.merged(b));
        self.coarse |= increment.coarse;
    }
    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }
    /// Value at percentile (0–100) in ns, highest equivalent; 0 when empty.
    pub fn percentile_ns(&self, percentile: f64) -> u64 {
        quantile(percentile, self.count())
            .map_or(0, |quantile| self.unit_ns * self.histogram.value_at_quantile(quantile))
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
    /// In OMB's form: a histogram of whole µs, 5 digits, values clipped to `highest_us` (at least 2). Each bucket goes
    /// in with its median equivalent value, cut to whole µs as OMB cuts.
    pub fn to_omb_us(&self, highest_us: u64) -> Histogram<u64> {
        self.in_omb_us(highest_us, highest_us)
    }
    /// The same values in a histogram that ends behind the largest: every figure is the same, and megabytes of zeros
    /// need not be written.
    pub fn to_short_omb_us(&self, highest_us: u64) -> Histogram<u64> {
        let largest_us = self.unit_ns.saturating_mul(self.histogram.max()) / US;
        self.in_omb_us(highest_us, largest_us.saturating_add(1).min(highest_us))
    }
    fn in_omb_us(&self, highest_us: u64, end_us: u64) -> Histogram<u64> {
        let highest_us = highest_us.max(2);
        let mut omb = Histogram::new_with_bounds(1, end_us.max(2), 5).expect("1 … at least 2 fits 5 digits");
        if self.unit_ns == US {
            pour(&self.histogram, &mut omb);
            return omb;
        }
        for bucket in self.histogram.iter_recorded() {
            let us = self.histogram.median_equivalent(bucket.value_iterated_to()).saturating_mul(self.unit_ns) / US;
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

/// The quantile (0–1) to ask the hdrhistogram crate for to get the value at a percentile (0–100) of `total` values;
/// None when there are none.
///
/// The rank is Java's (HdrHistogram 2.1.12 `getValueAtPercentile`): one ulp is taken off the percentile before rounding
/// up, so that 99.9 % of 1,000 values is the 999th. The crate does not do this.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks beyond 2^53 round as in Java; the rank is between 0 and the count"
)]
pub(super) fn quantile(percentile: f64, total: u64) -> Option<f64> {
    if total == 0 {
        return None;
    }
    let asked = percentile.next_down().clamp(0.0, 100.0);
    if asked == 0.0 {
        return Some(0.0);
    }
    let rank = ((asked * total as f64 / 100.0).ceil() as u64).max(1);
    // Half a rank lower, so that the crate's own rounding up lands on `rank` whatever the product rounds to.
    Some((rank as f64 - 0.5) / total as f64)
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

/// Adds `source` to `target`. With the same buckets counts are added; with others each bucket goes in with its
/// midpoint, clipped to the target's range.
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
mod tests;
