//! Why a phase ended before its time, and the outcome that this is.

use crate::worker::WorkerError;
use crate::workload_generator::result::{FailureCause, NotWritten, RunOutcome};

/// Why a phase ended before its time.
pub(super) enum PhaseStop {
    Interrupted(crate::worker::Interruption),
    Worker(WorkerError),
    Results(NotWritten),
    /// The user has been told of it.
    Told(RunOutcome),
}

impl From<WorkerError> for PhaseStop {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Interrupted(by) => Self::Interrupted(by),
            other => Self::Worker(other),
        }
    }
}

impl From<PhaseStop> for RunOutcome {
    fn from(stop: PhaseStop) -> Self {
        let (cause, why) = match stop {
            PhaseStop::Told(outcome) => return outcome,
            PhaseStop::Interrupted(by) => return Self::Interrupted { by },
            PhaseStop::Results(error) => (FailureCause::Results, error.to_string()),
            PhaseStop::Worker(error) => match error {
                WorkerError::ClientDied(death) => return Self::ClientDied { death },
                WorkerError::Interrupted(by) => return Self::Interrupted { by },
                WorkerError::WorkerLost(loss) => return Self::WorkerLost { loss },
                WorkerError::BrokerLost(loss) => return Self::BrokerLost { loss },
                WorkerError::Unreachable(_)
                | WorkerError::Authentication(_)
                | WorkerError::Topics(_)
                | WorkerError::Workers(_) => (FailureCause::Broker, error.to_string()),
                WorkerError::TimedOut(_) => (FailureCause::TimedOut, error.to_string()),
                WorkerError::Configuration(_) => (FailureCause::Configuration, error.to_string()),
                WorkerError::System(_) => (FailureCause::Machine, error.to_string()),
            },
        };
        Self::Failed { cause, why }
    }
}
