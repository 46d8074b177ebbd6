//! The load that OMB's coordinator asks for: payloads, rate, stamps; and how end-to-end times came about.

use super::{OmbHandlerResult, empty};
use crate::load::stamp::STAMP_BYTES;
use crate::plan::{LatePolicy, MessagePlan, PayloadPlan, RatePlan, RateScope};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::units::Rate;
use crate::worker::server::session::SessionRun;
use crate::worker::wire::omb::ProducerWorkAssignment;

/// A number; Java writes what is none as text.
pub(super) fn publish_rate(value: &serde_json::Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("{value} is no rate"))
}

/// Stamps make end-to-end times exact between pinload's workers, and no part of OMB reads the values. None: they are
/// stamped.
fn unstamped_for(run: &SessionRun, work: &ProducerWorkAssignment, payloads: &[Vec<u8>]) -> Option<String> {
    let shortest = payloads.iter().map(Vec::len).min().unwrap_or(0);
    if !run.stamps {
        Some("the worker was started with --no-stamp".to_owned())
    } else if work.stamp == Some(false) {
        Some("the coordinator's other workers cannot read stamps".to_owned())
    } else if shortest < STAMP_BYTES {
        Some(format!("the shortest payload has {shortest} bytes, a stamp {STAMP_BYTES}"))
    } else {
        None
    }
}

/// How the end-to-end times of a run's consumers came about; None: it had none.
pub(in crate::worker::server) fn end_to_end_words(counters: &Counters) -> Option<String> {
    let received = counters[Counter::MessagesReceived];
    let [of_create_time, untimed, of_broker, not_positive] = [
        Counter::MessagesUnstamped,
        Counter::MessagesUntimed,
        Counter::MessagesLogAppendTime,
        Counter::EndToEndNotPositive,
    ]
    .map(|counter| counters[counter]);
    let of_stamps = received.saturating_sub(of_create_time + untimed);
    (received > 0).then(|| {
        format!(
            "end-to-end times of {received} messages: {of_stamps} from pinload's stamps, {of_create_time} from \
             CreateTime in whole ms on both sides as OMB's workers take them, {untimed} have none ({of_broker} of them \
             have the broker's time alone); {not_positive} were 0 or below and are kept as 0"
        )
    })
}

pub(super) fn start_load(run: &mut SessionRun, work: &ProducerWorkAssignment) -> OmbHandlerResult {
    let payloads = work.payloads()?;
    if payloads.is_empty() {
        return Err("payloadData is empty: there is nothing to send (randomizedPayloadPoolSize 0?)".to_owned());
    }
    if !(work.publish_rate > 0.0 && work.publish_rate.is_finite()) {
        return Err(format!("publishRate {} is no rate: it must be above 0", work.publish_rate));
    }
    let longest = payloads.iter().map(Vec::len).max().unwrap_or(0);
    let bytes = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let no_stamp_reason = unstamped_for(run, work, &payloads);
    let message = MessagePlan {
        size_bytes: bytes(longest),
        largest_bytes: bytes(longest),
        keys: work.keys(),
        payload: PayloadPlan::Given { payloads, weights: work.payload_weights.clone().unwrap_or_default() },
        stamp: no_stamp_reason.is_none(),
        no_stamp_reason,
    };
    let statuses = run.worker.statuses();
    let producers = statuses.iter().filter(|client| client.role == Role::Producer).count();
    let rate = RatePlan::new(
        Rate::PerSecond(work.publish_rate),
        RateScope::Total,
        "the coordinator's".to_owned(),
        LatePolicy::CatchUp,
        u32::try_from(producers.max(1)).unwrap_or(u32::MAX),
    );
    run.epoch_ns = run.worker.start_growing_load(message, rate).map_err(|error| error.to_string())?;
    Ok(empty())
}
