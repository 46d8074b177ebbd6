//! Poisson and burst along a curve.

use super::*;

/// Intended times of all producers along a curve.
fn along(curve: &RateCurve, arrivals: Arrivals, producers: u32, length_s: u64) -> Vec<u64> {
    let mut all: Vec<u64> = (0..producers)
        .flat_map(|index| {
            let part = (index, producers);
            let mut pacer = Pacer::along(curve, part, (START_NS, 0), LatePolicy::CatchUp, arrivals);
            intended(&mut pacer, length_s * S, 1_000_000)
        })
        .collect();
    all.sort_unstable();
    all
}

fn curve(points: &[(f64, f64)], slopes: bool, cycle_s: Option<f64>) -> RateCurve {
    let points = points.iter().map(|(at_s, per_s)| RatePoint { at_s: *at_s, per_s: *per_s }).collect();
    RateCurve { points, slopes, cycle_s, clock_offset_s: None }
}

#[test]
fn on_a_curve_each_part_has_its_rate_and_silence_stays_silent() {
    let steps = curve(&[(0.0, 2_000.0), (4.0, 0.0), (6.0, 8_000.0)], false, None);
    for producers in [1, 4] {
        for (arrivals, allowed) in [(POISSON, [360.0, 720.0]), (BURST, [100.0, 100.0])] {
            let all = along(&steps, arrivals, producers, 10);
            let within =
                |from_s: u64, to_s: u64| all.iter().filter(|time| (from_s * S..to_s * S).contains(time)).count();
            assert!((within(0, 4) as f64 - 8_000.0).abs() <= allowed[0], "{arrivals:?}: {}", within(0, 4));
            assert_eq!(within(4, 6), 0, "{arrivals:?}");
            assert!((within(6, 10) as f64 - 32_000.0).abs() <= allowed[1], "{arrivals:?}: {}", within(6, 10));
        }
    }
}

#[test]
fn a_slope_makes_a_poisson_process_whose_rate_rises() {
    let all = along(&curve(&[(0.0, 0.0), (20.0, 10_000.0)], true, None), POISSON, 2, 20);
    assert!((all.len() as f64 - 100_000.0).abs() < 4.0 * 100_000.0f64.sqrt(), "{}", all.len());
    // In the time in which one message is expected, gaps are exponential; stairs of 1 s are near enough to the slope.
    let expected = |time_ns: u64| 250.0 * (time_ns as f64 / 1e9).powi(2);
    let off = from_exponential(all.windows(2).map(|pair| expected(pair[1]) - expected(pair[0])).collect());
    assert!(off < 3.0, "{off}");
}
