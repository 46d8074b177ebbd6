//! Known latencies: every reported figure is that of the broker's own books, and of the script that the broker
//! followed.

use super::broker::{HandledMessage, MessageFate, Produced, Producing};
use super::feed::{FeedMessage, consume};
use super::figures::{assert_true, percentile_of};
use super::{EPOCH, MS, S, VALUE_BYTES};
use crate::driver::Delivery;
use crate::stats::{Counter, Latency};
use crate::telemetry::raw::{Record, RecordedEvent};

/// How much later than it came a report can be picked up by a loop that spins: a round of it, or the last 3 µs before a
/// send, in which it does not look.
const ROUND_NS: u64 = 4_000;
/// What being woken takes.
const WOKEN_NS: u64 = 10_000;

/// From 0.2 ms up, most short, one in a thousand half a second.
fn scripted_ns(nth: u64) -> u64 {
    let spread = nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let usual = 200_000 + spread % 700_000;
    match nth % 1_000 {
        999 => 500 * MS + spread,
        step if step % 100 == 50 => 20 * MS + spread,
        _ => usual,
    }
}

fn acknowledged(message: &HandledMessage) -> Option<u64> {
    message.told.filter(|(_, delivery)| *delivery == Delivery::Acknowledged).map(|(at_ns, _)| at_ns)
}

/// The three latencies of a producer, as the library saw them.
pub(super) fn assert_producer_latencies(produced: &Produced) {
    let of_acknowledged = |since: fn(&HandledMessage) -> u64| {
        let handled = produced.stats.iter().filter_map(|message| Some(acknowledged(message)? - since(message)));
        handled.collect::<Vec<u64>>()
    };
    let slots = &produced.slots;
    assert_true(slots, Latency::AcknowledgeActual, of_acknowledged(|message| message.stamp.actual_ns));
    assert_true(slots, Latency::AcknowledgeIntended, of_acknowledged(|message| message.stamp.intended_ns));
    let delays = produced.stats.iter().map(|message| message.stamp.actual_ns - message.stamp.intended_ns);
    assert_true(slots, Latency::PublishDelay, delays.collect());
}

#[test]
fn a_producers_latencies_are_those_of_the_script() {
    let produced = Producing::new(2_000, 5 * S, |nth, now_ns| {
        MessageFate::good(now_ns + scripted_ns(nth) / 2, now_ns + scripted_ns(nth))
    })
    .run();
    assert_producer_latencies(&produced);
    let (mut scripted, mut seen) = (Vec::new(), Vec::new());
    for (nth, message) in (0..).zip(&produced.stats) {
        let handed_over_ns = message.stored_ns.unwrap() - scripted_ns(nth) / 2;
        let at_ns = acknowledged(message).unwrap();
        let error = at_ns - handed_over_ns - scripted_ns(nth);
        // The flush sleeps until a report wakes it.
        let limit_ns = if at_ns > EPOCH + 5 * S { ROUND_NS + WOKEN_NS } else { ROUND_NS };
        assert!(error <= limit_ns, "message {nth} was reported {error} ns late");
        scripted.push(scripted_ns(nth));
        seen.push(at_ns - message.stamp.actual_ns);
    }
    scripted.sort_unstable();
    seen.sort_unstable();
    for percentile in [50.0, 99.0, 99.9, 100.0] {
        let (scripted, seen) = (percentile_of(&scripted, percentile), percentile_of(&seen, percentile));
        // The longest is reported in the flush.
        let limit_ns = if percentile < 100.0 { ROUND_NS } else { ROUND_NS + WOKEN_NS };
        assert!(seen.abs_diff(scripted) <= limit_ns, "p{percentile}: {scripted} was scripted, {seen} was seen");
    }
}

