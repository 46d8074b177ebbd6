//! The supervisor's part in a job under real time: a thread that gives the orders, drains, and ends the load.

use super::timed::{ending, give_orders};
use super::{Job, Length};
use crate::stats::recorder::Extremes;
use crate::stats::{Counter, Counters, Distribution, Latency};
use crate::telemetry::{Role, SupervisorEnd};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Between two drains: the ring holds 32 slots.
const DRAIN_EVERY_NS: u64 = 200_000_000;

/// The thread that gives a job's orders and drains its segment.
pub(super) struct LoopSupervisor {
    supervisor: SupervisorEnd,
    job: Job,
    seen: LoopObservation,
}

/// What was seen of a loop.
pub(super) struct LoopObservation {
    /// Its counters, at the end.
    pub(super) counters: Counters,
    /// Actual − intended send time.
    pub(super) pacing_error: Distribution,
    /// Bytes of its largest slot.
    pub(super) largest_slot_bytes: usize,
}

impl LoopSupervisor {
    pub(super) fn new(supervisor: SupervisorEnd, job: &Job) -> Self {
        Self { supervisor, job: job.clone(), seen: LoopObservation::nothing() }
    }

    /// Begins the load at the epoch that comes through `orders`; ends when that is closed.
    pub(super) fn run(mut self, orders: &Receiver<u64>) -> LoopObservation {
        let Ok(epoch_ns) = orders.recv() else { return self.seen };
        give_orders(&self.supervisor, &self.job, epoch_ns);
        let (mut next_drain_ns, mut next_cut_ns) = (epoch_ns, epoch_ns);
        let cut_every_ns = self.job.cut_every.map(nanoseconds);
        while orders.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            let now_ns = self.job.clock.now_ns();
            if self.is_over(now_ns.saturating_sub(epoch_ns)) {
                self.supervisor.want(ending(self.job.role));
            }
            if let Some(cut_every_ns) = cut_every_ns
                && now_ns >= next_cut_ns
            {
                next_cut_ns = now_ns + cut_every_ns;
                self.supervisor.request_cut();
            }
            if now_ns >= next_drain_ns {
                next_drain_ns = now_ns + DRAIN_EVERY_NS.min(cut_every_ns.unwrap_or(u64::MAX).saturating_mul(8));
                self.seen.drain(&mut self.supervisor);
            }
        }
        self.seen.drain(&mut self.supervisor);
        self.seen
    }

    fn is_over(&self, elapsed_ns: u64) -> bool {
        if self.job.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return true;
        }
        match self.job.length {
            Length::Time(length) => elapsed_ns >= nanoseconds(length),
            Length::Messages(messages) => {
                let counters = self.supervisor.counters();
                let counted = match self.job.role {
                    Role::Producer => counters[Counter::MessagesEnqueued],
                    Role::Consumer => counters[Counter::MessagesReceived],
                };
                counted >= messages
            }
        }
    }
}

impl LoopObservation {
    fn nothing() -> Self {
        Self { counters: Counters::default(), pacing_error: Distribution::empty(), largest_slot_bytes: 0 }
    }

    /// All that a loop under stepped time has left.
    pub(super) fn of_stepped(mut supervisor: SupervisorEnd) -> Self {
        let mut seen = Self::nothing();
        seen.drain(&mut supervisor);
        seen
    }

    fn drain(&mut self, supervisor: &mut SupervisorEnd) {
        let drained = supervisor.drain();
        self.counters = supervisor.counters();
        let mut extremes = self.pacing_error.extremes.filter(|_| drained.lost == 0);
        let mut newest = None;
        for slot in &drained.slots {
            self.largest_slot_bytes = self.largest_slot_bytes.max(slot.bytes);
            let Some(delay) = slot.latencies.iter().find(|family| family.latency == Latency::PublishDelay) else {
                continue;
            };
            extremes = extremes.map(|sofar: Extremes| sofar.merged(delay.extremes));
            newest = Some(&delay.histogram);
        }
        if let Some(newest) = newest {
            self.pacing_error.histogram = newest.to_histogram();
        }
        self.pacing_error.extremes = extremes;
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
