//! A coordinator of pinload's with OMB's workers: the recorded replies of two Java workers, a fleet of both kinds,
//! refusals and failures.

mod both_kinds;
mod java_producer;
mod recorded_run;
mod verdicts;

use crate::scene;
use crate::scene::results::Detail;
use crate::scene::stand_in::Asked;
use crate::scene::worker::call;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Scene, StandIn, WorkerProcess, Workload};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const CONFIGURATION_REFUSED: i32 = 3;
const UNUSABLE: i32 = 4;
/// How a worker answers that fails.
const FAILED: (u16, &str) = (500, "Internal server error");
const LOST: i32 = 5;
const NOT_VALID: i32 = 8;
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;
const LIMIT: Duration = Duration::from_secs(120);

/// One recorded exchange between OMB's coordinator and one of its workers.
#[derive(Debug, Clone, serde::Deserialize)]
struct Exchange {
    worker: String,
    method: String,
    path: String,
    request: String,
    response: String,
}

fn recording(worker: &str) -> Vec<Exchange> {
    let text = include_str!("../fixtures/golden/omb-worker-http.jsonl");
    let all = text.lines().map(|line| serde_json::from_str::<Exchange>(line).expect("an exchange"));
    all.filter(|exchange| exchange.worker == worker).collect()
}

/// A recorded Java worker: each call is answered with the recorded replies to it in their order. Counters are asked for
/// more often than OMB does: the last one stays, until periods tell of newer ones.
struct Recorded {
    replies: BTreeMap<String, VecDeque<String>>,
    counters: String,
}

impl Recorded {
    fn start(worker: &str, fails_at: Option<&'static str>) -> StandIn {
        Self::start_reworded(worker, fails_at.map(|path| (path, FAILED)), ("", ""))
    }

    /// With another answer to one path, and one text in its replies for another.
    fn start_reworded(
        worker: &str,
        spoiled: Option<(&'static str, (u16, &'static str))>,
        (from, to): (&str, &str),
    ) -> StandIn {
        let recorded = Replies(Mutex::new(Self::new(worker, (from, to))));
        StandIn::start(move |asked| {
            if let Some((path, (status, words))) = spoiled
                && path == asked.path
            {
                return (status, words.to_owned());
            }
            recorded.answer(asked)
        })
    }

    fn new(worker: &str, (from, to): (&str, &str)) -> Self {
        let mut replies: BTreeMap<String, VecDeque<String>> = BTreeMap::new();
        for exchange in recording(worker) {
            let response = if from.is_empty() { exchange.response } else { exchange.response.replace(from, to) };
            replies.entry(exchange.path).or_default().push_back(response);
        }
        Self { replies, counters: String::new() }
    }

    fn answer(&mut self, asked: &Asked) -> (u16, String) {
        let Some(replies) = self.replies.get_mut(&asked.path) else {
            // Slower before the end than OMB, which just stops.
            let status = if asked.path == "/adjust-publish-rate" { 200 } else { 404 };
            return (status, if status == 200 { "" } else { "Not found" }.to_owned());
        };
        let reply = match (asked.path.as_str(), replies.pop_front()) {
            ("/counters-stats", None) => self.counters.clone(),
            (_, reply) => reply.unwrap_or_default(),
        };
        match asked.path.as_str() {
            "/counters-stats" => self.counters.clone_from(&reply),
            "/period-stats" => {
                let period: Value = serde_json::from_str(&reply).unwrap_or_default();
                let total = |name: &str| period[name].as_u64().unwrap_or(0);
                self.counters = serde_json::json!({
                    "messagesSent": total("totalMessagesSent"),
                    "messagesReceived": total("totalMessagesReceived"),
                    "messageSendErrors": total("totalMessageSendErrors"),
                })
                .to_string();
                self.replies.remove("/counters-stats");
                self.replies.insert("/counters-stats".to_owned(), VecDeque::new());
            }
            _ => {}
        }
        (200, reply)
    }
}

/// The same for a stand-in that does something else besides.
struct Replies(Mutex<Recorded>);

