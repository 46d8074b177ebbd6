//! `pinload capacity`: the highest rate at which goals hold, and latency on the way there.
//!
//! Every trial is a whole run of its own, with its own topics, whose files stay in the folder of the search. What to
//! try next is `campaign::capacity_search`'s to say; `trial` makes one, `answer` tells what was found.

mod answer;
mod page;
mod trial;

use super::args::RunArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::run::{fleet_of, interrupted};
use super::tool_args::CapacityArgs;
use super::{argv, plans, root};
use crate::campaign::capacity_search::{CapacitySearch, FIRST_LENGTH_SHARE, Trial};
use crate::os::signals::Signal;
use crate::plan::Plan;
use crate::units::{Rate, format_duration, format_rate};
use answer::{CapacityAnswer, LadderStep};
use crossbeam_channel::Receiver;
use std::time::{Duration, Instant};
use trial::{Bench, TrialFigures};

/// Where a search begins when the workload asks for no rate.
const START_PER_S: f64 = 10_000.0;
/// Load on the ladder, as shares of the answer.
const LADDER: [f64; 6] = [0.10, 0.25, 0.50, 0.75, 0.90, 0.95];
/// Warm-up of a trial when no option says.
const WARM_UP: Duration = Duration::from_secs(5);
/// What a trial takes besides its load, until one has shown it.
const FIRST_OVERHEAD: Duration = Duration::from_secs(10);

/// Searches, climbs the ladder, tells.
pub(super) fn capacity(args: &CapacityArgs, messages: &mut Messages, signals: &Receiver<Signal>) -> ExitStatus {
    let begin = Instant::now();
    let machine = match plans::read_machine(root()) {
        Ok(machine) => machine,
        Err(why) => {
            messages.error(&why);
            return ExitStatus::MachineRefused;
        }
    };
    let run = RunArgs { warmup: args.run.warmup.or(Some(WARM_UP)), ..args.run.clone() };
    let plan = match plans::make_for_trials(&run, &machine) {
        Ok((mut plans, _)) if plans.len() == 1 => plans.remove(0),
        Ok(_) => {
            messages.error("a capacity is that of one workload on one driver: name one of each");
            return ExitStatus::Usage;
        }
        Err(problems) => {
            problems.0.iter().for_each(|problem| messages.error(&problem.to_string()));
            return ExitStatus::ConfigurationRefused;
        }
    };
    let fleet = match fleet_of(&run, messages) {
        Ok(fleet) => fleet,
        Err(status) => return status,
    };
    let mut bench = match Bench::new(run, machine, fleet, signals.clone(), &plan) {
        Ok(bench) => bench,
        Err(why) => {
            messages.error(&why);
            return ExitStatus::ResultsNotWritten;
        }
    };
    announce(&plan, args, messages);
    let mut search = CapacitySearch::new(start(&plan), args.precision.0, plan.goals.len().max(1));
    let limits = TimeLimits { begin, args, ladder: if args.no_ladder { 0.0 } else { LADDER.len() as f64 } };
    let mut overhead = FIRST_OVERHEAD;
    let ended = loop {
        let Some(next) = search.next() else { break None };
        if !limits.has_room(next, bench.warm_up() + overhead) {
            break Some(format!("the budget of {} is used up", format_duration(args.budget)));
        }
        let length = args.trial.mul_f64(next.length_share);
        let began = Instant::now();
        match bench.try_at(next.rate_per_s, length) {
            Ok(seen) => {
                overhead = began.elapsed().saturating_sub(length + bench.warm_up()).max(Duration::from_secs(1));
                messages.result(&seen.line(next.rate_per_s, length));
                search.told(next, seen.result(&plan));
            }
            Err((status, why)) => {
                if interrupted(signals).is_none() && !status.is_interruption() {
                    messages.error(&why);
                }
                let answer = CapacityAnswer::new(&plan, &search, Vec::new(), Some(why), bench.trials());
                return tell(&answer, &bench, messages).then(status);
            }
        }
    };
    let mut answer = CapacityAnswer::new(&plan, &search, Vec::new(), ended, bench.trials());
    if let Some(capacity) = answer.together_per_s.filter(|_| !args.no_ladder) {
        messages.result("\nlatency on the way there:");
        for share in LADDER {
            match bench.try_at(capacity * share, args.trial) {
                Ok(seen) => {
                    let rung = LadderStep::new(share, capacity * share, &seen);
                    messages.result(&rung.line());
                    answer.ladder.push(rung);
                }
                Err((status, why)) => {
                    messages.error(&why);
                    return tell(&answer, &bench, messages).then(status);
                }
            }
        }
    }
    tell(&answer, &bench, messages)
}

/// The time there is.
struct TimeLimits<'a> {
    begin: Instant,
    args: &'a CapacityArgs,
    /// Trials that it takes.
    ladder: f64,
}

impl TimeLimits<'_> {
    /// Is there time for this trial and the ladder? `besides`: what each takes besides its measurement.
    fn has_room(&self, next: Trial, besides: Duration) -> bool {
        let ladder = (self.args.trial + besides).mul_f64(self.ladder);
        let needed = self.args.trial.mul_f64(next.length_share) + besides + ladder;
        self.begin.elapsed() + needed <= self.args.budget
    }
}

fn start(plan: &Plan) -> f64 {
    match plan.rate.total {
        Rate::PerSecond(per_s) if plan.search.is_none() => per_s,
        _ => START_PER_S,
    }
}

fn announce(plan: &Plan, args: &CapacityArgs, messages: &mut Messages) {
    let goals: Vec<&str> = plan.goals.iter().map(|goal| goal.text.as_str()).collect();
    let goals = if goals.is_empty() { "the load is taken and received".to_owned() } else { goals.join(" · ") };
    messages.result(&format!(
        "{} on {}: the highest rate at which: {goals}\nfrom {} on, to {:.1} %; trials of {} to {}; at most {}{}\n",
        plan.workload_name,
        plan.driver_name,
        format_rate(start(plan)),
        args.precision.0 * 100.0,
        format_duration(args.trial.mul_f64(FIRST_LENGTH_SHARE)),
        format_duration(args.trial),
        format_duration(args.budget),
        if args.no_ladder { "" } else { ", the ladder included" },
    ));
}

/// Says the answer and writes it into the folder. Exit code 9: there is none.
fn tell(answer: &CapacityAnswer, bench: &Bench, messages: &mut Messages) -> ExitStatus {
    messages.table(&format!("\n{}", answer.text()));
    let path = bench.folder().join("capacity.json");
    let text = serde_json::to_string_pretty(answer).unwrap_or_default();
    if let Err(error) = std::fs::write(&path, text) {
        messages.error(&format!("cannot write {}: {error}", path.display()));
        return ExitStatus::ResultsNotWritten;
    }
    messages.result(&format!("\nwrote  {} (each trial's files beside it)", path.display()));
    if let Some(page) = page::ladder_page(answer, argv::shown().join(" ")) {
        let path = bench.folder().join("capacity.html");
        if let Err(error) = std::fs::write(&path, page) {
            messages.error(&format!("cannot write {}: {error}", path.display()));
            return ExitStatus::ResultsNotWritten;
        }
        messages.result(&format!("       {} (latency over load)", path.display()));
    }
    if answer.together_per_s.is_some() { ExitStatus::Success } else { ExitStatus::GoalMissed }
}

impl TrialFigures {
    /// One line about a trial.
    fn line(&self, rate_per_s: f64, length: Duration) -> String {
        format!("{:>14} for {:>6}: {}", format_rate(rate_per_s), format_duration(length), self.told())
    }
}
