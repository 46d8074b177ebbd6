//! Produce requests: made of the batches that are due, answered, tried again or given up.

use super::WireProducer;
use super::partition_queues::PartitionQueues;
use crate::driver::wire::cluster::{RequestEvent, ThrottleTime};
use crate::driver::wire::codes;
use crate::driver::wire::records::Records;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::driver::{Delivery, DriverError, Time};
use crate::plan::properties::wire::ProducerWay;
use std::collections::VecDeque;

impl WireProducer {
    /// Reads answers, sends what is due, in bounded pieces.
    pub(super) fn pump(&mut self, time: &impl Time) {
        let now_ns = time.now_ns();
        self.now_ns = now_ns;
        if self.purged {
            return;
        }
        self.steps(time);
        self.follow_leaders(now_ns);
        if now_ns >= self.next_expiry_ns {
            self.next_expiry_ns = now_ns + super::EXPIRY_NS;
            for records in self.queues.expired(now_ns, &self.way) {
                Self::end(&mut self.ended, records, Delivery::Failed(codes::TIMED_OUT), now_ns);
            }
        }
        self.queues.unpark(now_ns);
        if self.send_due(now_ns) {
            self.steps(time);
        }
        (self.hurry, self.untouched) = (false, true);
    }

    fn steps(&mut self, time: &impl Time) {
        let Self { cluster, queues, ended, way, .. } = self;
        let (mut leaders_moved, mut fault) = (false, None);
        for at in 0..cluster.len() {
            let broker = cluster.id(at);
            cluster.step(at, time, |event, now_ns| {
                let leaders_moved = &mut leaders_moved;
                ReturnedBatches { queues, ended, way, broker, now_ns, leaders_moved, fault: &mut fault }.event(event)
            });
        }
        if leaders_moved {
            cluster.want_metadata();
        }
        if let Some(DriverError { class, text }) = fault {
            cluster.give_up(class, text);
        }
    }

    fn follow_leaders(&mut self, now_ns: u64) {
        if let Some(metadata) = self.cluster.take_metadata() {
            let mut leaders = vec![-1; self.leaders.len()];
            for (partition, _, leader) in &metadata.partitions {
                if let Some(known) = leaders.get_mut(*partition as usize) {
                    *known = *leader;
                }
            }
            if leaders.contains(&-1) {
                self.cluster.want_metadata();
            } else {
                self.cluster.metadata_was_good();
            }
            metadata.brokers.into_iter().for_each(|broker| self.cluster.set(broker));
            self.queues.led_by(&leaders);
        }
        if self.queues.has_orphans() {
            self.cluster.want_metadata();
        }
        self.cluster.refresh(now_ns);
    }

    /// Puts a request to each broker that has something due and is not busy. True: there was one.
    fn send_due(&mut self, now_ns: u64) -> bool {
        let Self { cluster, queues, way, hurry, topic, packer, .. } = self;
        let mut any = false;
        for exit in 0..queues.exits() {
            while queues.is_due(exit, now_ns, *hurry, way) {
                let Some(at) = cluster.find(queues.broker(exit)) else {
                    cluster.want_metadata();
                    break;
                };
                let client_id = cluster.manners.client_id.clone();
                let deadline_ns = now_ns + cluster.manners.request_limit_ns;
                let Some(link) = cluster.ready(at, now_ns) else { break };
                if link.open(WireRequest::Produce) >= way.in_flight {
                    break;
                }
                let mut batches = queues.take(exit, way);
                if batches.is_empty() {
                    break;
                }
                for records in &mut batches {
                    if records.attempts == 0 {
                        records.seal(packer);
                    }
                    records.attempts = records.attempts.saturating_add(1);
                }
                let head = request::produce(&client_id, topic, way.acks, way.ack_limit_ms, batches.len());
                link.ask(WireRequest::Produce, head, batches, way.acks == 0, deadline_ns);
                any = true;
            }
        }
        any
    }
}

/// What becomes of batches that come back.
struct ReturnedBatches<'a> {
    queues: &'a mut PartitionQueues,
    ended: &'a mut VecDeque<super::EndedBatch>,
    way: &'a ProducerWay,
    /// Whom they were sent to.
    broker: i32,
    now_ns: u64,
    leaders_moved: &'a mut bool,
    fault: &'a mut Option<DriverError>,
}

impl ReturnedBatches<'_> {
    fn event(&mut self, event: RequestEvent<'_, Records>) -> ThrottleTime {
        match event {
            RequestEvent::Answer(asked, inbox, range) => {
                let mut batches = asked.bodies;
                let throttle_ms = response::produced(inbox.bytes(range), |partition, error, offset| {
                    if let Some(at) = batches.iter().position(|records| records.partition == partition) {
                        self.answered(batches.swap_remove(at), error, offset);
                    }
                });
                // An answer that leaves one out says nothing about it.
                let all = batches.is_empty();
                batches.into_iter().for_each(|records| self.lost(records));
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
        let (place, broker, at_ns) = (records.read(), self.broker, self.now_ns);
        self.ended.push_back(super::EndedBatch { records, place, delivery, offset, broker, at_ns });
    }
}

impl super::super::link::Body for Records {
    fn as_sent(&self) -> &[u8] {
        Records::as_sent(self)
    }
}
