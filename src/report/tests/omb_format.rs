//! The main file, held against files that OMB wrote: names, order, types, layout, units.

use crate::report::java_json;
use crate::report::omb::{OmbPeriod, OmbResult};
use crate::workload_generator::RunResult;
use crate::workload_generator::for_tests::{completed_result, empty_result, period, plan};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const GOLDEN: &str = include_str!("../../../tests/fixtures/golden/omb-result-local.json");

/// OMB's strict reader, declared anew: every field must be there, none may be more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "most fields are only read to check that they are there and of their type")]
struct TestResult {
    workload: String,
    driver: String,
    message_size: i64,
    topics: i32,
    partitions: i32,
    producers_per_topic: i32,
    consumers_per_topic: i32,
    publish_rate: Vec<f64>,
    publish_error_rate: Vec<f64>,
    consume_rate: Vec<f64>,
    backlog: Vec<i64>,
    publish_latency_avg: Vec<f64>,
    #[serde(rename = "publishLatency50pct")]
    publish_latency_50pct: Vec<f64>,
    #[serde(rename = "publishLatency75pct")]
    publish_latency_75pct: Vec<f64>,
    #[serde(rename = "publishLatency95pct")]
    publish_latency_95pct: Vec<f64>,
    #[serde(rename = "publishLatency99pct")]
    publish_latency_99pct: Vec<f64>,
    #[serde(rename = "publishLatency999pct")]
    publish_latency_999pct: Vec<f64>,
    #[serde(rename = "publishLatency9999pct")]
    publish_latency_9999pct: Vec<f64>,
    publish_latency_max: Vec<f64>,
    publish_delay_latency_avg: Vec<f64>,
    #[serde(rename = "publishDelayLatency50pct")]
    publish_delay_latency_50pct: Vec<i64>,
    #[serde(rename = "publishDelayLatency75pct")]
    publish_delay_latency_75pct: Vec<i64>,
    #[serde(rename = "publishDelayLatency95pct")]
    publish_delay_latency_95pct: Vec<i64>,
    #[serde(rename = "publishDelayLatency99pct")]
    publish_delay_latency_99pct: Vec<i64>,
    #[serde(rename = "publishDelayLatency999pct")]
    publish_delay_latency_999pct: Vec<i64>,
    #[serde(rename = "publishDelayLatency9999pct")]
    publish_delay_latency_9999pct: Vec<i64>,
    publish_delay_latency_max: Vec<i64>,
    aggregated_publish_latency_avg: f64,
    #[serde(rename = "aggregatedPublishLatency50pct")]
    aggregated_publish_latency_50pct: f64,
    #[serde(rename = "aggregatedPublishLatency75pct")]
    aggregated_publish_latency_75pct: f64,
    #[serde(rename = "aggregatedPublishLatency95pct")]
    aggregated_publish_latency_95pct: f64,
    #[serde(rename = "aggregatedPublishLatency99pct")]
    aggregated_publish_latency_99pct: f64,
    #[serde(rename = "aggregatedPublishLatency999pct")]
    aggregated_publish_latency_999pct: f64,
    #[serde(rename = "aggregatedPublishLatency9999pct")]
    aggregated_publish_latency_9999pct: f64,
    aggregated_publish_latency_max: f64,
    aggregated_publish_delay_latency_avg: f64,
    #[serde(rename = "aggregatedPublishDelayLatency50pct")]
    aggregated_publish_delay_latency_50pct: i64,
    #[serde(rename = "aggregatedPublishDelayLatency75pct")]
    aggregated_publish_delay_latency_75pct: i64,
    #[serde(rename = "aggregatedPublishDelayLatency95pct")]
    aggregated_publish_delay_latency_95pct: i64,
    #[serde(rename = "aggregatedPublishDelayLatency99pct")]
    aggregated_publish_delay_latency_99pct: i64,
    #[serde(rename = "aggregatedPublishDelayLatency999pct")]
    aggregated_publish_delay_latency_999pct: i64,
    #[serde(rename = "aggregatedPublishDelayLatency9999pct")]
    aggregated_publish_delay_latency_9999pct: i64,
    aggregated_publish_delay_latency_max: i64,
    aggregated_publish_latency_quantiles: BTreeMap<String, f64>,
    aggregated_publish_delay_latency_quantiles: BTreeMap<String, i64>,
    end_to_end_latency_avg: Vec<f64>,
    #[serde(rename = "endToEndLatency50pct")]
    end_to_end_latency_50pct: Vec<f64>,
    #[serde(rename = "endToEndLatency75pct")]
    end_to_end_latency_75pct: Vec<f64>,
    #[serde(rename = "endToEndLatency95pct")]
    end_to_end_latency_95pct: Vec<f64>,
    #[serde(rename = "endToEndLatency99pct")]
    end_to_end_latency_99pct: Vec<f64>,
    #[serde(rename = "endToEndLatency999pct")]
    end_to_end_latency_999pct: Vec<f64>,
    #[serde(rename = "endToEndLatency9999pct")]
    end_to_end_latency_9999pct: Vec<f64>,
    end_to_end_latency_max: Vec<f64>,
    aggregated_end_to_end_latency_quantiles: BTreeMap<String, f64>,
    aggregated_end_to_end_latency_avg: f64,
    #[serde(rename = "aggregatedEndToEndLatency50pct")]
    aggregated_end_to_end_latency_50pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency75pct")]
    aggregated_end_to_end_latency_75pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency95pct")]
    aggregated_end_to_end_latency_95pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency99pct")]
    aggregated_end_to_end_latency_99pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency999pct")]
    aggregated_end_to_end_latency_999pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency9999pct")]
    aggregated_end_to_end_latency_9999pct: f64,
    aggregated_end_to_end_latency_max: f64,
}

