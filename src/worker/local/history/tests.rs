//! Periods from slots: differences, lost slots, late slots.

mod long_lives;

use super::*;
use crate::stats::{Counter, Distribution, Extremes, Recorder};
use crate::telemetry::slot::SlotLatency;
use crate::units::NS_PER_S;
use proptest::prelude::*;

const S: u64 = NS_PER_S;
const EPOCH: u64 = 100 * S;

/// A producer that publishes slots the way a client does.
struct Publisher {
    recorder: Recorder,
    counters: Counters,
    sequence: u64,
    last_cut_ns: u64,
}

impl Publisher {
    fn new() -> Self {
        Self { recorder: Recorder::new(), counters: Counters::default(), sequence: 0, last_cut_ns: EPOCH }
    }

    fn slot(&mut self, end_ns: u64, values_ns: &[u64]) -> Slot {
        for value_ns in values_ns {
            self.recorder.record(*value_ns);
            self.counters[Counter::MessagesAcknowledged] += 1;
        }
        self.sequence += 1;
        Slot {
            sequence: self.sequence - 1,
            start_ns: std::mem::replace(&mut self.last_cut_ns, end_ns),
            end_ns,
            counters: self.counters,
            bytes: 0,
            latencies: vec![SlotLatency {
                latency: Latency::AcknowledgeActual,
                histogram: Sparse::of(&self.recorder),
                extremes: self.recorder.take_interval(),
            }],
        }
    }
}

fn a_history() -> (Publisher, History) {
    let mut history = History::new(Role::Producer);
    history.begin(EPOCH, Counters::default());
    (Publisher::new(), history)
}

fn acknowledged(difference: &RowDifference) -> (u64, u64) {
    (difference.counters[Counter::MessagesAcknowledged], difference.latencies[0].count())
}

fn acknowledgement(difference: &RowDifference) -> Distribution {
    difference.latencies[0].to_distribution()
}

#[test]
fn a_period_holds_what_happened_between_its_two_slots() {
    let (mut client, mut history) = a_history();
    let slots = vec![
        client.slot(EPOCH + S, &[5, 6]),
        client.slot(EPOCH + 2 * S, &[7]),
        client.slot(EPOCH + 3 * S, &[1_000_003, 9]),
        client.slot(EPOCH + 4 * S, &[]),
    ];
    history.take(slots, 0, None);
    assert!(history.reaches(EPOCH + 4 * S) && !history.reaches(EPOCH + 5 * S));
    history.advance(EPOCH + 2 * S);
    let first = history.close_period();
    assert_eq!((acknowledged(&first), first.span_ns), ((3, 3), 2 * S));
    assert_eq!((acknowledgement(&first).min_ns(), acknowledgement(&first).max_ns()), (5, 7));
    history.advance(EPOCH + 4 * S);
    let second = history.close_period();
    assert_eq!((acknowledged(&second), second.span_ns), ((2, 2), 2 * S));
    assert_eq!(acknowledgement(&second).max_ns(), 1_000_003, "exact, not the bucket's bound");
    assert_eq!(acknowledged(&history.measured()), (5, 5));
}

#[test]
fn the_measurement_leaves_the_warm_up_out() {
    let (mut client, mut history) = a_history();
    history.take(vec![client.slot(EPOCH + S, &[900; 10]), client.slot(EPOCH + 2 * S, &[4; 3])], 0, None);
    history.advance(EPOCH + S);
    history.begin_measurement();
    history.advance(EPOCH + 2 * S);
    let measured = history.measured();
    assert_eq!(acknowledged(&measured), (3, 3));
    assert_eq!(acknowledgement(&measured).max_ns(), 4);
    assert_eq!(acknowledged(&history.close_period()), (3, 3));
    let (counted, span_ns) = history.counted();
    assert_eq!((counted[Counter::MessagesAcknowledged], span_ns), (3, S));
}

#[test]
fn a_lost_slot_costs_exact_extremes_and_nothing_else() {
    let (mut client, mut history) = a_history();
    let first = client.slot(EPOCH + S, &[10]);
    drop(client.slot(EPOCH + 2 * S, &[2_000_001]));
    let third = client.slot(EPOCH + 3 * S, &[11]);
    history.take(vec![first], 0, None);
    history.take(vec![third], 1, None);
    history.advance(EPOCH + 3 * S);
    let period = history.close_period();
    assert_eq!((acknowledged(&period), period.span_ns), ((3, 3), 3 * S));
    assert!(period.latencies[0].extremes.is_none());
    let max_ns = acknowledgement(&period).max_ns();
    assert!((2_000_001..2_003_000).contains(&max_ns), "bounded by its bucket: {max_ns}");
    assert_eq!(history.slots_lost, 1);
    let rows: Vec<_> = history.take_timeline().points().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[1].at_s, rows[1].span_s, rows[1].counters[Counter::MessagesAcknowledged]), (3.0, 2.0, 2));
    assert!((2_000_001..2_003_000).contains(&rows[1].latencies_ns[0][2]), "what was lost is in its bucket: {rows:?}");
}

