//! What the I/O thread does: batches in, socket work, ended batches out, turn after turn.

use super::io_state::IoState;
use super::{EndedBatch, PAUSES, WireProducer};
use crate::driver::wire::records::Records;
use crate::driver::{ErrorClass, Time};
use crate::os::affinity::{CpuSet, pin_current_thread};
use crate::plan::placement::IoThreadCpu;
use crossbeam_channel::{Receiver, Sender, TrySendError};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where others need its CPU the thread sleeps so long when it has nothing to do: a batch waits for it as long at most.
const NAP_NS: u64 = 50_000;
/// Sleeps may end so much late (50 µs by default).
const TIMER_SLACK_NS: u64 = 1_000;

/// The thread's own.
pub(super) struct SocketWork {
    pub(super) producer: WireProducer,
    pub(super) of_loop: Receiver<Records>,
    pub(super) to_loop: Sender<EndedBatch>,
    pub(super) state: Arc<IoState>,
    pub(super) at: IoThreadCpu,
}

impl SocketWork {
    /// Works until it is told to end; what it then has comes back.
    pub(super) fn run(mut self, time: &impl Time) -> WireProducer {
        self.settle();
        let (mut was_idle, mut idle_ns) = (false, 0);
        // Told by `IoThreadProducer::stop`.
        while !self.state.is_over.load(Ordering::Acquire) {
            let looked_ns = self.producer.now_ns;
            let took = self.take_batches();
            self.producer.pump(time);
            if was_idle {
                idle_ns += self.producer.now_ns.saturating_sub(looked_ns);
                self.state.idle_ns.store(idle_ns, Ordering::Relaxed);
            }
            let ended = !self.producer.ended.is_empty();
            self.give_back();
            self.state.publish(&mut self.producer);
            was_idle = !took && !ended && !self.producer.cluster.has_written();
            if was_idle {
                self.rest(time);
            }
        }
        self.take_batches();
        self.producer
    }

    fn settle(&mut self) {
        if let Err(error) = pin_current_thread(&CpuSet::of(self.at.cpu)) {
            self.producer.cluster.give_up(ErrorClass::System, format!("cannot pin the I/O thread: {error}"));
        }
        // Without it sleeps end a little later; nothing else changes.
        let _ = nix::sys::prctl::set_timerslack(TIMER_SLACK_NS);
    }

    /// True: there were some.
    fn take_batches(&mut self) -> bool {
        let mut took = false;
        for records in self.of_loop.try_iter().take(super::RING_BATCHES) {
            self.producer.queues.put(records, self.producer.now_ns);
            took = true;
        }
        took
    }

    /// What does not fit is given back with the next turn.
    fn give_back(&mut self) {
        while let Some(ended) = self.producer.ended.pop_front() {
            match self.to_loop.try_send(ended) {
                Ok(()) => {}
                Err(TrySendError::Full(ended) | TrySendError::Disconnected(ended)) => {
                    self.producer.ended.push_front(ended);
                    return;
                }
            }
        }
    }

    /// Nothing was to be done.
    fn rest(&self, time: &impl Time) {
        if self.at.shared {
            self.producer.cluster.wait(self.producer.now_ns + NAP_NS, time);
        } else {
            // They leave the sockets to the kernel.
            (0..PAUSES).for_each(|_| time.relax());
        }
    }
}
