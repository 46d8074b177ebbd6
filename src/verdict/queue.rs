//! Producers that are blocked on a full queue, and by whom.
//!
//! A queue is full when messages stay in it longer than it holds of the schedule. One that holds a good while of it is
//! full because the broker does not take messages (or answer) fast enough: the broker's, and no fault of the generator.
//! One that holds hardly more than a round trip is full at a healthy broker too: the generator's own, except for waits
//! in which nothing came back for a long time.

use super::context::{Context, percent};
use super::gather::FoundCause;
use super::{Cause, share};
use crate::plan::{Plan, Threshold};
use crate::stats::Counter;
use crate::units::{format_ns, whole_ns};
use crate::worker::ClientFacts;

/// Waits longer than this without a sign of life are the broker's (`client` counts them), unless the linger is as long.
const SILENCE_MS: f64 = 100.0;

/// Time producers were blocked, by whose doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockedTime {
    /// Their own queue is too small, ns.
    pub by_queue_ns: u64,
    /// The broker, ns.
    pub by_broker_ns: u64,
}

impl BlockedTime {
    /// Of one producer under its plan.
    pub fn of_client(facts: &ClientFacts, plan: &Plan) -> Self {
        Self::of(facts, &Context::new(plan))
    }

    /// Of one producer. Without a schedule a full queue is how a producer is paced, and nobody's doing.
    pub(super) fn of(facts: &ClientFacts, context: &Context<'_>) -> Self {
        let full_ns = facts.counters[Counter::QueueFullNs];
        if !context.paced() || full_ns == 0 {
            return Self::default();
        }
        let roomy =
            context.queue_holds_ms(facts).is_some_and(|holds_ms| holds_ms >= context.limit(Threshold::QueueHoldsMs));
        let by_broker_ns = if roomy {
            full_ns
        } else if context.linger_ms() < SILENCE_MS {
            facts.counters[Counter::QueueFullSilentNs].min(full_ns)
        } else {
            0
        };
        Self { by_queue_ns: full_ns - by_broker_ns, by_broker_ns }
    }
}

pub(super) fn findings(facts: &ClientFacts, context: &Context<'_>) -> Option<FoundCause> {
    let held_up = BlockedTime::of(facts, context);
    let blocked = share(held_up.by_queue_ns, facts.span_ns);
    context.above(Cause::QueueTooSmall, facts, blocked, || {
        let holds = context.queue_holds_ms(facts).map_or_else(String::new, |holds_ms| {
            format!(", which holds {} of the schedule", format_ns(whole_ns(holds_ms * 1e6)))
        });
        format!("{} of the time blocked on its own full queue{holds}", percent(blocked))
    })
}
