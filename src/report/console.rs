//! The lines a run prints for each period and for the whole: OMB's in its exact format, and ours beside it.
//!
//! Left out: printing itself, colours and the live line (`cli`). The table at the end is in `closing`.

pub use super::closing::closing_table;
use super::omb::{OmbPeriod, omb_histogram};
use super::omb_figures::OmbFigures;
use crate::plan::{MeasuredBy, Plan};
use crate::stats::{Counter, Latency};
use crate::units::{NS_PER_S, format_count, format_ns, whole_ns};
use crate::verdict::Judgement;
use crate::worker::{LatencySet, PeriodStats};

/// OMB's `PaddingDecimalFormat("0.0", width)`: one decimal, halves to the even digit, blanks on the left.
fn padded(value: f64, width: usize) -> String {
    format!("{value:>width$.1}")
}

fn mib_per_s(bytes_per_s: f64) -> String {
    padded(bytes_per_s / 1024.0 / 1024.0, 4)
}

/// µs of a histogram as ms with one decimal.
fn ms(us: u64) -> String {
    padded(us as f64 / 1000.0, 4)
}

fn us(us: u64) -> String {
    padded(us as f64, 4)
}

/// The line that OMB logs for each period.
pub fn omb_period_line(period: &PeriodStats) -> String {
    let OmbPeriod { publish_rate, publish_error_rate, consume_rate, backlog, publish, delay, end_to_end: _ } =
        OmbPeriod::from(period);
    format!(
        "Pub rate {} msg/s / {} MB/s | Pub err {} err/s | Cons rate {} msg/s / {} MB/s | Backlog: {} K | \
         Pub Latency (ms) avg: {} - 50%: {} - 99%: {} - 99.9%: {} - Max: {} | \
         Pub Delay Latency (us) avg: {} - 50%: {} - 99%: {} - 99.9%: {} - Max: {}",
        padded(publish_rate, 7),
        mib_per_s(period.publish_bytes_per_s),
        padded(publish_error_rate, 7),
        padded(consume_rate, 7),
        mib_per_s(period.consume_bytes_per_s),
        padded(backlog as f64 / 1000.0, 4),
        padded(publish.average_us / 1000.0, 4),
        ms(publish.p50_us),
        ms(publish.p99_us),
        ms(publish.p999_us),
        ms(publish.max_us),
        padded(delay.average_us, 4),
        us(delay.p50_us),
        us(delay.p99_us),
        us(delay.p999_us),
        us(delay.max_us),
    )
}

/// The line that OMB logs when a phase has ended.
pub fn omb_aggregated_line(latencies: &LatencySet) -> String {
    let figures = |latency| OmbFigures::of(&omb_histogram(&latencies[latency], latency));
    let publish = figures(Latency::AcknowledgeActual);
    let delay = figures(Latency::PublishDelay);
    // The two blanks after (us) are OMB's.
    format!(
        "----- Aggregated Pub Latency (ms) avg: {} - 50%: {} - 95%: {} - 99%: {} - 99.9%: {} - 99.99%: {} - Max: {} | \
         Pub Delay (us)  avg: {} - 50%: {} - 95%: {} - 99%: {} - 99.9%: {} - 99.99%: {} - Max: {}",
        padded(publish.average_us / 1000.0, 4),
        ms(publish.p50_us),
        ms(publish.p95_us),
        ms(publish.p99_us),
        ms(publish.p999_us),
        ms(publish.p9999_us),
        ms(publish.max_us),
        padded(delay.average_us, 4),
        us(delay.p50_us),
        us(delay.p95_us),
        us(delay.p99_us),
        us(delay.p999_us),
        us(delay.p9999_us),
        us(delay.max_us),
    )
}

/// Our line beside OMB's: end-to-end latency, what the schedule felt, backlog, late sends, and whatever went wrong.
/// Troubles that did not occur are left out, but for late sends and errors, which are always told.
pub fn our_period_line(period: &PeriodStats, by: MeasuredBy) -> String {
    let end_to_end = &period.latencies[Latency::EndToEndActual];
    let mut parts = vec![if end_to_end.count() == 0 {
        "E2E latency: no message received".to_owned()
    } else {
        format!(
            "E2E latency avg {} - 50% {} - 99% {} - 99.9% {} - max {}",
            format_ns(whole_ns(end_to_end.mean_ns())),
            format_ns(end_to_end.percentile_ns(50.0)),
            format_ns(end_to_end.percentile_ns(99.0)),
            format_ns(end_to_end.percentile_ns(99.9)),
            format_ns(end_to_end.max_ns()),
        )
    }];
    let intended = &period.latencies[Latency::AcknowledgeIntended];
    if intended.count() > 0 {
        parts.push(format!("ack from intended time 99% {}", format_ns(intended.percentile_ns(99.0))));
    }
    let count = |counter| period.counters[counter];
    parts.push(format!("backlog {} msg", format_count(period.backlog)));
    if by.knows(Counter::LateSends) {
        parts.push(format!("late {} msg", format_count(count(Counter::LateSends))));
    }
    parts.push(format!("errors {}", format_count(count(Counter::MessagesFailed) + count(Counter::ClientErrors))));
    for (counter, word) in [
        (Counter::MissedSends, "missed sends"),
        (Counter::DroppedDebt, "dropped sends"),
        (Counter::MessagesDuplicated, "duplicated"),
        (Counter::MessagesReordered, "reordered"),
        (Counter::MessagesCorrupt, "corrupt"),
        (Counter::CommitsFailed, "failed commits"),
    ] {
        if count(counter) > 0 {
            parts.push(format!("{word} {}", format_count(count(counter))));
        }
    }
    if count(Counter::QueueFullNs) > 0 {
        parts.push(format!("queue full {}", format_ns(count(Counter::QueueFullNs))));
    }
    if period.late_clients > 0 {
        let span_s = period.end_ns.saturating_sub(period.start_ns) as f64 / NS_PER_S as f64;
        parts.push(format!("{} client(s) did not report within these {span_s:.1} s", period.late_clients));
    }
    parts.join(" | ")
}

/// What speaks against a period's figures, below its lines; None: it is VALID.
pub fn period_verdict_line(period: &PeriodStats, plan: &Plan) -> Option<String> {
    let judgement = Judgement::of_period(period, plan);
    let reasons: Vec<&str> = judgement.reasons.iter().map(|reason| reason.text.as_str()).collect();
    judgement.verdict.spoils().then(|| format!("{} period: {}", judgement.verdict, reasons.join(" | ")))
}
