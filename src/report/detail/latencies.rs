//! Both latency families with ns resolution.

use crate::plan::MeasuredBy;
use crate::stats::schema::schema_by_latency;
use crate::stats::{Distribution, Latency};
use crate::worker::LatencySet;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;

/// The figures of one distribution. All 0 when it is empty.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct LatencyFigures {
    /// Values recorded.
    #[schemars(extend("unit" = "values"))]
    count: u64,
    /// Smallest value.
    min_ns: u64,
    /// Mean.
    mean_ns: f64,
    /// 50 % of the values are at most this (and so for the others).
    p50_ns: u64,
    /// 75 %.
    p75_ns: u64,
    /// 90 %.
    p90_ns: u64,
    /// 95 %.
    p95_ns: u64,
    /// 99 %.
    p99_ns: u64,
    /// 99.9 %.
    p99_9_ns: u64,
    /// 99.99 %.
    p99_99_ns: u64,
    /// Largest value.
    max_ns: u64,
    /// True: minimum, maximum and mean are exact; false: bounded by the histogram's buckets.
    exact_extremes: bool,
    /// True: a part of the values was kept with 2 digits (1 %) instead of 3 (0.1 %).
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

impl LatencyFigures {
    /// Both spans as one: counts, mean and extremes as they are of both together; a percentile is the higher of both,
    /// which that of all values together is not above.
    fn joined(&self, later: &Self) -> Self {
        let (mine, theirs) = match (self.count, later.count) {
            (_, 0) => return *self,
            (0, _) => return *later,
            counts => counts,
        };
        let all = mine.saturating_add(theirs);
        let Self {
            count: _,
            min_ns,
            mean_ns,
            p50_ns,
            p75_ns,
            p90_ns,
            p95_ns,
            p99_ns,
            p99_9_ns,
            p99_99_ns,
            max_ns,
            exact_extremes,
            coarse,
        } = *later;
        Self {
            count: all,
            min_ns: self.min_ns.min(min_ns),
            mean_ns: self.mean_ns + (mean_ns - self.mean_ns) * (theirs as f64 / all as f64),
            p50_ns: self.p50_ns.max(p50_ns),
            p75_ns: self.p75_ns.max(p75_ns),
            p90_ns: self.p90_ns.max(p90_ns),
            p95_ns: self.p95_ns.max(p95_ns),
            p99_ns: self.p99_ns.max(p99_ns),
            p99_9_ns: self.p99_9_ns.max(p99_9_ns),
            p99_99_ns: self.p99_99_ns.max(p99_99_ns),
            max_ns: self.max_ns.max(max_ns),
            exact_extremes: self.exact_extremes && exact_extremes,
            coarse: self.coarse || coarse,
        }
    }
}

/// The figures of every family that was measured, as a map from its name.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyFamilies([Option<LatencyFigures>; Latency::TOLD]);

impl LatencyFamilies {
    /// Takes them from a set.
    pub fn of(latencies: &LatencySet, by: MeasuredBy) -> Self {
        Self(Latency::ALL.map(|family| by.knows_latency(family).then(|| LatencyFigures::of(&latencies[family]))))
    }

    /// p50, p99 and p99.9 of a family that has values, ns.
    pub(super) fn told(&self, family: Latency) -> Option<[f64; 3]> {
        let (_, figures) = Latency::ALL.into_iter().zip(&self.0).find(|(known, _)| *known == family)?;
        let figures = figures.as_ref().filter(|figures| figures.count > 0)?;
        Some([figures.p50_ns, figures.p99_ns, figures.p99_9_ns].map(|ns| ns as f64))
    }

    /// Was anything measured?
    pub(super) fn has_values(&self) -> bool {
        self.0.iter().flatten().any(|figures| figures.count > 0)
    }

    /// Both spans as one.
    pub(super) fn join(&mut self, later: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&later.0) {
            *mine = mine.zip(*theirs).map(|(mine, theirs)| mine.joined(&theirs)).or(*mine).or(*theirs);
        }
    }
}

impl JsonSchema for LatencyFamilies {
    fn schema_name() -> Cow<'static, str> {
        "LatencyFamilies".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_by_latency::<LatencyFigures>(generator)
    }
}

impl Serialize for LatencyFamilies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let measured = Latency::ALL.into_iter().zip(&self.0);
        serializer.collect_map(measured.filter_map(|(family, figures)| Some((family, figures.as_ref()?))))
    }
}
