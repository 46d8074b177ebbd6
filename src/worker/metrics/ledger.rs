//! What a process has counted since it began: clients that are gone, and those that live. Pure.
//!
//! Clients never reset anything, and the ledger neither: it adds what each slot brought, keeps the last counters of
//! clients that are gone, and subtracts where a span is asked for. So a scraper disturbs no period, and runs follow
//! each other without a step back.

use crate::stats::{Counters, Distribution, Increment, Latency};
use crate::telemetry::Role;
use crate::worker::LatencySet;
use std::time::{Duration, Instant};

/// Quantiles of OMB's summaries are those of the last whole minute.
const ROLL_EVERY: Duration = Duration::from_secs(60);

/// Counters of producers and consumers apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByRole {
    /// Of all producers.
    pub producers: Counters,
    /// Of all consumers.
    pub consumers: Counters,
}

impl ByRole {
    /// Adds a client's.
    pub fn add(&mut self, role: Role, counters: &Counters) {
        match role {
            Role::Producer => self.producers.add(counters),
            Role::Consumer => self.consumers.add(counters),
        }
    }

    /// Of a role.
    pub fn of(&self, role: Role) -> &Counters {
        match role {
            Role::Producer => &self.producers,
            Role::Consumer => &self.consumers,
        }
    }

    fn merged(&self, other: &Self) -> Self {
        let Self { producers, consumers } = other;
        let mut all = self.clone();
        all.producers.add(producers);
        all.consumers.add(consumers);
        all
    }
}

/// Clients of the run under way at one moment; the default is nothing under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// Is a run under way?
    pub active: bool,
    /// Live counters.
    pub counters: ByRole,
    /// Producers and consumers whose processes live.
    pub living: [u32; 2],
    /// Clients that ended before they were told to.
    pub died: u64,
    /// Slots overwritten before they were read.
    pub slots_lost: u64,
    /// Time spent on reading slots, ns.
    pub drain_ns: u64,
    /// What subscriptions should have received and what they have; None: only the coordinator knows the subscriptions.
    pub receipts: Option<(u64, u64)>,
}

/// Latencies as slots brought them, since the process began.
#[derive(Debug)]
pub struct Recorded {
    /// Histograms.
    pub set: LatencySet,
    /// Sums in ns; exact, but for slots that were lost, whose part is of bucket midpoints.
    pub sums_ns: [f64; Latency::COUNT],
}

impl Recorded {
    /// Adds what one slot brought: `sum_ns` where it is exact.
    #[expect(clippy::cast_precision_loss, reason = "a sum is given to 15 digits")]
    pub fn add(&mut self, latency: Latency, span: &Increment, sum_ns: Option<u64>) {
        if span.count() == 0 {
            return;
        }
        self.set.by_family[latency as usize].add_increment(span);
        let estimated = || span.to_distribution().mean_ns() * span.count() as f64;
        self.sums_ns[latency as usize] += sum_ns.map_or_else(estimated, |sum_ns| sum_ns as f64);
    }
}

/// Counters and latencies of all clients since the process began.
#[derive(Debug)]
pub struct MetricLedger {
    /// Of clients that are gone.
    ended: Present,
    /// Runs that began.
    runs: u64,
    /// All clients'.
    pub recorded: Recorded,
    /// `recorded` as it was at the last roll.
    at_roll: LatencySet,
    /// The last whole minute.
    minute: LatencySet,
    rolled: Instant,
}

/// Everything a page tells.
#[derive(Debug)]
pub struct MetricTotals<'a> {
    /// Since the process began.
    pub counters: ByRole,
    /// The run under way, and sums over all runs of what only grows.
    pub present: Present,
    /// Runs that began.
    pub runs: u64,
    /// Since the process began.
    pub recorded: &'a Recorded,
    /// The last whole minute.
    pub minute: &'a LatencySet,
}

impl MetricLedger {
    /// Nothing counted at `now`.
    pub fn new(now: Instant) -> Self {
        let recorded = Recorded { set: LatencySet::empty(), sums_ns: [0.0; Latency::COUNT] };
        Self {
            ended: Present::default(),
            runs: 0,
            recorded,
            at_roll: LatencySet::empty(),
            minute: LatencySet::empty(),
            rolled: now,
        }
    }

    /// A run begins.
    pub fn begin_run(&mut self) {
        self.runs += 1;
    }

    /// The run is over, and these were its clients.
    pub fn end_run(&mut self, last: &Present) {
        self.ended = self.sum(last);
    }

    /// Is a minute over?
    pub fn roll_is_due(&self, now: Instant) -> bool {
        now.duration_since(self.rolled) >= ROLL_EVERY
    }

