//! Batches that come back: ended, to be sent again, or too old.

use super::{Listing, PartitionQueues};
use crate::driver::wire::cluster::back_off_ns;
use crate::driver::wire::records::Records;
use crate::plan::properties::wire::ProducerWay;

impl PartitionQueues {
    /// A batch has come back; it has ended.
    pub(in crate::driver::wire::producer) fn ended(&mut self, partition: u32, well: bool) {
        let lane = &mut self.queues[partition as usize];
        lane.in_flight = lane.in_flight.saturating_sub(1);
        let mut was_retrying = std::mem::take(&mut lane.is_retrying);
        if let Some(numbers) = &mut lane.numbers {
            if !well {
                numbers.are_interrupted();
            }
            was_retrying |= numbers.are_broken();
        }
        if well {
            lane.failures = 0;
        }
        // What waits for it to come back may go.
        if let Some(exit) = lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
            exit.has_closed |=
                lane.queue.front().is_some_and(|first| first.attempts > 0 || (was_retrying && first.closed));
        }
    }

    /// A batch has come back, to be sent again: it takes its old place, and its partition waits a while.
    pub(in crate::driver::wire::producer) fn again(&mut self, records: Records, now_ns: u64, way: &ProducerWay) {
        let partition = records.partition;
        let lane = &mut self.queues[partition as usize];
        lane.in_flight = lane.in_flight.saturating_sub(1);
        lane.is_retrying = false;
        let before = lane.queue.partition_point(|queued| queued.serial < records.serial);
        lane.queue.insert(before, records);
        // Several that come back at once are one failure.
        if now_ns >= lane.not_before_ns {
            lane.not_before_ns = now_ns + back_off_ns(way.retry_ns, lane.failures);
            lane.failures = lane.failures.saturating_add(1);
        }
        match lane.listing {
            Listing::Nowhere => {
                lane.listing = Listing::Parked;
                self.parked.push(partition);
            }
            // The next request's turn finds it there and parks it.
            Listing::InRow => {
                if let Some(exit) = lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
                    exit.has_closed = true;
                }
            }
            Listing::Parked => {}
        }
    }

    /// Takes out the batches that are older than the delivery timeout.
    pub(in crate::driver::wire::producer) fn expired(&mut self, now_ns: u64, way: &ProducerWay) -> Vec<Records> {
        let mut expired = Vec::new();
        for lane in &mut self.queues {
            while lane.queue.front().is_some_and(|first| now_ns >= first.opened_ns.saturating_add(way.delivery_ns)) {
                let Some(first) = lane.queue.pop_front() else { break };
                if let (Some(numbers), Some(_)) = (&mut lane.numbers, first.number()) {
                    numbers.are_interrupted();
                }
                expired.push(first);
            }
        }
        expired
    }
}