fn document(result: &RunResult<'_>) -> String {
    let periods: Vec<_> = result.periods.iter().map(OmbPeriod::from).collect();
    java_json::to_string(&OmbResult::new(result.plan, &periods, result.cumulative.as_ref())).unwrap()
}

/// Name and kind of each field in order; a list or a map has the kind of its entries.
fn outline(text: &str) -> Vec<(String, String)> {
    fn kind(value: &Value) -> String {
        match value {
            Value::String(_) => "text".to_owned(),
            Value::Number(number) if number.is_f64() => "double".to_owned(),
            Value::Number(_) => "long".to_owned(),
            Value::Array(list) => format!("list of {}", kind(&list[0])),
            Value::Object(map) => format!("map of {}", kind(map.values().next().expect("entries"))),
            other => panic!("OMB writes no {other}"),
        }
    }
    let document: Value = serde_json::from_str(text).unwrap();
    document.as_object().unwrap().iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}

#[test]
fn a_full_result_has_the_fields_of_omb_in_its_order_and_types() {
    let plan = plan();
    let ours = outline(&document(&completed_result(&plan)));
    assert_eq!(ours.len(), 62);
    assert_eq!(ours, outline(GOLDEN));
}

#[test]
fn a_strict_reader_takes_full_and_empty_results_and_that_of_omb() {
    let plan = plan();
    for text in [document(&completed_result(&plan)), document(&empty_result(&plan)), GOLDEN.to_owned()] {
        serde_json::from_str::<TestResult>(&text).unwrap();
    }
}

#[test]
fn an_empty_run_has_all_fields_with_empty_lists_and_maps() {
    let plan = plan();
    let text = document(&empty_result(&plan));
    assert!(text.contains("\"publishRate\" : [ ],\n"), "{text}");
    assert!(text.contains("\"aggregatedPublishLatencyQuantiles\" : { },\n"), "{text}");
    assert!(text.ends_with("\"aggregatedEndToEndLatencyMax\" : 0.0\n}"), "{text}");
}

#[test]
fn latencies_are_from_the_actual_time_in_ms_and_the_delay_is_in_us() {
    let plan = plan();
    let result: TestResult = serde_json::from_str(&document(&completed_result(&plan))).unwrap();
    assert_eq!((result.workload.as_str(), result.driver.as_str()), ("small", "Kafka"));
    assert_eq!((result.message_size, result.consumers_per_topic), (1024, 1));
    assert_eq!(result.publish_rate, [20_000.0; 3]);
    assert_eq!(result.backlog, [12; 3]);
    // Acknowledged after 1 to 1,000 µs in the first period, to 3,000 µs in the third; received three times later.
    let near = |value: f64, wanted: f64| assert!((value / wanted - 1.0).abs() < 0.002, "{value} is not about {wanted}");
    near(result.publish_latency_50pct[0], 0.5);
    near(result.publish_latency_99pct[2], 2.97);
    near(result.publish_latency_max[2], 3.0);
    near(result.end_to_end_latency_50pct[0], 1.5);
    near(result.aggregated_end_to_end_latency_max, 9.0);
    near(result.publish_latency_avg[0], 0.5);
    assert_eq!(result.publish_delay_latency_max[0], 10);
    assert_eq!(result.publish_delay_latency_50pct[0], 5);
    assert_eq!(result.aggregated_publish_latency_quantiles.get("100.0"), Some(&result.aggregated_publish_latency_max));
    assert_eq!(result.aggregated_publish_delay_latency_quantiles.get("100.0"), Some(&30), "30 µs within 0.1 %");
}

#[test]
fn rates_that_are_no_numbers_become_0() {
    let plan = plan();
    let mut result = empty_result(&plan);
    let mut odd = period(0);
    odd.publish_rate_per_s = f64::NAN;
    odd.consume_rate_per_s = f64::INFINITY;
    result.periods.push(odd);
    let result: TestResult = serde_json::from_str(&document(&result)).unwrap();
    assert_eq!((result.publish_rate, result.consume_rate), (vec![0.0], vec![0.0]));
}
