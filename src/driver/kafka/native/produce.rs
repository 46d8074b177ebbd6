//! The way out of a producer: single and batch produce on a cached topic, and delivery reports as events.

use super::handle::{Event, EventKind, Queue, Topic};
use super::queue_event_fd::QueueWithEventFd;
use super::value_pool::{self, PooledValue, ValuePool};
use crate::driver::kafka::sticky::Sticky;
use crate::driver::{Batch, Delivery, Report, SendResult, Time};
use crate::os::clock::Clock;
use rdkafka::producer::PARTITION_UA;
use rdkafka_sys as sys;
use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::time::Duration;
use sys::rd_kafka_resp_err_t as Code;

/// Reports read from an event at a time.
const CHUNK: usize = 64;

/// One topic of one producer. It must be dropped before the client it was made from.
pub(in crate::driver::kafka) struct NativeProducer {
    /// The event that is being handed out, and when it was picked up.
    event: Option<(Event, u64)>,
    topic: Topic,
    queue: QueueWithEventFd,
    partition: i32,
    /// Spreads messages in place of the partitioner.
    sticky: Option<Sticky>,
    /// Several brokers lead the topic's partitions: each report tells which of them answered.
    tells_brokers: bool,
    /// When what is handed over now is handed over.
    now_ns: u64,
    messages: Box<[sys::rd_kafka_message_t]>,
}

impl std::fmt::Debug for NativeProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("partition", &self.partition).finish_non_exhaustive()
    }
}

impl NativeProducer {
    /// For a topic of `partitions` partitions. `client` must outlive the result.
    ///
    /// With one partition there is nothing to choose, and naming it spares the partitioner's 0.1 µs a message; with
    /// more, `sticky` decides or, without it and for messages it does not take, librdkafka's partitioner. With
    /// `tells_brokers` each report tells which broker answered, for a call of the library's a message.
    pub(in crate::driver::kafka) fn new(
        client: *mut sys::rd_kafka_t,
        topic: &str,
        partitions: u32,
        sticky: Option<Sticky>,
        tells_brokers: bool,
    ) -> Option<Self> {
        Some(Self {
            event: None,
            topic: Topic::new(client, topic)?,
            queue: QueueWithEventFd::new(Queue::main_of(client)?),
            partition: if partitions == 1 { 0 } else { PARTITION_UA },
            sticky: sticky.filter(|_| partitions > 1),
            tells_brokers,
            now_ns: 0,
            messages: Box::default(),
        })
    }

    /// Hands over one message, of whose value librdkafka makes a copy.
    pub(in crate::driver::kafka) fn send(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        // SAFETY: F_COPY makes librdkafka copy `value` before it returns, and never write to it.
        unsafe { self.produce(sys::RD_KAFKA_MSG_F_COPY, self.partition, key, PooledValue::to_be_copied(value, tag)) }
    }

    /// What is handed over from now on is handed over at this time.
    #[inline]
    pub(in crate::driver::kafka) fn now_is(&mut self, now_ns: u64) {
        self.now_ns = now_ns;
    }

    /// Hands over message `i` of a batch.
    #[inline]
    pub(in crate::driver::kafka) fn send_from(
        &mut self,
        value_pool: &mut ValuePool,
        batch: &Batch,
        i: usize,
    ) -> SendResult {
        let loan = value_pool.lend(batch, i);
        let before = self.sticky;
        let partition = match &mut self.sticky {
            Some(sticky) if sticky.takes(batch.key(i)) => sticky.next(message_bytes(batch, i), self.now_ns),
            _ => self.partition,
        };
        // SAFETY: without F_COPY and F_FREE librdkafka reads the value until it has made its report, and neither writes
        // nor frees it; it stands in `lent` until that report has been handed out, or until the client is gone (the
        // owner's fields are dropped in that order). With F_COPY it reads it before it returns, from `batch`.
        let handed = unsafe { self.produce(value_pool::flags(batch), partition, batch.key(i), loan) };
        if handed != SendResult::Accepted {
            self.sticky = before;
            // SAFETY: just lent, and librdkafka has not taken it.
            unsafe { value_pool.returned(loan.opaque) };
        }
        handed
    }

