//! What the loops write into raw sample files (`--record-raw`): each message as the library told of it, read anew from
//! its own stamp, so that the file depends on nothing that the statistics have made of it.

use super::ClientSpec;
use super::consume::Expected;
use super::in_flight::{InFlight, Times};
use super::stamp_offsets::StampOffsets;
use crate::driver::{Delivery, DriverError, ErrorClass, ReceivedMessage, RecordTime, Report};
use crate::load::stamp::{ReadStamp, Stamp};
use crate::os::process;
use crate::stats::{Counter, Counters};
use crate::telemetry::ClientEnd;
use crate::telemetry::raw::{Header, RECORD_BYTES, RawWriter, Record, RecordedEvent, flag};

const NS_PER_MS: i64 = 1_000_000;

/// Makes the raw sample file of a client that is to write one.
pub(super) fn create(spec: &ClientSpec) -> Result<Option<RawWriter>, DriverError> {
    let Some(path) = &spec.raw_samples else { return Ok(None) };
    // A limit of the file's size is an error of a write, which is counted, and not the end of the client.
    process::survive_file_size_limit();
    let header = Header {
        pinload_version: env!("CARGO_PKG_VERSION").to_owned(),
        role: spec.shape.role,
        index: spec.shape.index,
        run_id: format!("{:016x}", spec.run_id),
        topic: spec.topic.clone(),
        group: spec.group.clone(),
        record_bytes: RECORD_BYTES,
        wall_offset_ns: spec.clock.wall_offset().offset_ns,
    };
    let failed = |error| {
        let what = format!("cannot make the file of raw samples {}: {error}", path.display());
        DriverError::new(ErrorClass::System, what)
    };
    RawWriter::create(path, &header).map(Some).map_err(failed)
}

/// Puts what was recorded and lost into the counters, and the reason of a loss into the last words.
pub(super) fn account(writer: &RawWriter, counters: &mut Counters, end: &mut ClientEnd) {
    counters[Counter::RawSamplesRecorded] = writer.recorded();
    if writer.lost() > counters[Counter::RawSamplesLost] {
        counters[Counter::RawSamplesLost] = writer.lost();
        end.last_words(writer.failure().unwrap_or("raw samples are lost"));
    }
}

/// A record of which only the place in the log is known.
const BLANK: Record = Record {
    sequence: 0,
    intended_ns: 0,
    sent_ns: 0,
    at_ns: 0,
    offset: -1,
    partition: -1,
    producer: 0,
    value_bytes: 0,
    code: 0,
    outcome: RecordedEvent::Unknown,
    flags: 0,
};
/// Nothing is known of its times.
const TIMELESS: u8 = flag::NO_INTENDED | flag::NO_SENT;

/// A producer's samples.
#[derive(Debug)]
pub(super) struct SendLog {
    pub(super) writer: RawWriter,
    producer: u32,
    closed: bool,
}

impl SendLog {
    /// Of producer `producer`.
    pub(super) fn new(writer: RawWriter, producer: u32) -> Self {
        Self { writer, producer, closed: false }
    }

    /// A delivery report. `offsets` are taken off the times in stamps.
    pub(super) fn report(&mut self, at_ns: u64, report: &Report<'_>, in_flight: &InFlight, offsets: &StampOffsets) {
        let blank = Record { at_ns, producer: self.producer, value_bytes: length(report.value), ..BLANK };
        let known = if report.tag == 0 {
            let reading = Stamp::read(report.value);
            let sequence = if let ReadStamp::Stamp(stamp) = reading { stamp.sequence } else { 0 };
            of_stamp(reading, offsets.of(sequence), blank).unwrap_or(Record { flags: flag::PROBE | TIMELESS, ..blank })
        } else {
            timed(in_flight.peek(report.tag), blank)
        };
        let (outcome, code) = match report.delivery {
            Delivery::Acknowledged => (RecordedEvent::Acknowledged, 0),
            Delivery::Failed(code) => (RecordedEvent::Failed, code),
            Delivery::Unknown => (RecordedEvent::Unknown, 0),
        };
        self.writer.push(&Record {
            offset: report.offset,
            partition: report.partition,
            outcome,
            code: short(code),
            flags: known.flags | if self.closed { flag::AFTER_CLOSE } else { 0 },
            ..known
        });
    }

    /// A message that the library refused.
    pub(super) fn refused(&mut self, times: Times, value_bytes: usize, code: i32) {
        let value_bytes = u32::try_from(value_bytes).unwrap_or(u32::MAX);
        let blank = Record { at_ns: times.actual_ns, producer: self.producer, value_bytes, ..BLANK };
        self.writer.push(&Record { outcome: RecordedEvent::Refused, code: short(code), ..timed(times, blank) });
    }

    /// What is reported from now on has been counted as unknown.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }
}

/// What a consumer needs to know to bring times of others onto its own clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    /// Wall clock − raw clock.
    pub(super) wall_offset_ns: i64,
    /// Taken off the times in stamps.
    pub(super) stamp_offset_ns: u64,
    /// Messages of others that were created before this have no latency, ms of the wall clock.
    pub(super) load_begins_ms: i64,
}

