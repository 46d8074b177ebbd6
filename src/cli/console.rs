//! The listener of a run: period lines, the live line, the log, and the result files, which are rewritten as the series grows.

use super::live;
use super::messages::{Messages, Verbosity};
use crate::plan::Plan;
use crate::report::console::{omb_aggregated_line, omb_period_line, our_period_line, period_verdict_line};
use crate::report::{ResultFiles, WriteError};
use crate::verdict::Trust;
use crate::worker::metrics::Whose;
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::{Observer, Outcome, Phase, Series, Tick};
use std::time::Duration;

/// Listens to one run.
#[derive(Debug)]
pub(super) struct Console<'a> {
    messages: &'a mut Messages,
    files: ResultFiles,
    plan: &'a Plan,
    /// Have they been written at least once?
    any: bool,
    /// The first failure to write the files; the run is stopped for it.
    failure: Option<WriteError>,
    /// Has the run's early end been told?
    told: bool,
    /// Where the metrics page reads how far latencies are the broker's own.
    whose: Option<Whose>,
}

/// What became of the result files.
#[derive(Debug)]
pub(super) struct Written {
    /// The files.
    pub(super) files: ResultFiles,
    /// Have they been written at least once?
    pub(super) any: bool,
    /// Why they could not be written, if so.
    pub(super) failure: Option<WriteError>,
    /// Has the run's early end been told?
    pub(super) told: bool,
}

impl<'a> Console<'a> {
    /// Says what it hears through `messages` and writes `files`.
    pub(super) fn new(messages: &'a mut Messages, files: ResultFiles, plan: &'a Plan) -> Self {
        Self { messages, files, plan, any: false, failure: None, told: false, whose: None }
    }

    /// The same, telling the metrics page how far latencies are the broker's own.
    pub(super) fn telling(self, whose: Option<Whose>) -> Self {
        Self { whose, ..self }
    }

    /// The run is over: what became of its files.
    pub(super) fn written(self) -> Written {
        let Self { messages: _, plan: _, whose: _, files, any, failure, told } = self;
        Written { files, any, failure, told }
    }
}

impl Observer for Console<'_> {
    fn log(&mut self, line: &str) {
        self.messages.step(line);
    }

    fn doing(&mut self, what: &str) {
        self.messages.step(what);
        self.messages.show_waiting(format!("{what}:"));
    }

    fn phase(&mut self, phase: Phase, limit: Option<Duration>) {
        self.messages.show_waiting(live::waiting(phase, limit));
    }

    fn ends_early(&mut self, outcome: &Outcome) {
        self.told = true;
        match outcome {
            Outcome::ClientDied { death } => {
                self.messages.error(&format!("{death}; the result is invalid, ending the run"))
            }
            Outcome::WorkerLost { loss } => {
                self.messages.error(&format!("{loss}; the result is invalid, ending the run"))
            }
            Outcome::BrokerLost { loss } => self.messages.error(&format!("{loss}: ending the run")),
            Outcome::Failed { why, .. } => self.messages.error(&format!("{why}: ending the run")),
            Outcome::Interrupted { by } => {
                self.messages.warn(&format!("interrupted by {by}: closing (once more: end at once)"));
            }
            Outcome::Running | Outcome::Completed => self.told = false,
        }
    }

    fn period(&mut self, phase: Phase, period: &PeriodStats, _subscriptions: u32) {
        if self.messages.verbosity() > Verbosity::Quiet {
            self.messages.result(&omb_period_line(period));
            self.messages.result(&our_period_line(period, self.plan.measured_by));
            // Nothing is claimed of the warm-up, so nothing speaks against it.
            if phase == Phase::Measure
                && let Some(line) = period_verdict_line(period, self.plan)
            {
                self.messages.result(&line);
            }
        }
    }

    fn aggregated(&mut self, latencies: &LatencySet) {
        if self.messages.verbosity() > Verbosity::Quiet {
            self.messages.result(&omb_aggregated_line(latencies));
        }
    }

    fn wants_ticks(&self) -> bool {
        self.messages.has_live()
    }

    fn tick(&mut self, tick: &Tick) {
        self.messages.show_figures(tick);
    }

    fn series(&mut self, series: &Series<'_>) -> Result<(), String> {
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
        Ok(())
    }
}
