//! Rate: how much, whose it is, and what late producers do.

use super::closed_loop;
use super::context::ResolveContext;
use super::driver::DriverTarget;
use super::varying_load::{SEARCH_FROM_PER_S, is_search};
use crate::config::DriverClass;
use crate::config::workload::RateOverTime;
use crate::plan::curve::{DAY_S, RateCurve, RatePoint};
use crate::plan::schedule::MIN_PER_PRODUCER_PER_S;
use crate::plan::{DriverKind, LatePolicy, RatePlan, RateScope};
use crate::units::{Rate, format_duration};
use std::time::Duration;

/// Decides the rate of `producers` producers (None: their number is refused already).
pub(super) fn decide(
    context: &mut ResolveContext<'_>,
    target: &DriverTarget,
    producers: Option<u32>,
) -> Option<RatePlan> {
    if producers == Some(0) {
        return nobody_sends(context);
    }
    let late = late(context);
    let outstanding = closed_loop::outstanding(context);
    if outstanding.is_some() {
        closed_loop::check(context);
    }
    let rate = if outstanding.is_some() { Some(Rate::Unlimited) } else { rate(context) };
    let (scope, reason) = if outstanding.is_some() {
        closed_loop::scope()
    } else if is_search(context) {
        (RateScope::Total, "searched for, from 10,000 msg/s on: the rate is of all producers together".to_owned())
    } else {
        scope(context, target)
    };
    let mut plan = RatePlan::new(rate?, scope, reason, late?, producers?);
    plan.arrivals = super::arrivals::decide(context, &plan);
    plan.outstanding_messages = outstanding;
    if let Some((key, written)) = context.workload.course.rate_over_time.clone() {
        return over_time(context, key, &written, plan);
    }
    if let Rate::PerSecond(each) = plan.per_producer
        && each < MIN_PER_PRODUCER_PER_S
    {
        let least = MIN_PER_PRODUCER_PER_S * f64::from(plan.producers);
        let each = format!("{MIN_PER_PRODUCER_PER_S} msg/s (a message in 116 days)");
        refuse(
            context,
            format!(
                "{plan}: a producer's schedule needs at least {each}: raise the total to {least} or take \
                 fewer producers"
            ),
        );
        return None;
    }
    warn_of_silence(context, &plan);
    Some(plan)
}

/// Slow rates are legal; a run in which hardly a producer gets to its first message is rarely meant.
fn warn_of_silence(context: &mut ResolveContext<'_>, plan: &RatePlan) {
    let (Rate::PerSecond(total), Some(length)) = (plan.total, super::duration(context.workload, context.options))
    else {
        return;
    };
    let messages = total * length.as_secs_f64();
    if messages < f64::from(plan.producers) {
        let apart = Duration::try_from_secs_f64((f64::from(plan.producers) / total).round()).unwrap_or(Duration::MAX);
        let (apart, length) = (format_duration(apart), format_duration(length));
        let what = format!("each producer sends a message every {apart}, and the measurement takes {length}");
        if context.options.rate.is_some() {
            context.warn_plainly("rate_slow_for_its_time", format!("--rate: {what}"));
        } else {
            context.warn("producerRate", what);
        }
    }
}

/// The rates over time, in place of the one rate.
fn over_time(
    context: &mut ResolveContext<'_>,
    key: &'static str,
    written: &RateOverTime,
    mut plan: RatePlan,
) -> Option<RatePlan> {
    if context.options.rate.is_some() {
        context.warn(key, "is not used: --rate is one rate for all the time");
        return Some(plan);
    }
    if matches!(plan.late, LatePolicy::Skip | LatePolicy::Shift) {
        context.refuse(key, format!("does not go with --late-policy {}: take bounded or catch-up", plan.late));
        return None;
    }
    if context.workload.course.drain_producer_rate_per_s.is_some_and(|rate| rate >= 0.0) {
        context.refuse(
            "drainProducerRate",
            format!("does not go with {key}: a rate that changes over time is not changed for a drain"),
        );
        return None;
    }
    let each = if plan.scope == RateScope::PerProducer { f64::from(plan.producers) } else { 1.0 };
    let curve = match written {
        RateOverTime::Burst { .. } => {
            let base = context.workload.producer_rate_per_s.unwrap_or(0.0);
            curve(written, base, each)
        }
        _ => {
            if context.workload.producer_rate_per_s.is_some_and(|rate| rate > 0.0) {
                context.warn("producerRate", format!("is not used: {key} has the rates"));
            }
            curve(written, 0.0, each)
        }
    };
    let highest = curve.highest_per_s();
    if highest <= 0.0 {
        context.refuse(key, "has no rate above 0: nothing would be sent");
        return None;
    }
    plan.total = Rate::PerSecond(highest);
    plan.per_producer = Rate::PerSecond(highest / f64::from(plan.producers.max(1)));
    plan.curve = Some(curve);
    Some(plan)
}

