//! What did the system under test do? Brokers that are killed, stopped, restarted, limited or full, clients that are
//! stopped or starved, and both at once: the outcome, the sentence, begin and length against the truth, the exit code.

mod gone;
mod real_kafka;
mod stalls_of_clients;

use crate::scene;
use crate::scene::disturb::{Broker, Spinners, own_cpus};
use crate::scene::results::Detail;
use crate::scene::workload::{JAVA_CLASS, PYTHON_CLASS, driver};
use crate::scene::{Kafka, Outcome, Running, Scene, Workload};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(150);
const HELD: i32 = 0;
const SYSTEM_FAILED: i32 = 10;
/// Begin and length are true to this.
const TOLERANCE_S: f64 = 0.2;
const BEGUN: &str = "measurement begins";

/// This machine's CLOCK_MONOTONIC_RAW, s: the clock of `epoch_raw_ns`.
fn raw_s() -> f64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC_RAW).expect("a clock");
    now.tv_sec() as f64 + now.tv_nsec() as f64 / 1e9
}

/// What was done from when to when, raw s.
#[derive(Debug, Clone, Copy)]
struct Truth {
    begin_s: f64,
    end_s: f64,
}

/// Does something, waits, and undoes it.
fn held(length: Duration, begin: impl FnOnce(), end: impl FnOnce()) -> Truth {
    begin();
    let (begin_s, begun) = (raw_s(), Instant::now());
    while let Some(left) = length.checked_sub(begun.elapsed()) {
        std::thread::park_timeout(left);
    }
    end();
    Truth { begin_s, end_s: raw_s() }
}

/// Some load before anything is done: the brokers' answers are then in their usual rhythm.
fn a_moment_of_load() {
    held(Duration::from_millis(1_500), || (), || ());
}

/// 2 producers × 100 msg/s and a consumer, on the topic `seen` of this broker.
fn start(scene: &Scene, bootstrap: &str, length: &str, more: &[&str]) -> Running {
    let producer = ["acks=all", "linger.ms=1"];
    let driver = driver(PYTHON_CLASS, bootstrap, &[], &producer, &["auto.offset.reset=earliest"]);
    start_with(scene, &driver, length, &[&["--topics", "seen"], more].concat())
}

fn start_with(scene: &Scene, driver: &str, length: &str, more: &[&str]) -> Running {
    scene.write("driver.yaml", driver);
    let workload = Workload::small("answered")
        .with("partitionsPerTopic", 1)
        .with("consumerPerSubscription", 1)
        .with("producerRate", 100);
    scene.write("answered.yaml", &workload.text());
    run(scene, &[&["-d", "driver.yaml", "--duration", length], more].concat())
}

fn run(scene: &Scene, more: &[&str]) -> Running {
    // What a busy test machine does to the rate is not the matter here.
    let patient = ["--threshold", "rate-missed-share=0.1", "--threshold", "backlog-s=5"];
    let args = [&["run", "--no-progress", "--warmup", "0s"], &patient[..], more, &["answered.yaml"]].concat();
    let running = scene.pinload(args).limit(LIMIT).spawn();
    running.wait_for_line(BEGUN, LIMIT);
    a_moment_of_load();
    running
}

/// The answer of a run that has ended: in the detail file, and the same at the head of what is printed.
struct Answer {
    detail: Detail,
    done: Outcome,
}

impl Answer {
    fn of(scene: &Scene, running: Running) -> Self {
        let done = running.outcome();
        let file = scene.detail_file();
        let answer = Self { detail: Detail::read(&file), done };
        // The next run in this scene has its own.
        std::fs::rename(&file, file.with_extension("answered")).expect("another name");
        assert!(answer.done.says(answer.detail.text("/system/sentence")), "it is not told\n{}", answer.done);
        scene.assert_no_leftovers();
        answer
    }

    #[track_caller]
    fn is(&self, outcome: &str, code: i32) -> &Self {
        assert_eq!(self.detail.text("/system/outcome"), outcome, "{}", self.done);
        self.done.assert_code(code);
        self
    }

    fn events(&self, kind: &str) -> Vec<&serde_json::Value> {
        self.detail.list("/system/events").iter().filter(|event| event["event"] == kind).collect()
    }

    /// No event of that kind.
    #[track_caller]
    fn lacks(&self, kind: &str) -> &Self {
        assert!(self.events(kind).is_empty(), "{:?}\n{}", self.events(kind), self.done);
        self
    }

    /// Begin and length of the one event of that kind, s since the load began, and who saw it.
    #[track_caller]
    fn the(&self, kind: &str) -> (f64, Option<f64>, Vec<String>) {
        let [event] = self.events(kind)[..] else { panic!("not one {kind}: {:?}\n{}", self.events(kind), self.done) };
        let who = event["who"].as_array().expect("a list").iter().map(|who| who.as_str().expect("a name").to_owned());
        (event["begin_s"].as_f64().expect("a begin"), event["length_s"].as_f64(), who.collect())
    }

