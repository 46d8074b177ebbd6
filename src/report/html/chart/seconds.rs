//! The run second by second: what its clients did, added up.

use super::super::reading::{ResultDocument, TimelineReading};
use super::super::thin::{Thinned, thinned};

/// Counters whose rate is drawn, and their columns' names.
const RATES: [(&str, &str); 6] = [
    ("messages_enqueued", "send_rate_per_s"),
    ("messages_acknowledged", "publish_rate_per_s"),
    ("messages_received", "consume_rate_per_s"),
    ("messages_failed", "publish_error_rate_per_s"),
    ("bytes_acknowledged", "publish_bytes_per_s"),
    ("bytes_received", "consume_bytes_per_s"),
];
/// Counters that are CPU time.
const CPU: [&str; 2] = ["cpu_user_ns", "cpu_system_ns"];
/// Families whose largest value is drawn: the largest of all clients is the largest of the run.
const MAXIMA: [&str; 5] =
    ["acknowledge_actual", "acknowledge_intended", "end_to_end_actual", "end_to_end_intended", "publish_delay"];

/// Columns by name over the seconds.
#[derive(Debug, serde::Serialize)]
pub(super) struct Seconds {
    names: Vec<String>,
    #[serde(flatten)]
    rows: Thinned,
}

/// The seconds of a run; None where no client kept any.
pub(super) fn of_run(run: &ResultDocument, at_most: usize) -> Option<Seconds> {
    let timelines = || run.clients.iter().map(|client| &client.timeline);
    let last = timelines().filter_map(|timeline| timeline.at_s.last().copied()).fold(0.0, f64::max);
    let seconds = index(last);
    if seconds == 0 {
        return None;
    }
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for (counter, name) in RATES {
        let mut column = vec![None; seconds];
        let kept = timelines().filter_map(|timeline| timeline.counters.get(counter).map(|values| (timeline, values)));
        kept.for_each(|(timeline, values)| add_rate(&mut column, timeline, values));
        names.push(name.to_owned());
        columns.push(column);
    }
    for (produces, name) in [(true, "producers_cpu"), (false, "consumers_cpu")] {
        let mut column = vec![None; seconds];
        for client in run.clients.iter().filter(|client| client.produces() == produces) {
            for values in CPU.iter().filter_map(|counter| client.timeline.counters.get(*counter)) {
                add_rate(&mut column, &client.timeline, values);
            }
        }
        column.iter_mut().flatten().for_each(|ns_per_s| *ns_per_s /= 1e9);
        names.push(name.to_owned());
        columns.push(column);
    }
    for family in MAXIMA {
        let mut column = vec![None; seconds];
        timelines().for_each(|timeline| keep_largest(&mut column, timeline, family));
        names.push(format!("{family}.max_ns"));
        columns.push(column);
    }
    if let Some(column) = backlog(run, seconds) {
        names.push("backlog_messages".to_owned());
        columns.push(column);
    }
    let known = |column: &[Option<f64>]| column.iter().any(Option::is_some);
    let (names, columns): (Vec<_>, Vec<_>) = names.into_iter().zip(columns).filter(|(_, column)| known(column)).unzip();
    let at_s = (1..=u32::try_from(seconds).unwrap_or(u32::MAX)).map(f64::from).collect();
    Some(Seconds { names, rows: thinned(at_s, columns, at_most) })
}

