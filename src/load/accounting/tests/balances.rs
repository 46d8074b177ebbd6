//! Balances of known histories.

use super::*;

fn producer(acknowledged: impl Iterator<Item = u64>, failed: impl Iterator<Item = u64>, sent: u64) -> SentRow {
    let mut ledger = SentLedger::default();
    acknowledged.for_each(|sequence| ledger.acknowledged(sequence));
    failed.for_each(|sequence| ledger.failed(sequence));
    ledger.handed_over(sent);
    ledger.row()
}

fn member(sequences: impl Iterator<Item = u64>) -> ReceivedRow {
    let mut ledger = ReceivedLedger::new(1, 1, 0);
    sequences.for_each(|sequence| {
        ledger.arrived(0, 0, sequence);
    });
    ledger.row(0)
}

const NONE: std::ops::Range<u64> = 0..0;

#[test]
fn everything_received_by_two_members_is_proven() {
    let sent = producer(0..100, NONE, 100);
    let balance = balance(100, sent, &[member(0..60), member(60..100)]);
    let expected = Balance { sent: 100, acknowledged: 100, received: 100, proven: true, ..Balance::default() };
    assert_eq!(balance, expected);
}

#[test]
fn losses_are_proven_for_one_member_and_least_figures_for_two() {
    let sent = producer(0..100, NONE, 100);
    let one = balance(100, sent, &[member((0..100).filter(|s| s % 10 != 0)), ReceivedRow::default()]);
    assert_eq!((one.lost, one.received, one.proven), (10, 90, true));
    let two = balance(100, sent, &[member(0..50), member(60..100)]);
    assert_eq!((two.lost, two.received, two.proven), (10, 90, false));
}

#[test]
fn failed_but_received_is_proven_when_all_of_them_were() {
    let sent = producer(0..90, 90..100, 100);
    let all = balance(100, sent, &[member(0..100)]);
    assert_eq!((all.failed_but_received, all.lost, all.proven), (10, 0, true));
    let none = balance(100, sent, &[member(0..90)]);
    assert_eq!((none.failed_but_received, none.lost, none.proven), (0, 0, true));
    let some = balance(100, sent, &[member(0..95)]);
    assert_eq!((some.failed_but_received, some.lost, some.proven), (5, 0, false));
}

#[test]
fn the_unknown_are_known_by_what_is_left() {
    // 0–79 acknowledged, 80–89 failed, 90–99 purged or never reported.
    let sent = producer(0..80, 80..90, 100);
    let all = balance(100, sent, &[member(0..100)]);
    assert_eq!((all.unknown, all.failed_but_received, all.proven), (10, 20, true));
    let unknown_only = balance(100, sent, &[member((0..80).chain(90..100))]);
    assert_eq!((unknown_only.failed_but_received, unknown_only.lost, unknown_only.proven), (10, 0, true));
    let failed_only = balance(100, sent, &[member(0..90)]);
    assert_eq!((failed_only.failed_but_received, failed_only.proven), (10, true));
}

#[test]
fn a_redelivery_to_another_member_is_a_surplus() {
    let sent = producer(0..100, NONE, 100);
    let balance = balance(100, sent, &[member(0..60), member(50..100)]);
    assert_eq!((balance.duplicated, balance.received, balance.lost, balance.proven), (10, 100, 0, false));
}

#[test]
fn equal_counts_with_unequal_sums_are_not_taken_for_peace() {
    let sent = producer(0..90, 90..100, 100);
    let swapped = balance(100, sent, &[member((1..90).chain(95..96))]);
    assert_eq!((swapped.lost, swapped.failed_but_received, swapped.proven), (1, 1, false));
    let sent = producer(0..100, NONE, 100);
    let hidden = balance(100, sent, &[member(0..50), member((49..50).chain(51..100))]);
    assert_eq!((hidden.lost, hidden.duplicated, hidden.received, hidden.proven), (1, 1, 99, false));
}

#[test]
fn duplicates_older_than_the_window_do_not_spoil_a_proof() {
    let sent = producer(0..5_000, NONE, 5_000);
    let mut ledger = ReceivedLedger::new(1, 1, 0);
    for sequence in (0..5_000).chain(0..10) {
        ledger.arrived(0, 0, sequence);
    }
    let proven = balance(5_000, sent, &[ledger.row(0)]);
    assert_eq!((proven.beyond_window, proven.lost, proven.proven), (10, 0, true));
    let doubtful = balance(5_001, producer(0..5_001, NONE, 5_001), &[ledger.row(0)]);
    assert_eq!((doubtful.beyond_window, doubtful.lost, doubtful.proven), (10, 1, false));
}

#[test]
fn without_subscribers_only_the_sending_side_is_told() {
    let balance = balance(101, producer(0..90, 90..100, 101), &[]);
    let expected = Balance { sent: 101, acknowledged: 90, failed: 10, unknown: 1, ..Balance::default() };
    assert_eq!(balance, expected);
}
