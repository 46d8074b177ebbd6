//! Exit codes: one list, one mapping. docs/options.md documents them.

use crate::report::WriteError;
use crate::worker::Interruption;
use crate::workload_generator::{FailureCause, RunOutcome};
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Everything went as planned.
    Success = 0,
    /// A run failed for a reason that has no code of its own (a wait reached its limit).
    RunFailed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A configuration file, or what it asks for, is refused. Nothing was started.
    ConfigurationRefused = 3,
    /// The broker cannot be reached, or refused the authentication or the topics.
    BrokerRefused = 4,
    /// A client process or a worker died: the result is invalid.
    ClientDied = 5,
    /// The results could not be written.
    ResultsNotWritten = 6,
    /// The machine refused: shared memory, processes, ports, topology.
    MachineRefused = 7,
    /// A run completed, its verdict is not VALID, and `--require-valid` asks for one that is.
    NotValid = 8,
    /// A run completed, and a goal was missed, or nobody can tell whether it was met.
    GoalMissed = 9,
    /// The system under test failed: messages failed, are unknown, lost, duplicated or corrupt, or the broker was gone.
    SystemFailed = 10,
    /// `compare --fail-if`: the condition holds, or cannot be told.
    ComparisonFailed = 11,
    /// Ended by Ctrl-C (128 + SIGINT).
    Interrupted = 130,
    /// Ended by SIGTERM or SIGHUP (128 + SIGTERM).
    Terminated = 143,
}

impl ExitStatus {
    /// Was it ended from outside?
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// Of this and the next run of the same command: an interruption wins, else the first failure.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        if next.is_interruption() || self == Self::Success { next } else { self }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

impl From<Interruption> for ExitStatus {
    fn from(by: Interruption) -> Self {
        match by {
            Interruption::Interrupt => Self::Interrupted,
            Interruption::Terminate => Self::Terminated,
        }
    }
}

impl From<&RunOutcome> for ExitStatus {
    fn from(outcome: &RunOutcome) -> Self {
        match outcome {
            RunOutcome::Completed => Self::Success,
            RunOutcome::Interrupted { by } => (*by).into(),
            RunOutcome::ClientDied { .. } | RunOutcome::WorkerLost { .. } => Self::ClientDied,
            RunOutcome::BrokerLost { .. } => Self::SystemFailed,
            RunOutcome::Failed { cause: FailureCause::Broker, .. } => Self::BrokerRefused,
            RunOutcome::Failed { cause: FailureCause::Configuration, .. } => Self::ConfigurationRefused,
            RunOutcome::Failed { cause: FailureCause::Machine, .. } => Self::MachineRefused,
            RunOutcome::Failed { cause: FailureCause::Results, .. } => Self::ResultsNotWritten,
            // A run that still goes on when it is over has not come to its end.
            RunOutcome::Failed { cause: FailureCause::TimedOut, .. } | RunOutcome::Running => Self::RunFailed,
        }
    }
}

impl From<&WriteError> for ExitStatus {
    fn from(_: &WriteError) -> Self {
        Self::ResultsNotWritten
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::*;
    use super::*;
    use crate::telemetry::Role;
    use crate::worker::{BrokerLoss, ClientDeath};

    #[test]
    fn every_outcome_has_the_documented_code() {
        let failed = |cause| RunOutcome::Failed { cause, why: String::new() };
        let death = ClientDeath {
            worker: None,
            role: Role::Producer,
            index: 0,
            pid: 1,
            cpu: None,
            cause: "killed by signal 9 (SIGKILL)".to_owned(),
            last_words: None,
        };
        let loss = BrokerLoss::Died { pid: 2, cause: "exit code 1".to_owned(), at_ns: 3 };
        for (outcome, code) in [
            (RunOutcome::Completed, 0),
            (failed(FailureCause::TimedOut), 1),
            (failed(FailureCause::Configuration), 3),
            (failed(FailureCause::Broker), 4),
            (RunOutcome::ClientDied { death }, 5),
            (failed(FailureCause::Results), 6),
            (failed(FailureCause::Machine), 7),
            (RunOutcome::BrokerLost { loss }, 10),
            (RunOutcome::Interrupted { by: Interruption::Interrupt }, 130),
            (RunOutcome::Interrupted { by: Interruption::Terminate }, 143),
        ] {
            assert_eq!(ExitStatus::from(&outcome) as u8, code, "{outcome:?}");
        }
    }

    #[test]
    fn of_several_runs_the_first_failure_counts_and_an_interruption_wins() {
        for (runs, expected) in [
            (&[Success, Success][..], Success),
            (&[Success, BrokerRefused, ClientDied, Success], BrokerRefused),
            (&[ClientDied, Interrupted], Interrupted),
            (&[Success, Terminated], Terminated),
            (&[], Success),
        ] {
            assert_eq!(runs.iter().fold(Success, |status, &run| status.then(run)), expected, "{runs:?}");
        }
    }
}
