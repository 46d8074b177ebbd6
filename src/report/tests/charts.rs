//! What OMB's chart script does with a result file, done to ours: it stops at the first field that is missing, empty,
//! or no number.

use crate::report::java_json;
use crate::report::omb::{OmbPeriod, OmbResult};
use crate::workload_generator::for_tests::{completed_result, plan};
use serde_json::Value;

const GOLDEN: &str = include_str!("../../../tests/fixtures/golden/omb-result-local.json");

/// Charts over time: one point per 10 s.
const OVER_TIME: [&str; 7] = [
    "publishLatency99pct",
    "publishDelayLatency99pct",
    "publishRate",
    "publishErrorRate",
    "endToEndLatency95pct",
    "consumeRate",
    "endToEndLatencyAvg",
];
/// Charts over percentiles.
const OVER_PERCENTILES: [&str; 3] = [
    "aggregatedPublishLatencyQuantiles",
    "aggregatedPublishDelayLatencyQuantiles",
    "aggregatedEndToEndLatencyQuantiles",
];

/// Points of all ten charts, or what the script would stumble over.
fn points(text: &str) -> Result<usize, String> {
    let result: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for name in ["workload", "driver"] {
        result[name].as_str().ok_or_else(|| format!("{name} is no text"))?;
    }
    let mut points = 0;
    for name in OVER_TIME {
        let list = result[name].as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| format!("{name} is no list with entries"))?;
        list.iter().try_for_each(|y| y.as_f64().map(drop)).ok_or_else(|| format!("{name} has what is no number"))?;
        points += list.len();
    }
    for name in OVER_PERCENTILES {
        let map = result[name].as_object().filter(|map| !map.is_empty());
        for (percentile, y) in map.ok_or_else(|| format!("{name} is no map with entries"))? {
            let percentile: f64 = percentile.parse().map_err(|_| format!("{name}: {percentile} is no number"))?;
            y.as_f64().ok_or_else(|| format!("{name}: {y} is no number"))?;
            // The x axis: nines. The last point, 100 %, is left out.
            let x = if percentile <= 99.999 { (100.0 / (100.0 - percentile)).log10() } else { 5.0 };
            if !(0.0..=5.0).contains(&x) {
                return Err(format!("{name}: {percentile} is no percentile"));
            }
            points += 1;
        }
    }
    Ok(points)
}

#[test]
fn ombs_charts_can_be_drawn_of_our_results_as_of_ombs() {
    let plan = plan();
    let result = completed_result(&plan);
    let periods: Vec<_> = result.periods.iter().map(OmbPeriod::from).collect();
    let text = java_json::to_string(&OmbResult::new(&plan, &periods, result.cumulative.as_ref())).unwrap();
    for text in [text.as_str(), GOLDEN] {
        assert!(points(text).unwrap() > OVER_TIME.len() + OVER_PERCENTILES.len(), "too few points");
    }
    let without = GOLDEN.replace("publishErrorRate", "errorRate");
    assert_eq!(points(&without), Err("publishErrorRate is no list with entries".to_owned()));
}
