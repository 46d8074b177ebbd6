//! What did the system under test do? It held the load, did not hold it, or failed; without a rate: what it took.
//!
//! One outcome, one sentence in plain words, and the list of what happened, each event with begin, length, amount and
//! who saw it. The other question, which figures are the system's own and which the generator's, is that of the
//! verdict's other half. Nothing of what the generator did to itself is told here as the system's.
//!
//! `gone` tells of topics that somebody has deleted, `counts` reads messages that failed or were lost, `asked` what
//! was asked for and reached, `ending` a broker that is gone, `stalls` whose stall it was, `errors` the texts;
//! `words` makes the sentence.

mod asked;
mod counts;
mod ending;
mod errors;
mod event;
mod gone;
mod stalls;
#[cfg(test)]
mod tests;
mod words;

pub(super) use asked::backlog;
pub use asked::{asked_rate, fell_behind};
pub use errors::ErrorTally;
pub use event::{SystemEvent, SystemEventKind};

use crate::plan::DriverKind;
use crate::workload_generator::{RunOutcome, RunResult};
use asked::Reached;

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemOutcome {
    /// The system took the load that was asked for, and delivered it.
    Held,
    /// It took less, left its consumers behind, or stalled.
    DidNotHold,
    /// It was not there, or messages failed, are unknown, lost, duplicated or corrupt.
    Failed,
    /// No rate was asked for: what it took.
    Took,
    /// Nobody could see: there was no system, no load, or less than the load that was asked for.
    NotJudged,
}

impl std::fmt::Display for SystemOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Held => "HELD",
            Self::DidNotHold => "DID NOT HOLD",
            Self::Failed => "FAILED",
            Self::Took => "TOOK",
            Self::NotJudged => "NOT JUDGED",
        })
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct SystemAnswer {
    /// Held (the load), did_not_hold (less than asked, consumers left behind, stalls), failed (gone, or messages
    /// failed, unknown, lost, duplicated, corrupt), took (no rate was asked for), not_judged (nobody could see).
    pub outcome: SystemOutcome,
    /// The same in one sentence.
    pub sentence: String,
    /// What happened, by begin; what has no moment comes last.
    pub events: Vec<SystemEvent>,
    /// The last distinct errors of all clients, the newest first.
    pub errors: Vec<ErrorTally>,
}

impl SystemAnswer {
    /// On the run as far as it has come.
    pub fn of_run(result: &RunResult<'_>) -> Self {
        let mut events: Vec<SystemEvent> = ending::event(result).into_iter().collect();
        events.extend(stalls_of(result, &events));
        gone::tell(result, &mut events);
        events.extend(counts::events(result));
        let reached = asked::reached(result);
        if let Reached::Less(event) = &reached {
            events.push(event.clone());
        }
        events.extend(asked::backlog(result));
        sort(&mut events);
        let any = |of: fn(SystemEventKind) -> bool| events.iter().any(|event| of(event.kind));
        let outcome = if blind(result) {
            SystemOutcome::NotJudged
        } else if any(SystemEventKind::is_failure) {
            SystemOutcome::Failed
        } else if any(SystemEventKind::is_shortfall) {
            SystemOutcome::DidNotHold
        } else {
            match &reached {
                Reached::NotOffered { .. } => SystemOutcome::NotJudged,
                Reached::NotAsked if result.periods.is_empty() => SystemOutcome::NotJudged,
                Reached::NotAsked => SystemOutcome::Took,
                Reached::Yes { .. } | Reached::Less(_) => SystemOutcome::Held,
            }
        };
        let sentence = words::sentence(result, outcome, &reached, &events);
        Self { outcome, sentence, events, errors: errors::tallies(result) }
    }

    /// "HELD: …": for the head of a result.
    pub fn line(&self) -> String {
        format!("{}: {}", self.outcome, self.sentence)
    }
}

/// Stalls of the whole measurement, but for that which is told as the broker's end.
fn stalls_of(result: &RunResult<'_>, ends: &[SystemEvent]) -> Vec<SystemEvent> {
    let measured = result.periods.iter().flat_map(|period| &period.moments);
    let last = result.end.iter().flat_map(|end| &end.moments);
    let end_ns = result.periods.last().map_or(u64::MAX, |period| period.end_ns.saturating_sub(result.epoch_ns));
    // What began when the load was over is part of the closing; a run that broke off has no such time.
    let over = matches!(result.outcome, RunOutcome::Completed);
    let moments: Vec<_> = measured.chain(last).filter(|moment| !over || moment.begin_ns < end_ns).cloned().collect();
    let gone_s = ends.iter().filter_map(|end| end.begin_s).reduce(f64::min).unwrap_or(f64::INFINITY);
    let told_as_end = |stall: &SystemEvent| match (stall.begin_s, stall.length_s) {
        (Some(begin_s), Some(length_s)) => begin_s + length_s > gone_s,
        _ => false,
    };
    let mut stalls = stalls::events(&moments, result.plan);
    stalls.retain(|stall| stall.kind != SystemEventKind::BrokerStall || !told_as_end(stall));
    stalls
}

/// Was there nothing to see, or nobody left who saw it?
fn blind(result: &RunResult<'_>) -> bool {
    result.epoch_ns == 0
        || result.plan.driver.kind == DriverKind::Null
        || matches!(
            result.outcome,
            RunOutcome::ClientDied { .. } | RunOutcome::WorkerLost { .. } | RunOutcome::Failed { .. }
        )
}

/// By begin; without one last, in the order of kinds.
fn sort(events: &mut [SystemEvent]) {
    events.sort_by(|a, b| {
        let begin = |event: &SystemEvent| event.begin_s.unwrap_or(f64::INFINITY);
        begin(a).total_cmp(&begin(b)).then(a.kind.cmp(&b.kind))
    });
}
