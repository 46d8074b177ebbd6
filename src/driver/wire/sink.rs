//! A broker that costs nothing: what is produced is thrown away unread, what is fetched comes from memory. So it is the
//! client whose speed is seen, as with the null driver, but with its requests, batches and sockets.
//!
//! A thread a connection. On a CPU of its own it looks for requests all the time, so that the client need not wake it.
//! Values that are produced are not even copied out of the kernel (`MSG_TRUNC`); of each batch the head is read, for
//! its count. One batch is served again and again. Its offsets go on, which are no part of its CRC; and where stamps go
//! on as well, so that a consumer finds each message once and in order, 48 bytes a message are written and the batch
//! is summed up anew.

mod incoming_requests;
mod outgoing_answer;
mod patient_socket;
mod served_batch;
mod serving;

use crate::os::affinity::{CpuSet, current_mask, pin_current_thread};
use crate::os::clock::Clock;
use served_batch::ServedBatch;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What a sink is to be.
#[derive(Debug, Clone, Copy)]
pub struct SinkOptions {
    /// Partitions of each topic that is asked for.
    pub partitions: u32,
    /// The CPU of its threads; None: any.
    pub cpu: Option<usize>,
    /// Do they spin while they wait? Else they sleep.
    pub spins: bool,
    /// The run whose messages it serves, all of producer 0.
    pub run_id: u64,
    /// Length of their values, at least a stamp's.
    pub value_bytes: u32,
    /// Messages have stamps with numbers that go on, and times of this clock; None: the same bytes come again and
    /// again, without stamps.
    pub stamps: Option<Clock>,
}

/// What a sink has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinkUse {
    /// Messages that it took and served.
    pub messages: u64,
    /// Requests to produce and to fetch.
    pub requests: u64,
    /// Time between the first and the last of these in which it waited for the client, ns. Next to none: the sink was
    /// the limit, not the client.
    pub waited_ns: u64,
}

/// What its threads share.
#[derive(Debug)]
struct SinkState {
    options: SinkOptions,
    port: u16,
    is_over: AtomicBool,
    served: Mutex<ServedBatch>,
    /// Where the log of each partition ends.
    ends: Mutex<Vec<i64>>,
}

/// A sink that is there.
#[derive(Debug)]
pub struct SinkBroker {
    address: SocketAddr,
    state: Arc<SinkState>,
    acceptor: Option<JoinHandle<SinkUse>>,
}

impl SinkBroker {
    /// Begins to listen on a port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port or thread to be had, or the process may not use the CPU.
    pub fn start(options: SinkOptions) -> io::Result<Self> {
        if let Some(cpu) = options.cpu
            && !current_mask().map_err(io::Error::other)?.contains(cpu)
        {
            return Err(io::Error::other(format!("CPU {cpu} is none of those that this process may use")));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(SinkState {
            options,
            port: address.port(),
            is_over: AtomicBool::new(false),
            served: Mutex::new(ServedBatch::new(&options)),
            ends: Mutex::new(vec![0; usize::try_from(options.partitions).unwrap_or(usize::MAX)]),
        });
        let shared = Arc::clone(&state);
        let acceptor = thread::Builder::new().name("sink".to_owned()).spawn(move || accept(&listener, &shared))?;
        Ok(Self { address, state, acceptor: Some(acceptor) })
    }

    /// Its address, as `bootstrap.servers` names it.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Closes all connections, and says what was done.
    pub fn finish(mut self) -> SinkUse {
        self.close()
    }

    fn close(&mut self) -> SinkUse {
        let Some(acceptor) = self.acceptor.take() else { return SinkUse::default() };
        self.state.is_over.store(true, Ordering::Release);
        // It waits for somebody.
        if TcpStream::connect(self.address).is_err() {
            return SinkUse::default();
        }
        acceptor.join().unwrap_or_default()
    }
}

impl Drop for SinkBroker {
    fn drop(&mut self) {
        self.close();
    }
}

/// Serves each connection by a thread of its own.
fn accept(listener: &TcpListener, state: &Arc<SinkState>) -> SinkUse {
    if let Some(cpu) = state.options.cpu {
        // It was looked whether that may be; threads inherit it.
        let _ = pin_current_thread(&CpuSet::of(cpu));
    }
    let mut connections = Vec::new();
    for socket in listener.incoming().map_while(Result::ok) {
        if state.is_over.load(Ordering::Acquire) {
            break;
        }
        let state = Arc::clone(state);
        let served = socket.try_clone().and_then(|ours| {
            let named = thread::Builder::new().name("sink".to_owned());
            Ok((ours, named.spawn(move || serving::serve(socket, &state))?))
        });
        connections.extend(served);
    }
    let mut done = SinkUse::default();
    for (socket, thread) in connections {
        // Who is still connected is not any more.
        let _ = socket.shutdown(Shutdown::Both);
        let SinkUse { messages, requests, waited_ns } = thread.join().unwrap_or_default();
        done.messages += messages;
        done.requests += requests;
        done.waited_ns += waited_ns;
    }
    done
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
