//! The search on scripted brokers: of known capacities, with noise and hiccups.

use super::*;

/// A broker that takes so much, with noise: what it takes varies from trial to trial, less in long ones; now and
/// then one hiccups.
struct ScriptedBroker {
    capacities_per_s: Vec<f64>,
    generator_per_s: f64,
    dice: fastrand::Rng,
}

impl ScriptedBroker {
    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.dice.f64(), self.dice.f64());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
    fn run(&mut self, trial: Trial) -> TrialResult {
        let noise = 0.005 / trial.length_share.sqrt() * self.normal();
        let hiccup = self.dice.f64() < 0.03;
        let held = self.capacities_per_s.iter().map(|capacity| !hiccup && trial.rate_per_s <= capacity * (1.0 + noise));
        let held = held.collect();
        TrialResult { held, generator_limited: trial.rate_per_s > self.generator_per_s }
    }
    fn searched(&mut self, precision: f64) -> (CapacitySearch, usize) {
        let mut search = CapacitySearch::new(10_000.0, precision, self.capacities_per_s.len());
        let mut trials = 0;
        while let Some(trial) = search.next() {
            let result = self.run(trial);
            search.told(trial, result);
            trials += 1;
            assert!(trials < 200, "{:?}", search.answers());
        }
        (search, trials)
    }
}

fn broker(seed: u64, capacities_per_s: &[f64]) -> ScriptedBroker {
    let dice = fastrand::Rng::with_seed(seed);
    ScriptedBroker { capacities_per_s: capacities_per_s.to_vec(), generator_per_s: f64::INFINITY, dice }
}

#[test]
fn the_known_capacity_is_found_within_three_percent_and_never_overstated_by_more_than_one() {
    for seed in 0..500u32 {
        let capacity = 3_000.0 * (1.0 + f64::from(seed) * 0.37);
        let (search, trials) = broker(u64::from(seed), &[capacity]).searched(0.02);
        let answer = &search.answers()[0];
        let off = answer.held_per_s.unwrap() / capacity - 1.0;
        assert!(answer.settled && (-0.03..=0.01).contains(&off), "seed {seed}: {off}, {answer:?}");
        assert!(answer.failed_per_s.unwrap() > capacity * 0.99 && trials <= 60, "seed {seed}: {trials} trials");
    }
}

#[test]
fn several_goals_share_trials_and_each_has_its_answer() {
    let (mut together, mut alone) = (0, 0);
    for seed in 0..50 {
        let capacities = [20_000.0, 45_000.0, 46_000.0];
        let (search, trials) = broker(seed, &capacities).searched(0.02);
        together += trials;
        for (answer, capacity) in search.answers().iter().zip(capacities) {
            let off = answer.held_per_s.unwrap() / capacity - 1.0;
            assert!(answer.settled && (-0.03..=0.01).contains(&off), "seed {seed}: {off}");
            alone += broker(seed + 100, &[capacity]).searched(0.02).1;
        }
    }
    assert!(together * 10 < alone * 9, "{together} trials together, {alone} one by one");
}

#[test]
fn where_the_generator_is_the_limit_the_answer_is_a_lower_bound_and_says_so() {
    for seed in 0..50 {
        let mut broker = broker(seed, &[100_000.0]);
        broker.generator_per_s = 30_000.0;
        let answer = broker.searched(0.02).0.answers().remove(0);
        assert!(answer.generator_limited && answer.settled, "seed {seed}: {answer:?}");
        assert!((29_000.0..=30_000.0).contains(&answer.held_per_s.unwrap()), "seed {seed}: {answer:?}");
    }
}

#[test]
fn a_goal_that_nothing_reaches_ends_the_search() {
    let (search, trials) = broker(1, &[0.0]).searched(0.02);
    assert_eq!(search.answers()[0].held_per_s, None);
    assert!(trials < 40 && !search.answers()[0].settled, "{trials}");
}

#[test]
fn a_search_that_is_broken_off_tells_what_it_knows() {
    let mut search = CapacitySearch::new(1_000.0, 0.02, 1);
    assert_eq!(search.next(), Some(Trial { rate_per_s: 1_000.0, length_share: FIRST_LENGTH_SHARE }));
    search.told(search.next().unwrap(), TrialResult { held: vec![true], generator_limited: false });
    assert!((search.next().unwrap().rate_per_s - 2_000.0).abs() < 1e-9);
    let answer = &search.answers()[0];
    assert_eq!((answer.held_per_s, answer.failed_per_s, answer.settled), (Some(1_000.0), None, false));
}
