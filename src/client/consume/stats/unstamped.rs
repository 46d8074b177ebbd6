//! Messages that no stamp of this run's times: those of others, and those without a stamp.

use super::{ConsumerStats, signed_since};
use crate::driver::{ReceivedMessage, RecordTime};
use crate::load::stamp::{ReadStamp, Stamp};
use crate::stats::Counter;

impl ConsumerStats {
    /// Messages of others' load: counted, and timed when they were created after our load began. Age before that is no
    /// latency. Whether they are whole or come twice only those can tell who know what was sent.
    pub(super) fn of_others(&mut self, at_ns: u64, message: &ReceivedMessage<'_>) {
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

    /// The record's CreateTime stands for the actual send time; when it was meant to be sent nobody knows. A time of
    /// the broker's stands for nothing.
    pub(super) fn unstamped(&mut self, at_ns: u64, time: RecordTime) {
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
}
