//! Batches whose end is known: their delivery reports are read from the batches themselves.

use crate::driver::wire::records::Records;
use crate::driver::wire::stored::RecordsIn;
use crate::driver::{Delivery, Report};
use std::collections::VecDeque;

/// A batch whose end is known, and how far its reports have been handed out.
#[derive(Debug)]
pub(super) struct EndedBatch {
    pub(super) records: Records,
    place: RecordsIn,
    delivery: Delivery,
    /// Of its first message; −1: not known.
    offset: i64,
    /// Who answered; −1: nobody.
    broker: i32,
    at_ns: u64,
}

impl EndedBatch {
    /// One that a broker has answered at `at_ns`; offset −1: it did not say where it is.
    pub(super) fn answered(records: Records, delivery: Delivery, offset: i64, broker: i32, at_ns: u64) -> Self {
        let place = records.read();
        Self { records, place, delivery, offset, broker, at_ns }
    }

    /// One that nobody has answered.
    pub(super) fn unanswered(records: Records, delivery: Delivery, at_ns: u64) -> Self {
        Self::answered(records, delivery, -1, -1, at_ns)
    }
}

/// Hands out reports of ended batches, `limit` at most, and gives each batch to `over` when all of its are.
pub(super) fn hand_out(
    ended: &mut VecDeque<EndedBatch>,
    limit: u32,
    on_report: &mut impl FnMut(u64, Report<'_>),
    mut over: impl FnMut(Records),
) -> u32 {
    let mut count = 0;
    while count < limit {
        let Some(first) = ended.front_mut() else { break };
        let partition = i32::try_from(first.records.partition).unwrap_or(-1);
        while count < limit {
            let Some((record, tag)) = first.records.next(&mut first.place) else { break };
            let offset = if first.offset < 0 { -1 } else { first.offset + record.offset_delta };
            let value = record.value.unwrap_or_default();
            let (delivery, broker) = (first.delivery, first.broker);
            on_report(first.at_ns, Report { value, tag, delivery, partition, offset, broker });
            count += 1;
        }
        if first.place.is_at_end()
            && let Some(first) = ended.pop_front()
        {
            over(first.records);
        }
    }
    count
}
