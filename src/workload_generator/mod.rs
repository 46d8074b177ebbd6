//! The script of a run on `trait Worker`: topics → consumers → producers → readiness → warm-up → measurement → close.
//!
//! The script knows no process, no Kafka and no clock of its own: time passes through the worker, so that a fake worker
//! on a virtual clock tests every path.

mod backlog;
#[cfg(test)]
pub(crate) mod for_tests;
mod load_phase;
mod ramp;
mod rate_search;
pub mod ready;
pub mod result;
pub mod run;
pub mod totals;

#[cfg(test)]
mod tests;

pub use result::*;
pub use run::run;
