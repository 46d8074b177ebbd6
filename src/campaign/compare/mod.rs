//! Is the new one better? Two sides of results, figure by figure, with an interval and a verdict in words.
//!
//! Where both sides have repeats, each repeat is one value, and the spread between repeats is the error: it holds what
//! one run can never see (where topics lie, which CPUs, what else the machines do). Of one run each, the periods are
//! the values, batched because neighbours hang together; what differs from start to start is then not in the interval,
//! and the comparison says so. All figures are judged together (Holm).
//!
//! `run` reads figures, `settings` says what was not the same, `drift` what changed within a side, `gate` is
//! `--fail-if`.

mod drift;
pub mod gate;
pub mod run;
pub mod settings;

use super::statistics::{CERTAINTY, Difference, FEWEST, SeriesMean, holm};
use crate::units::format_difference;
pub use drift::{drifts, drifts_within};
use run::{ComparedFigure, ComparedRun, Direction, FIGURES};

/// Half of the interval of 95 % of a mean over periods, as a share of it. None: there are too few periods, or they are
/// nothing.
pub fn spread_share(periods: &[f64]) -> Option<f64> {
    let series = SeriesMean::of_series(periods).filter(|series| series.mean > 0.0)?;
    Some(series.half_width(CERTAINTY) / series.mean)
}

/// A difference below this is none that anybody asked for, however sure it is.
pub const SMALLEST_SHARE: f64 = 0.01;

/// An interval whose upper end is so many times its lower one (three times as much to either side) tells nothing.
const WIDEST: f64 = 9.0;

/// The verdict in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureWord {
    /// The new one is better, shown.
    Better,
    /// The new one is worse, shown.
    Worse,
    /// No difference was shown, or only one that is too small to matter.
    NoDifference,
    /// There are too few values for an interval.
    TooFew,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FigureVerdict {
    /// Its name.
    pub figure: &'static str,
    /// Mean of the base, in ns or per second.
    pub base_mean: f64,
    /// Mean of the new one.
    pub new_mean: f64,
    /// new ÷ base − 1; None: one of them is 0.
    pub difference_share: Option<f64>,
    /// Ends of its interval of 95 %.
    pub interval_share: Option<[f64; 2]>,
    /// The chance of such a difference if there is none, weighed by all figures that were asked.
    pub chance: Option<f64>,
    /// In a word.
    pub word: FigureWord,
    /// In words.
    pub words: String,
    #[serde(skip)]
    direction: Direction,
    /// Are the values times in ns?
    #[serde(skip)]
    pub is_time: bool,
}

impl FigureVerdict {
    /// How much worse the new one is; negative: better.
    pub fn worse_share(&self) -> f64 {
        let share = self.difference_share.unwrap_or(0.0);
        if self.direction == Direction::SmallerIsBetter { share } else { -share }
    }
}

/// What stood for the spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpreadSource {
    /// Repeats of both sides.
    Repeats,
    /// Periods of one run of each side.
    Periods,
}

/// The whole comparison. Runs that are INVALID are to be left out before.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// What stood for the spread.
    pub spread_source: SpreadSource,
    /// Figure by figure.
    pub figures: Vec<FigureVerdict>,
    /// Counts that were 0 on one side and are not on the other, in words.
    pub counts: Vec<String>,
    /// Is any of these worse on the new side?
    pub counts_worse: bool,
}

/// Compares; neither side is empty.
pub fn compare(base: &[ComparedRun], new: &[ComparedRun]) -> Comparison {
    let repeats = base.len() > 1 && new.len() > 1;
    let spread_source = if repeats { SpreadSource::Repeats } else { SpreadSource::Periods };
    let mut figures: Vec<FigureVerdict> = Vec::new();
    for (at, figure) in FIGURES.iter().enumerate() {
        let side = |runs: &[ComparedRun]| if repeats { of_repeats(runs, at) } else { of_periods(runs, at) };
        let known = |runs: &[ComparedRun]| runs.iter().any(|run| run.whole[at].is_some());
        if known(base) && known(new) {
            figures.push(raw(figure, side(base), side(new), (mean_of(base, at), mean_of(new, at))));
        }
    }
    // Judged together: one of many figures looks different by chance.
    let asked: Vec<usize> = (0..figures.len()).filter(|at| figures[*at].chance.is_some()).collect();
    let chances: Vec<f64> = asked.iter().filter_map(|at| figures[*at].chance).collect();
    for (at, chance) in asked.into_iter().zip(holm(&chances)) {
        figures[at].chance = Some(chance);
    }
    figures.iter_mut().for_each(judge);
    let (counts, counts_worse) = counts(base, new);
    Comparison { spread_source, figures, counts, counts_worse }
}

