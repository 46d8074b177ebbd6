//! Batches of records as a broker serves them, read where they stand. Nothing in them is trusted: whatever the bytes,
//! reading ends.

use super::format::{ATTRIBUTES_AT, CRC_AT, FORMAT_AT, LENGTH_COUNTS_FROM, bytes_at};
use super::varint;
use crate::plan::message::BATCH_HEADER_BYTES;

/// What cannot be read, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("a record batch of format {0}; the wire driver reads format 2 (Kafka 0.11 and later)")]
    OldFormat(u8),
    #[error("a record batch whose CRC-32C is wrong")]
    Crc,
    #[error("a record batch whose bytes make no sense")]
    Malformed,
    #[error("a record batch compressed with {0} that cannot be decompressed")]
    Compressed(&'static str),
    #[error("a record batch compressed with codec {0}, which Kafka does not have")]
    UnknownCodec(u8),
    #[error("a record batch of more than {} MiB when it is decompressed", super::unpack::MOST_BYTES / 1024 / 1024)]
    TooLarge,
}

/// The head of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchHead {
    pub(super) base_offset: i64,
    /// Of the whole batch.
    pub(super) bytes: usize,
    crc: u32,
    attributes: i16,
    pub(super) last_offset_delta: i32,
    pub(super) base_ms: i64,
    pub(super) latest_ms: i64,
    pub(super) producer_id: i64,
    pub(super) count: i32,
}

impl BatchHead {
    /// The batch at the beginning of `bytes`; None: it is not there as a whole (brokers cut the last one off).
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        if bytes.len() <= FORMAT_AT {
            return Ok(None);
        }
        let length = i32::from_be_bytes(bytes_at(bytes, 8));
        let length = usize::try_from(length).map_err(|_| Unreadable::Malformed)?;
        match bytes[FORMAT_AT] {
            2 => {}
            old @ (0 | 1) => return Err(Unreadable::OldFormat(old)),
            _ => return Err(Unreadable::Malformed),
        }
        if length < BATCH_HEADER_BYTES - LENGTH_COUNTS_FROM {
            return Err(Unreadable::Malformed);
        }
        if length > bytes.len() - LENGTH_COUNTS_FROM {
            return Ok(None);
        }
        let head = Self {
            base_offset: i64::from_be_bytes(bytes_at(bytes, 0)),
            bytes: LENGTH_COUNTS_FROM + length,
            crc: u32::from_be_bytes(bytes_at(bytes, CRC_AT)),
            attributes: i16::from_be_bytes(bytes_at(bytes, ATTRIBUTES_AT)),
            last_offset_delta: i32::from_be_bytes(bytes_at(bytes, 23)),
            base_ms: i64::from_be_bytes(bytes_at(bytes, 27)),
            latest_ms: i64::from_be_bytes(bytes_at(bytes, 35)),
            producer_id: i64::from_be_bytes(bytes_at(bytes, 43)),
            count: i32::from_be_bytes(bytes_at(bytes, 57)),
        };
        if head.last_offset_delta < 0 || head.base_offset < 0 || head.count < 0 || head.next_offset().is_none() {
            return Err(Unreadable::Malformed);
        }
        Ok(Some(head))
    }

    /// The offset behind it; gaps within it and at its end count.
    #[inline]
    pub(super) fn next_offset(&self) -> Option<i64> {
        self.base_offset.checked_add(i64::from(self.last_offset_delta) + 1)
    }

    /// Is `bytes`, which begins with it, what was written?
    #[inline]
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), Unreadable> {
        let covered = bytes.get(ATTRIBUTES_AT..self.bytes).ok_or(Unreadable::Malformed)?;
        if crc32c::crc32c(covered) == self.crc { Ok(()) } else { Err(Unreadable::Crc) }
    }

    /// Does a marker of a transaction stand in it, and no message?
    pub(super) fn is_control(&self) -> bool {
        self.attributes & 0x20 != 0
    }

    /// Is it part of a transaction?
    pub(super) fn is_transactional(&self) -> bool {
        self.attributes & 0x10 != 0
    }

    /// Are its times the broker's?
    pub(super) fn has_brokers_time(&self) -> bool {
        self.attributes & 8 != 0
    }

    /// Number of its codec (`pack`).
    #[inline]
    pub(super) fn codec(&self) -> u8 {
        self.attributes.to_be_bytes()[1] & 7
    }
}

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredRecord<'a> {
    pub(super) delta_ms: i64,
    pub(super) offset_delta: i64,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
}

/// A place among the records of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RecordsIn {
    at: usize,
    end: usize,
}

impl RecordsIn {
    /// The records that stand in a buffer from `at` to `end`.
    pub(super) fn new(at: usize, end: usize) -> Self {
        Self { at, end }
    }

    /// Those of the batch at `at`, which is not compressed.
    pub(super) fn of(head: &BatchHead, at: usize) -> Self {
        Self { at: at + BATCH_HEADER_BYTES, end: at + head.bytes }
    }

    /// Has it come to the end?
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    /// The next record; None: there is none. `bytes` is always the same.
    #[inline]
    pub(super) fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<StoredRecord<'a>>, Unreadable> {
        if self.is_at_end() {
            return Ok(None);
        }
        let record = bytes.get(..self.end).and_then(|bytes| self.take(bytes));
        record.map(Some).ok_or(Unreadable::Malformed)
    }

    #[inline]
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<StoredRecord<'a>> {
        let mut at = self.at;
        let length = usize::try_from(varint::take(bytes, &mut at)?).ok()?;
        let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
        let record = &bytes[..end];
        // Its attributes: none are in use.
        at += 1;
        let delta_ms = varint::take(record, &mut at)?;
        let offset_delta = varint::take(record, &mut at)?;
        let key = Self::field(record, &mut at)?;
        let value = Self::field(record, &mut at)?;
        // What is left are headers, in which nobody is interested.
        self.at = end;
        Some(StoredRecord { delta_ms, offset_delta, key, value })
    }

    /// A length (−1: there is none) and so many bytes.
    #[inline]
    #[expect(clippy::option_option, reason = "None: there are not so many bytes; Some(None): it has no key or value")]
    fn field<'a>(record: &'a [u8], at: &mut usize) -> Option<Option<&'a [u8]>> {
        let length = varint::take(record, at)?;
        if length == -1 {
            return Some(None);
        }
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        let field = record.get(*at..end)?;
        *at = end;
        Some(Some(field))
    }
}
