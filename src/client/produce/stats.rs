//! What a producer counts. At the end: handed over = acknowledged + failed + unknown, exactly.

mod account;

use crate::client::hold_times::HoldTimes;
use crate::client::in_flight::{InFlight, Times};
use crate::client::measuring::Measuring;
use crate::client::stamp_offsets::StampOffsets;
use crate::client::witness::SilenceWatch;
use crate::driver::{Delivery, Report};
use crate::load::accounting::SentLedger;
use crate::load::stamp::{MessageRun, ReadStamp, RunSummary, Stamp};
use crate::stats::{Counter, Counters, Recorder};

/// Counters, latencies and ledger of one producer.
#[derive(Debug)]
pub(super) struct ProducerStats {
    pub(super) counters: Counters,
    acknowledge_actual: Recorder,
    acknowledge_intended: Recorder,
    pub(super) delay: Recorder,
    /// What the loop can have kept of it.
    pub(super) hold_times: HoldTimes,
    ledger: SentLedger,
    /// Reports that have been taken in and have not been counted yet; none after `settle`.
    message_run: MessageRun,
    probes_outstanding: u64,
    /// Taken off the times in stamps.
    pub(super) stamp_offsets: StampOffsets,
    /// The account is closed: what is reported from now on has been counted as unknown.
    closed: bool,
    /// Code of the last failure.
    pub(super) last_failure: Option<i32>,
    /// Failures that have not been told yet, by code.
    pub(super) failures: Vec<(i32, u64)>,
    /// What it hears of the brokers.
    pub(super) witness: SilenceWatch,
}

impl ProducerStats {
    /// Nothing counted yet.
    pub(super) fn new() -> Self {
        Self {
            counters: Counters::default(),
            acknowledge_actual: Recorder::new(),
            acknowledge_intended: Recorder::new(),
            delay: Recorder::new(),
            hold_times: HoldTimes::new(),
            ledger: SentLedger::default(),
            message_run: MessageRun::default(),
            probes_outstanding: 0,
            stamp_offsets: StampOffsets::default(),
            closed: false,
            last_failure: None,
            failures: Vec::new(),
            witness: SilenceWatch::new(&[]),
        }
    }

    /// Sequence number of the next message: all before it have been handed over.
    #[inline]
    pub(super) fn next_sequence(&self) -> u64 {
        self.counters[Counter::MessagesEnqueued]
    }

    /// `count` messages more, with so many value bytes, were handed over (taken or refused).
    #[inline]
    pub(super) fn handed_over<M: Measuring>(&mut self, count: u64, value_bytes: u64) {
        self.counters[Counter::MessagesEnqueued] += count;
        self.counters[Counter::BytesEnqueued] += value_bytes;
        if M::LEDGER {
            self.ledger.handed_over(self.counters[Counter::MessagesEnqueued]);
        }
    }

    /// One of them was late, and late for a full queue (`behind_queue`) or not.
    #[cold]
    pub(super) fn late(&mut self, behind_queue: bool) {
        self.counters[Counter::LateSends] += 1;
        self.counters[Counter::LateSendsBehindQueue] += u64::from(behind_queue);
    }

    /// One of them was refused: it has failed, and no report will come.
    pub(super) fn refused(&mut self, sequence: u64, code: i32) {
        self.failed(sequence, code);
    }

