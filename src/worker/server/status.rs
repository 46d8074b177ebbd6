//! What the server's thread may know and do without the main thread: the worker's pulse, the lease, and the end of a
//! verb under way.

use crate::os::signals::Signal;
use crate::worker::wire::pinload::{Heartbeat, run_text};
use crate::worker::{BrokerLoss, ClientDeath};
use crossbeam_channel::Sender;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the server's thread shares with the main thread.
#[derive(Debug)]
pub struct WorkerStatus {
    begun: Instant,
    /// Last sign of life of the coordinator, ms since `begun`.
    called_ms: AtomicU64,
    state: Mutex<WorkerState>,
    /// Ends a verb under way, as Ctrl-C would.
    interrupt: Sender<Signal>,
}

#[derive(Debug, Default)]
struct WorkerState {
    run: Option<u64>,
    death: Option<ClientDeath>,
    loss: Option<BrokerLoss>,
}

impl WorkerStatus {
    /// Nothing runs. `interrupt` reaches the wait of every verb.
    pub fn new(interrupt: Sender<Signal>) -> Self {
        Self { begun: Instant::now(), called_ms: AtomicU64::new(0), state: Mutex::default(), interrupt }
    }

    /// The coordinator has shown that it lives.
    pub fn called(&self) {
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.called_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Time since the coordinator's last call or sign of life.
    pub fn silence(&self) -> Duration {
        self.begun.elapsed().saturating_sub(Duration::from_millis(self.called_ms.load(Ordering::Relaxed)))
    }

    /// The worker's pulse.
    pub fn pulse(&self) -> Heartbeat {
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Heartbeat {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: state.run.map(run_text),
            death: state.death.clone(),
            loss: state.loss.clone(),
        }
    }

    /// Ends the verb that is under way.
    pub fn abort(&self) {
        // Nobody listens when the program ends.
        let _ = self.interrupt.send(Signal::Interrupt);
    }

    /// A pinload run begins or ends.
    pub fn set_run(&self, run: Option<u64>) {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            WorkerState { run, ..WorkerState::default() };
    }

    /// The broker is missed.
    pub fn set_loss(&self, loss: BrokerLoss) {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).loss.get_or_insert(loss);
    }

    /// A client has died.
    pub fn set_death(&self, death: ClientDeath) {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).death.get_or_insert(death);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Session::answer` calls it before and after each verb: whoever waits for a long one lives.
    #[test]
    fn a_sign_of_life_ends_the_silence() {
        let mut worker_status = WorkerStatus::new(crossbeam_channel::unbounded().0);
        let an_hour = Duration::from_secs(3_600);
        // Hosts that have just booted have no instant an hour ago.
        let Some(begun) = Instant::now().checked_sub(an_hour) else { return };
        worker_status.begun = begun;
        assert!(worker_status.silence() >= an_hour);
        worker_status.called();
        assert!(worker_status.silence() < an_hour);
    }
}
