//! Keeps the mock cluster's thread awake while it is given orders.
//!
//! An order to the mock (a topic, a setting) is put into its queue with one byte in a pipe, and its answer is waited
//! for. The mock's thread looks at its queue first and empties the pipe behind that. An order that comes in between,
//! which is what the next one does when the last was answered, loses its byte: the thread sleeps its second out, and so
//! did each second topic on a busy machine. A connection to the mock's port wakes the thread as well.

use crossbeam_channel::{RecvTimeoutError, Sender};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// An order that takes longer than this has lost its byte: they take some µs.
const PATIENCE: Duration = Duration::from_millis(2);
/// Of a connection on loopback.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Wakes the mock whenever no order has been answered for a while. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Waker {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waker {
    /// For the mock at `address`, from now on.
    pub(super) fn start(address: &str) -> io::Result<Self> {
        let address: SocketAddr = address.parse().map_err(|_| io::Error::other(format!("{address} is no address")))?;
        let (done, orders) = crossbeam_channel::bounded::<()>(64);
        let wake = move || {
            loop {
                match orders.recv_timeout(PATIENCE) {
                    Ok(()) => {}
                    // Closed at once. One that fails is tried again, and nothing is lost but time.
                    Err(RecvTimeoutError::Timeout) => drop(TcpStream::connect_timeout(&address, CONNECT_LIMIT)),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let thread = std::thread::Builder::new().name("pinload-waker".to_owned()).spawn(wake)?;
        Ok(Self { done: Some(done), thread: Some(thread) })
    }

    /// An order was answered.
    pub(super) fn done(&self) {
        if let Some(done) = &self.done {
            // A full channel says the same.
            let _told = done.try_send(());
        }
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            // It only connects and waits.
            let _ended = thread.join();
        }
    }
}
