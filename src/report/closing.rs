//! The screen at the end of a run: what the system did and the verdict in a sentence each, what else there is to know,
//! latencies, throughput, accounting, CPU, health.

mod judged;

pub(super) use judged::JudgedRun;

use super::caveats::NOT_OPEN_LOOP;
use super::health::Health;
use super::plain_table::{plain_table, table_lines};
use crate::plan::{DriverKind, Plan};
use crate::stats::{Counter, Latency};
use crate::units::{format_count, format_ns, format_rate};
use crate::verdict::Verdict;
use crate::worker::LatencySet;
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{PhaseName, RunResult, SearchReport};

/// The screen at the end of a run: plain text of several lines, the last one without newline, every number with its
/// unit. `periods`: the verdicts on the measured periods.
pub fn closing_screen(result: &RunResult<'_>, periods: &[Verdict]) -> String {
    let judged = JudgedRun::of(result, periods);
    let mut lines = vec![judged.system.line()];
    lines.extend(judged.verdict_lines());
    lines.push(String::new());
    lines.extend(latency_rows(result));
    let open_loop = judged.caveats.iter().find(|caveat| caveat.code == NOT_OPEN_LOOP);
    lines.extend(open_loop.map(|caveat| format!("  {}", caveat.text)));
    lines.push(String::new());
    lines.extend(course_lines(result).iter().map(|line| format!("  {line}")));
    lines.extend(measured_line(result).map(|line| format!("  {line}")));
    lines.push(format!("  {}", counts_line(result)));
    lines.extend(balance_line(result).map(|line| format!("  {line}")));
    lines.extend(cpu_line(result).map(|line| format!("  {line}")));
    lines.extend(Health::of(result).map(|health| format!("  {}", health.line())));
    lines.join("\n")
}

/// Both clocks of a latency below each other.
const ROWS: [Latency; 5] = [
    Latency::AcknowledgeActual,
    Latency::AcknowledgeIntended,
    Latency::EndToEndActual,
    Latency::EndToEndIntended,
    Latency::PublishDelay,
];

fn latency_rows(result: &RunResult<'_>) -> Vec<String> {
    let mut table = plain_table();
    table.set_header(["", "p50", "p99", "p99.9", "max"]);
    for latency in ROWS.into_iter().filter(|family| result.plan.measured_by.knows_latency(*family)) {
        let mut row = vec![format!("  {}", label(latency, result))];
        row.extend(cells(result.cumulative.as_ref(), latency));
        table.add_row(row);
    }
    table_lines(table, |column| column > 0)
}

fn cells(latencies: Option<&LatencySet>, latency: Latency) -> [String; 4] {
    match latencies.map(|set| &set[latency]).filter(|distribution| distribution.count() > 0) {
        Some(distribution) => [
            format_ns(distribution.percentile_ns(50.0)),
            format_ns(distribution.percentile_ns(99.0)),
            format_ns(distribution.percentile_ns(99.9)),
            format_ns(distribution.max_ns()),
        ],
        None => std::array::from_fn(|_| "–".to_owned()),
    }
}

/// What a row is, with the label that its source asks for.
fn label(latency: Latency, result: &RunResult<'_>) -> String {
    let Plan { driver, message, .. } = result.plan;
    let acknowledged = if driver.acknowledgement_is_local { "acknowledged locally (acks=0)" } else { "acknowledged" };
    let counters = totals(result);
    let end_to_end = match (counters[Counter::MessagesUnstamped], counters[Counter::MessagesReceived]) {
        (0, 1..) if counters[Counter::MessagesLogAppendTime] > 0 => "end to end (no times: LogAppendTime)",
        (0, 0) if !message.stamp => "end to end (CreateTime, ms)",
        (0, _) => "end to end",
        (unstamped, received) if unstamped >= received => "end to end (CreateTime, ms)",
        _ => "end to end (partly CreateTime, ms)",
    };
    match latency {
        Latency::AcknowledgeActual => acknowledged.to_owned(),
        Latency::EndToEndActual => end_to_end.to_owned(),
        // Of end-to-end times only stamps know it.
        Latency::AcknowledgeIntended | Latency::EndToEndIntended => "  from the intended time".to_owned(),
        Latency::PublishDelay => "pacing error (actual − intended time)".to_owned(),
        Latency::AcknowledgeAtLeast | Latency::EndToEndAtLeast => latency.name().to_owned(),
    }
}

/// Mean rates of the measurement.
fn measured_line(result: &RunResult<'_>) -> Option<String> {
    let MeasuredRun { span_s, rates, .. } = measured(result);
    let mib = |bytes_per_s: f64| bytes_per_s / 1024.0 / 1024.0;
    (span_s > 0.0).then(|| {
        format!(
            "measured {span_s:.1} s · acknowledged {} ({:.1} MiB/s) · received {} ({:.1} MiB/s)",
            format_rate(rates.acknowledged_per_s),
            mib(rates.acknowledged_bytes_per_s),
            format_rate(rates.received_per_s),
            mib(rates.received_bytes_per_s),
        )
    })
}

