//! OMB's result file, read by a type that knows exactly its 62 fields, as the strict reader of OMB's CSV tool does.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// OMB's `TestResult`: 62 fields, no more and no less.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are OMB's; units: rates per second, latencies ms, delays µs")]
pub struct OmbResult {
    pub workload: String,
    pub driver: String,
    pub message_size: u64,
    pub topics: u32,
    pub partitions: u32,
    pub producers_per_topic: u32,
    pub consumers_per_topic: u32,
    pub publish_rate: Vec<f64>,
    pub publish_error_rate: Vec<f64>,
    pub consume_rate: Vec<f64>,
    pub backlog: Vec<u64>,
    pub publish_latency_avg: Vec<f64>,
    #[serde(rename = "publishLatency50pct")]
    pub publish_latency_50pct: Vec<f64>,
    #[serde(rename = "publishLatency75pct")]
    pub publish_latency_75pct: Vec<f64>,
    #[serde(rename = "publishLatency95pct")]
    pub publish_latency_95pct: Vec<f64>,
    #[serde(rename = "publishLatency99pct")]
    pub publish_latency_99pct: Vec<f64>,
    #[serde(rename = "publishLatency999pct")]
    pub publish_latency_999pct: Vec<f64>,
    #[serde(rename = "publishLatency9999pct")]
    pub publish_latency_9999pct: Vec<f64>,
    pub publish_latency_max: Vec<f64>,
    pub publish_delay_latency_avg: Vec<f64>,
    #[serde(rename = "publishDelayLatency50pct")]
    pub publish_delay_latency_50pct: Vec<u64>,
    #[serde(rename = "publishDelayLatency75pct")]
    pub publish_delay_latency_75pct: Vec<u64>,
    #[serde(rename = "publishDelayLatency95pct")]
    pub publish_delay_latency_95pct: Vec<u64>,
    #[serde(rename = "publishDelayLatency99pct")]
    pub publish_delay_latency_99pct: Vec<u64>,
    #[serde(rename = "publishDelayLatency999pct")]
    pub publish_delay_latency_999pct: Vec<u64>,
    #[serde(rename = "publishDelayLatency9999pct")]
    pub publish_delay_latency_9999pct: Vec<u64>,
    pub publish_delay_latency_max: Vec<u64>,
    pub aggregated_publish_latency_avg: f64,
    #[serde(rename = "aggregatedPublishLatency50pct")]
    pub aggregated_publish_latency_50pct: f64,
    #[serde(rename = "aggregatedPublishLatency75pct")]
    pub aggregated_publish_latency_75pct: f64,
    #[serde(rename = "aggregatedPublishLatency95pct")]
    pub aggregated_publish_latency_95pct: f64,
    #[serde(rename = "aggregatedPublishLatency99pct")]
    pub aggregated_publish_latency_99pct: f64,
    #[serde(rename = "aggregatedPublishLatency999pct")]
    pub aggregated_publish_latency_999pct: f64,
    #[serde(rename = "aggregatedPublishLatency9999pct")]
    pub aggregated_publish_latency_9999pct: f64,
    pub aggregated_publish_latency_max: f64,
    pub aggregated_publish_delay_latency_avg: f64,
    #[serde(rename = "aggregatedPublishDelayLatency50pct")]
    pub aggregated_publish_delay_latency_50pct: u64,
    #[serde(rename = "aggregatedPublishDelayLatency75pct")]
    pub aggregated_publish_delay_latency_75pct: u64,
    #[serde(rename = "aggregatedPublishDelayLatency95pct")]
    pub aggregated_publish_delay_latency_95pct: u64,
    #[serde(rename = "aggregatedPublishDelayLatency99pct")]
    pub aggregated_publish_delay_latency_99pct: u64,
    #[serde(rename = "aggregatedPublishDelayLatency999pct")]
    pub aggregated_publish_delay_latency_999pct: u64,
    #[serde(rename = "aggregatedPublishDelayLatency9999pct")]
    pub aggregated_publish_delay_latency_9999pct: u64,
    pub aggregated_publish_delay_latency_max: u64,
    pub aggregated_publish_latency_quantiles: BTreeMap<String, f64>,
    pub aggregated_publish_delay_latency_quantiles: BTreeMap<String, u64>,
    pub end_to_end_latency_avg: Vec<f64>,
    #[serde(rename = "endToEndLatency50pct")]
    pub end_to_end_latency_50pct: Vec<f64>,
    #[serde(rename = "endToEndLatency75pct")]
    pub end_to_end_latency_75pct: Vec<f64>,
    #[serde(rename = "endToEndLatency95pct")]
    pub end_to_end_latency_95pct: Vec<f64>,
    #[serde(rename = "endToEndLatency99pct")]
    pub end_to_end_latency_99pct: Vec<f64>,
    #[serde(rename = "endToEndLatency999pct")]
    pub end_to_end_latency_999pct: Vec<f64>,
    #[serde(rename = "endToEndLatency9999pct")]
    pub end_to_end_latency_9999pct: Vec<f64>,
    pub end_to_end_latency_max: Vec<f64>,
    pub aggregated_end_to_end_latency_quantiles: BTreeMap<String, f64>,
    pub aggregated_end_to_end_latency_avg: f64,
    #[serde(rename = "aggregatedEndToEndLatency50pct")]
    pub aggregated_end_to_end_latency_50pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency75pct")]
    pub aggregated_end_to_end_latency_75pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency95pct")]
    pub aggregated_end_to_end_latency_95pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency99pct")]
    pub aggregated_end_to_end_latency_99pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency999pct")]
    pub aggregated_end_to_end_latency_999pct: f64,
    #[serde(rename = "aggregatedEndToEndLatency9999pct")]
    pub aggregated_end_to_end_latency_9999pct: f64,
    pub aggregated_end_to_end_latency_max: f64,
}

