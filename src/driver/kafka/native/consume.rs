//! The way into a consumer: one queue of our own that all assigned partitions are forwarded to, read in batches.
//!
//! Reading batches straight from a BaseConsumer's queue would lose assignments: its rebalance events would be answered
//! by an unassign. So only messages are taken this way, and the BaseConsumer is polled for everything else.

use super::handle::Queue;
use super::queue_event_fd::QueueWithEventFd;
use crate::driver::{ReceivedMessage, RecordTime, Time};
use crate::load::stamp::MAGIC;
use crate::os::clock::Clock;
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

/// Our queue. It must be dropped before the client it was made from.
pub(in crate::driver::kafka) struct NativeConsumer {
    queue: QueueWithEventFd,
    messages: Box<[*mut sys::rd_kafka_message_t]>,
    always_timed: bool,
}

impl std::fmt::Debug for NativeConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

impl NativeConsumer {
    /// A sink without partitions that reads `batch` messages at a time. 300 cost 0.87 × the C tool a message, 10,000
    /// cost 1.13 ×: the array and what it points to stay in cache. `client` must outlive the result. `always_timed`:
    /// the record's time is wanted of messages with a stamp too.
    pub(in crate::driver::kafka) fn new(client: *mut sys::rd_kafka_t, batch: u32, always_timed: bool) -> Option<Self> {
        let queue = QueueWithEventFd::new(Queue::new(client)?);
        Some(Self { queue, messages: vec![ptr::null_mut(); batch as usize].into(), always_timed })
    }

    /// Hands out what is there; messages that are errors go to `on_error` with their code.
    #[inline]
    pub(in crate::driver::kafka) fn poll_batch(
        &mut self,
        time: &impl Time,
        mut on_message: impl FnMut(u64, ReceivedMessage<'_>),
        mut on_error: impl FnMut(i32),
        on_batch: impl FnOnce(Found),
    ) -> u32 {
        let have = self.read();
        if have == 0 {
            return 0;
        }
        let now_ns = time.now_ns();
        let mut bytes = 0;
        for &message in &self.messages[..have] {
            // SAFETY: one of the `have` messages just received; nobody else has it, and it is destroyed below, after
            // its last use.
            match unsafe { received(message, self.always_timed) } {
                Ok(received) => {
                    bytes += received.value.len();
                    on_message(now_ns, received);
                }
                Err(code) => on_error(code),
            }
            // SAFETY: received above, destroyed once: the array is not read again before it is written again.
            unsafe { sys::rd_kafka_message_destroy(message) };
        }
        // A batch that is not full has emptied the queue.
        let left = if have == self.messages.len() { self.queue.len() } else { 0 };
        on_batch(Found { at_ns: now_ns, messages: have, bytes, left });
        u32::try_from(have).unwrap_or(u32::MAX)
    }

    /// Reads what is there into the array; how many.
    #[inline]
    fn read(&mut self) -> usize {
        let free = &mut self.messages;
        // SAFETY: the queue is valid; the array has as many places as we say; the messages written there are ours to
        // destroy.
        let more = unsafe { sys::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, free.as_mut_ptr(), free.len()) };
        usize::try_from(more).unwrap_or(0)
    }

