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

/// A calibration that began longer ago than its baseline and this is made anew: what lay between (a suspend, an idle
/// night) is none of the run's, and the ends of a few seconds are known well enough.
const OLDEST: Duration = Duration::from_secs(30);
/// The kernel's account of time in suspend moves by more than this only when there was one.
const SUSPENDED_NS: u64 = 1_000_000;

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
    /// Time that the machine had been suspended for when it began.
    suspended_ns: u64,
    source: ClockSource,
    reason: String,
}

impl Calibration {
    /// Looks at cpuinfo flags (constant_tsc, nonstop_tsc) and the kernel's current clock source below `root` ("/"), and
    /// takes the first reading.
    pub fn begin(root: &Path) -> Self {
        let (source, reason) = choose(root);
        Self { begun: reading(source), suspended_ns: suspended_ns(), source, reason }
    }
    /// Waits until `baseline` has passed since `begin`, takes the second reading. Give at least [`MIN_BASELINE`] for a
    /// clock that others rely on; the vDSO clock needs no baseline and does not wait. A calibration that is too old, or
    /// has seen a suspend, begins anew: then the whole baseline is waited for.
    pub fn finish(mut self, baseline: Duration) -> Clock {
        if self.source == ClockSource::Vdso {
            return Clock::vdso();
        }
        let ended = loop {
            sleep_until_raw(self.begun.1.saturating_add(nanoseconds(baseline)));
            let ended = reading(self.source);
            if self.holds_until(ended.1, suspended_ns(), baseline) {
                break ended;
            }
            (self.begun, self.suspended_ns) = (reading(self.source), suspended_ns());
        };
        let (anchor_ticks, anchor_ns) = self.begun;
        match slope_q32(self.begun, ended) {
            // The anchor is the first reading, so that ticks never lie before it.
            Some(ns_per_tick_q32) => Clock { source: self.source, anchor_ticks, anchor_ns, ns_per_tick_q32 },
            // A counter that stood still is no clock.
            None => Clock::vdso(),
        }
    }
    /// May a slope be taken from its beginning to this moment?
    fn holds_until(&self, ended_ns: u64, suspended_ns: u64, baseline: Duration) -> bool {
        let age_ns = ended_ns.saturating_sub(self.begun.1);
        age_ns <= nanoseconds(baseline.saturating_add(OLDEST))
            && suspended_ns.abs_diff(self.suspended_ns) <= SUSPENDED_NS
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
    /// Sleeps until this clock shows `deadline_ns` (may wake a little later). The kernel sleeps by its own clocks, so
    /// what is left is slept, and not to a moment of theirs: over days this clock may be ms away from them.
    pub fn sleep_until(&self, deadline_ns: u64) {
        sleep_until_raw(raw_ns().saturating_add(deadline_ns.saturating_sub(self.now_ns())));
    }
    /// CLOCK_MONOTONIC_RAW at this moment, and how far this clock is ahead of it, ns.
    pub(super) fn beside_raw(&self) -> (u64, i64) {
        if self.source == ClockSource::Vdso {
            return (raw_ns(), 0);
        }
        let (ticks, raw) = reading(self.source);
        (raw, self.ns_at(ticks).wrapping_sub(raw).cast_signed())
    }
    /// How far this clock has moved from CLOCK_MONOTONIC_RAW since the anchor: (now − raw) ÷ elapsed, in parts per
    /// million.
    pub fn drift_ppm(&self) -> f64 {
        let (raw, ahead) = self.beside_raw();
        ahead as f64 / (raw.saturating_sub(self.anchor_ns)).max(1) as f64 * 1e6
    }
    /// What leads from this clock to the wall clock (CLOCK_REALTIME) at this moment, from the tightest of several
    /// paired readings. It is this clock that is read on both sides, not the raw clock which it was calibrated by:
    /// whatever the slope is wrong by does not get into times that leave the host.
    pub fn wall_offset(&self) -> WallOffset {
        let now = || match self.source {
            ClockSource::Tsc => self.ns_at(ticks_fenced()),
            ClockSource::Vdso => raw_ns(),
        };
        let ClockPair { width, middle, between: wall } = tightest(now, || read(ClockId::CLOCK_REALTIME));
        WallOffset { offset_ns: wall.wrapping_sub(middle).cast_signed(), error_ns: width.div_ceil(2) }
    }
}

/// Wall clock − a run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallOffset {
    /// The difference, ns.
    pub offset_ns: i64,
    /// What the reading of it may be wrong by, ns.
    pub error_ns: u64,
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
        ClockSource::Tsc => {
            let ClockPair { middle: ticks, between: raw, .. } = tightest(ticks_fenced, raw_ns);
            (ticks, raw)
        }
        ClockSource::Vdso => (0, raw_ns()),
    }
}

/// `between` was read between two readings of another clock, which were `width` apart.
#[derive(Debug, Clone, Copy)]
struct ClockPair {
    width: u64,
    middle: u64,
    between: u64,
}

