//! What the machine refused a worker, or what another process did not say.

use crate::os::affinity::AffinityError;
use crate::telemetry::SegmentError;
use std::io;

/// Shared memory, processes, files, threads: what came of them instead.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// A set of CPUs cannot be used.
    #[error(transparent)]
    Affinity(#[from] AffinityError),
    /// Shared memory.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The payloads cannot be made, or not be handed over.
    #[error("payload: {0}")]
    Payload(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An order cannot be written as JSON.
    #[error(transparent)]
    Order(#[from] serde_json::Error),
    /// A process cannot be started.
    #[error("cannot start {what}: {source}")]
    Start {
        /// Which: `producer 3`, `the admin process`, `a thread`.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// A helper process cannot be heard.
    #[error("the {role} process has no standard output")]
    Unheard {
        /// Its role.
        role: String,
    },
    /// A helper process ended too early.
    #[error("the {role} process (pid {pid}) ended before it had answered: {how}")]
    EndedUnanswered {
        /// Its role.
        role: String,
        /// Its process id.
        pid: i32,
        /// Exit code or signal.
        how: String,
    },
    /// What a helper process answered is no answer.
    #[error("cannot understand {who}: {source}")]
    Answer {
        /// Who it is.
        who: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A call's thread is gone.
    #[error("{verb}: a call ended without an answer")]
    CallEnded {
        /// Which call.
        verb: &'static str,
    },
    /// A verb came before the one that it needs.
    #[error("{0}")]
    TooEarly(&'static str),
    /// In the words of another process, or of a worker on another host.
    #[error("{0}")]
    Told(String),
}

impl SystemError {
    /// For `map_err`: what could not be started.
    pub fn starting(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Start { what: what.into(), source }
    }

    /// For `map_err`: it was about payloads.
    pub fn payload(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Payload(Box::new(source))
    }
}
