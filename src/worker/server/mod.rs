//! `pinload worker`: a worker that is driven over HTTP, by OMB's coordinator or by pinload's.
//!
//! `http` is a thread of its own with the server in it; it turns requests into `Call`s for the main thread, which owns
//! the `Session` (and with it the clients: their parent-death signal is tied to that thread) and answers one call after
//! the other. What both threads know stands on the `Board`. `metrics_page` is the server of the metrics page, here and
//! in local runs.

mod browser;
mod connection;
pub mod http;
mod listener;
pub mod metrics_page;
mod omb;
mod pinload;
pub mod session;
pub mod status;

pub use http::{Listening, ServerSettings};
pub use session::Session;
pub use status::WorkerStatus;

/// One request, as the main thread sees it.
#[derive(Debug)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// Path, without slashes at the end and doubled ones.
    pub path: String,
    /// The run that the caller means (`x-pinload-run`).
    pub run: Option<String>,
    /// Body.
    pub body: Vec<u8>,
    /// Where the answer goes.
    pub reply: tokio::sync::oneshot::Sender<Reply>,
}

/// The two methods that the protocols use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Is the body JSON of ours? Else `text/plain`, as OMB's are, JSON or not.
    pub json: bool,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// OMB's answers: plain text.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, json: false, body: body.into() }
    }

    /// 200 and JSON that says it is plain text, as OMB's worker does.
    pub fn text_json(body: &impl serde::Serialize) -> Self {
        Self { json: false, ..Self::json(body) }
    }

    /// 200 and JSON.
    pub fn json(body: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { status: 200, json: true, body },
            Err(error) => Self::text(500, error.to_string()),
        }
    }
}
