//! The open batches of a loop that has an I/O thread, and when they are handed over to it.

use crate::driver::wire::producer::batch_memory::BatchMemory;
use crate::driver::wire::producer::intake::OpenBatches;
use crate::driver::wire::records::Records;
use crate::plan::properties::wire::ProducerWay;
use crossbeam_channel::{Sender, TrySendError};
use std::collections::VecDeque;

/// Batches looked at in one look for what has lingered: some µs of work.
const LOOKED_AT: usize = 64;
/// A batch that has lingered does not wait for those before it longer than this: then it is the thread that sees to it
/// that it does not get too old.
const HELD_NS: u64 = 50_000_000;

/// One partition.
#[derive(Debug, Default)]
struct Partition {
    /// The open batch, or one that is closed and found the ring full; None: there is none.
    open: Option<Records>,
    /// Batches handed over and not come back.
    away: usize,
}

/// All of them.
#[derive(Debug)]
pub(super) struct HandingOver {
    partitions: Vec<Partition>,
    memory: BatchMemory,
    to_thread: Sender<Records>,
    next_serial: u64,
    /// Partition and serial of the open batches in the order of opening. What was handed over since is passed over.
    opened: VecDeque<(u32, u64)>,
    /// Of these the first so many go together: one of them has lingered.
    together: usize,
    /// Those that have lingered and wait for others of their partition, or for the ring.
    held: VecDeque<(u32, u64)>,
    linger_ns: u64,
    /// Batches of a partition that may be away before one that has lingered waits.
    most_away: usize,
}

impl HandingOver {
    /// Of so many partitions, to a thread at the other end of a ring.
    pub(super) fn new(partitions: usize, way: &ProducerWay, to_thread: Sender<Records>) -> Self {
        Self {
            partitions: (0..partitions).map(|_| Partition::default()).collect(),
            // The thread sums them up: it reads them anyway.
            memory: BatchMemory::new(false),
            to_thread,
            next_serial: 0,
            opened: VecDeque::new(),
            together: 0,
            held: VecDeque::new(),
            linger_ns: way.linger_ns,
            most_away: way.in_flight,
        }
    }

    /// Hands over what has lingered; `flush`: all. Returns whether something of that is left for the next look.
    #[inline]
    pub(super) fn hand_over_due(&mut self, now_ns: u64, flush: bool) -> bool {
        (flush || self.is_due(now_ns)) && self.look(now_ns, flush)
    }

    /// Is there something for `hand_over_due` to do?
    #[inline]
    pub(super) fn is_due(&self, now_ns: u64) -> bool {
        self.together > 0 || !self.held.is_empty() || self.first_is_due(now_ns)
    }

    #[inline]
    fn first_is_due(&self, now_ns: u64) -> bool {
        let Some((partition, serial)) = self.opened.front() else { return false };
        let first = self.partitions[*partition as usize].open.as_ref();
        // One that is gone is to be passed over.
        first.is_none_or(|first| first.serial != *serial || self.has_lingered(first, now_ns))
    }

    #[inline]
    fn has_lingered(&self, open: &Records, now_ns: u64) -> bool {
        open.closed || now_ns >= open.opened_ns + self.linger_ns
    }

    /// What is open goes with the first that has lingered, as it does without a thread.
    fn look(&mut self, now_ns: u64, flush: bool) -> bool {
        for _ in 0..self.held.len().min(LOOKED_AT) {
            let Some(entry) = self.held.pop_front() else { break };
            self.give_or_hold(entry, now_ns, flush);
        }
        for _ in 0..LOOKED_AT {
            let Some(entry) = self.opened.front().copied() else { break };
            if self.together == 0
                && let Some(first) = self.of(entry)
            {
                if !flush && !self.has_lingered(first, now_ns) {
                    break;
                }
                self.together = self.opened.len();
            }
            self.opened.pop_front();
            self.together = self.together.saturating_sub(1);
            self.give_or_hold(entry, now_ns, flush);
        }
        self.together > 0 || !self.held.is_empty()
    }

    /// The batch of an entry, if it was not handed over.
    fn of(&self, (partition, serial): (u32, u64)) -> Option<&Records> {
        self.partitions[partition as usize].open.as_ref().filter(|open| open.serial == serial)
    }

    fn give_or_hold(&mut self, (partition, serial): (u32, u64), now_ns: u64, flush: bool) {
        let Some(open) = self.of((partition, serial)) else { return };
        let many_away = self.partitions[partition as usize].away > self.most_away;
        let waits = many_away && now_ns < open.opened_ns + self.linger_ns + HELD_NS;
        if (waits && !flush && !open.closed) || !self.give(partition) {
            self.held.push_back((partition, serial));
        }
    }

    /// Hands over the batch of a partition. False: the ring is full.
    fn give(&mut self, partition: u32) -> bool {
        let lane = &mut self.partitions[partition as usize];
        let Some(mut records) = lane.open.take() else { return true };
        records.closed = true;
        match self.to_thread.try_send(records) {
            Ok(()) => {
                lane.away += 1;
                true
            }
            Err(TrySendError::Full(records) | TrySendError::Disconnected(records)) => {
                lane.open = Some(records);
                false
            }
        }
    }

    /// A batch has come back, and its reports are handed out.
    pub(super) fn recycle(&mut self, records: Records) {
        let lane = &mut self.partitions[records.partition as usize];
        lane.away = lane.away.saturating_sub(1);
        self.memory.recycle(records);
    }

    /// Takes out all that was not handed over, in the order of opening.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Records> + use<> {
        let mut all: Vec<Records> = self.partitions.iter_mut().filter_map(|lane| lane.open.take()).collect();
        all.sort_unstable_by_key(|records| records.serial);
        all.into_iter()
    }
}

impl OpenBatches for HandingOver {
    #[inline]
    fn takes(&self, partition: u32, bytes: usize, way: &ProducerWay) -> bool {
        self.partitions.get(partition as usize).and_then(|lane| lane.open.as_ref()).is_some_and(|open| {
            !open.closed && open.batch_bytes() + bytes <= way.batch_bytes && open.count < way.batch_messages
        })
    }

    fn close(&mut self, partition: u32) {
        self.give(partition);
    }

    fn open(&mut self, partition: u32, now_ns: u64) -> bool {
        if !self.give(partition) {
            return false;
        }
        let records = self.memory.begin(partition, self.next_serial, now_ns);
        self.opened.push_back((partition, self.next_serial));
        self.next_serial += 1;
        self.partitions[partition as usize].open = Some(records);
        true
    }

    #[inline]
    fn add(&mut self, partition: u32, key: Option<&[u8]>, value: &[u8], tag: usize, now_ns: u64) {
        if let Some(open) = &mut self.partitions[partition as usize].open {
            self.memory.add(open, key, value, tag, now_ns);
        }
    }

    fn room_bytes(&self) -> usize {
        self.memory.room_bytes()
    }
}

#[cfg(test)]
mod tests;
