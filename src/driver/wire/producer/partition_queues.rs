//! The batches that are not on their way: by partition, and the partitions by the broker that leads them.

use super::super::cluster::back_off_ns;
use super::numbers::Numbers;
use crate::driver::wire::records::Records;
use crate::plan::properties::wire::ProducerWay;
use std::collections::VecDeque;

/// One partition.
#[derive(Debug, Default)]
struct PartitionQueue {
    /// In the order of filling; the last may be open.
    queue: VecDeque<Records>,
    /// Which way out; None: nobody leads it.
    exit: Option<usize>,
    /// Does it stand in its exit's row?
    listed: bool,
    /// Batches on their way.
    in_flight: u32,
    /// One of them is sent again.
    is_retrying: bool,
    not_before_ns: u64,
    failures: u32,
    next_serial: u64,
    /// None: batches have no numbers.
    numbers: Option<Numbers>,
}

/// A broker that leads partitions.
#[derive(Debug)]
struct LeaderQueue {
    broker: i32,
    /// Its partitions that have a batch, the one that has waited longest first.
    row: VecDeque<u32>,
    /// Is there a closed batch among theirs?
    has_closed: bool,
}

/// All partitions.
#[derive(Debug)]
pub(super) struct PartitionQueues {
    queues: Vec<PartitionQueue>,
    exits: Vec<LeaderQueue>,
    /// Partitions that have a batch and no exit, or are to be left alone for a while.
    parked: Vec<u32>,
    /// Memory to be used again, the one that was used last first.
    spare: Vec<Records>,
    /// Memory of the batches in use, bytes.
    room_bytes: usize,
}

impl PartitionQueues {
    /// Of so many partitions.
    pub(super) fn new(partitions: usize) -> Self {
        Self {
            queues: (0..partitions).map(|_| PartitionQueue::default()).collect(),
            exits: Vec::new(),
            parked: Vec::new(),
            spare: Vec::new(),
            room_bytes: 0,
        }
    }

    /// From now on batches have numbers, of this producer's id and epoch.
    pub(super) fn number(&mut self, (producer_id, epoch): (i64, i16)) {
        self.queues.iter_mut().for_each(|lane| lane.numbers = Some(Numbers::new(producer_id, epoch)));
    }

    /// The numbers of a partition's batches, where they have any.
    pub(super) fn numbers(&mut self, partition: u32) -> Option<&mut Numbers> {
        self.queues[partition as usize].numbers.as_mut()
    }

    /// Says who leads each partition: a broker's id, −1 for nobody. Partitions that were added later are not used.
    pub(super) fn led_by(&mut self, leaders: &[i32]) {
        self.exits.clear();
        self.parked.clear();
        for (lane, at) in self.queues.iter_mut().zip(0u32..) {
            let leader = leaders.get(at as usize).copied().filter(|leader| *leader >= 0);
            lane.exit = leader.map(|broker| {
                self.exits.iter().position(|exit| exit.broker == broker).unwrap_or_else(|| {
                    self.exits.push(LeaderQueue { broker, row: VecDeque::new(), has_closed: false });
                    self.exits.len() - 1
                })
            });
            lane.listed = false;
            if !lane.queue.is_empty() {
                lane.listed = true;
                self.parked.push(at);
            }
        }
    }

