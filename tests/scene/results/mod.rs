//! An independent reader of the result files.

pub mod detail;
pub mod omb;
pub mod raw;

pub use detail::{Detail, PlannedCpus, Totals};
pub use omb::{OmbResult, field_names_in_order};
pub use raw::RawClient;
