//! Backlog, rate search, sampling period: what changes while the load runs.

use super::PERIOD;
use super::context::ResolveContext;
use super::driver::DriverTarget;
use crate::plan::schedule::MIN_PER_PRODUCER_PER_S;
use crate::plan::{BacklogPlan, DriverKind, MessagePlan, RatePlan, RateScope, SearchPlan, SearchRule};
use crate::units::{Rate, format_rate};
use std::time::Duration;

/// OMB's number for `consumerBacklogSizeGB`: GiB.
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// OMB calls a backlog drained at so many messages at the latest.
const DRAINED_AT_LEAST: u64 = 1_000;
/// A drain that takes longer will hardly end: consumers are no faster than producers.
const DRAIN_LIMIT: Duration = Duration::from_secs(3_600);
/// A backlog is built within so many times the time it takes at the planned rate, and a minute.
const BUILD_SLACK: u32 = 3;
const BUILD_MARGIN: Duration = Duration::from_secs(60);
/// Rate at which a search begins (OMB, and the guide).
pub(super) const SEARCH_FROM_PER_S: f64 = 10_000.0;

/// The limits of OMB's rate search; OMB reads them from the environment under these names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchLimits {
    /// `PUBLISH_BACKLOG_LIMIT`.
    pub publish_backlog_limit: u64,
    /// `RECEIVE_BACKLOG_LIMIT`.
    pub receive_backlog_limit: u64,
    /// `MIN_RAMPING_FACTOR`.
    pub min_ramping_factor: f64,
    /// `MAX_RAMPING_FACTOR`.
    pub max_ramping_factor: f64,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self {
            publish_backlog_limit: 1_000,
            receive_backlog_limit: 1_000,
            min_ramping_factor: 0.01,
            max_ramping_factor: 1.0,
        }
    }
}

/// Is the rate to be searched for?
pub(super) fn is_search(context: &ResolveContext<'_>) -> bool {
    context.options.rate.is_none()
        && super::closed_loop::outstanding(context).is_none()
        && context.workload.course.rate_over_time.is_none()
        && !context.written_wrongly("producerRateList")
        && !context.written_wrongly("producerRateSteps")
        && !context.written_wrongly("producerRateBurst")
        && !context.written_wrongly("producerRate")
        && context.workload.producer_rate_per_s.is_none_or(|rate| rate <= 0.0)
}

/// The search, when the rate is 0.
pub(super) fn search(
    context: &mut ResolveContext<'_>,
    target: &DriverTarget,
    rate: Option<&RatePlan>,
) -> Option<SearchPlan> {
    let rule = match context.workload.course.rate_search.as_deref() {
        Some("guide") => SearchRule::Guide,
        _ => SearchRule::Omb,
    };
    rate.filter(|rate| rate.producers > 0)?;
    if !is_search(context) {
        if context.workload.course.rate_search.is_some() {
            context.warn("rateSearch", "is not used: there is a rate; write producerRate: 0 to search for one");
        }
        return None;
    }
    if target.kind == DriverKind::Embedded {
        context.refuse(
            "producerRate",
            "is 0: a search for the highest rate would only find what the embedded broker can keep: use a cluster with \
             -d, or give a rate",
        );
        return None;
    }
    let limits = context.options.search_limits;
    Some(SearchPlan {
        rule,
        publish_backlog_limit: limits.publish_backlog_limit,
        receive_backlog_limit: limits.receive_backlog_limit,
        min_ramping_factor: limits.min_ramping_factor,
        max_ramping_factor: limits.max_ramping_factor,
        floor_per_s: 1.0,
    })
}

