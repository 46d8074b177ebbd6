//! The lines of a period and of the whole.

use crate::plan::Plan;
use crate::report::json_lines::{end_line, period_line};
use crate::report::rows::Rows;
use crate::report::{omb_aggregated_line, omb_period_line, omb_prefix};
use crate::stats::{Counter, Distribution, Latency};
use crate::worker::PeriodStats;
use crate::workload_generator::Phase;
use crate::workload_generator::for_tests::{completed_result, distribution, latencies, period, plan};
use serde_json::json;

const GOLDEN: &str = include_str!("../../../tests/fixtures/golden/omb-console.log");

/// A line with every number (and the padding before it) replaced by `#`.
fn skeleton(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(dot) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = &rest[..dot];
        let number = &rest[dot..];
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        // Percentile names are words, figures are not.
        if number[end..].starts_with('%') {
            out.push_str(before);
            out.push_str(&number[..end]);
        } else {
            out.push_str(before.trim_end());
            out.push('#');
        }
        rest = &number[end..];
    }
    out + rest
}

fn golden_line(beginning: &str) -> &'static str {
    GOLDEN.lines().find_map(|line| line.find(beginning).map(|at| &line[at..])).unwrap()
}

#[test]
fn a_period_reads_as_omb_prints_it() {
    let line = omb_period_line(&period(0));
    assert_eq!(skeleton(&line), skeleton(golden_line("Pub rate")));
    assert!(
        line.starts_with(
            "Pub rate 20000.0 msg/s / 19.5 MB/s | Pub err     0.0 err/s | Cons rate 20000.2 msg/s / 19.5 MB/s | \
             Backlog:  0.0 K | Pub Latency (ms) avg:  0.5 - 50%:  0.5 - 99%:  1.0 - 99.9%:  1.0 - Max:  1.0 | \
             Pub Delay Latency (us) avg: "
        ),
        "{line}"
    );
    assert!(line.ends_with(" - 50%:  5.0 - 99%:  9.0 - 99.9%:  9.0 - Max: 10.0"), "{line}");
}

#[test]
fn the_whole_reads_as_omb_prints_it() {
    let line = omb_aggregated_line(&latencies(1));
    assert_eq!(skeleton(&line), skeleton(golden_line("----- Aggregated")));
    assert!(line.contains(" | Pub Delay (us)  avg: "), "{line}");
}

#[test]
fn halves_go_to_the_even_digit_as_in_java() {
    let mut halves = period(0);
    halves.publish_rate_per_s = 0.25;
    halves.consume_rate_per_s = 0.75;
    let line = omb_period_line(&halves);
    assert!(line.starts_with("Pub rate     0.2 msg/s"), "{line}");
    assert!(line.contains("Cons rate     0.8 msg/s"), "{line}");
}

