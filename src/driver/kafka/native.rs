//! Every raw librdkafka call of pinload, behind types that are safe to use.
//!
//! rust-rdkafka's `BaseProducer` and `BaseConsumer` own the client handles; what is here borrows their native pointers.
//! The rule that keeps all of it sound: **a handle made from a client (queue, topic, event) is a field declared before
//! that client**, so it is destroyed first. librdkafka itself is thread-safe; nothing here depends on threads.
//!
//! Raw because it costs: a cached topic handle and `rd_kafka_produce_batch` take a quarter of `BaseProducer::send`, a
//! batch read a third of `BaseConsumer::poll`.
#![allow(unsafe_code, reason = "calls into librdkafka; each block carries its argument")]

mod consume;
mod empty_polls;
mod handle;
mod mock;
mod produce;
mod queue_event_fd;
mod topics;
mod value_pool;

pub(super) use consume::{Found, NativeConsumer, NativeConsumerSlot, begin_commit, fetch_has_begun};
pub(super) use empty_polls::rest_between_empty_polls;
pub(super) use handle::{EventKind, Queue};
pub(super) use mock::Mock;
pub(super) use produce::{NativeProducer, hurry};
pub(super) use topics::{NewTopic, RequestError, TopicOutcome, create_topics, delete_topics};
pub(super) use value_pool::ValuePool;
