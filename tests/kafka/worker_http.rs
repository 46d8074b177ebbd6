//! `pinload worker` as OMB's coordinator and strangers meet it: the recorded exchange of a whole run, and everything
//! that is refused.

mod strangers;

use crate::scene::worker::{Answer, call};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Metrics, Scene, WorkerProcess};
use hdrhistogram::Histogram;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const CONFIGURATION_REFUSED: i32 = 3;
const MACHINE_REFUSED: i32 = 7;
const TERMINATED: i32 = 143;
const SHORT: Duration = Duration::from_secs(20);

/// One exchange between OMB's coordinator and a worker of its.
#[derive(Debug, serde::Deserialize)]
struct Exchange {
    worker: String,
    method: String,
    path: String,
    request: String,
    status: u16,
    response_headers: BTreeMap<String, String>,
    response: String,
}

fn recording() -> Vec<Exchange> {
    let text = include_str!("../fixtures/golden/omb-worker-http.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("an exchange")).collect()
}

fn histogram(text: &str) -> Histogram<u64> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    hdrhistogram::serialization::Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a V2 histogram")
}

/// Names, order and types of the answer are those that Java gave; histograms have Java's bounds.
fn assert_same_kind(exchange: &Exchange, answer: &Answer) {
    let scene = format!("{} {}: {answer:?}", exchange.method, exchange.path);
    assert_eq!(answer.status, exchange.status, "{scene}");
    assert_eq!(answer.body.is_empty(), exchange.response.is_empty(), "{scene}");
    let kind = &exchange.response_headers["Content-Type"];
    assert!(answer.headers.contains(&format!("content-type: {kind}").to_lowercase()), "{scene}");
    if exchange.response.is_empty() {
        return;
    }
    let expected: Value = serde_json::from_str(&exchange.response).expect("Java's JSON");
    let got: Value = serde_json::from_str(&answer.body).expect("our JSON");
    let (Value::Object(expected), Value::Object(got)) = (&expected, &got) else {
        assert!(expected.is_array() && got.is_array(), "{scene}");
        return;
    };
    assert_eq!(got.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{scene}");
    for (name, value) in got {
        assert_eq!(value.is_u64(), expected[name].is_u64(), "{name}: {scene}");
        if let (Some(ours), Some(java)) = (value.as_str(), expected[name].as_str()) {
            let (ours, java) = (histogram(ours), histogram(java));
            assert_eq!((ours.low(), ours.high(), ours.sigfig()), (java.low(), java.high(), java.sigfig()), "{name}");
            assert!(ours.max() <= ours.high().max(67_108_863), "{name}: {}", ours.max());
        }
    }
}

#[test]
fn a_recorded_run_of_ombs_coordinator_is_answered_call_for_call() {
    let Some(kafka) = Kafka::shared() else { return };
    // Alone: at 5,000 msg/s nothing may fall behind.
    let scene = Scene::alone("a_recorded_run_of_ombs_coordinator_is_answered_call_for_call");
    let workers: BTreeMap<&str, WorkerProcess> =
        ["w1", "w2"].map(|name| (name, WorkerProcess::start(&scene, &["--delete-topics"]))).into();
    let mut topics: BTreeMap<String, String> = BTreeMap::new();
    let mut last_periods: BTreeMap<String, Value> = BTreeMap::new();
    let mut sums: BTreeMap<(String, &str), u64> = BTreeMap::new();
    let mut latencies: BTreeMap<String, u64> = BTreeMap::new();
    let mut wanted = 0;
    for exchange in recording() {
        let mut body = exchange.request.replace("127.0.0.1:9092", kafka.bootstrap());
        for (java, ours) in &topics {
            body = body.replace(java.as_str(), ours);
        }
        // The recording's periods are ten seconds long; here one ends when some messages more have been sent.
        if exchange.path == "/period-stats" && exchange.worker == "w1" {
            wanted += 3_000;
            Deadline::within(SHORT).poll("messages", || {
                let answer = workers["w1"].call("GET", "/counters-stats", &[], "");
                let counters: Value = serde_json::from_str(&answer.body).ok()?;
                (counters["messagesSent"].as_u64()? >= wanted).then_some(())
            });
        }
        let answer = workers[exchange.worker.as_str()].call(&exchange.method, &exchange.path, &[], &body);
        assert_same_kind(&exchange, &answer);
        match exchange.path.as_str() {
            "/create-topics" => {
                let name = |text: &str| serde_json::from_str::<Vec<String>>(text).expect("names").remove(0);
                topics.insert(name(&exchange.response), name(&answer.body));
            }
            "/period-stats" => {
                let period: Value = serde_json::from_str(&answer.body).expect("our JSON");
                for field in ["messagesSent", "messagesReceived"] {
                    *sums.entry((exchange.worker.clone(), field)).or_default() += period[field].as_u64().unwrap_or(0);
                }
                *latencies.entry(exchange.worker.clone()).or_default() +=
                    histogram(period["publishLatency"].as_str().unwrap_or("")).len();
                last_periods.insert(exchange.worker, period);
            }
            _ => {}
        }
    }
    let (producer, consumer) = (&last_periods["w1"], &last_periods["w2"]);
    let sent = producer["totalMessagesSent"].as_u64().expect("a count");
    let received = consumer["totalMessagesReceived"].as_u64().expect("a count");
    assert!(sent > 10_000, "{sent} at 5,000 msg/s over some periods of a second");
    assert!(sent.abs_diff(received) < 5_000, "sent {sent}, received {received}");
    // One probe stands in the totals and in no period, as with OMB's workers.
    assert_eq!(sums[&("w1".to_owned(), "messagesSent")] + 1, sent);
    assert_eq!(sums[&("w2".to_owned(), "messagesReceived")], received);
    let timed = latencies["w1"];
    assert!(
        timed <= sent && sent - timed < 2_500,
        "{timed} latencies of {sent} messages; reset-stats forgets the first"
    );
    // The metrics page goes on counting, over runs and after them; OMB's probe is received and not sent there.
    let pages = ["w1", "w2"].map(|name| Metrics::scrape(&workers[name].stats));
    let told = [pages[0].count("benchmark_producer_messages_sent"), pages[1].count("benchmark_consumer_messages_recv")];
    assert!(told[0] + 1 >= sent && told[1] >= received, "{told:?}, in periods {sent} and {received}");
    assert_eq!(pages[0].count(r#"benchmark_producer_produce_latency_count{success="true"}"#), told[0]);
    assert_eq!(pages[1].count(r#"benchmark_consumer_e2e_latency_count{success="true"}"#), told[1]);
    assert_eq!(pages[0].count("benchmark_producer_bytes_sent"), told[0] * 1024);
    assert!(pages.iter().all(|page| page.count("pinload_runs_total") == 1 && page.count("pinload_run_active") == 0));
    for (_, worker) in workers {
        assert_eq!(worker.running.children(), []);
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(SHORT).assert_code(TERMINATED);
    }
    scene.assert_no_leftovers();
}

/// A producer on the first worker and a consumer on the second, driven as OMB's coordinator does: the end-to-end times
/// of a thousand messages, and what the consumer's worker says of them.
fn end_to_end(workers: &[WorkerProcess; 2], driver: &str) -> (Histogram<u64>, String) {
    use base64::Engine as _;
    let call = |worker: usize, method: &str, path: &str, body: &str| {
        let answer = workers[worker].call(method, path, &[], body);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    };
    (0..2).for_each(|worker| drop(call(worker, "POST", "/initialize-driver", driver)));
    let topics = call(0, "POST", "/create-topics", r#"{"numberOfTopics":1,"numberOfPartitionsPerTopic":1}"#);
    let topic = &serde_json::from_str::<Vec<String>>(&topics).expect("names")[0];
    let wish = format!(r#"{{"topicsSubscriptions":[{{"topic":"{topic}","subscription":"sub-{topic}"}}]}}"#);
    call(1, "POST", "/create-consumers", &wish);
    call(0, "POST", "/create-producers", &format!(r#"["{topic}"]"#));
    let payload = base64::engine::general_purpose::STANDARD.encode([7; 200]);
    call(0, "POST", "/start-load", &format!(r#"{{"payloadData":["{payload}"],"publishRate":1000.0}}"#));
    Deadline::within(SHORT).poll("messages", || {
        let counters: Value = serde_json::from_str(&call(1, "GET", "/counters-stats", "")).ok()?;
        (counters["messagesReceived"].as_u64()? >= 1_000).then_some(())
    });
    let period: Value = serde_json::from_str(&call(1, "GET", "/period-stats", "")).expect("our JSON");
    (0..2).for_each(|worker| drop(call(worker, "POST", "/stop-all", "")));
    let words = workers[1].running.wait_for_line("end-to-end times of", SHORT);
    (histogram(period["endToEndLatency"].as_str().expect("a histogram")), words)
}

#[test]
fn under_ombs_protocol_end_to_end_times_are_those_of_stamps_or_whole_ms_and_it_is_said_which() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene =
        Scene::untimed("under_ombs_protocol_end_to_end_times_are_those_of_stamps_or_whole_ms_and_it_is_said_which");
    let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &["acks=all"], &["auto.offset.reset=earliest"]);
    let workers =
        |more: &[&str]| [(); 2].map(|()| WorkerProcess::start(&scene, &[&["--delete-topics"], more].concat()));
    let whole_ms = |times: &Histogram<u64>| {
        let whole = times.iter_recorded().filter(|bucket| {
            let (least_us, most_us) = (times.lowest_equivalent(bucket.value_iterated_to()), bucket.value_iterated_to());
            least_us.next_multiple_of(1_000) <= most_us
        });
        whole.map(|bucket| bucket.count_at_value()).sum::<u64>()
    };

    let stamping = workers(&[]);
    let (times, words) = end_to_end(&stamping, &driver);
    assert!(times.len() >= 1_000 && whole_ms(&times) < times.len() / 10, "{} of {}", whole_ms(&times), times.len());
    assert!(words.contains(" 0 from CreateTime") && times.min() > 0, "{words}");

    let unstamping = [workers(&["--no-stamp"]), workers(&["--no-stamp"])];
    let (times, words) = end_to_end(&unstamping[0], &driver);
    assert!(times.len() >= 1_000 && whole_ms(&times) == times.len(), "{} of {}", whole_ms(&times), times.len());
    assert!(words.contains(" 0 from pinload's stamps") && words.contains("kept as 0"), "{words}");

    let with_brokers_times = driver.replace("topicConfig: \"\"", "topicConfig: message.timestamp.type=LogAppendTime");
    let (times, words) = end_to_end(&unstamping[1], &with_brokers_times);
    assert_eq!(times.len(), 0);
    assert!(words.contains(" 0 from CreateTime") && words.contains("the broker's time alone"), "{words}");
    for worker in stamping.into_iter().chain(unstamping.into_iter().flatten()) {
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(SHORT).assert_code(TERMINATED);
    }
    scene.assert_no_leftovers();
}
