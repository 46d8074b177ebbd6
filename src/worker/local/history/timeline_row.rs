//! The row that a slot is in its client's timeline.

use super::{History, histogram_of};
use crate::stats::{Counter, Counters, Increment, Latency};
use crate::telemetry::{Role, Slot};
use crate::units::NS_PER_S;
use crate::worker::TimelinePoint;
use crate::worker::metrics::ledger::Recorded;

const NS_PER_MS: u64 = 1_000_000;

impl History {
    pub(super) fn timeline_point(&mut self, slot: &Slot, mut recorded: Option<&mut Recorded>) {
        let families: &[Latency] = match self.role {
            Role::Producer => &Latency::PRODUCER,
            Role::Consumer => &Latency::CONSUMER,
        };
        let before = self.newest();
        let counters = slot.counters.since(before.map_or(&self.measurement.counters, |slot| &slot.counters));
        let mut latencies_ns = Vec::with_capacity(families.len());
        let mut largest_ns = [0; Latency::COUNT];
        let mut last_second = None;
        for (position, family) in families.iter().enumerate() {
            let Some(now) = slot.latencies.iter().find(|latency| latency.latency == *family) else { continue };
            let second = Increment::between(histogram_of(before, *family), &now.histogram);
            // The slot's own figures are of its own span alone: after a gap there is more.
            let whole = now.extremes.count == second.count();
            if let Some(recorded) = &mut recorded {
                let sum_ns = (whole && now.extremes.sum_ns < u64::MAX).then_some(now.extremes.sum_ns);
                recorded.add(*family, &second, sum_ns);
            }
            let of_lost_ns = if whole { 0 } else { second.percentile_ns(100.0) };
            let max_ns = now.extremes.max_ns.max(of_lost_ns);
            largest_ns[*family as usize] = max_ns;
            let [p50, p99] = percentiles_ns(&second, *family, &counters);
            latencies_ns.push([p50, p99, max_ns]);
            if position == 0 {
                last_second = Some(second);
            }
        }
        // What was counted in lost slots stands in this row, so their time does too.
        let begun_ns = before.map_or(slot.start_ns, |slot| slot.end_ns);
        self.last_second = last_second.or(self.last_second.take());
        let row = TimelinePoint {
            at_s: seconds(slot.end_ns.saturating_sub(self.epoch_ns)),
            span_s: seconds(slot.end_ns.saturating_sub(begun_ns)),
            counters,
            latencies_ns,
        };
        self.timeline.push(&row, slot, &largest_ns, families, self.epoch_ns);
    }
}

/// p50 and p99 of a span, in the unit that was measured in.
pub(super) fn percentiles_ns(span: &Increment, family: Latency, counters: &Counters) -> [u64; 2] {
    // A difference of whole ms, which its bucket is wider than.
    let whole_ms =
        family == Latency::EndToEndActual && (1..=counters[Counter::MessagesUnstamped]).contains(&span.count());
    [50.0, 99.0].map(|percentile| {
        let ns = span.percentile_ns(percentile);
        if whole_ms { (ns + NS_PER_MS / 2) / NS_PER_MS * NS_PER_MS } else { ns }
    })
}

#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^53 ns")]
pub(super) fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_S as f64
}
