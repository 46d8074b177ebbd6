//! The heat map: how many values of each period lie where on a log scale.

use super::super::reading::ResultDocument;
use super::super::words::FAMILIES;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Columns that are drawn at most; of a longer run neighbours are added up, which loses no value.
const COLUMNS: usize = 400;

/// Family → columns of `[from_s, to_s, [[bucket, count], …]]`.
pub(super) fn of_run(run: &ResultDocument) -> Value {
    let periods = run.list("/periods");
    let of_family = |family: &str| -> Vec<Value> {
        periods.chunks(periods.len().div_ceil(COLUMNS).max(1)).filter_map(|stretch| column(stretch, family)).collect()
    };
    let maps = FAMILIES.iter().map(|(family, _)| ((*family).to_owned(), Value::Array(of_family(family))));
    Value::Object(
        maps.filter(|(_, columns)| columns.as_array().is_some_and(|all| !all.is_empty())).collect::<Map<_, _>>(),
    )
}

fn column(stretch: &[Value], family: &str) -> Option<Value> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for buckets in stretch.iter().filter_map(|period| period.pointer(&format!("/distributions/{family}"))) {
        let list = |name: &str| buckets[name].as_array().into_iter().flatten().filter_map(Value::as_u64);
        list("bucket").zip(list("count")).for_each(|(bucket, count)| *counts.entry(bucket).or_default() += count);
    }
    let (from, to) = (stretch.first()?.get("start_s")?, stretch.last()?.get("end_s")?);
    (!counts.is_empty()).then(|| json!([from, to, counts.into_iter().collect::<Vec<_>>()]))
}
