//! What the counts say: messages that failed, are unknown, were lost, came twice or damaged.

use super::errors::{ErrorTally, tallies};
use super::event::{SystemEvent, SystemEventKind};
use crate::load::accounting::Balance;
use crate::stats::Counter;
use crate::telemetry::witness::DELIVERY;
use crate::units::counted;
use crate::workload_generator::totals::{received_balance, totals};
use crate::workload_generator::{RunOutcome, RunResult};

pub(super) fn events(result: &RunResult<'_>) -> Vec<SystemEvent> {
    use SystemEventKind as Kind;
    let totals = totals(result);
    let balance = received_balance(result);
    let balanced = |pick: fn(&Balance) -> u64| balance.as_ref().map_or(0, pick);
    // Whoever was killed, or told to end at once, took along what it had on its way: that is nothing the system did.
    let to_the_end = matches!(result.outcome, RunOutcome::Completed | RunOutcome::BrokerLost { .. });
    let ended = |messages: u64| if to_the_end { messages } else { 0 };
    let told: [(Kind, u64, &str); 5] = [
        (Kind::Failed, totals[Counter::MessagesFailed], "failed"),
        (Kind::Unknown, ended(totals[Counter::MessagesUnknown]), "unknown (neither acknowledged nor failed)"),
        (Kind::Lost, ended(balanced(|balance| balance.lost)), "lost (acknowledged and never received)"),
        (Kind::Duplicated, balanced(|balance| balance.duplicated), "received again"),
        (Kind::Corrupt, totals[Counter::MessagesCorrupt], "damaged"),
    ];
    let found = told.into_iter().filter(|(_, messages, _)| *messages > 0);
    found
        .map(|(kind, messages, what)| {
            let event = SystemEvent::counted(kind, messages, format!("{} {what}", counted(messages, "message")));
            if kind == Kind::Failed { with_reason(event, &tallies(result)) } else { event }
        })
        .collect()
}

/// When deliveries failed, why the most of them, and whose.
fn with_reason(failed: SystemEvent, errors: &[ErrorTally]) -> SystemEvent {
    let reason = |error: &ErrorTally| error.words.strip_prefix(DELIVERY).map(str::to_owned);
    let told: Vec<&ErrorTally> = errors.iter().filter(|error| reason(error).is_some()).collect();
    // The first of equals: the newest.
    let Some(why) = told.iter().rev().max_by_key(|error| error.count).and_then(|error| reason(error)) else {
        return failed;
    };
    let begin_s = told.iter().map(|error| error.first_s).fold(f64::INFINITY, f64::min);
    let end_s = told.iter().map(|error| error.last_s).fold(begin_s, f64::max);
    let mut who: Vec<String> = told.iter().flat_map(|error| error.who.clone()).collect();
    who.sort_unstable();
    who.dedup();
    let text = format!("{} from {begin_s:.1} to {end_s:.1} s ({why})", failed.text);
    SystemEvent { begin_s: Some(begin_s), length_s: Some(end_s - begin_s), who, text, ..failed }
}
