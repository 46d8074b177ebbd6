//! A client's timeline while it grows: seconds, which become tens of seconds, minutes and longer rows as they age.
//!
//! Tens of seconds and minutes are not made from seconds but from the slots themselves, when their time has passed:
//! their percentiles are as exact as those of a second. They wait until the rows that they stand for are dropped. Only
//! what is longer than a minute is joined from rows.

use super::histogram_of;
use super::timeline_row::{percentiles_ns, seconds};
use crate::stats::ageing::RowAging;
use crate::stats::{Counters, Increment, Latency, Sparse};
use crate::telemetry::Slot;
use crate::units::NS_PER_S;
use crate::worker::{ClientTimeline, PackedPoint, TimelinePoint};
use std::collections::VecDeque;

/// Rows of a second that are kept (20 minutes).
const SECONDS_KEPT: usize = 1_200;
/// Rows of ten seconds before them (an hour).
const TENS_KEPT: usize = 360;
/// Rows before those: of a minute up to 12 hours; then of two minutes, four, … (16 minutes in a week).
const OLD_KEPT: usize = 720;

/// One client's timeline, in rows that become longer as they age.
#[derive(Debug)]
pub(super) struct Rungs {
    seconds: VecDeque<PackedPoint>,
    tens: RowsOfLength,
    minutes: RowsOfLength,
    old: Vec<PackedPoint>,
    ageing: RowAging,
}

/// Rows of one length, longer than those of the rung above.
#[derive(Debug)]
struct RowsOfLength {
    every_ns: u64,
    /// Where the row that grows has begun.
    from: HistoryPoint,
    /// Largest value of it, by family.
    max_ns: [u64; Latency::COUNT],
    /// Finished, while the rows they stand for are still there.
    ahead: VecDeque<PackedPoint>,
    /// In their place.
    rows: VecDeque<PackedPoint>,
}

/// A moment of the client's life.
#[derive(Debug, Default)]
struct HistoryPoint {
    at_ns: u64,
    counters: Counters,
    histograms: [Option<Sparse>; Latency::COUNT],
}

impl Rungs {
    /// A timeline that begins at `at_ns` with these counters.
    pub(super) fn begin(at_ns: u64, counters: Counters) -> Self {
        let rung = |every_s: u64| RowsOfLength {
            every_ns: every_s * NS_PER_S,
            from: HistoryPoint { at_ns, counters, ..HistoryPoint::default() },
            max_ns: [0; Latency::COUNT],
            ahead: VecDeque::new(),
            rows: VecDeque::new(),
        };
        Self {
            seconds: VecDeque::new(),
            tens: rung(10),
            minutes: rung(60),
            old: Vec::new(),
            ageing: RowAging::new(0, OLD_KEPT),
        }
    }

    /// The row of a slot, and the slot itself: what it brought counts for the longer rows too. `largest_ns`: by family.
    pub(super) fn push(
        &mut self,
        row: &TimelinePoint,
        slot: &Slot,
        largest_ns: &[u64; Latency::COUNT],
        families: &[Latency],
        epoch_ns: u64,
    ) {
        self.seconds.push_back(PackedPoint::from(row));
        self.tens.take(slot, largest_ns, families, epoch_ns);
        self.minutes.take(slot, largest_ns, families, epoch_ns);
        // A longer row takes the place of the shorter ones that end with it or before.
        if self.seconds.len() > SECONDS_KEPT
            && let Some(ten) = self.tens.ahead.pop_front()
        {
            drop_until(&mut self.seconds, ten.at_s());
            self.tens.rows.push_back(ten);
        }
        if self.tens.rows.len() > TENS_KEPT
            && let Some(minute) = self.minutes.ahead.pop_front()
        {
            drop_until(&mut self.tens.rows, minute.at_s());
            self.old.push(minute);
            self.ageing.age(&mut self.old, |row, later| *row = row.joined(&later));
        }
    }

    /// The newest second.
    pub(super) fn newest(&self) -> Option<TimelinePoint> {
        self.seconds.back().map(PackedPoint::point)
    }

    /// What is there, in order; nothing is left.
    pub(super) fn take(&mut self) -> ClientTimeline {
        let old = std::mem::take(&mut self.old).into_iter();
        old.chain(self.tens.rows.drain(..)).chain(self.seconds.drain(..)).collect()
    }
}

fn drop_until(rows: &mut VecDeque<PackedPoint>, end_s: f64) {
    while rows.front().is_some_and(|row| row.at_s() <= end_s) {
        rows.pop_front();
    }
}

impl RowsOfLength {
    fn take(&mut self, slot: &Slot, largest_ns: &[u64; Latency::COUNT], families: &[Latency], epoch_ns: u64) {
        for (mine, theirs) in self.max_ns.iter_mut().zip(largest_ns) {
            *mine = (*mine).max(*theirs);
        }
        let cell = |at_ns: u64| at_ns.saturating_sub(epoch_ns) / self.every_ns;
        if cell(slot.end_ns) <= cell(self.from.at_ns) {
            return;
        }
        let counters = slot.counters.since(&self.from.counters);
        let latencies_ns = families
            .iter()
            .filter_map(|family| {
                let now = histogram_of(Some(slot), *family)?;
                let span = Increment::between(self.from.histograms[*family as usize].as_ref(), now);
                let [p50, p99] = percentiles_ns(&span, *family, &counters);
                Some([p50, p99, self.max_ns[*family as usize]])
            })
            .collect();
        self.ahead.push_back(PackedPoint::from(&TimelinePoint {
            at_s: seconds(slot.end_ns.saturating_sub(epoch_ns)),
            span_s: seconds(slot.end_ns.saturating_sub(self.from.at_ns)),
            counters,
            latencies_ns,
        }));
        self.from =
            HistoryPoint { at_ns: slot.end_ns, counters: slot.counters, histograms: [const { None }; Latency::COUNT] };
        for latency in &slot.latencies {
            self.from.histograms[latency.latency as usize] = Some(latency.histogram.clone());
        }
        self.max_ns = [0; Latency::COUNT];
    }
}
