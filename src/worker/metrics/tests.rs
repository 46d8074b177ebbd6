//! The page against the one that OMB's own worker served.

use super::*;
use crate::stats::{Counter, Increment, Latency, Recorder, Sparse};
use std::collections::BTreeMap;

/// Series (name and labels) → value, and family → type.
fn read(page: &str) -> (BTreeMap<&str, f64>, BTreeMap<&str, &str>) {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).filter_map(|line| line.split_once(' '));
    let series = page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    (series.map(|(name, value)| (name, value.replace("Infinity", "inf").parse().unwrap())).collect(), types.collect())
}

fn a_page() -> String {
    let (_sender, scrapes) = crossbeam_channel::unbounded();
    let mut endpoint = MetricsEndpoint::new(scrapes, true);
    endpoint.begin_run();
    let mut recorder = Recorder::new();
    (1..=1_000).for_each(|us| recorder.record(us * 1_000));
    let extremes = recorder.take_interval();
    let latencies = Increment::between(None, &Sparse::of(&recorder));
    endpoint.recorded().add(Latency::AcknowledgeActual, &latencies, Some(extremes.sum_ns));
    endpoint.roll();
    let mut present = Present { active: true, living: [1, 2], receipts: Some((10, 7)), ..Present::default() };
    present.counters.producers[Counter::MessagesAcknowledged] = 1_000;
    present.counters.producers[Counter::QueueFullNs] = 1_500_000_000;
    present.counters.consumers[Counter::MessagesReceived] = 998;
    present.counters.consumers[Counter::ProbesReceived] = 1;
    endpoint.page(&present)
}

#[test]
fn every_series_of_ombs_worker_is_there_with_its_labels_and_type() {
    let page = a_page();
    let (ours, our_types) = read(&page);
    let (java, java_types) = read(include_str!("../../../tests/fixtures/golden/omb-worker-metrics.txt"));
    assert_eq!(java.len(), 5 + 3 * 2 * 9);
    for name in java.keys() {
        assert!(ours.contains_key(name), "{name}");
    }
    for (family, kind) in java_types {
        assert_eq!(our_types.get(family), Some(&kind), "{family}");
    }
    let no_more = ours.keys().filter(|name| name.starts_with("benchmark_")).count();
    assert_eq!(no_more, java.len());
}

#[test]
fn values_have_ombs_units_and_ours_prometheus_ones() {
    let page = a_page();
    let (series, types) = read(&page);
    let value = |name: &str| *series.get(name).unwrap_or_else(|| panic!("{name} in\n{page}"));
    assert_eq!(value("benchmark_producer_messages_sent"), 1_000.0);
    assert_eq!(value("benchmark_consumer_messages_recv"), 999.0, "a probe too");
    let median_ms = value(r#"benchmark_producer_produce_latency{success="true",quantile="0.5"}"#);
    assert!((median_ms - 0.5).abs() < 0.001, "{median_ms}");
    assert_eq!(value(r#"benchmark_producer_produce_latency_sum{success="true"}"#), 500.5);
    assert!(value(r#"benchmark_producer_produce_latency{success="false",quantile="1.0"}"#).is_nan());
    assert!(value(r#"benchmark_consumer_e2e_latency{success="true",quantile="0.99"}"#).is_nan());
    assert_eq!(value(r#"pinload_messages_acknowledged_total{role="producer"}"#), 1_000.0);
    assert_eq!(value(r#"pinload_queue_full_seconds_total{role="producer"}"#), 1.5);
    assert_eq!(value("pinload_backlog_messages"), 3.0);
    assert_eq!(value(r#"pinload_clients{role="consumer"}"#), 2.0);
    // The one at the bound shares its histogram bucket with values above.
    assert_eq!(value(r#"pinload_acknowledge_latency_seconds_bucket{from="actual",le="0.0005"}"#), 499.0);
    assert_eq!(value(r#"pinload_acknowledge_latency_seconds_count{from="actual"}"#), 1_000.0);
    assert_eq!(value(r#"pinload_acknowledge_latency_seconds_sum{from="actual"}"#), 0.5005);
    assert_eq!(types["pinload_assigned_partitions"], "gauge");
}

#[test]
fn names_follow_prometheus_rules() {
    let page = a_page();
    let (series, types) = read(&page);
    for (family, kind) in types.iter().filter(|(family, _)| family.starts_with("pinload_")) {
        assert!(family.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{family}");
        assert_eq!(*kind == "counter", family.ends_with("_total"), "{family} is a {kind}");
        assert!(!family.contains("_ns") && !family.contains("_ms"), "{family}");
        assert!(page.contains(&format!("# HELP {family} ")), "{family}");
        assert!(series.keys().any(|name| name.starts_with(family)), "{family} has a series");
    }
}