    /// Waits until something is in the queue or `limit` has passed; may end at once. To be called when it has just been
    /// found empty. False: it cannot wait, because the system gives no descriptor.
    ///
    /// A read with a timeout would not do: one of a batch waits until its array is full, and none tells when the
    /// message came.
    pub(in crate::driver::kafka) fn await_messages(&mut self, limit: Duration, clock: Clock) -> bool {
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

/// What one batch found in the queue.
#[derive(Debug, Clone, Copy)]
pub(in crate::driver::kafka) struct Found {
    /// When, raw ns.
    pub(in crate::driver::kafka) at_ns: u64,
    /// Messages taken.
    pub(in crate::driver::kafka) messages: usize,
    /// Their value bytes.
    pub(in crate::driver::kafka) bytes: usize,
    /// Messages left in the queue when these had been handed out.
    pub(in crate::driver::kafka) left: usize,
}

/// The message behind a pointer, or its error code.
///
/// # Safety
/// `message` was returned by a consume call and is not destroyed while the result lives.
#[inline]
unsafe fn received<'a>(message: *mut sys::rd_kafka_message_t, always_timed: bool) -> Result<ReceivedMessage<'a>, i32> {
    // SAFETY: the caller vouches that it is alive; we only read.
    let fields = unsafe { &*message };
    if fields.err != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        return Err(fields.err as i32);
    }
    let value = if fields.payload.is_null() {
        &[][..]
    } else {
        // SAFETY: librdkafka keeps `len` bytes at `payload` until the message is destroyed.
        unsafe { slice::from_raw_parts(fields.payload.cast::<u8>(), fields.len) }
    };
    let record_time = if value.starts_with(&MAGIC) && !always_timed {
        RecordTime::Unknown
    } else {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: as above; the type goes into a variable of ours, and librdkafka writes one of the three that there
        // are.
        let ms = unsafe { sys::rd_kafka_message_timestamp(message, &raw mut kind) };
        record_time(kind, ms)
    };
    let partition = u32::try_from(fields.partition).unwrap_or(0);
    Ok(ReceivedMessage { value, partition, offset: fields.offset, record_time })
}

/// Without its type a timestamp says nothing: on a topic with `message.timestamp.type=LogAppendTime` it is the
/// broker's.
#[inline]
fn record_time(kind: sys::rd_kafka_timestamp_type_t, ms: i64) -> RecordTime {
    match kind {
        sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME if ms >= 0 => RecordTime::Created(ms),
        sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => RecordTime::Appended,
        _ => RecordTime::Unknown,
    }
}

/// Begins a commit of what was handed out; its result comes as an event on `results`. Returns librdkafka's code (0:
/// begun).
///
/// `BaseConsumer::commit_consumer_state` does not tell how an asynchronous commit ended: librdkafka reports it only to
/// a queue of ours or to a callback, and rust-rdkafka sets neither.
pub(in crate::driver::kafka) fn begin_commit(client: *mut sys::rd_kafka_t, results: &Queue) -> i32 {
    // SAFETY: client and queue are alive; null offsets mean what is stored, a null callback means an event.
    let code = unsafe { sys::rd_kafka_commit_queue(client, ptr::null(), results.as_ptr(), None, ptr::null_mut()) };
    code as i32
}

/// Has this partition's fetching begun? Until the first answer to a fetch nobody knows where it begins, and with
/// `auto.offset.reset=latest` what is written before that is never received. Asks the library's memory, not the broker.
pub(in crate::driver::kafka) fn fetch_has_begun(client: *mut sys::rd_kafka_t, topic: &str, partition: i32) -> bool {
    let Ok(topic) = CString::new(topic) else { return false };
    let (mut low, mut high) = (-1_i64, -1_i64);
    // SAFETY: the client is alive, the name ends with a zero, and both numbers live until the call is over.
    let code =
        unsafe { sys::rd_kafka_get_watermark_offsets(client, topic.as_ptr(), partition, &raw mut low, &raw mut high) };
    code as i32 == 0 && high >= 0
}

/// Where the rebalance callback finds the sink: the callback's owner lives inside the client and cannot borrow what is
/// made from it.
#[derive(Debug, Default)]
pub(in crate::driver::kafka) struct NativeConsumerSlot(AtomicPtr<sys::rd_kafka_queue_t>);

impl NativeConsumerSlot {
    /// From here on assigned partitions go to this sink, which must be taken out with `clear` before it is dropped.
    pub(in crate::driver::kafka) fn set(&self, sink: &NativeConsumer) {
        self.0.store(sink.queue.as_ptr(), Ordering::Release);
    }

    /// From here on partitions are left alone.
    pub(in crate::driver::kafka) fn clear(&self) {
        self.0.store(ptr::null_mut(), Ordering::Release);
    }

    /// Sends the messages of one partition to the sink. Called before the partition is assigned: librdkafka keeps a
    /// forward that the application has set when it starts to fetch.
    pub(in crate::driver::kafka) fn forward(&self, client: *mut sys::rd_kafka_t, topic: &str, partition: i32) {
        let sink = self.0.load(Ordering::Acquire);
        if sink.is_null() {
            return;
        }
        self.redirect(client, topic, partition, sink);
    }

    /// Ends the forward of one partition. Called before it is revoked.
    pub(in crate::driver::kafka) fn release(&self, client: *mut sys::rd_kafka_t, topic: &str, partition: i32) {
        self.redirect(client, topic, partition, ptr::null_mut());
    }

    fn redirect(&self, client: *mut sys::rd_kafka_t, topic: &str, partition: i32, target: *mut sys::rd_kafka_queue_t) {
        let Ok(topic) = CString::new(topic) else { return };
        let Some(queue) = Queue::of_partition(client, &topic, partition) else { return };
        // SAFETY: `queue` is valid until the end of this function; `target` is null or the sink's queue, which `clear`
        // takes out of the slot before it is destroyed; librdkafka holds references of its own to both ends of a
        // forward.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), target) };
    }
}
