//! A consumer with what was made from its client: one queue that all assigned partitions are forwarded to, read in
//! batches, and one for the answers to commits.
//!
//! Reading batches straight from a BaseConsumer's queue would lose assignments: its rebalance events would be answered
//! by an unassign. So only messages are taken this way, and the BaseConsumer is polled for everything else.

use super::forward::{GroupClient, GroupMember};
use super::handle::{EventKind, Queue};
use super::queue_event_fd::QueueWithEventFd;
use crate::driver::{ReceivedMessage, RecordTime, Time};
use crate::load::stamp::MAGIC;
use crate::os::clock::Clock;
use rdkafka::consumer::Consumer as _;
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr;
use std::slice;
use std::time::Duration;

/// A client and its queues. Dropping it leaves the group, and waits until that is done.
///
/// Fields are dropped in the order in which they stand: what was made from the client goes before it.
pub(in crate::driver::kafka) struct NativeConsumer<G: GroupMember> {
    queue: QueueWithEventFd,
    /// The ends of our own commits.
    commits: Queue,
    client: GroupClient<G>,
    messages: Box<[*mut sys::rd_kafka_message_t]>,
    always_timed: bool,
}

impl<G: GroupMember> std::fmt::Debug for NativeConsumer<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeConsumer").finish_non_exhaustive()
    }
}

impl<G: GroupMember> Drop for NativeConsumer<G> {
    fn drop(&mut self) {
        // Its client still has partitions taken away when it is dropped, and looks for the queue.
        self.client.context().end();
    }
}

impl<G: GroupMember> NativeConsumer<G> {
    /// One that reads `batch` messages at a time from the partitions that `client` is assigned from now on. 300 cost
    /// 0.87 × the C tool a message, 10,000 cost 1.13 ×: the array and what it points to stay in cache. `always_timed`:
    /// the record's time is wanted of messages with a stamp too.
    pub(in crate::driver::kafka) fn new(client: GroupClient<G>, batch: u32, always_timed: bool) -> Option<Self> {
        // SAFETY: a variable of this function, which is dropped before what it was given, then a field before `client`.
        let queue = unsafe { Queue::new(client.client()) }?;
        // SAFETY: a variable of this function, which is dropped before what it was given, then a field before `client`.
        let commits = unsafe { Queue::new(client.client()) }?;
        let messages = vec![ptr::null_mut(); batch as usize].into();
        let consumer = Self { queue: QueueWithEventFd::new(queue), commits, client, messages, always_timed };
        // SAFETY: made from this client; `drop` ends it before the queue is dropped.
        unsafe { consumer.client.context().begin(&consumer.queue) };
        Some(consumer)
    }

    /// Its client.
    pub(in crate::driver::kafka) fn client(&self) -> &GroupClient<G> {
        &self.client
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

    /// Begins a commit of what was handed out; its end is told by `ended_commits`. Returns librdkafka's code (0:
    /// begun).
    ///
    /// `BaseConsumer::commit_consumer_state` does not tell how an asynchronous commit ended: librdkafka reports it only
    /// to a queue of ours or to a callback, and rust-rdkafka sets neither.
    pub(in crate::driver::kafka) fn begin_commit(&self) -> i32 {
        let (client, results) = (self.client.client().native_ptr(), self.commits.as_ptr());
        // SAFETY: client and queue are fields of ours; null offsets mean what is stored, a null callback means an
        // event.
        let code = unsafe { sys::rd_kafka_commit_queue(client, ptr::null(), results, None, ptr::null_mut()) };
        code as i32
    }

    /// Tells librdkafka's code (0: done) of each commit that has ended since the last call.
    pub(in crate::driver::kafka) fn ended_commits(&self, mut on_end: impl FnMut(i32)) {
        while let Some(event) = self.commits.poll(0) {
            if let EventKind::Committed(code) = event.kind() {
                on_end(code);
            }
        }
    }

    /// When the first thing came into the empty queue since the last call (0: nothing has); None: there is no eventfd.
    #[inline]
    pub(in crate::driver::kafka) fn signalled_ns(&self) -> Option<u64> {
        self.queue.signalled_ns()
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
        // SAFETY: the caller vouches that it is alive; the type goes into a variable of ours, and librdkafka writes one
        // of the three that there are.
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

/// Has this partition's fetching begun? Until the first answer to a fetch nobody knows where it begins, and with
/// `auto.offset.reset=latest` what is written before that is never received. Asks the library's memory, not the broker.
pub(in crate::driver::kafka) fn fetch_has_begun<G: GroupMember>(
    client: &GroupClient<G>,
    topic: &str,
    partition: i32,
) -> bool {
    let Ok(topic) = CString::new(topic) else { return false };
    let client = client.client().native_ptr();
    let (mut low, mut high) = (-1_i64, -1_i64);
    // SAFETY: a borrowed client is alive, the name ends with a zero, and both numbers live until the call is over.
    let code =
        unsafe { sys::rd_kafka_get_watermark_offsets(client, topic.as_ptr(), partition, &raw mut low, &raw mut high) };
    code as i32 == 0 && high >= 0
}
