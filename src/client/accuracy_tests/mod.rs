//! What is reported against what happened. A broker in virtual time does what a script says and keeps books of its own;
//! everything that the loops report of it (counters, both sides' accounts, all five latencies, raw samples) must be
//! what those books say.
//!
//! `broker` is the scripted library of a producer, `feed` that of a consumer, `figures` the arithmetic on true values.

mod broker;
pub(crate) mod disturbed;
mod faults;
mod feed;
mod figures;
mod latencies;
mod stall;

/// One second, ns.
const S: u64 = 1_000_000_000;
/// One millisecond, ns.
const MS: u64 = 1_000_000;
/// The load begins here.
const EPOCH: u64 = 100 * S;
/// The run.
const RUN: u64 = 77;
/// Index of the producer, the first of its topic.
const PRODUCER: u32 = 3;
/// Partitions of the topic.
const PARTITIONS: u32 = 3;
/// Bytes of a value.
const VALUE_BYTES: u32 = 64;
