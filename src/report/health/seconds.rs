//! The measurement row by row, all clients of a role together: from their timelines, which are there when the run has
//! ended. Rows are seconds; in long runs older ones are longer, and each says how long it is.

use crate::stats::Counter;
use crate::telemetry::Role;
use crate::workload_generator::RunResult;
use std::collections::BTreeMap;
use std::time::Duration;

/// A row ends at the second that it ends nearest to.
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// One row of all clients of a role.
#[derive(Debug, Clone, Default)]
pub(super) struct RoleSecond {
    /// How long it is, s.
    pub(super) span_s: u64,
    /// Messages acknowledged (producers) or received (consumers) per second.
    pub(super) per_s: f64,
    /// p50 of each client's acknowledgement (producers) or end-to-end time (consumers), ns.
    pub(super) p50_ns: Vec<u64>,
    /// How many clients have it.
    pub(super) clients: usize,
}

/// The rows that lie within the measurement and that every client of the role has.
pub(super) fn of_measurement(result: &RunResult<'_>, role: Role) -> Vec<RoleSecond> {
    let (Some(end), Some(last)) = (&result.end, result.periods.last()) else { return Vec::new() };
    let since_epoch_s = |ns: u64| ns.saturating_sub(result.epoch_ns) / 1_000_000_000;
    let (begin_s, last_s) = (since_epoch_s(result.measurement_start_ns), since_epoch_s(last.end_ns));
    let counter = match role {
        Role::Producer => Counter::MessagesAcknowledged,
        Role::Consumer => Counter::MessagesReceived,
    };
    let clients = end.clients.iter().filter(|client| client.role == role);
    let crew = clients.clone().count();
    let mut rows: BTreeMap<(u64, u64), RoleSecond> = BTreeMap::new();
    for point in clients.flat_map(|client| client.timeline.points()) {
        // Slots end some ms after their second (where the CPU is shared a few more).
        let [end_s, span_s] = [point.at_s, point.span_s]
            .map(|time_s| (Duration::try_from_secs_f64(time_s).unwrap_or_default() + HALF_A_SECOND).as_secs());
        if span_s == 0 || end_s > last_s || end_s < begin_s + span_s {
            continue;
        }
        let row = rows.entry((end_s, span_s)).or_insert(RoleSecond { span_s, ..RoleSecond::default() });
        row.per_s += point.counters[counter] as f64 / point.span_s;
        row.p50_ns.extend(point.latencies_ns.first().map(|figures| figures[0]).filter(|p50_ns| *p50_ns > 0));
        row.clients += 1;
    }
    rows.into_values().filter(|row| row.clients == crew).collect()
}

/// The median; None of nothing.
pub(super) fn median(values: Vec<u64>) -> Option<u64> {
    median_over_time(values.into_iter().map(|value| (value, 1)).collect())
}

/// The value that was not exceeded in half of the time. Values with the times for which they hold.
pub(super) fn median_over_time(mut values: Vec<(u64, u64)>) -> Option<u64> {
    values.sort_unstable();
    let all: u64 = values.iter().map(|(_, time)| time).sum();
    let mut passed = 0;
    values.into_iter().find_map(|(value, time)| {
        passed += time;
        (2 * passed > all).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_over_time_is_that_of_all_its_seconds() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3, 1, 2]), Some(2));
        assert_eq!(median(vec![4, 1, 3, 2]), Some(3));
        assert_eq!(median_over_time(vec![(9, 1), (1, 10), (5, 1)]), Some(1));
        assert_eq!(median_over_time(vec![(9, 10), (1, 1), (5, 1)]), Some(9));
    }
}
