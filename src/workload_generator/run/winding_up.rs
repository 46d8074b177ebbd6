//! The end of a run, however it came: stop, flush, catch up, balance, close.

use super::{PhaseStop, RunSteps};
use crate::caveat::Caveat;
use crate::workload_generator::result::{FailureCause, Phase, RunOutcome, RunResult};

impl<'a> RunSteps<'a, '_> {
    /// Stops, flushes, lets consumers catch up, balances, closes. A second failure on the way does not hide the first.
    pub(super) fn finish(mut self, stopped_by: Option<PhaseStop>) -> RunResult<'a> {
        let told = matches!(stopped_by, Some(PhaseStop::Told(_)));
        let mut outcome = stopped_by.map(RunOutcome::from);
        let loading = self.result.epoch_ns > 0;
        match &outcome {
            _ if told => {}
            Some(
                ending @ (RunOutcome::ClientDied { .. }
                | RunOutcome::WorkerLost { .. }
                | RunOutcome::BrokerLost { .. }
                | RunOutcome::Interrupted { .. }),
            ) => self.observer.ends_early(ending),
            Some(ending) if loading => self.observer.ends_early(ending),
            _ => {}
        }
        let now_ns = self.worker.now_ns().min(self.end_ns.unwrap_or(u64::MAX));
        for mut course in std::mem::take(&mut self.courses) {
            course.end(now_ns, &mut *self.worker, &mut self.result);
        }
        if loading {
            let wound_up = self.wind_up();
            if let Err(stop) = wound_up {
                match &outcome {
                    None => outcome = Some(RunOutcome::from(stop)),
                    Some(_) => self.warn("not_wound_up", describe(RunOutcome::from(stop))),
                }
            }
        }
        self.observer.phase(Phase::Close, None);
        match self.worker.stop_all(&mut |doing| self.observer.doing(doing)) {
            Ok(mut end) => {
                self.result.warnings.append(&mut end.warnings);
                self.result.end = Some(end);
            }
            Err(error) => match &outcome {
                None => outcome = Some(RunOutcome::from(PhaseStop::from(error))),
                Some(_) => self.warn("not_closed", error.to_string()),
            },
        }
        // Only now: the last messages stand in the accounts that clients publish when they end.
        if loading {
            match self.worker.balances() {
                Ok(balances) => self.result.balances = balances,
                Err(error) => self.warn("no_balance", format!("no balance: {error}")),
            }
        }
        self.result.outcome = outcome.unwrap_or(RunOutcome::Completed);
        if loading && let Err(error) = self.observer.write(&self.result) {
            let why = error.to_string();
            self.result.outcome = match self.result.outcome {
                RunOutcome::Completed => RunOutcome::Failed { cause: FailureCause::Results, why },
                other => {
                    self.result.warnings.push(Caveat::of_run("results_not_taken", why));
                    other
                }
            };
        }
        self.result
    }

    fn warn(&mut self, code: &'static str, text: String) {
        self.result.warnings.push(Caveat::of_run(code, text));
    }

    fn wind_up(&mut self) -> Result<(), PhaseStop> {
        let limits = &self.result.plan.limits;
        self.observer.phase(Phase::Flush, Some(limits.flush));
        self.worker.stop_producers()?;
        self.observer.phase(Phase::CatchUp, Some(limits.catch_up));
        self.worker.catch_up()?;
        Ok(())
    }
}

fn describe(outcome: RunOutcome) -> String {
    match outcome {
        RunOutcome::Running | RunOutcome::Completed => "ended".to_owned(),
        RunOutcome::Interrupted { by } => format!("interrupted again by {by} while closing"),
        RunOutcome::ClientDied { death } => format!("while closing: {death}"),
        RunOutcome::WorkerLost { loss } => format!("while closing: {loss}"),
        RunOutcome::BrokerLost { loss } => format!("while closing: {loss}"),
        RunOutcome::Failed { why, .. } => format!("while closing: {why}"),
    }
}
