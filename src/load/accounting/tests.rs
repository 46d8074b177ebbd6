//! The ledgers against a naive model, and the balance against known histories.

mod balances;

use super::*;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

/// What the ledger should say, remembering everything.
#[derive(Default)]
struct ReferenceLedger {
    seen: HashMap<(usize, usize), HashSet<u64>>,
    highest: HashMap<(usize, usize), u64>,
}

impl ReferenceLedger {
    fn arrived(&mut self, row: usize, partition: usize, sequence: u64, window: u64) -> Arrival {
        let seen = self.seen.entry((row, partition)).or_default();
        let Some(&highest) = self.highest.get(&(row, partition)) else {
            seen.insert(sequence);
            self.highest.insert((row, partition), sequence);
            return Arrival::New;
        };
        if sequence > highest {
            seen.insert(sequence);
            self.highest.insert((row, partition), sequence);
            return Arrival::New;
        }
        if highest - sequence >= window {
            return Arrival::BeyondWindow;
        }
        if seen.insert(sequence) { Arrival::Reordered } else { Arrival::Duplicate }
    }
}

/// Steps of a sequence: mostly forward by a little, sometimes back, sometimes far.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    let step = prop_oneof![
        8 => 1i64..4,
        3 => -40i64..1,
        1 => 50i64..1_500,
        1 => -1_500i64..-900,
        1 => 1_020i64..1_028,
        1 => -1_028i64..-1_020,
        1 => 2_000i64..100_000,
    ];
    prop::collection::vec((0usize..2, 0usize..3, step), 1..600)
}

/// Where a run begins behind the one before it: mostly at once.
fn steps_of_runs() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0i64), 1 => 1i64..2_000, 2 => -300i64..0]
}

proptest! {
    #[test]
    fn the_ledger_agrees_with_a_model_that_remembers_everything(steps in steps()) {
        let mut ledger = ReceivedLedger::new(2, 3, 0);
        prop_assert_eq!(ledger.window(), 1_024);
        let mut model = ReferenceLedger::default();
        let mut at: HashMap<(usize, usize), u64> = HashMap::new();
        let mut expected = [ReceivedRow::default(); 2];
        for (row, partition, step) in steps {
            let sequence = at.entry((row, partition)).or_default();
            let next = sequence.saturating_add_signed(step);
            // Going back is an excursion: the stream goes on from where it was.
            if step > 0 {
                *sequence = next;
            }
            let arrival = model.arrived(row, partition, next, 1_024);
            prop_assert_eq!(ledger.arrived(row, partition, next), arrival);
            let row = &mut expected[row];
            if matches!(arrival, Arrival::New | Arrival::Reordered) {
                row.distinct += 1;
                row.checksum = row.checksum.wrapping_add(mix(next));
            }
            match arrival {
                Arrival::New => {}
                Arrival::Reordered => row.reordered += 1,
                Arrival::Duplicate => row.duplicates += 1,
                Arrival::BeyondWindow => row.beyond_window += 1,
            }
        }
        prop_assert_eq!([ledger.row(0), ledger.row(1)], expected);
    }

    #[test]
    fn a_run_counts_as_its_messages_one_by_one(
        runs in prop::collection::vec(
            (0usize..2, 0usize..2, steps_of_runs(), prop_oneof![0u64..200, 1_000u64..3_000]),
            1..60,
        ),
        told in any::<bool>(),
    ) {
        let (mut at_once, mut singly) = (ReceivedLedger::new(2, 2, 0), ReceivedLedger::new(2, 2, 0));
        let mut ends: HashMap<(usize, usize), u64> = HashMap::new();
        for (row, partition, step, messages) in runs {
            let end = ends.entry((row, partition)).or_default();
            let first = end.saturating_add_signed(step);
            *end = first + messages;
            let (mut of_the_run, mut of_each) = (Vec::new(), Vec::new());
            at_once.arrived_run(row, partition, first, messages, |arrival| of_the_run.push(arrival));
            of_each.extend((first..first + messages).map(|sequence| singly.arrived(row, partition, sequence)));
            of_each.retain(|arrival| *arrival != Arrival::New);
            prop_assert_eq!(of_the_run, of_each);
            if told {
                prop_assert_eq!(changed(&mut at_once), changed(&mut singly));
            }
        }
        prop_assert_eq!([at_once.row(0), at_once.row(1)], [singly.row(0), singly.row(1)]);
        for (at_once, singly) in at_once.windows.iter().zip(&singly.windows) {
            prop_assert_eq!(&at_once.bits, &singly.bits);
        }
    }

    #[test]
    fn any_order_within_the_window_is_counted_once_each(
        mut order in Just((0u64..1_000).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0u64..1_000, 0..50),
    ) {
        let mut sent = SentLedger::default();
        (0..1_000).for_each(|sequence| sent.acknowledged(sequence));
        sent.handed_over(1_000);
        let duplicates = again.len() as u64;
        order.extend(again);
        let mut ledger = ReceivedLedger::new(1, 1, 0);
        for sequence in order {
            ledger.arrived(0, 0, sequence);
        }
        let balance = balance(1_000, sent.row(), &[ledger.row(0)]);
        prop_assert_eq!((balance.lost, balance.duplicated), (0, duplicates));
        prop_assert_eq!((balance.received, balance.proven), (1_000, true));
    }

    /// Messages acknowledged, failed or unknown, each then received or not, by one member: the truth never exceeds the
    /// bounds.
    #[test]
    fn a_proven_balance_is_the_truth(
        fates in prop::collection::vec((0u8..20, prop::bool::weighted(0.97), prop::bool::weighted(0.05)), 0..200),
    ) {
        let mut sent = SentLedger::default();
        let mut ledger = ReceivedLedger::new(1, 1, 0);
        let mut truth = Balance { sent: fates.len() as u64, ..Balance::default() };
        for (sequence, (fate, received, again)) in (0u64..).zip(&fates) {
            let acknowledged = match fate {
                0 => { sent.failed(sequence); truth.failed += 1; false }
                1 => { sent.unknown(sequence); truth.unknown += 1; false }
                _ => { sent.acknowledged(sequence); truth.acknowledged += 1; true }
            };
            if *received {
                ledger.arrived(0, 0, sequence);
                truth.received += 1;
                truth.failed_but_received += u64::from(!acknowledged);
                if *again {
                    ledger.arrived(0, 0, sequence);
                    truth.duplicated += 1;
                }
            } else {
                truth.lost += u64::from(acknowledged);
            }
        }
        sent.handed_over(fates.len() as u64);
        let balance = balance(truth.sent, sent.row(), &[ledger.row(0)]);
        truth.proven = balance.proven;
        if balance.proven {
            prop_assert_eq!(balance, truth);
        } else {
            prop_assert!(truth.failed + truth.unknown > 0, "with one member only failures leave room for doubt");
            prop_assert!(balance.lost <= truth.lost && balance.duplicated == truth.duplicated);
        }
        prop_assert_eq!(balance.acknowledged + balance.failed_but_received, balance.received + balance.lost);
    }
}

