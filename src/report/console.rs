//! `--console omb`: the lines that OMB logs, byte for byte.
//!
//! Left out: printing itself (`cli`). People get `rows` and `closing`, programs `json_lines`.

use super::omb::{OmbPeriod, omb_histogram};
use super::omb_figures::OmbFigures;
use crate::stats::Latency;
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

/// The beginning of each of its lines: `13:03:15.925 [main] INFO WorkloadGenerator - `, local time, and the class that
/// logs.
pub fn omb_prefix(at: std::time::SystemTime, class: &str) -> String {
    format!("{} [main] INFO {class} - ", super::origin::local(at).strftime("%H:%M:%S%.3f"))
}