    fn failed(&mut self, sequence: u64, code: i32) {
        self.counters[Counter::MessagesFailed] += 1;
        self.ledger.failed(sequence);
        self.last_failure = Some(code);
        match self.failures.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => self.failures.push((code, 1)),
        }
    }

    /// A probe was taken.
    pub(super) fn probe_sent(&mut self) {
        self.counters[Counter::ProbesSent] += 1;
        self.probes_outstanding += 1;
    }

    /// A probe was refused.
    pub(super) fn probe_refused(&mut self, code: i32) {
        self.last_failure = Some(code);
    }

    /// A delivery report that was picked up at `at_ns`. To be followed by `settle` before anybody reads a counter.
    #[inline]
    pub(super) fn report<M: Measuring>(&mut self, at_ns: u64, report: &Report<'_>, in_flight: &mut InFlight) {
        let may_go_on = M::STAMP && report.tag == 0 && report.delivery == Delivery::Acknowledged;
        if may_go_on && self.message_run.takes(at_ns, report.value) {
            return;
        }
        self.settle::<M>();
        self.report_alone::<M>(at_ns, report, in_flight);
    }

    /// Counts the messages of the run so far, all at once.
    #[inline]
    pub(super) fn settle<M: Measuring>(&mut self) {
        if let Some(run) = self.message_run.settle() {
            self.enter::<M>(run);
        }
    }

    /// Apart, as is `report_alone`, so that the loop over reports that go on is small.
    #[inline(never)]
    fn enter<M: Measuring>(&mut self, run: RunSummary) {
        let RunSummary { messages, first, at_ns, intended_ns, actual_ns, value_bytes } = run;
        self.counters[Counter::MessagesAcknowledged] += messages;
        self.counters[Counter::BytesAcknowledged] += messages * value_bytes;
        let offset_ns = self.stamp_offsets.of(first);
        if M::ACTUAL {
            let latency_ns = at_ns.saturating_sub(actual_ns.wrapping_sub(offset_ns));
            self.acknowledge_actual.record_n(latency_ns, messages);
            self.hold_times.picked_up(at_ns, latency_ns, messages);
        }
        if M::INTENDED {
            let latency_ns = at_ns.saturating_sub(intended_ns.wrapping_sub(offset_ns));
            self.acknowledge_intended.record_n(latency_ns, messages);
        }
        if M::LEDGER {
            self.ledger.acknowledged_run(first, messages);
        }
    }

    #[inline(never)]
    fn report_alone<M: Measuring>(&mut self, at_ns: u64, report: &Report<'_>, in_flight: &mut InFlight) {
        let times = if report.tag == 0 && !M::STAMP {
            // What the message does not tell is taken to have happened now, in order.
            Times { sequence: self.counters[Counter::MessagesAcknowledged], intended_ns: at_ns, actual_ns: at_ns }
        } else if report.tag == 0 {
            match Stamp::read(report.value) {
                ReadStamp::Stamp(stamp) if !stamp.probe => {
                    let offset_ns = self.stamp_offsets.of(stamp.sequence);
                    Times {
                        sequence: stamp.sequence,
                        intended_ns: stamp.intended_ns.wrapping_sub(offset_ns),
                        actual_ns: stamp.actual_ns.wrapping_sub(offset_ns),
                    }
                }
                _ => return self.probe_report(report.delivery),
            }
        } else {
            in_flight.take(report.tag)
        };
        if self.closed {
            return;
        }
        match report.delivery {
            Delivery::Acknowledged => {
                self.counters[Counter::MessagesAcknowledged] += 1;
                self.counters[Counter::BytesAcknowledged] += report.value.len() as u64;
                if M::TELEMETRY {
                    let partition = usize::try_from(report.partition).unwrap_or(0);
                    self.witness.heard(partition, report.broker, at_ns, times.actual_ns);
                }
                if M::ACTUAL {
                    let latency_ns = at_ns.saturating_sub(times.actual_ns);
                    self.acknowledge_actual.record(latency_ns);
                    self.hold_times.picked_up(at_ns, latency_ns, 1);
                }
                if M::INTENDED {
                    self.acknowledge_intended.record(at_ns.saturating_sub(times.intended_ns));
                }
                if M::LEDGER {
                    self.ledger.acknowledged(times.sequence);
                }
                if M::STAMP && report.tag == 0 {
                    self.message_run.go_on_from(at_ns, report.value);
                }
            }
            Delivery::Failed(code) => self.failed(times.sequence, code),
            Delivery::Unknown => {
                self.counters[Counter::MessagesUnknown] += 1;
                self.ledger.unknown(times.sequence);
            }
        }
    }

    /// Reports that nobody has looked at.
    #[inline]
    pub(super) fn acknowledged_unseen(&mut self, count: u32) {
        self.counters[Counter::MessagesAcknowledged] += u64::from(count);
    }

    #[cold]
    fn probe_report(&mut self, delivery: Delivery) {
        self.probes_outstanding = self.probes_outstanding.saturating_sub(1);
        match delivery {
            Delivery::Acknowledged => self.counters[Counter::ProbesAcknowledged] += 1,
            Delivery::Failed(code) => self.last_failure = Some(code),
            Delivery::Unknown => {}
        }
    }
}
