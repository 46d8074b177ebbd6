//! The steps of a rate search as columns.

use super::super::reading::ResultDocument;
use serde_json::{Value, json};

/// Null where there was none.
pub(super) fn of_run(run: &ResultDocument) -> Value {
    let steps = run.list("/rate_search/steps");
    if steps.is_empty() {
        return Value::Null;
    }
    let column = |name: &str| steps.iter().map(|step| step[name].clone()).collect::<Vec<_>>();
    json!({
        "end_s": column("end_s"),
        "names": ["rate_per_s", "acknowledged_per_s"],
        "columns": [column("rate_per_s"), column("acknowledged_per_s")],
        "found_rate_per_s": run.at("/rate_search/found_rate_per_s"),
    })
}
