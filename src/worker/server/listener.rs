//! Ports: bound before anything starts, with so many connections at a time and no more.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// Runs a server from a thread that lives as long as the program. Without a runtime nothing is served: callers see that, and whoever holds
/// the other end of the server's channels sees them closed.
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
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(Few { listener, free: Arc::new(Semaphore::new(connections)) }, router).await
}

/// A listener that takes no more connections than it has permits for; the others wait in the kernel's queue.
struct Few {
    listener: tokio::net::TcpListener,
    free: Arc<Semaphore>,
}

impl axum::serve::Listener for Few {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let permit = loop {
            // The semaphore is never closed.
            if let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
                break permit;
            }
        };
        let (stream, address) = axum::serve::Listener::accept(&mut self.listener).await;
        (Counted { stream, _permit: permit }, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that gives its permit back when it ends.
struct Counted {
    stream: tokio::net::TcpStream,
    _permit: OwnedSemaphorePermit,
}

mod counted {
    use super::Counted;
    use std::io::Result;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    impl AsyncRead for Counted {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_read(cx, into)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
            Pin::new(&mut self.stream).poll_write(cx, from)
        }
        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }
        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    }
}
