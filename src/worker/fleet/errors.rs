//! Why workers on other hosts cannot be used.

use super::peer::PeerCallError;
use crate::worker::WorkerError;
use crate::worker::http_client::HttpError;
use crate::worker::wire::pinload::{PREFIX, WIRE};

/// Nothing has been started, or what was asked for cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// These cannot be driven.
    #[error("{}", all_of(.0))]
    NotAdmitted(Vec<NotAdmitted>),
    /// A worker says no.
    #[error("{worker}: /{verb} failed there: {source}")]
    Refused {
        /// Its address.
        worker: String,
        /// What it was asked.
        verb: String,
        /// Its words.
        source: PeerCallError,
    },
    /// It answers, but what?
    #[error("{worker}: cannot understand its answer to /{verb}: {source}")]
    Unreadable {
        /// Its address.
        worker: String,
        /// What it was asked.
        verb: String,
        /// What is wrong with the answer.
        source: PeerCallError,
    },
    /// A figure of its answer is none.
    #[error("{worker}: cannot understand {figure} of its answer to /{verb}: {source}")]
    Figure {
        /// Its address.
        worker: String,
        /// What it was asked.
        verb: String,
        /// Which figure.
        figure: &'static str,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was not heard when its run was to end.
    #[error("{worker}: /{verb}: {source}")]
    NotStopped {
        /// Its address.
        worker: String,
        /// The call.
        verb: &'static str,
        /// What came of it.
        source: PeerCallError,
    },
}

fn all_of(wrong: &[NotAdmitted]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why one worker cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// Nobody is there.
    #[error("{url} cannot be reached: {source}")]
    NotReached {
        /// Its address.
        url: String,
        /// Why.
        source: HttpError,
    },
    /// It is another program.
    #[error("{url} is no pinload worker (it knows no {PREFIX}hello)")]
    NoPinload {
        /// Its address.
        url: String,
    },
    /// It is of a version that speaks otherwise.
    #[error(
        "{url} is pinload {version} with another protocol ({wire}, ours is {WIRE}): take the same version everywhere"
    )]
    OtherProtocol {
        /// Its address.
        url: String,
        /// Its version.
        version: String,
        /// Its protocol.
        wire: u32,
    },
    /// It speaks neither protocol.
    #[error("{url} is no worker: {source}")]
    NoWorker {
        /// Its address.
        url: String,
        /// Why not.
        source: NoOmbWorker,
    },
    /// It has another run.
    #[error("{url} is busy with {what}")]
    Busy {
        /// Its address.
        url: String,
        /// With what.
        what: String,
    },
    /// Its answer is none.
    #[error(transparent)]
    Call(Box<WorkerError>),
}

/// Why something is no worker of OMB's.
#[derive(Debug, thiserror::Error)]
pub enum NoOmbWorker {
    /// No answer, or none that can be read.
    #[error(transparent)]
    Call(PeerCallError),
    /// It knows no such call.
    #[error("it knows neither pinload's calls nor OMB's (/counters-stats: {0})")]
    Unknown(#[source] PeerCallError),
    /// Its counters have other names.
    #[error("its /counters-stats has no {0} (a fork's worker? Redpanda's protocol is another one)")]
    NoCounter(&'static str),
}
