//! The third answer: did the run reach its goals? Judged on the same figures that the detail file tells.
//!
//! `GoalWatch` sees each measured period once, while its histograms are there, and closes windows; `GoalResults` judges
//! at the end (or so far). A goal is met only by figures that can carry it: of a run that is INVALID, that nobody could
//! judge, or that did not come to its end, nothing is met. Where the generator was the limit, counts and rates are what
//! they are, and a latency that stayed below its bound stayed there although the generator added to it, as long as the
//! rate was offered as asked; anything else is not decided. `window` holds the arithmetic of windows.
//!
//! Over 250 lines: what a goal can be, and how each is judged, in one place.

mod window;

use super::system::asked_rate;
use super::{Cause, Judgement, Verdict};
use crate::plan::Plan;
use crate::plan::goal::{Bound, Goal, GoalFigure, GoalLevel, GoalUnit};
use crate::stats::{Counter, Distribution, Latency};
use crate::units::{Rate, counted, format_ns};
use crate::worker::PeriodStats;
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{RunOutcome, RunResult};
use window::Windows;

/// What became of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalOutcome {
    /// It was reached, by figures that can carry it.
    Met,
    /// It was not reached.
    Missed,
    /// Nobody can tell: there are no figures, or they cannot carry it.
    NotDecided,
}

impl std::fmt::Display for GoalOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::NotDecided => "NOT DECIDED",
        })
    }
}

/// One goal, judged.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct GoalResult {
    /// The goal as written: figure, comparison, bound, windows.
    pub goal: String,
    /// Met, missed, or not_decided: there are no figures, or they cannot carry it (the run is INVALID, not judged, was
    /// not ended, or the generator was the limit).
    #[serde(rename = "goal_outcome")]
    pub outcome: GoalOutcome,
    /// The figure; of windows the worst; null: it is not known. Its unit stands beside it.
    #[serde(rename = "goal_value")]
    pub value: Option<f64>,
    /// What it was compared with, in the same unit; null: the rate asked for is not known.
    #[serde(rename = "goal_bound")]
    pub bound: Option<f64>,
    /// Unit of the value, where it has one.
    pub unit: &'static str,
    /// How many whole windows the measurement had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("unit" = "windows"))]
    pub windows: Option<u32>,
    /// In how many of them the goal held; in one without any value no goal holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("unit" = "windows"))]
    pub windows_held: Option<u32>,
    /// When the worst window began, since the load began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_window_begin_s: Option<f64>,
    /// Value, windows, and why it is not decided, in words.
    #[serde(rename = "text")]
    pub told: String,
}

impl GoalResult {
    /// One line: `met  lost == 0: 0 messages`.
    pub fn line(&self) -> String {
        format!("{}  {}: {}", self.outcome, self.goal, self.told)
    }
}

/// Sees every measured period once.
#[derive(Debug, Default)]
pub struct GoalWatch {
    windows: Vec<Option<Windows>>,
}

impl GoalWatch {
    /// For the goals of this plan.
    pub fn new(plan: &Plan) -> Self {
        let windows = plan.goals.iter().map(|goal| goal.windows.map(|windows| Windows::new(windows.length)));
        Self { windows: windows.collect() }
    }

    /// A period has ended.
    pub fn see(&mut self, period: &PeriodStats, result: &RunResult<'_>) {
        for (goal, windows) in result.plan.goals.iter().zip(&mut self.windows) {
            let Some(windows) = windows else { continue };
            windows.add(period, goal, bound(goal, result));
        }
    }

    /// Every goal, judged on what there is.
    pub fn judge(&self, result: &RunResult<'_>, periods: &[Verdict]) -> Vec<GoalResult> {
        if result.plan.goals.is_empty() {
            return Vec::new();
        }
        let judgement = Judgement::of_run(result, periods);
        let goals = result.plan.goals.iter().zip(&self.windows);
        goals.map(|(goal, windows)| judged(goal, windows.as_ref(), result, &judgement)).collect()
    }
}

/// The bound as a number; None: the target is not known.
fn bound(goal: &Goal, result: &RunResult<'_>) -> Option<f64> {
    match goal.bound {
        Bound::Value(value) => Some(value),
        Bound::OfTarget(share) => match asked_rate(result, measured(result).span_s.max(1.0)) {
            Rate::PerSecond(per_s) => Some(share * per_s * receipts_of_each(goal.figure, result.plan)),
            Rate::Unlimited => None,
        },
    }
}

/// Of each message that is sent every subscription receives one.
fn receipts_of_each(figure: GoalFigure, plan: &Plan) -> f64 {
    if figure == GoalFigure::ConsumeRate { f64::from(plan.subscriptions_per_topic) } else { 1.0 }
}

fn judged(goal: &Goal, windows: Option<&Windows>, result: &RunResult<'_>, judgement: &Judgement) -> GoalResult {
    let unit = goal.figure.unit();
    let bound = bound(goal, result);
    let (value, held, mut told) = match windows {
        None => {
            let value = value(goal.figure, result);
            let held = value.zip(bound).map(|(value, bound)| goal.comparison.holds(value, bound));
            (value, held, value.map(|value| unit.told(value)).unwrap_or_default())
        }
        Some(windows) => {
            let share = goal.windows.map_or(1.0, |windows| windows.share);
            (windows.worst(), windows.share_held().map(|held| held >= share), windows.told(unit, result.epoch_ns))
        }
    };
    let outcome = match held {
        None => {
            let nothing = "there is nothing to judge it by";
            told = if told.is_empty() { nothing.to_owned() } else { format!("{told}; {nothing}") };
            GoalOutcome::NotDecided
        }
        Some(held) => {
            let caveat = caveat(goal, held, result, judgement);
            if let Some(caveat) = &caveat {
                told = format!("{told}; {}", caveat.why);
            }
            match (held, caveat) {
                (false, Some(GoalCaveat { spoils_a_miss: true, .. })) => GoalOutcome::NotDecided,
                (false, _) => GoalOutcome::Missed,
                (true, Some(GoalCaveat { spoils: true, .. })) => GoalOutcome::NotDecided,
                (true, _) => GoalOutcome::Met,
            }
        }
    };
    GoalResult {
        goal: goal.text.clone(),
        outcome,
        value,
        bound,
        unit: unit.name(),
        windows: windows.map(Windows::count),
        windows_held: windows.map(Windows::held),
        worst_window_begin_s: windows.and_then(|windows| windows.worst_begin_s(result.epoch_ns)),
        told,
    }
}

