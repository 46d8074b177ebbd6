//! A batch of records (format 2) that is being filled: values are written once, where they are sent from, kept for a
//! resend, and read again for their delivery reports.
//!
//! The buffer begins with what a produce request says before each batch (partition and length), so that a request is
//! sent from where its batches stand.

mod piecewise_sum;

use super::format::{ATTRIBUTES_AT, CRC_AT, put_i16, put_i32, put_i64};
use super::pack::{PLAIN, Packer};
use super::stored::{RecordsIn, StoredRecord};
use super::varint;
use crate::plan::message::BATCH_HEADER_BYTES;
use piecewise_sum::PiecewiseSum;

/// What a produce request says before the batch of a partition: its number, the batch's length.
const PREFIX_BYTES: usize = 8;
/// Where the first record stands.
const RECORDS_AT: usize = PREFIX_BYTES + BATCH_HEADER_BYTES;
/// A buffer begins with so much and doubles.
const FIRST_BYTES: usize = 4 * 1024;
/// Most that a record takes beside its key and value: four lengths, a delta of times, its attributes, no headers.
const RECORD_BYTES: usize = 5 * varint::INT_BYTES + 2;

/// What an idempotent producer's batch is known by to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchNumber {
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
    /// Of its first message, within the partition.
    pub(super) sequence: i32,
}

/// Of a producer that is not idempotent.
const NO_NUMBER: BatchNumber = BatchNumber { producer_id: -1, epoch: -1, sequence: -1 };

/// One batch.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    len: usize,
    sum: PiecewiseSum,
    /// The batch as it is sent where its codec is not `PLAIN`; else empty.
    packed: Vec<u8>,
    codec: u8,
    number: Option<BatchNumber>,
    /// It was sent, and may have been stored.
    pub(super) in_doubt: bool,
    pub(super) count: i32,
    /// No tag: none of its messages has one.
    tags: Vec<usize>,
    pub(super) partition: u32,
    /// When its first message came, raw ns.
    pub(super) opened_ns: u64,
    /// The same on the wall clock, ms.
    base_ms: i64,
    latest_delta_ms: i32,
    /// Number within the partition, in the order of filling.
    pub(super) serial: u64,
    /// Nothing is added any more.
    pub(super) closed: bool,
    /// Times that it was sent.
    pub(super) attempts: u32,
}

impl Records {
    /// Begins anew, in the same memory.
    pub(super) fn begin(&mut self, partition: u32, serial: u64, opened_ns: u64, base_ms: i64) {
        self.len = RECORDS_AT;
        self.sum = PiecewiseSum::default();
        self.count = 0;
        self.tags.clear();
        (self.partition, self.serial, self.opened_ns, self.base_ms) = (partition, serial, opened_ns, base_ms);
        (self.latest_delta_ms, self.closed, self.attempts) = (0, false, 0);
        (self.number, self.in_doubt) = (None, false);
        self.packed.clear();
    }

    /// Its records are not summed up while they come: it will be compressed, or another thread sends it.
    pub(super) fn will_be_summed_up_as_a_whole(&mut self) {
        self.sum = PiecewiseSum::never();
    }

    /// Bytes of the batch before it is compressed.
    #[inline]
    pub(super) fn batch_bytes(&self) -> usize {
        self.len - PREFIX_BYTES
    }

    /// Bytes of memory that it holds; what it is compressed into comes on top.
    pub(super) fn room_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Most bytes that a record of this key and value takes.
    #[inline]
    pub(super) fn most_record_bytes(key: Option<&[u8]>, value: &[u8]) -> usize {
        RECORD_BYTES + key.map_or(0, <[u8]>::len) + value.len()
    }

    /// Adds a record at `now_ns`. There must be no more than `i32::MAX` bytes in all.
    #[inline]
    pub(super) fn add(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64) {
        let most = Self::most_record_bytes(key, value);
        if self.len + most > self.bytes.len() {
            self.grow(most);
        }
        let delta_ms = delta_ms(self.opened_ns, now_ns);
        self.latest_delta_ms = self.latest_delta_ms.max(delta_ms);
        let (key_length, value_length) = (key.map_or(-1, length_of), length_of(value));
        let body = 1
            + varint::bytes_of(delta_ms)
            + varint::bytes_of(self.count)
            + varint::bytes_of(key_length)
            + key.map_or(0, <[u8]>::len)
            + varint::bytes_of(value_length)
            + value.len()
            + 1;
        let room = &mut self.bytes[self.len..];
        let mut at = varint::put(room, i32::try_from(body).unwrap_or(i32::MAX));
        room[at] = 0;
        at += 1;
        at += varint::put(&mut room[at..], delta_ms);
        at += varint::put(&mut room[at..], self.count);
        at += varint::put(&mut room[at..], key_length);
        if let Some(key) = key {
            room[at..at + key.len()].copy_from_slice(key);
            at += key.len();
        }
        at += varint::put(&mut room[at..], value_length);
        room[at..at + value.len()].copy_from_slice(value);
        at += value.len();
        room[at] = 0;
        self.len += at + 1;
        self.count += 1;
        if self.sum.is_due(self.len - RECORDS_AT) {
            self.sum.add(&self.bytes[RECORDS_AT..self.len]);
        }
        if tag != 0 || !self.tags.is_empty() {
            self.remember(tag);
        }
    }

