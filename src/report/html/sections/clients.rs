//! Per client: small charts, and who differs from the others.

use super::super::reading::{ClientReading, ResultDocument};
use super::super::words::{ns, number, percent};
use super::charts::place;
use super::outliers::{median, odd_ones, rule};
use super::table::{Cell, table};
use maud::{Markup, html};

pub(super) fn clients(run: &ResultDocument) -> Option<Markup> {
    if run.clients.is_empty() {
        return None;
    }
    let outliers = outliers(&run.clients);
    Some(html! {
        @if outliers.is_empty() {
            p { "No client differs from the others of its kind " (rule()) "." }
        } @else {
            p { "These differ from the others of their kind (" (rule()) "):" }
            ul.outliers { @for outlier in &outliers { li { (outlier) } } }
        }
        (place("clients", "Each client", "One small chart a client, all on the same scale."))
        details { summary { (run.clients.len()) " clients as a table" } (as_table(&run.clients)) }
    })
}

/// A figure of clients that can be compared: name, how it is read, how it is shown.
type ClientFigure = (&'static str, fn(&ClientReading) -> Option<f64>, fn(f64) -> String);

fn per_s(client: &ClientReading) -> Option<f64> {
    let name = if client.produces() { "messages_enqueued" } else { "messages_received" };
    let timeline = &client.timeline;
    let span_s: f64 = timeline.span_s.iter().sum();
    (span_s > 0.0).then(|| timeline.counters.get(name).map_or(0.0, |values| values.iter().sum::<f64>()) / span_s)
}

/// The median of its seconds' p99: one bad second makes no outlier.
fn usual_p99_ns(client: &ClientReading) -> Option<f64> {
    let family = if client.produces() { "acknowledge_actual" } else { "end_to_end_actual" };
    let values = client.timeline.latencies.get(family)?.get("p99_ns")?;
    median(values.iter().copied().flatten().filter(|value| *value > 0.0).collect())
}

fn cpu(client: &ClientReading) -> Option<f64> {
    let span_s: f64 = client.timeline.span_s.iter().sum();
    let used = client.number(&["cpu_user_s"])? + client.number(&["cpu_system_s"])?;
    (span_s > 0.0).then_some(used / span_s)
}

const FIGURES: [ClientFigure; 3] = [
    ("messages/s", per_s, |value| number(value.round())),
    ("p99 of a usual second", usual_p99_ns, ns),
    ("CPU", cpu, percent),
];

fn outliers(clients: &[ClientReading]) -> Vec<String> {
    let mut found = Vec::new();
    for produces in [true, false] {
        for (name, of, show) in FIGURES {
            let known: Vec<(&ClientReading, f64)> = clients
                .iter()
                .filter(|client| client.produces() == produces)
                .filter_map(|client| Some((client, of(client)?)))
                .collect();
            let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
            let Some((middle, odd)) = odd_ones(&values) else { continue };
            found.extend(odd.into_iter().map(|at| {
                let (client, value) = known[at];
                format!("{}: {name} {}, median {}", client.name(), show(value), show(middle))
            }));
        }
    }
    found
}

fn as_table(clients: &[ClientReading]) -> Markup {
    let text = |client: &ClientReading, name: &str| Cell::of(client.facts.get(name), number);
    let rows: Vec<Vec<Cell>> = clients
        .iter()
        .map(|client| {
            let verdict = client.facts.get("verdict").and_then(|verdict| verdict.get("verdict"));
            vec![
                Cell::text(client.name()),
                Cell::of(verdict, number),
                Cell::made(per_s(client), |value| number(value.round())),
                Cell::made(usual_p99_ns(client), ns),
                Cell::made(cpu(client), percent),
                text(client, "migrations"),
                text(client, "context_switches_involuntary"),
                text(client, "pid"),
                text(client, "exit"),
            ]
        })
        .collect();
    let columns = [
        ("client", "clients"),
        ("verdict", "verdict"),
        ("messages/s", ""),
        ("p99 of a usual second", ""),
        ("CPU", ""),
        ("migrations", "migrations"),
        ("involuntary switches", "context_switches_involuntary"),
        ("process", "pid"),
        ("ended with", "exit"),
    ];
    table("clients", "Clients over the whole run", &columns, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_one_is_named_and_nobody_else() {
        let client = |index: u64, sent: f64| {
            let mut client = ClientReading::default();
            client.facts.insert("role".to_owned(), "producer".into());
            client.facts.insert("index".to_owned(), index.into());
            client.timeline.at_s = vec![1.0];
            client.timeline.span_s = vec![1.0];
            client.timeline.counters.insert("messages_enqueued".to_owned(), vec![sent]);
            client
        };
        let clients: Vec<_> =
            [1_000.0, 1_001.0, 999.0, 400.0, 1_000.0].into_iter().zip(0..).map(|(sent, i)| client(i, sent)).collect();
        assert_eq!(outliers(&clients), ["producer 3: messages/s 400, median 1,000"]);
        assert!(outliers(&clients[2..4]).is_empty());
    }
}
