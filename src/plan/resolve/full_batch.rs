//! How many messages fill a batch, where all are of one size.
//!
//! Java's producer sends a batch as soon as the next message does not fit into it. librdkafka counts keys and values
//! alone, and against `batch.size` as a whole: fifteen messages of 1,024 bytes fill a batch of 16,384 bytes, and would
//! stay in its queue until a sixteenth comes or `linger.ms` is over. Said as a number of messages it sends them as Java
//! does.

use super::sizes::Longest;
use crate::plan::{DriverKind, DriverPlan, MessagePlan};
use crate::units::format_count;

const MESSAGES: &str = "batch.num.messages";
/// librdkafka's limit of that property.
const MOST_MESSAGES: u64 = 1_000_000;

/// Says it to a producer whose partitions pinload names as Java's producer does.
pub(super) fn say(message: &MessagePlan, driver: &mut DriverPlan) {
    let one_size = message.size_bytes == message.largest_bytes;
    if driver.kind == DriverKind::Null || driver.is_wire() || !one_size || driver.producer.is_written(MESSAGES) {
        return;
    }
    let Some(sticky) = &mut driver.producer.ways.sticky else { return };
    let records = Longest::of(message).records_in(sticky.batch_bytes).min(MOST_MESSAGES);
    sticky.batch_messages = u32::try_from(records).unwrap_or(u32::MAX);
    let why = format!(
        "a batch of batch.size={} is full with {} message{} of {} bytes and leaves, as in Java; by their bytes alone \
         librdkafka would keep it until linger.ms is over",
        sticky.batch_bytes,
        format_count(records),
        if records == 1 { "" } else { "s" },
        format_count(message.size_bytes.into()),
    );
    driver.producer.put_default(MESSAGES, &records.to_string(), &why);
    driver.decide_settings();
}
