//! What changes while the load runs: a backlog that is built and drained, a rate that is searched for.

use super::Plan;
use std::time::Duration;

/// A backlog (OMB's `consumerBacklogSizeGB`): consumers pause, messages pile up, consumers go on; then the
/// measurement's own time begins.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct BacklogPlan {
    /// Value bytes to pile up, over all subscriptions.
    pub size_bytes: u64,
    /// The same in messages.
    pub size_messages: u64,
    /// Drained when no more than this is left.
    ///
    /// Drained when no more than this is left: max(1000, (1 − backlogDrainRatio) × size).
    pub drained_at_messages: u64,
    /// Rate of all producers while it drains; null: as before.
    pub drain_rate_per_s: Option<f64>,
    /// Longest time to build it.
    #[schemars(rename = "build_limit_s", with = "f64")]
    pub build_limit: Duration,
    /// Longest time to drain it.
    #[schemars(rename = "drain_limit_s", with = "f64")]
    pub drain_limit: Duration,
}

/// How the highest sustainable rate is searched for (`producerRate: 0`).
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct SearchPlan {
    /// By whose rule: omb or guide.
    pub rule: SearchRule,
    /// Publish backlog above which a step of the ramp has failed.
    #[schemars(extend("unit" = "messages"))]
    pub publish_backlog_limit: u64,
    /// Receive backlog above which a step of the ramp has failed.
    #[schemars(extend("unit" = "messages"))]
    pub receive_backlog_limit: u64,
    /// Smallest share by which the ramp changes the rate.
    pub min_ramping_factor: f64,
    /// Largest share by which the ramp changes the rate.
    pub max_ramping_factor: f64,
    /// The search never goes below this rate.
    pub floor_per_s: f64,
}

/// Whose rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchRule {
    /// OMB's ramp until something falls behind, then bisection between what held and what did not.
    Omb,
    /// The guide's: every 3 s a tenth more while consumers keep up, a tenth less when they fall more than 5 % behind.
    Guide,
}

impl Plan {
    /// Is the rate changed by orders while it is measured: because it is searched for, or is another one while a
    /// backlog drains?
    pub fn rate_is_ordered(&self) -> bool {
        self.search.is_some() || self.backlog.as_ref().is_some_and(|backlog| backlog.drain_rate_per_s.is_some())
    }
}
