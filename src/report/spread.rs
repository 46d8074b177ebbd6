//! How sure the closing table's figures are: their intervals over the periods of the run, and whether they changed
//! meanwhile.
//!
//! Each measured period has a value; neighbours resemble each other, so the intervals are those of batch means. What
//! differs from start to start is not in them: that takes several runs.

use crate::campaign::compare::run::FIGURES;
use crate::campaign::compare::{drifts_within, spread_share};

/// Figures that are told, by their names in `FIGURES`, and what stands before each.
const TOLD: [(&str, &str); 5] = [
    ("publish_rate_per_s", "rate"),
    ("acknowledge_actual p50", "acknowledged p50"),
    ("acknowledge_actual p99", "p99"),
    ("end_to_end_actual p50", "end to end p50"),
    ("end_to_end_actual p99", "p99"),
];

/// How sure a figure is, over the periods of its run.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct FigureInterval {
    /// A figure of measurement by its name, as goals have it.
    figure: &'static str,
    /// Half of the interval of 95 % of the figure's mean over the periods, as a share of it.
    half_width_share: f64,
}

/// Values of the periods, for each figure of `FIGURES`; empty where nobody measures it.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodValues(pub Vec<Vec<f64>>);

impl PeriodValues {
    /// Of periods, each with a value for each figure.
    pub fn of(periods: impl Iterator<Item = [Option<f64>; FIGURES.len()]>) -> Self {
        let mut values = vec![Vec::new(); FIGURES.len()];
        for period in periods {
            values.iter_mut().zip(period).for_each(|(all, value)| all.extend(value));
        }
        Self(values)
    }

    /// How sure each figure is, where there are periods enough.
    pub fn intervals(&self) -> Vec<FigureInterval> {
        let all = FIGURES.iter().zip(&self.0).filter_map(|(figure, values)| {
            let half_width_share = spread_share(values).filter(|share| share.is_finite())?;
            Some(FigureInterval { figure: figure.name, half_width_share })
        });
        all.collect()
    }

    /// The intervals in a line, where there are periods enough, and every change in a line of its own.
    pub fn lines(&self) -> Vec<String> {
        let told = TOLD.iter().filter_map(|(name, words)| {
            let at = FIGURES.iter().position(|figure| figure.name == *name)?;
            Some(format!("{words} ±{}", percent(spread_share(&self.0[at])?)))
        });
        let told: Vec<String> = told.collect();
        let mut lines = Vec::new();
        if !told.is_empty() {
            lines.push(format!("  over the periods (95 %): {}", told.join(", ")));
        }
        lines.extend(drifts_within(&self.0).into_iter().map(|drift| format!("  drift: {drift}")));
        lines
    }
}

/// Two digits: `0.03 %`, `1.2 %`, `35 %`.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 0.005 => "0 %".to_owned(),
        percent if percent < 0.1 => format!("{percent:.2} %"),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(periods: usize, growth: f64) -> PeriodValues {
        let mut dice = fastrand::Rng::with_seed(11);
        PeriodValues::of((0..periods).map(|at| {
            let mut period = [None; FIGURES.len()];
            period[0] = Some(20_000.0 + dice.f64());
            period[3] = Some(2e6 * (1.0 + growth * at as f64) * (0.9 + 0.2 * dice.f64()));
            period
        }))
    }

    #[test]
    fn intervals_stand_in_one_line_and_a_change_in_another() {
        let steady = values(30, 0.0).lines();
        assert_eq!(steady.len(), 1, "{steady:?}");
        assert!(steady[0].starts_with("  over the periods (95 %): rate ±0 %, p99 ±"), "{steady:?}");
        let drifting = values(30, 0.05).lines();
        assert!(drifting[1].starts_with("  drift: acknowledge_actual p99 rose by "), "{drifting:?}");
    }

    #[test]
    fn the_detail_file_has_the_same_intervals() {
        let intervals = values(30, 0.0).intervals();
        let figures: Vec<&str> = intervals.iter().map(|interval| interval.figure).collect();
        assert_eq!(figures, ["publish_rate_per_s", "acknowledge_actual p99"]);
        assert!((0.005..0.1).contains(&intervals[1].half_width_share), "{intervals:?}");
        assert_eq!(values(3, 0.0).intervals(), []);
    }

    #[test]
    fn few_periods_say_nothing() {
        assert_eq!(values(3, 0.0).lines(), Vec::<String>::new());
        assert_eq!(values(0, 0.0).lines(), Vec::<String>::new());
    }

    #[test]
    fn shares_have_no_more_digits_than_they_are_worth() {
        for (share, text) in [(0.0, "0 %"), (0.0003, "0.03 %"), (0.012, "1.2 %"), (0.346, "35 %")] {
            assert_eq!(percent(share), text);
        }
    }
}
