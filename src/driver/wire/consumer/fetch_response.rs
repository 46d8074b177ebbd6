//! One answer to a fetch, handed out from where it stands: batches checked, records of transactions that were given up
//! left out.

use super::partition_fetch::PartitionFetch;
use crate::driver::wire::pack::PLAIN;
use crate::driver::wire::response::Fetched;
use crate::driver::wire::stored::{BatchHead, RecordsIn, Unreadable};
use crate::driver::wire::unpack::Unpacker;
use crate::driver::{ReceivedMessage, RecordTime};
use crate::plan::message::BATCH_HEADER_BYTES;
use std::collections::VecDeque;
use std::ops::Range;

/// The messages of one partition.
#[derive(Debug)]
struct PartitionRecords {
    track: usize,
    partition: u32,
    /// Batches that have not been opened.
    left: Range<usize>,
    open: Option<OpenBatch>,
    /// Transactions that were given up, by their first offset, and those of them that have begun.
    aborted: VecDeque<(i64, i64)>,
    begun: Vec<i64>,
}

/// A batch that is being read.
#[derive(Debug, Clone, Copy)]
struct OpenBatch {
    records: RecordsIn,
    head: BatchHead,
}

/// An answer.
#[derive(Debug)]
pub(super) struct FetchResponse {
    bytes: Vec<u8>,
    parts: VecDeque<PartitionRecords>,
    /// The broker that it came from.
    pub(super) broker: i32,
}

/// Partition, offset, what is wrong there.
pub(super) type Damage = (u32, i64, Unreadable);

impl FetchResponse {
    /// What was fetched of partitions, whose batches stand in `bytes`; each with the number of its track.
    pub(super) fn new(bytes: Vec<u8>, broker: i32, fetched: impl Iterator<Item = (usize, Fetched)>) -> Self {
        let part = |(track, fetched): (usize, Fetched)| {
            let mut aborted = fetched.aborted;
            aborted.sort_unstable_by_key(|(_, first)| *first);
            let (partition, left) = (fetched.partition, fetched.batches);
            PartitionRecords { track, partition, left, open: None, aborted: aborted.into(), begun: Vec::new() }
        };
        Self { bytes, parts: fetched.map(part).collect(), broker }
    }

    /// The offset behind the whole batches in `batches`; None: there are none.
    pub(super) fn end_of(mut batches: &[u8]) -> Option<i64> {
        let mut end = None;
        while let Ok(Some(head)) = BatchHead::read(batches) {
            end = head.next_offset();
            batches = batches.get(head.bytes..).unwrap_or_default();
        }
        end
    }

    /// What is left of a track's messages is not handed out.
    pub(super) fn forget(&mut self, track: usize) {
        self.parts.retain(|part| part.track != track);
    }

    /// Is everything handed out?
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Its memory.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Hands out up to `most` messages; how many.
    #[inline]
    pub(super) fn hand_out(
        &mut self,
        most: u32,
        at_ns: u64,
        tracks: &mut [PartitionFetch],
        check: bool,
        unpacker: &mut Unpacker,
        on_message: &mut impl FnMut(u64, ReceivedMessage<'_>),
    ) -> Result<u32, Damage> {
        let mut count = 0;
        while let Some(part) = self.parts.front_mut() {
            let track = &mut tracks[part.track];
            let Some(open) = &mut part.open else {
                let opened = part.open_next(&self.bytes, track, check, unpacker);
                if !opened.map_err(|error| (part.partition, track.position, error))? {
                    self.parts.pop_front();
                }
                continue;
            };
            let OpenBatch { records, head } = open;
            // One batch is open at a time: what was unpacked is of this one.
            let bytes = if head.codec() == PLAIN { &self.bytes[..] } else { unpacker.bytes() };
            while count < most {
                let record = records.next(bytes).map_err(|error| (part.partition, track.position, error))?;
                let Some(record) = record else { break };
                let offset = head.base_offset.saturating_add(record.offset_delta);
                if offset < track.position {
                    continue;
                }
                track.position = offset.saturating_add(1);
                let record_time = if head.has_brokers_time() {
                    RecordTime::Appended
                } else if head.base_ms < 0 {
                    RecordTime::Unknown
                } else {
                    RecordTime::Created(head.base_ms.saturating_add(record.delta_ms))
                };
                let value = record.value.unwrap_or_default();
                on_message(at_ns, ReceivedMessage { value, partition: part.partition, offset, record_time });
                count += 1;
            }
            if records.is_at_end() {
                track.position = track.position.max(head.next_offset().unwrap_or(0));
                part.open = None;
                unpacker.batch_was_read();
            } else if count == most {
                return Ok(count);
            }
        }
        Ok(count)
    }
}

impl PartitionRecords {
    /// Opens the next batch, or passes over it. False: there is none.
    fn open_next(
        &mut self,
        bytes: &[u8],
        track: &mut PartitionFetch,
        check: bool,
        unpacker: &mut Unpacker,
    ) -> Result<bool, Unreadable> {
        let at = self.left.start;
        let batch = bytes.get(self.left.clone()).unwrap_or_default();
        let Some(head) = BatchHead::read(batch)? else { return Ok(false) };
        if check {
            head.check(batch)?;
        }
        self.left.start += head.bytes;
        let next = head.next_offset().unwrap_or(0);
        while self.aborted.front().is_some_and(|(_, first)| *first < next) {
            self.begun.extend(self.aborted.pop_front().map(|(producer, _)| producer));
        }
        let is_aborted = self.begun.contains(&head.producer_id);
        if head.is_control() {
            if is_aborted && Self::ends_in_abort(&head, at, bytes) {
                self.begun.retain(|producer| *producer != head.producer_id);
            }
        } else if !(head.is_transactional() && is_aborted) && next > track.position {
            let records = if head.codec() == PLAIN {
                RecordsIn::of(&head, at)
            } else {
                let packed = batch.get(BATCH_HEADER_BYTES..head.bytes).unwrap_or_default();
                RecordsIn::new(0, unpacker.unpack(head.codec(), packed)?)
            };
            self.open = Some(OpenBatch { records, head });
            return Ok(true);
        }
        track.position = track.position.max(next);
        Ok(true)
    }

    /// Does this control batch say that its transaction was given up? Its key is a version and a kind: 0 is that.
    fn ends_in_abort(head: &BatchHead, at: usize, bytes: &[u8]) -> bool {
        let record = RecordsIn::of(head, at).next(bytes).ok().flatten();
        record.and_then(|record| record.key).is_some_and(|key| key.get(2..4) == Some(&[0, 0]))
    }
}
