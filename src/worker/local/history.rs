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
mod timeline_row;

pub(super) use baseline::RowDifference;

use crate::stats::{Counters, Increment, Latency, Sparse};
use crate::telemetry::{Role, Slot};
use crate::worker::metrics::ledger::Recorded;
use crate::worker::{ClientTimeline, TimelinePoint};
use baseline::{Baseline, no_latencies};
use rungs::Rungs;
use std::collections::VecDeque;

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

fn histogram_of(slot: Option<&Slot>, latency: Latency) -> Option<&Sparse> {
    slot?.latencies.iter().find(|found| found.latency == latency).map(|found| &found.histogram)
}
