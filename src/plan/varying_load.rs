//! What changes while the load runs: a backlog that is built and drained, a rate that is searched for.

use super::Plan;
use std::time::Duration;

/// A backlog (OMB's `consumerBacklogSizeGB`): consumers pause, messages pile up, consumers go on; then the
/// measurement's own time begins.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BacklogPlan {
    /// Value bytes to pile up, over all subscriptions.
    pub size_bytes: u64,
    /// The same in messages.
    pub size_messages: u64,
    /// Drained when no more than this is left: max(1000, (1 − backlogDrainRatio) × size).
    pub drained_at_messages: u64,
    /// Total rate while it drains, messages per second; None: as before.
    pub drain_rate_per_s: Option<f64>,
    /// Longest time to build it.
    pub build_limit: Duration,
    /// Longest time to drain it.
    pub drain_limit: Duration,
}

/// How the highest sustainable rate is searched for (`producerRate: 0`).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SearchPlan {
    /// By whose rule.
    pub rule: SearchRule,
    /// Messages sent too few, or acknowledged and not received, that make a step fail.
    pub publish_backlog_limit: u64,
    /// The same for consumers.
    pub receive_backlog_limit: u64,
    /// Smallest and largest share by which OMB's ramp changes the rate.
    pub min_ramping_factor: f64,
    /// The largest.
    pub max_ramping_factor: f64,
    /// The search never goes below this: OMB's gets stuck at 0.
    pub floor_per_s: f64,
}

/// Whose rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
