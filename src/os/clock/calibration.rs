//! The calibration of the run's clock: which source it has, and how long a tick is.

use super::{Clock, ClockSource, nanoseconds, read, reading, sleep_until_raw};
use nix::time::ClockId;
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

/// Nanoseconds per tick between two readings, rounded to 32 binary places.
fn slope_q32(begun: (u64, u64), ended: (u64, u64)) -> Option<u64> {
    let ticks = u128::from(ended.0.checked_sub(begun.0)?);
    let ns = u128::from(ended.1.checked_sub(begun.1)?);
    let slope = ((ns << 32) + ticks / 2).checked_div(ticks)?;
    u64::try_from(slope).ok().filter(|&slope| slope > 0)
}

/// Time that this machine has been suspended for since it was booted: CLOCK_BOOTTIME runs on then, the others stand
/// still.
fn suspended_ns() -> u64 {
    let apart = || read(ClockId::CLOCK_BOOTTIME).saturating_sub(read(ClockId::CLOCK_MONOTONIC));
    // A reading that is interrupted shows too much.
    (0..8).map(|_| apart()).min().unwrap_or(0)
}

#[cfg(test)]
mod tests;
