//! The straight line through a series (least squares), as fio's steady state looks at it: not how much a rate wavers
//! but where it goes.

/// Fewer points than this say nothing about where a series goes.
pub(super) const LEAST_POINTS: usize = 4;

/// Where a series goes.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct Trend {
    /// Mean of the points.
    #[schemars(extend("unit" = "messages/s"))]
    pub mean: f64,
    /// Change of the fitted line over the measurement, as a share of the mean.
    pub change_share: f64,
    /// How many points (seconds, or periods) the line was fitted to.
    #[schemars(extend("unit" = "points"))]
    pub points: usize,
}

impl Trend {
    /// Of (value, how long it holds) in order: what holds longer counts for more. None: too few, or a mean of 0.
    pub(super) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let length: f64 = points.iter().map(|(_, span)| span).sum();
        let mean = points.iter().map(|(value, span)| value * span).sum::<f64>() / length;
        // Not a number where there is no time at all.
        if points.len() < LEAST_POINTS || mean.is_nan() || mean <= 0.0 {
            return None;
        }
        let (mut begin, mut above, mut below) = (0.0, 0.0, 0.0);
        for (value, span) in points {
            let x = begin + span / 2.0 - length / 2.0;
            above += span * x * (value - mean);
            below += span * x * x;
            begin += span;
        }
        Some(Self { mean, change_share: above / below * length / mean, points: points.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(values: &[f64]) -> Vec<(f64, f64)> {
        values.iter().map(|value| (*value, 1.0)).collect()
    }

    fn change(points: &[f64]) -> f64 {
        Trend::of(&seconds(points)).unwrap().change_share
    }

    #[test]
    fn rows_of_several_lengths_go_where_their_seconds_go() {
        let slope: Vec<f64> = (0..40).map(|second| 100.0 + f64::from(second)).collect();
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let mut aged = vec![(mean(&slope[..10]), 10.0), (mean(&slope[10..20]), 10.0)];
        aged.extend(seconds(&slope[20..]));
        let (aged, exact) = (Trend::of(&aged).unwrap(), Trend::of(&seconds(&slope)).unwrap());
        assert!((aged.mean - exact.mean).abs() < 1e-9, "{aged:?} {exact:?}");
        assert!((aged.change_share - exact.change_share).abs() < 1e-3, "{aged:?} {exact:?}");
    }

    #[test]
    fn a_level_series_goes_nowhere_and_a_slope_is_its_own_line() {
        assert!(change(&[5.0; 10]).abs() < 1e-12);
        // From 95 to 105 over ten points of distance 1: the line rises by 10 × 10/9 over all ten.
        let slope: Vec<f64> = (0..10).map(|i| 95.0 + f64::from(i) * 10.0 / 9.0).collect();
        assert!((change(&slope) - 0.111).abs() < 0.001, "{}", change(&slope));
        assert!(change(&[10.0, 12.0, 8.0, 10.0, 12.0, 8.0]).abs() < 0.2, "wavering is no trend");
    }

    #[test]
    fn few_points_or_nothing_have_no_trend() {
        assert_eq!(Trend::of(&seconds(&[1.0, 2.0, 3.0])), None);
        assert_eq!(Trend::of(&seconds(&[0.0; 9])), None);
    }

    proptest! {
        #[test]
        fn a_trend_does_not_depend_on_the_unit(
            points in prop::collection::vec(1.0..1e6f64, 4..40),
            unit in 0.1..10.0f64,
        ) {
            let scaled: Vec<f64> = points.iter().map(|point| point * unit).collect();
            prop_assert!((change(&points) - change(&scaled)).abs() < 1e-6);
            let backwards: Vec<f64> = points.iter().rev().copied().collect();
            prop_assert!((change(&points) + change(&backwards)).abs() < 1e-6);
        }
    }
}
