//! Takes everything and acknowledges at once: measures the generator itself. Its consumer receives nothing, or as much
//! as it can take.

use super::{Consumer, Delivery, Producer, ReceivedMessage, RecordTime, Report, SendResult, Time};
use crate::load::stamp::{STAMP_BYTES, Stamp};

/// Messages it holds between two polls; a power of two. A full ring is a full queue, as with a real library.
const CAPACITY: usize = 1 << 16;

#[derive(Debug, Clone, Copy)]
struct HeldMessages {
    /// The value's first bytes: a stamp is all a report needs.
    head: [u8; STAMP_BYTES],
    value_bytes: usize,
    tag: usize,
}

/// The producer. Reports come with the next poll, in order.
#[derive(Debug)]
pub struct NullProducer {
    ring: Box<[HeldMessages]>,
    /// A value as long as the longest sent; each report writes its head over it.
    value: Vec<u8>,
    taken: usize,
    reported: usize,
    purged: bool,
}

impl NullProducer {
    /// An empty one.
    pub fn new() -> Self {
        let held = HeldMessages { head: [0; STAMP_BYTES], value_bytes: 0, tag: 0 };
        Self { ring: vec![held; CAPACITY].into(), value: Vec::new(), taken: 0, reported: 0, purged: false }
    }
}

impl Default for NullProducer {
    fn default() -> Self {
        Self::new()
    }
}

impl Producer for NullProducer {
    #[inline]
    fn send(&mut self, _key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        if self.taken - self.reported == CAPACITY {
            return SendResult::QueueFull;
        }
        if value.len() > self.value.len() {
            self.value.resize(value.len(), 0);
        }
        let held = &mut self.ring[self.taken % CAPACITY];
        held.value_bytes = value.len();
        match value.first_chunk() {
            Some(head) => held.head = *head,
            None => held.head[..value.len()].copy_from_slice(value),
        }
        held.tag = tag;
        self.taken += 1;
        SendResult::Accepted
    }

    #[inline]
    fn poll_reports(&mut self, limit: u32, time: &impl Time, mut on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        let now_ns = time.now_ns();
        let delivery = if self.purged { Delivery::Unknown } else { Delivery::Acknowledged };
        let mut count = 0;
        while count < limit && self.reported < self.taken {
            let held = &self.ring[self.reported % CAPACITY];
            let value = &mut self.value[..held.value_bytes];
            match value.first_chunk_mut() {
                Some(head) => *head = held.head,
                None => value.copy_from_slice(&held.head[..held.value_bytes]),
            }
            on_report(now_ns, Report { value, tag: held.tag, delivery, partition: -1, offset: -1, broker: -1 });
            self.reported += 1;
            count += 1;
        }
        count
    }

    fn purge(&mut self) {
        self.purged = true;
    }
}

/// Age of a delivered message: what a quick broker takes, spread over some buckets by `AGE_SPREAD_NS`.
const AGE_NS: u64 = 500_000;
/// A power of two.
const AGE_SPREAD_NS: u64 = 1 << 19;
/// From the intended to the actual time of a delivered message.
const DELAY_NS: u64 = 40;

/// The consumer: no partitions, and no messages unless it was made to deliver them.
#[derive(Debug, Default)]
pub struct NullConsumer {
    /// A stamped message to go on from, and its value; none: nothing is delivered.
    next: Option<(Stamp, Vec<u8>)>,
}

impl NullConsumer {
    /// One that delivers messages of one producer as fast as they are taken, each once and in order.
    pub fn delivering(run_id: u64, value_bytes: u32) -> Self {
        let length = usize::try_from(value_bytes).unwrap_or(usize::MAX).max(STAMP_BYTES);
        let value_bytes = u32::try_from(length).unwrap_or(u32::MAX);
        let first = Stamp { probe: false, run_id, producer: 0, value_bytes, sequence: 0, intended_ns: 0, actual_ns: 0 };
        Self { next: Some((first, vec![0; length])) }
    }
}

impl Consumer for NullConsumer {
    const BATCH: u32 = 300;

    #[inline]
    fn poll_batch(&mut self, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let Some((stamp, value)) = &mut self.next else { return 0 };
        let now_ns = time.now_ns();
        for _ in 0..Self::BATCH {
            // Neighbours are of different ages, as they are where they come from several batches.
            stamp.actual_ns = now_ns.saturating_sub(AGE_NS + (stamp.sequence << 9) % AGE_SPREAD_NS);
            stamp.intended_ns = stamp.actual_ns.saturating_sub(DELAY_NS);
            stamp.write(value);
            on_message(
                now_ns,
                ReceivedMessage {
                    value,
                    partition: 0,
                    offset: stamp.sequence.cast_signed(),
                    record_time: RecordTime::Unknown,
                },
            );
            stamp.sequence += 1;
        }
        Self::BATCH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Batch;

    struct Still;
    impl Time for Still {
        fn now_ns(&self) -> u64 {
            7
        }
        fn relax(&self) {}
        fn sleep_until(&self, _deadline_ns: u64) {}
    }

    #[test]
    fn reports_come_back_in_order_with_value_and_tag() {
        let mut producer = NullProducer::new();
        for tag in 0..3usize {
            assert_eq!(producer.send(None, &[u8::try_from(tag).unwrap(); 100], tag), SendResult::Accepted);
        }
        let mut seen = Vec::new();
        let first = producer.poll_reports(2, &Still, |at, report| seen.push((at, report.value[0], report.tag)));
        let rest = producer.poll_reports(9, &Still, |at, report| seen.push((at, report.value[0], report.tag)));
        assert_eq!((first, rest), (2, 1));
        assert_eq!(seen, [(7, 0, 0), (7, 1, 1), (7, 2, 2)]);
    }

    #[test]
    fn a_full_ring_takes_a_prefix_of_the_batch() {
        let mut producer = NullProducer::new();
        let mut batch = Batch::new(CAPACITY + 5, 1);
        batch.set_len(CAPACITY + 5);
        assert_eq!(producer.send_batch(&batch, 0, |_, _| ()), CAPACITY);
        assert_eq!(producer.send(None, b"x", 0), SendResult::QueueFull);
        producer.poll_reports(5, &Still, |_, _| ());
        assert_eq!(producer.send_batch(&batch, CAPACITY, |_, _| ()), CAPACITY + 5);
    }

    #[test]
    fn what_was_purged_is_unknown() {
        let mut producer = NullProducer::new();
        producer.send(None, b"x", 0);
        producer.purge();
        producer.poll_reports(1, &Still, |_, report| assert_eq!(report.delivery, Delivery::Unknown));
    }
}
