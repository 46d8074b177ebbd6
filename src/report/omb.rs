//! OMB's result document: its 62 fields, in its order and types, and nothing else (its CSV tool refuses unknown
//! fields).
//!
//! Latencies are from the actual send time, as OMB defines them, in ms; publish delay is in µs. All else that pinload
//! knows stands in the detail file. A type of its own for the intended times does not exist here on purpose.
//!
//! Over 250 lines: a table, OMB's 62 fields and what fills each.

use super::omb_figures::{OmbFigures, quantiles};
use super::quantile_map::QuantileMap;
use crate::plan::Plan;
use crate::stats::{Distribution, Latency};
use crate::worker::{LatencySet, PeriodStats};
use hdrhistogram::Histogram;

/// OMB clips publish latency and publish delay here: 60 s.
pub const HIGHEST_PUBLISH_US: u64 = 60_000_000;
/// OMB's end-to-end histogram ends here: 12 h.
pub const HIGHEST_END_TO_END_US: u64 = 43_200_000_000;

/// A latency family in OMB's form: whole µs, 5 digits, clipped where OMB clips; it ends behind its largest value.
pub fn omb_histogram(distribution: &Distribution, latency: Latency) -> Histogram<u64> {
    distribution.to_short_omb_us(match latency {
        Latency::EndToEndActual | Latency::EndToEndIntended | Latency::EndToEndAtLeast => HIGHEST_END_TO_END_US,
        Latency::AcknowledgeActual
        | Latency::AcknowledgeIntended
        | Latency::PublishDelay
        | Latency::AcknowledgeAtLeast => HIGHEST_PUBLISH_US,
    })
}

/// One measured period as OMB sees it. Made once per period: the documents are rewritten after each.
#[derive(Debug, Clone, Copy)]
pub struct OmbPeriod {
    /// Acknowledged messages per second.
    pub publish_rate: f64,
    /// Failed messages per second.
    pub publish_error_rate: f64,
    /// Received messages per second.
    pub consume_rate: f64,
    /// Messages acknowledged × subscriptions − received.
    pub backlog: u64,
    /// Acknowledgement − actual send time.
    pub publish: OmbFigures,
    /// Actual − intended send time.
    pub delay: OmbFigures,
    /// Receive − actual send time.
    pub end_to_end: OmbFigures,
}

impl From<&PeriodStats> for OmbPeriod {
    fn from(period: &PeriodStats) -> Self {
        let figures = |latency| OmbFigures::of(&omb_histogram(&period.latencies[latency], latency));
        Self {
            publish_rate: finite(period.publish_rate_per_s),
            publish_error_rate: finite(period.publish_error_rate_per_s),
            consume_rate: finite(period.consume_rate_per_s),
            backlog: period.backlog,
            publish: figures(Latency::AcknowledgeActual),
            delay: figures(Latency::PublishDelay),
            end_to_end: figures(Latency::EndToEndActual),
        }
    }
}