/// What the rate search found, and the parts of a measurement with a backlog.
fn course_lines(result: &RunResult<'_>) -> Vec<String> {
    let mut lines: Vec<String> = result
        .phases
        .iter()
        .map(|mark| {
            let took = std::time::Duration::from_nanos(mark.end_ns.saturating_sub(mark.begin_ns)).as_secs_f64();
            let part = match mark.name {
                PhaseName::BacklogBuild => "backlog build",
                PhaseName::BacklogDrain => "backlog drain",
                PhaseName::Test => "test",
            };
            format!(
                "{part} {took:.1} s: {} · {} messages waiting at its end",
                mark.what,
                format_count(mark.backlog_messages)
            )
        })
        .collect();
    if let Some(SearchReport { found_per_s, not_sustained_per_s, held_s, settled, steps }) = &result.search {
        let found = found_per_s.map_or_else(|| "nothing yet".to_owned(), format_rate);
        let bound = not_sustained_per_s
            .map_or_else(|| "nothing failed".to_owned(), |rate| format!("{} was not sustained", format_rate(rate)));
        let sure = if *settled {
            format!("held for {held_s:.0} s")
        } else {
            "NOT SETTLED: the run was too short, this is a first guess".to_owned()
        };
        lines.push(format!("sustainable rate found: {found} · {bound} · {sure} · {} steps", steps.len()));
    }
    lines
}

/// Messages of the whole run, warm-up included; figures that ought to be 0 and seldom are not appear when they are not.
fn counts_line(result: &RunResult<'_>) -> String {
    let totals = totals(result);
    let count = |word: &str, counter| format!("{word} {}", format_count(totals[counter]));
    let mut parts: Vec<String> = [
        ("sent", Counter::MessagesEnqueued),
        ("acknowledged", Counter::MessagesAcknowledged),
        ("failed", Counter::MessagesFailed),
        ("received", Counter::MessagesReceived),
        ("late", Counter::LateSends),
    ]
    .into_iter()
    .filter(|(_, counter)| result.plan.measured_by.knows(*counter))
    .map(|(word, counter)| count(word, counter))
    .collect();
    for (word, counter) in [
        ("unknown", Counter::MessagesUnknown),
        ("missed", Counter::MissedSends),
        ("dropped", Counter::DroppedDebt),
        ("foreign", Counter::MessagesForeign),
    ] {
        if totals[counter] > 0 {
            parts.push(count(word, counter));
        }
    }
    format!("whole run: {} messages", parts.join(" · "))
}

/// What the accounting found, over all producers and subscriptions.
fn balance_line(result: &RunResult<'_>) -> Option<String> {
    let balance = received_balance(result)?;
    let count = |word: &str, value| format!("{word} {}", format_count(value));
    let mut parts = vec![
        count("lost", balance.lost),
        count("duplicated", balance.duplicated),
        count("reordered", balance.reordered),
        count("corrupt", totals(result)[Counter::MessagesCorrupt]),
    ];
    if balance.failed_but_received > 0 {
        parts.push(count("failed but received", balance.failed_but_received));
    }
    if balance.beyond_window > 0 {
        parts.push(count("duplicated by assumption", balance.beyond_window));
    }
    let found = balance.duplicated + balance.reordered + balance.beyond_window;
    let why = if found > 0 { what_retries_do(result) } else { "" };
    Some(format!("accounting: {} messages{why}", parts.join(" · ")))
}

/// Where a retry of the producers' own may be what duplicated or reordered messages, that and the way out.
fn what_retries_do(result: &RunResult<'_>) -> &'static str {
    let producer = &result.plan.driver.producer_settings;
    if result.plan.driver.kind == DriverKind::Null || producer.idempotent || !producer.retries {
        return "";
    }
    " (a producer without idempotence does so when it tries again: enable.idempotence=true)"
}

/// CPU of all clients in the measurement, per acknowledged message (received, where nothing was sent), and the
/// supervisor's.
fn cpu_line(result: &RunResult<'_>) -> Option<String> {
    let MeasuredRun { counters, span_s, .. } = measured(result);
    let cpu_ns = counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs];
    let mut parts = Vec::new();
    if span_s > 0.0 && cpu_ns > 0 {
        let messages = match counters[Counter::MessagesAcknowledged] {
            0 => counters[Counter::MessagesReceived],
            acknowledged => acknowledged,
        };
        let each = if messages > 0 {
            format!(" ({:.2} µs/message)", cpu_ns as f64 / 1e3 / messages as f64)
        } else {
            String::new()
        };
        parts.push(format!("clients {:.2} CPU{each}", cpu_ns as f64 / 1e9 / span_s));
    }
    parts.extend(result.end.as_ref().map(|end| format!("supervisor {} of CPU time", format_ns(end.supervisor_cpu_ns))));
    (!parts.is_empty()).then(|| parts.join(" · "))
}
