//! What one client's slots said: baselines, the seconds of its timeline, and the differences that make periods.
//!
//! Histograms stay as sparse as the slots brought them: a client's history takes some ten thousand bytes, and whole
//! arrays are filled only where clients are added up. Slots are cumulative. Every reader keeps its own baseline and
//! subtracts: the current period from `period`, the whole measurement from `measurement`. Nothing is ever reset in the
//! client.

mod baseline;
mod rungs;
#[cfg(test)]
mod tests;

pub(super) use baseline::RowDifference;

use crate::stats::{Counter, Counters, Increment, Latency, Sparse};
use crate::telemetry::{Role, Slot};
use crate::units::NS_PER_S;
use crate::worker::metrics::ledger::Recorded;
use crate::worker::{ClientTimeline, TimelinePoint};
use baseline::{Baseline, no_latencies};
use rungs::Rungs;
use std::collections::VecDeque;

const NS_PER_MS: u64 = 1_000_000;
/// Slots that wait for the end of their period (some 10 kB each); who asks for a boundary later than in two minutes
/// gets more in its period.
const PENDING_KEPT: usize = 120;

/// Everything one client's slots have said so far.
#[derive(Debug)]
pub(super) struct History {
    role: Role,
    epoch_ns: u64,
    /// Drained but not yet part of a period.
    pending: VecDeque<(Slot, bool)>,
    /// Are the seconds of a period asked for at its end? Then every slot waits for it.
    keeps_seconds: bool,
    /// The newest slot that is part of a period.
    last: Option<Slot>,
    period: Baseline,
    measurement: Baseline,
    timeline: Rungs,
    /// The newest second's latencies (for the live line): acknowledgement or end to end, from the actual time.
    pub(super) last_second: Option<Increment>,
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
            keeps_seconds: false,
            last: None,
            period: nothing.clone(),
            measurement: nothing,
            timeline: Rungs::begin(0, Counters::default()),
            last_second: None,
            slots_lost: 0,
        }
    }

    /// The same; the seconds of its periods are asked for, or not.
    pub(super) fn keeping_seconds(self, keeps_seconds: bool) -> Self {
        Self { keeps_seconds, ..self }
    }

    /// The load begins: `counters` are the live ones at that moment (nothing of the load is in them yet).
    pub(super) fn begin(&mut self, epoch_ns: u64, counters: Counters) {
        self.epoch_ns = epoch_ns;
        self.period = Baseline::begin(epoch_ns, counters);
        self.measurement = self.period.clone();
        self.timeline = Rungs::begin(epoch_ns, counters);
    }

    /// The newest second of its timeline.
    pub(super) fn newest_second(&self) -> Option<TimelinePoint> {
        self.timeline.newest()
    }

    /// The rows of its timeline; they are gone then.
    pub(super) fn take_timeline(&mut self) -> ClientTimeline {
        self.timeline.take()
    }

    /// Takes newly drained slots; `lost` were overwritten before the first of them. What each brought is added to
    /// `recorded`.
    pub(super) fn take(&mut self, slots: Vec<Slot>, lost: u64, mut recorded: Option<&mut Recorded>) {
        self.slots_lost += lost;
        let mut gap = lost > 0;
        for slot in slots {
            self.timeline_point(&slot, recorded.as_deref_mut());
            self.pending.push_back((slot, gap));
            gap = false;
        }
        // A period of an hour needs no hour of slots: a boundary that is asked for lies ahead of those drained long
        // ago.
        while self.pending.len() > PENDING_KEPT && !self.keeps_seconds {
            let Some((slot, gap)) = self.pending.pop_front() else { break };
            self.absorb(slot, gap);
        }
    }

    /// Is there a slot that closes the time up to `boundary_ns`?
    pub(super) fn reaches(&self, boundary_ns: u64) -> bool {
        self.newest().is_some_and(|slot| slot.end_ns >= boundary_ns)
    }

    /// Makes everything up to the first slot that ends at or after `boundary_ns` part of the current period.
    pub(super) fn advance(&mut self, boundary_ns: u64) {
        self.advance_telling(boundary_ns, |_, _| {});
    }

    /// The same; `tell` hears of each slot's end and can ask for what was recorded in it.
    pub(super) fn advance_telling(
        &mut self,
        boundary_ns: u64,
        mut tell: impl FnMut(u64, &dyn Fn() -> [Increment; Latency::COUNT]),
    ) {
        if self.last.as_ref().is_some_and(|slot| slot.end_ns >= boundary_ns) {
            return;
        }
        while let Some((slot, gap)) = self.pending.pop_front() {
            let reached = slot.end_ns >= boundary_ns;
            tell(slot.end_ns, &|| recorded_in(&slot, gap, self.last.as_ref()));
            self.absorb(slot, gap);
            if reached {
                break;
            }
        }
    }

    /// A slot becomes part of the current period.
    fn absorb(&mut self, slot: Slot, gap: bool) {
        for latency in &slot.latencies {
            self.period.grow(latency, gap);
            self.measurement.grow(latency, gap);
        }
        self.last = Some(slot);
    }

    /// What happened since the period began; the next period begins.
    pub(super) fn close_period(&mut self) -> RowDifference {
        let difference = self.since(&self.period);
        self.period = self.here();
        difference
    }

    /// What happened since the measurement began.
    pub(super) fn measured(&self) -> RowDifference {
        self.since(&self.measurement)
    }

    /// One family since the measurement began.
    pub(super) fn measured_latency(&self, latency: Latency) -> Increment {
        histogram_of(self.last.as_ref(), latency).map_or_else(Increment::empty, |newest| {
            Increment::between(self.measurement.histograms[latency as usize].as_ref(), newest)
        })
    }

    /// What was counted since the measurement began, and in how many ns.
    pub(super) fn counted(&self) -> (Counters, u64) {
        let Some(slot) = &self.last else { return (Counters::default(), 0) };
        (slot.counters.since(&self.measurement.counters), slot.end_ns.saturating_sub(self.measurement.at_ns))
    }

    /// The measurement begins here.
    pub(super) fn begin_measurement(&mut self) {
        self.period = self.here();
        self.measurement = self.period.clone();
    }

    /// The measurement begins here; the period goes on.
    pub(super) fn restart_measurement(&mut self) {
        self.measurement = self.here();
    }

    /// Cumulative counters at the newest slot that is part of a period.
    pub(super) fn totals(&self) -> Counters {
        self.last.as_ref().map_or(self.measurement.counters, |slot| slot.counters)
    }

    fn here(&self) -> Baseline {
        self.last.as_ref().map_or_else(|| self.period.clone(), Baseline::at)
    }

    fn since(&self, baseline: &Baseline) -> RowDifference {
        self.last.as_ref().map_or_else(RowDifference::none, |slot| baseline.to(slot))
    }

    /// The newest slot of all.
    fn newest(&self) -> Option<&Slot> {
        self.pending.back().map(|(slot, _)| slot).or(self.last.as_ref())
    }

    fn timeline_point(&mut self, slot: &Slot, mut recorded: Option<&mut Recorded>) {
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

/// What was recorded in one slot's span; behind a gap in that of the lost ones too.
fn recorded_in(slot: &Slot, gap: bool, before: Option<&Slot>) -> [Increment; Latency::COUNT] {
    let mut latencies = no_latencies();
    for now in &slot.latencies {
        let mut increment = Increment::between(histogram_of(before, now.latency), &now.histogram);
        increment.extremes = (!gap).then_some(now.extremes);
        latencies[now.latency as usize] = increment;
    }
    latencies
}

/// p50 and p99 of a span, in the unit that was measured in.
fn percentiles_ns(span: &Increment, family: Latency, counters: &Counters) -> [u64; 2] {
    // A difference of whole ms, which its bucket is wider than.
    let whole_ms =
        family == Latency::EndToEndActual && (1..=counters[Counter::MessagesUnstamped]).contains(&span.count());
    [50.0, 99.0].map(|percentile| {
        let ns = span.percentile_ns(percentile);
        if whole_ms { (ns + NS_PER_MS / 2) / NS_PER_MS * NS_PER_MS } else { ns }
    })
}

fn histogram_of(slot: Option<&Slot>, latency: Latency) -> Option<&Sparse> {
    slot?.latencies.iter().find(|found| found.latency == latency).map(|found| &found.histogram)
}

#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^53 ns")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_S as f64
}
