//! The verdict under real causes: each is made on purpose, beside a control, which is the same run without it. More of
//! them in `verdict_threads`, `verdict_clocks`, `java_workers` and `fleet`.

mod cpu_limit;
mod queues;

use crate::scene::disturb::{Broker, Spinners, left_out, own_cpus, pin, share_of_waiting_on};
use crate::scene::judged::{
    NULL_RUN, QUIET_PER_S, WARM_UP, assert_explained, assert_limited, assert_valid, causes, hot_cpu, judged_by,
    null_scene, quiet_null_scene, start_null, start_null_until, value, words,
};
use crate::scene::results::Detail;
use crate::scene::workload::{PYTHON_CLASS, driver};
use crate::scene::{Deadline, Outcome, PINLOAD, Scene, Workload};
use nix::sys::signal::Signal;
use std::process::Command;
use std::time::Duration;

const CLIENT_DIED: i32 = 5;
const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(60);
const S: Duration = Duration::from_secs(1);

const NULL_THRESHOLDS: [&str; 9] = [
    "rate-short-share=0.1",
    "loop-stall-share=0.5",
    "run-queue-delay-share=0.25",
    "throttled-share=0.5",
    "slots-lost=0",
    "late-reports=0",
    "slack-share=0.05",
    "late-sends-share=0.6",
    "pacing-error-floor-us=1e6",
];

/// The control of all runs on the null driver. Somebody else on this machine may spoil one, but not all: unless all of
/// its CPUs are taken all the time. Then the verdict says what is true, a loop of our own on the same CPU waits as
/// well, and there is no control.
fn assert_null_control() {
    for attempt in 1.. {
        let scene = null_scene("a_run_without_a_cause_is_valid");
        let done = scene.pinload(judged_by(&NULL_RUN, &NULL_THRESHOLDS)).limit(LIMIT).run();
        let detail = Detail::read(&scene.detail_file());
        let found = causes(&detail);
        if attempt < 3 && !found.is_empty() {
            continue;
        }
        let hot_cpu: usize = detail.planned_cpus()[0].hot.parse().expect("a CPU number");
        if found == ["run_queue_delay"] && share_of_waiting_on(hot_cpu) > 0.1 {
            return left_out("a_run_without_a_cause_is_valid", &format!("others use CPU {hot_cpu}"));
        }
        let detail = assert_valid(&scene, &done);
        assert_eq!(detail.at("/plan/thresholds/loop-stall-share"), 0.5, "the result says what it was judged by");
        assert_eq!(detail.at("/periods/0/verdict/verdict"), "valid");
        assert_eq!(detail.at("/clients/0/verdict/verdict"), "valid");
        return;
    }
}

#[test]
fn a_run_without_a_cause_is_valid_and_a_stopped_client_is_seen_as_a_loop_that_stood_still() {
    assert_null_control();
    let scene = null_scene("a_stopped_client_is_seen_as_a_loop_that_stood_still");
    let (running, producer) = start_null(&scene, judged_by(&NULL_RUN, &NULL_THRESHOLDS));
    producer.signal(Signal::SIGSTOP);
    std::thread::park_timeout(4 * S);
    producer.signal(Signal::SIGCONT);
    let done = running.outcome();
    // Two thirds of the sends were due in those 4 s. Periods are a second long: two of them ended 2 s and more without
    // its report.
    let detail = assert_limited(
        &scene,
        &done,
        &["rate_not_offered", "pacing_error", "late_sends", "loop_stalls", "late_reports"],
    );
    assert_eq!(detail.at("/clients/0/verdict/verdict"), "generator_limited");
    let limited = |period: &serde_json::Value| period["verdict"]["verdict"] == "generator_limited";
    assert!(detail.list("/periods").iter().any(limited), "{done}");
    // The row of a period that is not valid is marked, and says why.
    assert!(done.stdout.lines().any(|line| line.contains(" !  rate not offered as asked")), "{done}");
    assert!(words(&detail, "loop_stalls").starts_with("hot loop stood still, producer 0: "), "{done}");
    let stood = value(&detail, "loop_stalls");
    assert!((0.6..0.85).contains(&stood), "4 of 6 s are {stood}\n{done}");
}

#[test]
fn two_moments_of_standing_still_spoil_two_periods_and_too_many_of_them_the_run() {
    for attempt in 1.. {
        let scene = null_scene("two_moments_of_standing_still_spoil_two_periods_and_too_many_of_them_the_run");
        let done = run_with_two_moments_of_standing_still(&scene);
        // Less than half of the run, and more than half of each second in which one of them ended. Unless others had
        // the CPU for the rest of it.
        if attempt == 3 || causes(&Detail::read(&scene.detail_file())) != ["rate_not_offered"] {
            assert_limited(&scene, &done, &["periods"]);
            return;
        }
    }
}

fn run_with_two_moments_of_standing_still(scene: &Scene) -> Outcome {
    let args = ["--duration", "12s", "-d", "driver.yaml", "null.yaml"];
    let (running, producer) = start_null(scene, judged_by(&args, &["rate-short-share=0.3", "periods-share=0.1"]));
    for _ in 0..2 {
        producer.signal(Signal::SIGSTOP);
        std::thread::park_timeout(S + S / 4);
        producer.signal(Signal::SIGCONT);
        std::thread::park_timeout(S + S / 4);
    }
    running.outcome()
}

