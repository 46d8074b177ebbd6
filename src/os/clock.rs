//! The one clock of a run: TSC ticks turned into nanoseconds of CLOCK_MONOTONIC_RAW, or that clock itself.
//!
//! The supervisor calibrates once; clients receive the calibration and never make their own, because two
//! private calibrations differ by parts per million and that difference looks like end-to-end latency.

mod calibration;

pub use calibration::{Calibration, MIN_BASELINE};

use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use std::time::Duration;

/// Pairs of readings taken at each end; the tightest counts. On a busy machine most pairs are not interrupted.
const PAIRS: u32 = 64;

/// Where time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// `rdtsc`: invariant, and the kernel trusts it.
    Tsc,
    /// `clock_gettime(CLOCK_MONOTONIC_RAW)` through the vDSO.
    Vdso,
}

/// A calibrated clock. `now_ns` is on CLOCK_MONOTONIC_RAW's time line in every process of the host.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Clock {
    /// `tsc`: time-stamp counter; vdso: CLOCK_MONOTONIC_RAW.
    pub source: ClockSource,
    /// Counter at the calibration.
    #[schemars(extend("unit" = "ticks"))]
    pub anchor_ticks: u64,
    /// Raw clock of its host at the calibration.
    #[schemars(extend("unit" = "ns on CLOCK_MONOTONIC_RAW"))]
    pub anchor_ns: u64,
    /// Length of a tick of its counter as calibrated.
    #[schemars(extend("unit" = "2^-32 ns"))]
    pub ns_per_tick_q32: u64,
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
mod tests;
