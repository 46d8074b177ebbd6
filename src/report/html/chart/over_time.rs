//! The periods of a run as columns, and the stretches of its time line that have a name.

use super::super::reading::ResultDocument;
use super::super::thin::thinned;
use super::super::words::FAMILIES;
use serde_json::{Value, json};

/// Figures of each latency family that are drawn over time.
const FIGURES: [&str; 4] = ["p50_ns", "p99_ns", "p99_9_ns", "max_ns"];
/// Other figures of a period that are.
const RATES: [&str; 7] = [
    "send_rate_per_s",
    "publish_rate_per_s",
    "consume_rate_per_s",
    "publish_error_rate_per_s",
    "publish_bytes_per_s",
    "consume_bytes_per_s",
    "backlog_messages",
];

/// Begin and end of the measurement, s since the load's epoch.
pub(super) fn measured_s(run: &ResultDocument) -> Option<[f64; 2]> {
    let periods = run.list("/periods");
    let begin = run.number("/measurement/measurement_start_s").or_else(|| periods.first()?.get("start_s")?.as_f64())?;
    let end = periods.last().and_then(|period| period.get("end_s")?.as_f64()).unwrap_or(begin);
    Some([begin, end])
}

/// Stretches to be marked: the warm-up, what comes behind the measurement, the parts of a measurement that has some.
pub(super) fn bands(run: &ResultDocument) -> Value {
    let mut bands = Vec::new();
    if let Some([begin, end]) = measured_s(run) {
        if begin > 0.0 {
            bands.push(json!({ "name": "warm-up", "from": 0.0, "to": begin, "outside": true }));
        }
        let last = run.clients.iter().filter_map(|client| client.timeline.at_s.last().copied()).fold(end, f64::max);
        if last > end + 0.5 {
            bands.push(json!({ "name": "flush and catch-up", "from": end, "to": last, "outside": true }));
        }
    }
    for event in run.list("/system/events") {
        if let Some(from) = event["begin_s"].as_f64() {
            let name = event["event"].as_str().unwrap_or("event").replace('_', " ");
            let to = from + event["length_s"].as_f64().unwrap_or(0.0);
            bands.push(json!({ "name": name, "from": from, "to": to, "event": true }));
        }
    }
    for phase in run.list("/phases") {
        let name = phase["name"].as_str().unwrap_or("phase").replace('_', " ");
        bands.push(json!({ "name": name, "from": phase["start_s"], "to": phase["end_s"], "outside": false }));
    }
    Value::Array(bands)
}

/// CPUs that the supervisor used in a period.
fn supervisor_cpu(period: &Value) -> Option<f64> {
    let figure = |name: &str| period[name].as_f64();
    let span_s = figure("end_s")? - figure("start_s")?;
    (span_s > 0.0).then_some(figure("supervisor_cpu_ns")? / 1e9 / span_s)
}

/// The periods, by name of the column (`acknowledge_actual.p99_ns`).
pub(super) fn periods(run: &ResultDocument, at_most: usize) -> Value {
    let periods = run.list("/periods");
    let column = |path: &str| -> Vec<Option<f64>> {
        periods.iter().map(|period| period.pointer(path).and_then(Value::as_f64)).collect()
    };
    let mut names: Vec<String> = RATES.iter().map(|name| (*name).to_owned()).collect();
    let mut columns: Vec<Vec<Option<f64>>> = RATES.iter().map(|name| column(&format!("/{name}"))).collect();
    names.push("supervisor_cpu".to_owned());
    columns.push(periods.iter().map(supervisor_cpu).collect());
    for (family, _) in FAMILIES {
        for figure in FIGURES {
            names.push(format!("{family}.{figure}"));
            columns.push(column(&format!("/latencies/{family}/{figure}")));
        }
    }
    let known = |column: &[Option<f64>]| column.iter().any(Option::is_some);
    let (names, columns): (Vec<_>, Vec<_>) = names.into_iter().zip(columns).filter(|(_, column)| known(column)).unzip();
    let ends: Vec<f64> = column("/end_s").into_iter().map(Option::unwrap_or_default).collect();
    let start = column("/start_s").first().copied().flatten();
    let valid = |period: &&Value| period.pointer("/verdict/verdict").is_none_or(|verdict| verdict == "valid");
    let not_valid: Vec<[&Value; 2]> =
        periods.iter().filter(|period| !valid(period)).map(|period| [&period["start_s"], &period["end_s"]]).collect();
    let few = thinned(ends, columns, at_most);
    json!({
        "start_s": start,
        "end_s": few.at_s,
        "names": names,
        "columns": few.columns,
        "rows_of_two": few.rows_of_two,
        "not_valid": not_valid,
    })
}
