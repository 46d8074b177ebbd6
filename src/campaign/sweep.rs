//! What became of a campaign: figures of each point over its repeats.
//!
//! Each run is one value; the interval is that of their mean (Student's t) on the scale of ratios, as in comparisons.
//! Runs that are INVALID are left out.

use super::compare::run::{ComparedRun, FIGURES};
use super::statistics::{CERTAINTY, SeriesMean, holm, trend};
use crate::units::format_difference;
use serde::Serialize;

/// A change over the whole campaign below this is none that anybody asked for.
const SMALLEST_TREND: f64 = 0.05;

/// A figure that points are looked at by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepFigure {
    /// As goals and comparisons have it: `end_to_end_actual p99`.
    pub figure: String,
    /// As a column: `end_to_end_actual_p99_ns`.
    pub column: String,
    /// Is it a time in ns? Else it is a rate.
    pub is_time: bool,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepRun {
    /// Its point, from 1 on.
    pub point: usize,
    /// Which repeat, from 1 on.
    pub repeat: u32,
    /// The exit code that it would have ended with by itself.
    pub exit_code: u8,
    /// `valid`, `invalid` …; empty: there is none.
    pub verdict: String,
    /// When it began.
    pub began_at: String,
    /// How long it took, start and end included.
    pub took_s: f64,
    /// Its result, relative to the folder; empty: it left none.
    pub result: String,
    /// A value for each figure.
    pub values: Vec<Option<f64>>,
}

/// Values of a figure over repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverRepeats {
    /// Their mean, on the scale of ratios where all are above 0.
    pub mean: f64,
    /// Its interval of 95 %; None: there are fewer than two.
    pub interval: Option<[f64; 2]>,
    /// How many there are.
    pub runs: usize,
}

impl OverRepeats {
    /// None: there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let runs = values.len();
        if runs == 0 {
            return None;
        }
        let ratios = values.iter().all(|value| *value > 0.0);
        let on_scale: Vec<f64> = values.iter().map(|value| if ratios { value.ln() } else { *value }).collect();
        let back = |value: f64| if ratios { value.exp() } else { value.max(0.0) };
        let mean = back(on_scale.iter().sum::<f64>() / runs as f64);
        let interval = SeriesMean::of_independent(&on_scale).map(|series| {
            let half = series.half_width(CERTAINTY);
            [back(series.mean - half), back(series.mean + half)]
        });
        Some(Self { mean, interval, runs })
    }
}

/// One point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepPoint {
    /// From 1 on.
    pub point: usize,
    /// The step of each dimension, from 0 on.
    pub steps: Vec<usize>,
    /// Runs that are in the figures.
    pub runs_used: usize,
    /// Runs that ended without a figure, or are INVALID.
    pub runs_left_out: usize,
    /// The worst verdict among those used; empty: none was used.
    pub verdict: String,
    /// For each figure.
    pub figures: Vec<Option<OverRepeats>>,
}

/// The figures of a run's detail file, or the one of a search.
pub fn figures(of_capacity: bool) -> Vec<SweepFigure> {
    if of_capacity {
        let name = "capacity_per_s".to_owned();
        return vec![SweepFigure { figure: name.clone(), column: name, is_time: false }];
    }
    let figure = |name: &str, is_time: bool| {
        let plain = name.replace([' ', '.'], "_");
        let has_unit = plain.ends_with("_per_s") || plain.contains("_ns");
        let column = if has_unit { plain } else { format!("{plain}_ns") };
        SweepFigure { figure: name.to_owned(), column, is_time }
    };
    FIGURES.iter().map(|compared| figure(compared.name, compared.is_time)).collect()
}

impl SweepRun {
    /// With the figures of its detail file.
    #[must_use]
    pub fn with(self, run: &ComparedRun) -> Self {
        Self { verdict: run.verdict.clone(), values: run.whole.clone(), ..self }
    }

    fn is_used(&self) -> bool {
        self.verdict != "invalid" && self.values.iter().any(Option::is_some)
    }
}

/// All points, from their runs.
pub fn points(steps: &[Vec<usize>], runs: &[SweepRun], figures: usize) -> Vec<SweepPoint> {
    let point = |(at, steps): (usize, &Vec<usize>)| {
        let all: Vec<&SweepRun> = runs.iter().filter(|run| run.point == at + 1).collect();
        let used: Vec<&&SweepRun> = all.iter().filter(|run| run.is_used()).collect();
        let values = |figure: usize| used.iter().filter_map(|run| run.values[figure]).collect::<Vec<f64>>();
        let worst = used.iter().map(|run| run.verdict.as_str()).max_by_key(|verdict| badness(verdict));
        SweepPoint {
            point: at + 1,
            steps: steps.clone(),
            runs_used: used.len(),
            runs_left_out: all.len() - used.len(),
            verdict: worst.unwrap_or_default().to_owned(),
            figures: (0..figures).map(|figure| OverRepeats::of(&values(figure))).collect(),
        }
    };
    steps.iter().enumerate().map(point).collect()
}