/// A rate over a span of no length is no number; OMB's file knows numbers only.
fn finite(rate: f64) -> f64 {
    if rate.is_finite() { rate } else { 0.0 }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

/// The document. Lists have one entry per measured period; `aggregated` fields are of the whole measurement, 0 before
/// it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OmbResult {
    /// Name of the workload.
    pub workload: String,
    /// Name of the driver.
    pub driver: String,
    /// Value bytes of a message.
    pub message_size: u64,
    /// Topics.
    pub topics: u32,
    /// Partitions of each topic.
    pub partitions: u32,
    /// Producers of each topic.
    pub producers_per_topic: u32,
    /// Consumers of each subscription (not of each topic: OMB's word).
    pub consumers_per_topic: u32,
    /// Acknowledged messages per second.
    pub publish_rate: Vec<f64>,
    /// Failed messages per second.
    pub publish_error_rate: Vec<f64>,
    /// Received messages per second, all subscriptions.
    pub consume_rate: Vec<f64>,
    /// Messages acknowledged × subscriptions − received.
    pub backlog: Vec<u64>,
    /// Publish latency, mean, ms.
    pub publish_latency_avg: Vec<f64>,
    /// Publish latency, 50 %, ms.
    pub publish_latency_50pct: Vec<f64>,
    /// Publish latency, 75 %, ms.
    pub publish_latency_75pct: Vec<f64>,
    /// Publish latency, 95 %, ms.
    pub publish_latency_95pct: Vec<f64>,
    /// Publish latency, 99 %, ms.
    pub publish_latency_99pct: Vec<f64>,
    /// Publish latency, 99.9 %, ms.
    pub publish_latency_999pct: Vec<f64>,
    /// Publish latency, 99.99 %, ms.
    pub publish_latency_9999pct: Vec<f64>,
    /// Publish latency, maximum, ms.
    pub publish_latency_max: Vec<f64>,
    /// Publish delay, mean, µs.
    pub publish_delay_latency_avg: Vec<f64>,
    /// Publish delay, 50 %, µs.
    pub publish_delay_latency_50pct: Vec<u64>,
    /// Publish delay, 75 %, µs.
    pub publish_delay_latency_75pct: Vec<u64>,
    /// Publish delay, 95 %, µs.
    pub publish_delay_latency_95pct: Vec<u64>,
    /// Publish delay, 99 %, µs.
    pub publish_delay_latency_99pct: Vec<u64>,
    /// Publish delay, 99.9 %, µs.
    pub publish_delay_latency_999pct: Vec<u64>,
    /// Publish delay, 99.99 %, µs.
    pub publish_delay_latency_9999pct: Vec<u64>,
    /// Publish delay, maximum, µs.
    pub publish_delay_latency_max: Vec<u64>,
    /// Publish latency of the whole measurement, mean, ms.
    pub aggregated_publish_latency_avg: f64,
    /// Publish latency of the whole measurement, 50 %, ms.
    pub aggregated_publish_latency_50pct: f64,
    /// Publish latency of the whole measurement, 75 %, ms.
    pub aggregated_publish_latency_75pct: f64,
    /// Publish latency of the whole measurement, 95 %, ms.
    pub aggregated_publish_latency_95pct: f64,
    /// Publish latency of the whole measurement, 99 %, ms.
    pub aggregated_publish_latency_99pct: f64,
    /// Publish latency of the whole measurement, 99.9 %, ms.
    pub aggregated_publish_latency_999pct: f64,
    /// Publish latency of the whole measurement, 99.99 %, ms.
    pub aggregated_publish_latency_9999pct: f64,
    /// Publish latency of the whole measurement, maximum, ms.
    pub aggregated_publish_latency_max: f64,
    /// Publish delay of the whole measurement, mean, µs.
    pub aggregated_publish_delay_latency_avg: f64,
    /// Publish delay of the whole measurement, 50 %, µs.
    pub aggregated_publish_delay_latency_50pct: u64,
    /// Publish delay of the whole measurement, 75 %, µs.
    pub aggregated_publish_delay_latency_75pct: u64,
    /// Publish delay of the whole measurement, 95 %, µs.
    pub aggregated_publish_delay_latency_95pct: u64,
    /// Publish delay of the whole measurement, 99 %, µs.
    pub aggregated_publish_delay_latency_99pct: u64,
    /// Publish delay of the whole measurement, 99.9 %, µs.
    pub aggregated_publish_delay_latency_999pct: u64,
    /// Publish delay of the whole measurement, 99.99 %, µs.
    pub aggregated_publish_delay_latency_9999pct: u64,
    /// Publish delay of the whole measurement, maximum, µs.
    pub aggregated_publish_delay_latency_max: u64,
    /// Publish latency of the whole measurement: percentile reached → ms.
    pub aggregated_publish_latency_quantiles: QuantileMap<f64>,
    /// Publish delay of the whole measurement: percentile reached → µs.
    pub aggregated_publish_delay_latency_quantiles: QuantileMap<u64>,
    /// End-to-end latency, mean, ms.
    pub end_to_end_latency_avg: Vec<f64>,
    /// End-to-end latency, 50 %, ms.
    pub end_to_end_latency_50pct: Vec<f64>,
    /// End-to-end latency, 75 %, ms.
    pub end_to_end_latency_75pct: Vec<f64>,
    /// End-to-end latency, 95 %, ms.
    pub end_to_end_latency_95pct: Vec<f64>,
    /// End-to-end latency, 99 %, ms.
    pub end_to_end_latency_99pct: Vec<f64>,
    /// End-to-end latency, 99.9 %, ms.
    pub end_to_end_latency_999pct: Vec<f64>,
    /// End-to-end latency, 99.99 %, ms.
    pub end_to_end_latency_9999pct: Vec<f64>,
    /// End-to-end latency, maximum, ms.
    pub end_to_end_latency_max: Vec<f64>,
    /// End-to-end latency of the whole measurement: percentile reached → ms.
    pub aggregated_end_to_end_latency_quantiles: QuantileMap<f64>,
    /// End-to-end latency of the whole measurement, mean, ms.
    pub aggregated_end_to_end_latency_avg: f64,
    /// End-to-end latency of the whole measurement, 50 %, ms.
    pub aggregated_end_to_end_latency_50pct: f64,
    /// End-to-end latency of the whole measurement, 75 %, ms.
    pub aggregated_end_to_end_latency_75pct: f64,
    /// End-to-end latency of the whole measurement, 95 %, ms.
    pub aggregated_end_to_end_latency_95pct: f64,
    /// End-to-end latency of the whole measurement, 99 %, ms.
    pub aggregated_end_to_end_latency_99pct: f64,
    /// End-to-end latency of the whole measurement, 99.9 %, ms.
    pub aggregated_end_to_end_latency_999pct: f64,
    /// End-to-end latency of the whole measurement, 99.99 %, ms.
    pub aggregated_end_to_end_latency_9999pct: f64,
    /// End-to-end latency of the whole measurement, maximum, ms.
    pub aggregated_end_to_end_latency_max: f64,
}

