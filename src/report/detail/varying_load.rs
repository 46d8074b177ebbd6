//! What changed while the load ran: the parts of a measurement with a backlog, the steps of a rate search.

use crate::workload_generator::{PhaseName, RunResult, SearchReport};

/// One part of the measurement.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct PhaseDetail<'a> {
    /// Which part.
    name: PhaseName,
    /// Begin of the part.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    start_s: f64,
    /// End of the part.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    end_s: f64,
    /// Acknowledged × subscriptions − received at the end of the part, at least 0.
    backlog_messages: u64,
    /// Built, drained, or what came instead.
    what_happened: &'a str,
}

/// The rate search.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct SearchDetail<'a> {
    /// The highest rate that was sustained; null: the run was too short to find one.
    found_rate_per_s: Option<f64>,
    /// The lowest rate that was not sustained.
    not_sustained_rate_per_s: Option<f64>,
    /// How long the found rate was held at the end of the search.
    held_s: f64,
    /// True: both bounds came within 3 % and the rate was held for a trial's length; false: the found rate is a first
    /// guess.
    settled: bool,
    /// Changes of the rate that producers have followed.
    #[schemars(extend("unit" = "orders"))]
    rate_orders_obeyed: u64,
    /// From the moment the first message of the new schedule was due to the moment a producer followed the order (0:
    /// before it), mean.
    rate_order_delay_mean_ns: Option<f64>,
    /// Every step of the search.
    steps: Vec<StepDetail<'a>>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct StepDetail<'a> {
    /// End of the step.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    end_s: f64,
    /// Rate asked for.
    rate_per_s: f64,
    /// Rate acknowledged.
    acknowledged_per_s: f64,
    /// Acknowledged too few (while settling: handed over and not acknowledged).
    publish_backlog_messages: u64,
    /// Acknowledged and not received, at the end of the step.
    receive_backlog_messages: u64,
    /// Rate asked for next.
    next_rate_per_s: f64,
    /// Why.
    step_reason: &'a str,
}

fn since_epoch_s(result: &RunResult<'_>, at_ns: u64) -> f64 {
    (i128::from(at_ns) - i128::from(result.epoch_ns)) as f64 / 1e9
}

/// The parts, in order.
pub fn phases<'a>(result: &'a RunResult<'_>) -> Vec<PhaseDetail<'a>> {
    let part = |mark: &'a crate::workload_generator::PhaseMark| PhaseDetail {
        name: mark.name,
        start_s: since_epoch_s(result, mark.begin_ns),
        end_s: since_epoch_s(result, mark.end_ns),
        backlog_messages: mark.backlog_messages,
        what_happened: &mark.what,
    };
    result.phases.iter().map(part).collect()
}

/// The search, where there was one.
pub fn search<'a>(result: &'a RunResult<'_>) -> Option<SearchDetail<'a>> {
    use crate::stats::Counter;
    let SearchReport { found_per_s, not_sustained_per_s, held_s, settled, steps } = result.search.as_ref()?;
    let totals = crate::workload_generator::totals::totals(result);
    let (obeyed, delay_ns) = (totals[Counter::RateOrdersObeyed], totals[Counter::RateOrderDelayNs]);
    Some(SearchDetail {
        found_rate_per_s: *found_per_s,
        not_sustained_rate_per_s: *not_sustained_per_s,
        held_s: *held_s,
        settled: *settled,
        rate_orders_obeyed: obeyed,
        rate_order_delay_mean_ns: (obeyed > 0).then(|| delay_ns as f64 / obeyed as f64),
        steps: steps
            .iter()
            .map(|step| StepDetail {
                end_s: since_epoch_s(result, step.at_ns),
                rate_per_s: step.rate_per_s,
                acknowledged_per_s: step.acknowledged_per_s,
                publish_backlog_messages: step.publish_backlog,
                receive_backlog_messages: step.receive_backlog,
                next_rate_per_s: step.next_rate_per_s,
                step_reason: &step.reason,
            })
            .collect(),
    })
}
