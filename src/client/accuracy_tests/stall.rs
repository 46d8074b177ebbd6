//! A broker that stands still for a second under a schedule of 999 messages a second, with room for 50 in the
//! producer's queue: what each message must have waited follows from arithmetic, the loops must measure it, and the
//! figures must show it. Beside them stands what OMB's formulas would have said of the same run; the table is the one
//! in docs/accuracy.md.

use super::broker::{HandledMessage, MessageFate, Produced, Producing};
use super::feed::{Consumed, FeedMessage, consume};
use super::figures::{assert_true, percentile_of, reported};
use super::latencies::assert_producer_latencies;
use super::{EPOCH, MS, S};
use crate::stats::Latency;

const PER_S: u64 = 999;
const LENGTH_NS: u64 = 10 * S;
/// The broker stands still from here …
const STALL_NS: u64 = EPOCH + S;
/// … to here.
const END_NS: u64 = EPOCH + 2 * S;
/// From hand-over to the broker's log, from there to the acknowledgement, and to the consumer.
const STORE_NS: u64 = 150_000;
const ACKNOWLEDGE_NS: u64 = 150_000;
const DELIVER_NS: u64 = 350_000;
/// Messages that the library holds.
const CAPACITY: usize = 50;
/// What the loops add: a round of looking for reports, a batch being made.
const ROUND_NS: u64 = 15_000;

/// Nothing happens while the broker stands still.
fn through(at_ns: u64) -> u64 {
    if (STALL_NS..END_NS).contains(&at_ns) { END_NS } else { at_ns }
}

fn delivered_ns(stored_ns: u64) -> u64 {
    through(stored_ns + DELIVER_NS)
}

/// What must become of one message.
#[derive(Debug, Clone, Copy)]
struct ExpectedMessage {
    intended_ns: u64,
    sent_ns: u64,
    acknowledged_ns: u64,
    received_ns: u64,
}

