//! pinload: a load generator for Apache Kafka that runs every client as its own pinned process.
//!
//! The rooms stand in layer order: each may use those above it, none below
//! (`tests/repository/layers.rs` holds this).
//! The path of a run is `config` → `plan` → `worker` (client processes, `client`, `driver`, `load`)
//! → `telemetry` → `workload_generator` → `verdict` → `report`; `cli` is the door.

pub mod campaign;
pub mod caveat;
pub mod cli;
pub mod client;
pub mod config;
pub mod driver;
pub mod load;
pub mod os;
pub mod plan;
pub mod report;
pub mod stats;
pub mod telemetry;
pub mod tui;
pub mod units;
pub mod verdict;
pub mod worker;
pub mod workload_generator;
