//! The families of OMB's worker, by its names, labels and units, so that its dashboards go on working.
//!
//! As OMB's: counters count since the process began; `_count` and `_sum` too; quantiles are those of the last whole
//! minute and NaN where it was empty; failures have no latency, so `success="false"` stays empty. Unlike OMB's:
//! end-to-end times of 0 ms count, the sum is not cut to whole ms, and the quantile 1.0 of nothing is NaN throughout
//! (OMB: sometimes `-Infinity`).

use super::exposition::{MetricType, MetricsPage};
use super::ledger::MetricTotals;
use crate::stats::{Counter, Latency};
use crate::telemetry::Role;

/// As OMB writes them; the text is the label.
const QUANTILES: [(&str, f64); 7] =
    [("0.5", 50.0), ("0.75", 75.0), ("0.95", 95.0), ("0.99", 99.0), ("0.999", 99.9), ("0.9999", 99.99), ("1.0", 100.0)];
const NS_PER_MS: f64 = 1e6;

pub(super) fn write(page: &mut MetricsPage, totals: &MetricTotals<'_>) {
    let (sent, received) = (totals.counters.of(Role::Producer), totals.counters.of(Role::Consumer));
    let probes = received[Counter::ProbesReceived];
    for (name, help, count) in [
        (
            "benchmark_producer_message_send_errors",
            "Messages whose delivery failed (as OMB counts).",
            sent[Counter::MessagesFailed],
        ),
        (
            "benchmark_consumer_bytes_recv",
            "Value bytes received, without probes (as OMB counts).",
            received[Counter::BytesReceived],
        ),
        (
            "benchmark_producer_messages_sent",
            "Messages acknowledged, without probes (as OMB counts).",
            sent[Counter::MessagesAcknowledged],
        ),
        (
            "benchmark_consumer_messages_recv",
            "Messages received, probes included (as OMB counts).",
            received[Counter::MessagesReceived] + probes,
        ),
        (
            "benchmark_producer_bytes_sent",
            "Value bytes of acknowledged messages (as OMB counts).",
            sent[Counter::BytesAcknowledged],
        ),
    ] {
        page.family(name, MetricType::Counter, help).sample(&[], count);
    }
    for (name, help, latency) in [
        (
            "benchmark_producer_produce_latency",
            "Send to acknowledgement in ms; quantiles of the last whole minute (as OMB measures).",
            Latency::AcknowledgeActual,
        ),
        (
            "benchmark_producer_producer_delay_latency",
            "Intended to actual send in ms; quantiles of the last whole minute (as OMB measures).",
            Latency::PublishDelay,
        ),
        (
            "benchmark_consumer_e2e_latency",
            "Send to receipt in ms; quantiles of the last whole minute (as OMB measures).",
            Latency::EndToEndActual,
        ),
    ] {
        let mut family = page.family(name, MetricType::Summary, help);
        for success in ["false", "true"] {
            let true_ones = success == "true";
            for (label, percentile) in QUANTILES {
                let minute = &totals.minute[latency];
                let value_ms = match (true_ones && minute.count() > 0, label) {
                    (false, _) => f64::NAN,
                    (true, "1.0") => ms(minute.max_ns()),
                    (true, _) => ms(minute.percentile_ns(percentile)),
                };
                family.sample(&[("success", success), ("quantile", label)], value_ms);
            }
            let (count, sum_ns) = if true_ones {
                (totals.recorded.set[latency].count(), totals.recorded.sums_ns[latency as usize])
            } else {
                (0, 0.0)
            };
            family.part("_count", &[("success", success)], count);
            family.part("_sum", &[("success", success)], sum_ns / NS_PER_MS);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a latency is given to 15 digits")]
fn ms(ns: u64) -> f64 {
    ns as f64 / NS_PER_MS
}
