//! The seam to the messaging system (the guide's driver layer): what the client loops ask of it, and nothing else.
//!
//! The loops in `client` are generic over these traits and compiled once per driver, so that the null driver runs the
//! very loop that Kafka runs and measures what the generator itself costs. No trait object stands between a loop and
//! its driver.

pub mod batch;
mod consume;
pub mod error;
pub mod kafka;
pub mod null;
mod produce;
pub mod wire;

use crate::os::clock::Clock;
pub use batch::Batch;
pub use consume::{Consumer, ConsumerEvents, ReceivedMessage, RecordTime};
pub use error::{DriverError, ErrorClass};
pub use produce::{Delivery, Producer, Report, SendResult};

/// The clock that a driver stamps its deliveries with, and the ways to wait on it. The real one is the run's clock;
/// tests have a virtual one.
pub trait Time {
    /// Now, raw ns.
    fn now_ns(&self) -> u64;
    /// Passes a moment on the CPU (one `pause`).
    fn relax(&self);
    /// Gives the CPU away until about `deadline_ns`.
    fn sleep_until(&self, deadline_ns: u64);
    /// The clock behind it, for other threads of this process.
    fn clock(&self) -> Clock {
        Clock::vdso()
    }
}
