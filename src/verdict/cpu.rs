//! Had the hot loop its CPU, and time to spare on it?

use super::context::{Context, finding, percent, worked};
use super::gather::FoundCause;
use super::{Cause, share};
use crate::plan::Threshold;
use crate::stats::Counter;
use crate::units::{format_count, format_ns};
use crate::worker::ClientFacts;

pub(super) fn findings(facts: &ClientFacts, context: &Context<'_>) -> Vec<FoundCause> {
    let all = [
        slack(facts, context),
        switches(facts, context),
        migrations(facts, context),
        run_queue(facts, context),
        stalls(facts, context),
        steal(facts, context),
        throttled(facts, context),
    ];
    all.into_iter().flatten().collect()
}

/// Waiting for the schedule, for messages, or for room in the queue is slack, and so is work that a consumer was asked
/// to do; without any the loop is the limit.
fn slack(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let counters = &facts.counters;
    let waited = counters[Counter::IdleNs] + counters[Counter::QueueFullNs] + counters[Counter::ProcessingNs];
    let (slack, least) = (share(waited, facts.span_ns), context.limit(Threshold::SlackShare));
    (worked(facts) && slack < least).then(|| {
        let says = format!("its loop waited only {} of the time, {} is the least", percent(slack), percent(least));
        FoundCause {
            badness: -slack,
            limits: context.rate_is_found(),
            ..finding(Cause::NoSlack, facts, slack, least, says)
        }
    })
}

/// Where a CPU is shared the CPU is taken from everybody now and then: there the run-queue delay tells what that costs.
fn switches(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let count = facts.counters[Counter::HotSwitchesInvoluntary];
    let per_s = count as f64 * 1e9 / facts.span_ns as f64;
    if !facts.own_cpu {
        return None;
    }
    context.above(Cause::InvoluntarySwitches, facts, per_s, || {
        format!("its CPU was taken from it {} times, {per_s:.0} times a second", format_count(count))
    })
}

/// Where CPUs are shared and a loop is not pinned, being moved is how it gets a CPU.
fn migrations(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let count = facts.counters[Counter::Migrations];
    let per_s = count as f64 * 1e9 / facts.span_ns as f64;
    let times = format!("moved to another CPU {} times", format_count(count));
    if facts.pinned {
        return (count > 0)
            .then(|| finding(Cause::Migrations, facts, per_s, 0.0, format!("{times} although it is pinned")));
    }
    if facts.shared_cpu {
        return None;
    }
    context.above(Cause::Migrations, facts, per_s, || format!("{times}, {per_s:.1} times a second"))
}

fn run_queue(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let wait_ns = facts.kernel.hot_wait_ns?;
    let waited = share(wait_ns, facts.kernel.span_ns);
    context.above(Cause::RunQueueDelay, facts, waited, || {
        format!("waited {} for its CPU, {} of the time", format_ns(wait_ns), percent(waited))
    })
}

fn stalls(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let (count, stall_ns) = (facts.counters[Counter::LoopStalls], facts.counters[Counter::LoopStallNs]);
    let stood = share(stall_ns, facts.span_ns);
    context.above(Cause::LoopStalls, facts, stood, || {
        let times = if count == 1 { "once".to_owned() } else { format!("{} times", format_count(count)) };
        format!("{times}, {} in all, {} of the time: reports and sends waited", format_ns(stall_ns), percent(stood))
    })
}

fn steal(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let stolen = share(facts.kernel.steal_ns?, facts.kernel.span_ns);
    context.above(Cause::Steal, facts, stolen, || {
        format!("the hypervisor gave its CPU to somebody else for {} of the time", percent(stolen))
    })
}

fn throttled(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let throttled_ns = facts.kernel.throttled_ns?;
    let stopped = share(throttled_ns, facts.kernel.span_ns);
    context.above(Cause::Throttled, facts, stopped, || {
        format!(
            "a CPU limit stopped the group for {} of CPU time, {} of the time",
            format_ns(throttled_ns),
            percent(stopped)
        )
    })
}
