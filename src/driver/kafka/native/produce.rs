//! A producer with what was made from its client and what its client's threads read: single and batch produce on a
//! cached topic, of values that stand in a pool. Its delivery reports are read in `reports`.
//!
//! Over 250 lines: what its unsafe calls rest on is one type, and stands in one place.

mod reports;

use super::handle::{Event, Queue, Topic};
use super::queue_event_fd::QueueWithEventFd;
use super::value_pool::{self, PooledValue, ValuePool};
use crate::driver::kafka::sticky::Sticky;
use crate::driver::kafka::watch::ClientErrors;
use crate::driver::{Batch, SendResult};
use rdkafka::producer::{BaseProducer, PARTITION_UA, Producer as _, ProducerContext, PurgeConfig};
use rdkafka_sys as sys;
use std::ffi::c_void;
use std::ptr;
use sys::rd_kafka_resp_err_t as Code;

/// A client, one topic of its, its queue, and the values that it has on their way. Dropping it gives up on those.
///
/// Fields are dropped in the order in which they stand: what was made from the client goes before it, and what its
/// threads may read goes behind it. Dropping the client joins those threads.
pub(in crate::driver::kafka) struct NativeProducer {
    /// The event that is being handed out, and when it was picked up.
    event: Option<(Event<'static>, u64)>,
    topic: Topic,
    queue: QueueWithEventFd,
    client: BaseProducer<ClientErrors>,
    value_pool: ValuePool,
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
        f.debug_struct("NativeProducer").field("partition", &self.partition).finish_non_exhaustive()
    }
}

/// When rust-rdkafka drops a producer it makes a value of this type of every message's opaque. Ours are numbers, of
/// which nothing may be made.
const _: () = {
    const fn takes_no_opaque<C: ProducerContext<DeliveryOpaque = ()>>() {}
    takes_no_opaque::<ClientErrors>();
};

impl NativeProducer {
    /// For a topic of `partitions` partitions.
    ///
    /// With one partition there is nothing to choose, and naming it spares the partitioner's 0.1 µs a message; with
    /// more, `sticky` decides or, without it and for messages it does not take, librdkafka's partitioner. With
    /// `tells_brokers` each report tells which broker answered, for a call of the library's a message.
    pub(in crate::driver::kafka) fn new(
        client: BaseProducer<ClientErrors>,
        topic: &str,
        partitions: u32,
        sticky: Option<Sticky>,
        tells_brokers: bool,
    ) -> Option<Self> {
        // SAFETY: a variable of this function, which is dropped before what it was given, then a field before `client`.
        let topic = unsafe { Topic::new(client.client(), topic) }?;
        // SAFETY: a variable of this function, which is dropped before what it was given, then a field before `client`.
        let queue = unsafe { Queue::main_of(client.client()) }?;
        Some(Self {
            event: None,
            topic,
            queue: QueueWithEventFd::new(queue),
            client,
            value_pool: ValuePool::default(),
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
    pub(in crate::driver::kafka) fn send_from(&mut self, batch: &Batch, i: usize) -> SendResult {
        let loan = self.value_pool.lend(batch, i);
        let before = self.sticky;
        let partition = match &mut self.sticky {
            Some(sticky) if sticky.takes(batch.key(i)) => sticky.next(message_bytes(batch, i), self.now_ns),
            _ => self.partition,
        };
        // SAFETY: without F_COPY and F_FREE librdkafka reads the value until it has made its report, and neither writes
        // nor frees it; it stands in `value_pool` until that report has been handed out, or until the client is gone
        // (`client` is dropped before `value_pool`). With F_COPY it reads it before it returns, from `batch`.
        let handed = unsafe { self.produce(value_pool::flags(batch), partition, batch.key(i), loan) };
        if handed != SendResult::Accepted {
            self.sticky = before;
            // SAFETY: just lent, and librdkafka has not taken it.
            unsafe { self.value_pool.returned(loan.opaque) };
        }
        handed
    }

    /// # Safety
    /// The value is readable for its length until librdkafka is done with it, which depends on `flags`.
    #[inline]
    unsafe fn produce(&self, flags: i32, partition: i32, key: Option<&[u8]>, loan: PooledValue) -> SendResult {
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
        batch: &Batch,
        from: usize,
        mut refused: impl FnMut(usize, i32),
    ) -> usize {
        let Some(count) = batch.len().checked_sub(from) else { return batch.len() };
        if self.messages.len() < count {
            self.messages = (0..batch.capacity()).map(|_| EMPTY).collect();
        }
        for (message, i) in self.messages.iter_mut().zip(from..batch.len()) {
            let (key, loan) = (batch.key(i), self.value_pool.lend(batch, i));
            message.payload = loan.value;
            message.len = loan.value_bytes;
            message.key = key.map_or(ptr::null_mut(), |key| key.as_ptr().cast_mut().cast::<c_void>());
            message.key_len = key.map_or(0, <[u8]>::len);
            message._private = loan.opaque;
        }
        let before = self.sticky;
        let named = self.name_partitions(batch, from);
        let wanted = i32::try_from(count).unwrap_or(i32::MAX);
        // SAFETY: the topic handle is valid; the first `count` entries were just filled, and there are as many: a
        // batch's length is at most its capacity. Values stand in `value_pool` as for `send_from`, keys in `batch`,
        // which outlives the call, and are copied; opaques are numbers.
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
                unsafe { self.value_pool.returned(message._private) };
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
            // SAFETY: lent above, and librdkafka has not taken it.
            unsafe { self.value_pool.returned(message._private) };
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

    /// Ends the linger of what is waiting. `BaseProducer::flush` would take the delivery reports away from us;
    /// librdkafka's own only waits, and for the millisecond that it waits its threads send without linger.
    pub(in crate::driver::kafka) fn flush_linger(&self) {
        // SAFETY: our client is alive, and its delivery reports are events: this call serves no queue.
        unsafe { sys::rd_kafka_flush(self.client.client().native_ptr(), 1) };
    }

    /// Gives up on everything in flight: the reports say so.
    pub(in crate::driver::kafka) fn purge(&self) {
        self.client.purge(PurgeConfig::default().queue().inflight());
    }

    /// The client's errors.
    pub(in crate::driver::kafka) fn errors(&self) -> &ClientErrors {
        self.client.context()
    }
}

/// Bytes of key and value.
#[inline]
fn message_bytes(batch: &Batch, i: usize) -> usize {
    batch.value_bytes(i) as usize + batch.key(i).map_or(0, <[u8]>::len)
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
