//! HTTP as a coordinator speaks it to workers: one call, one limit, and words for what went wrong.

use std::time::Duration;
use ureq::Agent;

/// A worker that does not take a connection within this is unreachable.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Largest answer: the timelines of many clients over days.
const MOST_ANSWER_BYTES: u64 = 4 << 30;

/// A client of one HTTP/1.1 agent with a limit for each call. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct HttpClient {
    agent: Agent,
    authorization: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct HttpAnswer {
    /// HTTP status.
    pub(super) status: u16,
    /// Body.
    pub(super) body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// It took too long.
    #[error("it gave no answer within {:.0} s", limit.as_secs_f64())]
    Silent {
        /// So long was waited.
        limit: Duration,
        /// Where the time went.
        source: Box<ureq::Error>,
    },
    /// The connection.
    #[error(transparent)]
    Io(std::io::Error),
    /// HTTP.
    #[error(transparent)]
    Other(Box<ureq::Error>),
    /// The call's thread.
    #[error("the call panicked")]
    Panicked,
}

impl HttpClient {
    /// A client that shows `token` where there is one.
    pub(super) fn new(token: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .user_agent(concat!("pinload/", env!("CARGO_PKG_VERSION")))
            // Workers are where the user says, not behind what a shell's http_proxy says.
            .proxy(None)
            .build()
            .into();
        Self { agent, authorization: token.map(|token| format!("Bearer {token}")) }
    }

    /// GET of `url`, or POST of a body (JSON where a `header` of pinload's own protocol goes with it; OMB's client says
    /// nothing of its bodies). Err: there was no answer, and why.
    pub(super) fn call(
        &self,
        url: &str,
        body: Option<&[u8]>,
        header: Option<(&str, &str)>,
        limit: Duration,
    ) -> Result<HttpAnswer, HttpError> {
        let is_json = header.is_some() && body.is_some();
        let kind = is_json.then_some(("content-type", "application/json"));
        let headers = self
            .authorization
            .as_deref()
            .map(|authorization| ("authorization", authorization))
            .into_iter()
            .chain(header)
            .chain(kind);
        let answer = match body {
            None => {
                let request = headers.fold(self.agent.get(url), |request, (name, value)| request.header(name, value));
                request.config().timeout_global(Some(limit)).build().call()
            }
            Some(body) => {
                let request = headers.fold(self.agent.post(url), |request, (name, value)| request.header(name, value));
                request.config().timeout_global(Some(limit)).build().send(body)
            }
        };
        let no_answer = |error: ureq::Error| match error {
            error @ ureq::Error::Timeout(_) => HttpError::Silent { limit, source: Box::new(error) },
            ureq::Error::Io(error) => HttpError::Io(error),
            other => HttpError::Other(Box::new(other)),
        };
        let mut answer = answer.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_vec().map_err(no_answer)?;
        Ok(HttpAnswer { status, body })
    }
}
