//! What a member of a group is answered (KIP-848), in Kafka's newer way of writing (`request/membership.rs`).

use super::ResponseCursor;
use crate::driver::wire::request::TopicId;

impl<'a> ResponseCursor<'a> {
    /// Seven bits a byte, the lowest first.
    fn short(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.chunk()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(value).ok();
            }
        }
        None
    }

    /// How many elements follow; null is none.
    fn short_count(&mut self) -> Option<usize> {
        self.short().map(|count| count.saturating_sub(1))
    }

    /// A text; one that is null is empty.
    fn short_text(&mut self) -> Option<&'a str> {
        let length = self.short_count()?;
        let taken = self.take(length)?;
        std::str::from_utf8(&self.bytes[taken]).ok()
    }

    /// Fields that are not known, unread.
    fn skip_tags(&mut self) -> Option<()> {
        for _ in 0..self.short()? {
            self.short()?;
            let length = self.short()?;
            self.take(length)?;
        }
        Some(())
    }
}

/// The answer to a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::wire) struct Beaten<'a> {
    pub(in crate::driver::wire) throttle_ms: i32,
    pub(in crate::driver::wire) error: i16,
    /// What is wrong, in the broker's words.
    pub(in crate::driver::wire) words: &'a str,
    pub(in crate::driver::wire) epoch: i32,
    /// The next one is due after this time.
    pub(in crate::driver::wire) interval_ms: i32,
    /// The partitions that it is to have, by topic; None: as it was.
    pub(in crate::driver::wire) assignment: Option<Vec<(TopicId, Vec<u32>)>>,
}

/// See `Beaten`.
pub(in crate::driver::wire) fn heartbeat(bytes: &[u8]) -> Option<Beaten<'_>> {
    let mut reading = ResponseCursor::new(bytes);
    reading.skip_tags()?;
    let (throttle_ms, error, words) = (reading.i32()?, reading.i16()?, reading.short_text()?);
    // The member's id is of its own choice.
    reading.short_text()?;
    let (epoch, interval_ms) = (reading.i32()?, reading.i32()?);
    let [is_there] = reading.chunk()?;
    let mut assignment = None;
    if is_there.cast_signed() >= 0 {
        let mut topics = Vec::new();
        for _ in 0..reading.short_count()? {
            let (topic, mut partitions) = (reading.chunk()?, Vec::new());
            for _ in 0..reading.short_count()? {
                partitions.push(u32::try_from(reading.i32()?).ok()?);
            }
            reading.skip_tags()?;
            topics.push((topic, partitions));
        }
        assignment = Some(topics);
    }
    Some(Beaten { throttle_ms, error, words, epoch, interval_ms, assignment })
}

/// The number of the only topic that was asked for, or an error's code.
pub(in crate::driver::wire) fn topic_id(bytes: &[u8]) -> Option<Result<TopicId, i16>> {
    let mut reading = ResponseCursor::new(bytes);
    reading.skip_tags()?;
    reading.i32()?;
    for _ in 0..reading.short_count()? {
        reading.i32()?;
        reading.short_text()?;
        reading.i32()?;
        reading.short_text()?;
        reading.skip_tags()?;
    }
    reading.short_text()?;
    reading.i32()?;
    reading.short_count().filter(|topics| *topics > 0)?;
    let error = reading.i16()?;
    reading.short_text()?;
    let id = reading.chunk()?;
    Some(if error == 0 { Ok(id) } else { Err(error) })
}

/// Committed offsets by partition (−1: none), and the code of an error of the whole.
pub(in crate::driver::wire) fn member_committed(bytes: &[u8], mut each: impl FnMut(u32, i16, i64)) -> Option<i16> {
    let mut reading = ResponseCursor::new(bytes);
    reading.skip_tags()?;
    reading.i32()?;
    let mut whole = 0;
    for _ in 0..reading.short_count()? {
        reading.short_text()?;
        for _ in 0..reading.short_count()? {
            reading.short_text()?;
            for _ in 0..reading.short_count()? {
                let (partition, offset) = (u32::try_from(reading.i32()?).ok()?, reading.i64()?);
                reading.i32()?;
                reading.short_text()?;
                each(partition, reading.i16()?, offset);
                reading.skip_tags()?;
            }
            reading.skip_tags()?;
        }
        whole = reading.i16()?;
        reading.skip_tags()?;
    }
    Some(whole)
}

/// What became of the commit of each partition.
pub(in crate::driver::wire) fn member_commits(bytes: &[u8], mut each: impl FnMut(u32, i16)) -> Option<()> {
    let mut reading = ResponseCursor::new(bytes);
    reading.skip_tags()?;
    reading.i32()?;
    for _ in 0..reading.short_count()? {
        reading.short_text()?;
        for _ in 0..reading.short_count()? {
            each(u32::try_from(reading.i32()?).ok()?, reading.i16()?);
            reading.skip_tags()?;
        }
        reading.skip_tags()?;
    }
    Some(())
}