/// The columns of a row.
fn cells(row: &str) -> Vec<String> {
    row.replace(" ms", "ms").replace(" µs", "µs").replace(" %", "%").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_row_has_a_figure_below_each_title_and_fits_80_columns() {
    let plan = plan();
    let narrow = Rows::for_columns(Some(80));
    let row = narrow.row(&period(0), 10_000_000_000, &plan);
    let expected = ["00:10", "20,000", "20,000", "12", "500µs", "990µs", "1.50ms", "2.97ms", "0%"];
    assert_eq!(cells(&row), expected, "{row}");
    for columns in [Some(80), Some(160), None] {
        let rows = Rows::for_columns(columns);
        let (head, row) = (rows.head(), rows.row(&period(0), 10_000_000_000, &plan));
        assert_eq!(head.chars().count(), row.chars().count(), "{head}\n{row}");
        assert!(row.chars().count() <= columns.unwrap_or(120), "{row}");
    }
}

#[test]
fn a_period_that_is_not_valid_is_marked_and_where_there_is_room_it_says_why() {
    let mut plan = plan();
    let row = |period: &PeriodStats, columns, plan: &Plan| Rows::for_columns(columns).row(period, 10_000_000_000, plan);
    let mut explained = period(0);
    explained.clients[2].period.slots_lost = 3;
    let unmarked = row(&explained, None, &plan);
    assert!(unmarked.ends_with("0 %"), "it explains, and spoils nothing: {unmarked}");
    let mut stopped = period(0);
    for client in &mut stopped.clients[..2] {
        client.period.counters[Counter::LoopStallNs] = 4_000_000_000;
        client.period.counters[Counter::LoopStalls] = 1;
        client.period.counters[Counter::MessagesEnqueued] = 60_000;
    }
    for (columns, told) in [
        (Some(80), " !"),
        (Some(120), " !\n         rate not offered as asked, hot loop stood still"),
        (None, " !  rate not offered as asked, hot loop stood still"),
    ] {
        let marked = row(&stopped, columns, &plan);
        assert!(marked.ends_with(told), "{marked}");
    }
    let mut not_own = period(0);
    not_own.latencies.by_family[Latency::EndToEndAtLeast as usize] = distribution([1_000; 1_000]);
    assert!(row(&not_own, Some(80), &plan).ends_with(" !"));
    plan.placement.oversubscribed = true;
    let unmarked = row(&not_own, None, &plan);
    assert!(unmarked.ends_with("0 %"), "normal there, and said before: {unmarked}");
    assert!(row(&stopped, Some(80), &plan).ends_with(" !"), "sharing leaves out no sends");
}

#[test]
fn late_and_failed_messages_stand_in_the_row_and_what_was_not_measured_is_a_dash() {
    let plan = plan();
    let mut troubled = period(0);
    let sent = troubled.counters[Counter::MessagesEnqueued];
    troubled.counters[Counter::LateSends] = sent / 8;
    troubled.counters[Counter::MessagesFailed] = 1_002;
    troubled.latencies.by_family[3] = Distribution::empty();
    let row = Rows::for_columns(None).row(&troubled, 3_661_000_000_000, &plan);
    assert_eq!(cells(&row)[..1], ["1:01:01"], "{row}");
    assert_eq!(cells(&row)[6..9], ["–", "–", "12%"], "{row}");
    assert!(row.ends_with("  failed 1,002"), "{row}");
    let narrow = Rows::for_columns(Some(80)).row(&troubled, 0, &plan);
    assert!(
        narrow.lines().all(|line| line.chars().count() <= 80) && narrow.ends_with("\n         failed 1,002"),
        "{narrow}"
    );
}

#[test]
fn the_json_of_a_period_and_of_the_run_is_one_line_each_with_a_unit_in_every_name() {
    let plan = plan();
    let line = period_line(&period(0), Phase::Measure, period(0).start_ns, &plan);
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(!line.contains('\n'));
    for (field, value) in [
        ("/type", json!("period")),
        ("/workload", json!("small")),
        ("/phase", json!("measurement")),
        ("/start_s", json!(0.0)),
        ("/end_s", json!(10.0)),
        ("/sent_per_s", json!(20_000.0)),
        ("/backlog_messages", json!(12)),
        ("/late_share", json!(0.0)),
        ("/latencies/acknowledge_actual/p50_ns", json!(500_223)),
        ("/verdict", json!("valid")),
        ("/causes", json!([])),
    ] {
        assert_eq!(told.pointer(field), Some(&value), "{field} in {told}");
    }
    let line = end_line(&completed_result(&plan), &[], &[], vec!["a.json".to_owned()]);
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    for (field, value) in [
        ("/type", json!("end")),
        ("/outcome", json!("completed")),
        ("/system/outcome", json!("held")),
        ("/verdict", json!("valid")),
        ("/trust/own_up_to", json!("max")),
        ("/measured_s", json!(30.0)),
        ("/messages/acknowledged", json!(700_000)),
        ("/messages/lost", json!(0)),
        ("/files", json!(["a.json"])),
    ] {
        assert_eq!(told.pointer(field), Some(&value), "{field} in {told}");
    }
}

#[test]
fn ombs_lines_begin_as_its_log_does() {
    let golden = GOLDEN.lines().find(|line| line.contains("Pub rate")).unwrap();
    let prefix = omb_prefix(std::time::SystemTime::UNIX_EPOCH, "WorkloadGenerator");
    let shape = |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect() };
    assert_eq!(shape(&prefix), shape(&golden[..golden.find("Pub rate").unwrap()]));
}
