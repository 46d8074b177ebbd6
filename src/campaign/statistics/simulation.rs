//! What the statistics promise, held against series of known truth. Seeds are fixed.

use super::{CERTAINTY, Difference, SeriesMean, holm, trend};

/// Values of a known mean of 100.
struct Dice(fastrand::Rng);

impl Dice {
    fn of(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }
    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.0.f64(), self.0.f64());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
    fn independent(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| 100.0 + 10.0 * self.normal()).collect()
    }
    /// Each value carries a part of the one before it.
    fn autoregressive(&mut self, count: usize, carry: f64) -> Vec<f64> {
        let mut state = self.normal() / (1.0 - carry * carry).sqrt();
        let mut next = || {
            state = carry * state + self.normal();
            100.0 + 10.0 * state
        };
        (0..count).map(|_| next()).collect()
    }
    /// Three of four values around 90, one around 130.
    fn bimodal(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| if self.0.f64() < 0.75 { 90.0 } else { 130.0 } + 3.0 * self.normal()).collect()
    }
    /// Repeats of a run whose figure is `mean`, 2 % apart from each other.
    fn repeats(&mut self, mean: f64) -> SeriesMean {
        let values: Vec<f64> = (0..REPEATS).map(|_| mean * (1.0 + 0.02 * self.normal())).collect();
        SeriesMean::of_independent(&values).unwrap()
    }
}

const RUNS: u64 = 2_000;
/// Repeats that are recommended.
const REPEATS: usize = 5;
/// Figures asked at once.
const FIGURES: usize = 8;

/// How often the interval of 95 % holds the truth.
fn coverage(series: impl Fn(&mut Dice) -> Vec<f64>) -> f64 {
    let holds = |seed: &u64| {
        let mean = SeriesMean::of_series(&series(&mut Dice::of(*seed))).unwrap();
        (mean.mean - 100.0).abs() <= mean.half_width(CERTAINTY)
    };
    (0..RUNS).filter(holds).count() as f64 / RUNS as f64
}

#[test]
fn intervals_of_series_hold_the_truth_in_93_to_97_of_100_cases() {
    for count in [120, 300, 600] {
        let found = [
            ("independent", coverage(|dice| dice.independent(count))),
            ("bimodal", coverage(|dice| dice.bimodal(count))),
            ("autoregressive 0.3", coverage(|dice| dice.autoregressive(count, 0.3))),
            ("autoregressive 0.6", coverage(|dice| dice.autoregressive(count, 0.6))),
            ("autoregressive 0.8", coverage(|dice| dice.autoregressive(count, 0.8))),
        ];
        for (series, share) in found {
            assert!((0.93..=0.97).contains(&share), "{series}, {count} values: {share}");
        }
    }
}

#[test]
fn a_series_whose_values_hang_together_tells_less_than_its_length() {
    let mean = |values: Vec<f64>| SeriesMean::of_series(&values).unwrap().effective_count;
    let independent = mean(Dice::of(1).independent(600));
    let dependent = mean(Dice::of(1).autoregressive(600, 0.8));
    // (1 − 0.8) ÷ (1 + 0.8) of 600 are 67.
    assert!(independent > 400.0 && (20.0..200.0).contains(&dependent), "{independent} {dependent}");
}

#[test]
fn equal_things_raise_an_alarm_in_5_of_100_comparisons_at_most_and_a_tenth_is_found_in_90() {
    let (mut alarms, mut found) = (0, 0);
    for seed in 0..RUNS {
        let dice = &mut Dice::of(seed);
        let mut chance = |new: f64| Difference::of(&dice.repeats(100.0), &dice.repeats(new)).unwrap().chance;
        let mut chances: Vec<f64> = (0..FIGURES).map(|_| chance(100.0)).collect();
        alarms += u64::from(holm(&chances).iter().any(|chance| *chance < 1.0 - CERTAINTY));
        chances[0] = chance(110.0);
        found += u64::from(holm(&chances)[0] < 1.0 - CERTAINTY);
    }
    assert!(alarms * 100 <= RUNS * 5, "{alarms} of {RUNS}");
    assert!(found * 100 >= RUNS * 90, "{found} of {RUNS}");
}

#[test]
fn intervals_of_a_difference_hold_the_true_one() {
    let holds = |seed: &u64| {
        let dice = &mut Dice::of(*seed);
        let difference = Difference::of(&dice.repeats(100.0), &dice.repeats(110.0)).unwrap();
        (difference.from_share..=difference.to_share).contains(&0.1)
    };
    let share = (0..RUNS).filter(holds).count() as f64 / RUNS as f64;
    assert!((0.93..=0.97).contains(&share), "{share}");
}

#[test]
fn a_trend_is_found_and_a_series_without_one_raises_an_alarm_in_5_of_100_cases_at_most() {
    let found = |slope: f64, carry: f64| {
        let trending = |seed: &u64| {
            let mut values = Dice::of(*seed).autoregressive(120, carry);
            values.iter_mut().enumerate().for_each(|(at, value)| *value += slope * at as f64);
            trend(&values).unwrap().chance < 1.0 - CERTAINTY
        };
        (0..RUNS).filter(trending).count() as f64 / RUNS as f64
    };
    assert!(found(0.0, 0.0) <= 0.06 && found(0.0, 0.6) <= 0.08, "{} {}", found(0.0, 0.0), found(0.0, 0.6));
    // 20 % over the series, at a noise of 10 % from value to value.
    assert!(found(0.2, 0.0) >= 0.9, "{}", found(0.2, 0.0));
    assert_eq!(trend(&[1.0; 8]), None);
}

#[test]
fn what_never_varies_has_no_interval_and_what_is_not_above_0_no_ratio() {
    let of = |value: f64| SeriesMean::of_independent(&[value, value]).unwrap();
    let same = Difference::of(&of(5.0), &of(5.0)).unwrap();
    assert_eq!((same.share, same.chance), (0.0, 1.0));
    let other = Difference::of(&of(5.0), &of(6.0)).unwrap();
    assert!((other.share - 0.2).abs() < 1e-9 && other.chance == 0.0, "{other:?}");
    assert_eq!(Difference::of(&of(0.0), &of(6.0)), None);
    assert_eq!(SeriesMean::of_independent(&[1.0]), None);
    assert_eq!(SeriesMean::of_series(&[1.0, 2.0, 3.0]), None);
}