#[test]
fn a_slot_that_comes_late_closes_the_period_with_its_own_span() {
    let (mut client, mut history) = a_history();
    history.take(vec![client.slot(EPOCH + S, &[1]), client.slot(EPOCH + 13 * S, &[2, 3])], 0, None);
    history.advance(EPOCH + 10 * S);
    let stalled = history.close_period();
    assert_eq!((acknowledged(&stalled), stalled.span_ns), ((3, 3), 13 * S));
    history.advance(EPOCH + 12 * S);
    let nothing = history.close_period();
    assert_eq!((acknowledged(&nothing), nothing.span_ns), ((0, 0), 0), "the next boundary is already behind that slot");
}

#[test]
fn a_client_that_published_nothing_gives_an_empty_period() {
    let (_, mut history) = a_history();
    history.advance(EPOCH + 10 * S);
    let period = history.close_period();
    assert_eq!((acknowledged(&period), period.span_ns), ((0, 0), 0));
}

#[test]
fn the_timeline_has_a_point_for_each_slot() {
    let (mut client, mut history) = a_history();
    history.take(vec![client.slot(EPOCH + S, &[100; 99]), client.slot(EPOCH + 2 * S, &[200; 3])], 0, None);
    let points: Vec<_> = history
        .take_timeline()
        .points()
        .map(|point| (point.at_s, point.span_s, point.counters[Counter::MessagesAcknowledged], point.latencies_ns[0]))
        .collect();
    assert_eq!(points, [(1.0, 1.0, 99, [100, 100, 100]), (2.0, 1.0, 3, [200, 200, 200])]);
}

/// Some seconds of some clients, and where their periods and drains end.
fn any_life() -> impl Strategy<Value = Vec<(Vec<u64>, bool, bool)>> {
    let values = prop::collection::vec(0_u64..1 << 40, 0..20);
    prop::collection::vec((values, any::<bool>(), any::<bool>()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However seconds are drained together and cut into periods, the periods are the whole, and the whole is what was
    /// recorded.
    #[test]
    fn periods_sum_to_the_measurement_and_the_measurement_to_what_was_recorded(
        life in any_life(),
        warm_up in 0_usize..8,
    ) {
        let (mut client, mut history) = a_history();
        let (mut undrained, mut all, mut measured) = (Vec::new(), Vec::new(), Vec::new());
        let mut periods: Vec<RowDifference> = Vec::new();
        for (second, (values, drains, ends_period)) in (1..).zip(&life) {
            let end_ns = EPOCH + second * S;
            undrained.push(client.slot(end_ns, values));
            all.extend_from_slice(values);
            if usize::try_from(second).unwrap() <= warm_up {
                history.take(std::mem::take(&mut undrained), 0, None);
                history.advance(end_ns);
                history.begin_measurement();
                continue;
            }
            measured.extend_from_slice(values);
            if *drains || *ends_period {
                history.take(std::mem::take(&mut undrained), 0, None);
            }
            if *ends_period {
                history.advance(end_ns);
                periods.push(history.close_period());
            }
        }
        history.take(undrained, 0, None);
        history.advance(u64::MAX);
        periods.push(history.close_period());

        let whole = history.measured();
        let mut sum = Distribution::empty();
        periods.iter().for_each(|period| sum.add_increment(&period.latencies[0]));
        let mut truth = Recorder::new();
        measured.iter().for_each(|value| truth.record(*value));
        for distribution in [&sum, &acknowledgement(&whole)] {
            prop_assert!(distribution.histogram == truth.to_histogram());
            prop_assert_eq!(distribution.extremes.unwrap().count, measured.len() as u64);
            prop_assert_eq!(distribution.max_ns(), measured.iter().max().copied().unwrap_or(0));
        }
        let exact = truth.take_interval();
        prop_assert_eq!(whole.latencies[0].extremes.unwrap().merged(Extremes::EMPTY), exact);
        let counted = periods.iter().map(|period| period.counters[Counter::MessagesAcknowledged]).sum::<u64>();
        prop_assert_eq!((counted, whole.counters[Counter::MessagesAcknowledged]), (exact.count, exact.count));
        prop_assert_eq!(periods.iter().map(|period| period.span_ns).sum::<u64>(), whole.span_ns);
        prop_assert_eq!(history.totals()[Counter::MessagesAcknowledged], all.len() as u64);
        let rows = history.take_timeline();
        let seconds: u64 = rows.points().map(|point| point.counters[Counter::MessagesAcknowledged]).sum();
        prop_assert_eq!((seconds, rows.points().count()), (all.len() as u64, life.len()));
    }
}
