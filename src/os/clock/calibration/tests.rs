//! Calibrations of this machine's clock, of recorded machines, and of times that are long past.

use super::*;

fn fixture(tree: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topology").join(tree)
}

#[test]
fn the_slope_is_exact_to_32_binary_places() {
    assert_eq!(slope_q32((5, 7), (5 + 2_000_000_000, 7 + 1_000_000_000)), Some(1 << 31));
    assert_eq!(slope_q32((0, 0), (3, 1)), Some(((1u64 << 32) + 1) / 3));
    assert_eq!(slope_q32((9, 0), (9, 1_000_000_000)), None, "ticks stood still");
    assert_eq!(slope_q32((9, 0), (8, 1)), None, "ticks ran backwards");
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
