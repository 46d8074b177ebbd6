//! One connection of a server: it gives its place back when it ends, and it ends when its other side has been silent
//! for too long.
//!
//! The other side of a connection can vanish without a word (a host that lost its power, a tunnel that was cut), and
//! its place would be taken for ever: after as many of them as `--max-connections` allows, nobody could reach the
//! worker.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

/// How long a connection may be silent.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdleTimeouts {
    /// While no request is under way. Callers that keep connections for later give them up earlier: Java's after 60 s.
    pub idle: Duration,
    /// While something came in that has had no answer: half a request, or a call that takes its time.
    pub unanswered: Duration,
}

/// For real callers. The longest calls wait for topics and for clients to be ready, which takes minutes.
pub(super) const PATIENCE: IdleTimeouts =
    IdleTimeouts { idle: Duration::from_secs(180), unanswered: Duration::from_secs(3600) };

/// A connection that was accepted.
pub(super) struct Connection {
    stream: TcpStream,
    patience: IdleTimeouts,
    /// When it is closed, unless something happens before.
    end: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, patience: IdleTimeouts, permit: OwnedSemaphorePermit) -> Self {
        Self { stream, patience, end: Box::pin(tokio::time::sleep(patience.idle)), _permit: permit }
    }

    fn wait_from_now(&mut self, silence: Duration) {
        self.end.as_mut().reset(Instant::now() + silence);
    }
}

impl AsyncRead for Connection {
    /// No bytes, which is how a stream ends, when the other side has been silent for too long.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        match read {
            Poll::Ready(_) => {
                let unanswered = self.patience.unanswered;
                self.wait_from_now(unanswered);
                read
            }
            Poll::Pending => self.end.as_mut().poll(cx).map(Ok),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, from);
        if written.is_ready() {
            let idle = self.patience.idle;
            self.wait_from_now(idle);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
