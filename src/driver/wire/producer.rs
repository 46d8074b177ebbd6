//! A producer of one topic: batches filled where they are sent from, requests that carry a batch of each partition
//! which their broker leads, and delivery reports read from the batches themselves.
//!
//! All work is done by the loop that sends, in bounded pieces, when it looks for reports; or, where the client has a
//! CPU for it, by a thread of its own (`io_thread.rs`), to which the same producer belongs.

mod batch_memory;
mod ended_batches;
mod identity;
mod intake;
mod io_thread;
#[cfg(test)]
mod look_tests;
mod numbers;
mod partition_queues;
mod requests;
mod returned_batches;

use super::cluster::Cluster;
use super::codes;
use super::pack::Packer;
use super::records::Records;
use super::request::WireRequest;
use crate::driver::{Delivery, DriverError, Producer, Report, SendResult, Time};
use crate::plan::properties::wire::{Codec, ProducerWay, WireProducerSettings};
use batch_memory::BatchMemory;
use ended_batches::EndedBatch;
use intake::Intake;
pub use io_thread::IoThreadProducer;
use partition_queues::PartitionQueues;
use std::collections::VecDeque;
use std::time::Duration;

/// A connected producer.
#[derive(Debug)]
pub struct WireProducer {
    cluster: Cluster<Records>,
    way: ProducerWay,
    topic: String,
    queues: PartitionQueues,
    packer: Packer,
    intake: Intake,
    now_ns: u64,
    /// What lingers is sent at once while this lasts.
    flushes_linger: bool,
    /// Nothing was handed over since the last look.
    untouched: bool,
    purged: bool,
    ended: VecDeque<EndedBatch>,
    next_expiry_ns: u64,
    /// Which broker is the first to be asked.
    next_exit: usize,
    leaders: Vec<i32>,
}

/// Batches are looked at for their age this often.
const EXPIRY_NS: u64 = 50_000_000;
/// Longest wait of one look, so that what is due by the clock is not late.
const LOOK_NS: u64 = 50_000_000;
/// The same while a connection is being made or a leader looked for.
const ON_ITS_WAY_NS: u64 = 1_000_000;
/// And while something that is due cannot go.
const HELD_UP_NS: u64 = 20_000;

impl WireProducer {
    /// Connects, and returns once the topic's partitions all have a leader that is connected.
    pub fn connect(
        settings: &WireProducerSettings,
        topic: &str,
        limit: Duration,
        time: &impl Time,
    ) -> Result<Self, DriverError> {
        let way = settings.way;
        let mut cluster = Cluster::new(settings.connecting.clone(), topic)?;
        cluster.needs_ids = way.idempotent;
        let leaders = cluster.meet(limit, time)?;
        let mut producer = Self {
            cluster,
            packer: Packer::new(way.compression),
            intake: Intake::new(&way, leaders.len()),
            way,
            topic: topic.to_owned(),
            queues: PartitionQueues::new(leaders.len(), BatchMemory::new(way.compression.codec == Codec::Plain)),
            now_ns: time.now_ns(),
            flushes_linger: false,
            untouched: true,
            purged: false,
            ended: VecDeque::new(),
            next_expiry_ns: 0,
            next_exit: 0,
            leaders: leaders.clone(),
        };
        producer.queues.led_by(&leaders);
        producer.meet_leaders(limit, time)?;
        if way.idempotent {
            let identity = producer.ask_for_identity(limit, time)?;
            producer.queues.number(identity);
        }
        Ok(producer)
    }

    /// Waits until each leader is connected, so that the first message finds its way open.
    fn meet_leaders(&mut self, limit: Duration, time: &impl Time) -> Result<(), DriverError> {
        let deadline_ns = time.now_ns() + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        loop {
            let now_ns = time.now_ns();
            self.pump(time);
            let (queues, cluster) = (&self.queues, &mut self.cluster);
            let mut brokers = queues.brokers();
            let missing = brokers.find(|id| cluster.find(*id).is_none_or(|at| cluster.ready(at, now_ns).is_none()));
            if let Some(fault) = self.cluster.fault() {
                return Err(fault);
            }
            let Some(missing) = missing else { return Ok(()) };
            if now_ns >= deadline_ns {
                let why = self.cluster.error_log.last().unwrap_or("no answer");
                let text =
                    format!("broker {missing}, which leads partitions of {}, cannot be reached: {why}", self.topic);
                return Err(DriverError::new(crate::driver::ErrorClass::Unreachable, text));
            }
            self.cluster.wait(now_ns + 5_000_000, time);
        }
    }

    /// No room, which what is sent will make: it is not to wait for company.
    #[cold]
    fn full(&mut self) -> SendResult {
        self.flushes_linger = true;
        SendResult::QueueFull
    }

    /// When something is due by the clock, at the latest.
    fn due_ns(&self, now_ns: u64) -> u64 {
        let mut due_ns = now_ns + LOOK_NS;
        if self.cluster.is_on_its_way() || self.queues.has_orphans() {
            due_ns = now_ns + ON_ITS_WAY_NS;
        }
        for exit in 0..self.queues.exits() {
            let Some(lingers_ns) = self.queues.first_due_ns(exit, &self.way) else { continue };
            let broker = self.queues.broker(exit);
            match self.cluster.may_ask(broker, WireRequest::Produce, self.way.in_flight, now_ns) {
                Ok(()) => due_ns = due_ns.min(lingers_ns),
                Err(later_ns) => due_ns = due_ns.min(later_ns.max(lingers_ns)),
            }
        }
        due_ns = due_ns.min(self.queues.parked_until_ns());
        // What was due at the last look and has not gone is held up by something else than the clock.
        if self.untouched { due_ns.max(now_ns + HELD_UP_NS) } else { due_ns }
    }
}

impl Producer for WireProducer {
    /// The loop does the work that a library's threads would do meanwhile.
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
        let put = self.intake.put(&mut self.queues, &self.way, (key, value, tag), self.now_ns);
        match put {
            SendResult::Accepted => self.untouched = false,
            SendResult::QueueFull => return self.full(),
            SendResult::Refused(_) => {}
        }
        put
    }

    #[inline]
    fn poll_reports(&mut self, limit: u32, time: &impl Time, mut on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        self.pump(time);
        let Self { ended, intake, queues, .. } = self;
        ended_batches::hand_out(ended, limit, &mut on_report, |records| {
            intake.reported(&records);
            queues.recycle(records);
        })
    }

    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        let now_ns = time.now_ns();
        self.cluster.wait(deadline_ns.min(self.due_ns(now_ns)), time);
    }

    fn flush_linger(&mut self) {
        self.flushes_linger = true;
    }

    fn purge(&mut self) {
        self.purged = true;
        let at_ns = self.now_ns;
        let Self { cluster, queues, ended, .. } = self;
        let mut end = |records| ended.push_back(EndedBatch::unanswered(records, Delivery::Unknown, at_ns));
        cluster.close(|event| {
            if let super::cluster::RequestEvent::Lost(asked) = event {
                asked.bodies.into_iter().for_each(&mut end);
            }
        });
        queues.take_all().into_iter().for_each(end);
    }

    fn client_errors(&self) -> u64 {
        self.cluster.error_log.errors()
    }

    fn fault(&self) -> Option<DriverError> {
        self.cluster.fault()
    }

    fn describe(&self, code: i32) -> String {
        codes::describe(code)
    }

    fn leaders(&self) -> &[i32] {
        &self.leaders
    }

    fn tell_troubles(&mut self, tell: &mut dyn FnMut(&str, u64)) {
        self.cluster.error_log.tell(tell);
    }
}
