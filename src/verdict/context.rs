//! What the plan means for judging a client.

use super::Cause;
use super::gather::FoundCause;
use crate::plan::properties::ProducerSettings;
use crate::plan::{DriverKind, Plan, Threshold, Thresholds};
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::units::{NS_PER_S, Rate};
use crate::worker::ClientFacts;

const NS_PER_MS: f64 = 1e6;

/// A run's plan and the limits that its clients are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) thresholds: &'a Thresholds,
}

impl<'a> Context<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan, thresholds: &plan.thresholds }
    }

    pub(super) fn limit(&self, threshold: Threshold) -> f64 {
        self.thresholds[threshold]
    }

    /// Is there a schedule to keep?
    pub(super) fn paced(&self) -> bool {
        self.plan.rate.total != Rate::Unlimited || self.plan.rate.curve.is_some() || self.plan.search.is_some()
    }

    /// Is the rate one and the same for the whole measurement?
    pub(super) fn constant_rate(&self) -> bool {
        self.plan.rate.curve.is_none() && !self.plan.rate_is_ordered()
    }

    /// Is the rate what the generator reaches (or what others send), and not what was asked for? Then who is at its
    /// limit gives the rate.
    pub(super) fn rate_is_found(&self) -> bool {
        self.plan.rate.total == Rate::Unlimited || self.plan.search.is_some() || self.plan.producers() == 0
    }

    /// Time between two sends of one producer, ns: as planned, or where the rate changes as it was on average. None: no
    /// schedule, or nothing sent.
    pub(super) fn interval_ns(&self, facts: &ClientFacts) -> Option<f64> {
        if let (true, Rate::PerSecond(per_s)) = (self.constant_rate(), self.plan.rate.per_producer) {
            return (per_s > 0.0).then(|| NS_PER_S as f64 / per_s);
        }
        let sent = facts.counters[Counter::MessagesEnqueued];
        (self.paced() && sent > 0).then(|| facts.span_ns as f64 / sent as f64)
    }

    /// What a producer's queue holds of its schedule, ms; a burst has to find room first. None: no schedule, or no
    /// queue of the library's.
    pub(super) fn queue_holds_ms(&self, facts: &ClientFacts) -> Option<f64> {
        if self.plan.driver.kind == DriverKind::Null {
            return None;
        }
        let ProducerSettings { queue_messages, queue_bytes, .. } = self.plan.driver.producer_settings;
        let holds = queue_messages.min(queue_bytes / u64::from(self.plan.message.size_bytes.max(1)));
        let behind_burst = holds.saturating_sub(u64::from(self.plan.rate.arrivals.at_once().saturating_sub(1)));
        Some(behind_burst as f64 * self.interval_ns(facts)? / NS_PER_MS)
    }

    /// The linger of the producers, ms.
    pub(super) fn linger_ms(&self) -> f64 {
        self.plan.driver.producer_settings.linger_ms
    }

    /// A finding when `value` is above the threshold of `cause`; `says` puts it in words.
    pub(super) fn above(
        &self,
        cause: Cause,
        facts: &ClientFacts,
        value: f64,
        says: impl FnOnce() -> String,
    ) -> Option<FoundCause> {
        let limit = self.limit(cause.threshold()?);
        (value > limit).then(|| finding(cause, facts, value, limit, says()))
    }
}

/// A finding at a client; the further above its limit, the worse.
pub(super) fn finding(cause: Cause, facts: &ClientFacts, value: f64, limit: f64, says: String) -> FoundCause {
    FoundCause {
        cause,
        client: Some((facts.role, facts.index)),
        value: Some(value),
        limit: Some(limit),
        badness: value,
        limits: false,
        says,
    }
}

/// Did it send or receive anything, so that there is something to judge?
pub(super) fn worked(facts: &ClientFacts) -> bool {
    let counter = match facts.role {
        Role::Producer => Counter::MessagesEnqueued,
        Role::Consumer => Counter::MessagesReceived,
    };
    facts.counters[counter] > 0
}

/// For people: `1.2 %`, with as many places as it takes to see it.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent >= 10.0 || percent == 0.0 {
        0
    } else if percent >= 0.1 {
        1
    } else {
        3
    };
    format!("{percent:.places$} %")
}