    /// # Safety
    /// The value is readable for its length until librdkafka is done with it, which depends on `flags`.
    #[inline]
    unsafe fn produce(&mut self, flags: i32, partition: i32, key: Option<&[u8]>, loan: PooledValue) -> SendResult {
        let (key, key_len) = key.map_or((ptr::null(), 0), |key| (key.as_ptr().cast::<c_void>(), key.len()));
        // SAFETY: the topic handle is valid; the caller vouches for the value; librdkafka copies the key (valid for its
        // length) before it returns; the opaque is a number that is never followed as a pointer.
        let result = unsafe {
            sys::rd_kafka_produce(
                self.topic.as_ptr(),
                partition,
                flags,
                loan.value,
                loan.value_bytes,
                key,
                key_len,
                loan.opaque,
            )
        };
        if result == 0 {
            return SendResult::Accepted;
        }
        // SAFETY: reads a thread-local that the failed call has set.
        match unsafe { sys::rd_kafka_last_error() } {
            Code::RD_KAFKA_RESP_ERR__QUEUE_FULL => SendResult::QueueFull,
            code => SendResult::Refused(code as i32),
        }
    }

    /// Hands over messages `from..` of a batch up to the first that finds the queue full; returns the index after the
    /// last handled.
    #[inline]
    pub(in crate::driver::kafka) fn send_batch(
        &mut self,
        value_pool: &mut ValuePool,
        batch: &Batch,
        from: usize,
        mut refused: impl FnMut(usize, i32),
    ) -> usize {
        let count = batch.len() - from;
        if self.messages.len() < count {
            self.messages = (0..batch.capacity()).map(|_| EMPTY).collect();
        }
        for (message, i) in self.messages.iter_mut().zip(from..batch.len()) {
            let (key, loan) = (batch.key(i), value_pool.lend(batch, i));
            message.payload = loan.value;
            message.len = loan.value_bytes;
            message.key = key.map_or(ptr::null_mut(), |key| key.as_ptr().cast_mut().cast::<c_void>());
            message.key_len = key.map_or(0, <[u8]>::len);
            message._private = loan.opaque;
        }
        let before = self.sticky;
        let named = self.name_partitions(batch, from);
        let wanted = i32::try_from(count).unwrap_or(i32::MAX);
        // SAFETY: the topic handle is valid; the first `count` entries (at most their number) were just filled: values
        // stand in `lent` as for `send_from`, keys in `batch`, which outlives the call, and are copied; opaques are
        // numbers.
        let taken = unsafe {
            sys::rd_kafka_produce_batch(
                self.topic.as_ptr(),
                self.partition,
                value_pool::flags(batch) | named,
                self.messages.as_mut_ptr(),
                wanted,
            )
        };
        if taken == wanted {
            return batch.len();
        }
        let offered = &self.messages[..count];
        let full = Code::RD_KAFKA_RESP_ERR__QUEUE_FULL;
        // librdkafka refuses all behind the first that finds the queue full: what it took is a prefix.
        let handled = offered.iter().position(|message| message.err == full).unwrap_or(count);
        let (handled, left) = offered.split_at(handled);
        for (message, i) in handled.iter().zip(from..) {
            if message.err != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                refused(i, message.err as i32);
                // SAFETY: lent above, and librdkafka has not taken it.
                unsafe { value_pool.returned(message._private) };
            }
        }
        if let Some(sticky) = &mut self.sticky {
            // As if those that were not taken had not been there.
            *sticky = before.unwrap_or(*sticky);
            for i in from..from + handled.len() {
                if sticky.takes(batch.key(i)) {
                    sticky.next(message_bytes(batch, i), self.now_ns);
                }
            }
        }
        // The last one first, so that they get their places again when they are offered again.
        for message in left.iter().rev() {
            // SAFETY: the same.
            unsafe { value_pool.returned(message._private) };
        }
        from + handled.len()
    }

    /// Names the partition of each message `from..` of a batch, where we do; the flag that tells librdkafka so.
    #[inline]
    fn name_partitions(&mut self, batch: &Batch, from: usize) -> i32 {
        // In a batch all messages have a key or none has.
        let Some(sticky) = self.sticky.as_mut().filter(|sticky| sticky.takes(batch.key(from))) else { return 0 };
        for (message, i) in self.messages.iter_mut().zip(from..batch.len()) {
            message.partition = sticky.next(message_bytes(batch, i), self.now_ns);
        }
        sys::RD_KAFKA_MSG_F_PARTITION
    }

    /// Hands out up to `limit` reports; events of other kinds go to `on_other`.
    ///
    /// All reports of an event carry the time at which it was picked up, however long the handing out takes: their
    /// acknowledgements had all come by then. An event is destroyed (its messages freed, its room in the queue given
    /// back) once all of it is handed out.
    #[inline]
    pub(in crate::driver::kafka) fn poll_reports(
        &mut self,
        value_pool: &mut ValuePool,
        limit: u32,
        time: &impl Time,
        mut on_report: impl FnMut(u64, Report<'_>),
        mut on_other: impl FnMut(EventKind),
    ) -> u32 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut reported = 0;
        let mut chunk = [ptr::null(); CHUNK];
        while reported < limit {
            if self.event.is_none() {
                let Some(event) = self.queue.poll(0) else { break };
                if !event.is_deliveries() {
                    on_other(event.kind());
                    continue;
                }
                self.event = Some((event, time.now_ns()));
            }
            let Some((event, picked_up_ns)) = &mut self.event else { break };
            let asked = CHUNK.min(limit - reported);
            let count = event.take_messages(&mut chunk[..asked]);
            for &message in &chunk[..count] {
                // SAFETY: `take_messages` has written `count` pointers, each valid until `event` is dropped, which is
                // after this loop; nobody writes to them meanwhile.
                let message = unsafe { &*message };
                // SAFETY: librdkafka reports each message once, with the opaque that it was handed over with, and then
                // reads its value no more: with F_COPY it would free the value now.
                let tag = unsafe { value_pool.returned(message._private) };
                // SAFETY: a message of the event's, which lives as long as that; the call only reads it.
                let broker = if self.tells_brokers { unsafe { sys::rd_kafka_message_broker_id(message) } } else { -1 };
                // SAFETY: librdkafka keeps `len` bytes at a delivered message's payload as long as the message, and
                // what was lent for it is not lent again before the report is made.
                on_report(*picked_up_ns, unsafe { report(message, tag, broker) });
            }
            reported += count;
            // An event whose last message was the last that was asked for must not live on: its messages still fill
            // the queue, and nobody may ask again until there is room.
            if count < asked || (reported == limit && event.is_used_up()) {
                self.event = None;
            }
        }
        u32::try_from(reported).unwrap_or(u32::MAX)
    }

    /// Waits until something is in the queue or `limit` has passed; may end at once. To be called when the queue has
    /// just been found empty. False: it cannot wait, because the system gives no descriptor.
    pub(in crate::driver::kafka) fn await_reports(&mut self, limit: Duration, clock: Clock) -> bool {
        self.queue.wait(limit, clock)
    }

    /// When the first thing came into the empty queue since the last call (0: nothing has); None: there is no bell.
    #[inline]
    pub(in crate::driver::kafka) fn rung_ns(&self) -> Option<u64> {
        self.queue.rung_ns()
    }

    /// The same, left as it is; None: nothing has come, or nobody knows when.
    pub(in crate::driver::kafka) fn came_ns(&self) -> Option<u64> {
        self.queue.came_ns()
    }
}

