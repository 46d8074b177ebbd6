//! Sums over a result: counters of the whole run and of the measurement, balances of all producers and subscriptions.

use super::RunResult;
use crate::load::accounting::Balance;
use crate::stats::Counters;
use crate::worker::Rates;

/// Counters since the clients began, all clients added: at the end from their last reports, before from the last
/// period.
pub fn totals(result: &RunResult<'_>) -> Counters {
    if let Some(totals) = result.end.as_ref().and_then(|end| end.totals) {
        return totals;
    }
    if let Some(end) = result.end.as_ref().filter(|end| !end.clients.is_empty()) {
        let mut totals = Counters::default();
        end.clients.iter().for_each(|client| totals.add(&client.counters));
        return totals;
    }
    result.periods.last().map(|period| period.totals).unwrap_or_default()
}

/// The measurement as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MeasuredRun {
    /// Counter differences over all measured periods.
    pub counters: Counters,
    /// Length of these as planned, in seconds.
    pub span_s: f64,
    /// Rates over the clients' own spans, which differ from the planned length by some ms.
    pub rates: Rates,
}

/// Adds up the measured periods.
pub fn measured(result: &RunResult<'_>) -> MeasuredRun {
    let mut counters = Counters::default();
    let mut span_ns = 0;
    for period in &result.periods {
        counters.add(&period.counters);
        counters.take_gauges(&period.counters);
        span_ns += period.end_ns.saturating_sub(period.start_ns);
    }
    let rates = result.periods.last().map(|period| period.since_reset).unwrap_or_default();
    MeasuredRun { counters, span_s: span_ns as f64 / 1e9, rates }
}

/// What the receiving side balances to, all producers and subscriptions added; None when nothing is balanced.
/// `sent`, `acknowledged`, `failed` and `unknown` count once for each subscription.
pub fn received_balance(result: &RunResult<'_>) -> Option<Balance> {
    sum(result.balances.iter().filter(|row| row.group.is_some()).map(|row| &row.balance))
}

/// The sum of balances; proven when all are. None when there is none.
pub fn sum<'a>(balances: impl Iterator<Item = &'a Balance>) -> Option<Balance> {
    balances.copied().reduce(|mut all, one| {
        all.add(&one);
        all
    })
}
