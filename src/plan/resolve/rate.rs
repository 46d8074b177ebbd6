//! Rate: how much, whose it is, and what late producers do.

use super::course::{SEARCH_FROM_PER_S, is_search};
use super::desk::Desk;
use super::driver::Target;
use crate::config::DriverClass;
use crate::plan::schedule::MIN_PER_PRODUCER_PER_S;
use crate::plan::{DriverKind, LatePolicy, RatePlan, RateScope};
use crate::units::Rate;

/// Decides the rate of `producers` producers (None: their number is refused already).
pub(super) fn decide(desk: &mut Desk<'_>, target: &Target, producers: Option<u32>) -> Option<RatePlan> {
    if producers == Some(0) {
        return nobody_sends(desk);
    }
    let late = late(desk);
    let rate = rate(desk);
    let (scope, reason) = if is_search(desk) {
        (RateScope::Total, "searched for, from 10,000 msg/s on: the rate is of all producers together".to_owned())
    } else {
        scope(desk, target)
    };
    let plan = RatePlan::new(rate?, scope, reason, late?, producers?);
    if let Rate::PerSecond(each) = plan.per_producer
        && each < MIN_PER_PRODUCER_PER_S
    {
        let least = MIN_PER_PRODUCER_PER_S * f64::from(plan.producers);
        refuse(
            desk,
            format!(
                "{plan}: a producer's schedule needs at least {MIN_PER_PRODUCER_PER_S} msg/s: raise the total to {least} or \
                 take fewer producers"
            ),
        );
        return None;
    }
    Some(plan)
}

/// A run without producers needs no rate.
fn nobody_sends(desk: &mut Desk<'_>) -> Option<RatePlan> {
    if desk.options.rate.is_some() {
        desk.warn_plainly("--rate is not used: there are no producers");
    }
    let reason = "there are no producers".to_owned();
    Some(RatePlan::new(Rate::PerSecond(0.0), RateScope::Total, reason, LatePolicy::default(), 0))
}

/// Refuses the rate where it comes from.
pub(super) fn refuse(desk: &mut Desk<'_>, what: String) {
    if desk.options.rate.is_some() {
        desk.refuse_option(Some("--rate"), what);
    } else {
        desk.refuse("producerRate", what);
    }
}

/// The option, else the file's number; 0 (and nothing) is the search.
fn rate(desk: &mut Desk<'_>) -> Option<Rate> {
    const KEY: &str = "producerRate";
    if let Some(rate) = desk.options.rate {
        return Some(rate);
    }
    match desk.workload.producer_rate_per_s {
        Some(rate) if rate > 0.0 => Some(Rate::PerSecond(rate)),
        None if desk.written_wrongly(KEY) => None,
        // The search begins here.
        _ => Some(Rate::PerSecond(SEARCH_FROM_PER_S)),
    }
}

/// Whose rate it is: option, workload key, then whose file it is.
fn scope(desk: &Desk<'_>, target: &Target) -> (RateScope, String) {
    let of = |scope| match scope {
        RateScope::PerProducer => "of each producer",
        RateScope::Total => "of all producers together",
    };
    if let Some(scope) = desk.options.rate_scope {
        return (scope, format!("--rate-scope: the rate is {}", of(scope)));
    }
    if let Some(scope) = desk.workload.producer_rate_scope {
        return (scope, format!("producerRateScope in the workload: the rate is {}", of(scope)));
    }
    let (scope, why) = match (target.kind, target.class) {
        (DriverKind::Embedded, _) => (RateScope::PerProducer, "--embedded"),
        (_, Some(DriverClass::Java)) => (RateScope::Total, "driverClass is OMB's"),
        (_, Some(DriverClass::Python)) => (RateScope::PerProducer, "driverClass is the Python guide's"),
        (_, Some(DriverClass::Null) | None) => (RateScope::PerProducer, "driverClass is pinload's"),
    };
    (scope, format!("{why}: the rate is {}", of(scope)))
}

fn late(desk: &mut Desk<'_>) -> Option<LatePolicy> {
    let late = desk.options.late.unwrap_or_default();
    if let LatePolicy::Bounded { multiple } = late
        && !(multiple >= 1.01 && multiple.is_finite())
    {
        desk.refuse_option(
            Some("--late-policy"),
            format!("bounded by {multiple} × the rate never catches up: take at least 1.01"),
        );
        return None;
    }
    Some(late)
}
