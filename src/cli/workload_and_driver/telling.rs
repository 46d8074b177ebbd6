//! What is said of one run: before it, and of its end and its files.

use crate::cli::args::ConsoleForm;
use crate::cli::console::logged;
use crate::cli::exit::ExitStatus;
use crate::cli::messages::{Messages, Verbosity};
use crate::cli::{report, summary};
use crate::plan::Plan;
use crate::report::ResultFiles;
use crate::report::json_lines::end_line;
use crate::workload_generator::{RunOutcome, RunResult};
use std::path::{Path, PathBuf};

/// What is about to run.
pub(super) fn announce(plan: &Plan, form: ConsoleForm, messages: &mut Messages) {
    if form == ConsoleForm::Omb && messages.verbosity() > Verbosity::Quiet {
        let (workload, driver) = (&plan.workload_name, &plan.driver_name);
        let line = format!("--------------- WORKLOAD : {workload} --- DRIVER : {driver}---------------");
        messages.result(&logged("Benchmark", &line));
    }
    if messages.verbosity() >= Verbosity::Verbose {
        // With its warnings.
        messages.detail(&plan.to_string());
        return;
    }
    if form == ConsoleForm::Rows {
        messages.screen(&summary::plan(plan));
    }
    plan.warnings.iter().for_each(|warning| messages.warn(&warning.text));
}

/// The page for people beside the files, where one is wanted.
pub(super) fn page_of(files: &ResultFiles, wanted: bool, messages: &mut Messages) -> (Option<PathBuf>, ExitStatus) {
    let (main, detail) = files.paths();
    match wanted.then(|| report::beside_run(&main, &detail)) {
        None => (None, ExitStatus::Success),
        Some(Ok(page)) => (Some(page), ExitStatus::Success),
        Some(Err(why)) => {
            messages.error(&format!("{why}; pinload report makes the page again"));
            (None, ExitStatus::ResultsNotWritten)
        }
    }
}

/// The files, and what programs are told at the end. `any`: they were written at least once.
pub(super) fn tell_files(
    result: &RunResult<'_>,
    files: &ResultFiles,
    any: bool,
    page: Option<&Path>,
    form: ConsoleForm,
    messages: &mut Messages,
) {
    let (main, detail) = files.paths();
    let hlog = files.hlog_path();
    match form {
        ConsoleForm::Json => {
            let written = [Some(main.as_path()), Some(&detail), hlog.as_deref(), page].into_iter().flatten();
            let written = written.filter(|_| any).map(|path| path.display().to_string()).collect();
            messages.result(&end_line(result, &files.period_verdicts(), &files.goal_results(result), written));
        }
        _ if !any => {}
        ConsoleForm::Omb => {
            messages.result(&logged("Benchmark", &format!("Writing test result into {}", main.display())));
        }
        ConsoleForm::Rows => {
            let mut lines = vec![format!("wrote  {} (OMB)", main.display()), format!("       {}", detail.display())];
            lines.extend(hlog.map(|path| format!("       {} (HdrHistogram)", path.display())));
            lines.extend(page.map(|path| format!("       {} (report)", path.display())));
            messages.result(&lines.join("\n"));
        }
    }
}

/// Of a run that ended otherwise than planned, unless it was said when it happened.
pub(super) fn tell_outcome(outcome: &RunOutcome, plan: &Plan, messages: &mut Messages) {
    let run = format!("{} on {}", plan.workload_name, plan.driver_name);
    match outcome {
        RunOutcome::Completed => {}
        RunOutcome::Running => messages.error(&format!("{run}: the run did not come to its end")),
        RunOutcome::Interrupted { by } => messages.warn(&format!("{run}: interrupted by {by}")),
        RunOutcome::ClientDied { death } => messages.error(&format!("{run}: {death}; the result is invalid")),
        RunOutcome::WorkerLost { loss } => messages.error(&format!("{run}: {loss}; the result is invalid")),
        RunOutcome::BrokerLost { loss } => messages.error(&format!("{run}: {loss}")),
        RunOutcome::Failed { why, .. } => messages.error(&format!("{run}: {why}")),
    }
}
