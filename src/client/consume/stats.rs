//! What a consumer counts: every message is a message of the load, a probe, or foreign.

mod publish;
mod unstamped;

use crate::client::hold_times::HoldTimes;
use crate::client::measuring::Measuring;
use crate::client::witness::SilenceWatch;
use crate::driver::ReceivedMessage;
use crate::load::accounting::{Arrival, ReceivedLedger};
use crate::load::stamp::{MessageRun, ReadStamp, RunSummary, Stamp};
use crate::stats::partition_tally::PartitionTally;
use crate::stats::{Counter, Counters, Recorder};

/// Memory for the windows in which duplicates and reordered messages are told apart exactly.
const WINDOW_BYTES: usize = 64 * 1024 * 1024;

/// Whose messages are expected.
#[derive(Debug, Clone, Copy)]
pub(in crate::client) struct Expected {
    /// The run.
    pub(in crate::client) run_id: u64,
    /// Index of the first producer of the topic.
    pub(in crate::client) first_producer: u32,
    /// Producers of the topic; 0: whatever comes is the load.
    pub(in crate::client) producers: u32,
    /// Partitions of the topic.
    pub(in crate::client) partitions: u32,
    /// Does the run stamp its messages? Then one without a stamp is not of this run.
    pub(in crate::client) stamped: bool,
    /// Do stamps carry wall-clock times?
    pub(in crate::client) wall_stamps: bool,
}

/// Counters, latencies and ledger of one consumer.
#[derive(Debug)]
pub(super) struct ConsumerStats {
    expected: Expected,
    counters: Counters,
    actual: Recorder,
    intended: Recorder,
    /// What the loop can have kept of it.
    pub(in crate::client) hold_times: HoldTimes,
    ledger: ReceivedLedger,
    /// By partition.
    partitions: PartitionTally,
    /// Messages that have been taken in and have not been counted yet; none after `settle`.
    message_run: MessageRun,
    /// Where they come from: row and partition.
    run_of: (u32, u32),
    /// Everything that came, for commits.
    messages: u64,
    wall_offset_ns: i64,
    /// Added to our times before they are compared with those in stamps: wall clock − raw clock, or 0. Wraps.
    stamp_offset_ns: u64,
    /// Begin of the load, ms of the wall clock; later than anything while nobody knows it.
    load_begins_ms: i64,
    probed_rows: Vec<usize>,
    /// What it hears of the brokers.
    pub(super) witness: SilenceWatch,
}

