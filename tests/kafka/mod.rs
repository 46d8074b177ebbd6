//! The built program against a real Kafka, and against workers and coordinators that need one.

mod bench_peers;
mod broker_restart;
mod capacity;
mod cluster;
mod fleet;
mod java_workers;
mod kafka_tool;
mod many_topics;
mod phases;
mod real_kafka;
mod security;
mod wire_clients;
mod wire_driver;
mod wire_fleet;
mod worker_http;
