//! Windows, counts and exact figures of samples made by hand.

use super::exact::ExactValues;
use super::lines::{COLUMNS, RecordLine};
use super::summary::{Summary, document};
use super::*;
use crate::stats::{Distribution, Recorder};
use crate::telemetry::Role;
use crate::telemetry::raw::{Header, RECORD_BYTES};
use proptest::prelude::*;
use serde_json::{Value, json};

const EPOCH: u64 = 10 * NS_PER_S;
const MS: u64 = 1_000_000;

fn header(role: Role) -> Header {
    Header {
        pinload_version: String::new(),
        role,
        index: 1,
        run_id: "7".to_owned(),
        topic: "t".to_owned(),
        group: None,
        record_bytes: RECORD_BYTES,
        wall_offset_ns: 0,
    }
}

/// Sent 1 ms late, answered after 3 ms.
fn sample(outcome: RecordedEvent, sequence: u64, intended_ns: u64) -> Record {
    Record {
        sequence,
        intended_ns,
        sent_ns: intended_ns + MS,
        at_ns: intended_ns + 3 * MS,
        offset: 100 + i64::try_from(sequence).unwrap(),
        partition: 2,
        producer: 4,
        value_bytes: 50,
        code: 0,
        outcome,
        flags: 0,
    }
}

fn summary_of(role: Role, window: TimeWindow, records: &[Record]) -> Value {
    let mut summary = Summary::new(&header(role), window);
    records.iter().for_each(|record| summary.take(record));
    summary.close(0);
    document(vec![summary])
}

#[test]
fn a_window_begins_and_ends_with_the_cuts_that_reach_its_bounds() {
    let mut records = Vec::new();
    for second in 0..4 {
        records
            .extend((0..10).map(|i| sample(RecordedEvent::Acknowledged, 10 * second + i, EPOCH + second * NS_PER_S)));
        // Cuts are late by a little.
        records.push(Record::cut(EPOCH + (second + 1) * NS_PER_S + 70, EPOCH));
    }
    let counted = |from, to| {
        let document = summary_of(Role::Producer, TimeWindow::of_seconds(from, to), &records);
        document["all"]["counts"]["acknowledged"].as_u64().unwrap_or(0)
    };
    assert_eq!(counted(None, None), 40);
    assert_eq!(counted(Some(0), Some(1)), 10);
    assert_eq!(counted(Some(1), Some(3)), 20);
    assert_eq!(counted(Some(3), None), 10);
    assert_eq!(counted(Some(4), None), 0);
    assert_eq!(counted(None, Some(9)), 40);
}

#[test]
fn a_message_was_sent_where_it_was_sent_and_not_where_its_report_came() {
    let late = |second: u64| sample(RecordedEvent::Acknowledged, second, EPOCH + second * NS_PER_S - 2 * MS);
    let cut = |second: u64| Record::cut(EPOCH + second * NS_PER_S, EPOCH);
    let records = [cut(1), late(1), cut(2), late(2), cut(3), late(3)];
    let all = &summary_of(Role::Producer, TimeWindow::of_seconds(Some(1), Some(3)), &records)["all"];
    assert_eq!(all["counts"], json!({"acknowledged": 2, "sent": 2}));
    let from_zero = &summary_of(Role::Producer, TimeWindow::of_seconds(Some(0), Some(3)), &records)["all"];
    assert_eq!(from_zero["counts"], json!({"acknowledged": 2, "sent": 3}));
}

#[test]
fn a_producers_samples_are_counted_by_their_ends_and_measured_by_what_they_have() {
    let probe = Record { flags: flag::PROBE, ..sample(RecordedEvent::Acknowledged, 0, EPOCH) };
    let closed = Record { flags: flag::AFTER_CLOSE, ..sample(RecordedEvent::Acknowledged, 9, EPOCH) };
    let records = [
        probe,
        sample(RecordedEvent::Acknowledged, 0, EPOCH),
        sample(RecordedEvent::Failed, 1, EPOCH),
        sample(RecordedEvent::Refused, 2, EPOCH),
        sample(RecordedEvent::Unknown, 3, EPOCH),
        closed,
    ];
    let all = &summary_of(Role::Producer, TimeWindow::default(), &records)["all"];
    let counts =
        json!({"acknowledged": 1, "after_close": 1, "failed": 1, "probes": 1, "refused": 1, "sent": 4, "unknown": 1});
    assert_eq!(all["counts"], counts);
    assert_eq!(all["latencies"]["publish_delay"]["count"], 4);
    assert_eq!(all["latencies"]["acknowledge_actual"]["max_ns"], 2 * MS);
    assert_eq!(all["latencies"]["acknowledge_intended"]["mean_ns"], 3.0 * 1e6);
    assert_eq!(all["latencies"].get("end_to_end_actual"), None);
}

