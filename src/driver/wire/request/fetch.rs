//! Fetches: of all partitions, or within a session, which names those that have changed.

use super::{WireRequest, Writing};

/// What bounds a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver::wire) struct FetchBounds {
    pub(in crate::driver::wire) wait_ms: i32,
    pub(in crate::driver::wire) least_bytes: i32,
    pub(in crate::driver::wire) most_bytes: i32,
    pub(in crate::driver::wire) most_bytes_of_partition: i32,
    /// Only what transactions have committed?
    pub(in crate::driver::wire) committed_only: bool,
}

/// What a fetch names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::wire) struct FetchNames {
    /// The session that the broker keeps and its epoch: (0, −1) is none, epoch 0 asks for one.
    pub(in crate::driver::wire) session: (i32, i32),
    /// Partitions and the offsets to read them from: all, or those that have changed since the session's last fetch.
    pub(in crate::driver::wire) from: Vec<(u32, i64)>,
    /// Partitions that the session is to forget.
    pub(in crate::driver::wire) forgotten: Vec<u32>,
}

/// Messages of partitions, each from an offset on.
pub(in crate::driver::wire) fn fetch(
    client_id: &str,
    topic: &str,
    bounds: &FetchBounds,
    names: &FetchNames,
) -> Writing {
    let mut writing = Writing::new(WireRequest::Fetch, client_id);
    writing.i32(-1).i32(bounds.wait_ms).i32(bounds.least_bytes).i32(bounds.most_bytes);
    writing.i8(bounds.committed_only.into()).i32(names.session.0).i32(names.session.1);
    writing.topic(topic, names.from.len());
    for (partition, offset) in &names.from {
        writing.i32(partition.cast_signed()).i32(-1).i64(*offset).i64(-1).i32(bounds.most_bytes_of_partition);
    }
    writing.topic(topic, names.forgotten.len());
    for partition in &names.forgotten {
        writing.i32(partition.cast_signed());
    }
    writing.string("");
    writing
}
