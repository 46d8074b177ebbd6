//! What the page's script draws, as JSON: columns, thinned where they are long.

mod clients;
mod heat;
mod over_time;
pub(super) mod partitions;
pub(super) mod scrapes;
mod search;
mod seconds;

use super::reading::ResultDocument;
use super::words::FAMILIES;
use serde_json::{Map, Value, json};

/// Rows of a chart over the whole run that are drawn at most.
const ROWS_OF_A_CHART: usize = 1_600;

/// The data of all charts of the page.
pub(super) fn data(runs: &[ResultDocument]) -> Value {
    let alone = runs.len() == 1;
    json!({ "families": families(), "runs": runs.iter().map(|run| of_run(run, alone)).collect::<Vec<_>>() })
}

fn families() -> Value {
    FAMILIES.iter().map(|(name, label)| json!([name, label])).collect()
}

fn of_run(run: &ResultDocument, alone: bool) -> Value {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    put("name", json!(run.title()));
    put("file", json!(run.file));
    put("measured", json!(over_time::measured_s(run)));
    put("bands", over_time::bands(run));
    put("seconds", seconds::of_run(run, ROWS_OF_A_CHART).map_or(Value::Null, |seconds| json!(seconds)));
    put("periods", over_time::periods(run, ROWS_OF_A_CHART));
    for name in ["distributions", "percentile_curves"] {
        put(name, run.at(&format!("/measurement/{name}")).cloned().unwrap_or(Value::Null));
    }
    put("figures", run.at("/measurement/latencies").cloned().unwrap_or(Value::Null));
    if alone {
        put("heat", heat::of_run(run));
        put("clients", clients::of_run(run));
        put("partitions", partitions::of_run(run));
        put("scrapes", scrapes::of_run(run));
        put("search", search::of_run(run));
    }
    Value::Object(data)
}
