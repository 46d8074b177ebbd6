//! What the next messages look like: payload, key and stamp in private buffers, made before the library is called.

use super::in_flight::{InFlight, Times};
use super::measuring::Measuring;
use crate::driver::Batch;
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::load::stamp::{Reading, STAMP_BYTES, Stamp};
use crate::telemetry::payload_pool::PoolView;

/// Most messages in a batch: from about 100 on the library's cost per call no longer shows.
const MOST_MESSAGES: usize = 100;
/// Most value bytes in a batch, so that what is written for it is still in the cache when the library copies it.
const MOST_BYTES: usize = 256 * 1024;

/// Who the messages are from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    /// The run.
    pub(super) run_id: u64,
    /// Producer index over all topics.
    pub(super) producer: u32,
    /// Bytes of the longest value.
    pub(super) value_bytes: u32,
    /// Stamp them?
    pub(super) stamped: bool,
}

/// The next messages of one producer.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: Sender,
    batch: Batch,
    keys: Keys,
    pool: Option<PoolView>,
    choice: Choice,
    /// Sequence number of message 0.
    first: u64,
    /// Bytes of every value, where all are of one length.
    one_length: Option<u64>,
    /// Added to the times in stamps: wall clock − raw clock, or 0. Wraps.
    pub(super) stamp_offset_ns: u64,
    /// Times of messages without a stamp.
    pub(super) in_flight: InFlight,
}

impl Outbox {
    /// For values from `pool` (None: zeros). With a single payload every buffer gets it here, once, and only stamps change later.
    pub(super) fn new(sender: Sender, keys: Keys, pool: Option<PoolView>, choice: Choice) -> Self {
        let value_bytes = usize::try_from(sender.value_bytes).unwrap_or(usize::MAX);
        let capacity = (MOST_BYTES / value_bytes.max(1)).clamp(1, MOST_MESSAGES);
        let mut batch = Batch::new(capacity, sender.value_bytes);
        let one_length = pool.as_ref().map_or(Some(value_bytes), PoolView::one_length);
        if let Some(pool) = &pool {
            for i in 0..capacity {
                batch.set_value(i, pool.payload(0));
            }
        }
        let pool = pool.filter(|pool| pool.count() > 1);
        let one_length = one_length.map(|length| length.min(value_bytes) as u64);
        Self {
            sender,
            batch,
            keys,
            pool,
            choice,
            first: 0,
            one_length,
            stamp_offset_ns: 0,
            in_flight: InFlight::default(),
        }
    }

    /// How many messages fit.
    pub(super) fn capacity(&self) -> u32 {
        u32::try_from(self.batch.capacity()).unwrap_or(u32::MAX)
    }

    /// The messages as they are to be handed over.
    #[inline]
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Begins with `count` messages, the first of which has sequence number `first`.
    #[inline]
    pub(super) fn begin(&mut self, count: usize, first: u64) {
        self.batch.set_len(count);
        self.first = first;
    }

    /// Makes message `i`.
    #[inline]
    pub(super) fn make<M: Measuring>(&mut self, i: usize, intended_ns: u64, actual_ns: u64) {
        if let Some(pool) = &self.pool {
            self.batch.set_value(i, pool.payload(self.choice.next()));
        }
        // The messages of a batch share a clock reading; RANDOM_NANO, which takes its key from the clock, must not give them one key.
        self.batch.set_key(i, self.keys.next(actual_ns + i as u64));
        if self.sender.stamped {
            if M::STAMP {
                self.stamp(i, intended_ns, actual_ns);
            }
            self.batch.set_tag(i, 0);
        } else {
            let tag = self.in_flight.put(Times { sequence: self.first + i as u64, intended_ns, actual_ns });
            self.batch.set_tag(i, tag);
        }
    }

    /// Message `i` is only handed over now: gives it other times, and leaves key and payload.
    pub(super) fn put_off<M: Measuring>(&mut self, i: usize, intended_ns: u64, actual_ns: u64) {
        if self.sender.stamped {
            if M::STAMP {
                self.stamp(i, intended_ns, actual_ns);
            }
        } else {
            self.in_flight.put_off(self.batch.tag(i), intended_ns, actual_ns);
        }
    }

    /// Message `i` was refused or given up: no report will come for it.
    pub(super) fn forget(&mut self, i: usize) {
        if !self.sender.stamped {
            self.in_flight.take(self.batch.tag(i));
        }
    }

    /// Sequence and times of message `i`, as it was made or put off.
    pub(super) fn times(&self, i: usize) -> Times {
        match Stamp::read(self.batch.value(i)) {
            Reading::Stamp(stamp) if self.sender.stamped => Times {
                sequence: stamp.sequence,
                intended_ns: stamp.intended_ns.wrapping_sub(self.stamp_offset_ns),
                actual_ns: stamp.actual_ns.wrapping_sub(self.stamp_offset_ns),
            },
            _ => self.in_flight.peek(self.batch.tag(i)),
        }
    }

    /// Value bytes of messages `from..to`.
    #[inline]
    pub(super) fn value_bytes(&self, from: usize, to: usize) -> u64 {
        match self.one_length {
            Some(each) => each * (to - from) as u64,
            None => (from..to).map(|i| self.batch.value(i).len() as u64).sum(),
        }
    }

    /// Sequence number of message `i`.
    pub(super) fn sequence(&self, i: usize) -> u64 {
        self.first + i as u64
    }

    #[inline]
    fn stamp(&mut self, i: usize, intended_ns: u64, actual_ns: u64) {
        let sequence = self.first + i as u64;
        let stamp = Stamp {
            probe: false,
            run_id: self.sender.run_id,
            producer: self.sender.producer,
            value_bytes: self.batch.value_bytes(i),
            sequence,
            intended_ns: intended_ns.wrapping_add(self.stamp_offset_ns),
            actual_ns: actual_ns.wrapping_add(self.stamp_offset_ns),
        };
        stamp.write(self.batch.value_mut(i));
    }

    /// A readiness probe with its own sequence number: the stamp alone, in runs without stamps too.
    pub(super) fn probe(&self, sequence: u64, now_ns: u64) -> [u8; STAMP_BYTES] {
        let mut value = [0; STAMP_BYTES];
        let stamp = Stamp {
            probe: true,
            run_id: self.sender.run_id,
            producer: self.sender.producer,
            value_bytes: u32::try_from(STAMP_BYTES).unwrap_or(0),
            sequence,
            intended_ns: now_ns,
            actual_ns: now_ns,
        };
        stamp.write(&mut value);
        value
    }
}
