//! Messages that fail, are lost, come twice, late or damaged: both sides' accounts are those of the broker's books.

use super::broker::{HandledMessage, MessageFate, Produced, Producing};
use super::feed::{Consumed, FeedMessage, consume};
use super::latencies::assert_producer_latencies;
use super::{MS, S};
use crate::driver::Delivery;
use crate::load::accounting::{Balance, balance};
use crate::stats::Counter;
use crate::telemetry::raw::{Record, RecordedEvent, flag};
use std::collections::HashSet;

const TIMED_OUT: i32 = -192;

fn good(now_ns: u64) -> MessageFate {
    MessageFate::good(now_ns + MS, now_ns + 2 * MS)
}

/// What is stored comes 1 ms later, in order.
fn stored(produced: &Produced) -> Vec<FeedMessage> {
    let stored = produced.stats.iter().filter_map(|message| Some((message.stored_ns?, message)));
    let coming = stored.zip(0..).map(|((stored_ns, message), offset)| of(message, stored_ns + MS, offset));
    coming.collect()
}

fn of(message: &HandledMessage, at_ns: u64, offset: i64) -> FeedMessage {
    FeedMessage { at_ns, partition: message.partition, offset, value: message.value.clone() }
}

fn balanced(produced: &Produced, consumed: &Consumed) -> Balance {
    balance(produced.counters[Counter::MessagesEnqueued], produced.row, &consumed.rows)
}

/// The producer's own figures and raw samples are those of the broker's books.
fn assert_producer_true(produced: &Produced) {
    assert_producer_latencies(produced);
    let count = |counter| produced.counters[counter];
    let told = |wanted: fn(&Delivery) -> bool| {
        produced.stats.iter().filter(|message| message.told.is_some_and(|(_, delivery)| wanted(&delivery))).count()
            as u64
    };
    let refused = produced.stats.iter().filter(|message| message.refused).count() as u64;
    assert_eq!(count(Counter::MessagesEnqueued), produced.stats.len() as u64);
    assert_eq!(count(Counter::MessagesAcknowledged), told(|delivery| *delivery == Delivery::Acknowledged));
    assert_eq!(count(Counter::MessagesFailed), told(|delivery| matches!(delivery, Delivery::Failed(_))) + refused);
    assert_eq!(count(Counter::MessagesUnknown), told(|delivery| *delivery == Delivery::Unknown));
    let mut samples: Vec<&Record> = produced.raw.iter().filter(|record| record.outcome != RecordedEvent::Cut).collect();
    samples.sort_by_key(|record| record.sequence);
    assert_eq!(samples.len(), produced.stats.len());
    for (sample, message) in samples.into_iter().zip(&produced.stats) {
        let (outcome, code, at_ns) = match message.told {
            None => (RecordedEvent::Refused, 10, message.stamp.actual_ns),
            Some((at_ns, Delivery::Acknowledged)) => (RecordedEvent::Acknowledged, 0, at_ns),
            Some((at_ns, Delivery::Failed(code))) => (RecordedEvent::Failed, i16::try_from(code).unwrap(), at_ns),
            Some((at_ns, Delivery::Unknown)) => (RecordedEvent::Unknown, 0, at_ns),
        };
        assert_eq!((sample.outcome, sample.code, sample.at_ns, sample.flags), (outcome, code, at_ns, 0));
        assert_eq!((sample.sequence, sample.sent_ns), (message.stamp.sequence, message.stamp.actual_ns));
    }
}

#[test]
fn what_was_acknowledged_and_not_stored_is_lost_to_the_message() {
    let produced = Producing::new(1_000, 3 * S, |nth, now_ns| {
        let lost = nth.is_multiple_of(250) || (1_000..1_040).contains(&nth);
        MessageFate { stored_ns: good(now_ns).stored_ns.filter(|_| !lost), ..good(now_ns) }
    })
    .run();
    assert_producer_true(&produced);
    let lost = produced.stats.iter().filter(|message| message.stored_ns.is_none()).count() as u64;
    let consumed = consume(stored(&produced), 5 * S);
    let balance = balanced(&produced, &consumed);
    assert_eq!((balance.lost, balance.received + balance.lost), (lost, balance.acknowledged));
    assert_eq!((balance.duplicated, balance.reordered, balance.proven), (0, 0, true));
    assert!(lost >= 50, "{lost}");
}

