//! A closed loop in place of a rate.

use super::desk::Desk;
use crate::plan::RateScope;
use crate::units::Rate;

const KEY: &str = "outstandingMessages";

/// Messages that each producer is to have on their way; None: there is a rate, or a search for one.
pub(super) fn outstanding(desk: &Desk<'_>) -> Option<u32> {
    desk.workload.spacing.outstanding_messages.filter(|messages| *messages > 0)
}

/// What is written beside it and says something else.
pub(super) fn check(desk: &mut Desk<'_>) {
    if desk.options.rate.is_some_and(|rate| rate != Rate::Unlimited) {
        desk.refuse(
            KEY,
            "does not go with --rate: a closed loop has the rate that its answers allow; leave out one of them, or set \
             outstandingMessages=0",
        );
    } else if desk.workload.producer_rate_per_s.is_some_and(|rate| rate > 0.0) {
        desk.warn("producerRate", format!("is not used: {KEY} is a closed loop, the next message waits for an answer"));
    }
    if let Some((key, _)) = desk.workload.course.rate_over_time {
        desk.refuse(key, format!("does not go with {KEY}: a closed loop has the rate that its answers allow"));
    }
}

/// Whose number it is, and why there is no rate.
pub(super) fn scope() -> (RateScope, String) {
    (RateScope::PerProducer, format!("{KEY}: a closed loop, each producer sends when a message has come back"))
}