/// Reads `inner` between two readings of `outer`, several times; gives the closest pair.
fn tightest(outer: impl Fn() -> u64, inner: impl Fn() -> u64) -> ClockPair {
    let pair = || {
        let before = outer();
        let between = inner();
        let width = outer().saturating_sub(before);
        ClockPair { width, middle: before + width / 2, between }
    };
    (1..PAIRS).fold(pair(), |best, _| {
        let next = pair();
        if next.width < best.width { next } else { best }
    })
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
/// Time that this machine has been suspended for since it was booted: CLOCK_BOOTTIME runs on then, the others stand
/// still.
fn suspended_ns() -> u64 {
    let apart = || read(ClockId::CLOCK_BOOTTIME).saturating_sub(read(ClockId::CLOCK_MONOTONIC));
    // A reading that is interrupted shows too much.
    (0..8).map(|_| apart()).min().unwrap_or(0)
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
        let ClockPair { middle: raw, between: own, .. } = tightest(raw_ns, || clock.now_ns());
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
    #[cfg(target_arch = "x86_64")]
    fn a_clock_that_is_far_from_the_raw_clock_sleeps_no_longer_than_it_is_asked_to() {
        let good = Calibration::begin(Path::new("/")).finish(Duration::from_millis(20));
        if good.source != ClockSource::Tsc {
            return;
        }
        // As after weeks with a slope that is a little wrong.
        let ahead = Clock { anchor_ns: good.anchor_ns + 3_600_000_000_000, ..good };
        let begun_ns = ahead.now_ns();
        ahead.sleep_until(begun_ns + 2_000_000);
        let slept_ns = ahead.now_ns() - begun_ns;
        assert!((1_900_000..60_000_000_000).contains(&slept_ns), "{slept_ns}");
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
        for clock in [Clock::vdso(), Calibration::begin(Path::new("/")).finish(Duration::from_millis(10))] {
            let wall = i128::from(clock.now_ns()) + i128::from(clock.wall_offset().offset_ns);
            let system = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
            let apart = (i128::try_from(system).unwrap() - wall).abs();
            assert!(apart < 1_000_000_000, "{apart} ns apart");
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn times_that_leave_the_host_are_wall_clock_times_however_wrong_the_slope_is() {
        // A thousandth too fast, for ten seconds: 10 ms ahead of the raw clock.
        let good = Calibration::begin(Path::new("/")).finish(Duration::from_millis(100));
        if good.source != ClockSource::Tsc {
            return;
        }
        let back = u64::try_from((10_000_000_000u128 << 32) / u128::from(good.ns_per_tick_q32)).unwrap();
        let wrong = Clock {
            anchor_ticks: good.anchor_ticks - back,
            anchor_ns: good.anchor_ns - 10_000_000_000,
            ns_per_tick_q32: good.ns_per_tick_q32 / 1_000 * 1_001,
            ..good
        };
        assert!(wrong.beside_raw().1 > 9_000_000, "{wrong:?}");
        let WallOffset { offset_ns, error_ns } = wrong.wall_offset();
        let ClockPair { width, middle: own, between: wall } =
            tightest(|| wrong.now_ns(), || read(ClockId::CLOCK_REALTIME));
        let apart_ns = own.wrapping_add_signed(offset_ns).abs_diff(wall);
        // The wall clock is slewed by 500 ppm at most; between the two readings are microseconds, on a crowded machine
        // milliseconds.
        assert!(apart_ns <= error_ns + width + 1_000_000, "{apart_ns} ns apart, {error_ns} allowed");
    }

    #[test]
    fn a_calibration_that_is_old_or_has_seen_a_suspend_is_none() {
        let calibration = Calibration { begun: (0, 1_000), suspended_ns: 77, ..Calibration::begin(Path::new("/")) };
        let (second_ns, baseline) = (1_000_000_000, Duration::from_secs(1));
        assert!(calibration.holds_until(1_000 + second_ns, 77, baseline));
        assert!(calibration.holds_until(1_000 + 31 * second_ns, 77, baseline));
        assert!(!calibration.holds_until(1_001 + 31 * second_ns, 77, baseline), "an idle worker's");
        assert!(!calibration.holds_until(1_000 + second_ns, 77 + 60 * second_ns, baseline), "asleep for a minute");
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn an_old_calibration_is_made_anew_when_it_is_needed() {
        let calibration = Calibration::begin(Path::new("/"));
        if calibration.source != ClockSource::Tsc {
            return;
        }
        // An hour in which the counter went on and the raw clock did not, as in a suspend.
        let (ticks, raw) = calibration.begun;
        let begun = (ticks.saturating_sub(7_200_000_000_000), raw.saturating_sub(3_600_000_000_000));
        let clock = Calibration { begun, ..calibration }.finish(Duration::from_millis(100));
        assert!(clock.anchor_ns >= raw, "begun anew: {clock:?}");
        assert!(clock.drift_ppm().abs() < 100.0, "{} ppm", clock.drift_ppm());
    }

    #[test]
    fn a_clock_crosses_a_process_border_as_json() {
        let clock = Clock { source: ClockSource::Tsc, anchor_ticks: 3, anchor_ns: u64::MAX, ns_per_tick_q32: 5 };
        assert_eq!(serde_json::from_str::<Clock>(&serde_json::to_string(&clock).unwrap()).unwrap(), clock);
    }
}
