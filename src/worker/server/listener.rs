//! Ports: bound before anything starts, with so many connections at a time and no more.

use super::connection::{Connection, IdleTimeouts, PATIENCE};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A port that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {why}")]
pub struct ServerError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub why: std::io::Error,
}

pub(super) fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let bound = TcpListener::bind(wanted).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|why| ServerError { address: wanted, why })
}

/// Runs a server from a thread that lives as long as the program. Without a runtime nothing is served: callers see
/// that, and whoever holds the other end of the server's channels sees them closed.
pub(super) fn serve_beside<S: Future>(
    address: SocketAddr,
    server: impl FnOnce() -> S + Send + 'static,
) -> Result<(), ServerError> {
    let served = std::thread::Builder::new().name("pinload-http".to_owned()).spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(server());
        }
    });
    served.map(drop).map_err(|why| ServerError { address, why })
}

pub(super) async fn serve(listener: TcpListener, connections: usize, router: axum::Router) -> std::io::Result<()> {
    serve_with(listener, connections, PATIENCE, router).await
}

async fn serve_with(
    listener: TcpListener,
    connections: usize,
    patience: IdleTimeouts,
    router: axum::Router,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(LimitedListener { listener, patience, free: Arc::new(Semaphore::new(connections)) }, router).await
}

/// A listener that takes no more connections than it has permits for; the others wait in the kernel's queue.
struct LimitedListener {
    listener: tokio::net::TcpListener,
    patience: IdleTimeouts,
    free: Arc<Semaphore>,
}

impl axum::serve::Listener for LimitedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let permit = loop {
            // The semaphore is never closed.
            if let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
                break permit;
            }
        };
        let (stream, address) = axum::serve::Listener::accept(&mut self.listener).await;
        (Connection::new(stream, self.patience, permit), address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(60);

    /// A server with one place.
    fn narrow(patience: IdleTimeouts) -> SocketAddr {
        let (listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            "answered"
        };
        let router = axum::Router::new().route("/", axum::routing::get(slow));
        serve_beside(address, move || serve_with(listener, 1, patience, router)).unwrap();
        address
    }

    fn caller(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn ask(mut stream: TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_caller_that_says_nothing_does_not_keep_its_place() {
        let address = narrow(IdleTimeouts { idle: Duration::from_millis(100), unanswered: LONG });
        let mut silent = caller(address);
        assert!(ask(caller(address)).ends_with("answered"));
        assert_eq!(silent.read(&mut [0; 8]).unwrap(), 0, "the silent one is closed");
    }

    #[test]
    fn a_caller_that_begins_a_request_and_leaves_it_does_not_keep_its_place() {
        let address = narrow(IdleTimeouts { idle: LONG, unanswered: Duration::from_millis(600) });
        let mut half = caller(address);
        half.write_all(b"GET / HT").unwrap();
        assert!(ask(caller(address)).ends_with("answered"));
    }

    #[test]
    fn a_call_that_takes_longer_than_an_idle_caller_may_is_answered() {
        let address = narrow(IdleTimeouts { idle: Duration::from_millis(100), unanswered: LONG });
        assert!(ask(caller(address)).ends_with("answered"));
    }
}