/// Bytes of key and value.
#[inline]
fn message_bytes(batch: &Batch, i: usize) -> usize {
    batch.value_bytes(i) as usize + batch.key(i).map_or(0, <[u8]>::len)
}

/// Ends the linger of what is waiting. `BaseProducer::flush` would take the delivery reports away from us; librdkafka's
/// own only waits, and for the millisecond that it waits its threads send without linger.
pub(in crate::driver::kafka) fn hurry(client: *mut sys::rd_kafka_t) {
    // SAFETY: `client` comes from a living BaseProducer, whose delivery reports are events: this call serves no queue.
    unsafe { sys::rd_kafka_flush(client, 1) };
}

/// A delivered message as a report.
///
/// # Safety
/// `payload` is null or valid for `len` bytes as long as `message` is.
#[inline]
unsafe fn report(message: &sys::rd_kafka_message_t, tag: usize, broker: i32) -> Report<'_> {
    let delivery = match message.err {
        Code::RD_KAFKA_RESP_ERR_NO_ERROR => Delivery::Acknowledged,
        Code::RD_KAFKA_RESP_ERR__PURGE_QUEUE | Code::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT => Delivery::Unknown,
        code => Delivery::Failed(code as i32),
    };
    let value = if message.payload.is_null() {
        &[][..]
    } else {
        // SAFETY: the caller vouches for payload and length.
        unsafe { slice::from_raw_parts(message.payload.cast::<u8>(), message.len) }
    };
    // What is not known is negative in librdkafka too, but has more than one number.
    let (partition, offset) = (message.partition.max(-1), message.offset.max(-1));
    Report { value, tag, delivery, partition, offset, broker }
}

const EMPTY: sys::rd_kafka_message_t = sys::rd_kafka_message_t {
    err: Code::RD_KAFKA_RESP_ERR_NO_ERROR,
    rkt: ptr::null_mut(),
    partition: PARTITION_UA,
    payload: ptr::null_mut(),
    len: 0,
    key: ptr::null_mut(),
    key_len: 0,
    offset: 0,
    _private: ptr::null_mut(),
};
