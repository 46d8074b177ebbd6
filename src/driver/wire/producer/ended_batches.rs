//! Batches whose end is known: their delivery reports are read from the batches themselves.

use super::WireProducer;
use crate::driver::wire::records::Records;
use crate::driver::wire::stored::RecordsIn;
use crate::driver::{Delivery, Report};
use std::collections::VecDeque;

/// A batch whose end is known, and how far its reports have been handed out.
#[derive(Debug)]
pub(super) struct EndedBatch {
    pub(super) records: Records,
    pub(super) place: RecordsIn,
    pub(super) delivery: Delivery,
    /// Of its first message; −1: not known.
    pub(super) offset: i64,
    /// Who answered; −1: nobody.
    pub(super) broker: i32,
    pub(super) at_ns: u64,
}

impl WireProducer {
    /// Hands out reports of batches whose end is known.
    pub(super) fn hand_out(&mut self, limit: u32, on_report: &mut impl FnMut(u64, Report<'_>)) -> u32 {
        let mut count = 0;
        while count < limit {
            let Some(ended) = self.ended.front_mut() else { break };
            let partition = i32::try_from(ended.records.partition).unwrap_or(-1);
            while count < limit {
                let Some((record, tag)) = ended.records.next(&mut ended.place) else { break };
                let offset = if ended.offset < 0 { -1 } else { ended.offset + record.offset_delta };
                let value = record.value.unwrap_or_default();
                let (delivery, broker) = (ended.delivery, ended.broker);
                on_report(ended.at_ns, Report { value, tag, delivery, partition, offset, broker });
                count += 1;
            }
            if ended.place.is_at_end()
                && let Some(ended) = self.ended.pop_front()
            {
                self.messages -= u64::from(ended.records.count.unsigned_abs());
                self.queues.recycle(ended.records);
            }
        }
        count
    }

    /// The end of a batch that nobody has answered.
    pub(super) fn end(ended: &mut VecDeque<EndedBatch>, records: Records, delivery: Delivery, at_ns: u64) {
        let place = records.read();
        ended.push_back(EndedBatch { records, place, delivery, offset: -1, broker: -1, at_ns });
    }
}
