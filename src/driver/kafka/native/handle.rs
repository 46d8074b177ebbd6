//! Owned handles: queue, topic, event. Each is destroyed exactly once, on drop.

use rdkafka::client::{Client, ClientContext};
use rdkafka_sys as sys;
use std::ffi::{CStr, CString, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// A librdkafka queue. Whoever makes one vouches that it is dropped before its client is.
#[derive(Debug)]
pub(super) struct Queue(NonNull<sys::rd_kafka_queue_t>);

impl Queue {
    /// The client's main queue.
    ///
    /// # Safety
    /// The result is dropped before `client` is.
    pub(super) unsafe fn main_of<C: ClientContext>(client: &Client<C>) -> Option<Self> {
        // SAFETY: a borrowed client is alive; the call only adds a reference to its queue.
        NonNull::new(unsafe { sys::rd_kafka_queue_get_main(client.native_ptr()) }).map(Self)
    }

    /// A new, empty queue.
    ///
    /// # Safety
    /// The result is dropped before `client` is.
    pub(super) unsafe fn new<C: ClientContext>(client: &Client<C>) -> Option<Self> {
        // SAFETY: a borrowed client is alive.
        NonNull::new(unsafe { sys::rd_kafka_queue_new(client.native_ptr()) }).map(Self)
    }

    /// The queue that messages of one partition go to.
    ///
    /// # Safety
    /// The result is dropped before `client` is.
    pub(super) unsafe fn of_partition<C: ClientContext>(
        client: &Client<C>,
        topic: &CStr,
        partition: i32,
    ) -> Option<Self> {
        let client = client.native_ptr();
        // SAFETY: a borrowed client is alive, `topic` is a NUL-terminated string for the duration of the call.
        NonNull::new(unsafe { sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), partition) }).map(Self)
    }

    /// The next event, waiting up to `wait_ms`.
    pub(super) fn poll(&self, wait_ms: c_int) -> Option<Event<'_>> {
        // SAFETY: the result cannot outlive the borrow of this queue, which is dropped before its client.
        unsafe { self.poll_detached(wait_ms) }
    }

    /// The same, for an event that is kept beside its queue.
    ///
    /// # Safety
    /// The result is dropped before this queue's client is.
    #[inline]
    pub(super) unsafe fn poll_detached(&self, wait_ms: c_int) -> Option<Event<'static>> {
        // SAFETY: the handle is valid until drop; the returned event is ours to destroy.
        let event = unsafe { sys::rd_kafka_queue_poll(self.0.as_ptr(), wait_ms) };
        NonNull::new(event).map(|event| Event(event, PhantomData))
    }

    /// Messages and events in it. Takes the queue's lock.
    pub(super) fn len(&self) -> usize {
        // SAFETY: the handle is valid until drop; the call only reads.
        unsafe { sys::rd_kafka_queue_length(self.0.as_ptr()) }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: made by a call that gave us one reference, and given back here only.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// A topic handle, which spares librdkafka the search by name for each message.
#[derive(Debug)]
pub(super) struct Topic(NonNull<sys::rd_kafka_topic_t>);

impl Topic {
    /// The topic with the client's default topic configuration.
    ///
    /// # Safety
    /// The result is dropped before `client` is.
    pub(super) unsafe fn new<C: ClientContext>(client: &Client<C>, name: &str) -> Option<Self> {
        let (client, name) = (client.native_ptr(), CString::new(name).ok()?);
        // SAFETY: a borrowed client is alive, `name` is NUL-terminated, a null configuration means the client's
        // default.
        NonNull::new(unsafe { sys::rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()) }).map(Self)
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_topic_t {
        self.0.as_ptr()
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: `rd_kafka_topic_new` gave us one reference, and it is given back here only.
        unsafe { sys::rd_kafka_topic_destroy(self.0.as_ptr()) }
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::kafka) enum EventKind {
    /// Delivery reports: read them with `reports`.
    Deliveries,
    /// The client's trouble: code, text, is it fatal?
    Error(i32, String, bool),
    /// A log line: syslog level, facility, text.
    Log(i32, String, String),
    /// The end of a commit: librdkafka's code (0: done).
    Committed(i32),
    /// Anything else.
    Other,
}

/// One event of a queue; its messages live as long as it does.
#[derive(Debug)]
pub(super) struct Event<'a>(NonNull<sys::rd_kafka_event_t>, PhantomData<&'a Queue>);

impl Event<'_> {
    /// Does it carry delivery reports? The hot loop's question.
    #[inline]
    pub(super) fn is_deliveries(&self) -> bool {
        // SAFETY: the event is valid until drop.
        unsafe { sys::rd_kafka_event_type(self.0.as_ptr()) == sys::RD_KAFKA_EVENT_DR }
    }

    /// What it is about, texts copied.
    pub(super) fn kind(&self) -> EventKind {
        // SAFETY: the event is valid until drop.
        match unsafe { sys::rd_kafka_event_type(self.0.as_ptr()) } {
            sys::RD_KAFKA_EVENT_DR => EventKind::Deliveries,
            sys::RD_KAFKA_EVENT_ERROR => {
                // SAFETY: the event is valid until drop; the accessor only reads.
                let code = unsafe { sys::rd_kafka_event_error(self.0.as_ptr()) };
                let text = self.error_text();
                // SAFETY: the event is valid until drop; the accessor only reads.
                let fatal = unsafe { sys::rd_kafka_event_error_is_fatal(self.0.as_ptr()) } != 0;
                EventKind::Error(code as i32, text, fatal)
            }
            sys::RD_KAFKA_EVENT_LOG => {
                let (mut facility, mut text, mut level) = (ptr::null(), ptr::null(), 0);
                // SAFETY: all three out-pointers are valid; on success the texts belong to the event and are copied at
                // once.
                let read = unsafe { sys::rd_kafka_event_log(self.0.as_ptr(), &mut facility, &mut text, &mut level) };
                if read != 0 {
                    return EventKind::Other;
                }
                // SAFETY: set by the successful call above, alive as long as the event.
                let facility = unsafe { copied(facility) };
                // SAFETY: set by the successful call above, alive as long as the event.
                let text = unsafe { copied(text) };
                EventKind::Log(level, facility, text)
            }
            sys::RD_KAFKA_EVENT_OFFSET_COMMIT => {
                // SAFETY: the event is valid until drop; the accessor only reads.
                EventKind::Committed(unsafe { sys::rd_kafka_event_error(self.0.as_ptr()) } as i32)
            }
            _ => EventKind::Other,
        }
    }

    /// The words of an error, or of an answer that is one.
    pub(super) fn error_text(&self) -> String {
        // SAFETY: the event is valid until drop; the accessor only reads.
        let text = unsafe { sys::rd_kafka_event_error_string(self.0.as_ptr()) };
        // SAFETY: null or NUL-terminated, and it belongs to the event.
        unsafe { copied(text) }
    }

    /// Takes the next delivered messages out of the event into `chunk`; returns how many (0: there are no more). They
    /// stay valid until the event is dropped.
    #[inline]
    pub(super) fn take_messages(&mut self, chunk: &mut [*const sys::rd_kafka_message_t]) -> usize {
        // SAFETY: the event is valid, and the array has as many places as we say.
        unsafe { sys::rd_kafka_event_message_array(self.0.as_ptr(), chunk.as_mut_ptr(), chunk.len()) }
    }

    /// Have all its messages been taken? Dropped then, they free their room in the client's queue.
    #[inline]
    pub(super) fn is_used_up(&self) -> bool {
        // SAFETY: the event is valid until drop; the accessor reads a count that taking messages lowers.
        unsafe { sys::rd_kafka_event_message_count(self.0.as_ptr()) == 0 }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_event_t {
        self.0.as_ptr()
    }
}

impl Drop for Event<'_> {
    fn drop(&mut self) {
        // SAFETY: the poll that returned it handed it to us; destroyed here only. This frees its messages.
        unsafe { sys::rd_kafka_event_destroy(self.0.as_ptr()) }
    }
}

/// The text behind a C string; empty for null.
///
/// # Safety
/// `text` is null or NUL-terminated and alive during the call.
pub(super) unsafe fn copied(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller vouches for the rest.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().trim().to_owned()
}
