//! The rates of a run as OMB's CSV tool sums them up: through a histogram of one significant digit.

use hdrhistogram::Histogram;

/// Java's `Long.MAX_VALUE`: what its histogram calls the smallest value of none.
const NO_MINIMUM: u64 = i64::MAX as u64;

/// Four figures of a series of rates, messages per second. All but the deviation are ends or middles of the histogram's
/// classes, so 20,000 may read 19,456; that is OMB's doing and kept, for columns that can be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateFigures {
    /// Smallest that is not 0, lower end of its class; 9,223,372,036,854,775,807 where there is none.
    pub min: u64,
    /// Mean of the middles of the classes.
    pub average: f64,
    /// Standard deviation from that mean.
    pub deviation: f64,
    /// Largest, upper end of its class.
    pub max: u64,
}

impl RateFigures {
    /// Sums up rates; fractions are cut off first, what is below 0 or no number counts as 0. OMB's tool gives up above
    /// 16.7 million messages per second; here the classes go on.
    pub fn of(rates: &[f64]) -> Self {
        let mut histogram =
            Histogram::<u64>::new_with_bounds(1, NO_MINIMUM, 1).expect("bounds and digits are constants in range");
        for rate in rates {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "cutting off is what is wanted"
            )]
            histogram.saturating_record((*rate as u64).min(NO_MINIMUM));
        }
        let count = histogram.len();
        if count == 0 {
            return Self { min: NO_MINIMUM, average: 0.0, deviation: 0.0, max: 0 };
        }
        // The library's own mean divides every summand, which can tip a half to the other side; OMB's divides the sum.
        let classes = || {
            histogram.iter_recorded().map(|class| {
                (as_f64(histogram.median_equivalent(class.value_iterated_to())), as_f64(class.count_at_value()))
            })
        };
        let average = classes().map(|(middle, count)| middle * count).sum::<f64>() / as_f64(count);
        let squares: f64 = classes().map(|(middle, count)| (middle - average).powi(2) * count).sum();
        let any = rates.iter().any(|rate| *rate >= 1.0);
        Self {
            min: if any { histogram.min_nz() } else { NO_MINIMUM },
            average,
            deviation: (squares / as_f64(count)).sqrt(),
            max: histogram.max(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Java does the same; rates and counts are far below 2^53")]
fn as_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::super::number::decimal;
    use super::*;

    fn written(rates: &[f64]) -> String {
        let RateFigures { min, average, deviation, max } = RateFigures::of(rates);
        format!("{min},{},{},{max}", decimal(average, 0), decimal(deviation, 2))
    }

    #[test]
    fn rates_come_out_as_of_javas_histogram() {
        // Written by HdrHistogram 2.2.2 for Java, bounds 1 to 10,000,000, one digit.
        for (rates, expected) in [
            (&[][..], "9223372036854775807,0,0,0"),
            (&[0.0], "9223372036854775807,0,0,0"),
            (&[0.0, 5.0], "5,2,2.5,5"),
            (&[0.9, 0.0, 3.0], "3,1,1.41,3"),
            (&[1.0, 2.0, 2.0, 2.0], "1,2,0.43,2"),
            (&[31.0, 32.0, 33.0, 34.0], "31,33,1.41,35"),
            (&[63.0, 64.0, 65.0, 127.0, 128.0], "62,91,31.43,135"),
            (&[999.9, 1000.4, 1003.7], "992,1008,0,1023"),
            (&[20_000.5, 19_950.1, 60_123.0], "19456,33451,19067.37,61439"),
            (&[16_777_215.0], "16252928,16515072,0,16777215"),
            (&[9_999_999.0, 1e7, 123_456.789], "122880,6857387,4760567.18,10485759"),
        ] {
            assert_eq!(written(rates), expected, "{rates:?}");
        }
    }

    #[test]
    fn rates_beyond_ombs_range_and_none_at_all_do_no_harm() {
        assert!(RateFigures::of(&[2e7]).max >= 20_000_000);
        assert_eq!(RateFigures::of(&[f64::NAN, -5.0]).max, 0);
        assert_eq!(RateFigures::of(&[f64::INFINITY]).max, NO_MINIMUM);
    }
}
