//! What a consumer counts: every message is a message of the load, a probe, or foreign.

use crate::client::hold_times::HoldTimes;
use crate::client::measuring::Measuring;
use crate::client::message_run::{MessageRun, RunSummary};
use crate::client::raw_log::Clocks;
use crate::client::witness::SilenceWatch;
use crate::driver::{ConsumerEvents, ReceivedMessage, RecordTime};
use crate::load::accounting::{Arrival, ReceivedLedger};
use crate::load::stamp::{ReadStamp, Stamp};
use crate::stats::partition_tally::PartitionTally;
use crate::stats::{Counter, Counters, Latency, Recorder};
use crate::telemetry::ClientEnd;

/// Memory for the windows in which duplicates and reordered messages are told apart exactly.
const WINDOW_BYTES: usize = 64 * 1024 * 1024;
const NS_PER_MS: i64 = 1_000_000;

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
    /// Messages that have been taken in and are not in the books yet; none after `settle`.
    message_run: MessageRun,
    /// Where they come from: row and partition.
    sequel_of: (u32, u32),
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
            message_run: MessageRun::new(),
            sequel_of: (0, 0),
            messages: 0,
            wall_offset_ns: 0,
            stamp_offset_ns: 0,
            load_begins_ms: i64::MAX,
            probed_rows: Vec::new(),
            witness: SilenceWatch::new(&[]),
        }
    }

    /// One message, picked up at `at_ns`. To be followed by `settle` before anybody looks into the books.
    #[inline]
    pub(super) fn receive<M: Measuring>(&mut self, at_ns: u64, message: &ReceivedMessage<'_>) {
        if M::STAMP && message.partition == self.sequel_of.1 && self.message_run.takes(at_ns, message.value) {
            return;
        }
        self.settle::<M>();
        self.receive_alone::<M>(at_ns, message);
    }

    /// Enters what has been taken in together.
    #[inline]
    pub(super) fn settle<M: Measuring>(&mut self) {
        if let Some(alike) = self.message_run.settle() {
            self.enter::<M>(alike);
        }
    }

    /// Apart, as is `receive_alone`, so that the loop over messages that go on is small.
    #[inline(never)]
    fn enter<M: Measuring>(&mut self, alike: RunSummary) {
        let RunSummary { messages, first, at_ns, intended_ns, actual_ns, value_bytes } = alike;
        self.messages += messages;
        self.counters[Counter::MessagesReceived] += messages;
        self.counters[Counter::BytesReceived] += messages * value_bytes;
        let (row, partition) = self.sequel_of;
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
                    self.sequel_of = (row, message.partition);
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

    /// Messages of others' load: counted, and timed when they were created after our load began. Age before that is no
    /// latency. Whether they are whole or come twice only those can tell who know what was sent.
    fn of_others(&mut self, at_ns: u64, message: &ReceivedMessage<'_>) {
        match Stamp::read(message.value) {
            ReadStamp::Stamp(stamp) if stamp.probe => self.counters[Counter::MessagesForeign] += 1,
            ReadStamp::Stamp(stamp) if stamp.is_of_wall_clock() => {
                self.count(message);
                self.of_other_pinload(at_ns, &stamp);
            }
            _ => {
                self.count(message);
                match message.record_time {
                    RecordTime::Created(ms) if ms < self.load_begins_ms => self.counters[Counter::MessagesUntimed] += 1,
                    time => self.unstamped(at_ns, time),
                }
            }
        }
    }

    /// A message of a pinload that shares no run with us (both are driven by OMB's protocol, which names none): its
    /// stamp tells when it was sent, and when it was meant to be.
    fn of_other_pinload(&mut self, at_ns: u64, stamp: &Stamp) {
        if !self.clocks().is_young(stamp) {
            self.counters[Counter::MessagesUntimed] += 1;
            return;
        }
        let on_stamps_ns = at_ns.wrapping_add_signed(self.wall_offset_ns);
        self.actual_latency(at_ns, signed_since(on_stamps_ns, stamp.actual_ns), 1);
        self.intended_latency(signed_since(on_stamps_ns, stamp.intended_ns), 1);
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

    /// The record's CreateTime stands for the actual send time; when it was meant to be sent nobody knows. A time of
    /// the broker's stands for nothing.
    fn unstamped(&mut self, at_ns: u64, time: RecordTime) {
        match time {
            RecordTime::Created(created_ms) => {
                self.counters[Counter::MessagesUnstamped] += 1;
                self.actual_latency(at_ns, self.clocks().since_created_ns(at_ns, created_ms), 1);
            }
            RecordTime::Appended => {
                self.counters[Counter::MessagesUntimed] += 1;
                self.counters[Counter::MessagesLogAppendTime] += 1;
            }
            RecordTime::Unknown => self.counters[Counter::MessagesUntimed] += 1,
        }
    }

    #[cold]
    fn probe(&mut self, row: u32) {
        self.counters[Counter::ProbesReceived] += 1;
        self.probed_rows.push(row as usize);
    }

    /// All messages so far, of whatever kind.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages of the load so far.
    pub(super) fn received(&self) -> u64 {
        self.counters[Counter::MessagesReceived]
    }

    /// It worked on messages for so long.
    pub(super) fn worked(&mut self, ns: u64) {
        self.counters[Counter::ProcessingNs] += ns;
    }

    /// The loop had nothing to do for so long.
    pub(super) fn idle(&mut self, ns: u64) {
        self.counters[Counter::IdleNs] += ns;
    }

    /// Wall clock − raw clock, and when the load begins on the raw clock (0: not known yet): for messages without a
    /// stamp.
    pub(super) fn set_wall_clock(&mut self, offset_ns: i64, epoch_ns: u64) {
        self.wall_offset_ns = offset_ns;
        if self.expected.wall_stamps {
            self.stamp_offset_ns = offset_ns.cast_unsigned();
        }
        if epoch_ns > 0 {
            self.load_begins_ms = epoch_ns.cast_signed().wrapping_add(offset_ns).div_euclid(NS_PER_MS);
        }
    }

    /// Takes over what the driver counts.
    pub(super) fn set_events(&mut self, events: &ConsumerEvents) {
        let ConsumerEvents {
            rebalances,
            assigned,
            commits_succeeded,
            commits_failed,
            client_errors,
            fetch_pauses,
            fetch_paused_ns,
            all_brokers_down: _,
        } = *events;
        self.counters[Counter::FetchPauses] = fetch_pauses;
        self.counters[Counter::FetchPausedNs] = fetch_paused_ns;
        self.counters[Counter::Rebalances] = rebalances;
        self.counters[Counter::AssignedPartitions] = assigned;
        self.counters[Counter::CommitsSucceeded] = commits_succeeded;
        self.counters[Counter::CommitsFailed] = commits_failed;
        self.counters[Counter::ClientErrors] = client_errors;
    }

    /// What brings the times of messages onto our clock.
    pub(super) fn clocks(&self) -> Clocks {
        Clocks {
            wall_offset_ns: self.wall_offset_ns,
            stamp_offset_ns: self.stamp_offset_ns,
            load_begins_ms: self.load_begins_ms,
        }
    }

    /// Rows of producers whose probes have come since the last call.
    pub(super) fn take_probed_rows(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.probed_rows)
    }

    /// Publishes the accounting rows that have changed.
    pub(super) fn publish_dirty_rows(&mut self, end: &mut ClientEnd) {
        self.ledger.publish_dirty(|row, values| end.publish_row(row, values));
    }

    /// Publishes what had come of each partition at `now_ns`.
    pub(super) fn publish_partitions(&mut self, now_ns: u64, end: &mut ClientEnd) {
        end.publish_partitions(now_ns, &mut self.partitions);
    }

    /// The counters, to be completed and published.
    pub(super) fn counters_mut(&mut self) -> &mut Counters {
        self.hold_times.count(&mut self.counters);
        &mut self.counters
    }

    /// What a slot is cut from.
    pub(super) fn cut_parts(&mut self) -> (&mut Counters, [(Latency, &mut Recorder); 3]) {
        self.hold_times.count(&mut self.counters);
        (
            &mut self.counters,
            [
                (Latency::EndToEndActual, &mut self.actual),
                (Latency::EndToEndIntended, &mut self.intended),
                self.hold_times.cut_part(Latency::EndToEndAtLeast),
            ],
        )
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
