//! The sentence, for somebody who knows Kafka and has not read a manual of ours.

use super::SystemOutcome;
use super::asked::Reached;
use super::event::{SystemEvent, SystemEventKind};
use crate::plan::DriverKind;
use crate::units::{format_ns, format_rate, whole_ns};
use crate::workload_generator::totals::measured;
use crate::workload_generator::{RunOutcome, RunResult};

/// Shortfalls and failures told in the sentence; the others stand in the list.
const TOLD: usize = 4;
/// So many stalls are told one by one.
const SINGLE_STALLS: usize = 2;

pub(super) fn sentence(
    result: &RunResult<'_>,
    outcome: SystemOutcome,
    reached: &Reached,
    events: &[SystemEvent],
) -> String {
    let told = |of: fn(SystemEventKind) -> bool| {
        let all = in_words(events.iter().filter(|event| of(event.kind)));
        let more = all.len().saturating_sub(TOLD);
        let first = all[..all.len() - more].join(", ");
        if more > 0 { format!("{first}, and {more} more") } else { first }
    };
    match outcome {
        SystemOutcome::Failed => format!("{}.", told(|kind| kind.is_failure() || kind.is_shortfall())),
        SystemOutcome::DidNotHold => format!("{}.", told(SystemEventKind::is_shortfall)),
        SystemOutcome::Held => held(result, reached),
        SystemOutcome::Took => took(result),
        SystemOutcome::NotJudged => not_judged(result, reached),
    }
}

/// One by one, but several stalls of a broker together: what became of the load by them would be lost among them.
fn in_words<'a>(events: impl Iterator<Item = &'a SystemEvent>) -> Vec<String> {
    let (stalls, others): (Vec<&SystemEvent>, Vec<&SystemEvent>) =
        events.partition(|event| event.kind == SystemEventKind::BrokerStall);
    let length_s = |stall: &&SystemEvent| stall.length_s.unwrap_or(0.0);
    let together = match stalls.iter().max_by(|a, b| length_s(a).total_cmp(&length_s(b))) {
        Some(longest) if stalls.len() > SINGLE_STALLS => {
            let all_ns = whole_ns(stalls.iter().map(length_s).sum::<f64>() * 1e9);
            let (times, longest_ns) = (stalls.len(), whole_ns(length_s(longest) * 1e9));
            let at_s = longest.begin_s.unwrap_or(0.0);
            vec![format!(
                "it answered nobody {times} times, for {} in all (longest {} at {at_s:.1} s)",
                format_ns(all_ns),
                format_ns(longest_ns)
            )]
        }
        _ => stalls.iter().map(|stall| stall.text.clone()).collect(),
    };
    together.into_iter().chain(others.into_iter().map(|event| event.text.clone())).collect()
}

fn held(result: &RunResult<'_>, reached: &Reached) -> String {
    let rates = measured(result).rates;
    let target = match reached {
        Reached::Yes { target_per_s } => format!(" of {}", format_rate(*target_per_s)),
        _ => String::new(),
    };
    let nothing = if result.plan.message.stamp { "nothing failed or was lost" } else { "nothing failed" };
    format!("it acknowledged {}{target}, without a stall; {nothing}.", format_rate(rates.acknowledged_per_s))
}

fn took(result: &RunResult<'_>) -> String {
    if let Some(search) = &result.search {
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
    let rates = measured(result).rates;
    if result.plan.producers() == 0 {
        return format!("it delivered {}.", format_rate(rates.received_per_s));
    }
    let mib_per_s = rates.acknowledged_bytes_per_s / 1024.0 / 1024.0;
    format!("it acknowledged {} ({mib_per_s:.1} MiB/s).", format_rate(rates.acknowledged_per_s))
}

fn not_judged(result: &RunResult<'_>, reached: &Reached) -> String {
    if result.plan.driver.kind == DriverKind::Null {
        return "there was no broker: the generator measured itself.".to_owned();
    }
    match &result.outcome {
        RunOutcome::ClientDied { .. } | RunOutcome::WorkerLost { .. } => {
            return "a part of the generator died, and with it what it had seen of the broker.".to_owned();
        }
        RunOutcome::Failed { .. } => return "the run failed before its end.".to_owned(),
        _ => {}
    }
    if let Reached::NotOffered { target_per_s, offered_per_s } = reached {
        return format!(
            "the generator offered {} of {}, and the broker took all of it.",
            format_rate(*offered_per_s),
            format_rate(*target_per_s)
        );
    }
    if result.epoch_ns == 0 { "the load did not begin." } else { "nothing was measured." }.to_owned()
}