impl Clocks {
    /// From a record's CreateTime to its receipt. Both are taken in whole ms of the wall clock, as OMB takes them: with
    /// the receipt in ns and the CreateTime cut to ms, half a ms would be added to every time, and µs would show that
    /// nobody measured.
    pub(super) fn since_created_ns(&self, at_ns: u64, created_ms: i64) -> i64 {
        let received_ms = at_ns.cast_signed().wrapping_add(self.wall_offset_ns).div_euclid(NS_PER_MS);
        received_ms.wrapping_sub(created_ms).wrapping_mul(NS_PER_MS)
    }

    /// Was a message with this stamp of the wall clock sent since the load began?
    pub(super) fn is_young(&self, stamp: &Stamp) -> bool {
        stamp.actual_ns.cast_signed().div_euclid(NS_PER_MS) >= self.load_begins_ms
    }
}

/// A consumer's samples.
#[derive(Debug)]
pub(super) struct ReceiveLog {
    pub(super) writer: RawWriter,
    expected: Expected,
}

impl ReceiveLog {
    /// Of a consumer that expects these messages.
    pub(super) fn new(writer: RawWriter, expected: Expected) -> Self {
        Self { writer, expected }
    }

    /// A received message.
    pub(super) fn received(&mut self, at_ns: u64, message: &ReceivedMessage<'_>, clocks: Clocks) {
        let blank = Record {
            at_ns,
            offset: message.offset,
            partition: i32::try_from(message.partition).unwrap_or(-1),
            value_bytes: length(message.value),
            outcome: RecordedEvent::Received,
            ..BLANK
        };
        let record = match Stamp::read(message.value) {
            ReadStamp::Stamp(stamp) if self.expected.producers == 0 && stamp.probe => foreign(blank),
            reading @ ReadStamp::Stamp(stamp) if self.expected.producers == 0 && stamp.is_of_wall_clock() => {
                let offset_ns = clocks.wall_offset_ns.cast_unsigned();
                let known = if clocks.is_young(&stamp) { of_stamp(reading, offset_ns, blank) } else { None };
                known.unwrap_or(Record { flags: TIMELESS, ..blank })
            }
            _ if self.expected.producers == 0 => created(message, clocks, true, blank),
            reading @ ReadStamp::Stamp(stamp) => {
                let ours = stamp.run_id == self.expected.run_id
                    && stamp.producer.wrapping_sub(self.expected.first_producer) < self.expected.producers;
                match of_stamp(reading, clocks.stamp_offset_ns, blank) {
                    Some(record) if ours => record,
                    _ => foreign(blank),
                }
            }
            ReadStamp::Unstamped if self.expected.stamped => foreign(blank),
            ReadStamp::Unstamped => created(message, clocks, false, blank),
            ReadStamp::Corrupt => Record { outcome: RecordedEvent::Corrupt, flags: TIMELESS, ..blank },
        };
        self.writer.push(&record);
    }
}

fn foreign(blank: Record) -> Record {
    Record { outcome: RecordedEvent::Foreign, flags: TIMELESS, ..blank }
}

/// With the CreateTime for its send time, so that receipt − send time is what was measured: whole ms. `of_others`: only
/// if it is young.
fn created(message: &ReceivedMessage<'_>, clocks: Clocks, of_others: bool, blank: Record) -> Record {
    match message.record_time {
        RecordTime::Created(ms) if !of_others || ms >= clocks.load_begins_ms => {
            let sent_ns = blank.at_ns.wrapping_sub(clocks.since_created_ns(blank.at_ns, ms).cast_unsigned());
            Record { sent_ns, flags: flag::NO_INTENDED | flag::SENT_IS_CREATE_TIME, ..blank }
        }
        _ => Record { flags: TIMELESS, ..blank },
    }
}

/// None: no sound stamp.
fn of_stamp(reading: ReadStamp, stamp_offset_ns: u64, blank: Record) -> Option<Record> {
    let ReadStamp::Stamp(stamp) = reading else { return None };
    Some(Record {
        sequence: stamp.sequence,
        intended_ns: stamp.intended_ns.wrapping_sub(stamp_offset_ns),
        sent_ns: stamp.actual_ns.wrapping_sub(stamp_offset_ns),
        producer: stamp.producer,
        flags: if stamp.probe { flag::PROBE } else { 0 },
        ..blank
    })
}

fn timed(times: Times, blank: Record) -> Record {
    let Times { sequence, intended_ns, actual_ns } = times;
    Record { sequence, intended_ns, sent_ns: actual_ns, ..blank }
}

fn length(value: &[u8]) -> u32 {
    u32::try_from(value.len()).unwrap_or(u32::MAX)
}

/// librdkafka's codes are small.
fn short(code: i32) -> i16 {
    i16::try_from(code).unwrap_or(i16::MIN)
}
