//! Arithmetic on counts and histograms. Pure: no clock, no system call, no I/O.

pub mod ageing;
mod base64_v2;
mod buckets;
pub mod counters;
pub mod distribution;
pub mod gap;
pub mod increment;
pub mod latency;
pub mod octaves;
pub mod partition_counts;
pub mod partition_tally;
pub mod recorder;
pub mod schema;
pub mod sparse;
pub mod v2;

pub use counters::{Counter, Counters};
pub use distribution::Distribution;
pub use increment::Increment;
pub use latency::Latency;
pub use recorder::{Extremes, Recorder};
pub use sparse::Sparse;
