//! Every way a run can end before its time: what the user is told, which exit code, what is written, what is left
//! behind.

mod brokers;
mod machine;

use crate::scene;
use crate::scene::results::{Detail, OmbResult};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Running, Scene, Workload};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const UNREACHABLE: i32 = 4;
const CLIENT_DIED: i32 = 5;
const NOT_WRITTEN: i32 = 6;
const REFUSED: i32 = 3;
const MACHINE: i32 = 7;
const SYSTEM_FAILED: i32 = 10;
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// Until the load runs.
const START: Duration = Duration::from_secs(40);
/// One period and what goes before it.
const FIRST_PERIOD: Duration = Duration::from_secs(60);
/// The longest that an end may take after the user asked for it: flush limit, catch-up, deletion.
const END: Duration = Duration::from_secs(40);
/// In which time a death is named, and no process survives.
const SECOND: Duration = Duration::from_secs(1);

fn scene(name: &'static str) -> Scene {
    with_files(Scene::untimed(name))
}

/// For what must happen within a few seconds.
fn scene_timed(name: &'static str) -> Scene {
    with_files(Scene::new(name))
}

/// For what must happen within a second.
fn scene_alone(name: &'static str) -> Scene {
    with_files(Scene::alone(name))
}

/// Periods of a second: what waits for one need not wait for ten.
fn with_files(scene: Scene) -> Scene {
    scene.write("small.yaml", &Workload::small("ends").with("logIntervalMillis", 1_000).text());
    scene
}

/// A run on the embedded broker that would take a minute, with its load running.
fn loaded(scene: &Scene) -> Running {
    let running = scene
        .pinload(["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", "60s", "small.yaml"])
        .spawn();
    running.wait_for_line("measurement begins", START);
    running
}

fn assert_client_death_is_named(scene: &Scene, running: Running, role: &str, index: usize, signal: Signal) {
    let client = running.clients(role, 2)[index].clone();
    let killed = Instant::now();
    client.signal(signal);
    let line = running.wait_for_line(&format!("{role} {index} (pid {}", client.pid), END);
    let named_after = killed.elapsed();
    assert!(line.contains("died") && line.contains(signal.as_str()), "{line}");
    assert!(named_after < SECOND, "named after {named_after:?}");

    running.outcome_within(END).assert_code(CLIENT_DIED);
    scene.assert_no_leftovers();
    let detail = Detail::read(&scene.detail_file());
    assert_eq!(detail.outcome(), "client_died");
    assert_eq!(detail.text("/outcome/death/role"), role);
}

#[test]
fn a_killed_producer_is_named_within_a_second_and_what_was_measured_is_written() {
    let scene = scene_alone("a_killed_producer_is_named_within_a_second_and_what_was_measured_is_written");
    let running = loaded(&scene);
    running.wait_for_line("   00:", FIRST_PERIOD);
    assert_client_death_is_named(&scene, running, "producer", 1, Signal::SIGKILL);
    let result = OmbResult::read(&scene.result_file());
    result.assert_consistent();
    assert!(!result.publish_rate.is_empty(), "the period before the death is kept");
}

#[test]
fn an_aborted_consumer_is_named_within_a_second() {
    let scene = scene_alone("an_aborted_consumer_is_named_within_a_second");
    let running = loaded(&scene);
    assert_client_death_is_named(&scene, running, "consumer", 0, Signal::SIGABRT);
}

#[test]
fn a_client_killed_before_the_load_begins_is_named_too() {
    let scene = scene_timed("a_client_killed_before_the_load_begins_is_named_too");
    let running = scene.pinload(["run", "--embedded", "--no-progress", "small.yaml"]).spawn();
    running.clients("consumer", 2)[1].kill();
    running.wait_for_line("consumer 1 (pid", SECOND * 3);
    running.outcome_within(END).assert_code(CLIENT_DIED);
    scene.assert_no_leftovers();
}

