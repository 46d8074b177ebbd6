//! The one clock of a run: TSC ticks turned into nanoseconds of CLOCK_MONOTONIC_RAW, or that clock itself.
//!
//! The supervisor calibrates once; clients receive the calibration and never make their own, because two
//! private calibrations differ by parts per million and that difference looks like end-to-end latency.

use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use std::path::Path;
use std::time::Duration;

/// Shortest baseline that makes a calibration worth sharing: the readings at its ends are uncertain by some tens of
/// nanoseconds, which over one second is below 0.1 ppm.
pub const MIN_BASELINE: Duration = Duration::from_secs(1);

/// Pairs of readings taken at each end; the tightest counts. On a busy machine most pairs are not interrupted.
const PAIRS: u32 = 64;

/// Where time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// `rdtsc`: invariant, and the kernel trusts it.
    Tsc,
    /// `clock_gettime(CLOCK_MONOTONIC_RAW)` through the vDSO.
    Vdso,
}

/// A calibrated clock. `now_ns` is on CLOCK_MONOTONIC_RAW's time line in every process of the host.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Clock {
    /// Where time comes from.
    pub source: ClockSource,
    /// Tick count at the anchor (0 for the vDSO clock).
    pub anchor_ticks: u64,
    /// Raw nanoseconds at the anchor.
    pub anchor_ns: u64,
    /// Nanoseconds per tick, 32 binary places.
    pub ns_per_tick_q32: u64,
}

/// A calibration in progress: begin, let at least a second pass (do other work), finish.
#[derive(Debug)]
pub struct Calibration {
    begun: (u64, u64),
    source: ClockSource,
    reason: String,
}

impl Calibration {
    /// Looks at cpuinfo flags (constant_tsc, nonstop_tsc) and the kernel's current clock source below `root` ("/"), and takes the first reading.
    pub fn begin(root: &Path) -> Self {
        let (source, reason) = choose(root);
        Self { begun: reading(source), source, reason }
    }
    /// Waits until `baseline` has passed since `begin`, takes the second reading. Give at least [`MIN_BASELINE`] for a
    /// clock that others rely on; the vDSO clock needs no baseline and does not wait.
    pub fn finish(self, baseline: Duration) -> Clock {
        let (anchor_ticks, anchor_ns) = self.begun;
        if self.source == ClockSource::Vdso {
            return Clock::vdso();
        }
        sleep_until_raw(anchor_ns.saturating_add(nanoseconds(baseline)));
        match slope_q32(self.begun, reading(self.source)) {
            // The anchor is the first reading, so that ticks never lie before it.
            Some(ns_per_tick_q32) => Clock { source: self.source, anchor_ticks, anchor_ns, ns_per_tick_q32 },
            // A counter that stood still is no clock.
            None => Clock::vdso(),
        }
    }
    /// Where time will come from.
    pub fn source(&self) -> ClockSource {
        self.source
    }
    /// Why this source was chosen, for the plan and the result.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The TSC is used only where the processor promises that it runs at one speed and never stops, and where the kernel,
/// which watches it against other clocks and across CPUs, uses it too.
fn choose(root: &Path) -> (ClockSource, String) {
    let fall_back = |why: &str| (ClockSource::Vdso, format!("{why}: time is read with clock_gettime"));
    if cfg!(not(target_arch = "x86_64")) {
        return fall_back("this processor has no TSC");
    }
    let cpuinfo = std::fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default();
    for flag in ["constant_tsc", "nonstop_tsc"] {
        let mut flags = cpuinfo.lines().filter(|line| line.starts_with("flags")).peekable();
        if flags.peek().is_none() || !flags.all(|line| line.split_ascii_whitespace().any(|word| word == flag)) {
            return fall_back(&format!("the TSC is not known to be invariant (/proc/cpuinfo lacks {flag})"));
        }
    }
    let current = root.join("sys/devices/system/clocksource/clocksource0/current_clocksource");
    match std::fs::read_to_string(current).map(|name| name.trim().to_owned()) {
        Ok(name) if name == "tsc" => {
            (ClockSource::Tsc, "the TSC is invariant and the kernel's clock source is tsc".to_owned())
        }
        Ok(name) => fall_back(&format!("the kernel's clock source is {name}, not tsc")),
        Err(_) => fall_back("the kernel does not tell its clock source"),
    }
}

impl Clock {
    /// The vDSO clock, which needs no calibration.
    pub fn vdso() -> Self {
        Self { source: ClockSource::Vdso, anchor_ticks: 0, anchor_ns: 0, ns_per_tick_q32: 1 << 32 }
    }
    /// Now, in raw nanoseconds. No system call with the TSC, a vDSO call without.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        match self.source {
            ClockSource::Tsc => self.ns_at(ticks()),
            ClockSource::Vdso => raw_ns(),
        }
    }
    /// The moment of a tick count, in raw nanoseconds; ticks before the anchor count as the anchor.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "2^64 ns after the anchor are 584 years away")]
    fn ns_at(&self, ticks: u64) -> u64 {
        let passed = u128::from(ticks.saturating_sub(self.anchor_ticks)) * u128::from(self.ns_per_tick_q32);
        self.anchor_ns + (passed >> 32) as u64
    }
    /// Frequency of the ticks in Hz (1e9 for the vDSO clock).
    pub fn ticks_per_s(&self) -> f64 {
        2f64.powi(32) * 1e9 / self.ns_per_tick_q32 as f64
    }
    /// How far this clock has moved from CLOCK_MONOTONIC_RAW since the anchor: (now − raw) ÷ elapsed, in parts per million.
    pub fn drift_ppm(&self) -> f64 {
        if self.source == ClockSource::Vdso {
            return 0.0;
        }
        let (ticks, raw) = reading(self.source);
        let ahead = i128::from(self.ns_at(ticks)) - i128::from(raw);
        ahead as f64 / (raw.saturating_sub(self.anchor_ns)).max(1) as f64 * 1e6
    }
}

