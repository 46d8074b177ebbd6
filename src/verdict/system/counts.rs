//! What the counts say: messages that failed, are unknown, were lost, came twice or damaged.

use super::event::{SystemEvent, SystemEventKind};
use crate::load::accounting::Balance;
use crate::stats::Counter;
use crate::units::counted;
use crate::workload_generator::totals::{received_balance, totals};
use crate::workload_generator::{Outcome, Series};

pub(super) fn events(series: &Series<'_>) -> Vec<SystemEvent> {
    use SystemEventKind as Kind;
    let totals = totals(series);
    let balance = received_balance(series);
    let balanced = |pick: fn(&Balance) -> u64| balance.as_ref().map_or(0, pick);
    // Whoever was killed, or told to end at once, took along what it had on its way: that is nothing the system did.
    let to_the_end = matches!(series.outcome, Outcome::Completed | Outcome::BrokerLost { .. });
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
            SystemEvent::counted(kind, messages, format!("{} {what}", counted(messages, "message")))
        })
        .collect()
}