#[test]
fn ctrl_c_writes_a_result_marked_interrupted() {
    let scene = scene("ctrl_c_writes_a_result_marked_interrupted");
    let running = loaded(&scene);
    running.wait_for_line("   00:", FIRST_PERIOD);
    running.signal_group(Signal::SIGINT);
    running.outcome_within(END).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();

    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.outcome(), detail.text("/outcome/by")), ("interrupted", "interrupt"));
    let totals = detail.totals();
    assert_eq!(totals.acknowledged, totals.received, "flushed and caught up: {totals:?}");
    assert_eq!((totals.lost, totals.unknown), (0, 0), "{totals:?}");
    OmbResult::read(&scene.result_file()).assert_consistent();
}

#[test]
fn ctrl_c_during_the_start_ends_the_run() {
    let scene = scene("ctrl_c_during_the_start_ends_the_run");
    let running = scene.pinload(["run", "--embedded", "--no-progress", "small.yaml"]).spawn();
    running.clients("consumer", 2);
    running.signal_group(Signal::SIGINT);
    running.outcome_within(END).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();
}

#[test]
fn a_second_ctrl_c_ends_at_once_without_leftovers() {
    let scene = scene_alone("a_second_ctrl_c_ends_at_once_without_leftovers");
    let running = loaded(&scene);
    // A frozen producer cannot flush, so that the first Ctrl-C waits for the flush limit.
    running.clients("producer", 2)[0].signal(Signal::SIGSTOP);
    running.signal_group(Signal::SIGINT);
    running.wait_for_line("interrupt", SECOND * 2);
    assert!(!running.has_ended(), "the first Ctrl-C waits for the flush");
    running.signal_group(Signal::SIGINT);
    running.outcome_within(2 * SECOND).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();
}

#[test]
fn sigterm_to_the_supervisor_ends_like_ctrl_c_with_143() {
    let scene = scene("sigterm_to_the_supervisor_ends_like_ctrl_c_with_143");
    let running = loaded(&scene);
    running.signal(Signal::SIGTERM);
    running.outcome_within(END).assert_code(TERMINATED);
    scene.assert_no_leftovers();
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.outcome(), detail.text("/outcome/by")), ("interrupted", "terminate"));
}

#[test]
fn no_process_survives_the_kill_of_the_supervisor_by_a_second() {
    let scene = scene_alone("no_process_survives_the_kill_of_the_supervisor_by_a_second");
    let running = loaded(&scene);
    running.signal(Signal::SIGKILL);
    running.outcome_within(SECOND).assert_killed_by(Signal::SIGKILL);
    scene.assert_no_processes_within(SECOND);
    assert_swept(&scene);
}

#[test]
fn no_process_survives_when_the_supervisor_is_killed_while_it_starts_clients() {
    let scene = scene_alone("no_process_survives_when_the_supervisor_is_killed_while_it_starts_clients");
    for children in 1..=4 {
        let running = scene.pinload(["run", "--embedded", "--no-progress", "small.yaml"]).spawn();
        Deadline::within(START).poll("children", || (running.children().len() >= children).then_some(()));
        running.signal(Signal::SIGKILL);
        running.outcome_within(SECOND).assert_killed_by(Signal::SIGKILL);
        scene.assert_no_processes_within(SECOND);
    }
    assert_swept(&scene);
}

/// The next start removes what a killed supervisor left in /dev/shm.
fn assert_swept(scene: &Scene) {
    let next = scene
        .pinload(["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", "60s", "small.yaml"])
        .spawn();
    next.clients("consumer", 2);
    next.signal(Signal::SIGINT);
    next.outcome_within(END).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();
}

#[test]
fn all_processes_killed_at_once_leave_nothing_after_the_next_start() {
    let scene = scene_alone("all_processes_killed_at_once_leave_nothing_after_the_next_start");
    let running = loaded(&scene);
    running.signal_group(Signal::SIGKILL);
    running.outcome_within(SECOND).assert_killed_by(Signal::SIGKILL);
    scene.assert_no_processes_within(SECOND);
    assert_swept(&scene);
}