/// Nanoseconds per tick between two readings, rounded to 32 binary places.
fn slope_q32(begun: (u64, u64), ended: (u64, u64)) -> Option<u64> {
    let ticks = u128::from(ended.0.checked_sub(begun.0)?);
    let ns = u128::from(ended.1.checked_sub(begun.1)?);
    let slope = ((ns << 32) + ticks / 2).checked_div(ticks)?;
    u64::try_from(slope).ok().filter(|&slope| slope > 0)
}

/// (ticks, raw nanoseconds) of one moment: the tightest of several pairs.
fn reading(source: ClockSource) -> (u64, u64) {
    match source {
        ClockSource::Tsc => tightest(ticks_fenced, raw_ns),
        ClockSource::Vdso => (0, raw_ns()),
    }
}

/// Reads `inner` between two readings of `outer`, several times; gives the middle of the closest two and what was
/// read between them.
fn tightest<T>(outer: impl Fn() -> u64, inner: impl Fn() -> T) -> (u64, T) {
    let pair = || {
        let before = outer();
        let between = inner();
        let width = outer().saturating_sub(before);
        (width, before + width / 2, between)
    };
    let mut best = pair();
    for _ in 1..PAIRS {
        let next = pair();
        if next.0 < best.0 {
            best = next;
        }
    }
    (best.1, best.2)
}

/// The tick counter, as cheap as it gets; may be read a few instructions early.
#[inline]
#[cfg(target_arch = "x86_64")]
fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has RDTSC, and Linux lets user space execute it (prctl PR_SET_TSC is not used).
    unsafe { std::arch::x86_64::_rdtsc() }
}
/// Never used as a clock: `choose` gives the vDSO clock on this processor.
#[inline]
#[cfg(not(target_arch = "x86_64"))]
fn ticks() -> u64 {
    0
}

