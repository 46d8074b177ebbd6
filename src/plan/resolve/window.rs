//! What a producer without a rate keeps on its way at first.

use crate::plan::properties::ProducerSettings;
use crate::plan::{DriverKind, DriverPlan, MessagePlan, RatePlan};
use crate::units::Rate;

/// Batches: one that is filled, one that waits, and those on their way.
const BATCHES: u64 = 4;
/// As small as a cache, and more than the batches of small ones.
const LEAST_BYTES: u64 = 4 << 20;
/// No more messages than in so many batches of this length, unless theirs are longer.
const BATCH_MESSAGES: u64 = 10_000;

/// Decides it, if there is no rate and no closed loop, and a library that has a queue.
pub(super) fn decide(rate: &RatePlan, message: &MessagePlan, driver: &DriverPlan) -> Option<u32> {
    let unlimited = rate.total == Rate::Unlimited && rate.outstanding_messages.is_none();
    if !unlimited || driver.kind == DriverKind::Null {
        return None;
    }
    let ProducerSettings { batch_bytes, batch_messages, .. } = driver.producer_settings;
    let bytes = u64::from(message.size_bytes.max(1));
    let batch = (batch_bytes / bytes).min(batch_messages).max(1);
    let first = (BATCHES * batch).max(LEAST_BYTES / bytes).min(BATCHES * BATCH_MESSAGES.max(batch));
    Some(u32::try_from(first).unwrap_or(u32::MAX))
}
