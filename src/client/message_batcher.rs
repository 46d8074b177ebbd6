//! What the next messages look like: payload, key and stamp in private buffers, made before the library is called.

mod later;

use super::in_flight::{InFlight, Times};
use super::measuring::Measuring;
use crate::driver::Batch;
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::load::stamp::{EncodedStamp, StampTemplate};
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

impl Sender {
    /// Of stamps in values of this length.
    fn template(&self, value_bytes: u32) -> StampTemplate {
        StampTemplate::new(self.run_id, self.producer, value_bytes)
    }
}

/// The next messages of one producer.
#[derive(Debug)]
pub(super) struct MessageBatcher {
    sender: Sender,
    batch: Batch,
    keys: Keys,
    pool: Option<PoolView>,
    choice: Choice,
    /// Sequence number of message 0.
    first: u64,
    /// Bytes of every value, where all are of one length.
    one_length: Option<u64>,
    /// Of the last stamps made.
    template: StampTemplate,
    /// Added to the times in stamps: wall clock − raw clock, or 0. Wraps.
    pub(super) stamp_offset_ns: u64,
    /// Times of messages without a stamp.
    pub(super) in_flight: InFlight,
}

impl MessageBatcher {
    /// For values from `pool` (None: zeros). With a single payload every buffer gets it here, once, and only stamps
    /// change later.
    pub(super) fn new(sender: Sender, keys: Keys, pool: Option<PoolView>, choice: Choice) -> Self {
        let value_bytes = usize::try_from(sender.value_bytes).unwrap_or(usize::MAX);
        let capacity = (MOST_BYTES / value_bytes.max(1)).clamp(1, MOST_MESSAGES);
        let mut batch = Batch::new(capacity, sender.value_bytes);
        let one_length = pool.as_ref().map_or(Some(value_bytes), PoolView::one_length);
        if let Some(pool) = &pool {
            for i in 0..capacity {
                batch.set_value(i, 0, pool.payload(0));
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
            template: sender.template(sender.value_bytes),
            stamp_offset_ns: 0,
            in_flight: InFlight::default(),
        }
    }

    /// Have messages keys?
    pub(super) fn keyed(&self) -> bool {
        !self.keys.none()
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

    /// Makes `count` messages, the first of which has sequence number `first`. They share an actual time; the intended
    /// one is given by number.
    #[inline]
    pub(super) fn make<M: Measuring>(
        &mut self,
        count: usize,
        first: u64,
        actual_ns: u64,
        intended_ns: impl Fn(u32) -> u64,
    ) {
        self.batch.set_len(count);
        self.first = first;
        if self.pool.is_some() {
            self.choose_payloads(count);
        }
        if !self.keys.none() {
            self.choose_keys(count, actual_ns);
        }
        if !self.sender.stamped {
            self.remember(count, actual_ns, intended_ns);
        } else if M::STAMP {
            self.stamp_all(actual_ns, intended_ns);
        }
    }

    /// As `make` for one message.
    #[inline]
    pub(super) fn make_one<M: Measuring>(&mut self, sequence: u64, intended_ns: u64, actual_ns: u64) {
        self.batch.set_len(1);
        self.first = sequence;
        if self.pool.is_some() {
            self.choose_payloads(1);
        }
        if !self.keys.none() {
            self.choose_keys(1, actual_ns);
        }
        if !self.sender.stamped {
            self.remember(1, actual_ns, |_| intended_ns);
        } else if M::STAMP {
            let ((head, value_bytes), offset_ns) = (self.batch.head_mut(0), self.stamp_offset_ns);
            if value_bytes != self.template.value_bytes() {
                self.template = self.sender.template(value_bytes);
            }
            let [intended_ns, actual_ns] = [intended_ns, actual_ns].map(|ns| ns.wrapping_add(offset_ns));
            self.template.encoded(sequence, intended_ns, actual_ns).write(head);
        }
    }

    fn choose_payloads(&mut self, count: usize) {
        let Some(pool) = &self.pool else { return };
        for i in 0..count {
            let payload = self.choice.next();
            self.batch.set_value(i, u32::try_from(payload).unwrap_or(u32::MAX), pool.payload(payload));
        }
    }

    /// The messages of a batch share a clock reading; RANDOM_NANO, which takes its key from the clock, must not give
    /// them one key.
    fn choose_keys(&mut self, count: usize, actual_ns: u64) {
        for i in 0..count {
            self.batch.set_key(i, self.keys.next(actual_ns + i as u64));
        }
    }

    /// Only messages without a stamp ever have a tag.
    fn remember(&mut self, count: usize, actual_ns: u64, intended_ns: impl Fn(u32) -> u64) {
        for (i, nth) in (0..count).zip(0..) {
            let sequence = self.first + i as u64;
            let tag = self.in_flight.put(Times { sequence, intended_ns: intended_ns(nth), actual_ns });
            self.batch.set_tag(i, tag);
        }
    }

    /// Neighbours of the same times and length differ in their sequence number alone.
    #[inline]
    fn stamp_all(&mut self, actual_ns: u64, intended_ns: impl Fn(u32) -> u64) {
        let offset_ns = self.stamp_offset_ns;
        let mut template = self.template;
        let mut before: Option<(u64, EncodedStamp)> = None;
        for (((head, value_bytes), nth), sequence) in self.batch.heads_mut().zip(0..).zip(self.first..) {
            let intended_ns = intended_ns(nth);
            let as_long = value_bytes == template.value_bytes();
            if !as_long {
                template = self.sender.template(value_bytes);
            }
            let encoded = match before {
                Some((before_ns, encoded)) if before_ns == intended_ns && as_long => encoded.next(),
                _ => template.encoded(sequence, intended_ns.wrapping_add(offset_ns), actual_ns.wrapping_add(offset_ns)),
            };
            encoded.write(head);
            before = Some((intended_ns, encoded));
        }
        self.template = template;
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
}
