//! The server of the metrics page: beside the worker's calls, or alone in a local run. No token: it only tells. On
//! loopback it tells only programs of this host, and no page in a browser that points a name of its own there.

use super::browser::OriginCheck;
use super::listener::{ServerError, bind, serve, serve_beside};
use crate::worker::metrics::Scrape;
use crate::worker::metrics::exposition::CONTENT_TYPE;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use crossbeam_channel::{Receiver, Sender};
use std::net::SocketAddr;
use std::time::Duration;

/// Scrapers in a local run.
const CONNECTIONS: usize = 16;
/// A main thread that has not answered after this long is busy with something that does not wait; scrapers give up
/// after 10 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(8);

/// Serves the page alone at `wanted`, from a thread that lives as long as the program. The address (port 0: a free one)
/// and what is to be answered come back.
///
/// # Errors
/// A port that is taken or not ours.
pub fn listen(wanted: SocketAddr) -> Result<(SocketAddr, Receiver<Scrape>), ServerError> {
    let (listener, address) = bind(wanted)?;
    let (scraper, scrapes) = crossbeam_channel::unbounded();
    serve_beside(address, move || serve(listener, CONNECTIONS, router(scraper, address)))?;
    Ok((address, scrapes))
}

/// The page that is served at `address`.
pub(super) fn router(scraper: Sender<Scrape>, address: SocketAddr) -> axum::Router {
    let guard = address.ip().is_loopback().then_some(OriginCheck { loopback: true });
    axum::Router::new().route("/metrics", axum::routing::get(page)).with_state((scraper, guard))
}

async fn page(State((scraper, guard)): State<(Sender<Scrape>, Option<OriginCheck>)>, headers: HeaderMap) -> Response {
    if guard.is_some_and(|guard| guard.foreign(&headers).is_some()) {
        let why = "this metrics page is for programs of its host: ask for it as localhost or 127.0.0.1, or let it \
                   listen on another address (--metrics-addr, worker --bind)";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let (reply, answer) = tokio::sync::oneshot::channel();
    // Nobody listens when the program ends; then the answer is dropped as well.
    let _ = scraper.send(Scrape(reply));
    match tokio::time::timeout(ANSWER_LIMIT, answer).await {
        Ok(Ok(page)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response(),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "pinload is ending").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "pinload is busy: ask again").into_response(),
    }
}
