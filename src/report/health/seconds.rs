//! The measurement second by second, all clients of a role together: from their timelines, which are there when the run has ended.

use crate::stats::Counter;
use crate::telemetry::Role;
use crate::workload_generator::Series;
use std::time::Duration;

/// A slot belongs to the second that it ends nearest to.
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// One second of all clients of a role.
#[derive(Debug, Clone, Default)]
pub(super) struct Second {
    /// Messages acknowledged (producers) or received (consumers) per second.
    pub(super) per_s: f64,
    /// p50 of each client's acknowledgement (producers) or end-to-end time (consumers), ns.
    pub(super) p50_ns: Vec<u64>,
    /// How many clients have a slot for it.
    pub(super) clients: usize,
}

/// The whole seconds of the measurement in which every client of the role has a slot.
pub(super) fn of_measurement(series: &Series<'_>, role: Role) -> Vec<Second> {
    let (Some(end), Some(last)) = (&series.end, series.periods.last()) else { return Vec::new() };
    let since_epoch_s = |ns: u64| ns.saturating_sub(series.epoch_ns) / 1_000_000_000;
    let begin_s = since_epoch_s(series.measurement_start_ns);
    let count = usize::try_from(since_epoch_s(last.end_ns).saturating_sub(begin_s)).unwrap_or(0);
    let mut seconds = vec![Second::default(); count];
    let counter = match role {
        Role::Producer => Counter::MessagesAcknowledged,
        Role::Consumer => Counter::MessagesReceived,
    };
    let clients = end.clients.iter().filter(|client| client.role == role);
    let crew = clients.clone().count();
    for point in clients.flat_map(|client| &client.timeline) {
        // Slots end some ms after their second (where the CPU is shared a few more).
        let end = Duration::try_from_secs_f64(point.at_s).unwrap_or_default();
        let end_s = (end + HALF_A_SECOND).as_secs();
        let number = usize::try_from(end_s.saturating_sub(begin_s + 1)).unwrap_or(usize::MAX);
        let Some(second) = seconds.get_mut(number).filter(|_| end_s > begin_s && point.span_s > 0.0) else { continue };
        second.per_s += point.counters[counter] as f64 / point.span_s;
        second.p50_ns.extend(point.latencies_ns.first().map(|figures| figures[0]).filter(|p50_ns| *p50_ns > 0));
        second.clients += 1;
    }
    seconds.retain(|second| second.clients == crew);
    seconds
}

/// The median; None of nothing.
pub(super) fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