#[test]
fn a_consumers_samples_show_what_came_twice_or_late() {
    let of = |sequence| sample(RecordedEvent::Received, sequence, EPOCH);
    let corrupt = Record { flags: flag::NO_INTENDED | flag::NO_SENT, ..sample(RecordedEvent::Corrupt, 0, EPOCH) };
    let early = Record { sent_ns: EPOCH + 9 * MS, ..of(8) };
    let records = [of(0), of(2), of(1), of(2), of(1), corrupt, sample(RecordedEvent::Foreign, 0, EPOCH), early];
    let document = summary_of(Role::Consumer, TimeWindow::default(), &records);
    let counts = json!({
        "corrupt": 1, "duplicated": 2, "end_to_end_not_positive": 1, "foreign": 1, "received": 6, "reordered": 1
    });
    assert_eq!(document["all"]["counts"], counts);
    assert_eq!(document["all"]["latencies"]["end_to_end_actual"]["count"], 6);
    assert_eq!(document["all"]["latencies"]["end_to_end_actual"]["min_ns"], 0);
    assert_eq!(document["clients"][0]["offsets"], json!({"2": {"first": 100, "end": 109}}));
}

#[test]
fn a_line_has_the_columns_in_order_and_nothing_that_is_not_known() {
    let record =
        Record { flags: flag::NO_INTENDED | flag::SENT_IS_CREATE_TIME, ..sample(RecordedEvent::Received, 5, EPOCH) };
    let header = header(Role::Consumer);
    let line = serde_json::to_value(RecordLine::of(&header, "consumer", &record)).unwrap();
    assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), COLUMNS);
    assert_eq!((&line["sequence"], &line["intended_ns"]), (&Value::Null, &Value::Null));
    assert_eq!((&line["sent_ns"], &line["offset"]), (&json!(EPOCH + MS), &json!(105)));
    let cut = serde_json::to_value(RecordLine::of(&header, "consumer", &Record::cut(EPOCH + 5, EPOCH))).unwrap();
    assert_eq!((&cut["outcome"], &cut["at_ns"], &cut["sent_ns"]), (&json!("cut"), &json!(EPOCH + 5), &Value::Null));
}

proptest! {
    /// Both take Java's rank, so they differ by the width of a bucket at most.
    #[test]
    fn a_histograms_percentiles_are_the_exact_ones_within_its_stated_precision(
        values in prop::collection::vec(1_u64..4_000_000_000_000, 1..400), percentile in 0.0_f64..=100.0,
    ) {
        let (mut exact, mut recorder) = (ExactValues::default(), Recorder::new());
        for value in values {
            exact.push(value);
            recorder.record(value);
        }
        let histogram = recorder.to_histogram();
        let distribution = Distribution::of_ns(histogram, Some(recorder.take_interval()), false);
        for percentile in [percentile, 50.0, 99.0, 99.9, 100.0] {
            let (true_ns, shown_ns) = (exact.percentile_ns(percentile), distribution.percentile_ns(percentile));
            prop_assert!(
                shown_ns >= true_ns && shown_ns - true_ns <= true_ns / 1_000,
                "p{}: {} {}",
                percentile,
                true_ns,
                shown_ns
            );
        }
        prop_assert_eq!(exact.max_ns(), distribution.max_ns());
        prop_assert_eq!(exact.min_ns(), distribution.min_ns());
        prop_assert!((exact.mean_ns() / distribution.mean_ns() - 1.0).abs() < 1e-9);
    }
}
