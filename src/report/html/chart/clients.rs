//! Each client as a small chart.

use super::super::reading::{ClientReading, ResultDocument};
use super::super::thin::thinned;
use serde_json::{Value, json};

/// Rows of a small chart.
const ROWS: usize = 120;

/// All clients that kept seconds.
pub(super) fn of_run(run: &ResultDocument) -> Value {
    run.clients.iter().filter(|client| !client.timeline.at_s.is_empty()).map(of_client).collect()
}

fn of_client(client: &ClientReading) -> Value {
    let timeline = &client.timeline;
    let (counter, family) = match client.produces() {
        true => ("messages_enqueued", "acknowledge_actual"),
        false => ("messages_received", "end_to_end_actual"),
    };
    let counted = |name: &str| timeline.counters.get(name);
    let per_s = |names: &[&str], unit: f64| -> Vec<Option<f64>> {
        let sum = |row: usize| names.iter().filter_map(|name| counted(name)?.get(row)).sum::<f64>();
        let row = |(row, span_s): (usize, &f64)| (*span_s > 0.0).then(|| round(sum(row) / span_s / unit));
        timeline.span_s.iter().enumerate().map(row).collect()
    };
    let latency = |family: &str, figure: &str| -> Vec<Option<f64>> {
        let known = timeline.latencies.get(family).and_then(|figures| figures.get(figure));
        known.map_or_else(|| vec![None; timeline.at_s.len()], Clone::clone)
    };
    let columns = vec![
        per_s(&[counter], 1.0),
        latency(family, "p99_ns"),
        latency(family, "max_ns"),
        latency("publish_delay", "p99_ns"),
        per_s(&["cpu_user_ns", "cpu_system_ns"], 1e9),
    ];
    let few = thinned(timeline.at_s.iter().map(|at_s| round(*at_s)).collect(), columns, ROWS);
    json!({
        "name": client.name(),
        "producer": client.produces(),
        "names": ["rate", "p99", "max", "pacing", "cpu"],
        "at_s": few.at_s,
        "columns": few.columns,
        "rows_of_two": few.rows_of_two,
    })
}

/// To a thousandth: nothing that a small chart shows is finer.
fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
