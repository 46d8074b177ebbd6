//! The figures of one result, in the shape of the detail file (results of OMB are brought into it when they are read).

use serde_json::Value;

/// One result.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedRun {
    /// The file.
    pub name: String,
    /// `valid`, `invalid` …; empty: it says none.
    pub verdict: String,
    /// When it began, as text.
    pub started_at: String,
    /// Value of each figure of `FIGURES` over the whole measurement.
    pub whole: Vec<Option<f64>>,
    /// The same period by period.
    pub periods: Vec<Vec<f64>>,
    /// Counts that ought to be 0: name, messages.
    pub counts: Vec<(&'static str, u64)>,
}

/// What a larger value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As a rate.
    LargerIsBetter,
    /// As a latency.
    SmallerIsBetter,
}

/// A figure that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparedFigure {
    /// Its name as goals have it: `end_to_end_actual p99`.
    pub name: &'static str,
    /// Where it is, in the measurement and in periods.
    pub(super) path: &'static str,
    /// What a larger value is.
    pub direction: Direction,
    /// Is it a time?
    pub is_time: bool,
}

const fn rate(name: &'static str, path: &'static str) -> ComparedFigure {
    ComparedFigure { name, path, direction: Direction::LargerIsBetter, is_time: false }
}

const fn time(name: &'static str, path: &'static str) -> ComparedFigure {
    ComparedFigure { name, path, direction: Direction::SmallerIsBetter, is_time: true }
}

/// What is compared.
pub const FIGURES: [ComparedFigure; 9] = [
    rate("publish_rate_per_s", "/publish_rate_per_s"),
    rate("consume_rate_per_s", "/consume_rate_per_s"),
    time("acknowledge_actual p50", "/latencies/acknowledge_actual/p50_ns"),
    time("acknowledge_actual p99", "/latencies/acknowledge_actual/p99_ns"),
    time("acknowledge_actual p99.9", "/latencies/acknowledge_actual/p99_9_ns"),
    time("end_to_end_actual p50", "/latencies/end_to_end_actual/p50_ns"),
    time("end_to_end_actual p99", "/latencies/end_to_end_actual/p99_ns"),
    time("end_to_end_actual p99.9", "/latencies/end_to_end_actual/p99_9_ns"),
    time("cpu_ns_per_message", "/cpu_ns_per_message"),
];

impl ComparedRun {
    /// Reads it from a document.
    pub fn of(name: String, detail: &Value) -> Self {
        let number = |path: &str| detail.pointer(path).and_then(Value::as_f64);
        let text = |path: &str| detail.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let no_periods = Vec::new();
        let periods = detail.get("periods").and_then(Value::as_array).unwrap_or(&no_periods);
        let of_periods = |figure: &ComparedFigure| {
            let values = periods.iter().filter_map(|period| period.pointer(figure.path)?.as_f64());
            values.collect::<Vec<f64>>()
        };
        let count = |(name, path): (&'static str, &str)| Some((name, detail.pointer(path)?.as_u64()?));
        let counts = [
            ("lost", "/accounting/total/lost"),
            ("duplicated", "/accounting/total/duplicated"),
            ("reordered", "/accounting/total/reordered"),
            ("failed", "/accounting/total/failed"),
            ("unknown", "/accounting/total/unknown"),
        ];
        Self {
            name,
            verdict: text("/verdict/verdict"),
            started_at: text("/started_at"),
            whole: FIGURES.iter().map(|figure| number(&format!("/measurement{}", figure.path))).collect(),
            periods: FIGURES.iter().map(of_periods).collect(),
            counts: counts.into_iter().filter_map(count).collect(),
        }
    }

    /// Its figures are wrong, incomplete, or of nothing.
    pub fn is_invalid(&self) -> bool {
        self.verdict == "invalid"
    }
}
