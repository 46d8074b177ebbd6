//! The shared-memory format between the supervisor and one client: header, control words, state words, live counters,
//! accounting rows, probe bits, and a ring of snapshot slots. See `layout.rs` for the bytes.
//!
//! One writer per cache line (128-byte alignment). Nothing here ever locks or waits for the other side: a writer killed
//! at any store leaves the last complete slot readable, and a reader always terminates.
//!
//! Beside it stands the format of raw sample files (`raw.rs`), which clients write when they are asked to.
#![allow(unsafe_code, reason = "this room maps memory that another process writes; each block carries its argument")]

pub mod client_end;
pub mod control;
mod error_class;
mod header;
pub mod layout;
mod memory;
mod owner;
pub mod partitions;
pub mod payload_pool;
pub mod raw;
mod ring;
pub mod slot;
mod slot_bytes;
pub mod supervisor_end;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod witness;

pub use client_end::ClientEnd;
pub use control::{ClientState, RateOrder, Wanted};
pub use error_class::ErrorClass;
pub use layout::{Role, Shape};
pub use slot::Slot;
pub use supervisor_end::SupervisorEnd;

/// Why a segment cannot be made, attached to, or read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// /dev/shm (or its cgroup) has no room.
    #[error(
        "shared memory is too small: client {client} needs {needed_bytes} bytes in /dev/shm, {free_bytes} are free; \
         enlarge it (docker: --shm-size, Kubernetes: an emptyDir of medium Memory) or run fewer clients"
    )]
    NoRoom {
        /// Which client the segment was for.
        client: String,
        /// Bytes asked for.
        needed_bytes: u64,
        /// Bytes free.
        free_bytes: u64,
    },
    /// The other side was built differently, or this is no segment of ours.
    #[error(
        "segment {name}: {what} is {found:#x}, this build expects {expected:#x}: supervisor and client are of \
         different builds"
    )]
    Mismatch {
        /// Segment name.
        name: String,
        /// Which field.
        what: &'static str,
        /// What stands there.
        found: u64,
        /// What should.
        expected: u64,
    },
    /// Mapping or opening failed.
    #[error("segment {name}: {what}: {why}")]
    System {
        /// Segment name.
        name: String,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        why: String,
    },
}