/// Acknowledged messages times subscriptions less those received, since the load's epoch. None where topics differ in
/// their subscriptions, or have none.
fn backlog(run: &ResultDocument, seconds: usize) -> Option<Vec<Option<f64>>> {
    let subscriptions = run.number("/plan/subscriptions_per_topic").filter(|count| *count > 0.0)?;
    if !run.list("/plan/topics/each").is_empty() {
        return None;
    }
    let mut changes = vec![None; seconds];
    for client in &run.clients {
        for (counter, factor) in [("messages_acknowledged", subscriptions), ("messages_received", -1.0)] {
            let Some(values) = client.timeline.counters.get(counter) else { continue };
            let changed: Vec<f64> = values.iter().map(|value| value * factor).collect();
            add_rate(&mut changes, &client.timeline, &changed);
        }
    }
    // Where one of the clients has ended, the others' last messages would seem to wait.
    let ends = run.clients.iter().filter_map(|client| client.timeline.at_s.last().map(|at_s| index(at_s.floor())));
    let known = ends.min().unwrap_or(0);
    let mut waiting = 0.0;
    let at_end = changes.into_iter().enumerate().map(|(second, change): (usize, Option<f64>)| {
        waiting += change.filter(|_| second < known)?;
        // What a topic held before is received and was not sent; a second's end is not the same moment in all clients.
        Some(f64::max(waiting, 0.0))
    });
    Some(at_end.collect())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates: 0 and usize::MAX")]
fn index(at_s: f64) -> usize {
    at_s.round() as usize
}

/// The seconds that a row stands for. One that was lost is part of the next row; a row that ends within a second has
/// none.
fn seconds_of(timeline: &TimelineReading, row: usize) -> std::ops::Range<usize> {
    let (at_s, span_s) = (timeline.at_s[row], timeline.span_s.get(row).copied().unwrap_or(1.0));
    index(at_s - span_s)..index(at_s)
}

fn add_rate(column: &mut [Option<f64>], timeline: &TimelineReading, values: &[f64]) {
    for (row, value) in values.iter().enumerate().take(timeline.at_s.len()) {
        let span_s = timeline.span_s.get(row).copied().unwrap_or(1.0);
        let seconds = seconds_of(timeline, row);
        for second in column.get_mut(seconds).into_iter().flatten() {
            *second.get_or_insert(0.0) += value / span_s.max(f64::MIN_POSITIVE);
        }
    }
}

fn keep_largest(column: &mut [Option<f64>], timeline: &TimelineReading, family: &str) {
    let Some(values) = timeline.latencies.get(family).and_then(|figures| figures.get("max_ns")) else { return };
    for (row, value) in values.iter().enumerate().take(timeline.at_s.len()) {
        let Some(value) = value.filter(|value| *value > 0.0) else { continue };
        let seconds = seconds_of(timeline, row);
        for second in column.get_mut(seconds).into_iter().flatten() {
            *second = Some(second.map_or(value, |before| before.max(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::ClientReading;
    use super::*;

    #[test]
    fn a_lost_second_is_no_stall_and_the_worst_client_is_seen() {
        let client = |at_s: &[f64], span_s: &[f64], sent: &[f64], max: f64| {
            let mut client = ClientReading::default();
            client.timeline.at_s = at_s.to_vec();
            client.timeline.span_s = span_s.to_vec();
            client.timeline.counters.insert("messages_enqueued".to_owned(), sent.to_vec());
            let figures = [("max_ns".to_owned(), vec![Some(max); at_s.len()])].into_iter().collect();
            client.timeline.latencies.insert("acknowledge_actual".to_owned(), figures);
            client
        };
        let clients = vec![
            client(&[1.0, 2.001, 3.0], &[1.0, 1.001, 0.999], &[100.0, 100.1, 99.9], 5.0),
            client(&[1.0, 3.0, 3.2], &[1.0, 2.0, 0.2], &[50.0, 100.0, 10.0], 7.0),
        ];
        let run = ResultDocument { file: String::new(), detail: serde_json::Value::Null, clients };
        let seconds = of_run(&run, 100).unwrap();
        assert_eq!(seconds.names, ["send_rate_per_s", "acknowledge_actual.max_ns"]);
        let rates: Vec<f64> = seconds.rows.columns[0].iter().flatten().map(|rate| rate.round()).collect();
        assert_eq!((rates, &seconds.rows.columns[1]), (vec![150.0; 3], &vec![Some(7.0); 3]));
    }

    #[test]
    fn the_backlog_is_what_was_acknowledged_and_not_received_by_each_subscription() {
        let client = |counter: &str, values: &[f64]| {
            let mut client = ClientReading::default();
            client.timeline.at_s = vec![1.0, 2.0, 3.0];
            client.timeline.span_s = vec![1.0; 3];
            client.timeline.counters.insert(counter.to_owned(), values.to_vec());
            client
        };
        let clients = vec![
            client("messages_acknowledged", &[100.0, 50.0, 0.0]),
            client("messages_received", &[0.0, 150.0, 50.0]),
            client("messages_received", &[100.0, 0.0, 50.0]),
        ];
        let shape = |each: serde_json::Value| {
            let topics = serde_json::json!({ "each": each });
            serde_json::json!({ "plan": { "subscriptions_per_topic": 2, "topics": topics } })
        };
        let mut run = ResultDocument { file: String::new(), detail: shape(serde_json::json!([])), clients };
        assert_eq!(backlog(&run, 3), Some(vec![Some(100.0), Some(50.0), Some(0.0)]));
        run.detail = shape(serde_json::json!([{ "topics": 1 }]));
        assert_eq!(backlog(&run, 3), None);
    }
}