/// The schedule, the queue that fills up, the wait for room, and the way back to the schedule at twice the rate.
fn model(count: usize) -> Vec<ExpectedMessage> {
    let interval_ns = 1e9 / PER_S as f64;
    let of = |intended_ns, sent_ns, handed_over_ns| {
        let stored_ns = through(handed_over_ns + STORE_NS);
        let acknowledged_ns = through(stored_ns + ACKNOWLEDGE_NS);
        ExpectedMessage { intended_ns, sent_ns, acknowledged_ns, received_ns: delivered_ns(stored_ns) }
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times of ten seconds")]
    let after = |intervals: f64| (intervals * interval_ns) as u64;
    // Number 999 is due as the stall begins: it and 49 others fill the queue, the next finds it full.
    let blocked = 999 + CAPACITY;
    let room_ns = END_NS + ACKNOWLEDGE_NS;
    (0..count)
        .map(|i| {
            let intended_ns = EPOCH + after(i as f64);
            match i.checked_sub(blocked) {
                None => of(intended_ns, intended_ns, intended_ns),
                Some(0) => of(intended_ns, intended_ns, room_ns),
                Some(behind) => {
                    let sent_ns = intended_ns.max(room_ns + after((behind - 1) as f64 / 2.0));
                    of(intended_ns, sent_ns, sent_ns)
                }
            }
        })
        .collect()
}

/// The run, produced and consumed.
fn run() -> (Produced, Consumed) {
    let produced = Producing {
        capacity: CAPACITY,
        ..Producing::new(PER_S, LENGTH_NS, |_, now_ns| {
            let stored_ns = through(now_ns + STORE_NS);
            MessageFate::good(stored_ns, through(stored_ns + ACKNOWLEDGE_NS))
        })
    }
    .run();
    let coming = produced.stats.iter().zip(0..).map(|(message, offset)| FeedMessage {
        at_ns: delivered_ns(message.stored_ns.unwrap()),
        partition: 0,
        offset,
        value: message.value.clone(),
    });
    let consumed = consume(coming.collect(), LENGTH_NS + S);
    (produced, consumed)
}

fn acknowledged_ns(message: &HandledMessage) -> u64 {
    message.told.unwrap().0
}

#[test]
fn a_stall_of_a_second_shows_as_it_would_to_a_user_with_a_schedule() {
    let (produced, consumed) = run();
    let model = model(produced.stats.len());
    assert!((9_990..=9_991).contains(&model.len()), "{}", model.len());
    for (i, (model, message)) in model.iter().zip(&produced.stats).enumerate() {
        let received_ns = consumed.handed_out_ns[i];
        for (what, expected, seen) in [
            ("intended", model.intended_ns, message.stamp.intended_ns),
            ("sent", model.sent_ns, message.stamp.actual_ns),
            ("acknowledged", model.acknowledged_ns, acknowledged_ns(message)),
            ("received", model.received_ns, received_ns),
        ] {
            assert!(seen.abs_diff(expected) <= ROUND_NS, "message {i}: {what} {expected} by the model, {seen} seen");
        }
    }
    // What is reported is what was seen, exactly; so it is the model's, but for a round of the loops.
    assert_producer_latencies(&produced);
    let slots = [(&produced.slots, Latency::AcknowledgeIntended), (&consumed.slots, Latency::EndToEndIntended)];
    let since_intended: [Vec<u64>; 2] = [
        model.iter().map(|model| model.acknowledged_ns - model.intended_ns).collect(),
        model.iter().map(|model| model.received_ns - model.intended_ns).collect(),
    ];
    for ((slots, family), mut expected) in slots.into_iter().zip(since_intended) {
        expected.sort_unstable();
        let reported = reported(slots, family);
        for percentile in [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0] {
            let (shown, expected) = (reported.percentile_ns(percentile), percentile_of(&expected, percentile));
            let error = ROUND_NS + expected / 1_000;
            assert!(shown.abs_diff(expected) <= error, "{family:?} p{percentile}: {expected} expected, {shown} shown");
        }
    }
    let received = produced.stats.iter().zip(&consumed.handed_out_ns);
    let end_to_end = received.map(|(message, at_ns)| at_ns - message.stamp.actual_ns);
    assert_true(&consumed.slots, Latency::EndToEndActual, end_to_end.collect());
}

/// One row of the table: how many values there are, and their percentiles in ms.
fn row(what: &str, mut values_ns: Vec<u64>) -> String {
    values_ns.sort_unstable();
    let ms = |percentile| percentile_of(&values_ns, percentile) as f64 / 1e6;
    let count = crate::units::format_count(values_ns.len() as u64);
    let [p50, p90, p99, p99_9, max] = [50.0, 90.0, 99.0, 99.9, 100.0].map(ms);
    format!("| {what} | {count} | {p50:.1} | {p90:.1} | {p99:.1} | {p99_9:.1} | {max:.1} |")
}

#[test]
fn the_table_of_the_stall_in_readme_is_what_the_figures_and_ombs_formulas_say() {
    let (produced, consumed) = run();
    let stats = &produced.stats;
    let since =
        |begin: fn(&HandledMessage) -> u64| stats.iter().map(move |message| acknowledged_ns(message) - begin(message));
    let received = || stats.iter().zip(&consumed.handed_out_ns);
    // OMB: whole µs from the actual time; end to end whole ms of the wall clock at both ends, of which 0 and less is
    // dropped.
    let omb_publish = since(|message| message.stamp.actual_ns).map(|ns| ns / 1_000 * 1_000);
    let omb_delay = stats.iter().map(|message| (message.stamp.actual_ns - message.stamp.intended_ns) / 1_000 * 1_000);
    let omb_end_to_end = received()
        .map(|(message, at_ns)| (at_ns / MS).saturating_sub(message.stamp.actual_ns / MS) * MS)
        .filter(|value_ns| *value_ns > 0);
    let table = [
        row("pinload: acknowledged, from intended time", since(|message| message.stamp.intended_ns).collect()),
        row("pinload: acknowledged, from actual time", since(|message| message.stamp.actual_ns).collect()),
        row("OMB: publish latency", omb_publish.collect()),
        row("OMB: publish delay", omb_delay.collect()),
        row(
            "pinload: end to end, from intended time",
            received().map(|(m, at_ns)| at_ns - m.stamp.intended_ns).collect(),
        ),
        row("pinload: end to end, from actual time", received().map(|(m, at_ns)| at_ns - m.stamp.actual_ns).collect()),
        row("OMB: end-to-end latency", omb_end_to_end.collect()),
    ];
    let page = include_str!("../../../docs/accuracy.md");
    let missing: Vec<&String> = table.iter().filter(|row| !page.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/accuracy.md lacks rows of this table:\n{}", table.join("\n"));
}
