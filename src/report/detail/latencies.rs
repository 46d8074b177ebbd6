//! Both latency families with ns resolution.

use crate::plan::MeasuredBy;
use crate::stats::{Distribution, Latency};
use crate::worker::LatencySet;
use serde::ser::{Serialize, Serializer};

/// The figures of one distribution. All 0 when it is empty.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LatencyFigures {
    count: u64,
    min_ns: u64,
    mean_ns: f64,
    p50_ns: u64,
    p75_ns: u64,
    p90_ns: u64,
    p95_ns: u64,
    p99_ns: u64,
    p99_9_ns: u64,
    p99_99_ns: u64,
    max_ns: u64,
    exact_extremes: bool,
    coarse: bool,
}

impl LatencyFigures {
    /// Takes them from a distribution.
    pub fn of(distribution: &Distribution) -> Self {
        let percentile = |percentile| distribution.percentile_ns(percentile);
        Self {
            count: distribution.count(),
            min_ns: distribution.min_ns(),
            mean_ns: distribution.mean_ns(),
            p50_ns: percentile(50.0),
            p75_ns: percentile(75.0),
            p90_ns: percentile(90.0),
            p95_ns: percentile(95.0),
            p99_ns: percentile(99.0),
            p99_9_ns: percentile(99.9),
            p99_99_ns: percentile(99.99),
            max_ns: distribution.max_ns(),
            exact_extremes: distribution.extremes.is_some(),
            coarse: distribution.coarse,
        }
    }
}

/// The figures of every family that was measured, as a map from its name.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyFamilies([Option<LatencyFigures>; Latency::COUNT]);

impl LatencyFamilies {
    /// Takes them from a set.
    pub fn of(latencies: &LatencySet, by: MeasuredBy) -> Self {
        Self(Latency::ALL.map(|family| by.knows_latency(family).then(|| LatencyFigures::of(&latencies[family]))))
    }
}

impl Serialize for LatencyFamilies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let measured = Latency::ALL.into_iter().zip(&self.0);
        serializer.collect_map(measured.filter_map(|(family, figures)| Some((family, figures.as_ref()?))))
    }
}
