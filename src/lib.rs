//! pinload: a load generator for Apache Kafka that runs every client as its own pinned process.
//!
//! The rooms stand in layer order: each may use those above it, none below
//! (`tests/repository/layers.rs` holds this).
//! The path of a run is `config` → `plan` → `worker` (client processes, `client`, `driver`, `load`)
//! → `telemetry` → `workload_generator` → `verdict` → `report`; `cli` is the door.
//!
//! The rooms are private, so that the compiler tells what nobody uses. Offered are the door, for `bin/pinload.rs`, and
//! what two programs in `tests/` must have at hand without pinload's process around it: the wire driver's clients, and
//! the shared memory whose writer is killed.

mod campaign;
mod caveat;
mod cli;
mod client;
mod config;
mod driver;
mod load;
mod os;
mod plan;
mod report;
mod stats;
mod telemetry;
mod tui;
mod units;
mod verdict;
mod worker;
mod workload_generator;

pub use cli::main;

pub use driver::wire::{Share, WireConsumer, WireProducer};
pub use driver::{Consumer, Delivery, Producer, SendResult, Time};
pub use plan::properties::wire::{WireConsumerSettings, WireProducerSettings};

pub use stats::{Counter, Counters, Latency, Recorder};
pub use telemetry::payload_pool::PoolOwner;
pub use telemetry::sweep::sweep_dead;
pub use telemetry::{ClientEnd, ClientState, Role, SegmentError, Shape, Slot, SupervisorEnd};
