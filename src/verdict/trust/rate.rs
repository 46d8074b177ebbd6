//! Was the rate offered as asked? What a broker that did not answer held up is not the generator's.

use super::super::context::Context;
use super::super::queue::BlockedTime;
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::ClientFacts;

/// The rate of a span, where it is one and the same all the time.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct OfferedRate {
    /// What was asked for.
    pub asked_per_s: f64,
    /// What was handed to the client library.
    pub offered_per_s: f64,
    /// What the generator left out of what was asked for (a fraction); full queues of a slow broker are not in it.
    pub short_share: f64,
}

impl OfferedRate {
    /// Of the producers among these clients. None: there are none, no rate was asked for, or it was to change.
    pub(in crate::verdict) fn of<'a>(
        clients: impl Iterator<Item = &'a ClientFacts>,
        context: &Context<'_>,
    ) -> Option<Self> {
        if !context.paced() || !context.constant_rate() {
            return None;
        }
        let (mut asked, mut offered, mut short, mut asked_per_s, mut offered_per_s) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for facts in clients.filter(|facts| facts.role == Role::Producer && facts.span_ns > 0) {
            let interval_ns = context.interval_ns(facts)?;
            let (scheduled, sent) =
                (facts.span_ns as f64 / interval_ns, facts.counters[Counter::MessagesEnqueued] as f64);
            let held_up = BlockedTime::of(facts, context).by_broker_ns as f64 / interval_ns;
            asked += scheduled;
            offered += sent;
            // The one that is due as the span ends may fall into the next.
            let by_chance = context.plan.rate.arrivals.short_by_chance(scheduled);
            short += (scheduled - sent - held_up - 1.0 - by_chance).max(0.0);
            asked_per_s += NS_PER_S as f64 / interval_ns;
            offered_per_s += sent * NS_PER_S as f64 / facts.span_ns as f64;
        }
        (asked > 0.0)
            .then(|| Self { asked_per_s, offered_per_s, short_share: (short / asked).min(1.0) })
            .filter(|_| offered >= 0.0)
    }
}
