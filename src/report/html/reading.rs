//! What a result file holds, as the page wants it.
//!
//! Timelines are read into columns of numbers, since they are most of the file; all else is looked up by name where a
//! section wants it, so that a field that is not there costs one section and not the page.

use super::omb_reading;
use crate::report::csv::read::NotAResult;
use crate::report::detail::earlier::in_present_form;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One result.
#[derive(Debug)]
pub struct ResultDocument {
    /// Name of the file it came from, without its folder.
    pub(super) file: String,
    /// The detail document without the clients' timelines.
    pub(crate) detail: Value,
    /// The clients, in the order of the file.
    pub(super) clients: Vec<ClientReading>,
}

/// One client of a result.
#[derive(Debug, Default, Deserialize)]
pub struct ClientReading {
    /// Its seconds.
    #[serde(default)]
    pub(super) timeline: TimelineReading,
    /// All else.
    #[serde(flatten)]
    pub(super) facts: Map<String, Value>,
}

/// The rows of a client as columns of equal length.
#[derive(Debug, Default, Deserialize)]
pub struct TimelineReading {
    /// End of each row, s since the load's epoch.
    #[serde(default)]
    pub(super) at_s: Vec<f64>,
    /// Length of each row, s.
    #[serde(default)]
    pub(super) span_s: Vec<f64>,
    /// Family → figure (`p99_ns`) → column.
    #[serde(default)]
    pub(super) latencies: BTreeMap<String, BTreeMap<String, Vec<Option<f64>>>>,
    /// Counter → differences.
    #[serde(default)]
    pub(super) counters: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct DetailFile {
    #[serde(default)]
    clients: Vec<ClientReading>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl ResultDocument {
    /// Reads a detail file of pinload, or a result of OMB, its forks, or pinload's own main file. Error: why it is
    /// none.
    pub fn parse(file: &str, text: &str) -> Result<Self, NotAResult> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(NotAResult::Json("it is empty".to_owned()));
        }
        let parsed: DetailFile = serde_json::from_str(text).map_err(|error| NotAResult::Json(error.to_string()))?;
        let DetailFile { clients, rest } = parsed;
        if rest.contains_key("schema") && rest.contains_key("measurement") {
            let detail = Value::Object(in_present_form(rest));
            return Ok(Self { file: file.to_owned(), detail, clients });
        }
        let detail = omb_reading::as_detail(text)?;
        Ok(Self { file: file.to_owned(), detail, clients: Vec::new() })
    }

    /// The value at a path such as `/measurement/latencies`; None where there is none or it is null.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        self.detail.pointer(path).filter(|value| !value.is_null())
    }

    /// The number at a path.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.at(path).and_then(Value::as_f64)
    }

    /// The text at a path.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// The list at a path; empty where there is none.
    pub(super) fn list(&self, path: &str) -> &[Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// What was run on what.
    pub(super) fn title(&self) -> String {
        let workload = self.text("/plan/workload_name").unwrap_or("a run");
        match self.text("/plan/driver_name") {
            Some(driver) => format!("{workload} on {driver}"),
            None => workload.to_owned(),
        }
    }
}

impl ClientReading {
    /// `producer 3`, `producer 3 on host:8080`.
    pub(super) fn name(&self) -> String {
        let text = |name: &str| self.facts.get(name).and_then(Value::as_str);
        let index = self.facts.get("index").and_then(Value::as_u64).unwrap_or(0);
        let name = format!("{} {index}", text("role").unwrap_or("client"));
        match text("worker") {
            Some(worker) => format!("{name} on {worker}"),
            None => name,
        }
    }

    /// Does it send?
    pub(super) fn produces(&self) -> bool {
        self.facts.get("role").and_then(Value::as_str) == Some("producer")
    }

    /// The number at a path in its facts.
    pub(super) fn number(&self, path: &[&str]) -> Option<f64> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.facts.get(*first)?, |value, name| value.get(*name))?.as_f64()
    }
}
