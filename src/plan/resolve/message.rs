//! What messages are made of: size, keys, payload, stamp.

use super::context::ResolveContext;
use super::payload_files;
use crate::config::workload::SizeBucket;
use crate::plan::message::STAMP_MIN_BYTES;
use crate::plan::{KeyDistributor, MessagePlan, PayloadPlan, SizePlan};

/// Seed of payload pools: fixed, so that the same files make the same payloads on every machine.
const PAYLOAD_SEED: u64 = 0x0070_696e_6c6f_6164;

/// A payload, and what it says of sizes.
#[derive(Debug)]
pub(super) struct Sized {
    pub(super) payload: PayloadPlan,
    /// The size that results show.
    pub(super) size_bytes: u32,
    pub(super) smallest_bytes: u32,
    pub(super) largest_bytes: u32,
}

impl Sized {
    fn alike(size_bytes: u32, payload: PayloadPlan) -> Self {
        Self { payload, size_bytes, smallest_bytes: size_bytes, largest_bytes: size_bytes }
    }
}

/// Decides the message of a run with so many producers (None: their number is refused already).
pub(super) fn decide(context: &mut ResolveContext<'_>, producers: Option<u32>) -> Option<MessagePlan> {
    let workload = context.workload;
    if producers == Some(0) {
        return Some(nobody_sends(workload.message_size));
    }
    check_ratio(context);
    let randomized = workload.use_randomized_payloads.unwrap_or(false);
    let sized = match (&workload.shapes.message_size_distribution, &workload.payload_file) {
        (Some(buckets), file) => {
            warn_of_what_a_distribution_replaces(context, file.is_some(), randomized);
            by_weight(context, buckets, randomized)
        }
        (None, _) if context.written_wrongly("messageSizeDistribution") => return None,
        (None, Some(path)) if !randomized => payload_files::decide(context, path)?,
        (None, file) => {
            if file.is_some() {
                context.warn("payloadFile", "is ignored: useRandomizedPayloads is true");
            }
            let size = workload.message_size.or_else(|| {
                context.missing("messageSize", "1024");
                None
            });
            let payload = if randomized { random(context, size) } else { zeros(context) };
            Sized::alike(size?, payload?)
        }
    };
    let no_stamp_reason = if context.options.no_stamp {
        Some("--no-stamp".to_owned())
    } else if sized.smallest_bytes >= STAMP_MIN_BYTES {
        None
    } else if sized.smallest_bytes == sized.largest_bytes {
        Some(format!("messageSize {} is below the stamp's {STAMP_MIN_BYTES} bytes", sized.size_bytes))
    } else {
        // A message without a stamp among stamped ones would look like somebody else's.
        Some(format!("the smallest messages have {} bytes, the stamp needs {STAMP_MIN_BYTES}", sized.smallest_bytes))
    };
    Some(MessagePlan {
        size_bytes: sized.size_bytes,
        largest_bytes: sized.largest_bytes,
        keys: workload.key_distributor.unwrap_or(KeyDistributor::NoKey),
        payload: sized.payload,
        stamp: no_stamp_reason.is_none(),
        no_stamp_reason,
    })
}

/// A run that only consumes takes messages as they are.
fn nobody_sends(message_size: Option<u32>) -> MessagePlan {
    let size_bytes = message_size.unwrap_or(0);
    MessagePlan {
        size_bytes,
        largest_bytes: size_bytes,
        keys: KeyDistributor::NoKey,
        payload: PayloadPlan::Randomized { pool: 1, random_bytes: 0, seed: PAYLOAD_SEED },
        stamp: false,
        no_stamp_reason: Some("there are no producers".to_owned()),
    }
}

fn check_ratio(context: &mut ResolveContext<'_>) {
    if let Some(ratio) = context.workload.random_bytes_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio)) {
        context
            .refuse("randomBytesRatio", format!("{ratio} is not between 0 (all zeros) and 1 (all random): write 0.5"));
    }
}

/// As OMB: `(int) (messageSize × randomBytesRatio)` random bytes, the rest zeros.
fn random(context: &mut ResolveContext<'_>, size: Option<u32>) -> Option<PayloadPlan> {
    let pool = context.workload.randomized_payload_pool_size;
    let ratio = ratio(context);
    if !matches!(pool, Some(1..)) && !context.written_wrongly("randomizedPayloadPoolSize") {
        let what = if pool.is_some() { "is 0" } else { "is missing" };
        context.refuse(
            "randomizedPayloadPoolSize",
            format!("{what}: randomized payloads need at least 1, write for example randomizedPayloadPoolSize: 1000"),
        );
    }
    let random_bytes = share(size?, ratio);
    Some(PayloadPlan::Randomized { pool: pool.filter(|pool| *pool > 0)?, random_bytes, seed: PAYLOAD_SEED })
}

