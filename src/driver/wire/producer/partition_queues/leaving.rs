//! Batches on their way out: when a request is due to a broker, and which batches it carries.

use super::{LeaderQueue, Listing, PartitionQueues};
use crate::driver::wire::producer::numbers::Numbers;
use crate::driver::wire::records::Records;
use crate::plan::properties::wire::ProducerWay;

impl PartitionQueues {
    /// Partitions that had to wait and need not any more are put into their rows.
    pub(in crate::driver::wire::producer) fn unpark(&mut self, now_ns: u64) {
        let Self { queues, exits, parked, .. } = self;
        parked.retain(|partition| {
            let lane = &mut queues[*partition as usize];
            let Some(exit) = lane.exit.and_then(|exit| exits.get_mut(exit)) else { return true };
            if lane.queue.is_empty() {
                lane.listing = Listing::Nowhere;
                return false;
            }
            if now_ns < lane.not_before_ns {
                return true;
            }
            lane.listing = Listing::InRow;
            exit.row.push_front(*partition);
            exit.has_closed |= lane.queue.len() > 1 || lane.queue.front().is_some_and(|records| records.closed);
            false
        });
    }

    /// Is a request due to the broker of this exit? `all`: whatever is there.
    #[inline]
    pub(in crate::driver::wire::producer) fn is_due(
        &self,
        exit: usize,
        now_ns: u64,
        all: bool,
        way: &ProducerWay,
    ) -> bool {
        let exit = &self.exits[exit];
        exit.has_closed || self.first_of(exit).is_some_and(|first| all || now_ns >= first.opened_ns + way.linger_ns)
    }

    fn first_of(&self, exit: &LeaderQueue) -> Option<&Records> {
        exit.row.iter().find_map(|partition| self.queues[*partition as usize].queue.front())
    }

    /// When the batch of an exit that has waited longest has waited long enough; None: there is none.
    pub(in crate::driver::wire::producer) fn first_due_ns(&self, exit: usize, way: &ProducerWay) -> Option<u64> {
        let exit = &self.exits[exit];
        let first = self.first_of(exit)?;
        Some(if exit.has_closed { 0 } else { first.opened_ns + way.linger_ns })
    }

    /// When the first of those that are left alone for a while is not any more.
    pub(in crate::driver::wire::producer) fn parked_until_ns(&self) -> u64 {
        self.parked.iter().map(|partition| self.queues[*partition as usize].not_before_ns).min().unwrap_or(u64::MAX)
    }

    /// Takes the first batch of each partition of the exit, as many as a request may carry.
    ///
    /// What comes back to be sent again goes alone: the batches behind it must not overtake it.
    pub(in crate::driver::wire::producer) fn take(
        &mut self,
        exit: usize,
        now_ns: u64,
        way: &ProducerWay,
    ) -> Vec<Records> {
        let Self { queues, exits, parked, .. } = self;
        let exit = &mut exits[exit];
        let (mut taken, mut bytes, mut kept) = (Vec::new(), 0, Vec::new());
        exit.has_closed = false;
        for _ in 0..exit.row.len() {
            let Some(partition) = exit.row.pop_front() else { break };
            let lane = &mut queues[partition as usize];
            let Some(first) = lane.queue.front() else {
                lane.listing = Listing::Nowhere;
                continue;
            };
            if now_ns < lane.not_before_ns {
                lane.listing = Listing::Parked;
                parked.push(partition);
                continue;
            }
            if !taken.is_empty() && bytes + first.batch_bytes() > way.request_bytes {
                exit.row.push_front(partition);
                exit.has_closed = true;
                break;
            }
            let (first_bytes, is_resend) = (first.batch_bytes(), first.attempts > 0);
            let is_alone = is_resend || lane.numbers.as_ref().is_some_and(Numbers::are_broken);
            if lane.is_retrying || (is_alone && lane.in_flight > 0) {
                kept.push(partition);
                continue;
            }
            if let Some(numbers) = &mut lane.numbers {
                numbers.mend(&mut lane.queue);
            }
            lane.is_retrying = is_resend;
            bytes += first_bytes;
            lane.in_flight += 1;
            taken.extend(lane.queue.pop_front());
            match lane.queue.front() {
                None => lane.listing = Listing::Nowhere,
                Some(next) => {
                    exit.has_closed |= next.closed || lane.queue.len() > 1;
                    exit.row.push_back(partition);
                }
            }
        }
        exit.row.extend(kept);
        taken
    }
}