/// `each`: what a rate in the file is to be multiplied by.
fn curve(written: &RateOverTime, base_per_s: f64, each: f64) -> RateCurve {
    let point = |(at_s, per_s): (f64, f64)| RatePoint { at_s, per_s: per_s * each };
    let points = |written: &[(f64, f64)]| written.iter().copied().map(point).collect::<Vec<_>>();
    match written {
        RateOverTime::Steps(steps) => {
            RateCurve { points: points(steps), slopes: false, cycle_s: None, clock_offset_s: None }
        }
        RateOverTime::Burst { rate_per_s, every_s, length_s } => RateCurve {
            points: points(&[(0.0, base_per_s), (every_s - length_s, *rate_per_s)]),
            slopes: false,
            cycle_s: Some(*every_s),
            clock_offset_s: None,
        },
        RateOverTime::Slopes(list) => {
            let mut points = points(list);
            if points[0].at_s > 0.0 {
                // Before the first point its rate holds, as in AutoMQ's generator.
                points.insert(0, RatePoint { at_s: 0.0, per_s: points[0].per_s });
            }
            RateCurve { points, slopes: true, cycle_s: None, clock_offset_s: None }
        }
        RateOverTime::ByClock(list) => {
            let mut points = points(list);
            let (first, last) = (points[0], points[points.len() - 1]);
            if first.at_s > 0.0 {
                // The slope over midnight.
                let gap_s = DAY_S - last.at_s + first.at_s;
                let share = (DAY_S - last.at_s) / gap_s;
                let per_s = last.per_s + (first.per_s - last.per_s) * share;
                points.insert(0, RatePoint { at_s: 0.0, per_s });
            }
            let offset_s = jiff::Zoned::now().offset().seconds();
            RateCurve { points, slopes: true, cycle_s: Some(DAY_S), clock_offset_s: Some(offset_s) }
        }
    }
}

/// A run without producers needs no rate.
fn nobody_sends(context: &mut ResolveContext<'_>) -> Option<RatePlan> {
    if context.options.rate.is_some() {
        context.warn_plainly("rate_not_used", "--rate is not used: there are no producers");
    }
    let reason = "there are no producers".to_owned();
    Some(RatePlan::new(Rate::PerSecond(0.0), RateScope::Total, reason, LatePolicy::default(), 0))
}

/// Refuses the rate where it comes from.
pub(super) fn refuse(context: &mut ResolveContext<'_>, what: String) {
    if context.options.rate.is_some() {
        context.refuse_option(Some("--rate"), what);
    } else {
        context.refuse("producerRate", what);
    }
}

/// The option, else the file's number; 0 (and nothing) is the search.
fn rate(context: &mut ResolveContext<'_>) -> Option<Rate> {
    const KEY: &str = "producerRate";
    if let Some(rate) = context.options.rate {
        return Some(rate);
    }
    match context.workload.producer_rate_per_s {
        Some(rate) if rate > 0.0 => Some(Rate::PerSecond(rate)),
        None if context.written_wrongly(KEY) => None,
        // The search begins here.
        _ => Some(Rate::PerSecond(SEARCH_FROM_PER_S)),
    }
}

/// Whose rate it is: option, workload key, then whose file it is.
fn scope(context: &ResolveContext<'_>, target: &DriverTarget) -> (RateScope, String) {
    let of = |scope| match scope {
        RateScope::PerProducer => "of each producer",
        RateScope::Total => "of all producers together",
    };
    if let Some(scope) = context.options.rate_scope {
        return (scope, format!("--rate-scope: the rate is {}", of(scope)));
    }
    if let Some(scope) = context.workload.producer_rate_scope {
        return (scope, format!("producerRateScope in the workload: the rate is {}", of(scope)));
    }
    let (scope, why) = match (target.kind, target.class) {
        (DriverKind::Embedded, _) => (RateScope::PerProducer, "--embedded"),
        (_, Some(DriverClass::Java)) => (RateScope::Total, "driverClass is OMB's"),
        (_, Some(DriverClass::Python)) => (RateScope::PerProducer, "driverClass is the Python guide's"),
        (_, Some(DriverClass::Null | DriverClass::Embedded | DriverClass::Wire) | None) => {
            (RateScope::PerProducer, "driverClass is pinload's")
        }
    };
    (scope, format!("{why}: the rate is {}", of(scope)))
}

fn late(context: &mut ResolveContext<'_>) -> Option<LatePolicy> {
    let late = context.options.late.unwrap_or_default();
    if let LatePolicy::Bounded { multiple } = late
        && !(multiple >= 1.01 && multiple.is_finite())
    {
        context.refuse_option(
            Some("--late-policy"),
            format!("bounded by {multiple} × the rate never catches up: take at least 1.01"),
        );
        return None;
    }
    Some(late)
}
