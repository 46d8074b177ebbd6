//! Runs of days: what is written stays bounded, and still is what happened.

use super::detail_document::document;
use crate::report::ResultFiles;
use crate::stats::ageing::RowAging;
use crate::stats::{Counter, Counters, Latency};
use crate::telemetry::Role;
use crate::worker::{PeriodStats, TimelinePoint};
use crate::workload_generator::for_tests::{completed_result, empty_result, period, plan, started_at};
use serde_json::Value;

#[test]
fn ombs_file_has_every_period_and_the_detail_file_bounded_rows_that_add_up_to_them() {
    const PERIODS: u64 = 2_600;
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let mut files = ResultFiles::new(&plan, None, folder.path(), started_at(), &[]).unwrap();
    let mut result = empty_result(&plan);
    let mut ageing = RowAging::new(1_000, 1_000);
    // Some have latencies, 1.3 MB each while they are not written.
    let template = period(0);
    let mut blank = template.clone();
    blank.latencies.forget();
    for number in 0..PERIODS {
        let (start_ns, length_ns) = (template.start_ns + number * 10_000_000_000, 10_000_000_000);
        let like = if number % 500 == 0 { &template } else { &blank };
        let next = PeriodStats { start_ns, end_ns: start_ns + length_ns, ..like.clone() };
        result.periods.push(next);
        if number % 1_300 == 1_299 {
            files.write(&result).unwrap();
            result.periods.iter_mut().for_each(|period| period.latencies.forget());
            ageing.age(&mut result.periods, PeriodStats::join);
        }
    }
    files.write(&result).unwrap();
    let (main, detail) = files.paths();
    let read = |path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(read(main)["publishRate"].as_array().unwrap().len() as u64, PERIODS);
    let detail = read(detail);
    let rows = detail["periods"].as_array().unwrap();
    assert!(rows.len() <= 2_001, "{}", rows.len());
    assert!(rows.windows(2).all(|two| two[0]["end_s"] == two[1]["start_s"]), "no gap and no overlap");
    let sum = |pointer: &str| rows.iter().map(|row| row.pointer(pointer).unwrap().as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("/counters/messages_acknowledged"), PERIODS * 200_000);
    assert_eq!(sum("/latencies/acknowledge_actual/count"), 6 * 1_000);
    let shapes = rows.iter().filter_map(|row| row.pointer("/distributions/acknowledge_actual/count")?.as_array());
    let charted: u64 = shapes.flatten().filter_map(Value::as_u64).sum();
    assert_eq!(charted, 6 * 1_000, "the heat map has every value as well");
    assert!(rows.iter().all(|row| row["publish_rate_per_s"] == 20_000.0), "a rate that stays stays");
    let measured = &detail["measurement"];
    assert_eq!(
        measured["counters"]["messages_acknowledged"],
        PERIODS * 200_000,
        "also where the result has joined them"
    );
    assert_eq!(measured["measured_s"], PERIODS as f64 * 10.0);
    assert_eq!(files.period_verdicts().len() as u64, PERIODS);
}

#[test]
fn the_rows_of_a_client_take_half_a_megabyte_at_most() {
    let plan = plan();
    let mut result = completed_result(&plan);
    let rows = |role: Role| {
        let families = if role == Role::Producer { Latency::PRODUCER.len() } else { Latency::CONSUMER.len() };
        move |row: u32| {
            let mut counters = Counters::default();
            // As many counters as a client of one role uses, with what a minute at 20,000 msg/s of 1 KB brings.
            for counter in Counter::ALL.iter().filter(|counter| !counter.name().starts_with("raw")).take(18) {
                counters[*counter] = 1_200_000 + u64::from(row);
            }
            TimelinePoint {
                at_s: f64::from(row) + 0.000_123_456,
                span_s: 1.000_000_123,
                counters,
                latencies_ns: vec![[1_234_567, 12_345_678, 123_456_789]; families],
            }
        }
    };
    let clients = &mut result.end.as_mut().unwrap().clients;
    clients.truncate(1);
    clients[0].timeline = (0..2_300).map(rows(clients[0].role)).collect();
    let bytes = serde_json::to_string(&document(&result)["clients"][0]["timeline"]).unwrap().len();
    assert!((200_000..800_000).contains(&bytes), "{bytes}");
}