fn badness(verdict: &str) -> u8 {
    match verdict {
        "valid" | "" => 0,
        "not_judged" => 1,
        _ => 2,
    }
}

/// Did the campaign as a whole change while it went on? Each run, in the order in which they ran, as a share of its
/// point's mean.
pub fn changed_with_time(points: &[SweepPoint], runs: &[SweepRun], figures: &[SweepFigure]) -> Option<String> {
    let share = |run: &SweepRun, figure: usize| {
        let mean = points.get(run.point - 1)?.figures[figure].as_ref().filter(|over| over.runs > 1)?.mean;
        (run.is_used() && mean > 0.0).then_some(run.values[figure]? / mean)
    };
    let found: Vec<_> = figures
        .iter()
        .enumerate()
        .filter_map(|(at, figure)| {
            let shares: Vec<f64> = runs.iter().filter_map(|run| share(run, at)).collect();
            Some((figure, trend(&shares)?))
        })
        .collect();
    let chances: Vec<f64> = found.iter().map(|(_, trend)| trend.chance).collect();
    let shown = found.iter().zip(holm(&chances));
    let shown = shown.filter(|((_, trend), chance)| *chance < 1.0 - CERTAINTY && trend.share.abs() >= SMALLEST_TREND);
    let shown: Vec<String> =
        shown.map(|((figure, trend), _)| format!("{} by {}", figure.figure, format_difference(trend.share))).collect();
    (!shown.is_empty()).then(|| {
        format!(
            "from the first third of the campaign to the last, at the same points, these changed: {}; something else \
             than what was varied changes with time",
            shown.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(point: usize, repeat: u32, verdict: &str, value: Option<f64>) -> SweepRun {
        SweepRun {
            point,
            repeat,
            exit_code: 0,
            verdict: verdict.to_owned(),
            began_at: String::new(),
            took_s: 1.0,
            result: String::new(),
            values: vec![value],
        }
    }

    #[test]
    fn a_points_interval_is_that_of_its_repeats_on_the_scale_of_ratios() {
        let over = OverRepeats::of(&[90.0, 100.0, 111.111]).unwrap();
        let [from, to] = over.interval.unwrap();
        assert!((over.mean - 100.0).abs() < 0.01, "{over:?}");
        // ln: 0.10536 apart, t(2) = 4.303, ÷ √3.
        let half = (4.303 * 0.10536 / 3.0_f64.sqrt()).exp();
        assert!((from - 100.0 / half).abs() < 0.1 && (to - 100.0 * half).abs() < 0.1, "{over:?}");
        assert_eq!(OverRepeats::of(&[5.0]).unwrap().interval, None);
        assert_eq!(OverRepeats::of(&[]), None);
        assert!(OverRepeats::of(&[0.0, 2.0]).unwrap().interval.unwrap()[0] >= 0.0);
    }

    #[test]
    fn invalid_and_failed_runs_are_left_out_and_counted() {
        let runs = [
            run(1, 1, "valid", Some(10.0)),
            run(2, 1, "invalid", Some(99.0)),
            run(2, 2, "generator_limited", Some(20.0)),
            run(1, 2, "", None),
        ];
        let points = points(&[vec![0], vec![1]], &runs, 1);
        assert_eq!((points[0].runs_used, points[0].runs_left_out, points[0].verdict.as_str()), (1, 1, "valid"));
        assert_eq!((points[1].runs_used, points[1].runs_left_out), (1, 1));
        assert_eq!(points[1].verdict, "generator_limited");
        assert!((points[1].figures[0].as_ref().unwrap().mean - 20.0).abs() < 1e-9);
    }

    #[test]
    fn what_changes_with_time_at_all_points_is_told_and_what_is_varied_is_not() {
        let order = crate::campaign::matrix::visits(4, 4, None);
        let mut dice = fastrand::Rng::with_seed(3);
        let mut series = |growth: f64| {
            let run_at = |(place, visit): (usize, &crate::campaign::matrix::Visit)| {
                let of_point = [10.0, 20.0, 40.0, 80.0][visit.point];
                let value = of_point * (1.0 + growth * place as f64) * (1.0 + 0.01 * dice.f64());
                run(visit.point + 1, visit.repeat + 1, "valid", Some(value))
            };
            order.iter().enumerate().map(run_at).collect::<Vec<_>>()
        };
        let figures = [SweepFigure { figure: "p99".to_owned(), column: "p99_ns".to_owned(), is_time: true }];
        let steps: Vec<Vec<usize>> = (0..4).map(|step| vec![step]).collect();
        for (growth, told) in [(0.0, false), (0.02, true)] {
            let runs = series(growth);
            let found = changed_with_time(&points(&steps, &runs, 1), &runs, &figures);
            assert_eq!(found.is_some(), told, "{growth}: {found:?}");
        }
    }

    #[test]
    fn columns_carry_their_unit() {
        let columns: Vec<String> = figures(false).into_iter().map(|figure| figure.column).collect();
        for column in ["publish_rate_per_s", "acknowledge_actual_p99_9_ns", "cpu_ns_per_message"] {
            assert!(columns.iter().any(|known| known == column), "{column}: {columns:?}");
        }
    }
}
