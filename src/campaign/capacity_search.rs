//! The search for the highest rate at which goals hold: a state machine that asks for trials and is told how they went.
//!
//! On a scale of ratios it doubles until a rate fails, halves what lies between, and then makes sure: the answer has
//! held in `CONFIRMATIONS` trials of full length, and the first rate above it has failed in as many more than it held
//! in. One failed trial may be a hiccup, so no rate has failed by one trial alone. Trials grow as the bounds close in.
//! Goals are searched for one after another and share every trial.

/// What a trial showed, for each goal.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialResult {
    /// Did each hold?
    pub held: Vec<bool>,
    /// The generator was the limit, not the system: nothing was learned of rates this high.
    pub generator_limited: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Messages per second.
    pub rate_per_s: f64,
    /// Length of its measurement, as a share of the full length.
    pub length_share: f64,
}

/// The answer for one goal.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalCapacity {
    /// The highest rate at which it held; None: at none that was tried.
    pub held_per_s: Option<f64>,
    /// The lowest rate at which it did not; None: none was found.
    pub failed_per_s: Option<f64>,
    /// Both were confirmed and lie within the precision.
    pub settled: bool,
    /// What bounds it from above is the generator: the answer is a lower bound.
    pub generator_limited: bool,
}

/// Trials of full length in which an answer has to hold.
pub const CONFIRMATIONS: u32 = 3;
/// Length of the first trials, as a share of the full length.
pub const FIRST_LENGTH_SHARE: f64 = 0.25;
/// Bounds farther apart than this are closed in on with short trials.
const NEAR: f64 = 1.15;
/// Trials of one rate, of which no more are made.
const MOST_TRIALS: u32 = 7;
/// Below this share of the first rate nothing is looked for.
const LOWEST_SHARE: f64 = 1.0 / 1024.0;

/// The machine.
#[derive(Debug, Clone)]
pub struct CapacitySearch {
    start_per_s: f64,
    precision: f64,
    goals: usize,
    /// Every trial, in order.
    trials: Vec<(Trial, TrialResult)>,
}

/// Trials of one rate, as one goal sees them.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    rate_per_s: f64,
    held: u32,
    failed: u32,
    /// Of these so many in trials of full length.
    held_full: u32,
    failed_full: u32,
    limited: bool,
}

impl Tally {
    /// Held or failed; None: undecided. Trials of full length count before short ones.
    fn held_here(&self) -> Option<bool> {
        match (self.held_full, self.failed_full) {
            (0, 0) if self.held == self.failed => None,
            (0, 0) => Some(self.held > self.failed),
            (held, failed) if held == failed => None,
            (held, failed) => Some(held > failed),
        }
    }
}

impl Tally {
    /// Has it failed with so much of a lead? At the very edge trials go both ways: after `MOST_TRIALS` it has.
    fn is_sure(&self, lead: u32) -> bool {
        let full = self.held_full + self.failed_full > 0;
        let (held, failed) = if full { (self.held_full, self.failed_full) } else { (self.held, self.failed) };
        self.held_here() != Some(true) && (failed >= held + lead || held + failed >= MOST_TRIALS)
    }
}

impl CapacitySearch {
    /// From a first rate on, to bounds that are no farther apart than `precision` (0.02: 2 %), for so many goals.
    pub fn new(start_per_s: f64, precision: f64, goals: usize) -> Self {
        Self { start_per_s, precision, goals, trials: Vec::new() }
    }

    /// A trial is over.
    pub fn told(&mut self, trial: Trial, result: TrialResult) {
        self.trials.push((trial, result));
    }

    /// The next trial; None: all goals are settled.
    pub fn next(&self) -> Option<Trial> {
        (0..self.goals).find_map(|goal| self.next_for(goal))
    }

    /// The answers so far, in the order of the goals.
    pub fn answers(&self) -> Vec<GoalCapacity> {
        (0..self.goals).map(|goal| self.answer(goal)).collect()
    }

    fn tallies(&self, goal: usize) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = Vec::new();
        for (trial, result) in &self.trials {
            let at = tallies.iter().position(|tally| same(tally.rate_per_s, trial.rate_per_s));
            let at = at.unwrap_or_else(|| {
                tallies.push(Tally { rate_per_s: trial.rate_per_s, ..Tally::default() });
                tallies.len() - 1
            });
            let tally = &mut tallies[at];
            let full = u32::from(trial.length_share >= 1.0);
            if result.held.get(goal).copied().unwrap_or(false) && !result.generator_limited {
                tally.held += 1;
                tally.held_full += full;
            } else {
                tally.failed += 1;
                tally.failed_full += full;
                tally.limited |= result.generator_limited;
            }
        }
        tallies.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
        tallies
    }

    /// The highest rate that held below every rate that failed, and the lowest that failed.
    fn bounds(tallies: &[Tally]) -> (Option<Tally>, Option<Tally>) {
        let first_failed = tallies.iter().position(|tally| tally.held_here() != Some(true));
        let failed = first_failed.map(|at| tallies[at]);
        let below = first_failed.unwrap_or(tallies.len());
        (tallies[..below].last().copied(), failed)
    }

    fn next_for(&self, goal: usize) -> Option<Trial> {
        let tallies = self.tallies(goal);
        let (held, failed) = Self::bounds(&tallies);
        let full = |rate_per_s| Some(Trial { rate_per_s, length_share: 1.0 });
        let first = |rate_per_s| Some(Trial { rate_per_s, length_share: FIRST_LENGTH_SHARE });
        // One failed trial may be a hiccup.
        if let Some(failed) = failed.filter(|failed| !failed.is_sure(2)) {
            let short = failed.held_full + failed.failed_full == 0;
            return if short { first(failed.rate_per_s) } else { full(failed.rate_per_s) };
        }
        match (held, failed) {
            (None, None) => first(self.start_per_s),
            (Some(held), None) => first(held.rate_per_s * 2.0),
            (None, Some(failed)) if failed.rate_per_s <= self.start_per_s * LOWEST_SHARE => None,
            (None, Some(failed)) => first(failed.rate_per_s / 2.0),
            (Some(held), Some(failed)) => {
                let apart = failed.rate_per_s / held.rate_per_s;
                if apart > NEAR {
                    return first((held.rate_per_s * failed.rate_per_s).sqrt());
                }
                // Near the edge short trials of either side are not believed.
                if held.held_full == 0 {
                    return full(held.rate_per_s);
                }
                if failed.failed_full == 0 {
                    return full(failed.rate_per_s);
                }
                if apart > 1.0 + self.precision {
                    return full((held.rate_per_s * failed.rate_per_s).sqrt());
                }
                if held.held_full < CONFIRMATIONS {
                    return full(held.rate_per_s);
                }
                if failed.is_sure(3) { None } else { full(failed.rate_per_s) }
            }
        }
    }

    fn answer(&self, goal: usize) -> GoalCapacity {
        let tallies = self.tallies(goal);
        let (held, failed) = Self::bounds(&tallies);
        let settled = held.is_some() && self.next_for(goal).is_none();
        GoalCapacity {
            held_per_s: held.map(|tally| tally.rate_per_s),
            failed_per_s: failed.map(|tally| tally.rate_per_s),
            settled,
            generator_limited: failed.is_some_and(|tally| tally.limited),
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

#[cfg(test)]
mod tests;
