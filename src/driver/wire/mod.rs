//! Kafka's protocol without a client library: what the broker can do, where librdkafka shows what a client sees.
//!
//! The client's own loop fills batches where they are sent from, and whenever it looks for reports or messages it reads
//! and writes its sockets, which never block, in bounded pieces. A producer that has a CPU for it leaves the sockets to
//! a thread there.

mod cluster;
mod codes;
mod consumer;
mod error_log;
mod format;
mod link;
mod login;
mod pack;
mod pipe;
mod producer;
mod records;
mod request;
mod response;
mod sink;
mod spread;
mod stored;
mod tls;
mod unpack;
mod varint;

pub use consumer::{Share, WireConsumer};
pub use producer::{IoThreadProducer, WireProducer};
pub use sink::{SinkBroker, SinkOptions, SinkUse};

#[cfg(test)]
mod membership_messages_tests;
#[cfg(test)]
mod messages_tests;
#[cfg(test)]
mod packed_tests;
#[cfg(test)]
mod records_tests;
#[cfg(test)]
mod scripted_broker;
#[cfg(test)]
mod scripted_group;
#[cfg(test)]
mod scripted_group_tests;
#[cfg(test)]
mod scripted_idempotence_tests;
#[cfg(test)]
mod scripted_login_tests;
#[cfg(test)]
mod scripted_tests;
#[cfg(test)]
mod scripted_tls_tests;