    /// The brokers that lead partitions.
    pub(super) fn brokers(&self) -> impl Iterator<Item = i32> + '_ {
        self.exits.iter().map(|exit| exit.broker)
    }

    /// Memory of the batches in use, those on their way included, bytes.
    pub(super) fn room_bytes(&self) -> usize {
        self.room_bytes
    }

    /// Is there an open batch that takes a record of so many bytes?
    #[inline]
    pub(super) fn takes(&self, partition: u32, bytes: usize, way: &ProducerWay) -> bool {
        self.queues.get(partition as usize).and_then(|lane| lane.queue.back()).is_some_and(|open| {
            !open.closed && open.batch_bytes() + bytes <= way.batch_bytes && open.count < way.batch_messages
        })
    }

    /// Adds to the open batch, which takes it.
    #[inline]
    pub(super) fn add(&mut self, partition: u32, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64) {
        if let Some(open) = self.queues[partition as usize].queue.back_mut() {
            let before = open.room_bytes();
            open.add(key, value, tag, now_ns);
            self.room_bytes += open.room_bytes() - before;
        }
    }

    /// The open batch of a partition, if there is one, takes no more.
    pub(super) fn close(&mut self, partition: u32) {
        let lane = &mut self.queues[partition as usize];
        if let Some(open) = lane.queue.back_mut() {
            open.closed = true;
            if let Some(exit) = lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
                exit.has_closed = true;
            }
        }
    }

    /// Opens a batch behind the one that is full.
    pub(super) fn open(&mut self, partition: u32, now_ns: u64, wall_ms: i64) {
        self.close(partition);
        let mut records = self.spare.pop().unwrap_or_default();
        self.room_bytes += records.room_bytes();
        let lane = &mut self.queues[partition as usize];
        records.begin(partition, lane.next_serial, now_ns, wall_ms);
        lane.next_serial += 1;
        lane.queue.push_back(records);
        if !lane.listed {
            lane.listed = true;
            match lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
                Some(exit) if now_ns >= lane.not_before_ns => exit.row.push_back(partition),
                _ => self.parked.push(partition),
            }
        }
    }

    /// Partitions that had to wait and need not any more are put into their rows.
    pub(super) fn unpark(&mut self, now_ns: u64) {
        let Self { queues, exits, parked, .. } = self;
        parked.retain(|partition| {
            let lane = &mut queues[*partition as usize];
            let Some(exit) = lane.exit.and_then(|exit| exits.get_mut(exit)) else { return true };
            if lane.queue.is_empty() {
                lane.listed = false;
                return false;
            }
            if now_ns < lane.not_before_ns {
                return true;
            }
            exit.row.push_front(*partition);
            exit.has_closed |= lane.queue.len() > 1 || lane.queue.front().is_some_and(|records| records.closed);
            false
        });
    }

    /// Has anything to wait for a leader?
    pub(super) fn has_orphans(&self) -> bool {
        self.parked.iter().any(|partition| self.queues[*partition as usize].exit.is_none())
    }

    /// Is a request due to the broker of this exit? `all`: whatever is there.
    #[inline]
    pub(super) fn is_due(&self, exit: usize, now_ns: u64, all: bool, way: &ProducerWay) -> bool {
        let exit = &self.exits[exit];
        exit.has_closed || self.first_of(exit).is_some_and(|first| all || now_ns >= first.opened_ns + way.linger_ns)
    }

    fn first_of(&self, exit: &LeaderQueue) -> Option<&Records> {
        exit.row.iter().find_map(|partition| self.queues[*partition as usize].queue.front())
    }

    /// When the batch of an exit that has waited longest has waited long enough; None: there is none.
    pub(super) fn first_due_ns(&self, exit: usize, way: &ProducerWay) -> Option<u64> {
        let exit = &self.exits[exit];
        let first = self.first_of(exit)?;
        Some(if exit.has_closed { 0 } else { first.opened_ns + way.linger_ns })
    }

    /// When the first of those that are left alone for a while is not any more.
    pub(super) fn parked_until_ns(&self) -> u64 {
        self.parked.iter().map(|partition| self.queues[*partition as usize].not_before_ns).min().unwrap_or(u64::MAX)
    }

    /// The number of exits.
    pub(super) fn exits(&self) -> usize {
        self.exits.len()
    }

    /// The broker of an exit.
    pub(super) fn broker(&self, exit: usize) -> i32 {
        self.exits[exit].broker
    }

    /// Takes the first batch of each partition of the exit, as many as a request may carry.
    ///
    /// What comes back to be sent again goes alone: the batches behind it must not overtake it.
    pub(super) fn take(&mut self, exit: usize, way: &ProducerWay) -> Vec<Records> {
        let Self { queues, exits, .. } = self;
        let exit = &mut exits[exit];
        let (mut taken, mut bytes, mut kept) = (Vec::new(), 0, Vec::new());
        exit.has_closed = false;
        for _ in 0..exit.row.len() {
            let Some(partition) = exit.row.pop_front() else { break };
            let lane = &mut queues[partition as usize];
            let Some(first) = lane.queue.front() else {
                lane.listed = false;
                continue;
            };
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
                None => lane.listed = false,
                Some(next) => {
                    exit.has_closed |= next.closed || lane.queue.len() > 1;
                    exit.row.push_back(partition);
                }
            }
        }
        exit.row.extend(kept);
        taken
    }

    /// A batch has come back; it has ended.
    pub(super) fn ended(&mut self, partition: u32, well: bool) {
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
    pub(super) fn again(&mut self, records: Records, now_ns: u64, way: &ProducerWay) {
        let partition = records.partition;
        let lane = &mut self.queues[partition as usize];
        lane.in_flight = lane.in_flight.saturating_sub(1);
        lane.is_retrying = false;
        let before = lane.queue.iter().take_while(|queued| queued.serial < records.serial).count();
        lane.queue.insert(before, records);
        // Several that come back at once are one failure.
        if now_ns >= lane.not_before_ns {
            lane.not_before_ns = now_ns + back_off_ns(way.retry_ns, lane.failures);
            lane.failures = lane.failures.saturating_add(1);
        }
        if let Some(exit) = lane.exit.and_then(|exit| self.exits.get_mut(exit)) {
            exit.row.retain(|listed| *listed != partition);
        }
        if !self.parked.contains(&partition) {
            self.parked.push(partition);
        }
        lane.listed = true;
    }

    /// Takes out the batches that are older than the delivery timeout.
    pub(super) fn expired(&mut self, now_ns: u64, way: &ProducerWay) -> Vec<Records> {
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

    /// Takes out all batches.
    pub(super) fn take_all(&mut self) -> Vec<Records> {
        self.queues.iter_mut().flat_map(|lane| lane.queue.drain(..)).collect()
    }

    /// Memory that is to be used again.
    pub(super) fn recycle(&mut self, records: Records) {
        self.room_bytes -= records.room_bytes();
        self.spare.push(records);
    }
}