/// The backlog, when one is asked for.
pub(super) fn backlog(
    context: &mut ResolveContext<'_>,
    target: &DriverTarget,
    rate: Option<&RatePlan>,
    message: Option<&MessagePlan>,
    has_backlog: bool,
) -> Option<BacklogPlan> {
    const KEY: &str = "consumerBacklogSizeGB";
    let ratio = context.workload.backlog_drain_ratio.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&ratio) {
        context.refuse("backlogDrainRatio", format!("{ratio} is not between 0 and 1: write 1.0 for a full drain"));
    }
    let size_gib = context.workload.consumer_backlog_size_gb.filter(|size| *size > 0.0)?;
    if size_gib.fract() != 0.0 {
        let of_omb = size_gib.trunc();
        let means = if of_omb > 0.0 { format!("{of_omb} GiB") } else { "no backlog".to_owned() };
        context.warn(
            KEY,
            format!(
                "{size_gib} GiB are built here; OMB's number is whole, it cuts this to {of_omb}, which is {means}: \
                 write {} for the same in both",
                size_gib.ceil()
            ),
        );
    }
    if target.kind != DriverKind::Kafka {
        context.refuse(
            KEY,
            "a backlog needs a broker that keeps it; the embedded one keeps 5 MiB a partition: use a \
            cluster with -d, or write 0",
        );
        return None;
    }
    if is_search(context) {
        // OMB's sentence.
        context.refuse(
            KEY,
            "Cannot probe producer sustainable rate when building backlog: give a rate (producerRate: 10000)",
        );
        return None;
    }
    let (rate, message) = (rate?, message?);
    if !has_backlog {
        context.refuse(KEY, "nobody consumes what is produced: write subscriptionsPerTopic: 1 or more, or 0 here");
        return None;
    }
    let drain_rate_per_s = drain_rate(context, rate);
    let size_bytes = whole(size_gib * GIB);
    let size_messages = size_bytes / u64::from(message.size_bytes.max(1));
    let left = whole((1.0 - ratio) * size_messages as f64);
    let at_rate = match rate.total {
        Rate::PerSecond(per_s) => Duration::try_from_secs_f64(size_messages as f64 / per_s).unwrap_or(DRAIN_LIMIT),
        Rate::Unlimited => DRAIN_LIMIT,
    };
    let written = context.workload.course.backlog_drain_timeout_minutes;
    let drain_limit = written.and_then(super::from_minutes).unwrap_or(DRAIN_LIMIT);
    Some(BacklogPlan {
        size_bytes,
        size_messages,
        drained_at_messages: left.max(DRAINED_AT_LEAST),
        drain_rate_per_s,
        build_limit: at_rate.saturating_mul(BUILD_SLACK).saturating_add(BUILD_MARGIN),
        drain_limit,
    })
}

/// In total; −1 is Redpanda's word for unchanged.
fn drain_rate(context: &mut ResolveContext<'_>, rate: &RatePlan) -> Option<f64> {
    let written = context.workload.course.drain_producer_rate_per_s.filter(|rate| *rate >= 0.0)?;
    let producers = f64::from(rate.producers);
    let total = if rate.scope == RateScope::PerProducer { written * producers } else { written };
    let least = MIN_PER_PRODUCER_PER_S * producers;
    if total < least {
        context.refuse(
            "drainProducerRate",
            format!(
                "{written} is too little for a schedule: write at least {} in total, or -1 for no change",
                format_rate(least)
            ),
        );
        return None;
    }
    Some(total)
}

/// `sampleRateMillis` and `logIntervalMillis`: whole seconds, as telemetry is cut.
pub(super) fn period(context: &mut ResolveContext<'_>) -> Duration {
    match context.workload.course.period_millis {
        None => PERIOD,
        Some((_, millis)) if millis >= 1_000 && millis % 1_000 == 0 => Duration::from_millis(millis.into()),
        Some((key, millis)) => {
            context.refuse(
                key,
                format!(
                    "{millis} ms: periods are whole seconds, write 1000, 2000, … (the detail file has every second)"
                ),
            );
            PERIOD
        }
    }
}

/// Rounded down; beyond what fits, the largest.
fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
    let whole = number as u64;
    whole
}