    /// The one event of that kind was what was done then.
    #[track_caller]
    fn has(&self, kind: &str, truth: Truth, who: &[&str]) -> &Self {
        let (begin_s, length_s, seen_by) = self.the(kind);
        let (true_begin_s, true_length_s) = (truth.begin_s - self.epoch_s(), truth.end_s - truth.begin_s);
        let length_s = length_s.expect("a length");
        let near = |seen: f64, truth: f64| (seen - truth).abs() <= TOLERANCE_S;
        assert!(
            near(begin_s, true_begin_s) && near(length_s, true_length_s),
            "{kind}: {length_s} s at {begin_s} s, in truth {true_length_s} s at {true_begin_s} s\n{}",
            self.done
        );
        assert_eq!(seen_by, who, "{}", self.done);
        self
    }

    fn epoch_s(&self) -> f64 {
        self.detail.at("/measurement/epoch_raw_ns").as_f64().expect("a time") / 1e9
    }
}

const ALL: [&str; 3] = ["producer 0", "producer 1", "consumer 0"];
const STOP: Signal = Signal::SIGSTOP;
const GO_ON: Signal = Signal::SIGCONT;

#[test]
fn a_load_that_is_taken_is_held() {
    let scene = Scene::new("a_load_that_is_taken_is_held");
    let broker = Broker::start("seen");
    let answer = Answer::of(&scene, start(&scene, &broker.bootstrap, "3s", &[]));
    answer.is("held", HELD).lacks("broker_stall").lacks("generator_stall");
    assert!(answer.done.stdout.lines().any(|line| line.starts_with("HELD: ")), "{}", answer.done);
}

#[test]
fn a_broker_that_stands_still_did_not_hold_the_load_and_when_is_told() {
    for seconds in [2, 10] {
        let scene = Scene::new("a_broker_that_stands_still_did_not_hold_the_load_and_when_is_told");
        let broker = Broker::start("seen");
        let running = start(&scene, &broker.bootstrap, &format!("{}s", seconds + 4), &[]);
        let truth = held(Duration::from_secs(seconds), || broker.signal(STOP), || broker.signal(GO_ON));
        let answer = Answer::of(&scene, running);
        answer.is("did_not_hold", HELD).has("broker_stall", truth, &ALL).lacks("generator_stall");
    }
}

/// Clients that look for the broker again at once: what their own patience adds is none of its.
const AT_ONCE: [&str; 4] = ["--property", "reconnect.backoff.ms=20", "--property", "reconnect.backoff.max.ms=50"];

#[test]
fn a_broker_that_is_gone_for_a_while_and_comes_back_did_not_hold_the_load() {
    let scene = Scene::new("a_broker_that_is_gone_for_a_while_and_comes_back_did_not_hold_the_load");
    let faults = serde_json::json!([{"at_ms": 10_000, "fault": "down"}, {"at_ms": 12_000, "fault": "up"}]);
    let mut broker = Broker::that_fails("seen", &faults);
    let running = start(&scene, &broker.bootstrap, "15s", &AT_ONCE);
    broker.await_fault();
    let begin_s = raw_s();
    broker.await_fault();
    let truth = Truth { begin_s, end_s: raw_s() };
    let answer = Answer::of(&scene, running);
    // What was stored while its acknowledgement was on the connection that broke is sent again, without idempotence.
    let twice = answer.done.says("received again");
    let (outcome, code) = if twice { ("failed", SYSTEM_FAILED) } else { ("did_not_hold", HELD) };
    answer.is(outcome, code).has("broker_stall", truth, &ALL).lacks("generator_stall");
    assert!(!answer.detail.list("/system/errors").is_empty(), "connections were refused\n{}", answer.done);
}

#[test]
fn a_topic_that_somebody_deletes_is_named_and_no_stall_of_the_broker() {
    let scene = Scene::new("a_topic_that_somebody_deletes_is_named_and_no_stall_of_the_broker");
    let faults = serde_json::json!([{"at_ms": 10_000, "fault": "topic_gone", "topic": "seen"}]);
    let mut broker = Broker::that_fails("seen", &faults);
    let running = start(&scene, &broker.bootstrap, "12s", &[]);
    broker.await_fault();
    let gone_s = raw_s();
    let answer = Answer::of(&scene, running);
    answer.is("failed", SYSTEM_FAILED).lacks("broker_stall").lacks("unreachable");
    let (begin_s, length_s, who) = answer.the("topic_gone");
    let true_begin_s = gone_s - answer.epoch_s();
    assert!((begin_s - true_begin_s).abs() <= TOLERANCE_S, "{begin_s} s, in truth {true_begin_s} s\n{}", answer.done);
    assert!(length_s.is_some_and(|length_s| (begin_s + length_s - 12.0).abs() < 0.01), "to the end of the load");
    // A consumer that asks for the topic meanwhile is told so too.
    assert_eq!(who[..2], ALL[..2]);
    assert!(answer.done.says("topic seen deleted by somebody else"), "{}", answer.done);
}

#[test]
fn clients_whose_cpus_are_taken_are_no_stall_of_the_broker() {
    let scene = Scene::alone("clients_whose_cpus_are_taken_are_no_stall_of_the_broker");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "5s", &[]);
    let competing: Vec<Spinners> = own_cpus().into_iter().map(|cpu| Spinners::on(cpu, 3)).collect();
    let answer = Answer::of(&scene, running);
    drop(competing);
    answer.lacks("broker_stall").lacks("unreachable");
    assert_ne!(answer.detail.text("/system/outcome"), "failed", "{}", answer.done);
}