    /// The next minute begins. What came since the last roll is the last whole minute, also where nobody had time to
    /// look for longer.
    pub fn roll(&mut self, now: Instant) {
        let mut minute = LatencySet::empty();
        let (before, so_far) = (&self.at_roll.by_family, &self.recorded.set.by_family);
        for ((minute, before), so_far) in minute.by_family.iter_mut().zip(before).zip(so_far) {
            *minute = Distribution::between(&before.histogram, &so_far.histogram);
        }
        self.minute = minute;
        self.at_roll = self.recorded.set.clone();
        self.rolled = now;
    }

    /// All that there is to tell, with the clients of now.
    pub fn totals(&self, present: &Present) -> MetricTotals<'_> {
        let counters = self.ended.counters.merged(&present.counters);
        let all = self.sum(present);
        let present = Present { active: present.active, living: present.living, receipts: present.receipts, ..all };
        MetricTotals { counters, present, runs: self.runs, recorded: &self.recorded, minute: &self.minute }
    }

    /// What only grows, over all runs; states of clients that are gone are gone.
    fn sum(&self, last: &Present) -> Present {
        let Present { active: _, counters, living: _, died, slots_lost, drain_ns, receipts: _ } = last;
        let mut counters = self.ended.counters.merged(counters);
        for counters in [&mut counters.producers, &mut counters.consumers] {
            counters.take_gauges(&Counters::default());
        }
        Present {
            active: false,
            counters,
            living: [0, 0],
            died: self.ended.died + died,
            slots_lost: self.ended.slots_lost + slots_lost,
            drain_ns: self.ended.drain_ns + drain_ns,
            receipts: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Counter, Recorder, Sparse};

    fn counted(acknowledged: u64, assigned: u64) -> Present {
        let mut present = Present { active: true, died: 1, receipts: Some((4, 3)), ..Present::default() };
        present.counters.producers[Counter::MessagesAcknowledged] = acknowledged;
        present.counters.consumers[Counter::AssignedPartitions] = assigned;
        present
    }

    fn latencies(values_ns: &[u64]) -> (Increment, u64) {
        let mut recorder = Recorder::new();
        values_ns.iter().for_each(|value| recorder.record(*value));
        let mut increment = Increment::between(None, &Sparse::of(&recorder));
        let extremes = recorder.take_interval();
        increment.extremes = Some(extremes);
        (increment, extremes.sum_ns)
    }

    #[test]
    fn runs_add_up_and_states_do_not() {
        let mut ledger = MetricLedger::new(Instant::now());
        ledger.begin_run();
        ledger.end_run(&counted(100, 2));
        ledger.begin_run();
        let totals = ledger.totals(&counted(5, 3));
        assert_eq!(totals.counters.producers[Counter::MessagesAcknowledged], 105);
        assert_eq!(totals.counters.consumers[Counter::AssignedPartitions], 3);
        assert_eq!((totals.runs, totals.present.died, totals.present.receipts), (2, 2, Some((4, 3))));
        ledger.end_run(&counted(5, 3));
        let idle = ledger.totals(&Present::default());
        assert_eq!(idle.counters.producers[Counter::MessagesAcknowledged], 105);
        assert_eq!(idle.counters.consumers[Counter::AssignedPartitions], 0);
        assert_eq!((idle.present.active, idle.present.died, idle.present.receipts), (false, 2, None));
    }

    #[test]
    fn a_minute_holds_what_came_in_it_and_the_sum_everything() {
        let begun = Instant::now();
        let mut ledger = MetricLedger::new(begun);
        let (first, sum_ns) = latencies(&[1_000, 3_000]);
        ledger.recorded.add(Latency::AcknowledgeActual, &first, Some(sum_ns));
        assert!(!ledger.roll_is_due(begun + Duration::from_secs(59)));
        assert_eq!(ledger.totals(&Present::default()).minute[Latency::AcknowledgeActual].count(), 0);
        assert!(ledger.roll_is_due(begun + ROLL_EVERY));
        ledger.roll(begun + ROLL_EVERY);
        let (second, _) = latencies(&[500_000]);
        ledger.recorded.add(Latency::AcknowledgeActual, &second, None);
        let totals = ledger.totals(&Present::default());
        assert_eq!(totals.minute[Latency::AcknowledgeActual].count(), 2);
        assert_eq!(totals.recorded.set[Latency::AcknowledgeActual].count(), 3);
        let sum = totals.recorded.sums_ns[Latency::AcknowledgeActual as usize];
        assert!((sum - 504_000.0).abs() < 500.0, "{sum}");
        ledger.roll(begun + 2 * ROLL_EVERY);
        assert_eq!(ledger.totals(&Present::default()).minute[Latency::AcknowledgeActual].max_ns(), 500_223);
    }
}