#[test]
fn a_loop_without_a_rate_has_no_slack() {
    let scene = null_scene("a_loop_without_a_rate_has_no_slack");
    let args: Vec<&str> = ["--rate", "unlimited"].into_iter().chain(NULL_RUN).collect();
    let done = scene.pinload(judged_by(&args, &["slack-share=0.05"])).limit(LIMIT).run();
    // Its control is the run without a cause above, which is judged by the same threshold.
    let detail = assert_limited(&scene, &done, &["no_slack"]);
    assert!(words(&detail, "no_slack").contains("its loop waited only"), "{done}");
}

#[test]
fn a_pinned_loop_that_somebody_moves_is_a_migration() {
    let scene = null_scene("a_pinned_loop_that_somebody_moves_is_a_migration");
    let (running, producer) = start_null(&scene, judged_by(&NULL_RUN, &NULL_THRESHOLDS));
    let planned = hot_cpu(&producer);
    let Some(other) = own_cpus().into_iter().find(|cpu| *cpu != planned) else { return };
    pin(producer.pid, other);
    let done = running.outcome();
    // Its control is the run without a cause above: of a pinned loop no threshold lets a move pass.
    let detail = assert_explained(&scene, &done, &["migrations"]);
    assert!(words(&detail, "migrations").contains("CPU"), "{done}");
}

#[test]
fn a_run_that_is_interrupted_before_its_first_second_measured_nothing() {
    let scene = null_scene("a_run_that_is_interrupted_before_its_first_second_measured_nothing");
    let running = scene.pinload(judged_by(&NULL_RUN, &[])).limit(LIMIT).spawn();
    running.wait_for_line(WARM_UP, LIMIT);
    running.signal(Signal::SIGINT);
    running.outcome().assert_code(INTERRUPTED);
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.text("/verdict/verdict"), &*causes(&detail)), ("invalid", &["nothing_measured".to_owned()][..]));
}

/// The ring of slots holds 32 seconds.
#[test]
fn a_supervisor_that_stands_still_for_longer_than_the_ring_holds_loses_slots_and_no_counts() {
    let scene =
        quiet_null_scene("a_supervisor_that_stands_still_for_longer_than_the_ring_holds_loses_slots_and_no_counts");
    let args: Vec<String> = judged_by(&NULL_RUN, &["slots-lost=0"]);
    let running = scene.pinload(args).limit(2 * LIMIT).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    running.signal(Signal::SIGSTOP);
    std::thread::park_timeout(36 * S);
    running.signal(Signal::SIGCONT);
    let done = running.outcome();
    // Its control is the run without a cause above, which is judged by the same threshold.
    let detail = assert_explained(&scene, &done, &["slots_lost"]);
    assert!(
        words(&detail, "slots_lost").contains("seconds are missing in the timeline, nothing in the totals"),
        "{done}"
    );
    let counted = |counter: &str| detail.at(&format!("/clients/0/counters_whole_run/{counter}")).as_u64();
    assert!(counted("messages_enqueued") > Some(36 * QUIET_PER_S), "{done}");
    assert_eq!(counted("messages_enqueued"), counted("messages_acknowledged"), "{done}");
}

#[test]
fn a_hot_cpu_that_others_use_too_is_a_run_queue_delay() {
    let scene = null_scene("a_hot_cpu_that_others_use_too_is_a_run_queue_delay");
    let args = judged_by(&NULL_RUN, &["run-queue-delay-share=0.25"]);
    let (running, producer) = start_null_until(&scene, args, WARM_UP);
    let cpu = hot_cpu(&producer);
    // With automatic groups (sched_autogroup_enabled) the kernel deals the CPU to sessions first, and clients have one
    // of their own: however many spinners of ours there are, the producer keeps half of the CPU then. Without, a ninth.
    let spinners = Spinners::on(cpu, 8);
    let done = running.outcome();
    drop(spinners);
    // Its control is the run without a cause above.
    let detail = assert_explained(&scene, &done, &["run_queue_delay"]);
    assert!(words(&detail, "run_queue_delay").contains("for its CPU"), "{done}");
}

#[test]
fn a_dead_client_makes_the_run_invalid_and_its_own_exit_code_stays() {
    let scene = null_scene("a_dead_client_makes_the_run_invalid_and_its_own_exit_code_stays");
    let (running, producer) = start_null(&scene, judged_by(&NULL_RUN, &NULL_THRESHOLDS));
    std::thread::park_timeout(S);
    producer.kill();
    let done = running.outcome();
    done.assert_code(CLIENT_DIED);
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.text("/verdict/verdict"), &*causes(&detail)[0]), ("invalid", "client_died"), "{done}");
    assert!(done.stdout.lines().any(|line| line.starts_with("INVALID")), "{done}");
}

#[test]
fn a_threshold_that_does_not_exist_is_refused_with_those_that_do() {
    let scene = null_scene("a_threshold_that_does_not_exist_is_refused_with_those_that_do");
    let args = ["run", "-d", "driver.yaml", "--threshold", "steel-share=0.1", "null.yaml"];
    scene
        .pinload(args)
        .run()
        .assert_code(2)
        .assert_stderr_has("there is no threshold \"steel-share\"; there are own-share, ");
}
