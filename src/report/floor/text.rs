//! A floor for people.

use super::{EndToEndFloor, Floor, LoopSpeed, PacingStep, Percentiles};
use crate::os::clock_cost::ClockCosts;
use crate::os::gaps::Gaps;
use crate::report::plain_table::{plain_table, table_lines};
use crate::units::{format_count, format_ns, format_rate};

/// All parts that were measured, as text of many lines without a last line end.
pub fn floor_text(floor: &Floor) -> String {
    let mut parts = Vec::new();
    if let Some(costs) = &floor.clock_costs {
        parts.push(clock(costs));
    }
    if !floor.loops.is_empty() {
        parts.push(loops(&floor.loops));
    }
    if !floor.pacing.is_empty() {
        parts.push(pacing(&floor.pacing));
    }
    if !floor.gaps.is_empty() {
        parts.push(gaps(&floor.gaps));
    }
    if let Some(run) = &floor.end_to_end {
        parts.push(end_to_end(run));
    }
    let warnings = floor.caveats().into_iter().chain(floor.warnings.iter().cloned());
    parts.extend(warnings.map(|warning| format!("warning: {}", warning.text)));
    parts.join("\n\n")
}

/// The first row is the heading; the first column stands left, the others right.
fn table(title: &str, rows: Vec<Vec<String>>) -> String {
    let mut table = plain_table();
    for row in rows {
        table.add_row(row);
    }
    let lines: Vec<_> = table_lines(table, |column| column > 0).iter().map(|line| format!("  {line}")).collect();
    format!("{title}\n{}", lines.join("\n"))
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn clock(costs: &ClockCosts) -> String {
    let ClockCosts { run_clock_read_ns, monotonic_read_ns, monotonic_raw_read_ns, realtime_read_ns } = costs;
    let cost = |what: &str, ns: f64| vec![what.to_owned(), format!("{ns:.1} ns")];
    table(
        "clocks, per reading",
        vec![
            cost("the run's clock", *run_clock_read_ns),
            cost("clock_gettime(MONOTONIC)", *monotonic_read_ns),
            cost("clock_gettime(MONOTONIC_RAW)", *monotonic_raw_read_ns),
            cost("clock_gettime(REALTIME)", *realtime_read_ns),
        ],
    )
}

fn loops(loops: &[LoopSpeed]) -> String {
    let mut rows = vec![row(["", "measuring", "ns per message", "messages/s"])];
    for LoopSpeed { manner, measuring, messages_per_s, busy_ns_per_message, .. } in loops {
        rows.push(vec![
            manner.to_string(),
            if *measuring { "all" } else { "nothing" }.to_owned(),
            format!("{busy_ns_per_message:.1}"),
            format_rate(*messages_per_s),
        ]);
    }
    let bytes = loops.first().map_or(0, |speed| speed.value_bytes);
    table(&format!("loops on the null driver, {} B", format_count(u64::from(bytes))), rows)
}

const PERCENTILES: [&str; 6] = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];

fn percentiles(figures: &Percentiles) -> Vec<String> {
    let Percentiles { count, p50_ns, p90_ns, p99_ns, p99_9_ns, p99_99_ns, max_ns } = *figures;
    let shown = |ns| if count == 0 { "–".to_owned() } else { format_ns(ns) };
    [p50_ns, p90_ns, p99_ns, p99_9_ns, p99_99_ns, max_ns].map(shown).to_vec()
}

fn pacing(steps: &[PacingStep]) -> String {
    let mut heading = row(["asked for", "reached"]);
    heading.extend(PERCENTILES.map(str::to_owned));
    let mut rows = vec![heading];
    for step in steps {
        let mut cells = vec![
            format_rate(step.rate_per_s),
            format!("{}{}", format_rate(step.reached_per_s), if step.sustained { "" } else { " (missed)" }),
        ];
        cells.extend(percentiles(&step.pacing_error));
        rows.push(cells);
    }
    table("pacing error (actual − intended send time) of one producer on the null driver", rows)
}

fn gaps(gaps: &[Gaps]) -> String {
    let mut rows = vec![row(["CPU", "longest", "> 1 µs", "> 10 µs", "> 1 ms", "time lost"])];
    for cpu in gaps {
        rows.push(vec![
            cpu.cpu.to_string(),
            format_ns(cpu.longest_gap_ns),
            format_count(cpu.gaps),
            format_count(cpu.gaps_over_10_us),
            format_count(cpu.gaps_over_1_ms),
            format!("{:.4} %", cpu.lost_percent()),
        ]);
    }
    let watched = gaps.first().map_or(0, |cpu| cpu.watched_ns);
    table(&format!("gaps on each CPU, watched for {}", format_ns(watched)), rows)
}

fn end_to_end(run: &EndToEndFloor) -> String {
    let mut heading = row([""]);
    heading.extend(PERCENTILES.map(str::to_owned));
    let line = |what: &str, figures| {
        let mut cells = row([what]);
        cells.extend(percentiles(figures));
        cells
    };
    let shared = if run.shared_cpus { ", clients share CPUs" } else { "" };
    let title = format!(
        "through the embedded broker, {} of {} B{shared}",
        format_rate(run.rate_per_s),
        format_count(u64::from(run.value_bytes))
    );
    table(
        &title,
        vec![heading, line("acknowledged", &run.acknowledge_actual), line("end to end", &run.end_to_end_actual)],
    )
}
