//! A coordinator of pinload's with OMB's workers: the recorded replies of two Java workers, a fleet of both kinds,
//! refusals and failures.

use crate::scene;
use crate::scene::results::Detail;
use crate::scene::stand_in::Asked;
use crate::scene::worker::call;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Scene, StandIn, WorkerProcess, Workload};
use base64::Engine as _;
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

/// The thread of a Java worker's producer: it takes the next time from a limiter, sleeps until then, sends, and only
/// then looks whether the run is over. Closing a worker takes 100 ms; who sends after that is told "producer has been
/// closed".
#[derive(Default)]
struct JavaProducer {
    limiter: Mutex<Limiter>,
    /// 1: `stop-all` has been called, and `closed` 100 ms later.
    completed: AtomicU64,
    closed: AtomicU64,
    sent: AtomicU64,
    sent_when_closed: AtomicU64,
    ended: AtomicU64,
}

#[derive(Default)]
struct Limiter {
    interval: Duration,
    next: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "it plays a program that sleeps; nothing is waited for by that")]
impl JavaProducer {
    fn hears(self: &Arc<Self>, asked: &Asked) {
        match asked.path.as_str() {
            "/start-load" => {
                let work: Value = serde_json::from_str(&asked.body).expect("JSON");
                self.adjust(work["publishRate"].as_f64().expect("a rate"));
                let producer = Arc::clone(self);
                std::thread::spawn(move || producer.send());
            }
            "/adjust-publish-rate" => self.adjust(asked.body.parse().expect("a rate")),
            "/stop-all" => {
                self.completed.store(1, Relaxed);
                std::thread::sleep(Duration::from_millis(100));
                self.closed.store(1, Relaxed);
            }
            _ => {}
        }
    }

    /// A limiter of its own, as in Java.
    fn adjust(&self, per_s: f64) {
        let interval = Duration::from_secs_f64(1.0 / per_s.max(1.0));
        *self.limiter.lock().unwrap_or_else(PoisonError::into_inner) = Limiter { interval, next: None };
    }

    fn send(&self) {
        while self.completed.load(Relaxed) == 0 {
            let due = {
                let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
                let due = limiter.next.unwrap_or_else(Instant::now);
                limiter.next = Some(due + limiter.interval);
                due
            };
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let when = if self.closed.load(Relaxed) == 0 { &self.sent } else { &self.sent_when_closed };
            when.fetch_add(1, Relaxed);
        }
        self.ended.fetch_add(1, Relaxed);
    }
}

