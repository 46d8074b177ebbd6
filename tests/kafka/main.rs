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
#[path = "../scene/mod.rs"]
mod scene;
mod security;
mod wire_clients;
mod wire_driver;
mod wire_fleet;
mod worker_http;

/// Scenes at once. Most of a run is waiting for time to pass, but with four at once two slow CPUs fell behind the loads.
const PLACES: usize = 2;
