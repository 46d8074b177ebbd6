//! The verdict on clocks: that of a run which drifts, those of two hosts which are apart. This machine's own clocks are
//! fine, so the program under test is given others: a small library, compiled here and preloaded, changes what it
//! reads. Each beside its control.

use crate::scene::disturb::{Broker, left_out};
use crate::scene::judged::{NOT_VALID, NULL_RUN, assert_valid, causes, judged_by, null_scene, value, words};
use crate::scene::results::Detail;
use crate::scene::workload::{PYTHON_CLASS, driver};
use crate::scene::{Outcome, Scene, WorkerProcess, Workload};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const HOUR_NS: i64 = 3_600_000_000_000;

/// Compiles the library into the scene's folder. None: there is no C compiler, or the program is linked so that nothing
/// can be preloaded.
fn another_clock(scene: &Scene) -> Option<String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/another_clock.c");
    let library = scene.path("another_clock.so");
    let done = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    done.is_ok_and(|status| status.success()).then(|| library.to_str().expect("a plain path").to_owned())
}

#[track_caller]
fn assert_invalid(scene: &Scene, done: &Outcome, cause: &str) -> Detail {
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.text("/verdict/verdict"), causes(&detail)), ("invalid", vec![cause.to_owned()]), "{done}");
    assert!(done.stdout.lines().any(|line| line.starts_with("INVALID")), "no line begins with INVALID\n{done}");
    done.assert_code(NOT_VALID);
    detail
}

/// This machine's CLOCK_MONOTONIC_RAW.
fn raw_ns() -> i64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC_RAW).expect("a clock");
    now.tv_sec() * 1_000_000_000 + now.tv_nsec()
}

/// A run on the null driver whose CLOCK_MONOTONIC_RAW runs faster by a hundredth from this moment of that clock on.
fn run_with_faster_clock(scene: &Scene, library: &str, from_ns: i64) -> Outcome {
    let run = scene.pinload(judged_by(&NULL_RUN, &["clock-drift-ppm=100"])).env("LD_PRELOAD", library);
    run.env("FASTER_PPM", "10000").env("FASTER_FROM_NS", &from_ns.to_string()).limit(LIMIT).run()
}

#[test]
fn a_clock_that_changes_its_speed_is_drift_and_one_that_always_had_it_is_not() {
    const NAME: &str = "a_clock_that_changes_its_speed_is_drift_and_one_that_always_had_it_is_not";
    let scene = null_scene("a_clock_that_always_had_its_speed_is_valid");
    let Some(library) = another_clock(&scene) else { return left_out(NAME, "there is no C compiler") };
    let done = run_with_faster_clock(&scene, &library, 0);
    let detail = assert_valid(&scene, &done);
    if detail.text("/clock/source") != "tsc" {
        return left_out(NAME, "the run's clock is CLOCK_MONOTONIC_RAW itself, and cannot drift against it");
    }
    drop(scene);

    let scene = null_scene(NAME);
    let Some(library) = another_clock(&scene) else { return };
    // It is calibrated in the first second of 9 or more.
    let from_ns = raw_ns() + 4_000_000_000;
    let done = run_with_faster_clock(&scene, &library, from_ns);
    let detail = assert_invalid(&scene, &done, "clock_drift");
    // What was made: a hundredth of the time since, of the time from the calibration to about now.
    let anchor_ns = detail.at("/clock/anchor_raw_ns").as_i64().expect("ns");
    let made_ppm = 10_000.0 * (raw_ns() - from_ns) as f64 / (raw_ns() - anchor_ns) as f64;
    let ppm = value(&detail, "clock_drift");
    assert!((0.8..1.1).contains(&(ppm / made_ppm)), "{ppm} ppm, made were {made_ppm}\n{done}");
    assert!(words(&detail, "clock_drift").contains("ppm against CLOCK_MONOTONIC_RAW"), "{done}");
}

/// A producer on one worker, a consumer on another, which looks like another host whose clock is `ahead_ns` ahead.
fn run_on_two_hosts(scene: &Scene, library: &str, ahead_ns: i64) -> Outcome {
    let workload = Workload::small("hosts")
        .without("topics")
        .without("partitionsPerTopic")
        .with("messageSize", 200)
        .with("producersPerTopic", 1)
        .with("consumerPerSubscription", 1)
        .with("producerRate", 500);
    scene.write("hosts.yaml", &workload.text());
    let broker = Broker::start("hosts");
    // Messages take tens of ms, and the exchanges from which the difference of the clocks is known far less.
    scene.write("driver.yaml", &driver(PYTHON_CLASS, &broker.bootstrap, &[], &["linger.ms=100"], &[]));
    let boot = scene.write("boot_id", "00000000-1111-2222-3333-444444444444\n");
    let (boot, ahead) = (boot.to_str().expect("a plain path").to_owned(), ahead_ns.to_string());
    let elsewhere = [("LD_PRELOAD", library), ("OTHER_BOOT_ID", &boot), ("AHEAD_NS", &ahead)];
    let workers = [WorkerProcess::start(scene, &[]), WorkerProcess::start_in(scene, &[], &elsewhere)];
    let urls = format!("{},{}", workers[0].url, workers[1].url);
    let args = ["--duration", "4s", "--topics", "hosts", "-w", &urls, "-d", "driver.yaml", "hosts.yaml"];
    let done = scene.pinload(judged_by(&args, &[])).limit(LIMIT).run();
    for worker in workers {
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(LIMIT);
    }
    done
}

#[test]
fn clocks_of_two_hosts_that_agree_are_valid_and_an_hour_apart_they_are_not_whoever_is_ahead() {
    const NAME: &str = "clocks_of_two_hosts_that_agree_are_valid_and_an_hour_apart_they_are_not_whoever_is_ahead";
    for ahead_ns in [0, HOUR_NS, -HOUR_NS] {
        let scene = Scene::alone(NAME);
        let Some(library) = another_clock(&scene) else { return left_out(NAME, "there is no C compiler") };
        let done = run_on_two_hosts(&scene, &library, ahead_ns);
        // Found as it was made, and as exactly as is said. (Half a ns is rounded away.)
        let offset = |what: &str| {
            let told = Detail::read(&scene.detail_file()).at(&format!("/hosts/1/clock_offset/{what}")).as_i64();
            told.unwrap_or_else(|| panic!("no {what}\n{done}"))
        };
        assert!((offset("offset_ns") - ahead_ns).abs() <= offset("offset_error_ns") + 1, "{done}");
        let host = |what: &str| Detail::read(&scene.detail_file()).at(&format!("/hosts/1/{what}")).clone();
        assert_eq!(host("clock_comparisons"), 2, "at both ends\n{done}");
        let at_end_ns = host("clock_offset_at_end")["offset_ns"].as_i64().expect("ns");
        let error_ns = host("clock_offset_at_end")["offset_error_ns"].as_i64().expect("ns");
        assert!((at_end_ns - ahead_ns).abs() <= error_ns + 1, "{done}");
        assert!(host("stamp_clock_error_ns").as_u64().is_some_and(|ns| ns > 0), "{done}");
        if ahead_ns == 0 {
            let detail = assert_valid(&scene, &done);
            assert_eq!(detail.at("/hosts/1/clock_offset/same_clock"), false, "it looks like another host\n{done}");
            assert!(detail.at("/end_to_end_clocks/clock_error_ns").as_u64() > Some(0), "{done}");
            continue;
        }
        let detail = assert_invalid(&scene, &done, "clocks_apart");
        assert!(words(&detail, "clocks_apart").contains("end-to-end times are UNUSABLE"), "{done}");
    }
}
