//! `pinload calibrate` and what runs do with its figures. Figures are looked at for form and plausibility, never for
//! speed.
//!
//! Over 250 lines: the document that is stored, every field of it, stands here too.

use crate::scene::disturb::{Strangers, left_out, own_cpus};
use crate::scene::{Outcome, Scene, Workload};
use nix::sys::signal::Signal;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(120);

/// The stored document, read back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Floor {
    schema: Schema,
    identity: serde_json::Value,
    calibrated_at: String,
    measured_each_s: f64,
    #[allow(dead_code, reason = "null where nothing can be pinned")]
    loop_cpu: Option<u32>,
    loops: Vec<LoopSpeed>,
    pacing: Vec<PacingStep>,
    clock_costs: Option<ClockCosts>,
    gaps: Vec<Gaps>,
    end_to_end: Option<EndToEnd>,
    disturbance: Disturbance,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disturbance {
    busy: bool,
    gaps_worst_cpu: Option<usize>,
    gaps_lost_percent: Option<f64>,
    loops_waited_percent: Option<f64>,
    stolen_percent: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Schema {
    name: String,
    version: u32,
}

#[derive(Debug, Deserialize)]
struct LoopSpeed {
    manner: String,
    measuring: bool,
    messages: u64,
    busy_ns_per_message: f64,
    messages_per_s: f64,
}

#[derive(Debug, Deserialize)]
struct PacingStep {
    rate_per_s: f64,
    reached_per_s: f64,
    sustained: bool,
    pacing_error: Percentiles,
}

#[derive(Debug, Deserialize)]
struct Percentiles {
    count: u64,
    p50_ns: u64,
    p90_ns: u64,
    p99_ns: u64,
    p99_9_ns: u64,
    p99_99_ns: u64,
    max_ns: u64,
}

#[derive(Debug, Deserialize)]
struct ClockCosts {
    run_clock_read_ns: f64,
    monotonic_read_ns: f64,
    monotonic_raw_read_ns: f64,
    realtime_read_ns: f64,
}

#[derive(Debug, Deserialize)]
struct Gaps {
    watched_ns: u64,
    readings: u64,
    gaps: u64,
    gaps_over_10_us: u64,
    gaps_over_1_ms: u64,
    lost_ns: u64,
    longest_gap_ns: u64,
    gaps_by_length: Vec<GapBucket>,
}

#[derive(Debug, Deserialize)]
struct GapBucket {
    from_ns: u64,
    gaps: u64,
}

#[derive(Debug, Deserialize)]
struct EndToEnd {
    rate_per_s: f64,
    usable_cpus: usize,
    acknowledge_actual: Percentiles,
    end_to_end_actual: Percentiles,
}

impl Percentiles {
    #[track_caller]
    fn assert_ordered(&self, what: &str) {
        let Self { count, p50_ns, p90_ns, p99_ns, p99_9_ns, p99_99_ns, max_ns } = self;
        assert!(*count > 0, "{what}: {self:?}");
        // A percentile is the highest value of its bucket, 0.1 % above the exact maximum at most.
        let highest = max_ns + max_ns / 500 + 2;
        let ordered = [p50_ns, p90_ns, p99_ns, p99_9_ns, p99_99_ns, &highest];
        assert!(ordered.is_sorted(), "{what}: {self:?}");
    }
}

/// A command with the scene's folder as home.
fn pinload(scene: &Scene, args: &[&str]) -> Outcome {
    let home = scene.folder().to_str().expect("a plain path").to_owned();
    let state = scene.path("state").to_str().expect("a plain path").to_owned();
    let run = scene.pinload(args.iter().copied()).env("HOME", &home).env("XDG_STATE_HOME", &state);
    run.limit(LIMIT).run()
}

/// Floors in the scene's state folder.
fn stored(scene: &Scene) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(scene.path("state/pinload")) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// A run of a second on the null driver; no cluster, no consumer.
fn short_run(scene: &Scene, more: &[&str]) -> (Outcome, serde_json::Value) {
    scene.write("null.yaml", "name: null\ndriverClass: pinload.driver.null\n");
    scene.write("w.yaml", &Workload::small("w").with("producersPerTopic", 1).with("subscriptionsPerTopic", 0).text());
    let mut args = vec!["run", "-d", "null.yaml", "--warmup", "0s", "--duration", "1s", "--output", "r.json"];
    args.extend(more);
    args.push("w.yaml");
    let done = pinload(scene, &args);
    done.assert_code(0);
    let detail = serde_json::from_str(&scene.read("r.detail")).expect("a detail file");
    (done, detail)
}

#[test]
fn a_whole_calibration_is_stored_and_put_beside_the_next_result() {
    let scene = Scene::alone("a_whole_calibration_is_stored_and_put_beside_the_next_result");
    let (done, detail) = short_run(&scene, &[]);
    done.assert_stdout_has("floor: no calibration on this machine: run pinload calibrate");
    assert_eq!(detail["floor"]["used"], false);

    let calibrated = pinload(&scene, &["calibrate", "--seconds", "0.3"]);
    calibrated
        .assert_code(0)
        .assert_stdout_has("pacing error (actual − intended send time) of one producer on the null driver")
        .assert_stdout_has("gaps on each CPU")
        .assert_stdout_has("through the embedded broker");
    scene.assert_no_leftovers();
    let files = stored(&scene);
    assert_eq!(files.len(), 1, "{files:?}");
    let text = std::fs::read_to_string(&files[0]).expect("the stored file");
    let floor: Floor = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    look_at(&floor);
    let busy = "the machine was busy while it was calibrated (";
    assert_eq!(calibrated.says(&format!("warning: {busy}")), floor.disturbance.busy, "{calibrated}");
    let few = floor.end_to_end.as_ref().is_some_and(|run| run.usable_cpus < 4);
    assert!(calibrated.says("is mostly waiting for a CPU") || !few, "{calibrated}");

    let (done, detail) = short_run(&scene, &[]);
    done.assert_stdout_has("a producer's loop ");
    // Said again. No time of the run through the embedded broker is compared here, so nothing is said of the CPUs.
    assert_eq!(done.says(&format!("note: of the floor: {busy}")), floor.disturbance.busy, "{done}");
    assert!(!done.says("is mostly waiting for a CPU"), "{done}");
    assert_eq!(detail["floor"]["used"], true, "{}", detail["floor"]);
    assert_eq!(detail["floor"]["calibrated_at"], floor.calibrated_at.as_str());
    let figures: Vec<_> = detail["floor"]["comparisons"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|compared| compared["figure"].as_str().expect("a name"))
        .collect();
    // A machine that is busy with other things may keep none of the rates.
    let paced = floor.pacing.iter().any(|step| step.sustained);
    assert_eq!(done.says("floor: pacing error p99"), paced, "{done}");
    let expected = ["pacing_error_p99", "send_rate_per_producer"];
    assert_eq!(figures, if paced { &expected[..] } else { &expected[1..] });

    // Named, of another machine.
    let mut other: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    other["identity"]["cpu_model"] = "Z80".into();
    scene.write("other.json", &other.to_string());
    let (done, detail) = short_run(&scene, &["--floor", "other.json"]);
    done.assert_stdout_has("other.json is of another machine or build and not used (CPU model Z80, here");
    assert_eq!(detail["floor"]["used"], false);
    // Damaged: said once, and the run goes on.
    std::fs::write(&files[0], &text.as_bytes()[..text.len() / 2]).expect("written");
    let (done, detail) = short_run(&scene, &[]);
    done.assert_stdout_has("is not used: is no calibration of pinload");
    assert_eq!(done.everything().matches("is not used").count(), 1, "{done}");
    assert_eq!(detail["floor"]["used"], false);
    // Another build left one behind.
    let foreign = files[0].with_file_name(
        files[0]
            .file_name()
            .expect("a name")
            .to_str()
            .expect("plain")
            .replace(floor.identity["program_crc32"].as_str().expect("a checksum"), "00000000"),
    );
    std::fs::rename(&files[0], foreign).expect("renamed");
    let (done, _) = short_run(&scene, &[]);
    done.assert_stdout_has(
        "there is a calibration on this machine of another build of pinload or librdkafka, not used",
    );
}

/// Form, and what must hold on any machine.
#[track_caller]
fn look_at(floor: &Floor) {
    assert_eq!((floor.schema.name.as_str(), floor.schema.version), ("pinload-floor", 1));
    assert_eq!((floor.measured_each_s, floor.warnings.len()), (0.3, 0), "{floor:?}");
    assert!(floor.identity["pinload_version"] == env!("CARGO_PKG_VERSION"), "{floor:?}");
    let loops: Vec<_> = floor.loops.iter().map(|speed| (speed.manner.as_str(), speed.measuring)).collect();
    let manners = ["produce_single", "produce_batched", "consume"];
    assert_eq!(loops, manners.map(|manner| [(manner, true), (manner, false)]).concat());
    for speed in &floor.loops {
        assert!(speed.messages > 0 && speed.busy_ns_per_message > 0.1 && speed.messages_per_s > 1.0, "{speed:?}");
        assert!((speed.busy_ns_per_message * speed.messages_per_s - 1e9).abs() < 1e3, "{speed:?}");
    }
    assert!(floor.pacing.iter().map(|step| step.rate_per_s).is_sorted() && floor.pacing[0].rate_per_s == 1_000.0);
    for (number, step) in floor.pacing.iter().enumerate() {
        assert!(
            step.sustained || number + 1 == floor.pacing.len(),
            "the first that does not come is the last: {step:?}"
        );
        assert!(step.reached_per_s > 0.0, "{step:?}");
        step.pacing_error.assert_ordered("pacing error");
    }
    let costs = floor.clock_costs.as_ref().expect("clocks");
    for cost in [costs.run_clock_read_ns, costs.monotonic_read_ns, costs.monotonic_raw_read_ns, costs.realtime_read_ns]
    {
        assert!(cost > 0.0 && cost < 1e6, "{costs:?}");
    }
    assert!(!floor.gaps.is_empty());
    for cpu in &floor.gaps {
        assert!(cpu.watched_ns >= 100_000_000 && cpu.readings > 0 && cpu.lost_ns <= cpu.watched_ns, "{cpu:?}");
        assert!(cpu.gaps >= cpu.gaps_over_10_us && cpu.gaps_over_10_us >= cpu.gaps_over_1_ms, "{cpu:?}");
        assert_eq!(cpu.gaps, cpu.gaps_by_length.iter().map(|bucket| bucket.gaps).sum::<u64>(), "{cpu:?}");
        assert!(cpu.gaps_by_length.iter().all(|bucket| bucket.from_ns <= cpu.longest_gap_ns), "{cpu:?}");
    }
    let disturbance = &floor.disturbance;
    assert!(disturbance.gaps_worst_cpu.is_some() && disturbance.gaps_lost_percent.is_some(), "{disturbance:?}");
    for percent in [disturbance.gaps_lost_percent, disturbance.loops_waited_percent, disturbance.stolen_percent] {
        // Steal is counted in ticks of 10 ms.
        assert!(percent.is_none_or(|percent| (0.0..=101.0).contains(&percent)), "{disturbance:?}");
    }
    let run = floor.end_to_end.as_ref().expect("a run");
    assert!(run.usable_cpus > 0);
    assert_eq!(run.rate_per_s, 1_000.0);
    run.acknowledge_actual.assert_ordered("acknowledged");
    run.end_to_end_actual.assert_ordered("end to end");
}

#[test]
fn parts_are_printed_and_not_stored_unless_a_file_is_named() {
    let scene = Scene::untimed("parts_are_printed_and_not_stored_unless_a_file_is_named");
    let clock = ["calibrate", "--parts", "clock,gaps", "--seconds", "0.1"];
    pinload(&scene, &clock)
        .assert_code(0)
        .assert_stdout_has("clock_gettime(MONOTONIC)")
        .assert_stderr_has("not stored");
    assert_eq!(stored(&scene), Vec::<PathBuf>::new());
    let mut named = clock.to_vec();
    named.extend(["--json", "--output", "f.json"]);
    let printed = pinload(&scene, &named);
    printed.assert_code(0);
    let floor: Floor = serde_json::from_str(&scene.read("f.json")).expect("a floor");
    assert!(floor.loops.is_empty() && floor.pacing.is_empty() && floor.end_to_end.is_none(), "{floor:?}");
    assert!(floor.clock_costs.is_some() && !floor.gaps.is_empty(), "{floor:?}");
    assert_eq!(printed.stdout.trim(), scene.read("f.json").trim(), "printed as written");
    assert_eq!(stored(&scene), Vec::<PathBuf>::new());
    // It may be named in a run, and what it lacks is not compared. Or none is wanted.
    let (done, detail) = short_run(&scene, &["--floor", "f.json"]);
    assert_eq!((&detail["floor"]["used"], done.says("floor:")), (&serde_json::json!(true), false), "{done}");
    let (done, detail) = short_run(&scene, &["--floor", "none"]);
    assert_eq!((&detail["floor"]["used"], done.says("floor:")), (&serde_json::json!(false), false), "{done}");
}

#[test]
fn a_machine_that_others_use_is_warned_of_and_so_is_every_result_beside_such_a_floor() {
    const NAME: &str = "a_machine_that_others_use_is_warned_of_and_so_is_every_result_beside_such_a_floor";
    let scene = Scene::busy(NAME);
    let cpus = own_cpus();
    let cpu = cpus[0].to_string();
    let Some(strangers) = Strangers::on(cpus[0], 2) else { return left_out(NAME, "there is no setsid program") };
    let args = ["calibrate", "--seconds", "0.5", "--parts", "loop,gaps", "--cpus", &cpu, "--output", "f.json"];
    let done = pinload(&scene, &args);
    drop(strangers);
    // Its control is in the whole calibration above, which says it when it was so, and only then.
    done.assert_code(0).assert_stdout_has("warning: the machine was busy while it was calibrated (");
    let floor: Floor = serde_json::from_str(&scene.read("f.json")).expect("a floor");
    let Disturbance { busy, gaps_worst_cpu, gaps_lost_percent, loops_waited_percent, .. } = floor.disturbance;
    assert_eq!((busy, gaps_worst_cpu), (true, Some(cpus[0])), "{floor:?}");
    // Of two strangers and us each has a third of the CPU; half of it where sessions are dealt to first and theirs
    // count as one.
    assert!(gaps_lost_percent > Some(20.0), "{floor:?}");
    assert!(loops_waited_percent.is_none_or(|percent| percent > 20.0), "{floor:?}");
    let (done, detail) = short_run(&scene, &["--floor", "f.json"]);
    done.assert_stdout_has("note: of the floor: the machine was busy while it was calibrated (");
    assert_eq!(detail["floor"]["floor_caveats"].as_array().map(Vec::len), Some(1), "{}", detail["floor"]);
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let scene = Scene::untimed("what_cannot_be_done_is_refused_by_name");
    pinload(&scene, &["calibrate", "--seconds", "0"])
        .assert_code(USAGE)
        .assert_stderr_has("write seconds from 0.1 to 600");
    pinload(&scene, &["calibrate", "--parts", "speed"]).assert_code(USAGE).assert_stderr_has("end-to-end");
    pinload(&scene, &["calibrate", "--parts", "clock", "--cpus", "8000"])
        .assert_code(REFUSED)
        .assert_stderr_has("--cpus: CPU 8000 cannot be used here");
    scene.write("w.yaml", &Workload::small("w").text());
    scene.write("no.json", "{}");
    scene.write("later.json", r#"{"schema": {"name": "pinload-floor", "version": 2}, "loops": 7}"#);
    for (file, why) in [
        ("no.json", "is no calibration of pinload"),
        ("later.json", "is a pinload-floor of version 2, not a pinload-floor of version 1"),
        ("nowhere.json", "cannot be read"),
    ] {
        pinload(&scene, &["run", "--embedded", "--floor", file, "w.yaml"]).assert_code(REFUSED).assert_stderr_has(why);
    }
    assert!(!scene.names().iter().any(|name| name.ends_with(".detail")), "nothing ran");
}

#[test]
fn ctrl_c_ends_a_calibration_at_once_and_leaves_nothing() {
    let scene = Scene::busy("ctrl_c_ends_a_calibration_at_once_and_leaves_nothing");
    for (part, said) in [("loop", "produce, one at a time"), ("gaps", "CPU "), ("end-to-end", "through the embedded")] {
        let state = scene.path("state").to_str().expect("a plain path").to_owned();
        let args = ["calibrate", "--seconds", "600", "--parts", part, "--output", "f.json"];
        let running = scene.pinload(args).env("XDG_STATE_HOME", &state).limit(LIMIT).spawn();
        running.wait_for_line(said, LIMIT);
        running.signal(Signal::SIGINT);
        let ended = running.outcome_within(LIMIT);
        ended.assert_code(INTERRUPTED).assert_stderr_has("interrupted: nothing was stored");
        scene.assert_no_leftovers();
        assert!(!scene.path("f.json").exists(), "{ended}");
    }
}
