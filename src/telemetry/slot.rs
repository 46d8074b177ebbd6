//! One snapshot: what a client had counted at one moment.

use crate::stats::recorder::Extremes;
use crate::stats::{Counters, Latency, Sparse};

/// A decoded slot. Counters and histograms are cumulative since the client began.
#[derive(Debug, Clone)]
pub struct Slot {
    /// 0, 1, 2 … in order of publication.
    pub sequence: u64,
    /// The span this slot closes: from the cut before it …
    pub start_ns: u64,
    /// … to this cut (raw ns).
    pub end_ns: u64,
    /// Cumulative counters at `end_ns`.
    pub counters: Counters,
    /// Length of its encoding in bytes.
    pub bytes: usize,
    /// Cumulative histogram of each family this role measures.
    pub latencies: Vec<SlotLatency>,
}

/// One family in a slot.
#[derive(Debug, Clone)]
pub struct SlotLatency {
    /// Which family.
    pub latency: Latency,
    /// Cumulative, in ns.
    pub histogram: Sparse,
    /// Exact figures of this slot's span alone.
    pub extremes: Extremes,
}
