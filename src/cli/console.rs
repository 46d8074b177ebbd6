//! The listener of a run: what is said while it goes on, and the result files, which are rewritten as the result grows.

mod observer;

use super::args::ConsoleForm;
use super::messages::{Messages, Verbosity};
use crate::plan::Plan;
use crate::report::rows::Rows;
use crate::report::{ResultFiles, WriteError, omb_prefix};
use crate::verdict::goals::GoalOutcome;
use crate::worker::PeriodStats;
use crate::worker::metrics::TrustSlate;
use crate::workload_generator::{Phase, RunOutcome, RunResult};
use std::sync::Arc;
use std::time::SystemTime;

/// OMB's class that logs what happens in a run.
const GENERATOR: &str = "WorkloadGenerator";

/// Rows after which the titles are said again.
const ROWS_A_PAGE: u32 = 30;

/// Listens to one run.
#[derive(Debug)]
pub(super) struct Console<'a> {
    messages: &'a mut Messages,
    files: ResultFiles,
    plan: &'a Plan,
    form: ConsoleForm,
    rows: Rows,
    rows_said: u32,
    /// Has the load begun?
    loads: bool,
    /// The phase of the last period, and when it began (raw ns).
    begun: Option<(Phase, u64)>,
    /// Have they been written at least once?
    any: bool,
    /// The first failure to write the files; the run is stopped for it.
    failure: Option<Arc<WriteError>>,
    /// Has the run's early end been told?
    told: bool,
    /// Where the metrics page reads how far latencies are the broker's own.
    whose: Option<TrustSlate>,
    /// Goals that were missed when that was last told.
    missed: Vec<String>,
}

/// What became of the result files.
#[derive(Debug)]
pub(super) struct FilesWritten {
    /// The files.
    pub(super) files: ResultFiles,
    /// Have they been written at least once?
    pub(super) any: bool,
    /// Why they could not be written, if so.
    pub(super) failure: Option<Arc<WriteError>>,
    /// Has the run's early end been told?
    pub(super) told: bool,
}

/// A line as OMB's `class` logs it now.
pub(super) fn logged(class: &str, line: &str) -> String {
    format!("{}{line}", omb_prefix(SystemTime::now(), class))
}

impl<'a> Console<'a> {
    /// Says what it hears through `messages` and writes `files`.
    pub(super) fn new(messages: &'a mut Messages, files: ResultFiles, plan: &'a Plan, form: ConsoleForm) -> Self {
        let rows = Rows::for_columns(messages.columns());
        Self {
            messages,
            files,
            plan,
            form,
            rows,
            rows_said: 0,
            loads: false,
            begun: None,
            any: false,
            failure: None,
            told: false,
            whose: None,
            missed: Vec::new(),
        }
    }

    /// The same, telling the metrics page how far latencies are the broker's own.
    pub(super) fn telling(self, whose: Option<TrustSlate>) -> Self {
        Self { whose, ..self }
    }

    /// The run is over: what became of its files.
    pub(super) fn written(self) -> FilesWritten {
        let Self { files, any, failure, told, .. } = self;
        FilesWritten { files, any, failure, told }
    }

    /// When this period's phase began.
    fn begun_ns(&mut self, phase: Phase, period: &PeriodStats) -> u64 {
        match self.begun {
            Some((same, begun_ns)) if same == phase => begun_ns,
            _ => {
                self.begun = Some((phase, period.start_ns));
                period.start_ns
            }
        }
    }

    /// Load begins: whoever looks on is told whether it counts.
    fn announce(&mut self, phase: Phase) {
        if self.form != ConsoleForm::Rows || self.messages.verbosity() == Verbosity::Quiet {
            return;
        }
        if !std::mem::replace(&mut self.loads, true) {
            self.titles();
        }
        match phase {
            Phase::WarmUp => self.messages.result("warm-up begins: not measured"),
            _ => self.messages.result("measurement begins"),
        }
    }

    /// What became of the goals so far: said when one is missed that was not, and when one is not any more.
    fn tell_goals(&mut self, result: &RunResult<'_>) {
        if result.plan.goals.is_empty() || result.outcome != RunOutcome::Running {
            return;
        }
        let goals = self.files.goal_results(result);
        self.messages.show_goals(&goals);
        for result in &goals {
            let known = self.missed.iter().position(|goal| *goal == result.goal);
            match (result.outcome == GoalOutcome::Missed, known) {
                (true, None) => {
                    self.missed.push(result.goal.clone());
                    self.say_of_goal(&format!("goal missed so far: {}: {}", result.goal, result.told));
                }
                (false, Some(at)) => {
                    self.missed.remove(at);
                    self.say_of_goal(&format!("goal no longer missed: {}: {}", result.goal, result.told));
                }
                _ => {}
            }
        }
    }

    fn say_of_goal(&mut self, line: &str) {
        match self.form {
            ConsoleForm::Rows => self.messages.step(line),
            // Lines for programs have their form; the end tells.
            ConsoleForm::Omb | ConsoleForm::Json => self.messages.detail(line),
        }
    }

    fn titles(&mut self) {
        if self.rows_said.is_multiple_of(ROWS_A_PAGE) {
            self.messages.result(&format!("\n{}", self.rows.head()));
        }
    }
}
