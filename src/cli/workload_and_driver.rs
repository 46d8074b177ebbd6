//! One workload on one driver: the worker, the script, the files, the closing table.

mod telling;

use super::args::{ConsoleForm, RunArgs};
use super::console::{Console, FilesWritten};
use super::exit::ExitStatus;
use super::messages::Messages;
use super::{argv, raw_folder, root};
use crate::caveat::Caveat;
use crate::os::clock::Calibration;
use crate::os::signals::Signal;
use crate::plan::Plan;
use crate::report::ResultFiles;
use crate::report::closing::closing_screen;
use crate::report::floor::{FloorStanding, floor_lines};
use crate::verdict::goals::{GoalOutcome, GoalResult, goal_lines};
use crate::verdict::{
    Cause, Judgement, SystemAnswer, SystemEvent, SystemEventKind as Kind, SystemOutcome, Trust, Verdict, fell_behind,
};
use crate::worker::fleet::{FleetSettings, WorkerReplies, omb_workers, pinload_workers, restrict_to_omb, split};
use crate::worker::local::LocalWorker;
use crate::worker::metrics::{MetricsEndpoint, TrustSlate};
use crate::worker::scrape::Scraper;
use crate::workload_generator::{self, Observer, RunOutcome, RunResult};
use crossbeam_channel::Receiver;
use std::path::PathBuf;
use std::time::SystemTime;
use telling::{announce, page_of, tell_files, tell_outcome};

/// How a run ended, and what it left.
#[derive(Debug)]
pub(super) struct PairResult {
    /// How the program ends for it.
    pub(super) status: ExitStatus,
    /// What became of its goals.
    pub(super) goals: Vec<GoalResult>,
    /// Its detail file, where one was written.
    pub(super) detail: Option<PathBuf>,
    /// The verdict on its figures.
    pub(super) verdict: Verdict,
    /// The generator left out sends.
    pub(super) rate_short: bool,
    /// The system took the load and left no consumers behind; stalls are the goals' affair.
    pub(super) load_held: bool,
}

impl From<ExitStatus> for PairResult {
    /// It did not come to a measurement.
    fn from(status: ExitStatus) -> Self {
        Self { status, goals: Vec::new(), detail: None, verdict: Verdict::Invalid, rate_short: false, load_held: false }
    }
}

/// Runs one plan with client processes on this host. `metrics` answers scrapes meanwhile, and comes back for the next
/// run.
pub(super) fn run_pair(
    plan: &Plan,
    args: &RunArgs,
    floor: &FloorStanding,
    messages: &mut Messages,
    signals: &Receiver<Signal>,
    metrics: &mut Option<MetricsEndpoint>,
) -> PairResult {
    // Begun before anything else is done: its second of baseline then passes meanwhile.
    let calibration = Calibration::begin(root());
    if let Some(folder) = &args.record_raw
        && let Err(why) = raw_folder::make(folder)
    {
        messages.error(&why);
        return ExitStatus::ResultsNotWritten.into();
    }
    let whose = metrics.as_ref().map(MetricsEndpoint::whose);
    run_with(plan, args, floor, messages, whose, |plan, observer| {
        let mut worker = LocalWorker::new(signals.clone(), calibration, root());
        worker.record_raw(args.record_raw.clone());
        if args.hlog {
            worker.keep_seconds();
        }
        metrics.take().into_iter().for_each(|metrics| worker.serve_metrics(metrics));
        let result = workload_generator::run(plan, &mut worker, observer);
        *metrics = worker.leave_metrics();
        result
    })
}

/// Runs one plan with workers on other hosts.
pub(super) fn run_pair_on(
    fleet: &FleetSettings,
    plan: &Plan,
    args: &RunArgs,
    floor: &FloorStanding,
    messages: &mut Messages,
    signals: &Receiver<Signal>,
) -> PairResult {
    let calibration = Calibration::begin(root());
    let duties = split::duties(fleet.workers.len(), fleet.extra_consumers);
    split::log_lines(&fleet.workers, &duties).iter().for_each(|line| messages.step(line));
    let roll_call = WorkerReplies::of(fleet);
    if roll_call.has_strangers() {
        let plan = match restrict_to_omb(plan) {
            Ok(plan) => plan,
            Err(wrong) => {
                let run = format!("{} on {}", plan.workload_name, plan.driver_name);
                messages.error(&format!(
                    "{run}: a worker of the fleet speaks OMB's protocol only; such workers cannot do:"
                ));
                wrong.iter().for_each(|why| messages.error(why));
                return ExitStatus::ConfigurationRefused.into();
            }
        };
        messages.info("note", "a worker of the fleet speaks OMB's protocol only: all are driven by it");
        return run_with(&plan, args, floor, messages, None, |plan, observer| {
            let mut workers = omb_workers(fleet.clone(), roll_call, signals.clone(), calibration);
            workload_generator::run(plan, &mut workers, observer)
        });
    }
    run_with(plan, args, floor, messages, None, |plan, observer| {
        let mut workers = pinload_workers(fleet.clone(), roll_call, signals.clone(), calibration, root());
        workload_generator::run(plan, &mut workers, observer)
    })
}

