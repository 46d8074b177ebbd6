//! The sentence, for somebody who knows Kafka and has not read a manual of ours.

use super::SystemOutcome;
use super::asked::Reached;
use super::event::{SystemEvent, SystemEventKind};
use crate::plan::DriverKind;
use crate::units::format_rate;
use crate::workload_generator::totals::measured;
use crate::workload_generator::{Outcome, Series};

/// Shortfalls and failures told in the sentence; the others stand in the list.
const TOLD: usize = 4;

pub(super) fn sentence(
    series: &Series<'_>,
    outcome: SystemOutcome,
    reached: &Reached,
    events: &[SystemEvent],
) -> String {
    let told = |of: fn(SystemEventKind) -> bool| {
        let all: Vec<&str> = events.iter().filter(|event| of(event.kind)).map(|event| event.text.as_str()).collect();
        let more = all.len().saturating_sub(TOLD);
        let first = all[..all.len() - more].join(", ");
        if more > 0 { format!("{first}, and {more} more") } else { first }
    };
    match outcome {
        SystemOutcome::Failed => format!("{}.", told(|kind| kind.is_failure() || kind.is_shortfall())),
        SystemOutcome::DidNotHold => format!("{}.", told(SystemEventKind::is_shortfall)),
        SystemOutcome::Held => held(series, reached),
        SystemOutcome::Took => took(series),
        SystemOutcome::NotJudged => not_judged(series, reached),
    }
}

fn held(series: &Series<'_>, reached: &Reached) -> String {
    let rates = measured(series).rates;
    let target = match reached {
        Reached::Yes { target_per_s } => format!(" of {}", format_rate(*target_per_s)),
        _ => String::new(),
    };
    let nothing = if series.plan.message.stamp { "nothing failed or was lost" } else { "nothing failed" };
    format!("it acknowledged {}{target}, without a stall; {nothing}.", format_rate(rates.acknowledged_per_s))
}

fn took(series: &Series<'_>) -> String {
    if let Some(search) = &series.search {
        return match search.found_per_s {
            Some(found_per_s) if search.settled => {
                format!("it sustained {} (held for {:.0} s).", format_rate(found_per_s), search.held_s)
            }
            Some(found_per_s) => {
                format!("it sustained {} so far; the search was not over.", format_rate(found_per_s))
            }
            None => "no rate was found that it sustains; the search was not over.".to_owned(),
        };
    }
    let rates = measured(series).rates;
    if series.plan.producers() == 0 {
        return format!("it delivered {}.", format_rate(rates.received_per_s));
    }
    let mib_per_s = rates.acknowledged_bytes_per_s / 1024.0 / 1024.0;
    format!("it acknowledged {} ({mib_per_s:.1} MiB/s).", format_rate(rates.acknowledged_per_s))
}

fn not_judged(series: &Series<'_>, reached: &Reached) -> String {
    if series.plan.driver.kind == DriverKind::Null {
        return "there was no broker: the generator measured itself.".to_owned();
    }
    match &series.outcome {
        Outcome::ClientDied { .. } | Outcome::WorkerLost { .. } => {
            return "a part of the generator died, and with it what it had seen of the broker.".to_owned();
        }
        Outcome::Failed { .. } => return "the run failed before its end.".to_owned(),
        _ => {}
    }
    if let Reached::NotOffered { target_per_s, offered_per_s } = reached {
        return format!(
            "the generator offered {} of {}, and the broker took all of it.",
            format_rate(*offered_per_s),
            format_rate(*target_per_s)
        );
    }
    if series.epoch_ns == 0 { "the load did not begin." } else { "nothing was measured." }.to_owned()
}
