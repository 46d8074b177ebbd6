//! What changed while the load ran: the parts of a measurement with a backlog, the steps of a rate search.

use crate::workload_generator::{PhaseName, RunResult, SearchReport};

/// One part of the measurement.
#[derive(Debug, serde::Serialize)]
pub struct PhaseDetail<'a> {
    name: PhaseName,
    start_s: f64,
    end_s: f64,
    backlog_messages: u64,
    what_happened: &'a str,
}

/// The rate search.
#[derive(Debug, serde::Serialize)]
pub struct SearchDetail<'a> {
    found_rate_per_s: Option<f64>,
    not_sustained_rate_per_s: Option<f64>,
    held_s: f64,
    settled: bool,
    rate_orders_obeyed: u64,
    rate_order_delay_mean_ns: Option<f64>,
    steps: Vec<StepDetail<'a>>,
}

#[derive(Debug, serde::Serialize)]
struct StepDetail<'a> {
    end_s: f64,
    rate_per_s: f64,
    acknowledged_per_s: f64,
    publish_backlog_messages: u64,
    receive_backlog_messages: u64,
    next_rate_per_s: f64,
    step_reason: &'a str,
}

fn since_epoch_s(series: &RunResult<'_>, at_ns: u64) -> f64 {
    (i128::from(at_ns) - i128::from(series.epoch_ns)) as f64 / 1e9
}

/// The parts, in order.
pub fn phases<'a>(series: &'a RunResult<'_>) -> Vec<PhaseDetail<'a>> {
    let part = |mark: &'a crate::workload_generator::PhaseMark| PhaseDetail {
        name: mark.name,
        start_s: since_epoch_s(series, mark.begin_ns),
        end_s: since_epoch_s(series, mark.end_ns),
        backlog_messages: mark.backlog_messages,
        what_happened: &mark.what,
    };
    series.phases.iter().map(part).collect()
}

/// The search, where there was one.
pub fn search<'a>(series: &'a RunResult<'_>) -> Option<SearchDetail<'a>> {
    use crate::stats::Counter;
    let SearchReport { found_per_s, not_sustained_per_s, held_s, settled, steps } = series.search.as_ref()?;
    let totals = crate::workload_generator::totals::totals(series);
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
                end_s: since_epoch_s(series, step.at_ns),
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
