//! How far a run's clock moves from CLOCK_MONOTONIC_RAW, judged over the run: as a whole, and stretch by stretch, so
//! that a clock which jumped once is not excused by a long run.

use super::clock::Clock;
use crate::units::NS_PER_S;

/// Shortest stretch that is judged by itself: what its ends are read wrong by is then far below 1 ppm.
const STRETCH_NS: u64 = 10 * NS_PER_S;

/// The drift of one clock so far, in ppm.
#[derive(Debug, Clone)]
pub struct ClockDrift {
    clock: Clock,
    /// Where the stretch began: raw clock, and how far the run's clock was ahead of it.
    stretch: (u64, i64),
    worst_ppm: f64,
}

impl ClockDrift {
    /// Of a clock that was calibrated just now.
    pub fn begin(clock: Clock) -> Self {
        Self { clock, stretch: (clock.anchor_ns, 0), worst_ppm: 0.0 }
    }

    /// To be called now and then, while the run goes on.
    pub fn look(&mut self) {
        self.see(self.clock.beside_raw());
    }

    /// The largest drift of the run so far, in parts per million: of the whole, or of a stretch of ten seconds or more.
    pub fn worst_ppm(&mut self) -> f64 {
        self.look();
        larger(self.worst_ppm, self.clock.drift_ppm())
    }

    fn see(&mut self, (raw_ns, ahead_ns): (u64, i64)) {
        let span_ns = raw_ns.saturating_sub(self.stretch.0);
        if span_ns >= STRETCH_NS {
            let moved_ns = ahead_ns.saturating_sub(self.stretch.1);
            self.worst_ppm = larger(self.worst_ppm, moved_ns as f64 / span_ns as f64 * 1e6);
            self.stretch = (raw_ns, ahead_ns);
        }
    }
}

fn larger(a: f64, b: f64) -> f64 {
    if b.abs() > a.abs() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift() -> ClockDrift {
        ClockDrift::begin(Clock { anchor_ns: 0, ..Clock::vdso() })
    }

    #[test]
    fn a_clock_that_jumped_once_in_a_day_is_seen() {
        let mut drift = drift();
        for second in (10..86_400).step_by(10) {
            let ahead_ns = if second > 40_000 { 5_000_000_000 } else { 300 };
            drift.see((second * NS_PER_S, ahead_ns));
        }
        // 5 s of a day are 58 ppm, of ten seconds half a million.
        assert!((499_999.0..500_001.0).contains(&drift.worst_ppm), "{}", drift.worst_ppm);
    }

    #[test]
    fn looks_that_come_often_judge_no_stretch_that_is_too_short_for_it() {
        let mut drift = drift();
        for ms in 1..30_000u64 {
            // Read wrong by 10 µs at every second look.
            drift.see((ms * 1_000_000, if ms % 2 == 0 { 10_000 } else { 0 }));
        }
        assert!(drift.worst_ppm.abs() <= 1.0, "{}", drift.worst_ppm);
    }

    #[test]
    fn the_vdso_clock_does_not_drift() {
        assert_eq!(ClockDrift::begin(Clock::vdso()).worst_ppm().to_bits(), 0f64.to_bits());
    }
}
