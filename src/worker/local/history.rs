//! What one client's slots said: baselines, the seconds of its timeline, and the differences that make periods.
//!
//! Slots are cumulative. Every reader keeps its own baseline and subtracts: the current period from `period`, the whole
//! measurement from `measurement`. Nothing is ever reset in the client.

use crate::stats::recorder::Extremes;
use crate::stats::{Counters, Distribution, Latency};
use crate::telemetry::slot::SlotLatency;
use crate::telemetry::{Role, Slot};
use crate::units::NS_PER_S;
use crate::worker::metrics::ledger::Recorded;
use crate::worker::{TimelinePoint, empty_latencies};
use hdrhistogram::Histogram;
use std::collections::VecDeque;

/// A point in a client's life from which differences are taken.
#[derive(Debug, Clone)]
struct Baseline {
    at_ns: u64,
    counters: Counters,
    histograms: [Option<Histogram<u64>>; Latency::COUNT],
    /// Exact extremes since this point, as long as no slot was lost.
    extremes: [Option<Extremes>; Latency::COUNT],
    coarse: [bool; Latency::COUNT],
}

impl Baseline {
    fn begin(at_ns: u64, counters: Counters) -> Self {
        Self {
            at_ns,
            counters,
            histograms: [const { None }; Latency::COUNT],
            extremes: [Some(NO_VALUES); Latency::COUNT],
            coarse: [false; Latency::COUNT],
        }
    }

    /// Takes a slot's own extremes into account; after a gap only the buckets bound them.
    fn grow(&mut self, latency: &SlotLatency, gap: bool) {
        let family = latency.latency as usize;
        self.coarse[family] |= latency.coarse;
        self.extremes[family] = match self.extremes[family] {
            Some(sofar) if !gap => Some(merge(sofar, latency.extremes)),
            _ => None,
        };
    }
}

/// The extremes of nothing.
const NO_VALUES: Extremes = Extremes { count: 0, min_ns: u64::MAX, max_ns: 0, sum_ns: 0 };

fn merge(a: Extremes, b: Extremes) -> Extremes {
    let Extremes { count, min_ns, max_ns, sum_ns } = b;
    Extremes {
        count: a.count + count,
        min_ns: if count == 0 { a.min_ns } else { a.min_ns.min(min_ns) },
        max_ns: a.max_ns.max(max_ns),
        sum_ns: a.sum_ns.saturating_add(sum_ns),
    }
}

/// The difference between two points of one client's life.
#[derive(Debug)]
pub(super) struct Difference {
    /// Length of the client's own span, ns.
    pub(super) span_ns: u64,
    /// Counter differences.
    pub(super) counters: Counters,
    /// Latencies recorded in the span, by family.
    pub(super) latencies: [Distribution; Latency::COUNT],
}

/// Everything one client's slots have said so far.
#[derive(Debug)]
pub(super) struct History {
    role: Role,
    epoch_ns: u64,
    /// Drained but not yet part of a period.
    pending: VecDeque<(Slot, bool)>,
    /// The newest slot that is part of a period.
    last: Option<Slot>,
    period: Baseline,
    measurement: Baseline,
    /// Its seconds.
    pub(super) timeline: Vec<TimelinePoint>,
    /// The newest second's latencies (for the live line): acknowledgement or end to end, from the actual time.
    pub(super) last_second: Option<Distribution>,
    previous_for_timeline: Option<Slot>,
    /// Slots overwritten before they were read.
    pub(super) slots_lost: u64,
}

impl History {
    /// A client that has published no slot yet.
    pub(super) fn new(role: Role) -> Self {
        let nothing = Baseline::begin(0, Counters::default());
        Self {
            role,
            epoch_ns: 0,
            pending: VecDeque::new(),
            last: None,
            period: nothing.clone(),
            measurement: nothing,
            timeline: Vec::new(),
            last_second: None,
            previous_for_timeline: None,
            slots_lost: 0,
        }
    }

    /// The load begins: `counters` are the live ones at that moment (nothing of the load is in them yet).
    pub(super) fn begin(&mut self, epoch_ns: u64, counters: Counters) {
        self.epoch_ns = epoch_ns;
        self.period = Baseline::begin(epoch_ns, counters);
        self.measurement = self.period.clone();
    }

    /// Takes newly drained slots; `lost` were overwritten before the first of them. What each brought is added to `recorded`.
    pub(super) fn take(&mut self, slots: Vec<Slot>, lost: u64, mut recorded: Option<&mut Recorded>) {
        self.slots_lost += lost;
        let mut gap = lost > 0;
        for slot in slots {
            self.timeline_point(&slot, recorded.as_deref_mut());
            self.previous_for_timeline = Some(slot.clone());
            self.pending.push_back((slot, gap));
            gap = false;
        }
    }

    /// Is there a slot that closes the time up to `boundary_ns`?
    pub(super) fn reaches(&self, boundary_ns: u64) -> bool {
        let newest = self.pending.back().map(|(slot, _)| slot).or(self.last.as_ref());
        newest.is_some_and(|slot| slot.end_ns >= boundary_ns)
    }

    /// Makes everything up to the first slot that ends at or after `boundary_ns` part of the current period.
    pub(super) fn advance(&mut self, boundary_ns: u64) {
        self.advance_telling(boundary_ns, |_, _| {});
    }

    /// The same; `tell` hears of each slot's end and can ask for what was recorded in it.
    pub(super) fn advance_telling(
        &mut self,
        boundary_ns: u64,
        mut tell: impl FnMut(u64, &dyn Fn() -> [Distribution; Latency::COUNT]),
    ) {
        if self.last.as_ref().is_some_and(|slot| slot.end_ns >= boundary_ns) {
            return;
        }
        while let Some((slot, gap)) = self.pending.pop_front() {
            for latency in &slot.latencies {
                self.period.grow(latency, gap);
                self.measurement.grow(latency, gap);
            }
            let reached = slot.end_ns >= boundary_ns;
            tell(slot.end_ns, &|| recorded_in(&slot, gap, self.last.as_ref()));
            self.last = Some(slot);
            if reached {
                break;
            }
        }
    }

