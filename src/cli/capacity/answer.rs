//! What a search found, for people and as JSON.

use super::trial::TrialFigures;
use crate::campaign::capacity_search::{CapacitySearch, GoalCapacity};
use crate::plan::Plan;
use crate::units::{format_ns, format_rate, whole_ns};
use serde::Serialize;

/// A latency has left the flat part of its curve where it is so many times that of the lowest rung.
const KNEE: f64 = 2.0;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct CapacityAnswer {
    workload: String,
    driver: String,
    /// The highest rate at which all goals held, messages per second.
    pub(super) together_per_s: Option<f64>,
    goals: Vec<GoalAnswer>,
    /// Why the search ended before it had settled.
    ended_early: Option<String>,
    trials: u32,
    /// Latency at shares of the answer.
    pub(super) ladder: Vec<LadderStep>,
}

#[derive(Debug, Serialize)]
struct GoalAnswer {
    goal: String,
    held_per_s: Option<f64>,
    failed_per_s: Option<f64>,
    settled: bool,
    generator_limited: bool,
}

/// One step of the ladder.
#[derive(Debug, Serialize)]
pub(super) struct LadderStep {
    load_share: f64,
    pub(super) rate_per_s: f64,
    acknowledge_actual_p50_ns: Option<f64>,
    acknowledge_actual_p99_ns: Option<f64>,
    acknowledge_actual_p99_9_ns: Option<f64>,
    end_to_end_actual_p50_ns: Option<f64>,
    end_to_end_actual_p99_ns: Option<f64>,
    end_to_end_actual_p99_9_ns: Option<f64>,
    pub(super) verdict: String,
    pub(super) began_at: String,
    pub(super) took_s: f64,
    /// Its detail file, beside the answer.
    pub(super) result: String,
}

impl LadderStep {
    pub(super) fn new(load_share: f64, rate_per_s: f64, seen: &TrialFigures) -> Self {
        let [acknowledged, end_to_end] = seen.latencies_ns;
        Self {
            load_share,
            rate_per_s,
            verdict: seen.verdict_name.clone(),
            began_at: seen.began_at.clone(),
            took_s: seen.took_s,
            result: seen.result.clone(),
            acknowledge_actual_p50_ns: acknowledged[0],
            acknowledge_actual_p99_ns: acknowledged[1],
            acknowledge_actual_p99_9_ns: acknowledged[2],
            end_to_end_actual_p50_ns: end_to_end[0],
            end_to_end_actual_p99_ns: end_to_end[1],
            end_to_end_actual_p99_9_ns: end_to_end[2],
        }
    }

    /// All its latencies, acknowledgement first.
    pub(super) fn values(&self) -> [Option<f64>; 6] {
        [
            self.acknowledge_actual_p50_ns,
            self.acknowledge_actual_p99_ns,
            self.acknowledge_actual_p99_9_ns,
            self.end_to_end_actual_p50_ns,
            self.end_to_end_actual_p99_ns,
            self.end_to_end_actual_p99_9_ns,
        ]
    }

    pub(super) fn line(&self) -> String {
        let told = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |ns| format_ns(whole_ns(ns)));
        format!(
            "{:>5.0} % {:>14}  acknowledged p50 {} p99 {}  end to end p50 {} p99 {}",
            self.load_share * 100.0,
            format_rate(self.rate_per_s),
            told(self.acknowledge_actual_p50_ns),
            told(self.acknowledge_actual_p99_ns),
            told(self.end_to_end_actual_p50_ns),
            told(self.end_to_end_actual_p99_ns),
        )
    }
}

impl CapacityAnswer {
    pub(super) fn new(
        plan: &Plan,
        search: &CapacitySearch,
        ladder: Vec<LadderStep>,
        ended_early: Option<String>,
        trials: u32,
    ) -> Self {
        let answers = search.answers();
        let held = answers.iter().map(|answer| answer.held_per_s);
        let together_per_s = held.reduce(|a, b| a.zip(b).map(|(a, b)| a.min(b))).flatten();
        let names = plan.goals.iter().map(|goal| goal.text.clone());
        let names = names.chain(plan.goals.is_empty().then(|| "the load is taken and received".to_owned()));
        let of_goal = |(goal, answer): (String, GoalCapacity)| GoalAnswer {
            goal,
            held_per_s: answer.held_per_s,
            failed_per_s: answer.failed_per_s,
            settled: answer.settled,
            generator_limited: answer.generator_limited,
        };
        Self {
            workload: plan.workload_name.clone(),
            driver: plan.driver_name.clone(),
            together_per_s,
            goals: names.zip(answers).map(of_goal).collect(),
            ended_early,
            trials,
            ladder,
        }
    }

    /// What was searched, on what.
    pub(super) fn title(&self) -> String {
        format!("{} on {}: latency over load", self.workload, self.driver)
    }

    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.goals.iter().map(GoalAnswer::line).collect();
        if self.goals.len() > 1 {
            lines.push(match self.together_per_s {
                Some(per_s) => format!("CAPACITY  {} for all of these together", format_rate(per_s)),
                None => "NO CAPACITY for all of these together".to_owned(),
            });
        }
        lines.extend(self.ended_early.iter().map(|why| format!("  the search ended early: {why}")));
        lines.extend(self.knee().map(|knee| format!("  {knee}")));
        lines.join("\n")
    }

    /// Where the p99 leaves the flat part of its curve.
    fn knee(&self) -> Option<String> {
        let p99 = |rung: &LadderStep| rung.end_to_end_actual_p99_ns.or(rung.acknowledge_actual_p99_ns);
        let flat = p99(self.ladder.first()?)?;
        let beyond = self.ladder.iter().position(|rung| p99(rung).is_some_and(|ns| ns > flat * KNEE));
        let percent = |rung: &LadderStep| format!("{:.0} %", rung.load_share * 100.0);
        Some(match beyond {
            None => {
                format!("no knee up to {}: p99 stays below twice that of the lowest load", percent(self.ladder.last()?))
            }
            Some(at) => format!(
                "knee between {} and {}: there p99 comes to more than twice that of the lowest load",
                percent(self.ladder.get(at.saturating_sub(1))?),
                percent(&self.ladder[at])
            ),
        })
    }
}

impl GoalAnswer {
    fn line(&self) -> String {
        let Self { goal, held_per_s, failed_per_s, settled, generator_limited } = self;
        let Some(held) = held_per_s else {
            return format!("NO CAPACITY  {goal}: it held at no rate that was tried");
        };
        let bound = match failed_per_s {
            Some(failed) if *generator_limited => format!(
                "AT LEAST: at {} the generator was the limit, not the system; give it more producers, CPUs or workers",
                format_rate(*failed)
            ),
            Some(failed) => format!("between {} (held) and {} (did not)", format_rate(*held), format_rate(*failed)),
            None => "AT LEAST: no rate was found at which it did not hold".to_owned(),
        };
        let sure = if *settled { "" } else { "; NOT SETTLED" };
        format!("CAPACITY  {}  {goal}: {bound}{sure}", format_rate(*held))
    }
}
