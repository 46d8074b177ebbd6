//! Why a call failed, on its way from the worker to the coordinator.

use crate::worker::{BrokerLoss, ClientDeath, Interruption, SystemError, WorkerError};

/// Why a call failed, so that the coordinator can say it as if it had happened there.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "why")]
pub enum Failure {
    /// No broker answered.
    Unreachable(String),
    /// The broker refused the credentials.
    Authentication(String),
    /// Topics were refused.
    Topics(String),
    /// A client died.
    ClientDied(Box<ClientDeath>),
    /// The broker is gone.
    BrokerLost(Box<BrokerLoss>),
    /// A wait reached its limit.
    TimedOut(String),
    /// The machine refused.
    System(String),
    /// The client library refused a setting.
    Configuration(String),
    /// The worker was told to stop.
    Interrupted(Interruption),
    /// The call itself was refused: token, run id, unknown path, unreadable body.
    Refused(String),
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Unreachable(why) => Self::Unreachable(why),
            WorkerError::Authentication(why) => Self::Authentication(why),
            WorkerError::Topics(why) => Self::Topics(why),
            WorkerError::ClientDied(death) => Self::ClientDied(Box::new(death)),
            WorkerError::BrokerLost(loss) => Self::BrokerLost(Box::new(loss)),
            WorkerError::TimedOut(why) => Self::TimedOut(why),
            WorkerError::Configuration(why) => Self::Configuration(why),
            WorkerError::Interrupted(by) => Self::Interrupted(by),
            WorkerError::System(error) => Self::System(error.to_string()),
            WorkerError::WorkerLost(loss) => Self::System(loss.to_string()),
            WorkerError::Workers(error) => Self::System(error.to_string()),
        }
    }
}

impl Failure {
    /// What an answer with another status than 200 says; text that is none of ours is quoted.
    pub fn read(status: u16, body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| {
            let words = String::from_utf8_lossy(body).trim().to_owned();
            Self::Refused(if words.is_empty() { format!("HTTP status {status} and no word") } else { words })
        })
    }

    /// The same as the coordinator's error, the worker named.
    pub fn at(self, worker: &str) -> WorkerError {
        let named = |why: String| format!("{worker}: {why}");
        match self {
            Self::Unreachable(why) => WorkerError::Unreachable(named(why)),
            Self::Authentication(why) => WorkerError::Authentication(named(why)),
            Self::Topics(why) => WorkerError::Topics(named(why)),
            Self::ClientDied(death) => {
                WorkerError::ClientDied(ClientDeath { worker: Some(worker.to_owned()), ..*death })
            }
            Self::BrokerLost(loss) => WorkerError::BrokerLost(*loss),
            Self::TimedOut(why) => WorkerError::TimedOut(named(why)),
            Self::Configuration(why) => WorkerError::Configuration(named(why)),
            Self::Interrupted(by) => SystemError::Told(named(format!("the worker was stopped by {by}"))).into(),
            Self::System(why) | Self::Refused(why) => SystemError::Told(named(why)).into(),
        }
    }
}
