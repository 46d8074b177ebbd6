//! Latency as tables: of the measurement, and period by period.

use super::super::reading::ResultDocument;
use super::super::words::FAMILIES;
use super::super::words::number;
use super::table::{self, Cell, Column};
use maud::{Markup, html};

const FIGURES: [Column<'static>; 10] = [
    ("p50", "p50_ns"),
    ("p75", "p75_ns"),
    ("p90", "p90_ns"),
    ("p95", "p95_ns"),
    ("p99", "p99_ns"),
    ("p99.9", "p99_9_ns"),
    ("p99.99", "p99_99_ns"),
    ("max", "max_ns"),
    ("mean", "mean_ns"),
    ("values", "count"),
];

/// Of the measurement.
fn of_families(run: &ResultDocument) -> Option<Markup> {
    let rows: Vec<Vec<Cell>> = FAMILIES
        .iter()
        .filter_map(|(family, label)| {
            let figures = run.at(&format!("/measurement/latencies/{family}"))?;
            // Of nothing there are no percentiles; OMB's files have zeros there.
            if figures["count"] == 0 {
                return None;
            }
            let cell = |(_, field): &Column<'_>| match *field {
                "count" => Cell::number(figures.get(field)),
                _ => Cell::ns(figures.get(field)),
            };
            Some(std::iter::once(Cell::text(*label)).chain(FIGURES.iter().map(cell)).collect())
        })
        .collect();
    let columns: Vec<Column<'_>> = std::iter::once(("latency", "latencies")).chain(FIGURES).collect();
    (!rows.is_empty()).then(|| table::table("latency", "Latency over the measurement", &columns, &rows))
}

/// With what the words mean.
pub(super) fn table(run: &ResultDocument) -> Option<Markup> {
    let shown = of_families(run)?;
    Some(html! {
        (shown)
        p.note {
            "“From the intended time” counts from the moment a message was due, so it includes what a stall did to the \
             messages behind it. "
            "The pacing error is how late messages were sent."
        }
    })
}

const OF_A_PERIOD: [Column<'static>; 12] = [
    ("from", "start_s"),
    ("to", "end_s"),
    ("sent/s", "send_rate_per_s"),
    ("acknowledged/s", "publish_rate_per_s"),
    ("received/s", "consume_rate_per_s"),
    ("backlog", "backlog_messages"),
    ("acknowledged p50", "latencies/acknowledge_actual/p50_ns"),
    ("acknowledged p99", "latencies/acknowledge_actual/p99_ns"),
    ("acknowledged max", "latencies/acknowledge_actual/max_ns"),
    ("end to end p50", "latencies/end_to_end_actual/p50_ns"),
    ("end to end p99", "latencies/end_to_end_actual/p99_ns"),
    ("end to end max", "latencies/end_to_end_actual/max_ns"),
];

/// Period by period.
pub(super) fn periods(run: &ResultDocument) -> Option<Markup> {
    let periods = run.list("/periods");
    let row = |period: &serde_json::Value| {
        let cell = |(_, field): &Column<'_>| {
            let value = period.pointer(&format!("/{field}"));
            if field.ends_with("_ns") {
                Cell::ns(value)
            } else {
                Cell::of(value, |value| number((value * 10.0).round() / 10.0))
            }
        };
        let reasons = period.pointer("/verdict/reasons").and_then(serde_json::Value::as_array);
        let why: Vec<&str> = reasons.into_iter().flatten().filter_map(|reason| reason["cause"].as_str()).collect();
        OF_A_PERIOD.iter().map(cell).chain([Cell::text(why.join(", ").replace('_', " "))]).collect()
    };
    let rows: Vec<Vec<Cell>> = periods.iter().map(row).collect();
    let columns: Vec<Column<'_>> = OF_A_PERIOD
        .iter()
        .map(|(label, field)| (*label, field.strip_prefix("latencies/").unwrap_or(field)))
        .chain([("why it is not valid", "reasons")])
        .collect();
    (!rows.is_empty()).then(|| html! {
        details { summary { (rows.len()) " periods" } (table::table("periods", "Periods of the measurement; times in s \
            since the load began", &columns, &rows)) }
    })
}
