//! What a message is made of, decided.

pub use crate::config::workload::KeyDistributor;

/// Bytes that a message stamp takes at the start of a value (`load::stamp::STAMP_BYTES`, which lies below this room and equals it).
pub const STAMP_MIN_BYTES: u32 = 48;

/// Where values come from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadPlan {
    /// `pool` payloads, each `random_bytes` random bytes followed by zeros; chosen uniformly per message.
    Randomized {
        /// Number of payloads.
        pool: u32,
        /// Random bytes at the start of each.
        random_bytes: u32,
        /// Seed of the pool, so that a run can be repeated.
        seed: u64,
    },
    /// The bytes of a file, read by `plan` and checked against the message size.
    File {
        /// The path as given.
        path: std::path::PathBuf,
    },
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MessagePlan {
    /// Value bytes.
    pub size_bytes: u32,
    /// Keys.
    pub keys: KeyDistributor,
    /// Values.
    pub payload: PayloadPlan,
    /// Stamp at the start of each value? False: too small, or turned off; end-to-end times then come from CreateTime (ms).
    pub stamp: bool,
    /// Why there is no stamp, when there is none.
    pub no_stamp_reason: Option<String>,
}
