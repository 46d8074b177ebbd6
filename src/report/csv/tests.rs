//! Tables of recorded and of made-up results.

use super::*;

const LOCAL: &str = include_str!("../../../tests/fixtures/golden/omb-result-local.json");
const DISTRIBUTED: &str = include_str!("../../../tests/fixtures/golden/omb-result-distributed.json");

fn named(name: &str, text: &str) -> (String, CsvRun) {
    (name.to_owned(), CsvRun::parse(text).unwrap())
}

fn made_up(size: u32, topics: u32, partitions: u32) -> String {
    format!(
        r#"{{"workload": "w, x", "driver": "Kafka", "version": "v24.1", "beginTime": "2026-05-21T10:00:00Z",
        "messageSize": {size}, "topics": {topics}, "partitions": {partitions},
        "producersPerTopic": 1, "consumersPerTopic": 1,
        "publishRate": [1000.0, 3000.0], "consumeRate": [0.0], "backlog": [-5, 7], "scheduleLatencyMin": [0.1],
        "aggregatedPublishLatencyAvg": 1.23456, "aggregatedEndToEndLatencyMax": 12.0,
        "endToEndLatency99pct": [1.0, 2.5]}}"#
    )
}

#[test]
fn recorded_results_become_ombs_columns() {
    // The rates are what HdrHistogram for Java makes of these files.
    let results = [named("local.json", LOCAL), named("distributed.json", DISTRIBUTED)];
    let expected = "\
topics,partitions,message-size,producers-per-topic,consumers-per-topic,prod-rate-min,prod-rate-avg,\
prod-rate-std-dev,prod-rate-max,con-rate-min,con-rate-avg,con-rate-std-dev,con-rate-max,
1,2,1024,1,1,4608,4992,209.02,5375,4608,4992,209.02,5375
1,2,1024,1,1,4608,4992,147.8,5375,4608,4992,147.8,5375
";
    assert_eq!(table(&results, CsvColumns::Omb), expected);
}

#[test]
fn rows_are_sorted_by_message_size_topics_and_partitions_and_else_stay() {
    let results = [(1024, 1, 4), (100, 2, 1), (1024, 1, 2), (100, 1, 9), (1024, 1, 2)];
    let results: Vec<_> = (0..)
        .zip(results)
        .map(|(n, (size, topics, partitions))| named(&format!("{n}"), &made_up(size, topics, partitions)))
        .collect();
    let text = table(&results, CsvColumns::Wide);
    let files: Vec<_> = text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(files, ["3", "1", "2", "4", "0"]);
}

#[test]
fn the_wide_table_has_the_forks_42_columns_and_then_ours() {
    let text = table(&[named("a.json", &made_up(1_048_576, 1, 1)), named("b.json", LOCAL)], CsvColumns::Wide);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.len(), 53);
    let at = |name: &str| header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!((at("workload"), at("consumers-per-topic"), at("prod-rate-min"), at("con-rate-max")), (0, 9, 10, 17));
    assert_eq!((at("aggregatedPublishLatencyAvg"), at("aggregatedEndToEndLatencyMax")), (18, 41));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let value = |row: usize, name: &str| rows[row].get(at(name)).unwrap();
    assert_eq!((value(0, "file"), value(1, "file")), ("b.json", "a.json"));
    assert_eq!((value(1, "workload"), value(1, "version"), value(1, "endTime")), ("w, x", "v24.1", ""));
    assert_eq!((value(1, "aggregatedPublishLatencyAvg"), value(1, "aggregatedPublishLatency99pct")), ("1.235", ""));
    assert_eq!((value(1, "prod-mb-avg"), value(1, "prod-mb-max"), value(1, "con-mb-avg")), ("2000", "3000", "0"));
    assert_eq!((value(1, "backlog-max"), value(1, "end-to-end-99pct-worst")), ("7", "2.5"));
    assert_eq!(value(0, "driver"), "Kafka");
    assert!(value(0, "aggregatedEndToEndLatency9999pct").parse::<f64>().unwrap() > 0.0);
}