impl OmbResult {
    /// Reads a result file; panics with the place when it is not OMB's form.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// What every well-formed result satisfies: lists of one length, percentiles in order, quantiles that end at 100.
    #[track_caller]
    pub fn assert_consistent(&self) {
        let periods = self.publish_rate.len();
        let lengths = [
            self.publish_error_rate.len(),
            self.consume_rate.len(),
            self.backlog.len(),
            self.publish_latency_avg.len(),
            self.publish_latency_99pct.len(),
            self.publish_latency_max.len(),
            self.publish_delay_latency_avg.len(),
            self.publish_delay_latency_max.len(),
            self.end_to_end_latency_avg.len(),
            self.end_to_end_latency_max.len(),
        ];
        assert_eq!(lengths, [periods; 10], "one entry for each period in every list");
        for period in 0..periods {
            assert_ascending(&[
                self.publish_latency_50pct[period],
                self.publish_latency_75pct[period],
                self.publish_latency_95pct[period],
                self.publish_latency_99pct[period],
                self.publish_latency_999pct[period],
                self.publish_latency_9999pct[period],
                self.publish_latency_max[period],
            ]);
            assert_ascending(&[
                self.end_to_end_latency_50pct[period],
                self.end_to_end_latency_75pct[period],
                self.end_to_end_latency_95pct[period],
                self.end_to_end_latency_99pct[period],
                self.end_to_end_latency_999pct[period],
                self.end_to_end_latency_9999pct[period],
                self.end_to_end_latency_max[period],
            ]);
        }
        assert_ascending(&[
            self.aggregated_publish_latency_50pct,
            self.aggregated_publish_latency_99pct,
            self.aggregated_publish_latency_9999pct,
            self.aggregated_publish_latency_max,
        ]);
        assert_ascending(&[
            self.aggregated_end_to_end_latency_50pct,
            self.aggregated_end_to_end_latency_99pct,
            self.aggregated_end_to_end_latency_9999pct,
            self.aggregated_end_to_end_latency_max,
        ]);
        for keys in [
            self.aggregated_publish_latency_quantiles.keys().collect::<Vec<_>>(),
            self.aggregated_publish_delay_latency_quantiles.keys().collect(),
            self.aggregated_end_to_end_latency_quantiles.keys().collect(),
        ] {
            let reached = keys.iter().map(|key| key.parse::<f64>().expect("a percentile")).fold(0.0, f64::max);
            assert!(keys.is_empty() || (reached - 100.0).abs() < 1e-9, "quantiles end at {reached}");
        }
    }

    /// Mean of the send rates of all periods.
    pub fn mean_publish_rate(&self) -> f64 {
        mean(&self.publish_rate)
    }
}

/// The names of the 62 fields in OMB's order, as they stand in a result file.
pub fn field_names_in_order(path: &Path) -> Vec<String> {
    // serde_json sorts keys: the order is read from the text, where the fields of the document stand two blanks deep.
    let text = std::fs::read_to_string(path).expect("a result file");
    text.lines()
        .filter_map(|line| line.strip_prefix("  \"")?.split_once('"').map(|(name, _)| name.to_owned()))
        .collect()
}

/// Arithmetic mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    let count = u32::try_from(values.len()).expect("a short list");
    if count == 0 { 0.0 } else { values.iter().sum::<f64>() / f64::from(count) }
}

#[track_caller]
fn assert_ascending(values: &[f64]) {
    assert!(values.is_sorted(), "percentiles are not in order: {values:?}");
}
