//! Raw sample files: every sample of one client, for tests and audits. What histograms forget is all here.
//!
//! All numbers are little endian. All times are ns on CLOCK_MONOTONIC_RAW of the client's host, from the one clock of
//! the run.
//!
//! | bytes | field |
//! |---|---|
//! | 0–7 | magic, `PLD-RAW` and a newline |
//! | 8–11 | version of the layout, 1 |
//! | 12–15 | where the first record begins (a multiple of 8) |
//! | 16–… | the header as JSON, filled up with spaces, a newline at its end (`head -2` shows it) |
//!
//! Then records of 56 bytes, in the order in which the client counted them:
//!
//! | bytes | field |
//! |---|---|
//! | 0–7 | sequence number of the message within its producer |
//! | 8–15 | intended send time |
//! | 16–23 | actual send time |
//! | 24–31 | when its report was picked up (producer), when it was received (consumer) |
//! | 32–39 | offset, signed; −1: not known |
//! | 40–43 | partition, signed; −1: not known |
//! | 44–47 | index of its producer, over all topics |
//! | 48–51 | bytes of the value |
//! | 52–53 | librdkafka's error code, signed; 0: none |
//! | 54 | outcome, see [`RecordedEvent`] |
//! | 55 | flags, see [`flag`] |
//!
//! A record with the outcome `cut` is no sample. It stands where the client cut a slot of its telemetry: what is before
//! it is in that slot or an earlier one. Its time of pick-up is the slot's end, its intended time the load's epoch (0
//! before it is known). So figures of the timeline and of periods can be made from raw samples exactly.

mod read;
mod write;

pub use read::RawFile;
pub use write::RawWriter;

use super::Role;

/// First bytes of a file.
pub const MAGIC: [u8; 8] = *b"PLD-RAW\n";
/// Version of the layout.
pub const VERSION: u32 = 1;
/// Bytes of a record.
pub const RECORD_BYTES: usize = 56;
/// What comes before the header's text: magic, version, position of the first record.
const PREFIX_BYTES: usize = 16;
/// No header is longer; a file that says so is damaged.
const HEADER_LIMIT_BYTES: usize = 1 << 20;

/// Bits of a record's flags.
pub mod flag {
    /// A readiness probe: no message of the load.
    pub const PROBE: u8 = 1;
    /// Nobody knows when it was meant to be sent.
    pub const NO_INTENDED: u8 = 2;
    /// Nobody knows when it was sent.
    pub const NO_SENT: u8 = 4;
    /// The actual send time is the record's CreateTime, whole ms.
    pub const SENT_IS_CREATE_TIME: u8 = 8;
    /// The report came after the producer had closed its account: the message has been counted as unknown before.
    pub const AFTER_CLOSE: u8 = 16;
}

/// What a record tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RecordedEvent {
    /// Acknowledged.
    Acknowledged = 1,
    /// Delivery failed.
    Failed = 2,
    /// Purged before its end was known.
    Unknown = 3,
    /// The library refused it: it was never on its way, and counts as failed.
    Refused = 4,
    /// Received.
    Received = 5,
    /// Received, stamp or length damaged: times and sequence mean nothing.
    Corrupt = 6,
    /// Received, but of another run.
    Foreign = 7,
    /// No sample: a slot was cut here.
    Cut = 255,
}

impl RecordedEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Acknowledged,
        Self::Failed,
        Self::Unknown,
        Self::Refused,
        Self::Received,
        Self::Corrupt,
        Self::Foreign,
        Self::Cut,
    ];

    fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| *outcome as u8 == byte)
    }

    /// The name in CSV and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Received => "received",
            Self::Corrupt => "corrupt",
            Self::Foreign => "foreign",
            Self::Cut => "cut",
        }
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Header {
    /// Version of pinload.
    pub pinload_version: String,
    /// Role of the client.
    pub role: Role,
    /// Its number, over all topics and hosts.
    pub index: u32,
    /// The run, as in stamps, in hex.
    pub run_id: String,
    /// Its topic.
    pub topic: String,
    /// Consumer group (consumers).
    pub group: Option<String>,
    /// Bytes of a record.
    pub record_bytes: usize,
    /// Wall clock − raw clock when the file was made, ns: raw time + this = ns since 1970.
    pub wall_offset_ns: i64,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Sequence number within the producer.
    pub sequence: u64,
    /// Intended send time, raw ns.
    pub intended_ns: u64,
    /// Actual send time, raw ns.
    pub sent_ns: u64,
    /// Pick-up of the report, or receipt, raw ns.
    pub at_ns: u64,
    /// Offset; −1: not known.
    pub offset: i64,
    /// Partition; −1: not known.
    pub partition: i32,
    /// Index of the producer.
    pub producer: u32,
    /// Bytes of the value.
    pub value_bytes: u32,
    /// librdkafka's code; 0: none.
    pub code: i16,
    /// What became of it.
    pub outcome: RecordedEvent,
    /// See [`flag`].
    pub flags: u8,
}

impl Record {
    /// The mark of a slot that ends at `end_ns`.
    pub const fn cut(end_ns: u64, epoch_ns: u64) -> Self {
        Self {
            sequence: 0,
            intended_ns: epoch_ns,
            sent_ns: 0,
            at_ns: end_ns,
            offset: -1,
            partition: -1,
            producer: 0,
            value_bytes: 0,
            code: 0,
            outcome: RecordedEvent::Cut,
            flags: 0,
        }
    }

    /// Is this flag set?
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    #[inline]
    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[..8].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.intended_ns.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sent_ns.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.at_ns.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.offset.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.partition.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.producer.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.value_bytes.to_le_bytes());
        bytes[52..54].copy_from_slice(&self.code.to_le_bytes());
        bytes[54] = self.outcome as u8;
        bytes[55] = self.flags;
        bytes
    }

    /// None: the outcome is none of ours.
    fn of_bytes(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        Some(Self {
            sequence: u64::from_le_bytes(part(bytes, 0)),
            intended_ns: u64::from_le_bytes(part(bytes, 8)),
            sent_ns: u64::from_le_bytes(part(bytes, 16)),
            at_ns: u64::from_le_bytes(part(bytes, 24)),
            offset: i64::from_le_bytes(part(bytes, 32)),
            partition: i32::from_le_bytes(part(bytes, 40)),
            producer: u32::from_le_bytes(part(bytes, 44)),
            value_bytes: u32::from_le_bytes(part(bytes, 48)),
            code: i16::from_le_bytes(part(bytes, 52)),
            outcome: RecordedEvent::of_byte(bytes[54])?,
            flags: bytes[55],
        })
    }
}

/// `N` bytes of a record from `at` on.
fn part<const N: usize>(bytes: &[u8; RECORD_BYTES], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
mod tests;
