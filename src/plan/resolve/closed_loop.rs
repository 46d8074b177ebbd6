//! A closed loop in place of a rate.

use super::context::ResolveContext;
use crate::plan::RateScope;
use crate::units::Rate;

const KEY: &str = "outstandingMessages";

/// Messages that each producer is to have on their way; None: there is a rate, or a search for one.
pub(super) fn outstanding(context: &ResolveContext<'_>) -> Option<u32> {
    context.workload.spacing.outstanding_messages.filter(|messages| *messages > 0)
}

/// What is written beside it and says something else.
pub(super) fn check(context: &mut ResolveContext<'_>) {
    if context.options.rate.is_some_and(|rate| rate != Rate::Unlimited) {
        context.refuse(
            KEY,
            "does not go with --rate: a closed loop has the rate that its answers allow; leave out one of them, or set \
             outstandingMessages=0",
        );
    } else if context.workload.producer_rate_per_s.is_some_and(|rate| rate > 0.0) {
        context
            .warn("producerRate", format!("is not used: {KEY} is a closed loop, the next message waits for an answer"));
    }
    if let Some((key, _)) = context.workload.course.rate_over_time {
        context.refuse(key, format!("does not go with {KEY}: a closed loop has the rate that its answers allow"));
    }
}

/// Whose number it is, and why there is no rate.
pub(super) fn scope() -> (RateScope, String) {
    (RateScope::PerProducer, format!("{KEY}: a closed loop, each producer sends when a message has come back"))
}
