//! What becomes of batches whose request has ended: acknowledged, sent again, or given up.

use super::ended_batches::EndedBatch;
use super::partition_queues::PartitionQueues;
use crate::driver::wire::cluster::{RequestEvent, ThrottleTime};
use crate::driver::wire::codes;
use crate::driver::wire::link::Body;
use crate::driver::wire::records::Records;
use crate::driver::wire::response;
use crate::driver::{Delivery, DriverError};
use crate::plan::properties::wire::ProducerWay;
use std::collections::VecDeque;

/// What becomes of batches that come back.
pub(super) struct ReturnedBatches<'a> {
    pub(super) queues: &'a mut PartitionQueues,
    pub(super) ended: &'a mut VecDeque<EndedBatch>,
    pub(super) way: &'a ProducerWay,
    /// Whom they were sent to.
    pub(super) broker: i32,
    pub(super) now_ns: u64,
    pub(super) leaders_moved: &'a mut bool,
    pub(super) fault: &'a mut Option<DriverError>,
}

impl ReturnedBatches<'_> {
    /// What came of a request, told to whom it concerns.
    pub(super) fn event(&mut self, event: RequestEvent<'_, Records>) -> ThrottleTime {
        match event {
            RequestEvent::Answer(asked, inbox, range) => {
                let mut awaited = AwaitedBatches::new(asked.bodies);
                let throttle_ms = response::produced(inbox.bytes(range), |partition, error, offset| {
                    if let Some(records) = awaited.take(partition) {
                        self.answered(records, error, offset);
                    }
                });
                // An answer that leaves one out says nothing about it.
                let mut all = true;
                for records in awaited.into_rest() {
                    all = false;
                    self.lost(records);
                }
                throttle_ms.filter(|_| all)
            }
            RequestEvent::Written(asked) => {
                asked.bodies.into_iter().for_each(|records| self.end(records, Delivery::Acknowledged, -1));
                Some(0)
            }
            RequestEvent::Lost(asked) => {
                asked.bodies.into_iter().for_each(|records| self.lost(records));
                Some(0)
            }
        }
    }

    fn answered(&mut self, records: Records, error: i16, offset: i64) {
        *self.leaders_moved |= codes::is_about_leaders(error);
        if self.way.idempotent {
            return self.numbered(records, error, offset);
        }
        match error {
            0 => self.end(records, Delivery::Acknowledged, offset),
            _ if codes::is_retriable(error) => self.again(records, error.into()),
            _ => self.end(records, Delivery::Failed(error.into()), -1),
        }
    }

    /// The same of a batch that has a number, as Java's producer takes the answers.
    fn numbered(&mut self, mut records: Records, error: i16, offset: i64) {
        let (number, count) = (records.number(), records.count);
        let numbers = self.queues.numbers(records.partition).zip(number);
        match error {
            // That it was stored before is as good: nobody knows where any more.
            0 | codes::DUPLICATE_SEQUENCE => {
                if let Some((numbers, number)) = numbers {
                    numbers.acknowledged(number, count);
                }
                self.end(records, Delivery::Acknowledged, if error == 0 { offset } else { -1 });
            }
            codes::OUT_OF_ORDER_SEQUENCE | codes::UNKNOWN_PRODUCER_ID => {
                if let Some((numbers, number)) = numbers {
                    numbers.refused(number);
                }
                records.in_doubt = false;
                self.again(records, error.into());
            }
            _ if codes::is_retriable(error) => self.again(records, error.into()),
            _ => {
                if codes::ends_producer(error) {
                    let text = format!("partition {}: {}", records.partition, codes::describe(error.into()));
                    self.fault.get_or_insert(DriverError::new(codes::class(error.into()), text));
                }
                self.end(records, Delivery::Failed(error.into()), -1);
            }
        }
    }

    /// Nobody knows whether it was stored.
    fn lost(&mut self, records: Records) {
        *self.leaders_moved = true;
        self.again(records, codes::CONNECTION_LOST);
    }

    fn again(&mut self, records: Records, code: i32) {
        if self.now_ns >= records.opened_ns.saturating_add(self.way.delivery_ns) {
            self.end(records, Delivery::Failed(codes::TIMED_OUT), -1);
        } else if records.attempts > self.way.retries {
            self.end(records, Delivery::Failed(code), -1);
        } else {
            self.queues.again(records, self.now_ns, self.way);
        }
    }

    fn end(&mut self, records: Records, delivery: Delivery, offset: i64) {
        self.queues.ended(records.partition, delivery == Delivery::Acknowledged);
        self.ended.push_back(EndedBatch::answered(records, delivery, offset, self.broker, self.now_ns));
    }
}

/// The batches of a request that is answered: a broker names them in an order of its own, and there can be thousands.
struct AwaitedBatches(Vec<(u32, Option<Records>)>);

impl AwaitedBatches {
    fn new(batches: Vec<Records>) -> Self {
        let mut all: Vec<_> = batches.into_iter().map(|records| (records.partition, Some(records))).collect();
        all.sort_unstable_by_key(|(partition, _)| *partition);
        Self(all)
    }

    /// The batch of a partition, once.
    fn take(&mut self, partition: u32) -> Option<Records> {
        let at = self.0.binary_search_by_key(&partition, |(partition, _)| *partition).ok()?;
        self.0[at].1.take()
    }

    fn into_rest(self) -> impl Iterator<Item = Records> {
        self.0.into_iter().filter_map(|(_, records)| records)
    }
}

impl Body for Records {
    fn as_sent(&self) -> &[u8] {
        Records::as_sent(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_found_in_whatever_order_they_are_answered_each_once() {
        let of = |partition| {
            let mut records = Records::default();
            records.begin(partition, 0, 0, 0);
            records
        };
        let mut awaited = AwaitedBatches::new([7, 3, 5, 4].map(of).into());
        for (asked, found) in [(4, true), (7, true), (4, false), (6, false), (3, true)] {
            assert_eq!(awaited.take(asked).map(|records| records.partition), found.then_some(asked));
        }
        assert!(awaited.into_rest().map(|records| records.partition).eq([5]));
    }
}
