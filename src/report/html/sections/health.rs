//! How the generator itself fared: pacing, CPU, waits, distance from the floor, clocks.

use super::super::reading::{ClientReading, ResultDocument};
use super::super::words::{defined, ns, number, percent};
use super::charts::place;
use super::table::{Cell, table};
use super::tree::leaves;
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn health(run: &ResultDocument) -> Option<Markup> {
    let drawn = run.at("/measurement/latencies/publish_delay").is_some();
    if run.clients.is_empty() && !drawn {
        return None;
    }
    Some(html! {
        @if drawn { (place("pacing", "Pacing error", "How late messages were sent: p50, p99 and p99.9 of each period, \
            the largest value of each second.")) }
        @if !run.clients.is_empty() {
            (place("cpu", "CPU", "CPUs in use: all producers, all consumers second by second; the supervisor by \
                period."))
            (waits(&run.clients))
        }
        (clocks(run))
        (floor(run))
    })
}

fn waits(clients: &[ClientReading]) -> Markup {
    let rows: Vec<Vec<Cell>> = clients
        .iter()
        .map(|client| {
            let fact = |path: &[&str]| client.number(&[&["verdict", "facts"], path].concat());
            let span_ns = fact(&["span_ns"]);
            let share = |path: &[&str]| Cell::made(fact(path).zip(span_ns).map(|(ns, span)| ns / span), percent);
            vec![
                Cell::text(client.name()),
                Cell::made(fact(&["pacing_error_p999_ns"]), ns),
                share(&["kernel", "hot_wait_ns"]),
                share(&["kernel", "io_wait_ns"]),
                share(&["kernel", "steal_ns"]),
                share(&["kernel", "throttled_ns"]),
                Cell::made(client.number(&["hot_thread_cpu_s"]), |seconds| format!("{} s", number(seconds))),
            ]
        })
        .collect();
    let columns = [
        ("client", "clients"),
        ("pacing error p99.9", "pacing_error_p999_ns"),
        ("waited for its CPU", "hot_wait_ns"),
        ("librdkafka's threads waited", "io_wait_ns"),
        ("stolen", "steal_ns"),
        ("throttled", "throttled_ns"),
        ("CPU time of the loop", "hot_thread_cpu_s"),
    ];
    table("waits", "What kept the clients from running, as shares of the measurement", &columns, &rows)
}

fn clocks(run: &ResultDocument) -> Markup {
    html! {
        @if let Some(source) = run.text("/clock/source") {
            h3 { "Clock" }
            p { (defined(source, "source")) " (" (run.text("/clock/reason").unwrap_or_default()) ")"
                @if let Some(drift) = run.number("/clock/drift_ppm") {
                    ", " (defined("drift", "drift_ppm")) " " (format!("{drift:.3}")) " ppm"
                }
                "." }
        }
        @if let Some(band) = run.at("/end_to_end_clocks") {
            p {
                "Between hosts the clocks may differ: "
                @for (name, value) in leaves(band) { (defined(&name, &name)) " " (value) "; " }
            }
        }
    }
}

fn floor(run: &ResultDocument) -> Markup {
    let rows: Vec<Vec<Cell>> = run
        .list("/floor/comparisons")
        .iter()
        .map(|row| leaves(row).into_iter().map(|(_, text)| Cell::text(text)).collect())
        .collect();
    let names: Vec<String> = run
        .list("/floor/comparisons")
        .first()
        .map(|row| leaves(row).into_iter().map(|(name, _)| name).collect())
        .unwrap_or_default();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Distance from the floor" }
            (table("floor", "The run beside what this machine can do without a broker", &columns, &rows))
        } @else if let Some(why) = run.at("/floor/reason").and_then(Value::as_str) {
            h3 { "Distance from the floor" }
            p { "Not known: " (why) "." }
        }
    }
}
