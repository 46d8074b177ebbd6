//! Points in a client's life from which differences are taken, and those differences.

use crate::stats::{Counters, Extremes, Increment, Latency, Sparse};
use crate::telemetry::Slot;
use crate::telemetry::slot::SlotLatency;

/// A client's cumulative counters and histograms at one moment. Histograms are shared with the slot they came from.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    pub(super) at_ns: u64,
    pub(super) counters: Counters,
    pub(super) histograms: [Option<Sparse>; Latency::COUNT],
    /// Exact extremes since this point, as long as no slot was lost.
    extremes: [Option<Extremes>; Latency::COUNT],
    coarse: [bool; Latency::COUNT],
}

impl Baseline {
    /// Where nothing has been recorded yet.
    pub(super) fn begin(at_ns: u64, counters: Counters) -> Self {
        Self {
            at_ns,
            counters,
            histograms: [const { None }; Latency::COUNT],
            extremes: [Some(Extremes::EMPTY); Latency::COUNT],
            coarse: [false; Latency::COUNT],
        }
    }

    /// At the end of a slot.
    pub(super) fn at(slot: &Slot) -> Self {
        let mut here = Self::begin(slot.end_ns, slot.counters);
        for latency in &slot.latencies {
            here.histograms[latency.latency as usize] = Some(latency.histogram.clone());
            here.coarse[latency.latency as usize] = latency.histogram.is_coarse();
        }
        here
    }

    /// Takes a slot's own extremes into account; after a gap only the buckets bound them.
    pub(super) fn grow(&mut self, latency: &SlotLatency, gap: bool) {
        let family = latency.latency as usize;
        self.coarse[family] |= latency.histogram.is_coarse();
        self.extremes[family] = match self.extremes[family] {
            Some(sofar) if !gap => Some(sofar.merged(latency.extremes)),
            _ => None,
        };
    }

    /// What happened from here to the end of a slot.
    pub(super) fn to(&self, slot: &Slot) -> RowDifference {
        let mut latencies = no_latencies();
        for latency in &slot.latencies {
            let family = latency.latency as usize;
            let mut increment = Increment::between(self.histograms[family].as_ref(), &latency.histogram);
            // Extremes that saw every value are exact; a count that differs means that a slot was lost on the way.
            increment.extremes = self.extremes[family].filter(|extremes| extremes.count == increment.count());
            increment.coarse = self.coarse[family];
            latencies[family] = increment;
        }
        RowDifference {
            span_ns: slot.end_ns.saturating_sub(self.at_ns),
            counters: slot.counters.since(&self.counters),
            latencies,
        }
    }
}

/// The difference between two points of one client's life.
#[derive(Debug)]
pub(in crate::worker::local) struct RowDifference {
    /// Length of the client's own span, ns.
    pub(in crate::worker::local) span_ns: u64,
    /// Counter differences.
    pub(in crate::worker::local) counters: Counters,
    /// Latencies recorded in the span, by family.
    pub(in crate::worker::local) latencies: [Increment; Latency::COUNT],
}

impl RowDifference {
    /// Between two equal points.
    pub(super) fn none() -> Self {
        Self { span_ns: 0, counters: Counters::default(), latencies: no_latencies() }
    }
}

/// Nothing recorded, by family.
pub(super) fn no_latencies() -> [Increment; Latency::COUNT] {
    [const { Increment::empty() }; Latency::COUNT]
}
