//! The statistics that OMB's coordinator asks for, with its histograms.

use super::OmbHandlerResult;
use crate::stats::{Counter, Counters, Distribution, Latency};
use crate::worker::LatencySet;
use crate::worker::server::Reply;
use crate::worker::server::session::SessionRun;
use crate::worker::wire::omb::{
    CumulativeLatencies, HIGHEST_END_TO_END_US, HIGHEST_PUBLISH_US, OmbHistogramError, PeriodStats, clipped, encode,
};

/// What is told of latencies where there are none: three empty histograms.
pub(super) fn nothing_measured(reply: impl Fn([String; 3]) -> Reply) -> OmbHandlerResult {
    let none = Distribution::empty();
    let empty = |highest_us| encode(&none, highest_us).map_err(|error| error.to_string());
    Ok(reply([empty(HIGHEST_PUBLISH_US)?, empty(HIGHEST_PUBLISH_US)?, empty(HIGHEST_END_TO_END_US)?]))
}

pub(super) fn period_stats(run: &mut SessionRun) -> OmbHandlerResult {
    let period = run.worker.period_until_now().map_err(|error| error.to_string())?;
    // Latencies can be reset, these counters not: what they count since the last call is our own subtraction.
    let totals = period.totals;
    let since = totals.since(&std::mem::replace(&mut run.told_counters, totals));
    let [publish_latency, publish_delay_latency, end_to_end_latency] =
        histograms(&period.latencies).map_err(|error| error.to_string())?;
    Ok(Reply::text_json(&PeriodStats {
        messages_sent: since[Counter::MessagesAcknowledged],
        message_send_errors: since[Counter::MessagesFailed],
        bytes_sent: since[Counter::BytesAcknowledged],
        messages_received: received(&since),
        bytes_received: since[Counter::BytesReceived],
        total_messages_sent: totals[Counter::MessagesAcknowledged] + totals[Counter::ProbesAcknowledged],
        total_message_send_errors: totals[Counter::MessagesFailed],
        total_messages_received: received(&totals),
        publish_latency,
        publish_delay_latency,
        end_to_end_latency,
    }))
}

fn received(counters: &Counters) -> u64 {
    counters[Counter::MessagesReceived] + counters[Counter::ProbesReceived]
}

pub(super) fn cumulative_latencies(run: &mut SessionRun) -> OmbHandlerResult {
    let latencies = run.worker.latencies_until_now().map_err(|error| error.to_string())?;
    let [publish_latency, publish_delay_latency, end_to_end_latency] =
        histograms(&latencies).map_err(|error| error.to_string())?;
    Ok(Reply::text_json(&CumulativeLatencies { publish_latency, publish_delay_latency, end_to_end_latency }))
}

/// Publish latency from the actual send, publish delay, end-to-end latency: what OMB measures.
fn histograms(latencies: &LatencySet) -> Result<[String; 3], OmbHistogramError> {
    let families = [
        (Latency::AcknowledgeActual, HIGHEST_PUBLISH_US),
        (Latency::PublishDelay, HIGHEST_PUBLISH_US),
        (Latency::EndToEndActual, HIGHEST_END_TO_END_US),
    ];
    let mut texts = [const { String::new() }; 3];
    for (text, (family, highest_us)) in texts.iter_mut().zip(families) {
        debug_assert!(clipped(&latencies[family], highest_us) <= latencies[family].count());
        *text = encode(&latencies[family], highest_us)?;
    }
    Ok(texts)
}
