//! Figures of all values, not of buckets.

/// Percentiles that are told, and the names of their fields.
const PERCENTILES: [(f64, &str); 7] = [
    (50.0, "p50_ns"),
    (75.0, "p75_ns"),
    (90.0, "p90_ns"),
    (95.0, "p95_ns"),
    (99.0, "p99_ns"),
    (99.9, "p99_9_ns"),
    (99.99, "p99_99_ns"),
];

/// Values of one family.
#[derive(Debug, Clone, Default)]
pub struct ExactValues {
    values_ns: Vec<u64>,
    sum_ns: u128,
    sorted: bool,
}

impl ExactValues {
    /// One more.
    pub fn push(&mut self, value_ns: u64) {
        self.values_ns.push(value_ns);
        self.sum_ns += u128::from(value_ns);
        self.sorted = false;
    }

    /// Those of another.
    pub fn add(&mut self, other: &Self) {
        let Self { values_ns, sum_ns, sorted: _ } = other;
        self.values_ns.extend_from_slice(values_ns);
        self.sum_ns += sum_ns;
        self.sorted = false;
    }

    /// Values kept.
    pub fn count(&self) -> u64 {
        self.values_ns.len() as u64
    }

    /// Smallest; 0 when there is none.
    pub fn min_ns(&mut self) -> u64 {
        self.sort();
        self.values_ns.first().copied().unwrap_or(0)
    }

    /// Largest; 0 when there is none.
    pub fn max_ns(&mut self) -> u64 {
        self.sort();
        self.values_ns.last().copied().unwrap_or(0)
    }

    /// Mean; 0 when there is none.
    #[expect(clippy::cast_precision_loss, reason = "a mean is given to 15 digits at best")]
    pub fn mean_ns(&self) -> f64 {
        if self.values_ns.is_empty() { 0.0 } else { self.sum_ns as f64 / self.values_ns.len() as f64 }
    }

    /// The value of the rank that HdrHistogram in Java takes for a percentile (0–100); 0 when there is none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks beyond 2^53 round as in Java; the rank is between 1 and the count"
    )]
    pub fn percentile_ns(&mut self, percentile: f64) -> u64 {
        self.sort();
        let asked = percentile.next_down().clamp(0.0, 100.0);
        let rank = ((asked * self.values_ns.len() as f64 / 100.0).ceil() as usize).max(1);
        self.values_ns.get(rank - 1).copied().unwrap_or(0)
    }

    /// All figures by name.
    pub fn figures(&mut self) -> serde_json::Map<String, serde_json::Value> {
        let mut figures = serde_json::Map::new();
        figures.insert("count".to_owned(), self.count().into());
        figures.insert("min_ns".to_owned(), self.min_ns().into());
        figures.insert("mean_ns".to_owned(), self.mean_ns().into());
        for (percentile, name) in PERCENTILES {
            figures.insert(name.to_owned(), self.percentile_ns(percentile).into());
        }
        figures.insert("max_ns".to_owned(), self.max_ns().into());
        figures
    }

    fn sort(&mut self) {
        if !self.sorted {
            self.values_ns.sort_unstable();
            self.sorted = true;
        }
    }
}
