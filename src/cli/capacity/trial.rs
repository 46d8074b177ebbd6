//! One trial: the workload at another rate, for another time.

use crate::campaign::capacity_search::TrialResult;
use crate::cli::args::{ConsoleForm, RateScopeArg, RunArgs};
use crate::cli::exit::ExitStatus;
use crate::cli::messages::Messages;
use crate::cli::workload_and_driver::{self, PairResult};
use crate::cli::{plans, report};
use crate::os::signals::Signal;
use crate::plan::Plan;
use crate::plan::resolve::Machine;
use crate::report::floor::FloorStanding;
use crate::report::names::{first_free_folder, stem};
use crate::report::origin::{local, now};
use crate::units::Rate;
use crate::verdict::Verdict;
use crate::verdict::goals::GoalOutcome;
use crate::worker::fleet::FleetSettings;
use crossbeam_channel::Receiver;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Where trials are made.
pub(super) struct Bench {
    args: RunArgs,
    machine: Machine,
    fleet: Option<FleetSettings>,
    signals: Receiver<Signal>,
    folder: PathBuf,
    log: Messages,
    trials: u32,
}

/// What a trial showed.
pub(super) struct TrialFigures {
    ran: PairResult,
    /// p50, p99 and p99.9 of the acknowledgement and end to end, ns; as far as they are known.
    pub(super) latencies_ns: [[Option<f64>; 3]; 2],
    /// As the detail file has it.
    pub(super) verdict_name: String,
    pub(super) began_at: String,
    pub(super) took_s: f64,
    /// The detail file's name.
    pub(super) result: String,
}

impl Bench {
    /// Makes the folder of the search. What each run says goes into a file there.
    pub(super) fn new(
        args: RunArgs,
        machine: Machine,
        fleet: Option<FleetSettings>,
        signals: Receiver<Signal>,
        plan: &Plan,
    ) -> Result<Self, String> {
        let name = stem(&plan.workload_file_base, &plan.driver_name, &local(SystemTime::now()));
        let folder = first_free_folder(&args.output_dir, &format!("capacity-{name}"));
        let why = |error| format!("cannot write into {}: {error}; name another with --output-dir", folder.display());
        fs::create_dir(&folder).map_err(why)?;
        let log = File::create(folder.join("runs.log")).and_then(|file| Messages::into_file(&file)).map_err(why)?;
        Ok(Self { args, machine, fleet, signals, folder, log, trials: 0 })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn trials(&self) -> u32 {
        self.trials
    }

    pub(super) fn warm_up(&self) -> Duration {
        self.args.warmup.unwrap_or_default()
    }

    /// Runs the workload. Error: it cannot be run, so that no other trial can.
    pub(super) fn try_at(&mut self, rate_per_s: f64, length: Duration) -> Result<TrialFigures, (ExitStatus, String)> {
        self.trials += 1;
        let (began_at, begin) = (now(), Instant::now());
        let args = RunArgs {
            rate: Some(Rate::PerSecond(rate_per_s)),
            rate_scope: Some(RateScopeArg::Total),
            duration: Some(length),
            output: Some(self.folder.join(format!("trial-{:03}.json", self.trials))),
            console: ConsoleForm::Rows,
            tui: false,
            no_report: true,
            require_valid: None,
            ..self.args.clone()
        };
        let plan = plans::make(&args, &self.machine, false)
            .map_err(|problems| (ExitStatus::ConfigurationRefused, problems.to_string()))?
            .0
            .remove(0);
        let Self { log, signals, .. } = self;
        let ran = match &self.fleet {
            Some(fleet) => {
                workload_and_driver::run_pair_on(fleet, &plan, &args, &FloorStanding::Elsewhere, log, signals)
            }
            None => workload_and_driver::run_pair(&plan, &args, &FloorStanding::None, log, signals, &mut None),
        };
        let went = matches!(ran.status, ExitStatus::Success | ExitStatus::GoalMissed | ExitStatus::SystemFailed);
        let detail = ran.detail.clone().filter(|_| went);
        let Some(detail) = detail else {
            let log = self.folder.join("runs.log");
            let code = ran.status as u8;
            return Err((ran.status, format!("a trial ended with exit code {code}: see {}", log.display())));
        };
        let reading = report::read(&detail).map_err(|why| (ExitStatus::ResultsNotWritten, why))?;
        let figure = |family: &str, level: &str| {
            reading.detail.pointer(&format!("/measurement/latencies/{family}/{level}"))?.as_f64()
        };
        let latencies_ns = ["acknowledge_actual", "end_to_end_actual"]
            .map(|family| ["p50_ns", "p99_ns", "p99_9_ns"].map(|level| figure(family, level)));
        let verdict_name = reading.detail.pointer("/verdict/verdict").and_then(Value::as_str).unwrap_or_default();
        let result = detail.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let took_s = begin.elapsed().as_secs_f64();
        Ok(TrialFigures { ran, latencies_ns, verdict_name: verdict_name.to_owned(), began_at, took_s, result })
    }
}

impl TrialFigures {
    /// For the search: a rate is held where the system took the load and the goal was met.
    pub(super) fn result(&self, plan: &Plan) -> TrialResult {
        let PairResult { goals, load_held, .. } = &self.ran;
        let held = match plan.goals.is_empty() {
            true => vec![*load_held],
            false => goals.iter().map(|goal| *load_held && goal.outcome == GoalOutcome::Met).collect(),
        };
        // What was not offered, nobody has held.
        TrialResult { generator_limited: self.generator_limited(), held }
    }

    /// It did not send as asked, or what a goal missed may be its own.
    fn generator_limited(&self) -> bool {
        let PairResult { goals, load_held, verdict, rate_short, .. } = &self.ran;
        let goals_missed = goals.iter().any(|goal| goal.outcome != GoalOutcome::Met);
        *rate_short || *load_held && *verdict == Verdict::GeneratorLimited && goals_missed
    }

    /// In words.
    pub(super) fn told(&self) -> String {
        let PairResult { goals, load_held, verdict, .. } = &self.ran;
        if self.generator_limited() {
            return format!("the generator was the limit ({verdict})");
        }
        if !load_held {
            return "the load was not held".to_owned();
        }
        let missed = goals.iter().filter(|goal| goal.outcome != GoalOutcome::Met);
        let missed: Vec<String> = missed.map(|goal| format!("{} ({})", goal.goal, goal.told)).collect();
        if missed.is_empty() { "held".to_owned() } else { format!("not met: {}", missed.join("; ")) }
    }
}
