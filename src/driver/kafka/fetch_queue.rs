//! librdkafka's own pauses of fetching: a queue of fetched messages that has reached its limit makes it hold back the
//! next fetch for `fetch.queue.backoff.ms`, even when the queue is empty long before. That looks like a slow broker and
//! is none.
//!
//! librdkafka does not tell of it. What it goes by can be seen: the queue's length when a batch is taken from it.

use super::native::Found;
use crate::plan::properties::FetchQueueLimits;

/// The limits of one consumer, and how often and how long they have held it back.
#[derive(Debug)]
pub(super) struct FetchQueue {
    limits: FetchQueueLimits,
    pauses: u64,
    paused_ns: u64,
    paused_until_ns: u64,
}

impl FetchQueue {
    /// Of a consumer with these limits, which have not held it back yet.
    pub(super) fn new(limits: FetchQueueLimits) -> Self {
        Self { limits, pauses: 0, paused_ns: 0, paused_until_ns: 0 }
    }

    /// Takes note of what a batch found. Two batches of one pause count it once.
    #[inline]
    pub(super) fn look(&mut self, found: &Found) {
        let queued = (found.messages + found.left) as u64;
        // What is left is taken to be as large as what was taken.
        let bytes = found.bytes as u64 * queued / (found.messages as u64).max(1);
        if queued >= self.limits.messages || bytes >= self.limits.bytes {
            self.held_back(found.at_ns);
        }
    }

    #[cold]
    fn held_back(&mut self, at_ns: u64) {
        let until_ns = at_ns + self.limits.backoff_ns;
        if at_ns >= self.paused_until_ns {
            self.pauses += 1;
            self.paused_ns += self.limits.backoff_ns;
        } else {
            self.paused_ns += until_ns - self.paused_until_ns;
        }
        self.paused_until_ns = until_ns;
    }

    /// How often fetches were held back.
    pub(super) fn pauses(&self) -> u64 {
        self.pauses
    }

    /// For how long, at most: a pause may begin before it is noticed, and other partitions are fetched from meanwhile.
    pub(super) fn paused_ns(&self) -> u64 {
        self.paused_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// librdkafka's defaults.
    const LIMITS: FetchQueueLimits =
        FetchQueueLimits { messages: 100_000, bytes: 65_536 * 1_024, backoff_ns: 1_000_000_000 };

    fn found(at_ms: u64, messages: usize, left: usize) -> Found {
        Found { at_ns: at_ms * 1_000_000, messages, bytes: messages * 1_000, left }
    }

    #[test]
    fn a_queue_below_its_limits_holds_nothing_back() {
        let mut queue = FetchQueue::new(LIMITS);
        queue.look(&found(1, 300, 60_000));
        assert_eq!((queue.pauses(), queue.paused_ns()), (0, 0));
        queue.look(&found(2, 300, 67_000));
        assert_eq!(queue.pauses(), 1, "67 MB are above 64 MiB");
        queue.look(&found(5_000, 300, 99_700));
        assert_eq!(queue.pauses(), 2);
    }

    #[test]
    fn overlapping_pauses_are_one_and_separate_ones_are_two() {
        let mut queue = FetchQueue::new(FetchQueueLimits { messages: 10, backoff_ns: 100_000_000, ..LIMITS });
        queue.look(&found(1_000, 9, 0));
        assert_eq!(queue.pauses(), 0);
        queue.look(&found(1_000, 10, 0));
        queue.look(&found(1_040, 12, 0));
        assert_eq!((queue.pauses(), queue.paused_ns()), (1, 140_000_000));
        queue.look(&found(1_140, 10, 0));
        assert_eq!((queue.pauses(), queue.paused_ns()), (2, 240_000_000));
    }
}
