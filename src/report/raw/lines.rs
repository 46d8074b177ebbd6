//! Records as lines of CSV or of JSON. What is not known is empty, or null.

use crate::telemetry::raw::{Header, Record, RecordedEvent, flag};
use std::fmt::Display;
use std::io::{self, Write};

/// The columns, in order.
pub const COLUMNS: [&str; 15] = [
    "run_id",
    "role",
    "client",
    "outcome",
    "probe",
    "producer",
    "sequence",
    "partition",
    "offset",
    "value_bytes",
    "intended_ns",
    "sent_ns",
    "at_ns",
    "code",
    "flags",
];

/// A record as a line of JSON, or of CSV.
#[derive(Debug, serde::Serialize)]
pub struct RecordLine<'a> {
    run_id: &'a str,
    role: &'a str,
    client: u32,
    outcome: RecordedEvent,
    probe: bool,
    producer: Option<u32>,
    sequence: Option<u64>,
    partition: Option<i32>,
    offset: Option<i64>,
    value_bytes: Option<u32>,
    intended_ns: Option<u64>,
    sent_ns: Option<u64>,
    at_ns: u64,
    code: Option<i16>,
    flags: u8,
}

impl<'a> RecordLine<'a> {
    /// Of a record in a file with this header.
    pub fn of(header: &'a Header, role: &'a str, record: &Record) -> Self {
        let sample = record.outcome != RecordedEvent::Cut;
        // Only a stamp, or a producer's own memory, knows them.
        let numbered = sample && !record.has(flag::NO_INTENDED);
        Self {
            run_id: &header.run_id,
            role,
            client: header.index,
            outcome: record.outcome,
            probe: record.has(flag::PROBE),
            producer: numbered.then_some(record.producer),
            sequence: numbered.then_some(record.sequence),
            partition: Some(record.partition).filter(|partition| *partition >= 0),
            offset: Some(record.offset).filter(|offset| *offset >= 0),
            value_bytes: sample.then_some(record.value_bytes),
            intended_ns: (!record.has(flag::NO_INTENDED)).then_some(record.intended_ns),
            sent_ns: (sample && !record.has(flag::NO_SENT)).then_some(record.sent_ns),
            at_ns: record.at_ns,
            code: sample.then_some(record.code),
            flags: record.flags,
        }
    }

    /// As a line of CSV. No field needs quotes: they are numbers and our own words.
    pub fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { run_id, role, client, outcome, probe, producer, sequence, partition, offset, .. } = self;
        let Self { value_bytes, intended_ns, sent_ns, at_ns, code, flags, .. } = self;
        write!(out, "{run_id},{role},{client},{},{},", outcome.name(), u8::from(*probe))?;
        write!(out, "{},{},", text(*producer), text(*sequence))?;
        write!(out, "{},{},{},", text(*partition), text(*offset), text(*value_bytes))?;
        write!(out, "{},{},{at_ns},", text(*intended_ns), text(*sent_ns))?;
        writeln!(out, "{},{flags}", text(*code))
    }
}

/// The number, or nothing.
fn text(number: Option<impl Display>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
