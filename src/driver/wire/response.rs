//! Answers of brokers, read where they stand. None: what stands there is no such answer. Whatever the bytes, no more
//! memory is taken than they themselves take.

mod fetch;
mod membership;

use super::request::WireRequest;
pub(super) use fetch::{Fetched, fetched};
pub(super) use membership::{heartbeat, member_commits, member_committed, topic_id};
use std::ops::Range;

/// A place in an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseCursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ResponseCursor<'a> {
    /// At the begin of `bytes`, behind length and correlation.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let chunk = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(*chunk)
    }

    fn flag(&mut self) -> Option<bool> {
        self.chunk::<1>().map(|[byte]| byte != 0)
    }

    fn i16(&mut self) -> Option<i16> {
        self.chunk().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.chunk().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.chunk().map(i64::from_be_bytes)
    }

    fn take(&mut self, length: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let taken = self.at..end;
        self.at = end;
        Some(taken)
    }

    /// A text; one that is null is empty.
    fn text(&mut self) -> Option<&'a str> {
        let length = self.i16()?;
        let taken = self.take(usize::try_from(length.max(0)).ok()?)?;
        std::str::from_utf8(&self.bytes[taken]).ok()
    }

    /// How many elements follow; null is none. Who reads them runs out of bytes when there are not so many.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.i32()?.max(0)).ok()
    }

    /// As many numbers of 32 bits as it says, unread.
    fn skip_i32s(&mut self) -> Option<()> {
        let count = self.count()?;
        self.take(count.checked_mul(4)?).map(drop)
    }
}

/// Does the broker speak our versions of the requests that are `needed`? The first that it does not, otherwise.
pub(super) fn versions(bytes: &[u8], needed: impl Fn(WireRequest) -> bool) -> Option<Result<(), WireRequest>> {
    let mut reading = ResponseCursor::new(bytes);
    let _error = reading.i16()?;
    let mut known = [false; WireRequest::ALL.len()];
    for _ in 0..reading.count()? {
        let (kind, least, most) = (reading.i16()?, reading.i16()?, reading.i16()?);
        for (known, question) in known.iter_mut().zip(WireRequest::ALL) {
            let (ours, version, _) = question.kind();
            *known |= ours == kind && (least..=most).contains(&version);
        }
    }
    let missing = known.iter().zip(WireRequest::ALL).find(|(known, question)| !**known && needed(*question));
    Some(missing.map_or(Ok(()), |(_, question)| Err(question)))
}

/// The code of an error, and the ways to log in that the broker has.
pub(super) fn handshake(bytes: &[u8]) -> Option<(i16, Vec<&str>)> {
    let mut reading = ResponseCursor::new(bytes);
    let error = reading.i16()?;
    let mut mechanisms = Vec::new();
    for _ in 0..reading.count()? {
        mechanisms.push(reading.text()?);
    }
    Some((error, mechanisms))
}

/// What the broker says to a message of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoginAnswer<'a> {
    pub(super) error: i16,
    /// What is wrong, in the broker's words.
    pub(super) words: &'a str,
    pub(super) message: &'a [u8],
    /// The login holds so long; 0: for ever.
    pub(super) lifetime_ms: i64,
}

/// The answer to a message of a login.
pub(super) fn authenticated(bytes: &[u8]) -> Option<LoginAnswer<'_>> {
    let mut reading = ResponseCursor::new(bytes);
    let (error, words) = (reading.i16()?, reading.text()?);
    let length = reading.count()?;
    let message = &bytes[reading.take(length)?];
    Some(LoginAnswer { error, words, message, lifetime_ms: reading.i64()? })
}

/// A producer's id and epoch, or an error's code.
pub(super) type IdAnswer = Result<(i64, i16), i16>;

/// Throttle time (ms), and the id.
pub(super) fn producer_id(bytes: &[u8]) -> Option<(i32, IdAnswer)> {
    let mut reading = ResponseCursor::new(bytes);
    let (throttle_ms, error) = (reading.i32()?, reading.i16()?);
    let id = (reading.i64()?, reading.i16()?);
    Some((throttle_ms, if error == 0 { Ok(id) } else { Err(error) }))
}

/// A broker's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokerAt {
    pub(super) id: i32,
    pub(super) host: String,
    pub(super) port: u16,
}