#[test]
fn a_consumers_latencies_are_those_of_the_script() {
    let produced = Producing::new(2_000, 4 * S, |_, now_ns| MessageFate::good(now_ns + MS, now_ns + MS)).run();
    let mut coming: Vec<(u64, &HandledMessage)> = (0..)
        .zip(&produced.stats)
        .map(|(nth, message)| (message.stored_ns.unwrap() + scripted_ns(nth), message))
        .collect();
    coming.sort_by_key(|(at_ns, _)| *at_ns);
    let messages: Vec<&HandledMessage> = coming.iter().map(|(_, message)| *message).collect();
    let coming = coming.into_iter().zip(0..).map(|((at_ns, message), offset)| FeedMessage {
        at_ns,
        partition: 0,
        offset,
        value: message.value.clone(),
    });
    let consumed = consume(coming.collect(), 6 * S);
    let since = |begin: fn(&HandledMessage) -> u64| {
        messages.iter().zip(&consumed.handed_out_ns).map(|(message, at_ns)| at_ns - begin(message)).collect::<Vec<_>>()
    };
    assert_true(&consumed.slots, Latency::EndToEndActual, since(|message| message.stamp.actual_ns));
    assert_true(&consumed.slots, Latency::EndToEndIntended, since(|message| message.stamp.intended_ns));
    assert_eq!(consumed.counters[Counter::MessagesReceived], messages.len() as u64);
    assert_eq!(consumed.counters[Counter::BytesReceived], messages.len() as u64 * u64::from(VALUE_BYTES));

    // And its raw samples are what was handed out, one by one.
    let samples: Vec<&Record> = consumed.raw.iter().filter(|record| record.outcome != RecordedEvent::Cut).collect();
    assert_eq!(samples.len(), messages.len());
    for ((sample, message), (at_ns, offset)) in
        samples.iter().zip(&messages).zip(consumed.handed_out_ns.iter().zip(0..))
    {
        let expected = Record {
            sequence: message.stamp.sequence,
            intended_ns: message.stamp.intended_ns,
            sent_ns: message.stamp.actual_ns,
            at_ns: *at_ns,
            offset,
            partition: 0,
            producer: message.stamp.producer,
            value_bytes: VALUE_BYTES,
            code: 0,
            outcome: RecordedEvent::Received,
            flags: 0,
        };
        assert_eq!(**sample, expected);
    }
}

#[test]
fn each_second_is_that_of_its_raw_samples_and_no_counter_ever_goes_back() {
    let produced =
        Producing::new(1_000, 4 * S, |nth, now_ns| MessageFate::good(now_ns, now_ns + scripted_ns(nth))).run();
    let cuts = produced.raw.iter().filter(|record| record.outcome == RecordedEvent::Cut).map(|cut| cut.at_ns);
    assert_eq!(cuts.collect::<Vec<_>>(), produced.slots.iter().map(|slot| slot.end_ns).collect::<Vec<_>>());
    let seconds = produced.raw.split(|record| record.outcome == RecordedEvent::Cut);
    let mut acknowledged = 0;
    let mut before = None;
    for (slot, second) in produced.slots.iter().zip(seconds) {
        acknowledged += second.len() as u64;
        assert_eq!(slot.counters[Counter::MessagesAcknowledged], acknowledged);
        let sent = produced.stats.iter().filter(|message| message.stamp.actual_ns < slot.end_ns).count();
        assert_eq!(slot.counters[Counter::MessagesEnqueued], sent as u64);
        let family = slot.latencies.iter().find(|latency| latency.latency == Latency::AcknowledgeIntended).unwrap();
        let values = second.iter().map(|record| record.at_ns - record.intended_ns);
        assert_eq!(family.extremes.count, second.len() as u64);
        assert_eq!(family.extremes.sum_ns, values.clone().sum::<u64>());
        assert_eq!(family.extremes.max_ns, values.max().unwrap_or(0));
        assert_eq!(family.histogram.count(), acknowledged);
        if let Some(before) = before.replace(slot.counters) {
            let went_back = Counter::ALL.iter().find(|counter| slot.counters[**counter] < before[**counter]);
            assert_eq!(went_back, None);
        }
    }
    assert_eq!(acknowledged, produced.counters[Counter::MessagesAcknowledged]);
    assert!(produced.slots[0].end_ns >= EPOCH + S);
}
