//! What the console makes of what it hears.

use super::{Console, GENERATOR, logged};
use crate::cli::args::ConsoleForm;
use crate::cli::messages::Verbosity;
use crate::report::json_lines::period_line;
use crate::report::{omb_aggregated_line, omb_period_line};
use crate::verdict::Trust;
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::{LiveTick, NotWritten, Observer, Phase, RunOutcome, RunResult};
use std::sync::Arc;
use std::time::Duration;

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

    fn write(&mut self, result: &RunResult<'_>) -> Result<(), NotWritten> {
        if let (Some(whose), Some(trust)) = (&self.whose, Trust::of_run(result)) {
            whose.tell(trust.percentiles());
        }
        match self.files.write(result) {
            Ok(()) => self.any = true,
            Err(error) => {
                let error = Arc::new(error);
                self.failure.get_or_insert(Arc::clone(&error));
                return Err(NotWritten(error.into()));
            }
        }
        self.tell_goals(result);
        Ok(())
    }
}
