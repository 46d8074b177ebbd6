//! A result of OMB, its forks, or pinload's main file, in the shape of the detail document: what it holds, where the
//! page looks for it.

use crate::report::csv::read::{CsvRun, NotAResult};
use serde_json::{Map, Value, json};

/// Length of OMB's periods, which its files don't tell: its own default.
const PERIOD_S: f64 = 10.0;
/// OMB's maps of percentiles hold thousands of points; as many are drawn.
const POINTS_OF_A_CURVE: usize = 500;
/// OMB's names of figures in lists by period, and of their families. OMB writes ms, and µs for the publish delay.
const LATENCIES: [(&str, &str, f64); 3] = [
    ("publishLatency", "acknowledge_actual", 1e6),
    ("publishDelayLatency", "publish_delay", 1e3),
    ("endToEndLatency", "end_to_end_actual", 1e6),
];
/// Endings of these names.
const FIGURES: [(&str, &str); 9] = [
    ("Avg", "mean_ns"),
    ("50pct", "p50_ns"),
    ("75pct", "p75_ns"),
    ("95pct", "p95_ns"),
    ("99pct", "p99_ns"),
    ("999pct", "p99_9_ns"),
    ("9999pct", "p99_99_ns"),
    ("Max", "max_ns"),
    ("90pct", "p90_ns"),
];

/// Reads it. Error: what it lacks.
pub(super) fn as_detail(text: &str) -> Result<Value, NotAResult> {
    let result = CsvRun::parse(text)?;
    let [topics, partitions, size, producers, consumers] = result.shape();
    let rates = (result.publish_rates(), result.consume_rates());
    let mean = |rates: &[f64]| rates.iter().sum::<f64>() / (rates.len().max(1) as f64);
    let mut measurement = json!({
        "measured_s": rates.0.len() as f64 * PERIOD_S,
        "publish_rate_per_s": mean(&rates.0),
        "consume_rate_per_s": mean(&rates.1),
        "publish_bytes_per_s": mean(&rates.0) * size,
        "consume_bytes_per_s": mean(&rates.1) * size,
        "latencies": of_families(|name, ending| result.number(&format!("aggregated{}{ending}", capital(name)))),
    });
    measurement["percentile_curves"] = curves(&result);
    let period = |row: usize| {
        let start_s = row as f64 * PERIOD_S;
        json!({
            "start_s": start_s,
            "end_s": start_s + PERIOD_S,
            "publish_rate_per_s": rates.0.get(row),
            "consume_rate_per_s": rates.1.get(row),
            "publish_error_rate_per_s": result.numbers("publishErrorRate").get(row),
            "backlog_messages": result.numbers("backlog").get(row),
            "latencies": of_families(|name, ending| result.numbers(&format!("{name}{ending}")).get(row).copied()),
        })
    };
    Ok(json!({
        "origin": "omb",
        "started_at": result.occasion()[1],
        "plan": {
            "workload_name": result.workload,
            "driver_name": result.driver,
            "topics": { "count": topics, "partitions_per_topic": partitions },
            "message": { "size_bytes": size },
            "producers_per_topic": producers,
            "consumers_per_subscription": consumers,
        },
        "measurement": measurement,
        "periods": (0..rates.0.len()).map(period).collect::<Vec<_>>(),
    }))
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

/// Family → figure → ns, as far as they are there.
fn of_families(look_up: impl Fn(&str, &str) -> Option<f64>) -> Value {
    let of_family = |(name, family, unit_ns): (&str, &str, f64)| {
        let figure = |(ending, field): (&str, &str)| {
            let value = look_up(name, ending).filter(|value| value.is_finite())?;
            Some((field.to_owned(), json!((value * unit_ns).round())))
        };
        let figures: Map<String, Value> = FIGURES.into_iter().filter_map(figure).collect();
        (!figures.is_empty()).then(|| (family.to_owned(), Value::Object(figures)))
    };
    Value::Object(LATENCIES.into_iter().filter_map(of_family).collect())
}

/// OMB's maps from a percentile to a value.
fn curves(result: &CsvRun) -> Value {
    let of_family = |(name, family, unit_ns): (&str, &str, f64)| {
        let quantiles = result.object(&format!("aggregated{}Quantiles", capital(name)))?;
        let mut points: Vec<(f64, f64)> = quantiles
            .iter()
            .filter_map(|(percentile, value)| Some((percentile.parse().ok()?, value.as_f64()? * unit_ns)))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let every = points.len().div_ceil(POINTS_OF_A_CURVE).max(1);
        let last = points.len().saturating_sub(1);
        let kept = points.into_iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
        let (percentile, value_ns): (Vec<f64>, Vec<f64>) = kept.map(|(_, point)| point).unzip();
        (!percentile.is_empty()).then(|| (family.to_owned(), json!({ "percentile": percentile, "value_ns": value_ns })))
    };
    Value::Object(LATENCIES.into_iter().filter_map(of_family).collect())
}
