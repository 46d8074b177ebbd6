//! Produce requests, made of the batches that are due: one a look.

use super::WireProducer;
use super::ended_batches::EndedBatch;
use super::returned_batches::ReturnedBatches;
use crate::driver::wire::cluster::RequestEvent;
use crate::driver::wire::codes;
use crate::driver::wire::records::Records;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::{Delivery, DriverError, Time};

impl WireProducer {
    /// Reads answers, sends what is due, in bounded pieces.
    ///
    /// Where a thread of its own does this there is nobody who waits meanwhile, and the bounds do no harm.
    pub(super) fn pump(&mut self, time: &impl Time) {
        let now_ns = self.cluster.begin_look(time);
        self.now_ns = now_ns;
        if self.purged {
            return;
        }
        self.steps(time, true);
        self.follow_leaders(now_ns);
        if now_ns >= self.next_expiry_ns {
            self.next_expiry_ns = now_ns + super::EXPIRY_NS;
            for records in self.queues.expired(now_ns, &self.way) {
                let failed = Delivery::Failed(codes::TIMED_OUT);
                self.ended.push_back(EndedBatch::unanswered(records, failed, now_ns));
            }
        }
        self.queues.unpark(now_ns);
        let asked = self.send_due(now_ns);
        if asked {
            self.steps(time, false);
        }
        // What is due besides is for the next look, at once.
        let flushes = self.flushes_linger;
        let more = asked && (0..self.queues.exits()).any(|exit| self.queues.is_due(exit, now_ns, flushes, &self.way));
        (self.flushes_linger, self.untouched) = (flushes && more, !more);
    }

    /// Reads what has come and writes what waits; without `reads` it writes alone.
    fn steps(&mut self, time: &impl Time, reads: bool) {
        let Self { cluster, queues, ended, way, .. } = self;
        let (mut leaders_moved, mut fault) = (false, None);
        for nth in 0..cluster.len() {
            let at = cluster.in_turn(nth);
            let broker = cluster.id(at);
            let on_event = |event: RequestEvent<'_, Records>, now_ns| {
                let leaders_moved = &mut leaders_moved;
                ReturnedBatches { queues, ended, way, broker, now_ns, leaders_moved, fault: &mut fault }.event(event)
            };
            if reads {
                cluster.step(at, time, on_event);
            } else {
                cluster.write(at, self.now_ns, on_event);
            }
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

    /// Puts a request to one broker that has something due and is not busy, to another one each time: the batches of
    /// one request are what one look closes. True: there was one.
    fn send_due(&mut self, now_ns: u64) -> bool {
        let Self { cluster, queues, way, flushes_linger, topic, packer, next_exit, .. } = self;
        let exits = queues.exits();
        for exit in (0..exits).map(|nth| (*next_exit + nth) % exits) {
            if !queues.is_due(exit, now_ns, *flushes_linger, way) {
                continue;
            }
            let Some(at) = cluster.find(queues.broker(exit)) else {
                cluster.want_metadata();
                continue;
            };
            let deadline_ns = now_ns + cluster.manners.request_limit_ns;
            let client_id = cluster.manners.client_id.clone();
            let Some(link) = cluster.ready(at, now_ns) else { continue };
            if link.open(WireRequest::Produce) >= way.in_flight {
                continue;
            }
            let mut batches = queues.take(exit, now_ns, way);
            if batches.is_empty() {
                continue;
            }
            for records in &mut batches {
                if records.attempts == 0 {
                    records.seal(packer);
                }
                records.attempts = records.attempts.saturating_add(1);
            }
            let head = request::produce(&client_id, topic, way.acks, way.ack_limit_ms, batches.len());
            link.ask(WireRequest::Produce, head, batches, way.acks == 0, deadline_ns);
            *next_exit = exit + 1;
            return true;
        }
        false
    }
}
