//! Every raw librdkafka call of pinload, behind types that are safe to use.
//!
//! rust-rdkafka's `BaseProducer` and `BaseConsumer` own the client handles. `NativeProducer`, `NativeConsumer` and
//! `Mock` own such a client together with what was made from it (queues, a topic, events) and with what its threads
//! read (the values on their way). So nothing that code elsewhere does with them, in whatever order, leaves one without
//! the other: drop them early, drop them never, keep them in any field.
//!
//! The rule that keeps that sound, for these three structs alone: **a handle made from a client is a field declared
//! before that client, memory that it reads a field behind it**. Functions that use a client for one call borrow it.
//! librdkafka itself is thread-safe; nothing here depends on threads.
//!
//! Raw because it costs: a cached topic handle and `rd_kafka_produce_batch` take a quarter of `BaseProducer::send`, a
//! batch read a third of `BaseConsumer::poll`.
#![allow(unsafe_code, reason = "calls into librdkafka; each block carries its argument")]

mod consume;
mod empty_polls;
mod forward;
mod handle;
mod mock;
mod produce;
mod queue_event_fd;
mod topics;
mod value_pool;

pub(super) use consume::{Found, NativeConsumer, fetch_has_begun};
pub(super) use empty_polls::rest_between_empty_polls;
pub(super) use forward::{Forwarding, GroupClient, GroupMember};
pub(super) use handle::EventKind;
pub(super) use mock::Mock;
pub(super) use produce::NativeProducer;
pub(super) use topics::{NewTopic, RequestError, TopicOutcome, create_topics, delete_topics};
