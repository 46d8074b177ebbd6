//! Readings of the clock beside the kernel's own, and what its arithmetic must hold.

use super::*;
use std::path::Path;

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
    let ClockPair { width, middle: own, between: wall } = tightest(|| wrong.now_ns(), || read(ClockId::CLOCK_REALTIME));
    let apart_ns = own.wrapping_add_signed(offset_ns).abs_diff(wall);
    // The wall clock is slewed by 500 ppm at most; between the two readings are microseconds, on a crowded machine
    // milliseconds.
    assert!(apart_ns <= error_ns + width + 1_000_000, "{apart_ns} ns apart, {error_ns} allowed");
}

#[test]
fn a_clock_crosses_a_process_border_as_json() {
    let clock = Clock { source: ClockSource::Tsc, anchor_ticks: 3, anchor_ns: u64::MAX, ns_per_tick_q32: 5 };
    assert_eq!(serde_json::from_str::<Clock>(&serde_json::to_string(&clock).unwrap()).unwrap(), clock);
}
