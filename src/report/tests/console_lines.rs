//! The lines of a period and of the whole.

use crate::plan::MeasuredBy;
use crate::report::{omb_aggregated_line, omb_period_line, our_period_line, period_verdict_line};
use crate::stats::{Counter, Distribution};
use crate::workload_generator::for_tests::{latencies, period, plan};

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

#[test]
fn our_line_tells_end_to_end_latency_backlog_late_sends_and_errors() {
    let line = our_period_line(&period(0), MeasuredBy::Pinload);
    assert!(
        line.starts_with("E2E latency avg 1.50 ms - 50% 1.50 ms - 99% 2.97 ms - 99.9% 3.00 ms - max 3.00 ms"),
        "{line}"
    );
    assert!(line.contains(" | ack from intended time 99% 1.98 ms | "), "{line}");
    assert!(line.ends_with(" | backlog 12 msg | late 0 msg | errors 0"), "{line}");
}

#[test]
fn our_line_names_troubles_only_when_there_are_some() {
    let mut troubled = period(0);
    troubled.counters[Counter::LateSends] = 1_234;
    troubled.counters[Counter::MessagesFailed] = 2;
    troubled.counters[Counter::ClientErrors] = 1;
    troubled.counters[Counter::MessagesDuplicated] = 7;
    troubled.counters[Counter::QueueFullNs] = 1_500_000;
    troubled.late_clients = 1;
    troubled.latencies.by_family[3] = Distribution::empty();
    let line = our_period_line(&troubled, MeasuredBy::Pinload);
    for part in [
        "E2E latency: no message received | ",
        " | late 1,234 msg | errors 3 | duplicated 7 | queue full 1.50 ms | 1 client(s) did not report within these 10.0 s",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn a_period_that_is_not_valid_says_why_and_one_that_is_says_nothing() {
    let plan = plan();
    assert_eq!(period_verdict_line(&period(0), &plan), None);
    let mut explained = period(0);
    explained.clients[2].period.slots_lost = 3;
    assert_eq!(period_verdict_line(&explained, &plan), None, "it explains, and spoils nothing");
    let mut stopped = period(0);
    for client in &mut stopped.clients[..2] {
        client.period.counters[Counter::LoopStallNs] = 4_000_000_000;
        client.period.counters[Counter::LoopStalls] = 1;
        client.period.counters[Counter::MessagesEnqueued] = 60_000;
    }
    stopped.clients[2].period.slots_lost = 3;
    let line = period_verdict_line(&stopped, &plan).unwrap();
    let begins = "GENERATOR-LIMITED period: rate not offered as asked: it offered 12,000/s of 20,000/s, 40 % less | \
                  hot loop stood still, producer 0, producer 1 (worst: producer 0): once, 4.00 s in all, 40 % of the time";
    assert!(line.starts_with(begins), "{line}");
    assert!(line.contains(" | telemetry slots lost, consumer 0: 3 were overwritten"), "{line}");
}
