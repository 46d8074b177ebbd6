//! The way out of a producer: single and batch produce on a cached topic, and delivery reports as events.

use super::bell::Bell;
use super::handle::{Event, EventKind, Queue, Topic};
use crate::driver::{Batch, Delivery, Handed, Report, Time};
use rdkafka::producer::PARTITION_UA;
use rdkafka_sys as sys;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::slice;
use std::time::Duration;
use sys::rd_kafka_resp_err_t as Code;

/// Reports read from an event at a time.
const CHUNK: usize = 64;

/// One topic of one producer. It must be dropped before the client it was made from.
pub(in crate::driver::kafka) struct Outlet {
    /// The event that is being handed out, and when it was picked up.
    event: Option<(Event, u64)>,
    topic: Topic,
    queue: Rc<Queue>,
    /// Made when it is first waited on: a loop that spins needs none, and the library is spared the ringing.
    bell: Option<Bell>,
    partition: i32,
    messages: Box<[sys::rd_kafka_message_t]>,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("partition", &self.partition).finish_non_exhaustive()
    }
}

impl Outlet {
    /// For a topic of `partitions` partitions. `client` must outlive the result.
    ///
    /// With one partition there is nothing to choose, and naming it spares the partitioner's 0.1 µs a message; with more, librdkafka's
    /// partitioner (by key, sticky without) decides.
    pub(in crate::driver::kafka) fn new(client: *mut sys::rd_kafka_t, topic: &str, partitions: u32) -> Option<Self> {
        Some(Self {
            event: None,
            topic: Topic::new(client, topic)?,
            queue: Rc::new(Queue::main_of(client)?),
            bell: None,
            partition: if partitions == 1 { 0 } else { PARTITION_UA },
            messages: Box::default(),
        })
    }

    /// Hands over one message.
    #[inline]
    pub(in crate::driver::kafka) fn send(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize) -> Handed {
        let (key, key_len) = key.map_or((ptr::null(), 0), |key| (key.as_ptr().cast::<c_void>(), key.len()));
        // SAFETY: the topic handle is valid; F_COPY makes librdkafka copy `value` and `key` (valid for their lengths) before it
        // returns and never write to them; the opaque is a number that is never followed as a pointer.
        let result = unsafe {
            sys::rd_kafka_produce(
                self.topic.as_ptr(),
                self.partition,
                sys::RD_KAFKA_MSG_F_COPY,
                value.as_ptr().cast_mut().cast::<c_void>(),
                value.len(),
                key,
                key_len,
                ptr::without_provenance_mut(tag),
            )
        };
        if result == 0 {
            return Handed::Accepted;
        }
        // SAFETY: reads a thread-local that the failed call has set.
        match unsafe { sys::rd_kafka_last_error() } {
            Code::RD_KAFKA_RESP_ERR__QUEUE_FULL => Handed::QueueFull,
            code => Handed::Refused(code as i32),
        }
    }

    /// Hands over messages `from..` of a batch up to the first that finds the queue full; returns the index after the last handled.
    #[inline]
    pub(in crate::driver::kafka) fn send_batch(
        &mut self,
        batch: &Batch,
        from: usize,
        mut refused: impl FnMut(usize, i32),
    ) -> usize {
        let count = batch.len() - from;
        if self.messages.len() < count {
            self.messages = (0..batch.capacity()).map(|_| EMPTY).collect();
        }
        for (message, i) in self.messages.iter_mut().zip(from..batch.len()) {
            let (key, value, tag) = batch.message(i);
            message.payload = value.as_ptr().cast_mut().cast::<c_void>();
            message.len = value.len();
            message.key = key.map_or(ptr::null_mut(), |key| key.as_ptr().cast_mut().cast::<c_void>());
            message.key_len = key.map_or(0, <[u8]>::len);
            message._private = ptr::without_provenance_mut(tag);
        }
        let wanted = i32::try_from(count).unwrap_or(i32::MAX);
        // SAFETY: the topic handle is valid; the first `count` entries (at most their number) were just filled with pointers into `batch`,
        // which outlives the call; F_COPY makes librdkafka copy and never write to them; opaques are numbers.
        let taken = unsafe {
            sys::rd_kafka_produce_batch(
                self.topic.as_ptr(),
                self.partition,
                sys::RD_KAFKA_MSG_F_COPY,
                self.messages.as_mut_ptr(),
                wanted,
            )
        };
        if taken == wanted {
            return batch.len();
        }
        for (message, i) in self.messages.iter().zip(from..batch.len()) {
            match message.err {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                // librdkafka refuses all behind the first that finds the queue full: what it took is a prefix.
                Code::RD_KAFKA_RESP_ERR__QUEUE_FULL => return i,
                code => refused(i, code as i32),
            }
        }
        batch.len()
    }

    /// Hands out up to `limit` reports, waiting up to `wait_ms` for the first; events of other kinds go to `on_other`, and end the wait.
    ///
    /// All reports of an event carry the time at which it was picked up, however long the handing out takes: their acknowledgements had all
    /// come by then. An event is destroyed (its messages freed, its room in the queue given back) once all of it is handed out.
    #[inline]
    pub(in crate::driver::kafka) fn poll_reports(
        &mut self,
        limit: u32,
        wait_ms: u32,
        time: &impl Time,
        mut on_report: impl FnMut(u64, Report<'_>),
        mut on_other: impl FnMut(EventKind),
    ) -> u32 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut wait = i32::try_from(wait_ms).unwrap_or(i32::MAX);
        let mut reported = 0;
        let mut chunk = [ptr::null(); CHUNK];
        while reported < limit {
            if self.event.is_none() {
                let Some(event) = self.queue.poll(wait) else { break };
                wait = 0;
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
                // SAFETY: `take_messages` has written `count` pointers, each valid until `event` is dropped, which is after this loop; nobody
                // writes to them meanwhile.
                let message = unsafe { &*message };
                // SAFETY: librdkafka keeps `len` bytes at a delivered message's payload as long as the message.
                on_report(*picked_up_ns, unsafe { report(message) });
            }
            reported += count;
            if count < asked {
                self.event = None;
            }
        }
        u32::try_from(reported).unwrap_or(u32::MAX)
    }

    /// Waits until something is in the queue or `limit` has passed; may end at once. To be called when the queue has just been found
    /// empty. False: it cannot wait, because the system gives no descriptor.
    pub(in crate::driver::kafka) fn await_reports(&mut self, limit: Duration) -> bool {
        if let Some(bell) = &self.bell {
            bell.wait(limit);
        } else {
            // What came in before there was a bell has not rung it: look again before waiting.
            self.bell = Bell::on(&self.queue);
        }
        self.bell.is_some()
    }
}

/// Ends the linger of what is waiting. `BaseProducer::flush` would take the delivery reports away from us; librdkafka's own only waits, and
/// for the millisecond that it waits its threads send without linger.
pub(in crate::driver::kafka) fn hurry(client: *mut sys::rd_kafka_t) {
    // SAFETY: `client` comes from a living BaseProducer, whose delivery reports are events: this call serves no queue.
    unsafe { sys::rd_kafka_flush(client, 1) };
}

/// A delivered message as a report.
///
/// # Safety
/// `payload` is null or valid for `len` bytes as long as `message` is.
#[inline]
unsafe fn report(message: &sys::rd_kafka_message_t) -> Report<'_> {
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
    Report { value, tag: message._private.addr(), delivery, partition, offset }
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
