//! Gaps: how often, and for how long, a thread that does nothing but read the clock is kept from it. Whatever causes
//! them (other threads, interrupts, the hypervisor, the firmware) would have stopped a hot loop as well.
//!
//! The method is that of the kernel's hwlat and osnoise tracers, from user space; cyclictest, which sleeps, measures
//! waking up besides.

use super::affinity::{AffinityError, CpuSet, pin_current_thread};
use super::clock::Clock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Shorter ones are not told from the reading itself.
pub const SHORTEST_GAP_NS: u64 = 1_000;
const OVER_10_US_NS: u64 = 10_000;
const OVER_1_MS_NS: u64 = 1_000_000;
/// From 1 µs to 2^39 ns × 1,000 (9 minutes) by powers of two.
const BUCKETS: usize = 30;

/// What one CPU kept from a thread that span on it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Gaps {
    /// The CPU.
    pub cpu: usize,
    /// How long it was watched, ns.
    pub watched_ns: u64,
    /// Readings of the clock.
    pub readings: u64,
    /// Gaps above 1 µs.
    pub gaps: u64,
    /// Those above 10 µs.
    pub gaps_over_10_us: u64,
    /// Those above 1 ms.
    pub gaps_over_1_ms: u64,
    /// All gaps above 1 µs together, ns.
    pub lost_ns: u64,
    /// The longest, ns; 0: there was none.
    pub longest_gap_ns: u64,
    /// Gaps by length: from this length to twice as long. Lengths that did not occur are left out.
    pub gaps_by_length: Vec<GapBucket>,
}

/// Gaps of one order of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GapBucket {
    /// Shortest length of the bucket, ns.
    pub from_ns: u64,
    /// Gaps in this bucket.
    pub gaps: u64,
}

impl Gaps {
    /// Share of the time that was lost, percent.
    #[expect(clippy::cast_precision_loss, reason = "minutes in ns are far below 2^53")]
    pub fn lost_percent(&self) -> f64 {
        self.lost_ns as f64 * 100.0 / self.watched_ns.max(1) as f64
    }
}

/// Watches `cpu` for `length`, or until `stop` becomes true, with a thread of its own; the caller's stays where it is.
///
/// # Errors
/// When the thread cannot run on this CPU.
pub fn watch(cpu: usize, clock: &Clock, length: Duration, stop: &AtomicBool) -> Result<Gaps, AffinityError> {
    let length_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    let spin = || {
        pin_current_thread(&CpuSet::of(cpu))?;
        Ok(spin(cpu, || clock.now_ns(), length_ns, stop))
    };
    let nobody = || AffinityError::Get(std::io::Error::other("the watching thread panicked"));
    std::thread::scope(|scope| scope.spawn(spin).join().unwrap_or_else(|_| Err(nobody())))
}

fn spin(cpu: usize, mut now_ns: impl FnMut() -> u64, length_ns: u64, stop: &AtomicBool) -> Gaps {
    let mut buckets = [0u64; BUCKETS];
    let (mut readings, mut lost_ns, mut longest_ns) = (0u64, 0u64, 0u64);
    let (mut over_10_us, mut over_1_ms) = (0u64, 0u64);
    let begun_ns = now_ns();
    let mut last_ns = begun_ns;
    while last_ns - begun_ns < length_ns && !stop.load(Ordering::Relaxed) {
        let now = now_ns();
        let gap_ns = now.saturating_sub(last_ns);
        readings += 1;
        if gap_ns > SHORTEST_GAP_NS {
            buckets[bucket_of(gap_ns)] += 1;
            lost_ns += gap_ns;
            longest_ns = longest_ns.max(gap_ns);
            over_10_us += u64::from(gap_ns > OVER_10_US_NS);
            over_1_ms += u64::from(gap_ns > OVER_1_MS_NS);
        }
        last_ns = now.max(last_ns);
    }
    Gaps {
        cpu,
        watched_ns: last_ns - begun_ns,
        readings,
        gaps: buckets.iter().sum(),
        gaps_over_10_us: over_10_us,
        gaps_over_1_ms: over_1_ms,
        lost_ns,
        longest_gap_ns: longest_ns,
        gaps_by_length: (0..)
            .zip(buckets)
            .filter(|(_, gaps)| *gaps > 0)
            .map(|(power, gaps)| GapBucket { from_ns: SHORTEST_GAP_NS << power, gaps })
            .collect(),
    }
}

/// The power of two of a gap's length in µs.
fn bucket_of(gap_ns: u64) -> usize {
    let power = (gap_ns / SHORTEST_GAP_NS).max(1).ilog2();
    usize::try_from(power).map_or(BUCKETS - 1, |power| power.min(BUCKETS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::affinity::current_mask;

    #[test]
    fn gaps_are_counted_by_length_and_added_up() {
        // Steps of 100 ns with four gaps among them.
        let mut moments =
            [100u64, 200, 1_300, 1_400, 16_400, 16_500, 3_016_500, 3_016_600, 3_017_600, 9_000_000].into_iter();
        let gaps = spin(7, || moments.next().unwrap(), 5_000_000, &AtomicBool::new(false));
        assert_eq!((gaps.cpu, gaps.watched_ns, gaps.readings), (7, 8_999_900, 9));
        // 1,000 ns are not above 1 µs.
        assert_eq!((gaps.gaps, gaps.gaps_over_10_us, gaps.gaps_over_1_ms), (4, 3, 2));
        assert_eq!(gaps.lost_ns, 1_100 + 15_000 + 3_000_000 + 5_982_400);
        assert_eq!(gaps.longest_gap_ns, 5_982_400);
        let buckets: Vec<_> = gaps.gaps_by_length.iter().map(|bucket| (bucket.from_ns, bucket.gaps)).collect();
        assert_eq!(buckets, [(1_000, 1), (8_000, 1), (2_048_000, 1), (4_096_000, 1)]);
        assert!((gaps.lost_percent() - 99.98).abs() < 0.01, "{}", gaps.lost_percent());
    }

    #[test]
    fn a_clock_that_steps_back_is_no_gap() {
        let mut moments = [1_000u64, 900, 1_100, 2_000, 12_000].into_iter();
        let gaps = spin(0, || moments.next().unwrap(), 5_000, &AtomicBool::new(false));
        assert_eq!((gaps.gaps, gaps.lost_ns, gaps.watched_ns), (1, 10_000, 11_000));
    }

    #[test]
    fn every_length_has_a_bucket() {
        assert_eq!([1_001, 1_999, 2_000, 4_096_000, u64::MAX].map(bucket_of), [0, 0, 1, 12, BUCKETS - 1]);
    }

    #[test]
    fn a_cpu_of_this_machine_is_watched_for_as_long_as_asked() {
        let cpu = current_mask().unwrap().iter().next().unwrap();
        let go_on = AtomicBool::new(false);
        let gaps = watch(cpu, &Clock::vdso(), Duration::from_millis(5), &go_on).unwrap();
        assert!(gaps.watched_ns >= 5_000_000 && gaps.readings > 0 && gaps.lost_ns <= gaps.watched_ns, "{gaps:?}");
        assert_eq!(gaps.gaps, gaps.gaps_by_length.iter().map(|bucket| bucket.gaps).sum::<u64>());
        assert!(watch(8_000, &Clock::vdso(), Duration::from_millis(5), &go_on).is_err());
        let stopped = watch(cpu, &Clock::vdso(), Duration::from_secs(600), &AtomicBool::new(true)).unwrap();
        assert_eq!(stopped.readings, 0);
    }
}
