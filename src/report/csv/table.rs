//! Results in rows: OMB's columns, and the wide table.

use super::number::decimal;
use super::rates::RateFigures;
use super::read::CsvRun;

/// Which columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvColumns {
    /// OMB's 13: the shape of the run and its rates.
    Omb,
    /// The 42 of OMB's Redpanda fork, then pinload's own (see `OWN`).
    Wide,
}

const SHAPE: [&str; 5] = ["topics", "partitions", "message-size", "producers-per-topic", "consumers-per-topic"];
const RATES: [&str; 8] = [
    "prod-rate-min",
    "prod-rate-avg",
    "prod-rate-std-dev",
    "prod-rate-max",
    "con-rate-min",
    "con-rate-avg",
    "con-rate-std-dev",
    "con-rate-max",
];
const OCCASION: [&str; 5] = ["workload", "driver", "version", "beginTime", "endTime"];
const FAMILIES: [&str; 3] = ["aggregatedPublishLatency", "aggregatedPublishDelayLatency", "aggregatedEndToEndLatency"];
const FIGURES: [&str; 8] = ["Avg", "50pct", "75pct", "95pct", "99pct", "999pct", "9999pct", "Max"];
/// pinload's own columns: throughput in MB/s (of 1024 × 1024 bytes, from the rates as they are), failed messages per
/// second, the largest backlog in messages, end-to-end latency of the worst period in ms, the verdict and the
/// percentile up to which latencies are the broker's own (both from the detail file beside the result), and the file.
const OWN: [&str; 11] = [
    "prod-mb-avg",
    "prod-mb-max",
    "con-mb-avg",
    "con-mb-max",
    "prod-err-rate-avg",
    "backlog-max",
    "end-to-end-99pct-worst",
    "end-to-end-max-worst",
    "verdict",
    "own-up-to",
    "file",
];

/// The table of all results with the names of their files, sorted by message size, topics, partitions; lines end with a
/// line feed. OMB's header ends with a comma and its rows do not: whoever reads that reads this.
pub fn table(results: &[(String, CsvRun)], columns: CsvColumns) -> String {
    let mut rows: Vec<_> = results.iter().collect();
    let order = |(_, result): &(String, CsvRun)| {
        let [topics, partitions, size, ..] = result.shape();
        [size, topics, partitions]
    };
    rows.sort_by(|a, b| {
        let pairs = order(a).into_iter().zip(order(b));
        pairs.map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let all = std::iter::once(header(columns)).chain(rows.into_iter().map(|(file, result)| row(file, result, columns)));
    for record in all {
        writer.write_record(record).expect("memory takes every record, and records may differ in length");
    }
    String::from_utf8(writer.into_inner().expect("memory needs no flushing")).expect("records are text")
}

fn header(columns: CsvColumns) -> Vec<String> {
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    match columns {
        CsvColumns::Omb => [texts(&SHAPE), texts(&RATES), texts(&[""])].concat(),
        CsvColumns::Wide => {
            [texts(&OCCASION), texts(&SHAPE), texts(&RATES), aggregated().collect(), texts(&OWN)].concat()
        }
    }
}

fn aggregated() -> impl Iterator<Item = String> {
    FAMILIES.into_iter().flat_map(|family| FIGURES.map(|figure| format!("{family}{figure}")))
}

fn row(file: &str, result: &CsvRun, columns: CsvColumns) -> Vec<String> {
    let shape = result.shape().map(|number| decimal(number, 0)).to_vec();
    let rates = [result.publish_rates(), result.consume_rates()].iter().flat_map(|rates| rate_columns(rates)).collect();
    match columns {
        CsvColumns::Omb => [shape, rates].concat(),
        CsvColumns::Wide => {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            let [version, begin, end] = result.occasion();
            let occasion = vec![name(&result.workload), name(&result.driver), version, begin, end];
            let latencies = aggregated().map(|name| optional(result.number(&name))).collect();
            [occasion, shape, rates, latencies, own(file, result)].concat()
        }
    }
}

fn rate_columns(rates: &[f64]) -> [String; 4] {
    let RateFigures { min, average, deviation, max } = RateFigures::of(rates);
    [min.to_string(), decimal(average, 0), decimal(deviation, 2), max.to_string()]
}

fn own(file: &str, result: &CsvRun) -> Vec<String> {
    let [_, _, size_bytes, ..] = result.shape();
    let mb = |rate: Option<f64>| optional(rate.map(|rate| rate * size_bytes / 1024.0 / 1024.0));
    let (sent, received) = (result.publish_rates(), result.consume_rates());
    vec![
        mb(mean(&sent)),
        mb(largest(&sent)),
        mb(mean(&received)),
        mb(largest(&received)),
        optional(mean(&result.numbers("publishErrorRate"))),
        optional(largest(&result.numbers("backlog"))),
        optional(largest(&result.numbers("endToEndLatency99pct"))),
        optional(largest(&result.numbers("endToEndLatencyMax"))),
        result.whose.verdict.clone(),
        result.whose.own_up_to.clone(),
        file.to_owned(),
    ]
}

fn optional(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| decimal(number, 3))
}

fn mean(numbers: &[f64]) -> Option<f64> {
    let count = u32::try_from(numbers.len()).ok().filter(|count| *count > 0)?;
    Some(numbers.iter().sum::<f64>() / f64::from(count))
}

fn largest(numbers: &[f64]) -> Option<f64> {
    numbers.iter().copied().filter(|number| !number.is_nan()).reduce(f64::max)
}
