//! The HTTP server: axum on a thread of its own. It knows nothing of runs; it checks who may call and how much, and
//! hands calls on.

use super::browser::OriginCheck;
use super::listener::{ServerError, bind, serve, serve_beside};
use super::{Call, Method, Reply, WorkerStatus, metrics_page};
use crate::worker::metrics::Scrape;
use crate::worker::wire::pinload::{PREFIX, RUN_HEADER, WallTime};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use crossbeam_channel::{Receiver, Sender};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

/// How the server listens.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address of both ports.
    pub bind: IpAddr,
    /// Port of the worker's calls; 0: any free one.
    pub port: u16,
    /// Port of the metrics page; 0: any free one.
    pub stats_port: u16,
    /// What callers must show; None: nothing.
    pub token: Option<String>,
    /// Most bytes of a request's body.
    pub body_bytes: usize,
    /// Most connections at a time on each port.
    pub connections: usize,
}

/// A server that listens.
#[derive(Debug)]
pub struct Listening {
    /// Address of the worker's calls.
    pub address: SocketAddr,
    /// Address of the metrics page.
    pub stats_address: SocketAddr,
    /// Calls for the main thread.
    pub calls: Receiver<Call>,
    /// Scrapes of the metrics page, for it too.
    pub scrapes: Receiver<Scrape>,
}

/// A request that has not been read after this long is given up: its sender holds a connection.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// What every request is answered with.
#[derive(Debug, Clone)]
struct RequestContext {
    calls: Sender<Call>,
    worker_status: Arc<WorkerStatus>,
    token: Option<Arc<str>>,
    /// Where there is no token.
    guard: Option<OriginCheck>,
    body_bytes: usize,
}

/// Binds both ports, then serves them from a thread that lives as long as the program.
///
/// # Errors
/// A port that is taken or not ours.
pub fn listen(settings: &ServerSettings, worker_status: Arc<WorkerStatus>) -> Result<Listening, ServerError> {
    let (main, address) = bind(SocketAddr::new(settings.bind, settings.port))?;
    let (stats, stats_address) = bind(SocketAddr::new(settings.bind, settings.stats_port))?;
    let (sender, calls) = crossbeam_channel::unbounded();
    let (scraper, scrapes) = crossbeam_channel::unbounded();
    let guard = settings.token.is_none().then_some(OriginCheck { loopback: settings.bind.is_loopback() });
    let token = settings.token.as_deref().map(Arc::from);
    let context = RequestContext { calls: sender, worker_status, token, guard, body_bytes: settings.body_bytes };
    let connections = settings.connections;
    serve_beside(address, move || async move {
        tokio::join!(
            serve(main, connections, worker_calls(context)),
            serve(stats, connections, metrics_page::router(scraper, stats_address))
        )
    })?;
    Ok(Listening { address, stats_address, calls, scrapes })
}

fn worker_calls(context: RequestContext) -> axum::Router {
    axum::Router::new().fallback(any_call).with_state(context)
}

async fn any_call(State(context): State<RequestContext>, request: Request) -> Response {
    let reply = context.answer(request).await;
    let kind = if reply.json { "application/json" } else { "text/plain;charset=utf-8" };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

impl RequestContext {
    async fn answer(&self, request: Request) -> Reply {
        let path = tidy(request.uri().path());
        let of_browser =
            self.guard.and_then(|guard| guard.refuses(request.method(), request.headers(), path.starts_with(PREFIX)));
        if let Some((status, why)) = of_browser {
            return Reply::text(status, why);
        }
        let method = match *request.method() {
            axum::http::Method::GET => Method::Get,
            axum::http::Method::POST => Method::Post,
            _ => return Reply::text(404, "Not found"),
        };
        let allowed = self.allows(&request);
        if let Some(own) = path.strip_prefix(PREFIX) {
            match (method, own) {
                // Also for those who only want to know whether the worker lives; their asking keeps no lease.
                (Method::Get, "pulse") => {
                    let pulse = self.worker_status.pulse();
                    if allowed && pulse.run.is_some() && header_text(&request, RUN_HEADER) == pulse.run {
                        self.worker_status.called();
                    }
                    return Reply::json(&pulse);
                }
                (Method::Get, "time") if allowed => return Reply::json(&WallTime { realtime_ns: realtime_ns() }),
                (Method::Post, "abort") if allowed => {
                    let run = self.worker_status.pulse().run;
                    if run.is_some() && header_text(&request, RUN_HEADER) == run {
                        self.worker_status.abort();
                    }
                    return Reply::text(200, "");
                }
                _ => {}
            }
        }
        if !allowed {
            return Reply::text(
                401,
                "the token is missing or wrong: give the worker's token (pinload run --token-file)",
            );
        }
        let run = header_text(&request, RUN_HEADER);
        let body = tokio::time::timeout(READ_LIMIT, to_bytes(request.into_body(), self.body_bytes)).await;
        let body = match body {
            Ok(Ok(body)) => body.to_vec(),
            Ok(Err(_)) => {
                return Reply::text(
                    413,
                    format!("the body is longer than {} bytes: see --max-request", self.body_bytes),
                );
            }
            Err(_) => return Reply::text(408, "the body did not come in time"),
        };
        let (reply, answer) = oneshot::channel();
        if self.calls.send(Call { method, path, run, body, reply }).is_err() {
            return Reply::text(503, "the worker is ending");
        }
        answer.await.unwrap_or_else(|_| Reply::text(503, "the worker is ending"))
    }

    /// Compared in constant time, so that the time of an answer tells nothing of the token.
    fn allows(&self, request: &Request) -> bool {
        let Some(token) = &self.token else { return true };
        let shown = request.headers().get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        shown.strip_prefix(b"Bearer ").is_some_and(|shown| shown.ct_eq(token.as_bytes()).into())
    }
}

fn header_text(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// `//stop-all/` → `/stop-all`, as OMB's server takes it.
fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

fn realtime_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied() {
        for (path, tidied) in [("/stop-all", "/stop-all"), ("//stop-all/", "/stop-all"), ("/", "/")] {
            assert_eq!(tidy(path), tidied);
        }
    }
}
