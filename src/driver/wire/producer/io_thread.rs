//! A producer whose socket work is done by a thread of its own, on a CPU of its own: no system call stands in the
//! schedule of sends.
//!
//! The loop that sends fills the open batch of each partition, and hands a batch over when it is full or has lingered.
//! The thread is a `WireProducer` as it works without a thread, whose batches come through one ring and leave, ended,
//! through another; the loop reads their reports from them and uses their memory again. Both rings are bounded and
//! free of locks, and nobody waits at them: where one is full, a batch stays where it is until the next look. What is
//! rare (errors, the producer's end) goes by way of `IoState`.
//!
//! A batch that has lingered stays open while as many of its partition as may be in flight are away, and one more: so
//! batches get larger where the broker is slow, as they do without a thread.

mod io_state;
mod open_batches;
mod socket_work;

use super::WireProducer;
use super::ended_batches::{EndedBatch, hand_out};
use super::intake::Intake;
use crate::driver::wire::codes;
use crate::driver::{Delivery, DriverError, ErrorClass, Producer, Report, SendResult, Time};
use crate::plan::placement::IoThreadCpu;
use crate::plan::properties::wire::{ProducerWay, WireProducerSettings};
use crossbeam_channel::Receiver;
use io_state::IoState;
use open_batches::HandingOver;
use socket_work::SocketWork;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Batches that a ring holds: more than come while the thread makes one turn.
const RING_BATCHES: usize = 512;
/// Pauses between two looks, some 0.5 µs.
const PAUSES: u32 = 16;

/// The side of the loop that sends.
#[derive(Debug)]
pub struct IoThreadProducer {
    way: ProducerWay,
    intake: Intake,
    batches: HandingOver,
    now_ns: u64,
    /// What lingers is handed over at once while this lasts.
    flushes_linger: bool,
    purged: bool,
    from_thread: Receiver<EndedBatch>,
    /// Taken out of the ring, and not wholly reported.
    ended: VecDeque<EndedBatch>,
    state: Arc<IoState>,
    thread: Option<JoinHandle<WireProducer>>,
    leaders: Vec<i32>,
}

impl IoThreadProducer {
    /// Connects as a `WireProducer` does, and starts its thread on this CPU.
    ///
    /// # Errors
    /// Those of connecting; when there is no thread to be had.
    pub fn connect(
        settings: &WireProducerSettings,
        topic: &str,
        limit: Duration,
        time: impl Time + Send + 'static,
        at: IoThreadCpu,
    ) -> Result<Self, DriverError> {
        let producer = WireProducer::connect(settings, topic, limit, &time)?;
        let (to_thread, of_loop) = crossbeam_channel::bounded(RING_BATCHES);
        let (to_loop, from_thread) = crossbeam_channel::bounded(RING_BATCHES);
        let (way, leaders, state) = (producer.way, producer.leaders.clone(), Arc::new(IoState::default()));
        let now_ns = time.now_ns();
        let work = SocketWork { producer, of_loop, to_loop, state: Arc::clone(&state), at };
        let thread = thread::Builder::new().name("wire-io".to_owned()).spawn(move || work.run(&time));
        let thread = thread.map_err(|error| DriverError::new(ErrorClass::System, format!("no I/O thread: {error}")))?;
        Ok(Self {
            intake: Intake::new(&way, leaders.len()),
            batches: HandingOver::new(leaders.len(), &way, to_thread),
            way,
            now_ns,
            flushes_linger: false,
            purged: false,
            from_thread,
            ended: VecDeque::new(),
            state,
            thread: Some(thread),
            leaders,
        })
    }

    /// No room, which what is sent will make: it is not to wait for company.
    #[cold]
    fn full(&mut self) -> SendResult {
        self.flushes_linger = true;
        SendResult::QueueFull
    }

    /// Ends the thread; what it has not reported comes back. None: it was ended before, or has panicked.
    fn stop(&mut self) -> Option<WireProducer> {
        // Read by `SocketWork::run`.
        self.state.is_over.store(true, Ordering::Release);
        self.thread.take()?.join().ok()
    }
}

impl Producer for IoThreadProducer {
    /// The loop has a CPU of its own: it looks all the time.
    const NAPS: bool = false;

    #[inline(always)]
    fn now_is(&mut self, now_ns: u64) {
        self.now_ns = now_ns;
    }

    #[inline]
    fn send(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        if self.purged {
            return SendResult::QueueFull;
        }
        let put = self.intake.put(&mut self.batches, &self.way, (key, value, tag), self.now_ns);
        if put == SendResult::QueueFull { self.full() } else { put }
    }

    #[inline]
    fn poll_reports(&mut self, limit: u32, time: &impl Time, mut on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        self.now_ns = time.now_ns();
        self.flushes_linger &= self.batches.hand_over_due(self.now_ns, self.flushes_linger);
        let Self { from_thread, ended, intake, batches, .. } = self;
        let mut count = 0;
        loop {
            count += hand_out(ended, limit - count, &mut on_report, |records| {
                intake.reported(&records);
                batches.recycle(records);
            });
            if count >= limit {
                return count;
            }
            let Ok(next) = from_thread.try_recv() else { return count };
            ended.push_back(next);
        }
    }

    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        while self.ended.is_empty() && self.from_thread.is_empty() {
            let now_ns = time.now_ns();
            if now_ns >= deadline_ns || self.batches.is_due(now_ns) {
                return;
            }
            (0..PAUSES).for_each(|_| time.relax());
        }
    }

    fn flush_linger(&mut self) {
        self.flushes_linger = true;
    }

    fn purge(&mut self) {
        self.purged = true;
        let mut rest = self.stop();
        // First what the thread has handed over, then what it had left, then what it never had: the order of sending.
        self.ended.extend(self.from_thread.try_iter());
        if let Some(producer) = &mut rest {
            producer.purge();
            self.ended.append(&mut producer.ended);
        }
        let at_ns = self.now_ns;
        let unknown = |records| EndedBatch::unanswered(records, Delivery::Unknown, at_ns);
        self.ended.extend(self.batches.take_all().map(unknown));
    }

    fn client_errors(&self) -> u64 {
        self.state.errors.load(Ordering::Relaxed)
    }

    fn fault(&self) -> Option<DriverError> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            return Some(DriverError::new(ErrorClass::System, "the I/O thread has ended".to_owned()));
        }
        self.state.fault()
    }

    fn describe(&self, code: i32) -> String {
        codes::describe(code)
    }

    fn leaders(&self) -> &[i32] {
        &self.leaders
    }

    fn tell_troubles(&mut self, tell: &mut dyn FnMut(&str, u64)) {
        self.state.tell_troubles(tell);
    }

    fn io_idle_ns(&self) -> u64 {
        self.state.idle_ns.load(Ordering::Relaxed)
    }
}

impl Drop for IoThreadProducer {
    fn drop(&mut self) {
        self.stop();
    }
}