    #[cold]
    fn grow(&mut self, most: usize) {
        let wanted = (self.len + most).max(self.bytes.len() * 2).max(FIRST_BYTES);
        self.bytes.resize(wanted, 0);
    }

    #[cold]
    fn remember(&mut self, tag: usize) {
        self.tags.resize(usize::try_from(self.count).unwrap_or(1) - 1, 0);
        self.tags.push(tag);
    }

    /// Compresses it and writes its header, after which it can be sent.
    pub(super) fn seal(&mut self, packer: &mut Packer) {
        self.closed = true;
        self.codec = packer.pack(&self.bytes[RECORDS_AT..self.len], RECORDS_AT, &mut self.packed);
        self.write_head();
    }

    fn write_head(&mut self) {
        let whole = if self.codec == PLAIN { &mut self.bytes[..self.len] } else { &mut self.packed[..] };
        let (prefix, batch) = whole.split_at_mut(PREFIX_BYTES);
        let length = batch.len();
        put_i32(prefix, 0, self.partition.cast_signed());
        put_i32(prefix, 4, as_i32(length));
        put_i64(batch, 0, 0);
        put_i32(batch, 8, as_i32(length - 12));
        put_i32(batch, 12, -1);
        batch[16] = 2;
        put_i16(batch, ATTRIBUTES_AT, self.codec.into());
        put_i32(batch, 23, self.count - 1);
        put_i64(batch, 27, self.base_ms);
        put_i64(batch, 35, self.base_ms + i64::from(self.latest_delta_ms));
        let number = self.number.unwrap_or(NO_NUMBER);
        put_i64(batch, 43, number.producer_id);
        put_i16(batch, 51, number.epoch);
        put_i32(batch, 53, number.sequence);
        put_i32(batch, 57, self.count);
        let (head, records) = batch[ATTRIBUTES_AT..].split_at(BATCH_HEADER_BYTES - ATTRIBUTES_AT);
        let crc = if self.codec == PLAIN {
            self.sum.behind(head, records)
        } else {
            crc32c::crc32c_append(crc32c::crc32c(head), records)
        };
        put_i32(batch, CRC_AT, crc.cast_signed());
    }

    /// Its number, if it has one.
    pub(super) fn number(&self) -> Option<BatchNumber> {
        self.number
    }

    /// Gives it a number, another than it was sent with if it was.
    pub(super) fn set_number(&mut self, number: BatchNumber) {
        self.number = Some(number);
        if self.attempts > 0 {
            self.write_head();
        }
    }

    /// Its number does not hold any more.
    pub(super) fn forget_number(&mut self) {
        self.number = None;
    }

    /// The part of a produce request that it is, once sealed.
    #[inline]
    pub(super) fn as_sent(&self) -> &[u8] {
        if self.codec == PLAIN { &self.bytes[..self.len] } else { &self.packed }
    }

    /// The batch alone, once sealed.
    pub(super) fn as_batch(&self) -> &[u8] {
        &self.as_sent()[PREFIX_BYTES..]
    }

    /// A place to read its messages from, the first one first.
    pub(super) fn read(&self) -> RecordsIn {
        RecordsIn::new(RECORDS_AT, self.len)
    }

    /// The next message and its tag.
    #[inline]
    pub(super) fn next(&self, place: &mut RecordsIn) -> Option<(StoredRecord<'_>, usize)> {
        // Our own writing is well-formed.
        let record = place.next(&self.bytes).ok().flatten()?;
        let nth = usize::try_from(record.offset_delta).unwrap_or(usize::MAX);
        Some((record, self.tags.get(nth).copied().unwrap_or(0)))
    }
}

#[inline]
fn length_of(bytes: &[u8]) -> i32 {
    as_i32(bytes.len())
}

fn as_i32(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[inline]
fn delta_ms(opened_ns: u64, now_ns: u64) -> i32 {
    let delta_ns = now_ns.saturating_sub(opened_ns);
    if delta_ns < 1_000_000 { 0 } else { i32::try_from(delta_ns / 1_000_000).unwrap_or(i32::MAX) }
}
