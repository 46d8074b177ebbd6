//! The client library's own part: its threads, and its pauses of fetching.

use super::context::{Context, percent};
use super::gather::FoundCause;
use super::{Cause, share};
use crate::stats::Counter;
use crate::units::{format_count, format_ns};
use crate::worker::ClientFacts;

pub(super) fn findings(facts: &ClientFacts, context: &Context<'_>) -> Vec<FoundCause> {
    [waiting(facts, context), busy(facts, context), fetch_pauses(facts, context)].into_iter().flatten().collect()
}

fn waiting(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let wait_ns = facts.kernel.io_wait_ns?;
    let waited = share(wait_ns, facts.kernel.span_ns);
    context.above(Cause::IoRunQueueDelay, facts, waited, || {
        format!("one of them waited {} for a CPU, {} of the time", format_ns(wait_ns), percent(waited))
    })
}

/// A queue that is full while the library's thread does nothing but work is full for the thread, and not for the
/// broker. The wire driver's spins: what it does not find is no work.
fn busy(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    if facts.counters[Counter::QueueFullNs] == 0 {
        return None;
    }
    let worked_ns = facts.kernel.io_run_ns?.saturating_sub(facts.counters[Counter::IoIdleNs]);
    let worked = share(worked_ns, facts.kernel.span_ns);
    let busy = context.above(Cause::IoBusy, facts, worked, || {
        format!("it worked {} of the time while the queue was full", percent(worked))
    });
    busy.map(|busy| FoundCause { limits: context.rate_is_found(), ..busy })
}

/// Where a consumer is slow because it was asked to be, a full queue of its library's is what that does.
fn fetch_pauses(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    if context.plan.consumer_processing.is_some() {
        return None;
    }
    let (pauses, paused_ns) = (facts.counters[Counter::FetchPauses], facts.counters[Counter::FetchPausedNs]);
    let paused = share(paused_ns, facts.span_ns);
    let held_back = context.above(Cause::FetchPauses, facts, paused, || {
        format!(
            "librdkafka held back fetches {} times, up to {} in all, because its own queue was at its limit \
             (queued.min.messages, queued.max.messages.kbytes)",
            format_count(pauses),
            format_ns(paused_ns)
        )
    });
    held_back.map(|held_back| FoundCause { limits: context.rate_is_found(), ..held_back })
}
