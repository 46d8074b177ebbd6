//! Was as much acknowledged and received as was asked for?

use super::event::{SystemEvent, SystemEventKind};
use crate::plan::Threshold;
use crate::stats::{Counter, Latency};
use crate::units::{Rate, format_count, format_ns, format_rate, whole_ns};
use crate::verdict::{BlockedTime, context::percent};
use crate::workload_generator::totals::{MeasuredRun, measured};
use crate::workload_generator::{RunOutcome, RunResult};

/// What was to be sent while it was measured. Unlimited: it was searched for, or was another one while a backlog
/// drained.
pub fn asked_rate(result: &RunResult<'_>, measured_s: f64) -> Rate {
    let plan = result.plan;
    if plan.rate_is_ordered() {
        return Rate::Unlimited;
    }
    let Some(curve) = &plan.rate.curve else { return plan.rate.total };
    let stairs = curve.stairs();
    let begin_s = curve.begin_s(result.epoch_wall_ns) + (result.measurement_start_ns - result.epoch_ns) as f64 / 1e9;
    let messages = stairs.messages_until(begin_s + measured_s) - stairs.messages_until(begin_s);
    if messages > 0.0 { Rate::PerSecond(messages / measured_s) } else { Rate::Unlimited }
}

/// At most so many seconds of the rate may be on their way at the end.
const MOST_ON_ITS_WAY_S: f64 = 0.5;

/// What became of a rate that was asked for.
pub(super) enum Reached {
    /// No rate was asked for, or nothing was measured.
    NotAsked,
    /// As asked.
    Yes { target_per_s: f64 },
    /// The system took less.
    Less(SystemEvent),
    /// The generator offered less, and the system took that.
    NotOffered { target_per_s: f64, offered_per_s: f64 },
}

pub(super) fn reached(result: &RunResult<'_>) -> Reached {
    let MeasuredRun { span_s, rates, .. } = measured(result);
    let Rate::PerSecond(target_per_s) = asked_rate(result, span_s) else { return Reached::NotAsked };
    if span_s <= 0.0 || result.plan.producers() == 0 {
        return Reached::NotAsked;
    }
    let by_chance_s = result.plan.rate.arrivals.short_by_chance(target_per_s * span_s) / target_per_s;
    let tolerance = result.plan.thresholds[Threshold::RateMissedShare]
        + (on_its_way_s(result, target_per_s) + by_chance_s) / span_s;
    let misses = |per_s: f64, of_per_s: f64| per_s < of_per_s * (1.0 - tolerance);
    let (offered_per_s, taken_per_s) = (rates.enqueued_per_s, rates.acknowledged_per_s);
    if !misses(taken_per_s, target_per_s) {
        return Reached::Yes { target_per_s };
    }
    let broke_off = !matches!(result.outcome, RunOutcome::Completed | RunOutcome::Running);
    if !misses(taken_per_s, offered_per_s) && !held_up(result) && result.plan.measured_by.everything() {
        return if broke_off { Reached::NotAsked } else { Reached::NotOffered { target_per_s, offered_per_s } };
    }
    let missing = whole_ns((target_per_s - taken_per_s) * span_s);
    let text = format!(
        "it acknowledged {} of {} ({})",
        format_rate(taken_per_s),
        format_rate(target_per_s),
        percent(taken_per_s / target_per_s)
    );
    Reached::Less(SystemEvent::counted(SystemEventKind::BelowTarget, missing, text))
}

/// What was on its way when the measurement ended, in seconds of the rate: it is not missing.
fn on_its_way_s(result: &RunResult<'_>, target_per_s: f64) -> f64 {
    let Some(totals) = result.periods.last().map(|period| period.totals) else { return 0.0 };
    let told = totals[Counter::MessagesAcknowledged] + totals[Counter::MessagesFailed];
    (totals[Counter::MessagesEnqueued].saturating_sub(told) as f64 / target_per_s).min(MOST_ON_ITS_WAY_S)
}

/// Share of what was asked for, and time's worth of it, by which what is on its way may grow while it is measured.
const GROWTH_SHARE: f64 = 0.005;
const GROWTH_S: f64 = 0.03;
/// A system that is slow also varies by more: such a share of its median is allowed, where that is more than
/// `GROWTH_S`.
const GROWTH_OF_MEDIAN: f64 = 0.25;

/// Did more and more stay on its way? A system that takes a little less than it is asked for acknowledges that a little
/// later, and later still: of a short measurement after a warm-up this tells sooner than what was acknowledged.
pub fn fell_behind(result: &RunResult<'_>) -> bool {
    let MeasuredRun { span_s, .. } = measured(result);
    let Rate::PerSecond(target_per_s) = asked_rate(result, span_s) else { return false };
    if result.plan.warmup.is_zero() {
        // What is on its way at the end came to be so with the load itself.
        return false;
    }
    let sum = |counter: Counter| result.periods.iter().map(|period| period.counters[counter]).sum::<u64>();
    let told = sum(Counter::MessagesAcknowledged) + sum(Counter::MessagesFailed);
    let grown = sum(Counter::MessagesEnqueued).saturating_sub(told) as f64;
    let median_ns = result.cumulative.as_ref().map_or(0, |set| set[Latency::AcknowledgeActual].percentile_ns(50.0));
    let varies_s = (median_ns as f64 / 1e9 * GROWTH_OF_MEDIAN).max(GROWTH_S);
    // The last burst may still be on its way, and the one before the first was not.
    let at_once = f64::from(result.plan.rate.arrivals.at_once().saturating_sub(1));
    grown > target_per_s * (span_s * GROWTH_SHARE + varies_s) + at_once
}

/// Did producers wait for the broker with full queues for as much of the time as may be missing?
fn held_up(result: &RunResult<'_>) -> bool {
    let Some(period) = result.periods.last() else { return false };
    let tolerance = result.plan.thresholds[Threshold::RateMissedShare];
    period.clients.iter().any(|client| {
        let held_up = BlockedTime::of_client(&client.measured, result.plan);
        held_up.by_broker_ns as f64 > client.measured.span_ns as f64 * tolerance
    })
}

/// A backlog at the end of the measurement that is more than a stated time's worth, and grew.
pub(in crate::verdict) fn backlog(result: &RunResult<'_>) -> Option<SystemEvent> {
    let plan = result.plan;
    if !plan.has_backlog() || plan.search.is_some() || plan.backlog.is_some() {
        return None;
    }
    let (first, last) = (result.periods.first()?, result.periods.last()?);
    let grew = result.periods.len() == 1 || last.backlog > first.backlog;
    let received_per_s = measured(result).rates.received_per_s;
    let limit_s = plan.thresholds[Threshold::BacklogS];
    // Of nothing received any backlog is too much.
    let worth_s = if received_per_s > 0.0 { last.backlog as f64 / received_per_s } else { f64::MAX };
    if last.backlog == 0 || !grew || worth_s <= limit_s {
        return None;
    }
    let messages = format_count(last.backlog);
    let text = if received_per_s > 0.0 {
        format!("its consumers were {messages} messages behind at the end ({})", format_ns(whole_ns(worth_s * 1e9)))
    } else {
        format!("its consumers received nothing of {messages} messages")
    };
    Some(SystemEvent::counted(SystemEventKind::BacklogGrew, last.backlog, text))
}
