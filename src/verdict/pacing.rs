//! Are sends where the schedule has them? What a full queue held up is not counted here: `queue` says whose fault that
//! is.

use super::context::{Context, finding, percent};
use super::gather::FoundCause;
use super::{Cause, share};
use crate::plan::Threshold;
use crate::stats::Counter;
use crate::units::{format_count, format_ns, whole_ns};
use crate::worker::ClientFacts;

const NS_PER_US: f64 = 1e3;

pub(super) fn findings(facts: &ClientFacts, context: &Context<'_>) -> Vec<FoundCause> {
    if !context.paced() {
        return Vec::new();
    }
    [error(facts, context), late(facts, context), missed(facts, context)].into_iter().flatten().collect()
}

/// p99.9 of the pacing error, against a share of the interval that has a floor and a ceiling.
fn error(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let error_ns = facts.pacing_error_p999_ns?;
    // A burst is handed over one after the other: it has the time until the next.
    let interval_ns = context.interval_ns(facts)? * f64::from(context.plan.rate.arrivals.at_once().max(1));
    let us = |threshold| context.limit(threshold) * NS_PER_US;
    let limit_ns = (interval_ns * context.limit(Threshold::PacingErrorShare))
        .min(us(Threshold::PacingErrorCeilingUs))
        .max(us(Threshold::PacingErrorFloorUs));
    if error_ns as f64 <= limit_ns {
        return None;
    }
    let says = format!(
        "p99.9 is {}, at an interval of {} the limit is {}{}",
        format_ns(error_ns),
        format_ns(whole_ns(interval_ns)),
        format_ns(whole_ns(limit_ns)),
        circumstances(facts)
    );
    Some(finding(Cause::PacingError, facts, error_ns as f64 / interval_ns, limit_ns / interval_ns, says))
}

/// What the kernel knows of the same time, so that a reader sees whose doing it may be: the machine's others, or
/// nobody's but the loop's own.
fn circumstances(facts: &ClientFacts) -> String {
    let waited = facts.kernel.hot_wait_ns.filter(|ns| *ns > 0);
    let stolen = facts.kernel.steal_ns.filter(|ns| *ns > 0);
    let taken = facts.counters[Counter::HotSwitchesInvoluntary];
    let parts = [
        waited.map(|ns| format!("it waited {} for its CPU", format_ns(ns))),
        (taken > 0).then(|| format!("which was taken from it {} times", format_count(taken))),
        stolen.map(|ns| format!("the hypervisor took {}", format_ns(ns))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("; meanwhile {}", parts.join(", ")) }
}

fn late(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let counters = &facts.counters;
    let late = counters[Counter::LateSends].saturating_sub(counters[Counter::LateSendsBehindQueue]);
    let sent = counters[Counter::MessagesEnqueued];
    let late_share = share(late, sent);
    context.above(Cause::LateSends, facts, late_share, || {
        format!("{} of {} were sent late ({})", format_count(late), format_count(sent), percent(late_share))
    })
}

/// Sends that the policies skip and shift leave out. A schedule that was changed by order has dropped its debt on
/// purpose.
fn missed(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let counters = &facts.counters;
    let dropped = if context.constant_rate() { counters[Counter::DroppedDebt] } else { 0 };
    let interval_ns = context.interval_ns(facts)?;
    let held_up = whole_ns((counters[Counter::QueueFullNs] as f64 / interval_ns).ceil());
    let missed = (counters[Counter::MissedSends] + dropped).saturating_sub(held_up);
    let scheduled = counters[Counter::MessagesEnqueued] + missed;
    let missed_share = share(missed, scheduled);
    context.above(Cause::MissedSends, facts, missed_share, || {
        let (missed, scheduled) = (format_count(missed), format_count(scheduled));
        format!("{missed} of {scheduled} scheduled sends were never made ({})", percent(missed_share))
    })
}
