//! The figures that OMB takes from a histogram of µs, by the rules of Java's HdrHistogram 2.1.12 to the last digit.
//!
//! The hdrhistogram crate rounds differently in three places (mean, percentile, percentile iteration), which is why the
//! arithmetic is here; only the buckets are the crate's.

use hdrhistogram::Histogram;

/// Average, percentiles and maximum of one histogram, in µs. All 0 when it is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OmbFigures {
    /// Mean of the bucket midpoints, weighted by count.
    pub average_us: f64,
    /// 50 %, as all percentiles the highest value of its bucket.
    pub p50_us: u64,
    /// 75 %.
    pub p75_us: u64,
    /// 95 %.
    pub p95_us: u64,
    /// 99 %.
    pub p99_us: u64,
    /// 99.9 %.
    pub p999_us: u64,
    /// 99.99 %.
    pub p9999_us: u64,
    /// The highest value of the last bucket in use.
    pub max_us: u64,
}

impl OmbFigures {
    /// Takes them from a histogram of µs.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let [p50_us, p75_us, p95_us, p99_us, p999_us, p9999_us] =
            percentiles(histogram, [50.0, 75.0, 95.0, 99.0, 99.9, 99.99]);
        Self { average_us: mean(histogram), p50_us, p75_us, p95_us, p99_us, p999_us, p9999_us, max_us: histogram.max() }
    }
}

/// Java's `getMean`: one sum, one division.
fn mean(histogram: &Histogram<u64>) -> f64 {
    if histogram.is_empty() {
        return 0.0;
    }
    let total: f64 = histogram
        .iter_recorded()
        .map(|step| (histogram.median_equivalent(step.value_iterated_to()) * step.count_at_value()) as f64)
        .sum();
    total / histogram.len() as f64
}

/// Java's `getValueAtPercentile` for ascending percentiles above 0: the highest value of the first bucket by which
/// ⌈percentile × total ÷ 100⌉ values are reached, the percentile first lowered by one ulp.
fn percentiles<const N: usize>(histogram: &Histogram<u64>, wanted: [f64; N]) -> [u64; N] {
    let mut found = [0; N];
    let mut next = 0;
    let mut reached = 0;
    for step in histogram.iter_recorded() {
        reached += step.count_at_value();
        while next < N && reached as f64 >= rank(wanted[next], histogram.len()) {
            found[next] = step.value_iterated_to();
            next += 1;
        }
    }
    found
}

fn rank(percentile: f64, total: u64) -> f64 {
    (percentile.next_down() * total as f64 / 100.0).ceil().max(1.0)
}

/// Ticks in each half of the distance to 100 %, as OMB asks for.
const TICKS_PER_HALF_DISTANCE: f64 = 100.0;

/// Pairs (percentile reached, highest value of the bucket in µs) in ascending order: `percentiles(100)` of Java's
/// histogram, iterations that reach the same percentile fallen together, the last one 100.0. Empty for an empty
/// histogram.
pub fn quantiles(histogram: &Histogram<u64>) -> Vec<(f64, u64)> {
    let total = histogram.len();
    let mut pairs = Vec::new();
    let mut level = 0.0;
    let mut reached = 0;
    for step in histogram.iter_recorded() {
        reached += step.count_at_value();
        let percentile = 100.0 * reached as f64 / total as f64;
        if percentile < level {
            continue;
        }
        pairs.push((percentile, step.value_iterated_to()));
        // Java would report this bucket once for each level up to what it reaches. In a map the repetitions are one
        // entry.
        while reached < total && level <= percentile {
            level += 100.0 / ticks_at(level);
        }
    }
    pairs
}

/// Ticks per 100 % at this level: they double with every halving of the distance to 100 %.
fn ticks_at(level: f64) -> f64 {
    let halvings = ((100.0 / (100.0 - level)).ln() / std::f64::consts::LN_2).trunc();
    TICKS_PER_HALF_DISTANCE * 2f64.powf(halvings + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;
    use serde_json::Value;

    fn golden(bytes: &[u8]) -> Histogram<u64> {
        Deserializer::new().deserialize(&mut &*bytes).unwrap()
    }

    fn pairs(map: &Value) -> Vec<(f64, f64)> {
        map.as_object().unwrap().iter().map(|(key, value)| (key.parse().unwrap(), value.as_f64().unwrap())).collect()
    }

    #[test]
    fn recorded_histograms_of_omb_give_the_recorded_results() {
        let result: Value =
            serde_json::from_str(include_str!("../../tests/fixtures/golden/omb-result-distributed.json")).unwrap();
        for (family, bytes, divisor) in [
            ("PublishLatency", &include_bytes!("../../tests/fixtures/golden/omb-cumulative-publish.hdr")[..], 1000.0),
            (
                "PublishDelayLatency",
                include_bytes!("../../tests/fixtures/golden/omb-cumulative-publish-delay.hdr"),
                1.0,
            ),
            ("EndToEndLatency", include_bytes!("../../tests/fixtures/golden/omb-cumulative-end-to-end.hdr"), 1000.0),
        ] {
            let histogram = golden(bytes);
            let figures = OmbFigures::of(&histogram);
            for (suffix, value) in [
                ("Avg", figures.average_us),
                ("50pct", figures.p50_us as f64),
                ("75pct", figures.p75_us as f64),
                ("95pct", figures.p95_us as f64),
                ("99pct", figures.p99_us as f64),
                ("999pct", figures.p999_us as f64),
                ("9999pct", figures.p9999_us as f64),
                ("Max", figures.max_us as f64),
            ] {
                let name = format!("aggregated{family}{suffix}");
                assert_eq!(Some(value / divisor), result[&name].as_f64(), "{name}");
            }
            let ours: Vec<_> = quantiles(&histogram).into_iter().map(|(key, us)| (key, us as f64 / divisor)).collect();
            assert_eq!(ours, pairs(&result[format!("aggregated{family}Quantiles")]), "{family}");
        }
    }

    #[test]
    fn nothing_recorded_gives_zeros_and_no_quantiles() {
        let empty = Histogram::new_with_bounds(1, 60_000_000, 5).unwrap();
        assert_eq!(OmbFigures::of(&empty), OmbFigures::default());
        assert!(quantiles(&empty).is_empty());
    }

    #[test]
    fn one_value_is_every_percentile_and_the_only_quantile() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 5).unwrap();
        histogram.record(1500).unwrap();
        let figures = OmbFigures::of(&histogram);
        assert_eq!((figures.p50_us, figures.p9999_us, figures.max_us), (1500, 1500, 1500));
        assert_eq!(quantiles(&histogram), [(100.0, 1500)]);
    }

    #[test]
    fn a_percentile_that_falls_on_a_whole_rank_is_not_pushed_up_by_rounding() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 5).unwrap();
        (1..=1000).for_each(|us| histogram.record(us).unwrap());
        let figures = OmbFigures::of(&histogram);
        assert_eq!((figures.p50_us, figures.p99_us, figures.p999_us), (500, 990, 999));
    }
}