#[test]
fn java_producers_see_the_end_of_the_run_before_they_are_closed() {
    let scene = Scene::new("java_producers_see_the_end_of_the_run_before_they_are_closed");
    write_files(&scene);
    let (producer, workers) = (Arc::new(JavaProducer::default()), ["w1", "w2"].map(Replies::of));
    let heard = Arc::clone(&producer);
    let [first, second] = workers;
    let first = StandIn::start(move |asked| {
        if asked.path == "/stop-all" && heard.sent.load(Relaxed) == 0 {
            return first.answer(asked);
        }
        heard.hears(asked);
        first.answer(asked)
    });
    let second = StandIn::start(move |asked| second.answer(asked));
    let outcome = run(&scene, &format!("{},{}", first.url, second.url), "6s", &[]).run();
    outcome.assert_stderr_has("letting Java's producers send what is due before they are closed: 1 s");
    Deadline::within(LIMIT).poll("the end of its thread", || (producer.ended.load(Relaxed) > 0).then_some(()));
    assert!(producer.sent.load(Relaxed) > 1_000, "{outcome}");
    assert_eq!(producer.sent_when_closed.load(Relaxed), 0, "{outcome}");
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

/// What OMB's coordinator did: counters as often as it liked, `stop-all` several times at the end.
fn essence(calls: impl Iterator<Item = (String, String, String)>) -> Vec<(String, String, String)> {
    let often = ["/counters-stats", "/pinload/v1/hello", "/adjust-publish-rate"];
    let mut essence: Vec<(String, String, String)> = Vec::new();
    for call in calls.filter(|(_, path, _)| !often.contains(&&**path)) {
        let again = essence
            .last()
            .is_some_and(|last| last.1 == call.1 && ["/stop-all", "/probe-producers"].contains(&&*call.1));
        if !again {
            essence.push(call);
        }
    }
    essence
}

/// Java's body and ours, field by field. What is drawn by lot has the same form: group names and payloads.
fn assert_same_body(path: &str, java: &str, ours: &str) {
    if java.is_empty() || path == "/initialize-driver" {
        assert_eq!(ours, java, "{path}");
        return;
    }
    let [mut java, mut ours] = [java, ours].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    match path {
        "/create-consumers" => {
            for body in [&mut java, &mut ours] {
                let group = body["topicsSubscriptions"][0]["subscription"].take();
                let group = group.as_str().expect("a group");
                assert!(group.starts_with("sub-000-") && group.len() == "sub-000-2XVY-2M".len(), "{group}");
            }
        }
        "/start-load" => {
            for body in [&mut java, &mut ours] {
                let payloads = body["payloadData"].take();
                let payloads = payloads.as_array().expect("a list");
                assert_eq!(payloads.len(), 100);
                for payload in payloads {
                    let text = payload.as_str().expect("a text");
                    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
                    assert_eq!(bytes.len(), 1024);
                    assert!(bytes[..512].iter().any(|byte| *byte != 0) && bytes[512..].iter().all(|byte| *byte == 0));
                }
            }
        }
        _ => {}
    }
    assert_eq!(ours, java, "{path}");
}

/// Equal, numbers within 10⁻⁹ of each other.
fn assert_same(name: &str, java: &Value, ours: &Value) {
    match (java, ours) {
        (Value::Array(java), Value::Array(ours)) => {
            assert_eq!(java.len(), ours.len(), "{name}");
            java.iter().zip(ours).for_each(|(java, ours)| assert_same(name, java, ours));
        }
        (Value::Object(java), Value::Object(ours)) => {
            assert_eq!(java.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{name}");
            java.iter().for_each(|(key, value)| assert_same(&format!("{name} {key}"), value, &ours[key]));
        }
        (Value::Number(java), Value::Number(ours)) => {
            let [java, ours] = [java, ours].map(|number| number.as_f64().unwrap_or(f64::NAN));
            assert!((java - ours).abs() <= 1e-9 * java.abs(), "{name}: Java {java}, ours {ours}");
        }
        (java, ours) => assert_eq!(java, ours, "{name}"),
    }
}

#[test]
fn the_recorded_replies_of_two_java_workers_yield_ombs_own_result() {
    let scene = Scene::new("the_recorded_replies_of_two_java_workers_yield_ombs_own_result");
    write_files(&scene);
    let workers = ["w1", "w2"].map(|worker| (worker, Recorded::start(worker, None)));
    let urls = format!("{},{}", workers[0].1.url, workers[1].1.url);
    let outcome = run(&scene, &urls, "6s", &[]).run();
    outcome.assert_code(0).assert_stderr_has("all are driven by it").assert_stderr_has("closing OMB's workers");

    for (name, worker) in &workers {
        let java = recording(name).into_iter().map(|call| (call.method, call.path, call.request));
        let ours = worker.asked().into_iter().map(|call| (call.method, call.path, call.body));
        let (java, ours) = (essence(java), essence(ours));
        let verbs = |calls: &[(String, String, String)]| -> Vec<String> {
            calls.iter().map(|(method, path, _)| format!("{method} {path}")).collect()
        };
        assert_eq!(verbs(&ours), verbs(&java), "{name}");
        for ((_, path, java), (_, _, ours)) in java.iter().zip(&ours) {
            assert_same_body(path, java, ours);
        }
    }
    let slow = workers[0].1.asked().into_iter().find(|call| call.path == "/adjust-publish-rate").expect("slowing down");
    assert_eq!(slow.body, "1.0");
    let calls = workers[0].1.asked();
    let last = calls.iter().rposition(|call| call.path == "/adjust-publish-rate").expect("and up again");
    let next = calls[last + 1..].iter().find(|call| call.method != "GET").expect("the end");
    assert_eq!((calls[last].body.as_str(), next.path.as_str()), ("20.0", "/stop-all"));

    let golden: Value =
        serde_json::from_str(include_str!("../fixtures/golden/omb-result-distributed.json")).expect("JSON");
    let result: Value =
        serde_json::from_str(&std::fs::read_to_string(scene.result_file()).expect("a file")).expect("JSON");
    let golden = golden.as_object().expect("fields");
    assert_eq!(result.as_object().expect("fields").keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    for (name, java) in golden.iter().filter(|(name, _)| !["publishRate", "consumeRate"].contains(&name.as_str())) {
        assert_same(name, java, &result[name]);
    }

    // What Java cannot tell is not there, what is missing at the end is named: 312,829 acknowledged, 312,811 received.
    let detail = Detail::read(&scene.detail_file());
    let families = detail.at("/measurement/latencies").as_object().expect("families");
    assert_eq!(families.keys().collect::<Vec<_>>(), ["acknowledge_actual", "publish_delay", "end_to_end_actual"]);
    let counted = detail.at("/measurement/counters_whole_run");
    assert_eq!((&counted["messages_acknowledged"], &counted["messages_received"]), (&312_829.into(), &312_811.into()));
    assert!(counted.get("late_sends").is_none() && counted.get("messages_enqueued").is_none(), "{counted}");
    assert_eq!((counted["bytes_received"].as_u64(), detail.text("/plan/measured_by")), (Some(312_811 * 1024), "omb"));
    assert!(detail.list("/hosts").iter().all(|host| host["kind"] == "omb" && host["cannot_tell"].is_array()));
    assert!(outcome.stdout.contains("acknowledged × subscriptions are 312,829: 18 are missing"), "{}", outcome.stdout);
    scene.assert_no_leftovers();
}

/// The same run, as it was and with the 18 messages that are missing in it, both at once: they mostly wait.
#[test]
fn counts_that_do_not_agree_make_a_run_invalid_and_without_the_difference_nobody_could_look() {
    let scene = Scene::new("counts_that_do_not_agree_make_a_run_invalid_and_without_the_difference_nobody_could_look");
    write_files(&scene);
    let runs = [
        (("", ""), "invalid", vec![("counts_off", 18.0)]),
        (("\"totalMessagesReceived\" : 312812", "\"totalMessagesReceived\" : 312830"), "not_judged", vec![]),
    ]
    .map(|(reworded, verdict, reasons)| {
        let workers = [Recorded::start("w1", None), Recorded::start_reworded("w2", None, reworded)];
        let output = format!("{verdict}.json");
        let more = ["--require-valid", "--output", &output];
        (run(&scene, &urls(&workers), "6s", &more).spawn(), workers, verdict, reasons)
    });
    for (running, _workers, verdict, reasons) in runs {
        let outcome = running.outcome();
        outcome.assert_code(NOT_VALID);
        let detail = Detail::read(&scene.path(&format!("{verdict}.detail")));
        let found = detail.list("/verdict/reasons").iter();
        let found: Vec<_> = found.map(|reason| (reason["cause"].as_str(), reason["value"].as_f64())).collect();
        let reasons: Vec<_> = reasons.into_iter().map(|(cause, value)| (Some(cause), Some(value))).collect();
        assert_eq!((detail.text("/verdict/verdict"), found), (verdict, reasons), "{outcome}");
    }
}

/// The same run with counts that agree, three at once; in two of them a worker has no figures of the whole run when all
/// periods have been told.
#[test]
fn a_run_that_fails_behind_its_last_period_is_invalid() {
    const WHOLE_RUN: &str = "/cumulative-latencies";
    let scene = Scene::new("a_run_that_fails_behind_its_last_period_is_invalid");
    write_files(&scene);
    let runs = [
        (None, 0, None, ""),
        (Some((WHOLE_RUN, (200, "no figures"))), UNUSABLE, Some("run_failed"), "cannot understand its answer"),
        (Some((WHOLE_RUN, FAILED)), LOST, Some("worker_lost"), FAILED.1),
    ]
    .map(|(spoiled, code, cause, words)| {
        let agree = ("\"totalMessagesReceived\" : 312812", "\"totalMessagesReceived\" : 312830");
        let workers = [Recorded::start("w1", None), Recorded::start_reworded("w2", spoiled, agree)];
        let output = format!("{code}.json");
        (run(&scene, &urls(&workers), "6s", &["--output", &output]).spawn(), workers, code, cause, words)
    });
    for (running, _workers, code, cause, words) in runs {
        let outcome = running.outcome();
        outcome.assert_code(code);
        let detail = Detail::read(&scene.path(&format!("{code}.detail")));
        let first = detail.at("/verdict/reasons").get(0);
        let verdict = if cause.is_some() { "invalid" } else { "not_judged" };
        assert_eq!(detail.text("/verdict/verdict"), verdict, "{outcome}");
        assert_eq!(first.and_then(|reason| reason["cause"].as_str()), cause, "{outcome}");
        assert!(!detail.list("/periods").is_empty(), "what was measured until then is written\n{outcome}");
        if let Some(reason) = first {
            assert!(reason["text"].as_str().is_some_and(|text| text.contains(words)), "{reason}\n{outcome}");
        }
    }
}

#[test]
fn what_java_cannot_do_is_refused_by_name_before_anything_starts() {
    let scene = Scene::new("what_java_cannot_do_is_refused_by_name_before_anything_starts");
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
    let scene = Scene::new("a_worker_that_fails_is_named_with_its_own_words");
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
    let scene = Scene::new("an_interrupted_run_stops_all_java_workers");
    write_files(&scene);
    let workers = [Recorded::start("w1", None), Recorded::start("w2", None)];
    let running = run(&scene, &format!("{},{}", workers[0].url, workers[1].url), "60s", &[]).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    running.signal(Signal::SIGINT);
    running.outcome_within(LIMIT).assert_code(INTERRUPTED);
    assert!(workers.iter().all(|worker| worker.asked().last().is_some_and(|last| last.path == "/stop-all")));
    scene.assert_no_leftovers();
}

#[test]
fn a_fleet_of_both_kinds_runs_and_its_counts_agree() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("a_fleet_of_both_kinds_runs_and_its_counts_agree");
    let producer = ["acks=all", "linger.ms=1"];
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
    let workload = Workload::small("mixed").with("producerRate", 2000).with("subscriptionsPerTopic", 2);
    scene.write("small.yaml", &workload.text());
    let workers = [(); 2].map(|()| WorkerProcess::start(&scene, &["--delete-topics"]));
    // The second one seems to be Java's.
    let behind = workers[1].url.trim_start_matches("http://").to_owned();
    let (cut, reset) = (Mutex::new(Instant::now()), Arc::new(AtomicU64::new(0)));
    let reset_ns = Arc::clone(&reset);
    let java = StandIn::start(move |asked| {
        if asked.path.starts_with("/pinload/") {
            return (404, "Not found".to_owned());
        }
        let mut cut = cut.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.path.as_str() {
            "/period-stats" => *cut = Instant::now(),
            "/reset-stats" => reset_ns.store(u64::try_from(cut.elapsed().as_nanos()).expect("a while"), Relaxed),
            _ => {}
        }
        drop(cut);
        let answer = call(&behind, &asked.method, &asked.path, &[], &asked.body);
        (answer.status, answer.body)
    });
    let outcome = run(&scene, &format!("{},{}", workers[0].url, java.url), "10s", &["--warmup", "2s"]).run();
    outcome.assert_code(0).assert_stderr_has("all are driven by it").assert_stderr_has("closing OMB's workers");
    let detail = Detail::read(&scene.detail_file());
    let counted = detail.at("/measurement/counters_whole_run");
    let count = |name: &str| counted[name].as_u64().unwrap_or(0);
    assert!(count("messages_acknowledged") > 23_000, "2,000 msg/s for 12 s: {counted}");
    assert_eq!(count("probes_acknowledged") % 2, 0, "each of two producers sends one in each round: {counted}");
    assert_eq!(count("probes_acknowledged") * 2, count("probes_received"), "no probe is a message: {counted}");
    assert_eq!(count("messages_acknowledged") * 2, count("messages_received"), "{counted}");
    assert_eq!(count("messages_failed"), 0);
    let rate = detail.at("/measurement/publish_rate_per_s").as_f64().unwrap_or(0.0);
    assert!((rate - 2_000.0).abs() < 40.0, "{rate}");
    let timed = |family: &str| detail.at(&format!("/measurement/latencies/{family}/count")).as_u64().unwrap_or(0);
    // Between the last cut of the warm-up and reset-stats, two calls later, latencies are nobody's, as with OMB's
    // coordinator. So long was that at most; each worker has its own times of these calls.
    let nobodys = reset.load(Relaxed) * 2_000 / 1_000_000_000;
    for (family, of_each) in [("acknowledge_actual", 1), ("end_to_end_actual", 2)] {
        let expected = of_each * 19_000_u64.saturating_sub(nobodys)..of_each * 21_000;
        assert!(expected.contains(&timed(family)), "{family}: {}, {expected:?}", timed(family));
    }
    let kinds: Vec<&Value> = detail.list("/hosts").iter().map(|host| &host["kind"]).collect();
    assert_eq!(kinds, ["pinload_by_ombs_protocol", "omb"]);
    for worker in workers {
        assert_eq!(worker.running.children(), []);
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(LIMIT).assert_code(TERMINATED);
    }
    scene.assert_no_leftovers();
}