impl Replies {
    fn of(worker: &str) -> Self {
        Self(Mutex::new(Recorded::new(worker, ("", ""))))
    }

    fn answer(&self, asked: &Asked) -> (u16, String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer(asked)
    }
}

/// The recorded run's files; periods of a second where the recording's have ten.
fn write_files(scene: &Scene) {
    let recorded = recording("w1");
    let driver = recorded.iter().find(|exchange| exchange.path == "/initialize-driver").expect("a driver file");
    scene.write("driver.yaml", &driver.request);
    let workload = Workload::small("small").with("producersPerTopic", 1).with("consumerPerSubscription", 1);
    let workload = workload.with("producerRate", 5000).with("randomizedPayloadPoolSize", 100);
    scene.write("small.yaml", &workload.with("logIntervalMillis", 1000).text());
}

/// As `-w` wants them.
fn urls(workers: &[StandIn; 2]) -> String {
    format!("{},{}", workers[0].url, workers[1].url)
}

fn run<'a>(scene: &'a Scene, workers: &str, duration: &str, more: &[&str]) -> scene::Run<'a> {
    let mut args = vec!["run", "--no-progress", "-d", "driver.yaml", "--duration", duration, "-w", workers];
    args.extend(more);
    args.push("small.yaml");
    scene.pinload(args).limit(LIMIT)
}

#[test]
fn what_java_cannot_do_is_refused_by_name_before_anything_starts() {
    let scene = Scene::untimed("what_java_cannot_do_is_refused_by_name_before_anything_starts");
    write_files(&scene);
    let worker = Recorded::start("w1", None);
    let keys =
        scene.read("small.yaml").replace("consumerBacklogSizeGB", "keyDistributor: RANDOM\nconsumerBacklogSizeGB");
    scene.write("small.yaml", &keys);
    let outcome = run(&scene, &worker.url, "6s", &["--late-policy", "skip"]).run();
    outcome
        .assert_code(CONFIGURATION_REFUSED)
        .assert_stderr_has("keyDistributor RANDOM")
        .assert_stderr_has("--late-policy skip");
    assert!(worker.asked().iter().all(|asked| asked.method == "GET"), "{:?}", worker.asked());
}

#[test]
fn a_worker_that_fails_is_named_with_its_own_words() {
    let scene = Scene::untimed("a_worker_that_fails_is_named_with_its_own_words");
    write_files(&scene);
    let spoiled = [("/initialize-driver", UNUSABLE), ("/create-consumers", UNUSABLE), ("/period-stats", LOST)];
    let runs = spoiled.map(|(spoiled, code)| {
        let workers = [Recorded::start("w1", None), Recorded::start("w2", Some(spoiled))];
        (run(&scene, &urls(&workers), "6s", &[]).spawn(), workers, spoiled, code)
    });
    for (running, workers, spoiled, code) in runs {
        let outcome = running.outcome();
        let named = format!("{spoiled} failed there: Internal server error");
        outcome.assert_code(code).assert_stderr_has(&named).assert_stderr_has(&workers[1].url);
        assert!(workers.iter().all(|worker| worker.asked().last().is_some_and(|last| last.path == "/stop-all")));
    }
    let stranger = StandIn::start(|_| (404, "no such page".to_owned()));
    let outcome = run(&scene, &stranger.url, "6s", &[]).run();
    outcome.assert_code(UNUSABLE).assert_stderr_has("is no worker: it knows neither").assert_stderr_has("no such page");
}

#[test]
fn an_interrupted_run_stops_all_java_workers() {
    let scene = Scene::untimed("an_interrupted_run_stops_all_java_workers");
    write_files(&scene);
    let workers = [Recorded::start("w1", None), Recorded::start("w2", None)];
    let running = run(&scene, &format!("{},{}", workers[0].url, workers[1].url), "60s", &[]).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    running.signal(Signal::SIGINT);
    running.outcome_within(LIMIT).assert_code(INTERRUPTED);
    assert!(workers.iter().all(|worker| worker.asked().last().is_some_and(|last| last.path == "/stop-all")));
    scene.assert_no_leftovers();
}