#[test]
fn windows_fill_the_memory_given_and_are_made_when_used() {
    for (rows, partitions, bytes, window) in [
        (1, 1, 1 << 20, 1 << 23),
        (4, 8, 1 << 20, 1 << 18),
        (3, 1, 1 << 20, 1 << 21),
        (1_000, 1_000, 1 << 20, 1 << 10),
        (0, 0, 1 << 20, 1 << 10),
        (1, 1, usize::MAX, 1 << 30),
    ] {
        let ledger = ReceivedLedger::new(rows, partitions, bytes);
        assert_eq!(ledger.window(), window, "{rows} × {partitions} in {bytes}");
        assert!(ledger.windows.iter().all(|window| window.bits.is_empty()));
    }
}

/// Rows that have changed, with the messages received of each.
fn changed(ledger: &mut ReceivedLedger) -> Vec<(usize, u64)> {
    let mut told = Vec::new();
    ledger.publish_dirty(|row, values| told.push((row, values.distinct)));
    told
}

#[test]
fn changed_rows_are_told_once() {
    let mut ledger = ReceivedLedger::new(3, 1, 0);
    ledger.arrived(2, 0, 0);
    ledger.arrived(0, 0, 0);
    ledger.arrived(2, 0, 1);
    assert_eq!(changed(&mut ledger), [(0, 1), (2, 2)]);
    assert_eq!(changed(&mut ledger), []);
    ledger.arrived(1, 0, 5);
    assert_eq!(changed(&mut ledger), [(1, 1)]);
    assert_eq!(changed(&mut ledger), []);
}

#[test]
fn a_run_up_to_the_last_sequence_there_is_ends_there() {
    let mut ledger = ReceivedLedger::new(1, 1, 0);
    ledger.arrived(0, 0, u64::MAX - 3);
    let mut told = Vec::new();
    ledger.arrived_run(0, 0, u64::MAX - 2, 2, |arrival| told.push(arrival));
    assert_eq!(told, []);
    assert_eq!(ledger.row(0).distinct, 3);
    ledger.arrived_run(0, 0, u64::MAX, 1, |arrival| told.push(arrival));
    assert_eq!((ledger.row(0).distinct, told), (3, vec![Arrival::BeyondWindow]));
}

#[test]
fn a_partition_that_appears_later_has_its_own_window() {
    let mut ledger = ReceivedLedger::new(2, 1, 0);
    assert_eq!(ledger.arrived(1, 4, 7), Arrival::New);
    assert_eq!(ledger.arrived(1, 0, 7), Arrival::New);
    assert_eq!(ledger.arrived(1, 4, 7), Arrival::Duplicate);
}