/// The tick counter, read after everything before it and before everything after it.
#[cfg(target_arch = "x86_64")]
pub(super) fn ticks_fenced() -> u64 {
    // SAFETY: LFENCE is part of SSE2, which every x86-64 processor has; it touches no memory.
    unsafe { std::arch::x86_64::_mm_lfence() };
    let now = ticks();
    // SAFETY: as above.
    unsafe { std::arch::x86_64::_mm_lfence() };
    now
}
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn ticks_fenced() -> u64 {
    ticks()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds on one of the kernel's clocks. The clocks used here exist on every kernel that Rust runs on, and none
/// shows a time before its zero.
#[inline]
fn read(clock: ClockId) -> u64 {
    let word = |value: i64| u64::try_from(value).unwrap_or(0);
    clock.now().map_or(0, |time| word(time.tv_sec()) * 1_000_000_000 + word(time.tv_nsec()))
}

/// CLOCK_MONOTONIC_RAW now.
#[inline]
pub fn raw_ns() -> u64 {
    read(ClockId::CLOCK_MONOTONIC_RAW)
}
/// Wall clock (CLOCK_REALTIME) minus raw clock at this moment, from the tightest of several paired readings.
pub fn wall_offset_ns() -> i64 {
    let (raw, wall) = tightest(raw_ns, || read(ClockId::CLOCK_REALTIME));
    i64::try_from(i128::from(wall) - i128::from(raw)).unwrap_or(0)
}
/// Sleeps until the raw clock shows `deadline_ns` (may wake a little later, never earlier than it can).
pub fn sleep_until_raw(deadline_ns: u64) {
    // The kernel cannot sleep on the raw clock. CLOCK_MONOTONIC is slewed by at most 500 ppm against it, so what is
    // left after one sleep is short, and a second one ends it; an interrupted sleep just goes round again.
    while let Some(left @ 1..) = deadline_ns.checked_sub(raw_ns()) {
        let _ =
            clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::empty(), &Duration::from_nanos(left).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(tree: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topology").join(tree)
    }

    #[test]
    fn a_calibrated_clock_agrees_with_the_raw_clock() {
        let clock = Calibration::begin(Path::new("/")).finish(Duration::from_millis(100));
        // Any one triple may be torn apart by the scheduler: the tightest is the honest one.
        let (raw, own) = tightest(raw_ns, || clock.now_ns());
        assert!(raw.abs_diff(own) < 50_000, "raw {raw}, own {own}, {clock:?}");
        assert!(clock.drift_ppm().abs() < 100.0, "{} ppm", clock.drift_ppm());
        assert!(clock.ticks_per_s() > 1e8 && clock.ticks_per_s() < 1e11, "{} Hz", clock.ticks_per_s());
    }

    #[test]
    fn time_never_runs_backwards_in_one_thread() {
        let clock = Calibration::begin(Path::new("/")).finish(Duration::from_millis(1));
        let mut last = clock.now_ns();
        for _ in 0..100_000 {
            let now = clock.now_ns();
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn the_slope_is_exact_to_32_binary_places() {
        assert_eq!(slope_q32((5, 7), (5 + 2_000_000_000, 7 + 1_000_000_000)), Some(1 << 31));
        assert_eq!(slope_q32((0, 0), (3, 1)), Some(((1u64 << 32) + 1) / 3));
        assert_eq!(slope_q32((9, 0), (9, 1_000_000_000)), None, "ticks stood still");
        assert_eq!(slope_q32((9, 0), (8, 1)), None, "ticks ran backwards");
    }

    #[test]
    fn a_century_does_not_overflow() {
        let clock = Clock { source: ClockSource::Tsc, anchor_ticks: 1000, anchor_ns: 77, ns_per_tick_q32: 1 << 31 };
        let century_ns = 100 * 365 * 86_400 * 1_000_000_000u64;
        assert_eq!(clock.ns_at(1000 + 2 * century_ns), 77 + century_ns);
        assert_eq!(clock.ns_at(999), 77, "before the anchor is the anchor");
        assert_eq!(clock.ticks_per_s(), 2e9);
    }

    #[test]
    fn the_vdso_clock_is_the_raw_clock() {
        let clock = Clock::vdso();
        let before = raw_ns();
        let now = clock.now_ns();
        assert!(before <= now && now <= raw_ns());
        assert_eq!((clock.drift_ppm(), clock.ticks_per_s()), (0.0, 1e9));
    }

    #[test]
    fn a_machine_that_does_not_trust_its_tsc_gets_the_vdso_clock_and_a_reason() {
        let calibration = Calibration::begin(&fixture("plain-vm"));
        assert_eq!(calibration.source(), ClockSource::Vdso);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(
            calibration.reason(),
            "the kernel's clock source is kvm-clock, not tsc: time is read with clock_gettime"
        );
        assert_eq!(calibration.finish(Duration::from_secs(3600)), Clock::vdso(), "and does not wait for a baseline");
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_tsc_needs_both_flags_and_the_kernels_trust() {
        assert_eq!(choose(&fixture("two-sockets-smt")).0, ClockSource::Tsc);
        let (source, reason) = choose(&fixture("offline-cpus"));
        assert_eq!(source, ClockSource::Vdso);
        assert!(reason.contains("lacks nonstop_tsc"), "{reason}");
        assert_eq!(choose(Path::new("/nowhere")).0, ClockSource::Vdso);
    }

    #[test]
    fn sleeping_ends_no_earlier_than_asked() {
        let deadline = raw_ns() + 2_000_000;
        sleep_until_raw(deadline);
        assert!(raw_ns() >= deadline);
        sleep_until_raw(0);
    }

    #[test]
    fn the_wall_offset_leads_from_raw_to_wall_time() {
        let wall = i128::from(raw_ns()) + i128::from(wall_offset_ns());
        let system = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let apart = (i128::try_from(system).unwrap() - wall).abs();
        assert!(apart < 1_000_000_000, "{apart} ns apart");
    }

    #[test]
    fn a_clock_crosses_a_process_border_as_json() {
        let clock = Clock { source: ClockSource::Tsc, anchor_ticks: 3, anchor_ns: u64::MAX, ns_per_tick_q32: 5 };
        assert_eq!(serde_json::from_str::<Clock>(&serde_json::to_string(&clock).unwrap()).unwrap(), clock);
    }
}