/// The same with any way to run the script.
fn run_with<'a>(
    plan: &'a Plan,
    args: &RunArgs,
    floor: &FloorStanding,
    messages: &mut Messages,
    whose: Option<TrustSlate>,
    script: impl FnOnce(&'a Plan, &mut dyn Observer) -> RunResult<'a>,
) -> PairResult {
    announce(plan, args.console, messages);
    let scraper = scraper(plan, args, messages);
    let command_line = argv::shown();
    let files = ResultFiles::new(plan, args.output.as_deref(), &args.output_dir, SystemTime::now(), &command_line);
    let files = match files {
        Ok(files) => {
            files.with_hlog(args.hlog).with_floor(floor.clone()).with_scrapes(scraper.as_ref().map(Scraper::board))
        }
        Err(error) => {
            messages.error(&error.to_string());
            return ExitStatus::from(&error).into();
        }
    };
    if args.tui
        && let Err(error) = messages.open_view(format!("{} on {}", plan.workload_name, plan.driver_name))
    {
        messages.warn(&format!("--tui: the terminal cannot be drawn on ({error}): the run goes on without"));
    }
    let mut console = Console::new(messages, files, plan, args.console).telling(whose);
    let mut result = script(plan, &mut console);
    let scraped = scraper.iter().flat_map(|scraper| scraper.board().complaints());
    result.warnings.extend(scraped.map(|why| Caveat::of_run("scrape", why)));
    let FilesWritten { files, any, failure, told } = console.written();
    messages.close_view();
    messages.clear_live();
    let periods = files.period_verdicts();
    let goals = files.goal_results(&result);
    if result.epoch_ns > 0 {
        let mut screen = vec![closing_screen(&result, &periods)];
        screen.extend(files.spread_lines());
        screen.extend(goal_lines(&goals));
        screen.extend(floor_lines(floor, &result));
        let screen = screen.join("\n");
        match args.console {
            ConsoleForm::Rows => messages.table(&format!("\n{screen}\n")),
            ConsoleForm::Omb | ConsoleForm::Json => messages.table_beside(&screen),
        }
    } else {
        // No load, no screen, which would have told them.
        result.warnings.iter().for_each(|warning| messages.warn(&warning.text));
    }
    if !told {
        tell_outcome(&result.outcome, plan, messages);
    }
    let mut status = ExitStatus::from(&result.outcome);
    if let Some(error) = failure {
        // Where the run was stopped for it, the outcome has said so.
        if !matches!(result.outcome, RunOutcome::Failed { .. }) {
            messages.error(&error.to_string());
        }
        status = status.then((&*error).into());
    }
    let system = SystemAnswer::of_run(&result);
    if status == ExitStatus::Success && system.outcome == SystemOutcome::Failed {
        status = ExitStatus::SystemFailed;
    }
    if let Some(required) = args.require_valid
        && status == ExitStatus::Success
        && !required.met(Judgement::of_run(&result, &periods).verdict, Trust::of_run(&result).as_ref())
    {
        status = ExitStatus::NotValid;
    }
    let all_met = goals.iter().all(|goal| goal.outcome == GoalOutcome::Met);
    if status == ExitStatus::Success && !all_met {
        status = ExitStatus::GoalMissed;
    }
    status = status.then(raw_folder::tell(&result, messages));
    let (page, made) = page_of(&files, any && !args.no_report, messages);
    status = status.then(made);
    tell_files(&result, &files, any, page.as_deref(), args.console, messages);
    let detail = any.then(|| files.paths().1);
    let judgement = Judgement::of_run(&result, &periods);
    let rate_short = judgement.reasons.iter().any(|reason| reason.cause == Cause::RateNotOffered);
    let spoils_load = |event: &SystemEvent| !matches!(event.kind, Kind::BrokerStall | Kind::GeneratorStall);
    let load_held = !system.events.iter().any(spoils_load) && !fell_behind(&result);
    PairResult { status, goals, detail, verdict: judgement.verdict, rate_short, load_held }
}

/// Reads pages of metrics from here on, where some are to be read. What is wrong with them is said before the run
/// begins.
fn scraper(plan: &Plan, args: &RunArgs, messages: &mut Messages) -> Option<Scraper> {
    let wanted = !args.scrape.is_empty();
    let scraper = wanted.then(|| Scraper::begin(&args.scrape, &args.scrape_keep, &plan.placement.supervisor))?;
    scraper.first_complaints().iter().for_each(|why| messages.warn(why));
    Some(scraper)
}

#[cfg(test)]
mod tests;
