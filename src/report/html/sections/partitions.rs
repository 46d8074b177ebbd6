//! Per partition: which is the slow one.

use super::super::chart::partitions::label;
use super::super::reading::ResultDocument;
use super::super::words::{bytes, ns, number};
use super::charts::place;
use super::outliers::{odd_ones, rule};
use super::table::{Cell, table};
use maud::{Markup, html};
use serde_json::Value;

/// Rows of the table; of more partitions the slowest are shown.
const ROWS: usize = 500;
/// Partitions that are named at most.
const NAMED: usize = 10;

pub(super) fn partitions(run: &ResultDocument) -> Option<Markup> {
    let all = run.list("/partitions");
    if all.is_empty() {
        return None;
    }
    let outliers = outliers(all);
    let told_apart = run.number("/partition_counts/partitions_told_apart");
    let summed = all.iter().any(|one| one["partition"].is_null());
    Some(html! {
        @if outliers.is_empty() {
            @if all.len() > 2 { p { "No partition differs from the others " (rule()) "." } }
        } @else {
            p { "These differ from the others (" (rule()) "):" }
            ul.outliers {
                @for outlier in outliers.iter().take(NAMED) { li { (outlier) } }
                @if outliers.len() > NAMED { li { (outliers.len() - NAMED) " more" } }
            }
        }
        @if let Some(most) = told_apart.filter(|_| summed) {
            p.note { "A consumer tells " (number(most)) " partitions apart; what came of others is added up in the row \
                \"others\"." }
        }
        @if all.len() > 1 { (place("partitions", "Each partition", "End-to-end times from the actual time, and \
            messages received, of each partition in the measurement.")) }
        (as_table(all))
    })
}

/// A figure of partitions that can be compared: name, field, how it is shown.
type PartitionFigure = (&'static str, &'static str, fn(f64) -> String);

const FIGURES: [PartitionFigure; 3] = [
    ("end to end p50", "partition_p50_ns", ns),
    ("end to end p99", "partition_p99_ns", ns),
    ("messages/s", "partition_messages_per_s", |value| number(value.round())),
];

fn outliers(all: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, field, show) in FIGURES {
        let told_apart = all.iter().filter(|one| !one["partition"].is_null());
        let known: Vec<(&Value, f64)> = told_apart.filter_map(|one| Some((one, one[field].as_f64()?))).collect();
        let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
        let Some((middle, odd)) = odd_ones(&values) else { continue };
        found.extend(odd.into_iter().map(|at| {
            let (one, value) = known[at];
            format!("partition {}: {name} {}, median {}", label(one, all), show(value), show(middle))
        }));
    }
    found
}

fn as_table(all: &[Value]) -> Markup {
    let mut shown: Vec<&Value> = all.iter().collect();
    if shown.len() > ROWS {
        let p99_ns = |one: &Value| one["partition_p99_ns"].as_f64().unwrap_or(0.0);
        shown.sort_by(|a, b| p99_ns(b).total_cmp(&p99_ns(a)));
        shown.truncate(ROWS);
    }
    let row = |one: &&Value| {
        let readers: Vec<String> = one["read_by"].as_array().into_iter().flatten().map(Value::to_string).collect();
        vec![
            Cell::text(label(one, all)),
            Cell::number(one.get("partition_messages")),
            Cell::of(one.get("partition_messages_per_s"), |value| number(value.round())),
            Cell::of(one.get("partition_bytes"), bytes),
            Cell::ns(one.get("partition_mean_ns")),
            Cell::ns(one.get("partition_p50_ns")),
            Cell::ns(one.get("partition_p99_ns")),
            Cell::ns(one.get("partition_p99_9_ns")),
            Cell::ns(one.get("partition_max_ns")),
            Cell::text(readers.join(", ")),
        ]
    };
    let rows: Vec<Vec<Cell>> = shown.iter().map(row).collect();
    let columns = [
        ("partition", "partitions.partition"),
        ("messages", "partition_messages"),
        ("messages/s", "partition_messages_per_s"),
        ("bytes", "partition_bytes"),
        ("mean", "partition_mean_ns"),
        ("p50", "partition_p50_ns"),
        ("p99", "partition_p99_ns"),
        ("p99.9", "partition_p99_9_ns"),
        ("max", "partition_max_ns"),
        ("consumers", "read_by"),
    ];
    let caption = match all.len() {
        few if few <= ROWS => "Received of each partition in the measurement, and end-to-end times".to_owned(),
        many => format!("The {ROWS} slowest of {} partitions; the result file has all", number(many as f64)),
    };
    table("partitions", &caption, &columns, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_slow_partition_is_named_with_its_topic_where_there_are_several() {
        let one = |topic: u32, partition: Option<u32>, p99_ns: u64| {
            let mut one = json!({ "topic": topic, "partition": partition });
            one["partition_p99_ns"] = p99_ns.into();
            one
        };
        let mut all: Vec<Value> =
            (0..5).map(|partition| one(0, Some(partition), 2_000_000 + u64::from(partition))).collect();
        all[3]["partition_p99_ns"] = json!(40_000_000);
        assert_eq!(outliers(&all), ["partition 3: end to end p99 40.0 ms, median 2.00 ms"]);
        all.push(one(1, None, 90_000_000));
        assert_eq!(
            outliers(&all),
            ["partition topic 0 · 3: end to end p99 40.0 ms, median 2.00 ms"],
            "no partition by itself"
        );
    }
}