#[test]
fn what_timed_out_at_the_client_and_is_stored_is_told_apart_from_what_failed() {
    let produced = Producing {
        refuse_every: Some(500),
        ..Producing::new(1_000, 2 * S, |nth, now_ns| {
            let timed_out = (300..330).contains(&nth) || nth == 700;
            let report =
                if timed_out { Some((now_ns + 5 * MS, Delivery::Failed(TIMED_OUT))) } else { good(now_ns).report };
            MessageFate { report, ..good(now_ns) }
        })
    }
    .run();
    assert_producer_true(&produced);
    let refused = produced.stats.iter().filter(|message| message.refused).count() as u64;
    assert!(refused >= 4);
    let consumed = consume(stored(&produced), 4 * S);
    let balance = balanced(&produced, &consumed);
    assert_eq!((balance.failed, balance.failed_but_received), (31 + refused, 31));
    assert_eq!((balance.lost, balance.duplicated, balance.unknown), (0, 0, 0));
    // Which of the failed ones were stored no checksum tells: the counts do, and it is said that they are no proof.
    assert!(!balance.proven);
}

#[test]
fn what_had_no_report_when_the_run_ended_is_unknown_and_counted_where_it_is_received() {
    let produced = Producing::new(1_000, 2 * S, |nth, now_ns| {
        let report = if nth >= 1_950 { None } else { good(now_ns).report };
        MessageFate { report, ..good(now_ns) }
    })
    .run();
    assert_producer_true(&produced);
    let unknown = produced.counters[Counter::MessagesUnknown];
    assert!((50..=51).contains(&unknown), "{unknown}");
    let balance = balanced(&produced, &consume(stored(&produced), 4 * S));
    assert_eq!(
        (balance.unknown, balance.failed_but_received, balance.lost, balance.proven),
        (unknown, unknown, 0, true)
    );
}

#[test]
fn what_comes_twice_or_out_of_order_or_damaged_is_counted_as_what_it_is() {
    let produced = Producing::new(1_000, 3 * S, |_, now_ns| good(now_ns)).run();
    let mut coming = stored(&produced);
    // A hundred come again a second later, as after a rebalance.
    let again: Vec<FeedMessage> =
        coming[500..600].iter().map(|message| FeedMessage { at_ns: message.at_ns + S, ..message.clone() }).collect();
    // Twenty change places with the next one of their own partition.
    for i in (1_200..1_400).step_by(10) {
        let (first, second) = (coming[i].at_ns, coming[i + 3].at_ns);
        (coming[i].at_ns, coming[i + 3].at_ns) = (second, first);
    }
    // Seven are damaged: in the stamp, or shortened.
    for (i, damaged) in coming[2_000..2_007].iter_mut().enumerate() {
        if i % 2 == 0 {
            damaged.value[27] ^= 4;
        } else {
            damaged.value.truncate(60);
        }
    }
    coming.extend(again);
    coming.sort_by_key(|message| message.at_ns);
    let expected = by_hand(&coming);
    let consumed = consume(coming, 6 * S);
    let count = |counter| consumed.counters[counter];
    let counted = ExpectedFaults {
        duplicated: count(Counter::MessagesDuplicated),
        reordered: count(Counter::MessagesReordered),
        corrupt: count(Counter::MessagesCorrupt),
    };
    assert_eq!(counted, expected);
    assert_eq!((expected.duplicated, expected.reordered, expected.corrupt), (100, 20, 7));
    let balance = balanced(&produced, &consumed);
    // What is damaged cannot be told apart any more: it is missing.
    assert_eq!((balance.lost, balance.duplicated, balance.reordered, balance.proven), (7, 100, 20, true));
    let corrupt = consumed.raw.iter().filter(|record| record.outcome == RecordedEvent::Corrupt);
    assert!(corrupt.clone().all(|record| record.has(flag::NO_SENT) && record.has(flag::NO_INTENDED)));
    assert_eq!(corrupt.count(), 7);
}

#[derive(Debug, PartialEq, Eq)]
struct ExpectedFaults {
    duplicated: u64,
    reordered: u64,
    corrupt: u64,
}

/// Counted with all sequences remembered.
fn by_hand(coming: &[FeedMessage]) -> ExpectedFaults {
    use crate::load::stamp::{ReadStamp, Stamp};
    let mut seen = HashSet::new();
    let mut highest = [None; super::PARTITIONS as usize];
    let mut counted = ExpectedFaults { duplicated: 0, reordered: 0, corrupt: 0 };
    for message in coming {
        let ReadStamp::Stamp(stamp) = Stamp::read(&message.value) else {
            counted.corrupt += 1;
            continue;
        };
        let highest = &mut highest[message.partition as usize];
        if !seen.insert(stamp.sequence) {
            counted.duplicated += 1;
        } else if *highest > Some(stamp.sequence) {
            counted.reordered += 1;
        }
        *highest = (*highest).max(Some(stamp.sequence));
    }
    counted
}
