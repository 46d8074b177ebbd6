//! Creating and deleting topics, with the broker's own words on what it refused (rust-rdkafka's admin client drops
//! them).

use super::handle::{Event, Queue, copied};
use rdkafka::client::{Client, ClientContext};
use rdkafka_sys as sys;
use std::ffi::{CString, NulError};
use std::ptr::{self, NonNull};
use std::slice;
use sys::rd_kafka_admin_op_t as Op;

/// A topic to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::kafka) struct NewTopic<'a> {
    /// Its name.
    pub(in crate::driver::kafka) name: &'a str,
    /// Its partitions.
    pub(in crate::driver::kafka) partitions: i32,
    /// Copies of each; −1: the broker's default.
    pub(in crate::driver::kafka) replication_factor: i32,
    /// Its configuration.
    pub(in crate::driver::kafka) config: &'a [(String, String)],
}

/// What became of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::kafka) struct TopicOutcome {
    /// Its name.
    pub(in crate::driver::kafka) name: String,
    /// librdkafka's code; 0 = done.
    pub(in crate::driver::kafka) code: i32,
    /// The broker's words; empty when done.
    pub(in crate::driver::kafka) words: String,
}

/// Why the request as a whole failed: librdkafka's code and its words.
pub(in crate::driver::kafka) type RequestError = (i32, String);

/// Creates topics and waits for the answer.
pub(in crate::driver::kafka) fn create_topics<C: ClientContext>(
    client: &Client<C>,
    topics: &[NewTopic<'_>],
    limit_ms: i32,
) -> Result<Vec<TopicOutcome>, RequestError> {
    let specs = topics.iter().map(Spec::new).collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = specs.iter().map(|spec| spec.0.as_ptr()).collect();
    let options = AdminOptions::new(client, Op::RD_KAFKA_ADMIN_OP_CREATETOPICS, limit_ms)?;
    // SAFETY: dropped at the end of this function, for which the client is borrowed.
    let queue = unsafe { Queue::new(client) }.ok_or_else(no_queue)?;
    let (client, options, answers) = (client.native_ptr(), options.0.as_ptr(), queue.as_ptr());
    // SAFETY: client, options and queue are alive; `pointers` holds as many living topics as we say; all of it is
    // copied by the call.
    unsafe { sys::rd_kafka_CreateTopics(client, pointers.as_mut_ptr(), pointers.len(), options, answers) };
    outcomes(&queue, limit_ms, |event, count| {
        // SAFETY: the event is of this very kind, or else the result is null, which is looked at next.
        let result = unsafe { sys::rd_kafka_event_CreateTopics_result(event.as_ptr()) };
        if result.is_null() {
            return ptr::null_mut();
        }
        // SAFETY: a result that belongs to the living event; `count` is a valid place for the number.
        unsafe { sys::rd_kafka_CreateTopics_result_topics(result, count) }
    })
}

/// Deletes topics and waits for the answer.
pub(in crate::driver::kafka) fn delete_topics<C: ClientContext>(
    client: &Client<C>,
    names: &[String],
    limit_ms: i32,
) -> Result<Vec<TopicOutcome>, RequestError> {
    let specs = names.iter().map(|name| TopicToDelete::new(name)).collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = specs.iter().map(|spec| spec.0.as_ptr()).collect();
    let options = AdminOptions::new(client, Op::RD_KAFKA_ADMIN_OP_DELETETOPICS, limit_ms)?;
    // SAFETY: dropped at the end of this function, for which the client is borrowed.
    let queue = unsafe { Queue::new(client) }.ok_or_else(no_queue)?;
    let (client, options, answers) = (client.native_ptr(), options.0.as_ptr(), queue.as_ptr());
    // SAFETY: client, options and queue are alive; `pointers` holds as many living names as we say; all of it is copied
    // by the call.
    unsafe { sys::rd_kafka_DeleteTopics(client, pointers.as_mut_ptr(), pointers.len(), options, answers) };
    outcomes(&queue, limit_ms, |event, count| {
        // SAFETY: the event is of this very kind, or else the result is null, which is looked at next.
        let result = unsafe { sys::rd_kafka_event_DeleteTopics_result(event.as_ptr()) };
        if result.is_null() {
            return ptr::null_mut();
        }
        // SAFETY: a result that belongs to the living event; `count` is a valid place for the number.
        unsafe { sys::rd_kafka_DeleteTopics_result_topics(result, count) }
    })
}

/// Waits for the answer on `queue` and copies it.
fn outcomes(
    queue: &Queue,
    limit_ms: i32,
    topics_of: impl Fn(&Event<'_>, &mut usize) -> *mut *const sys::rd_kafka_topic_result_t,
) -> Result<Vec<TopicOutcome>, RequestError> {
    let timed_out = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__TIMED_OUT as i32;
    // librdkafka ends the request itself at its limit; the second is for the way back.
    let Some(event) = queue.poll(limit_ms.saturating_add(1_000)) else {
        return Err((timed_out, "no answer from the broker".to_owned()));
    };
    // SAFETY: the event is alive; the accessor only reads.
    let code = unsafe { sys::rd_kafka_event_error(event.as_ptr()) } as i32;
    if code != 0 {
        return Err((code, event.error_text()));
    }
    let mut count = 0;
    let results = topics_of(&event, &mut count);
    if results.is_null() {
        return Err((timed_out, "an answer of another kind".to_owned()));
    }
    // SAFETY: librdkafka says that `count` results stand there, alive as long as the event.
    let results = unsafe { slice::from_raw_parts(results, count) };
    Ok(results
        .iter()
        .map(|&result| {
            // SAFETY: one of the event's results, alive as long as the event.
            let name = unsafe { sys::rd_kafka_topic_result_name(result) };
            // SAFETY: one of the event's results, alive as long as the event.
            let code = unsafe { sys::rd_kafka_topic_result_error(result) } as i32;
            // SAFETY: one of the event's results, alive as long as the event.
            let words = unsafe { sys::rd_kafka_topic_result_error_string(result) };
            // SAFETY: NUL-terminated, and it belongs to the result.
            let name = unsafe { copied(name) };
            // SAFETY: null or NUL-terminated, and it belongs to the result.
            let words = unsafe { copied(words) };
            TopicOutcome { name, code, words }
        })
        .collect())
}

fn no_queue() -> RequestError {
    refused("no queue for the answer".to_owned())
}

fn refused(words: String) -> RequestError {
    (sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG as i32, words)
}

fn text(text: &str) -> Result<CString, RequestError> {
    CString::new(text).map_err(|error: NulError| refused(format!("{text:?}: {error}")))
}

/// One topic as librdkafka wants it.
struct Spec(NonNull<sys::rd_kafka_NewTopic_t>);

impl Spec {
    fn new(topic: &NewTopic<'_>) -> Result<Self, RequestError> {
        let name = text(topic.name)?;
        let mut why = [0; 256];
        // SAFETY: `name` is NUL-terminated, `why` has as many bytes as we say.
        let spec = unsafe {
            sys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                topic.partitions,
                topic.replication_factor,
                why.as_mut_ptr(),
                why.len(),
            )
        };
        let Some(spec) = NonNull::new(spec).map(Self) else {
            // SAFETY: librdkafka has written a NUL-terminated text, and the array was zeros before.
            return Err(refused(unsafe { copied(why.as_ptr()) }));
        };
        for (key, value) in topic.config {
            let (key, value) = (text(key)?, text(value)?);
            // SAFETY: the spec is alive, both texts are NUL-terminated and copied.
            let code = unsafe { sys::rd_kafka_NewTopic_set_config(spec.0.as_ptr(), key.as_ptr(), value.as_ptr()) };
            if code != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err((code as i32, format!("{}: refused by librdkafka", key.to_string_lossy())));
            }
        }
        Ok(spec)
    }
}

