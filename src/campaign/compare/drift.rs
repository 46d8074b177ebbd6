//! Did a side change while it was looked at? Within a run along a fitted line; across repeats the later against the
//! earlier half.

use super::run::{ComparedRun, FIGURES};
use crate::campaign::statistics::{CERTAINTY, Difference, SeriesMean, holm, trend};

/// A change below this is not told.
const SMALLEST_SHARE: f64 = 0.05;
/// Repeats of fewer runs have no trend.
const FEWEST_RUNS: usize = 6;

/// Every drift of a side, in words. `side` names it.
pub fn drifts(side: &str, runs: &[ComparedRun]) -> Vec<String> {
    let mut told = Vec::new();
    for run in runs {
        told.extend(drifts_within(&run.periods).into_iter().map(|drift| format!("{side}, {}: {drift}", run.name)));
    }
    if runs.len() >= FEWEST_RUNS {
        let mut ordered: Vec<&ComparedRun> = runs.iter().collect();
        ordered.sort_by(|a, b| a.started_at.cmp(&b.started_at));
        let half = ordered.len() / 2;
        let mean = |runs: &[&ComparedRun], at: usize| {
            SeriesMean::of_independent(&runs.iter().filter_map(|run| run.whole[at]).collect::<Vec<_>>())
        };
        let found = FIGURES.iter().enumerate().filter_map(|(at, figure)| {
            let (early, late) = mean(&ordered[..half], at).zip(mean(&ordered[ordered.len() - half..], at))?;
            Some((figure.name, Difference::of(&early, &late)?))
        });
        told.extend(shown(found.collect(), |figure, change| {
            format!("{side}: {figure} {change} from the earlier repeats to the later: something else changes with time")
        }));
    }
    told
}

/// Every drift within a run, from the values of its periods for each of `FIGURES`.
pub fn drifts_within(periods: &[Vec<f64>]) -> Vec<String> {
    let found = FIGURES.iter().zip(periods).filter_map(|(figure, values)| Some((figure.name, trend(values)?)));
    shown(found.collect(), |figure, change| {
        format!("{figure} {change} from the first third of the run to the last: it had not settled")
    })
}

fn shown(found: Vec<(&str, Difference)>, words: impl Fn(&str, &str) -> String) -> Vec<String> {
    let chances: Vec<f64> = found.iter().map(|(_, difference)| difference.chance).collect();
    let sure = found
        .iter()
        .zip(holm(&chances))
        .filter(|((_, difference), chance)| *chance < 1.0 - CERTAINTY && difference.share.abs() >= SMALLEST_SHARE);
    let told = sure.map(|((figure, difference), _)| {
        let verb = if difference.share > 0.0 { "rose" } else { "fell" };
        words(figure, &format!("{verb} by {:.1} %", difference.share.abs() * 100.0))
    });
    told.collect()
}