impl ConsumerStats {
    /// Nothing received yet.
    pub(super) fn new(expected: Expected) -> Self {
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            expected,
            counters: Counters::default(),
            actual: Recorder::new(),
            intended: Recorder::new(),
            hold_times: HoldTimes::new(),
            ledger: ReceivedLedger::new(size(expected.producers), size(expected.partitions), WINDOW_BYTES),
            partitions: PartitionTally::new(expected.partitions),
            message_run: MessageRun::default(),
            run_of: (0, 0),
            messages: 0,
            wall_offset_ns: 0,
            stamp_offset_ns: 0,
            load_begins_ms: i64::MAX,
            probed_rows: Vec::new(),
            witness: SilenceWatch::new(&[]),
        }
    }

    /// One message, picked up at `at_ns`. To be followed by `settle` before anybody reads a counter.
    #[inline]
    pub(super) fn receive<M: Measuring>(&mut self, at_ns: u64, message: &ReceivedMessage<'_>) {
        if M::STAMP && message.partition == self.run_of.1 && self.message_run.takes(at_ns, message.value) {
            return;
        }
        self.settle::<M>();
        self.receive_alone::<M>(at_ns, message);
    }

    /// Counts the messages of the run so far, all at once.
    #[inline]
    pub(super) fn settle<M: Measuring>(&mut self) {
        if let Some(run) = self.message_run.settle() {
            self.enter::<M>(run);
        }
    }

    /// Apart, as is `receive_alone`, so that the loop over messages that go on is small.
    #[inline(never)]
    fn enter<M: Measuring>(&mut self, run: RunSummary) {
        let RunSummary { messages, first, at_ns, intended_ns, actual_ns, value_bytes } = run;
        self.messages += messages;
        self.counters[Counter::MessagesReceived] += messages;
        self.counters[Counter::BytesReceived] += messages * value_bytes;
        let (row, partition) = self.run_of;
        self.partitions.came(partition, messages, messages * value_bytes);
        if M::LEDGER {
            let counters = &mut self.counters;
            self.ledger
                .arrived_run(row as usize, partition as usize, first, messages, |arrival| tell(counters, arrival));
        }
        let on_stamps_ns = at_ns.wrapping_add(self.stamp_offset_ns);
        if M::ACTUAL {
            self.actual_latency(at_ns, signed_since(on_stamps_ns, actual_ns), messages);
        }
        if M::INTENDED {
            self.intended_latency(signed_since(on_stamps_ns, intended_ns), messages);
        }
    }

    #[inline(never)]
    fn receive_alone<M: Measuring>(&mut self, at_ns: u64, message: &ReceivedMessage<'_>) {
        self.messages += 1;
        if self.expected.producers == 0 {
            return self.of_others(at_ns, message);
        }
        if !M::STAMP {
            return self.count(message);
        }
        match Stamp::read(message.value) {
            ReadStamp::Stamp(stamp) => {
                let row = stamp.producer.wrapping_sub(self.expected.first_producer);
                if stamp.run_id != self.expected.run_id || row >= self.expected.producers {
                    self.counters[Counter::MessagesForeign] += 1;
                } else if stamp.probe {
                    self.probe(row);
                } else {
                    self.count(message);
                    if M::LEDGER {
                        self.arrived(row, message.partition, stamp.sequence);
                    }
                    self.message_run.go_on_from(at_ns, message.value);
                    self.run_of = (row, message.partition);
                    if M::TELEMETRY {
                        self.witness.heard(0, -1, at_ns, stamp.actual_ns.wrapping_sub(self.stamp_offset_ns));
                    }
                    let on_stamps_ns = at_ns.wrapping_add(self.stamp_offset_ns);
                    if M::ACTUAL {
                        self.actual_latency(at_ns, signed_since(on_stamps_ns, stamp.actual_ns), 1);
                    }
                    if M::INTENDED {
                        self.intended_latency(signed_since(on_stamps_ns, stamp.intended_ns), 1);
                    }
                }
            }
            ReadStamp::Unstamped if self.expected.stamped => self.counters[Counter::MessagesForeign] += 1,
            ReadStamp::Unstamped => {
                self.count(message);
                self.unstamped(at_ns, message.record_time);
            }
            ReadStamp::Corrupt => {
                self.count(message);
                self.counters[Counter::MessagesCorrupt] += 1;
            }
        }
    }

    #[inline]
    fn count(&mut self, message: &ReceivedMessage<'_>) {
        self.counters[Counter::MessagesReceived] += 1;
        self.counters[Counter::BytesReceived] += message.value.len() as u64;
        self.partitions.came(message.partition, 1, message.value.len() as u64);
    }

    #[inline]
    fn arrived(&mut self, row: u32, partition: u32, sequence: u64) {
        tell(&mut self.counters, self.ledger.arrived(row as usize, partition as usize, sequence));
    }

    #[inline]
    fn intended_latency(&mut self, intended_ns: i64, messages: u64) {
        self.intended.record_n(u64::try_from(intended_ns).unwrap_or(0), messages);
    }

    /// Times of 0 or below (clock resolution, or a clock that differs) are counted and kept as 0, never dropped.
    #[inline]
    fn actual_latency(&mut self, at_ns: u64, actual_ns: i64, messages: u64) {
        if actual_ns <= 0 {
            self.counters[Counter::EndToEndNotPositive] += messages;
        }
        let latency_ns = u64::try_from(actual_ns).unwrap_or(0);
        self.actual.record_n(latency_ns, messages);
        self.partitions.took(latency_ns, messages);
        self.hold_times.picked_up(at_ns, latency_ns, messages);
    }

    #[cold]
    fn probe(&mut self, row: u32) {
        self.counters[Counter::ProbesReceived] += 1;
        self.probed_rows.push(row as usize);
    }
}

/// Counts what an arrival was, unless it was as it should be.
#[inline]
fn tell(counters: &mut Counters, arrival: Arrival) {
    match arrival {
        Arrival::New => {}
        Arrival::Reordered => counters[Counter::MessagesReordered] += 1,
        Arrival::Duplicate | Arrival::BeyondWindow => counters[Counter::MessagesDuplicated] += 1,
    }
}

/// `at − since`; raw clock readings are far below 2^63.
#[inline]
fn signed_since(at_ns: u64, since_ns: u64) -> i64 {
    at_ns.wrapping_sub(since_ns).cast_signed()
}