impl Drop for Spec {
    fn drop(&mut self) {
        // SAFETY: made by `rd_kafka_NewTopic_new`, destroyed here only.
        unsafe { sys::rd_kafka_NewTopic_destroy(self.0.as_ptr()) }
    }
}

/// One topic to delete.
struct TopicToDelete(NonNull<sys::rd_kafka_DeleteTopic_t>);

impl TopicToDelete {
    fn new(name: &str) -> Result<Self, RequestError> {
        let name = text(name)?;
        // SAFETY: `name` is NUL-terminated and copied.
        let doomed = unsafe { sys::rd_kafka_DeleteTopic_new(name.as_ptr()) };
        NonNull::new(doomed).map(Self).ok_or_else(|| refused("no such name can be".to_owned()))
    }
}

impl Drop for TopicToDelete {
    fn drop(&mut self) {
        // SAFETY: made by `rd_kafka_DeleteTopic_new`, destroyed here only.
        unsafe { sys::rd_kafka_DeleteTopic_destroy(self.0.as_ptr()) }
    }
}

/// Limits of one request.
struct AdminOptions(NonNull<sys::rd_kafka_AdminOptions_t>);

impl AdminOptions {
    fn new<C: ClientContext>(client: &Client<C>, op: Op, limit_ms: i32) -> Result<Self, RequestError> {
        // SAFETY: a borrowed client is alive.
        let options = unsafe { sys::rd_kafka_AdminOptions_new(client.native_ptr(), op) };
        let Some(options) = NonNull::new(options).map(Self) else {
            return Err(refused("no options".to_owned()));
        };
        let mut why = [0; 256];
        // SAFETY: the options are alive, `why` has as many bytes as we say.
        let code = unsafe {
            sys::rd_kafka_AdminOptions_set_request_timeout(options.0.as_ptr(), limit_ms, why.as_mut_ptr(), why.len())
        };
        if code as i32 != 0 {
            // SAFETY: librdkafka has written a NUL-terminated text, and the array was zeros before.
            return Err((code as i32, unsafe { copied(why.as_ptr()) }));
        }
        // Without it the answer would come before the topic is known to all brokers.
        // SAFETY: the options are alive, `why` has as many bytes as we say.
        let code = unsafe {
            sys::rd_kafka_AdminOptions_set_operation_timeout(options.0.as_ptr(), limit_ms, why.as_mut_ptr(), why.len())
        };
        if code as i32 != 0 {
            // SAFETY: librdkafka has written a NUL-terminated text, and the array was zeros before.
            return Err((code as i32, unsafe { copied(why.as_ptr()) }));
        }
        Ok(options)
    }
}

impl Drop for AdminOptions {
    fn drop(&mut self) {
        // SAFETY: made by `rd_kafka_AdminOptions_new`, destroyed here only.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0.as_ptr()) }
    }
}
