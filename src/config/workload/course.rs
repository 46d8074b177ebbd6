//! Keys of what changes while the load runs: backlog, rate search, sampling period. Most come from OMB's forks.

use crate::config::fields::Fields;

/// The keys as written; None: not written, or written wrongly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// `drainProducerRate`: Redpanda's total rate while a backlog drains, messages per second; −1: unchanged.
    pub drain_producer_rate_per_s: Option<f64>,
    /// `backlogDrainTimeoutMinutes`: pinload's own.
    pub backlog_drain_timeout_minutes: Option<f64>,
    /// `rateSearch`: pinload's own, `omb` or `guide`.
    pub rate_search: Option<String>,
    /// `sampleRateMillis` (Redpanda) or `logIntervalMillis` (AutoMQ), and which of them.
    pub period_millis: Option<(&'static str, u32)>,
}

impl Course {
    /// Reads them.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let mut period_millis = None;
        for key in ["sampleRateMillis", "logIntervalMillis"] {
            if let Some(millis) = fields.count(key, "10000") {
                if period_millis.is_some() {
                    fields.mistake(
                        key,
                        "is written beside sampleRateMillis: both are the sampling period, write one of them",
                    );
                }
                period_millis = Some((key, millis));
            }
        }
        let rate_search = fields.text("rateSearch", "omb");
        if let Some(rule) = &rate_search
            && rule != "omb"
            && rule != "guide"
        {
            fields.mistake("rateSearch", format!("{rule:?} is no rule: write omb or guide"));
        }
        Self {
            drain_producer_rate_per_s: fields.signed_amount("drainProducerRate", "-1"),
            backlog_drain_timeout_minutes: fields.minutes("backlogDrainTimeoutMinutes", "60"),
            rate_search,
            period_millis,
        }
    }
}