fn values(runs: &[ComparedRun], figure: usize) -> Vec<f64> {
    runs.iter().filter_map(|run| run.whole[figure]).collect()
}

fn mean_of(runs: &[ComparedRun], figure: usize) -> f64 {
    let values = values(runs, figure);
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn of_repeats(runs: &[ComparedRun], figure: usize) -> Option<SeriesMean> {
    SeriesMean::of_independent(&values(runs, figure))
}

/// All periods of a side's runs; of several runs one behind the other.
fn of_periods(runs: &[ComparedRun], figure: usize) -> Option<SeriesMean> {
    let values: Vec<f64> = runs.iter().flat_map(|run| run.periods[figure].iter().copied()).collect();
    SeriesMean::of_series(&values)
}

fn raw(figure: &ComparedFigure, base: Option<SeriesMean>, new: Option<SeriesMean>, whole: (f64, f64)) -> FigureVerdict {
    let difference = base.zip(new).and_then(|(base, new)| Difference::of(&base, &new));
    let means = base.zip(new).map_or(whole, |(base, new)| (base.mean, new.mean));
    FigureVerdict {
        figure: figure.name,
        base_mean: means.0,
        new_mean: means.1,
        difference_share: difference.map(|difference| difference.share),
        interval_share: difference.map(|difference| [difference.from_share, difference.to_share]),
        chance: difference.map(|difference| difference.chance),
        word: FigureWord::TooFew,
        words: String::new(),
        direction: figure.direction,
        is_time: figure.is_time,
    }
}

fn judge(verdict: &mut FigureVerdict) {
    let (Some(share), Some([from, to]), Some(chance)) =
        (verdict.difference_share, verdict.interval_share, verdict.chance)
    else {
        (verdict.word, verdict.words) = if verdict.base_mean == 0.0 && verdict.new_mean == 0.0 {
            (FigureWord::NoDifference, "both are 0".to_owned())
        } else {
            (FigureWord::TooFew, format!("no interval: {FEWEST} periods or 2 repeats of each side are needed"))
        };
        return;
    };
    if (1.0 + to) > WIDEST * (1.0 + from) {
        (verdict.word, verdict.interval_share) = (FigureWord::TooFew, None);
        verdict.words = "nothing can be told: too few periods, or too uneven ones".to_owned();
        return;
    }
    let larger_is_better = verdict.direction == Direction::LargerIsBetter;
    let reach = from.abs().max(to.abs());
    (verdict.word, verdict.words) = if chance >= 1.0 - CERTAINTY {
        (FigureWord::NoDifference, format!("no difference shown; one of more than {} would have been", percent(reach)))
    } else if share.abs() < SMALLEST_SHARE {
        (FigureWord::NoDifference, format!("the same within {}", percent(SMALLEST_SHARE)))
    } else if (share > 0.0) == larger_is_better {
        (FigureWord::Better, by("better", share))
    } else {
        (FigureWord::Worse, by("worse", share))
    };
}

/// `worse by 8.1 %`; from three times as much on `worse: × 5.7`.
fn by(word: &str, share: f64) -> String {
    if share >= 2.0 {
        return format!("{word}: {}", format_difference(share));
    }
    format!("{word} by {}", percent(share))
}

/// As a share, whatever its sign.
fn percent(share: f64) -> String {
    format!("{:.1} %", share.abs() * 100.0)
}

/// Messages lost and the like need no statistics: they are there or not.
fn counts(base: &[ComparedRun], new: &[ComparedRun]) -> (Vec<String>, bool) {
    let sum = |runs: &[ComparedRun], name: &str| -> u64 {
        runs.iter().flat_map(|run| &run.counts).filter(|(counted, _)| *counted == name).map(|(_, count)| count).sum()
    };
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in base.iter().chain(new).flat_map(|run| &run.counts) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let (mut told, mut worse) = (Vec::new(), false);
    for name in names {
        let (before, now) = (sum(base, name), sum(new, name));
        if before != now && (before == 0 || now == 0) {
            let word = if now > 0 { "worse" } else { "better" };
            worse |= now > 0;
            told.push(format!("{name}: {before} messages in the base, {now} in the new one: {word}"));
        }
    }
    (told, worse)
}

#[cfg(test)]
mod tests;
