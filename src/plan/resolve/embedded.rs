//! What the embedded broker (librdkafka's mock cluster) cannot carry: it keeps little of each partition, and what
//! consumers have not fetched by then is gone.

use super::clients::ClientCounts;
use super::context::ResolveContext;
use super::driver::DriverTarget;
use super::rate;
use crate::config::ClientLibrary;
use crate::plan::properties::TranslatedProperties;
use crate::plan::{DriverKind, MessagePlan, RatePlan};
use crate::units::{Rate, format_rate};

/// Bytes the mock cluster keeps of a partition (`rdkafka_mock.c`: `max_size`).
const KEPT_BYTES: f64 = 5.0 * 1024.0 * 1024.0;
/// Messages the mock cluster keeps of a partition (`rdkafka_mock.c`: `max_cnt`).
const KEPT_MESSAGES: f64 = 100_000.0;
/// What a record takes beside its value in a batch of some dozens: its own varints and its share of the batch header.
const RECORD_OVERHEAD_BYTES: u32 = 12;
/// Less retention than this and a consumer that stumbles once loses messages.
const LEAST_S: f64 = 1.0;
/// Less than this is worth a warning.
const SAFE_S: f64 = 5.0;

/// Consumer properties that the mock cluster's ways ask for.
pub(super) fn suit_consumer(consumer: &mut TranslatedProperties, client: ClientLibrary) {
    for (name, value, why) in [
        (
            "auto.offset.reset",
            "earliest",
            "the topics are this run's own: nothing is skipped before the first commit, and of what the embedded \
             broker has dropped no more than that (librdkafka: latest)",
        ),
        (
            "fetch.wait.max.ms",
            "10",
            "the embedded broker answers an empty fetch only when this time is over (librdkafka: 500)",
        ),
        (
            "group.protocol",
            "consumer",
            "a classic group of the embedded broker waits for a session timeout when its members synchronise in an \
             unlucky order (librdkafka: classic)",
        ),
    ] {
        // The wire driver's partitions are dealt by the plan: nobody waits for a group.
        if name != "group.protocol" || client.is_librdkafka() {
            consumer.add_default(name, value, &[(name, value)], why);
        }
    }
}

/// Refuses or warns of rates that outrun the broker's memory. Without consumers nothing is lost by that.
pub(super) fn check(
    context: &mut ResolveContext<'_>,
    target: &DriverTarget,
    partitions: &[u32],
    counts: &ClientCounts,
    message: &MessagePlan,
    plan: &RatePlan,
) {
    if target.kind != DriverKind::Embedded || counts.consumers() == 0 {
        return;
    }
    let partitions = fed_alike(partitions, counts);
    let record = f64::from(message.largest_bytes) + f64::from(RECORD_OVERHEAD_BYTES);
    let kept_messages = KEPT_MESSAGES.min(KEPT_BYTES / record) * partitions;
    let room = "the embedded broker keeps at most 5 MiB or 100,000 messages of a partition";
    let highest = format_rate((kept_messages / LEAST_S).floor());
    match plan.total {
        Rate::Unlimited => rate::refuse(
            context,
            format!("{room}, so that consumers would miss messages: give a rate (at most {highest} in total here)"),
        ),
        Rate::PerSecond(total) if kept_messages / total < LEAST_S => rate::refuse(
            context,
            format!(
                "{plan}: {room}, which is {:.2} s at this rate, too little for consumers: at most {highest} in total \
                 with these partitions and this message size, or use a cluster with -d",
                kept_messages / total
            ),
        ),
        Rate::PerSecond(total) if kept_messages / total < SAFE_S => {
            let s = kept_messages / total;
            let what =
                format!("{room}, which is {s:.1} s at this rate: a consumer that is behind by more loses messages");
            context.warn_plainly("embedded_keeps_little", what);
        }
        Rate::PerSecond(_) => {}
    }
}

/// How many partitions the total rate is spread over: all of them where topics are alike; else as if all were as
/// crowded as the topic in which the most producers share a partition.
fn fed_alike(partitions: &[u32], counts: &ClientCounts) -> f64 {
    let producers = f64::from(counts.producers());
    let fed = partitions.iter().zip(&counts.topics).filter(|(_, shape)| shape.producers > 0);
    fed.map(|(partitions, shape)| f64::from(*partitions) * producers / f64::from(shape.producers))
        .fold(f64::INFINITY, f64::min)
}