/// The whole measurement as OMB sees it.
#[derive(Debug, Clone, Default)]
struct OmbCumulative {
    publish: OmbFigures,
    delay: OmbFigures,
    end_to_end: OmbFigures,
    publish_quantiles: Vec<(f64, u64)>,
    delay_quantiles: Vec<(f64, u64)>,
    end_to_end_quantiles: Vec<(f64, u64)>,
}

impl OmbCumulative {
    fn of(latencies: &LatencySet) -> Self {
        let histogram = |latency| omb_histogram(&latencies[latency], latency);
        let publish = histogram(Latency::AcknowledgeActual);
        let delay = histogram(Latency::PublishDelay);
        let end_to_end = histogram(Latency::EndToEndActual);
        Self {
            publish: OmbFigures::of(&publish),
            delay: OmbFigures::of(&delay),
            end_to_end: OmbFigures::of(&end_to_end),
            publish_quantiles: quantiles(&publish),
            delay_quantiles: quantiles(&delay),
            end_to_end_quantiles: quantiles(&end_to_end),
        }
    }
}

fn in_ms(&(percentile, us): &(f64, u64)) -> (f64, f64) {
    (percentile, ms(us))
}

impl OmbResult {
    /// Fills the document from what was measured so far; complete in form also when there is nothing yet.
    pub fn new(plan: &Plan, periods: &[OmbPeriod], cumulative: Option<&LatencySet>) -> Self {
        let cumulative = cumulative.map(OmbCumulative::of).unwrap_or_default();
        let OmbCumulative { publish, delay, end_to_end, .. } = cumulative;
        Self {
            workload: plan.workload_name.clone(),
            driver: plan.driver_name.clone(),
            message_size: u64::from(plan.message.size_bytes),
            topics: plan.topics.count,
            partitions: plan.topics.partitions_per_topic,
            producers_per_topic: plan.producers_per_topic,
            consumers_per_topic: plan.consumers_per_subscription,
            publish_rate: periods.iter().map(|period| period.publish_rate).collect(),
            publish_error_rate: periods.iter().map(|period| period.publish_error_rate).collect(),
            consume_rate: periods.iter().map(|period| period.consume_rate).collect(),
            backlog: periods.iter().map(|period| period.backlog).collect(),
            publish_latency_avg: periods.iter().map(|period| period.publish.average_us / 1000.0).collect(),
            publish_latency_50pct: periods.iter().map(|period| ms(period.publish.p50_us)).collect(),
            publish_latency_75pct: periods.iter().map(|period| ms(period.publish.p75_us)).collect(),
            publish_latency_95pct: periods.iter().map(|period| ms(period.publish.p95_us)).collect(),
            publish_latency_99pct: periods.iter().map(|period| ms(period.publish.p99_us)).collect(),
            publish_latency_999pct: periods.iter().map(|period| ms(period.publish.p999_us)).collect(),
            publish_latency_9999pct: periods.iter().map(|period| ms(period.publish.p9999_us)).collect(),
            publish_latency_max: periods.iter().map(|period| ms(period.publish.max_us)).collect(),
            publish_delay_latency_avg: periods.iter().map(|period| period.delay.average_us).collect(),
            publish_delay_latency_50pct: periods.iter().map(|period| period.delay.p50_us).collect(),
            publish_delay_latency_75pct: periods.iter().map(|period| period.delay.p75_us).collect(),
            publish_delay_latency_95pct: periods.iter().map(|period| period.delay.p95_us).collect(),
            publish_delay_latency_99pct: periods.iter().map(|period| period.delay.p99_us).collect(),
            publish_delay_latency_999pct: periods.iter().map(|period| period.delay.p999_us).collect(),
            publish_delay_latency_9999pct: periods.iter().map(|period| period.delay.p9999_us).collect(),
            publish_delay_latency_max: periods.iter().map(|period| period.delay.max_us).collect(),
            aggregated_publish_latency_avg: publish.average_us / 1000.0,
            aggregated_publish_latency_50pct: ms(publish.p50_us),
            aggregated_publish_latency_75pct: ms(publish.p75_us),
            aggregated_publish_latency_95pct: ms(publish.p95_us),
            aggregated_publish_latency_99pct: ms(publish.p99_us),
            aggregated_publish_latency_999pct: ms(publish.p999_us),
            aggregated_publish_latency_9999pct: ms(publish.p9999_us),
            aggregated_publish_latency_max: ms(publish.max_us),
            aggregated_publish_delay_latency_avg: delay.average_us,
            aggregated_publish_delay_latency_50pct: delay.p50_us,
            aggregated_publish_delay_latency_75pct: delay.p75_us,
            aggregated_publish_delay_latency_95pct: delay.p95_us,
            aggregated_publish_delay_latency_99pct: delay.p99_us,
            aggregated_publish_delay_latency_999pct: delay.p999_us,
            aggregated_publish_delay_latency_9999pct: delay.p9999_us,
            aggregated_publish_delay_latency_max: delay.max_us,
            aggregated_publish_latency_quantiles: cumulative.publish_quantiles.iter().map(in_ms).collect(),
            aggregated_publish_delay_latency_quantiles: cumulative.delay_quantiles.iter().copied().collect(),
            end_to_end_latency_avg: periods.iter().map(|period| period.end_to_end.average_us / 1000.0).collect(),
            end_to_end_latency_50pct: periods.iter().map(|period| ms(period.end_to_end.p50_us)).collect(),
            end_to_end_latency_75pct: periods.iter().map(|period| ms(period.end_to_end.p75_us)).collect(),
            end_to_end_latency_95pct: periods.iter().map(|period| ms(period.end_to_end.p95_us)).collect(),
            end_to_end_latency_99pct: periods.iter().map(|period| ms(period.end_to_end.p99_us)).collect(),
            end_to_end_latency_999pct: periods.iter().map(|period| ms(period.end_to_end.p999_us)).collect(),
            end_to_end_latency_9999pct: periods.iter().map(|period| ms(period.end_to_end.p9999_us)).collect(),
            end_to_end_latency_max: periods.iter().map(|period| ms(period.end_to_end.max_us)).collect(),
            aggregated_end_to_end_latency_quantiles: cumulative.end_to_end_quantiles.iter().map(in_ms).collect(),
            aggregated_end_to_end_latency_avg: end_to_end.average_us / 1000.0,
            aggregated_end_to_end_latency_50pct: ms(end_to_end.p50_us),
            aggregated_end_to_end_latency_75pct: ms(end_to_end.p75_us),
            aggregated_end_to_end_latency_95pct: ms(end_to_end.p95_us),
            aggregated_end_to_end_latency_99pct: ms(end_to_end.p99_us),
            aggregated_end_to_end_latency_999pct: ms(end_to_end.p999_us),
            aggregated_end_to_end_latency_9999pct: ms(end_to_end.p9999_us),
            aggregated_end_to_end_latency_max: ms(end_to_end.max_us),
        }
    }
}