    /// What happened since the period began; the next period begins.
    pub(super) fn close_period(&mut self) -> Difference {
        let difference = self.since(&self.period);
        self.period = self.baseline_here();
        difference
    }

    /// What happened since the measurement began.
    pub(super) fn measured(&self) -> Difference {
        self.since(&self.measurement)
    }

    /// One family since the measurement began.
    pub(super) fn measured_latency(&self, latency: Latency) -> Distribution {
        let newest = self.last.as_ref().and_then(|slot| slot.latencies.iter().find(|found| found.latency == latency));
        newest.map_or_else(Distribution::empty, |newest| {
            between(self.measurement.histograms[latency as usize].as_ref(), &newest.histogram)
        })
    }

    /// What was counted since the measurement began, and in how many ns.
    pub(super) fn counted(&self) -> (Counters, u64) {
        let Some(slot) = &self.last else { return (Counters::default(), 0) };
        (slot.counters.since(&self.measurement.counters), slot.end_ns.saturating_sub(self.measurement.at_ns))
    }

    /// The measurement begins here.
    pub(super) fn begin_measurement(&mut self) {
        self.period = self.baseline_here();
        self.measurement = self.period.clone();
    }

    /// The measurement begins here; the period goes on.
    pub(super) fn restart_measurement(&mut self) {
        self.measurement = self.baseline_here();
    }

    /// Cumulative counters at the newest slot that is part of a period.
    pub(super) fn totals(&self) -> Counters {
        self.last.as_ref().map_or(self.measurement.counters, |slot| slot.counters)
    }

    fn baseline_here(&self) -> Baseline {
        let Some(slot) = &self.last else { return self.period.clone() };
        let mut here = Baseline::begin(slot.end_ns, slot.counters);
        for latency in &slot.latencies {
            here.histograms[latency.latency as usize] = Some(latency.histogram.clone());
            here.coarse[latency.latency as usize] = latency.coarse;
        }
        here
    }

    fn since(&self, baseline: &Baseline) -> Difference {
        let mut latencies = empty_latencies();
        let Some(slot) = &self.last else {
            return Difference { span_ns: 0, counters: Counters::default(), latencies };
        };
        for latency in &slot.latencies {
            let family = latency.latency as usize;
            let mut distribution = between(baseline.histograms[family].as_ref(), &latency.histogram);
            // Extremes that saw every value are exact; a count that differs means that a slot was lost on the way.
            distribution.extremes = baseline.extremes[family].filter(|extremes| extremes.count == distribution.count());
            distribution.coarse = baseline.coarse[family];
            latencies[family] = distribution;
        }
        Difference {
            span_ns: slot.end_ns.saturating_sub(baseline.at_ns),
            counters: slot.counters.since(&baseline.counters),
            latencies,
        }
    }

    fn timeline_point(&mut self, slot: &Slot, mut recorded: Option<&mut Recorded>) {
        let families: &[Latency] = match self.role {
            Role::Producer => &Latency::PRODUCER,
            Role::Consumer => &Latency::CONSUMER,
        };
        let mut latencies_ns = Vec::with_capacity(families.len());
        for (position, family) in families.iter().enumerate() {
            let Some(now) = slot.latencies.iter().find(|latency| latency.latency == *family) else { continue };
            let before = self.previous_for_timeline.as_ref();
            let before = before.and_then(|slot| slot.latencies.iter().find(|latency| latency.latency == *family));
            let second = between(before.map(|latency| &latency.histogram), &now.histogram);
            if let Some(recorded) = &mut recorded {
                // The slot's own sum is of its own span alone: after a gap there is more.
                let whole = now.extremes.count == second.count() && now.extremes.sum_ns < u64::MAX;
                recorded.add(*family, &second, whole.then_some(now.extremes.sum_ns));
            }
            latencies_ns.push([second.percentile_ns(50.0), second.percentile_ns(99.0), now.extremes.max_ns]);
            if position == 0 {
                self.last_second = Some(second);
            }
        }
        let before = self.previous_for_timeline.as_ref().map_or(self.measurement.counters, |slot| slot.counters);
        self.timeline.push(TimelinePoint {
            at_s: seconds(slot.end_ns.saturating_sub(self.epoch_ns)),
            span_s: seconds(slot.end_ns.saturating_sub(slot.start_ns)),
            counters: slot.counters.since(&before),
            latencies_ns,
        });
    }
}

/// What was recorded in one slot's span; behind a gap in that of the lost ones too.
fn recorded_in(slot: &Slot, gap: bool, before: Option<&Slot>) -> [Distribution; Latency::COUNT] {
    let mut latencies = empty_latencies();
    for now in &slot.latencies {
        let before = before.and_then(|slot| slot.latencies.iter().find(|before| before.latency == now.latency));
        let mut distribution = between(before.map(|latency| &latency.histogram), &now.histogram);
        distribution.extremes = (!gap).then_some(now.extremes);
        latencies[now.latency as usize] = distribution;
    }
    latencies
}

fn between(earlier: Option<&Histogram<u64>>, later: &Histogram<u64>) -> Distribution {
    match earlier {
        Some(earlier) => Distribution::between(earlier, later),
        None => {
            let mut all = Distribution::empty();
            all.add(&Distribution::of_ns(later.clone(), None, false));
            all
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^53 ns")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_S as f64
}

#[cfg(test)]
mod tests;
