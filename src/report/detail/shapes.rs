//! Distributions as charts draw them: counts on a log scale, and the percentile curve.

use crate::plan::MeasuredBy;
use crate::stats::octaves::OctaveBuckets;
use crate::stats::schema::schema_by_latency;
use crate::stats::{Distribution, Latency};
use crate::worker::LatencySet;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;

/// Buckets per octave of a period: a row of the heat map is 19 % high.
const OF_A_PERIOD: u8 = 4;
/// Buckets per octave of the measurement: a bar of the distribution is 9 % wide.
const OF_THE_MEASUREMENT: u8 = 8;
/// Steps from one nine of a percentile curve to the next.
const STEPS: u32 = 18;

/// One value per latency family that was measured, as a map from the family's name.
#[derive(Debug, Clone)]
pub struct ByFamily<T>([Option<T>; Latency::TOLD]);

impl<T> ByFamily<T> {
    fn of(latencies: &LatencySet, by: MeasuredBy, make: impl Fn(&Distribution) -> T) -> Self {
        let worth = |family: &Latency| by.knows_latency(*family) && latencies[*family].count() > 0;
        Self(Latency::ALL.map(|family| Some(family).filter(worth).map(|family| make(&latencies[family]))))
    }
}

impl<T: JsonSchema> JsonSchema for ByFamily<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}ByFamily", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_by_latency::<T>(generator)
    }
}

impl<T: Serialize> Serialize for ByFamily<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let measured = Latency::ALL.into_iter().zip(&self.0);
        serializer.collect_map(measured.filter_map(|(family, value)| Some((family, value.as_ref()?))))
    }
}

/// The distributions of a period.
pub type PeriodShapes = ByFamily<OctaveBuckets>;

impl PeriodShapes {
    /// Both spans as one.
    pub(super) fn join(&mut self, later: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(later.0) {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => mine.add(&theirs),
                (mine, theirs) => *mine = theirs.or(mine.take()),
            }
        }
    }
}

/// Those of one period: at most some 120 buckets a family, usually 30.
pub fn of_period(latencies: &LatencySet, by: MeasuredBy) -> PeriodShapes {
    ByFamily::of(latencies, by, |family| OctaveBuckets::of_ns(&family.histogram_ns(), OF_A_PERIOD))
}

/// Distributions and percentile curves of the measurement.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
pub struct MeasurementShapes {
    /// How many values lie where on a log scale: in a period bucket b holds 2^(b/4) to 2^((b+1)/4) ns, in the
    /// measurement 2^(b/8) to 2^((b+1)/8) ns.
    distributions: ByFamily<OctaveBuckets>,
    /// Latency at percentiles from 0 to 100, evenly spaced between one nine and the next, as far as the count tells
    /// them apart.
    percentile_curves: ByFamily<PercentileCurve>,
}

impl MeasurementShapes {
    /// Takes them from the latencies of the whole measurement.
    pub fn of(latencies: &LatencySet, by: MeasuredBy) -> Self {
        Self {
            distributions: ByFamily::of(latencies, by, |family| {
                OctaveBuckets::of_ns(&family.histogram_ns(), OF_THE_MEASUREMENT)
            }),
            percentile_curves: ByFamily::of(latencies, by, PercentileCurve::of),
        }
    }
}

/// Latency at percentiles that lie evenly between one nine and the next, up to the last that the count can tell.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
struct PercentileCurve {
    /// Which percentile.
    #[schemars(extend("unit" = "%"))]
    percentile: Vec<f64>,
    /// The highest value of the bucket at each percentile, as for p50_ns.
    value_ns: Vec<u64>,
}

impl PercentileCurve {
    fn of(distribution: &Distribution) -> Self {
        let percentile: Vec<f64> = ladder(distribution.count());
        let value_ns = percentile.iter().map(|percentile| distribution.percentile_ns(*percentile)).collect();
        Self { percentile, value_ns }
    }
}

/// 0, 5, 10 … 90, 90.5 … 99, 99.05 …: as far as one value of `count` makes a difference, and 100.
fn ladder(count: u64) -> Vec<f64> {
    let mut percentiles = Vec::new();
    let mut above = 100.0;
    while above * count as f64 >= 100.0 {
        percentiles.extend((0..STEPS).map(|step| 100.0 - above * (1.0 - f64::from(step) / f64::from(STEPS) * 0.9)));
        above /= 10.0;
    }
    percentiles.push(100.0);
    percentiles.iter().map(|percentile| (percentile * 1e9).round() / 1e9).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_eighteen_steps_to_each_nine_and_ends_where_the_count_ends() {
        let steps = ladder(1_000);
        assert_eq!((steps.len(), steps[0], steps[1], steps[18], steps[19]), (73, 0.0, 5.0, 90.0, 90.5));
        assert_eq!(steps[54..].first().zip(steps.last()), Some((&99.9, &100.0)));
        assert!(steps.is_sorted(), "{steps:?}");
        assert_eq!(ladder(0), [100.0]);
    }
}
