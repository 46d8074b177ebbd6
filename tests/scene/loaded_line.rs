//! A line to a broker that takes the longer the more is sent over it: its delay towards the broker is known for every
//! load, so a latency goal has an edge that is known beforehand.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The load is that of about so long, s.
const MEMORY_S: f64 = 0.3;

/// A port whose connections lead to a broker.
#[derive(Debug)]
pub struct LoadedLine {
    listener: TcpListener,
    port: u16,
}

/// What passes, of all connections together.
#[derive(Debug)]
struct Load {
    bytes_per_s: f64,
    at: Instant,
}

/// The delay of an idle line, and what each MB/s adds.
#[derive(Debug, Clone, Copy)]
pub struct DelayLaw {
    /// Of an idle line, ms.
    pub idle_ms: f64,
    /// More for each MB/s, ms.
    pub ms_per_mb_s: f64,
}

impl Load {
    fn add(&mut self, bytes: usize) -> f64 {
        let now = Instant::now();
        let passed = (now - self.at).as_secs_f64();
        self.at = now;
        self.bytes_per_s = self.bytes_per_s * (-passed / MEMORY_S).exp() + bytes as f64 / MEMORY_S;
        self.bytes_per_s
    }
}

impl LoadedLine {
    /// A port that nobody answers yet.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        Self { listener, port }
    }

    /// Where clients connect to.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Leads to this broker from now on, to the end of the test program.
    pub fn lead_to(&self, broker: &str, law: DelayLaw) {
        let listener = self.listener.try_clone().expect("a listener");
        let broker = broker.to_owned();
        let load = Arc::new(Mutex::new(Load { bytes_per_s: 0.0, at: Instant::now() }));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&broker) else { continue };
                let ends = (near.try_clone(), far.try_clone());
                let (Ok(near_back), Ok(far_back)) = ends else { continue };
                let load = Arc::clone(&load);
                let (put, take) = channel();
                thread::spawn(move || read_late(near, &put, &load, law));
                thread::spawn(move || write_when_due(&take, far));
                thread::spawn(move || carry_back(far_back, near_back));
            }
        });
    }
}

/// Reads at once and says when each piece is due; the order stays.
fn read_late(mut near: TcpStream, put: &Sender<(Instant, Vec<u8>)>, load: &Mutex<Load>, law: DelayLaw) {
    let mut buffer = vec![0; 1 << 16];
    let mut last = Instant::now();
    while let Ok(count @ 1..) = near.read(&mut buffer) {
        let bytes_per_s = load.lock().unwrap_or_else(PoisonError::into_inner).add(count);
        let delay = Duration::from_secs_f64((law.idle_ms + law.ms_per_mb_s * bytes_per_s / 1e6) / 1e3);
        last = last.max(Instant::now() + delay);
        if put.send((last, buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "being late is what this line is for")]
fn write_when_due(take: &Receiver<(Instant, Vec<u8>)>, mut far: TcpStream) {
    while let Ok((due, bytes)) = take.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if far.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = far.shutdown(Shutdown::Both);
}

fn carry_back(mut far: TcpStream, mut near: TcpStream) {
    let _ = std::io::copy(&mut far, &mut near);
    let _ = near.shutdown(Shutdown::Both);
}
