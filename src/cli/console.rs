//! The listener of a run: what is said while it goes on, and the result files, which are rewritten as the series grows.

use super::args::ConsoleForm;
use super::messages::{Messages, Verbosity};
use crate::plan::Plan;
use crate::report::json_lines::period_line;
use crate::report::rows::Rows;
use crate::report::{ResultFiles, WriteError, omb_aggregated_line, omb_period_line, omb_prefix};
use crate::verdict::Trust;
use crate::verdict::goals::GoalOutcome;
use crate::worker::metrics::TrustSlate;
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::{LiveTick, Observer, Phase, RunOutcome, RunResult};
use std::time::{Duration, SystemTime};

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
    failure: Option<WriteError>,
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
    pub(super) failure: Option<WriteError>,
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
    fn tell_goals(&mut self, series: &RunResult<'_>) {
        if series.plan.goals.is_empty() || series.outcome != RunOutcome::Running {
            return;
        }
        let goals = self.files.goal_results(series);
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

impl Observer for Console<'_> {
    fn log(&mut self, line: &str) {
        match self.form {
            ConsoleForm::Omb if self.messages.verbosity() > Verbosity::Quiet => {
                self.messages.result(&logged(GENERATOR, line));
            }
            // What happens while there is load explains the rows.
            ConsoleForm::Rows if self.loads => self.messages.step(line),
            _ => self.messages.detail(line),
        }
    }

    fn log_beginning(&mut self, line: &str) {
        match self.form {
            ConsoleForm::Omb => self.log(line),
            // Rows say themselves that they begin.
            ConsoleForm::Rows | ConsoleForm::Json => self.messages.detail(line),
        }
    }

    fn doing(&mut self, what: &str) {
        self.messages.step(what);
        self.messages.show_doing(what);
    }

    fn phase(&mut self, phase: Phase, limit: Option<Duration>) {
        self.messages.show_waiting(phase, limit);
        if phase == Phase::Measure {
            self.files.measurement_begins();
        }
        if matches!(phase, Phase::WarmUp | Phase::Measure) {
            self.announce(phase);
        }
    }

    fn ends_early(&mut self, outcome: &RunOutcome) {
        self.told = true;
        match outcome {
            RunOutcome::ClientDied { death } => {
                self.messages.error(&format!("{death}; the result is invalid, ending the run"))
            }
            RunOutcome::WorkerLost { loss } => {
                self.messages.error(&format!("{loss}; the result is invalid, ending the run"))
            }
            RunOutcome::BrokerLost { loss } => self.messages.error(&format!("{loss}: ending the run")),
            RunOutcome::Failed { why, .. } => self.messages.error(&format!("{why}: ending the run")),
            RunOutcome::Interrupted { by } => {
                self.messages.warn(&format!("interrupted by {by}: closing (once more: end at once)"));
            }
            RunOutcome::Running | RunOutcome::Completed => self.told = false,
        }
    }

    fn period(&mut self, phase: Phase, period: &PeriodStats, _subscriptions: u32) {
        if self.messages.verbosity() == Verbosity::Quiet {
            return;
        }
        let begun_ns = self.begun_ns(phase, period);
        let line = match self.form {
            ConsoleForm::Omb => logged(GENERATOR, &omb_period_line(period)),
            ConsoleForm::Json => period_line(period, phase, begun_ns, self.plan),
            ConsoleForm::Rows => {
                if self.rows_said > 0 {
                    self.titles();
                }
                self.rows_said += 1;
                self.rows.row(period, period.end_ns.saturating_sub(begun_ns), self.plan)
            }
        };
        self.messages.result(&line);
    }

    fn aggregated(&mut self, latencies: &LatencySet) {
        if self.form == ConsoleForm::Omb && self.messages.verbosity() > Verbosity::Quiet {
            self.messages.result(&logged(GENERATOR, &omb_aggregated_line(latencies)));
        }
    }

    fn wants_ticks(&self) -> bool {
        self.messages.has_live()
    }

    fn tick(&mut self, tick: &LiveTick) {
        self.messages.show_figures(tick);
    }

    fn series(&mut self, series: &RunResult<'_>) -> Result<(), String> {
        if let (Some(whose), Some(trust)) = (&self.whose, Trust::of_run(series)) {
            whose.tell(trust.percentiles());
        }
        match self.files.write(series) {
            Ok(()) => self.any = true,
            Err(error) => {
                let why = error.to_string();
                self.failure.get_or_insert(error);
                return Err(why);
            }
        }
        self.tell_goals(series);
        Ok(())
    }
}
