//! What reading a clock costs.

use super::clock::Clock;
use nix::time::ClockId;
use std::hint::black_box;

/// Readings of one batch: a microsecond or so of interruption is then small in it.
const BATCH: u32 = 1_000;
/// Batches; the median is told.
const BATCHES: usize = 201;

/// ns per reading, median of 201 batches of 1,000 readings in a row.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClockCosts {
    /// The clock of a run, as hot loops read it.
    pub run_clock_read_ns: f64,
    /// `clock_gettime(CLOCK_MONOTONIC)`, which librdkafka reads.
    pub monotonic_read_ns: f64,
    /// `clock_gettime(CLOCK_MONOTONIC_RAW)`, which stands in for the TSC where that cannot be used.
    pub monotonic_raw_read_ns: f64,
    /// `clock_gettime(CLOCK_REALTIME)`.
    pub realtime_read_ns: f64,
}

impl ClockCosts {
    /// Measures on the calling thread; takes some tens of ms.
    pub fn measure(clock: &Clock) -> Self {
        let of = |id: ClockId| median_cost_ns(clock, || id.now());
        Self {
            run_clock_read_ns: median_cost_ns(clock, || clock.now_ns()),
            monotonic_read_ns: of(ClockId::CLOCK_MONOTONIC),
            monotonic_raw_read_ns: of(ClockId::CLOCK_MONOTONIC_RAW),
            realtime_read_ns: of(ClockId::CLOCK_REALTIME),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "ms in ns are far below 2^53")]
fn median_cost_ns<T>(clock: &Clock, mut read: impl FnMut() -> T) -> f64 {
    let mut batches: Vec<u64> = (0..BATCHES)
        .map(|_| {
            let begun_ns = clock.now_ns();
            for _ in 0..BATCH {
                black_box(read());
            }
            clock.now_ns().saturating_sub(begun_ns)
        })
        .collect();
    batches.sort_unstable();
    batches[BATCHES / 2] as f64 / f64::from(BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_takes_some_time_to_read() {
        let ClockCosts { run_clock_read_ns, monotonic_read_ns, monotonic_raw_read_ns, realtime_read_ns } =
            ClockCosts::measure(&Clock::vdso());
        for cost in [run_clock_read_ns, monotonic_read_ns, monotonic_raw_read_ns, realtime_read_ns] {
            assert!(cost > 0.0 && cost < 1e6, "{cost}");
        }
    }
}