fn ratio(context: &mut ResolveContext<'_>) -> f64 {
    context.workload.random_bytes_ratio.unwrap_or_else(|| {
        if !context.written_wrongly("randomBytesRatio") {
            context.warn("randomBytesRatio", "is missing: 0, all bytes are zeros and compress extremely well");
        }
        0.0
    })
}

fn share(size_bytes: u32, ratio: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ratio beyond 0 … 1 is refused, so that the product is at most the size"
    )]
    let bytes = (f64::from(size_bytes) * ratio) as u32;
    bytes
}

/// Neither a file nor random bytes: OMB fails after it has made the topics, the guide's shortest example is written so.
/// Zeros then.
fn zeros(context: &mut ResolveContext<'_>) -> Option<PayloadPlan> {
    if context.written_wrongly("useRandomizedPayloads") || context.written_wrongly("payloadFile") {
        return None;
    }
    context.warn(
        "payloadFile",
        "is missing and useRandomizedPayloads is not true: payloads of zeros are sent, which compress extremely well",
    );
    Some(PayloadPlan::Randomized { pool: 1, random_bytes: 0, seed: PAYLOAD_SEED })
}

fn warn_of_what_a_distribution_replaces(context: &mut ResolveContext<'_>, file: bool, randomized: bool) {
    let workload = context.workload;
    if file {
        context.warn("payloadFile", "is ignored: messageSizeDistribution makes the payloads");
    }
    if workload.message_size.is_some_and(|size| size > 0) {
        context.warn("messageSize", "is not used: messageSizeDistribution says the sizes, results show their average");
    }
    if workload.randomized_payload_pool_size.is_some_and(|pool| pool > 1) {
        context
            .warn("randomizedPayloadPoolSize", "is not used: messageSizeDistribution makes one payload for each size");
    }
    if !randomized {
        context.warn("useRandomizedPayloads", "is not true: payloads of zeros are sent, which compress extremely well");
    }
}

/// As OMB (its PR 443): one payload for each range, as long as the range's end; the average is that of the ranges'
/// middles.
fn by_weight(context: &mut ResolveContext<'_>, buckets: &[SizeBucket], randomized: bool) -> Sized {
    let ratio = if randomized { ratio(context) } else { 0.0 };
    // A size that is never chosen is no size of this run.
    let chosen = || buckets.iter().filter(|bucket| bucket.weight > 0);
    let plan_of = |bucket: &SizeBucket| SizePlan {
        lowest_bytes: bucket.lowest_bytes,
        highest_bytes: bucket.highest_bytes,
        random_bytes: share(bucket.highest_bytes, ratio),
        weight: u64::from(bucket.weight),
    };
    let ends = || chosen().map(|bucket| bucket.highest_bytes);
    Sized {
        payload: PayloadPlan::Distribution { sizes: chosen().map(plan_of).collect(), seed: PAYLOAD_SEED },
        size_bytes: average_bytes(buckets),
        smallest_bytes: ends().min().unwrap_or(0),
        largest_bytes: ends().max().unwrap_or(0),
    }
}

/// The weighted average of the ranges' middles, rounded down.
fn average_bytes(buckets: &[SizeBucket]) -> u32 {
    let weight = |bucket: &SizeBucket| u128::from(bucket.weight);
    let ends = |bucket: &SizeBucket| u128::from(bucket.lowest_bytes) + u128::from(bucket.highest_bytes);
    let twice: u128 = buckets.iter().map(|bucket| weight(bucket) * ends(bucket)).sum();
    let weights: u128 = buckets.iter().map(weight).sum();
    u32::try_from(twice / (2 * weights.max(1))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_that_of_the_middles_by_weight() {
        let bucket = |lowest_bytes, highest_bytes, weight| SizeBucket { lowest_bytes, highest_bytes, weight };
        assert_eq!(average_bytes(&[bucket(0, 256, 3), bucket(1024, 4096, 1)]), (3 * 128 + 2560) / 4);
        assert_eq!(average_bytes(&[bucket(7, 8, 1)]), 7);
        assert_eq!(average_bytes(&[bucket(u32::MAX, u32::MAX, u32::MAX); 3]), u32::MAX);
    }
}