/// What stands between a figure and its goal.
struct GoalCaveat {
    why: String,
    /// The goal is not met by such figures.
    spoils: bool,
    /// Nor is it missed.
    spoils_a_miss: bool,
}

fn caveat(goal: &Goal, held: bool, result: &RunResult<'_>, judgement: &Judgement) -> Option<GoalCaveat> {
    let known = |why: &str, spoils| Some(GoalCaveat { why: why.to_owned(), spoils, spoils_a_miss: false });
    match (&result.outcome, judgement.verdict) {
        (_, Verdict::Invalid) => {
            Some(GoalCaveat { why: "the run is INVALID".to_owned(), spoils: true, spoils_a_miss: true })
        }
        (RunOutcome::Running, _) => None,
        (outcome, _) if *outcome != RunOutcome::Completed => known("the run did not come to its end", true),
        (_, Verdict::NotJudged) => known("nobody could judge the generator (NOT JUDGED)", true),
        (_, Verdict::GeneratorLimited) => {
            let offered = !judgement.reasons.iter().any(|reason| reason.cause == Cause::RateNotOffered);
            match goal.figure.unit() {
                GoalUnit::Ns if held && goal.comparison.is_upper() && offered => {
                    known("GENERATOR-LIMITED, and yet below its bound with what the generator added", false)
                }
                GoalUnit::Ns => known("the run is GENERATOR-LIMITED: the figure is the generator's as well", true),
                unit if !offered && held && (unit != GoalUnit::MessagesPerS || goal.comparison.is_upper()) => {
                    known("the run is GENERATOR-LIMITED: the rate was not offered as asked", true)
                }
                _ => known("GENERATOR-LIMITED", false),
            }
        }
        (_, Verdict::Valid) => None,
    }
}

/// A figure of the measurement as a whole; None: it is not known.
fn value(figure: GoalFigure, result: &RunResult<'_>) -> Option<f64> {
    let MeasuredRun { span_s, rates, counters } = measured(result);
    let seen = |value: f64| (span_s > 0.0).then_some(value);
    let count = |count: u64| count as f64;
    let ended = result.end.is_some();
    let by_accounts = |pick: fn(&crate::load::accounting::Balance) -> u64| {
        received_balance(result).map(|balance| count(pick(&balance)))
    };
    match figure {
        GoalFigure::Latency(family, level) => {
            let known = result.plan.measured_by.knows_latency(family);
            result.cumulative.as_ref().filter(|_| known).and_then(|set| of_latency(&set[family], level))
        }
        GoalFigure::PublishRate => seen(rates.acknowledged_per_s),
        GoalFigure::SendRate => seen(rates.enqueued_per_s),
        GoalFigure::ConsumeRate => seen(rates.received_per_s),
        GoalFigure::PublishErrorRate => seen(rates.failed_per_s),
        GoalFigure::PublishBytes => seen(rates.acknowledged_bytes_per_s),
        GoalFigure::ConsumeBytes => seen(rates.received_bytes_per_s),
        GoalFigure::Backlog => {
            let last = result.periods.last().filter(|_| result.plan.has_backlog());
            last.map(|period| count(period.backlog))
        }
        GoalFigure::ErrorShare => {
            let (failed, acknowledged) = (counters[Counter::MessagesFailed], counters[Counter::MessagesAcknowledged]);
            (failed + acknowledged > 0).then(|| count(failed) / count(failed + acknowledged))
        }
        GoalFigure::Lost => by_accounts(|balance| balance.lost),
        GoalFigure::Duplicated => by_accounts(|balance| balance.duplicated),
        GoalFigure::Reordered => by_accounts(|balance| balance.reordered),
        GoalFigure::Failed => ended.then(|| count(totals(result)[Counter::MessagesFailed])),
        GoalFigure::Unknown => ended.then(|| count(totals(result)[Counter::MessagesUnknown])),
    }
}

/// None: there are no values.
fn of_latency(distribution: &Distribution, level: GoalLevel) -> Option<f64> {
    if distribution.count() == 0 {
        return None;
    }
    Some(match level {
        GoalLevel::Min => distribution.min_ns() as f64,
        GoalLevel::Mean => distribution.mean_ns(),
        GoalLevel::Percentile(percentile) => distribution.percentile_ns(percentile) as f64,
        GoalLevel::Max => distribution.max_ns() as f64,
    })
}

/// The goals in a few lines: all of them, the first line how many were met.
pub fn goal_lines(results: &[GoalResult]) -> Vec<String> {
    if results.is_empty() {
        return Vec::new();
    }
    let met = results.iter().filter(|result| result.outcome == GoalOutcome::Met).count();
    let mut lines = vec![format!("goals: {met} of {} met", counted(results.len(), "goal"))];
    lines.extend(results.iter().map(|result| format!("  {}", result.line())));
    lines
}

#[cfg(test)]
mod tests;
