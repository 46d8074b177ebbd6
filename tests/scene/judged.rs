//! Runs that are judged for one cause alone, and what the verdict on them must say.
//!
//! A test machine has disturbances of its own. So every threshold but those of the causes in question is out of reach,
//! and these stand between what the cause makes and what a loaded machine does by itself: the verdict then depends on
//! the cause alone.

use super::processes::Process;
use super::results::Detail;
use super::{Deadline, Outcome, Running, Scene, Workload};
use std::time::Duration;

/// How long a run may take, and each step of it.
const LIMIT: Duration = Duration::from_secs(60);

/// Exit code of a run that is not valid, with `--require-valid`.
pub const NOT_VALID: i32 = 8;

/// Out of reach: no run of these tests comes near.
pub const PATIENT: [&str; 20] = [
    "own-share=1",
    "rate-short-share=1",
    "pacing-error-floor-us=1e12",
    "late-sends-share=1",
    "missed-sends-share=1",
    "queue-full-share=1",
    "slack-share=0",
    "involuntary-switches-per-s=1e12",
    "migrations-per-s=1e12",
    "run-queue-delay-share=10",
    "loop-stall-share=10",
    "steal-share=10",
    "throttled-share=100",
    "io-run-queue-delay-share=10",
    "io-busy-share=10",
    "fetch-paused-share=10",
    "slots-lost=1e12",
    "late-reports=1e12",
    "periods-share=1",
    "clock-drift-ppm=1e12",
];

/// Arguments of a run that is judged by these thresholds alone.
pub fn judged_by(args: &[&str], thresholds: &[&str]) -> Vec<String> {
    let mut all: Vec<String> =
        ["run", "--no-progress", "--require-valid", "--warmup", "1s"].map(str::to_owned).to_vec();
    all.extend(PATIENT.iter().chain(thresholds).flat_map(|one| ["--threshold".to_owned(), (*one).to_owned()]));
    all.extend(args.iter().map(|one| (*one).to_owned()));
    all
}

/// The causes in the detail file's verdict.
pub fn causes(detail: &Detail) -> Vec<String> {
    let reasons = detail.list("/verdict/reasons").iter();
    reasons.map(|reason| reason["cause"].as_str().expect("a cause").to_owned()).collect()
}

/// A run is valid: exit code, table and detail file say the same.
#[track_caller]
pub fn assert_valid(scene: &Scene, done: &Outcome) -> Detail {
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.text("/verdict/verdict"), causes(&detail)), ("valid", Vec::new()), "{done}");
    assert!(done.stdout.lines().any(|line| line.starts_with("VALID")), "no line begins with VALID\n{done}");
    done.assert_code(0);
    detail
}

/// A run is limited by these causes (a loaded machine may add one): exit code, table and detail file say the same.
#[track_caller]
pub fn assert_limited(scene: &Scene, done: &Outcome, expected: &[&str]) -> Detail {
    let detail = Detail::read(&scene.detail_file());
    let found = causes(&detail);
    assert!(expected.iter().all(|cause| found.iter().any(|found| found == cause)), "{found:?}\n{done}");
    assert_eq!(detail.text("/verdict/verdict"), "generator_limited", "{done}");
    assert!(done.stdout.lines().any(|line| line.starts_with("GENERATOR-LIMITED")), "the table does not say it\n{done}");
    done.assert_code(NOT_VALID);
    detail
}

/// A run is valid, and these causes (a loaded machine may add one) explain how far its figures are the broker's: exit
/// code, table and detail file say the same.
#[track_caller]
pub fn assert_explained(scene: &Scene, done: &Outcome, expected: &[&str]) -> Detail {
    let detail = Detail::read(&scene.detail_file());
    let found = causes(&detail);
    assert!(expected.iter().all(|cause| found.iter().any(|found| found == cause)), "{found:?}\n{done}");
    let spoils = |reason: &&serde_json::Value| reason["verdict"] != "valid";
    assert_eq!(detail.list("/verdict/reasons").iter().filter(spoils).count(), 0, "{done}");
    assert_eq!(detail.text("/verdict/verdict"), "valid", "{done}");
    assert!(done.stdout.lines().any(|line| line.starts_with("VALID")), "the table does not say it\n{done}");
    done.assert_code(0);
    detail
}

/// The reason with this cause.
#[track_caller]
fn reason<'a>(detail: &'a Detail, cause: &str) -> &'a serde_json::Value {
    let reasons = detail.list("/verdict/reasons");
    reasons.iter().find(|reason| reason["cause"] == cause).unwrap_or_else(|| panic!("{cause} is not told: {reasons:?}"))
}

/// The words of the reason with this cause.
#[track_caller]
pub fn words(detail: &Detail, cause: &str) -> String {
    reason(detail, cause)["text"].as_str().expect("words").to_owned()
}

/// The value of the reason with this cause, in the unit of its threshold.
#[track_caller]
pub fn value(detail: &Detail, cause: &str) -> f64 {
    reason(detail, cause)["value"].as_f64().expect("a value")
}

/// One producer on the null driver, no consumers: the generator and its machine, nothing else. Its loop has a CPU of
/// its own and spins, and the next scene's would be put on the same CPU: so it plays alone.
pub fn null_scene(name: &'static str) -> Scene {
    with_null_files(Scene::alone(name), 2_000)
}

/// The same at so low a rate that its loop sleeps between sends: it has a neighbour.
pub fn quiet_null_scene(name: &'static str) -> Scene {
    with_null_files(Scene::new(name), QUIET_PER_S)
}

/// Messages a second of a quiet scene.
pub const QUIET_PER_S: u64 = 50;

fn with_null_files(scene: Scene, per_s: u64) -> Scene {
    let workload = Workload::small("null")
        .with("producersPerTopic", 1)
        .with("subscriptionsPerTopic", 0)
        .with("consumerPerSubscription", 0)
        .with("producerRate", per_s)
        .with("logIntervalMillis", 1_000);
    scene.write("null.yaml", &workload.text());
    scene.write("driver.yaml", "driverClass: pinload.driver.null\n");
    scene
}

/// Starts a run of that scene with these arguments: the run when its traffic to be measured begins, and the producer.
pub fn start_null(scene: &Scene, args: Vec<String>) -> (Running, Process) {
    start_null_until(scene, args, "measurement begins")
}

/// The same, when it says that line.
pub fn start_null_until(scene: &Scene, args: Vec<String>, line: &str) -> (Running, Process) {
    let running = scene.pinload(args).limit(LIMIT).spawn();
    let producer = running.clients("producer", 1).remove(0);
    running.wait_for_line(line, LIMIT);
    (running, producer)
}

/// The CPU a producer's loop is held on: before its load begins it may still be on the one it was started on.
pub fn hot_cpu(producer: &Process) -> usize {
    Deadline::within(LIMIT).poll("the producer's hot CPU", || producer.hot_cpu())
}

/// The line with which the warm-up begins.
pub const WARM_UP: &str = "warm-up begins";

/// Arguments of a run of that scene.
pub const NULL_RUN: [&str; 5] = ["--duration", "6s", "-d", "driver.yaml", "null.yaml"];