/// The brokers, and a topic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Metadata {
    pub(super) throttle_ms: i32,
    pub(super) brokers: Vec<BrokerAt>,
    /// Code of the topic's error; 0: none.
    pub(super) error: i16,
    /// Partition, its error, its leader (−1: none).
    pub(super) partitions: Vec<(u32, i16, i32)>,
}

/// What is known of the only topic that was asked for.
pub(super) fn metadata(bytes: &[u8]) -> Option<Metadata> {
    let mut reading = ResponseCursor::new(bytes);
    let mut metadata = Metadata { throttle_ms: reading.i32()?, ..Metadata::default() };
    for _ in 0..reading.count()? {
        let (id, host, port) = (reading.i32()?, reading.text()?, reading.i32()?);
        reading.text()?;
        metadata.brokers.push(BrokerAt { id, host: host.to_owned(), port: u16::try_from(port).ok()? });
    }
    reading.text()?;
    reading.i32()?;
    for _ in 0..reading.count()? {
        metadata.error = reading.i16()?;
        reading.text()?;
        reading.flag()?;
        for _ in 0..reading.count()? {
            let (error, partition, leader) = (reading.i16()?, reading.i32()?, reading.i32()?);
            (0..3).try_for_each(|_| reading.skip_i32s())?;
            metadata.partitions.push((u32::try_from(partition).ok()?, error, leader));
        }
    }
    Some(metadata)
}

/// What became of each batch: partition, error, offset of its first message. Returns the throttle time, ms.
pub(super) fn produced(bytes: &[u8], mut each: impl FnMut(u32, i16, i64)) -> Option<i32> {
    let mut reading = ResponseCursor::new(bytes);
    for _ in 0..reading.count()? {
        reading.text()?;
        for _ in 0..reading.count()? {
            let (partition, error, offset) = (reading.i32()?, reading.i16()?, reading.i64()?);
            // The time that the broker gave it, and the log's first offset.
            for _ in 0..2 {
                reading.i64()?;
            }
            each(u32::try_from(partition).ok()?, error, offset);
        }
    }
    reading.i32()
}

/// Offsets by partition: partition, error, offset.
pub(super) fn offsets(bytes: &[u8], mut each: impl FnMut(u32, i16, i64)) -> Option<()> {
    let mut reading = ResponseCursor::new(bytes);
    reading.i32()?;
    for _ in 0..reading.count()? {
        reading.text()?;
        for _ in 0..reading.count()? {
            let (partition, error) = (u32::try_from(reading.i32()?).ok()?, reading.i16()?);
            reading.i64()?;
            each(partition, error, reading.i64()?);
        }
    }
    Some(())
}

/// The broker that keeps a group's offsets, or an error's code.
pub(super) fn coordinator(bytes: &[u8]) -> Option<Result<BrokerAt, i16>> {
    let mut reading = ResponseCursor::new(bytes);
    reading.i32()?;
    let error = reading.i16()?;
    reading.text()?;
    let (id, host, port) = (reading.i32()?, reading.text()?, reading.i32()?);
    if error != 0 {
        return Some(Err(error));
    }
    Some(Ok(BrokerAt { id, host: host.to_owned(), port: u16::try_from(port).ok()? }))
}

/// Committed offsets by partition (−1: none), and the code of an error of the whole.
pub(super) fn committed(bytes: &[u8], mut each: impl FnMut(u32, i16, i64)) -> Option<i16> {
    let mut reading = ResponseCursor::new(bytes);
    reading.i32()?;
    for _ in 0..reading.count()? {
        reading.text()?;
        for _ in 0..reading.count()? {
            let (partition, offset) = (u32::try_from(reading.i32()?).ok()?, reading.i64()?);
            reading.i32()?;
            reading.text()?;
            each(partition, reading.i16()?, offset);
        }
    }
    reading.i16()
}

/// What became of the commit of each partition.
pub(super) fn commits(bytes: &[u8], mut each: impl FnMut(u32, i16)) -> Option<()> {
    let mut reading = ResponseCursor::new(bytes);
    reading.i32()?;
    for _ in 0..reading.count()? {
        reading.text()?;
        for _ in 0..reading.count()? {
            each(u32::try_from(reading.i32()?).ok()?, reading.i16()?);
        }
    }
    Some(())
}
