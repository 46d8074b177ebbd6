//! Differences between runs: in figures, in configuration, in environment.

use super::super::reading::ResultDocument;
use super::super::words::{FAMILIES, bytes, ns, number};
use super::table::{Cell, table};
use super::tree::leaves;
use crate::units::format_difference;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Parts that differ from run to run in any case, or follow from the others.
const ALWAYS_OTHERWISE: [&str; 7] =
    ["seed", "settings.1.resource", "measured", "clients.", "steal_percent", "throttl", "interrupt_groups"];

type Row = (String, String, fn(f64) -> String);

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("acknowledged messages/s".to_owned(), "/measurement/publish_rate_per_s".to_owned(), |rate| {
            number(rate.round())
        }),
        ("received messages/s".to_owned(), "/measurement/consume_rate_per_s".to_owned(), |rate| number(rate.round())),
        ("acknowledged bytes/s".to_owned(), "/measurement/publish_bytes_per_s".to_owned(), bytes),
    ];
    for (family, label) in FAMILIES {
        for (figure, name) in [("p50_ns", "p50"), ("p99_ns", "p99"), ("p99_9_ns", "p99.9"), ("max_ns", "max")] {
            rows.push((format!("{label} {name}"), format!("/measurement/latencies/{family}/{figure}"), ns));
        }
    }
    for balance in ["lost", "duplicated", "reordered"] {
        rows.push((balance.to_owned(), format!("/accounting/total/{balance}"), number));
    }
    rows.push(("CPU per message".to_owned(), "/measurement/cpu_ns_per_message".to_owned(), ns));
    rows
}

/// Each figure of each run, and its difference from the first run's.
pub(super) fn figures(runs: &[ResultDocument]) -> Markup {
    let row = |(label, path, show): Row| {
        let first = runs.first().and_then(|run| run.number(&path));
        let cells = runs.iter().enumerate().map(|(at, run)| {
            let value = run.number(&path);
            let beside = |value: f64| match first.filter(|first| at > 0 && *first > 0.0) {
                Some(first) => format!("{} ({})", show(value), format_difference(value / first - 1.0)),
                None => show(value),
            };
            Cell::made(value, beside)
        });
        let known = runs.iter().any(|run| run.number(&path).is_some());
        known.then(|| std::iter::once(Cell::text(label)).chain(cells).collect::<Vec<_>>())
    };
    let rows: Vec<Vec<Cell>> = rows().into_iter().filter_map(row).collect();
    html! {
        p.note { "In brackets: the difference from the first run. One run each says nothing about how much runs differ \
            by chance." }
        (table("figures", "Figures of the measurement", &columns(runs, "figure"), &rows))
    }
}

fn columns<'a>(runs: &'a [ResultDocument], first: &'a str) -> Vec<(&'a str, &'a str)> {
    std::iter::once((first, "")).chain(runs.iter().map(|run| (run.file.as_str(), ""))).collect()
}

/// What was configured otherwise.
pub(super) fn configuration(runs: &[ResultDocument]) -> Markup {
    differences(runs, &["/plan", "/effective_configuration", "/cluster_settings"], "configuration")
}

/// What was otherwise about machines and programs.
pub(super) fn environment(runs: &[ResultDocument]) -> Markup {
    differences(
        runs,
        &["/host", "/pinload_version", "/librdkafka_version", "/environment", "/clock/source"],
        "environment",
    )
}

fn differences(runs: &[ResultDocument], parts: &[&str], what: &str) -> Markup {
    let leaves_of = |run: &ResultDocument| -> BTreeMap<String, String> {
        let named = |part: &&str| {
            let prefix = part.trim_start_matches('/').replace('/', ".");
            let found = run.at(part).map(leaves).unwrap_or_default();
            found.into_iter().map(move |(path, text)| {
                (if path.is_empty() { prefix.clone() } else { format!("{prefix}.{path}") }, text)
            })
        };
        parts
            .iter()
            .flat_map(named)
            .filter(|(path, _)| !ALWAYS_OTHERWISE.iter().any(|word| path.contains(word)))
            .collect()
    };
    let all: Vec<BTreeMap<String, String>> = runs.iter().map(leaves_of).collect();
    let mut paths: Vec<&String> = all.iter().flat_map(BTreeMap::keys).collect();
    paths.sort();
    paths.dedup();
    let differs = |path: &&String| all.iter().any(|leaves| leaves.get(*path) != all[0].get(*path));
    let row = |path: &String| {
        let cells = all.iter().map(|leaves| Cell::text(leaves.get(path).map_or("–", String::as_str)));
        std::iter::once(Cell::text(path.clone())).chain(cells).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<Cell>> = paths.into_iter().filter(differs).map(row).collect();
    html! {
        @if rows.is_empty() { p { "No difference in " (what) "." } }
        @else { (table(what, &format!("What differs in {what}"), &columns(runs, "what"), &rows)) }
    }
}
