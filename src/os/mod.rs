//! The operating system: processes, CPU affinity, NUMA memory policy, clocks, signals, topology.
//!
//! Raw system calls live here and nowhere else (besides `telemetry` and `driver/kafka/native.rs`).
#![allow(unsafe_code, reason = "this room wraps system calls; each block carries its argument")]

pub mod affinity;
pub mod clock;
pub mod clock_cost;
pub mod clock_drift;
pub mod fingerprint;
pub mod gaps;
pub mod host;
pub mod host_capacity;
pub mod memory_policy;
pub mod process;
pub mod scheduling;
pub mod signals;
pub mod topology;
pub mod usage;
