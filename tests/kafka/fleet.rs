//! Runs on several workers: two `pinload worker` and a coordinator on one machine, and everything that can happen to
//! one of them.

mod losses;

use crate::scene;
use crate::scene::results::{Detail, OmbResult};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Metrics, Outcome, Running, Scene, WorkerProcess, Workload};
use nix::sys::signal::Signal;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const UNREACHABLE: i32 = 4;
const LOST: i32 = 5;
const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(120);
/// A worker that is gone is named within this: two heartbeats, and the rest for a busy machine.
const GONE: Duration = Duration::from_secs(5);
/// A worker that hangs is named within this: a heartbeat, its limit of 5 s, and the rest for a busy machine.
const HUNG: Duration = Duration::from_secs(12);
/// A worker whose coordinator is gone ends its clients within this: the lease of 15 s, and their end.
const LEASE: Duration = Duration::from_secs(40);

/// Two workers and what a coordinator needs.
struct Fleet<'a> {
    scene: &'a Scene,
    workers: [WorkerProcess; 2],
}

impl<'a> Fleet<'a> {
    fn start(scene: &'a Scene, kafka: &Kafka, workload: &Workload) -> Self {
        let producer = ["acks=all", "linger.ms=1", "enable.idempotence=false"];
        let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
        scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
        scene.write("small.yaml", &workload.text());
        Self { scene, workers: [WorkerProcess::start(scene, &[]), WorkerProcess::start(scene, &[])] }
    }

    fn urls(&self) -> String {
        format!("{},{}", self.workers[0].url, self.workers[1].url)
    }

    fn coordinator(&self, duration: &str) -> scene::Run<'a> {
        let urls = self.urls();
        let args = [
            "run",
            "--no-progress",
            "-d",
            "driver.yaml",
            "--warmup",
            "1s",
            "--duration",
            duration,
            "-w",
            &urls,
            "small.yaml",
        ];
        self.scene.pinload(args).limit(LIMIT)
    }

    /// With its load running on both workers.
    fn loaded(&self) -> Running {
        let running = self.coordinator("60s").spawn();
        running.wait_for_line("measurement begins", LIMIT);
        self.workers[0].running.clients("producer", 2);
        self.workers[1].running.clients("consumer", 2);
        running
    }

    /// Ends the workers that are left; nothing remains.
    fn end(self) {
        for worker in self.workers {
            if !worker.running.has_ended() {
                worker.running.signal(Signal::SIGTERM);
            }
            worker.running.outcome_within(LEASE);
        }
        self.scene.assert_no_leftovers();
    }
}

fn workload() -> Workload {
    Workload::small("fleet")
        .with("partitionsPerTopic", 4)
        .with("producersPerTopic", 2)
        .with("consumerPerSubscription", 2)
}

fn assert_lost(outcome: &Outcome, scene: &Scene, worker: &str) {
    outcome.assert_code(LOST).assert_stderr_has(worker);
    let detail = Detail::read(&scene.detail_file());
    assert_eq!(detail.outcome(), "worker_lost");
    assert_eq!((detail.text("/verdict/verdict"), detail.text("/verdict/reasons/0/cause")), ("invalid", "worker_lost"));
    assert_eq!(detail.text("/outcome/loss/worker"), worker);
    OmbResult::read(&scene.result_file());
}

#[test]
fn two_workers_and_a_coordinator_yield_what_a_local_run_yields() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("two_workers_and_a_coordinator_yield_what_a_local_run_yields");
    let fleet = Fleet::start(&scene, kafka, &workload().with("producerRate", 1000).with("subscriptionsPerTopic", 2));
    let outcome = fleet.coordinator("5s").run();
    outcome.assert_code(0).assert_stderr_has("Workers list - producers: [");
    OmbResult::read(&scene.result_file()).assert_consistent();
    let detail = Detail::read(&scene.detail_file());
    let totals = detail.totals();
    assert!(totals.acknowledged > 5_000, "1,000 msg/s for 6 s: {totals:?}");
    assert_eq!(totals.sent, totals.acknowledged, "{totals:?}");
    assert_eq!(totals.acknowledged * 2, totals.received, "{totals:?}");
    assert_eq!((totals.lost, totals.duplicated, totals.failed, totals.unknown), (0, 0, 0, 0), "{totals:?}");

    // Both hosts and all clients are in it, each client with its worker and its seconds.
    let hosts = detail.list("/hosts");
    assert_eq!(hosts.len(), 2);
    for (host, worker) in hosts.iter().zip(&fleet.workers) {
        assert_eq!(host["worker"], worker.url.as_str());
        assert_eq!(host["clock_offset"]["same_clock"], true, "{host}");
        assert!(host["started_ahead_ns"].as_u64().is_some_and(|ahead| ahead > 0), "{host}");
    }
    for (host, worker) in detail.list("/environment").iter().zip(&fleet.workers) {
        assert_eq!(host["worker"], worker.url.as_str());
        assert!(host["facts"]["kernel"]["kernel_release"].is_string(), "{host}");
    }
    assert_eq!(detail.list("/environment").len(), 2);
    // One wall clock, and two offsets to it that hold for a second each.
    let error_ns = detail.at("/end_to_end_clocks/clock_error_ns").as_u64();
    assert!(error_ns.is_some_and(|ns| (1..5_000_000).contains(&ns)), "{error_ns:?}");
    let clients = detail.list("/clients");
    assert_eq!(clients.len(), 2 + 4);
    for client in clients {
        let expected = usize::from(client["role"] == "consumer");
        assert_eq!(client["worker"], fleet.workers[expected].url.as_str(), "{}", client["index"]);
        assert!(client["timeline"]["at_s"].as_array().is_some_and(|seconds| seconds.len() >= 5));
    }

    // Merged counts of all latency families are the counts of what was merged.
    let counted = |family: &str| detail.at(&format!("/measurement/latencies/{family}/count")).as_u64();
    assert_eq!(counted("acknowledge_actual"), counted("acknowledge_intended"));
    assert_eq!(counted("end_to_end_actual"), counted("end_to_end_intended"));
    let (acknowledged, received) =
        (counted("acknowledge_actual").unwrap_or(0), counted("end_to_end_actual").unwrap_or(0));
    assert!(acknowledged > 4_000 && received.abs_diff(acknowledged * 2) < 2_000, "{acknowledged} {received}");

    // The workers' metrics pages have counted the same: warm-up included, probes where OMB counts them.
    let pages = [0, 1].map(|worker: usize| Metrics::scrape(&fleet.workers[worker].stats));
    assert_eq!(pages[0].count("benchmark_producer_messages_sent"), totals.acknowledged);
    assert_eq!(pages[0].count(r#"pinload_messages_enqueued_total{role="producer"}"#), totals.sent);
    assert_eq!(pages[1].count(r#"pinload_messages_received_total{role="consumer"}"#), totals.received);
    let probes = pages[1].count(r#"pinload_probes_received_total{role="consumer"}"#);
    assert_eq!(pages[1].count("benchmark_consumer_messages_recv"), totals.received + probes);
    for from in ["actual", "intended"] {
        let timed = |page: usize, family: &str| {
            let series = format!("pinload_{family}_latency_seconds_count{{from=\"{from}\"}}");
            pages[page].count(&series)
        };
        assert_eq!((timed(0, "acknowledge"), timed(1, "end_to_end")), (totals.acknowledged, totals.received));
    }
    assert!(pages.iter().all(|page| page.count("pinload_clients_died_total") == 0));
    fleet.end();
}

#[test]
fn one_worker_alone_does_both_and_a_busy_one_says_so() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("one_worker_alone_does_both_and_a_busy_one_says_so");
    let fleet = Fleet::start(&scene, kafka, &workload());
    let url = fleet.workers[0].url.clone();
    scene.write("workers.yaml", &format!("workers:\n  - {url}\n"));
    let args = |duration| {
        [
            "run",
            "--no-progress",
            "-d",
            "driver.yaml",
            "--warmup",
            "0s",
            "--duration",
            duration,
            "-wf",
            "workers.yaml",
            "small.yaml",
        ]
    };
    let running = scene.pinload(args("30s")).limit(LIMIT).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    fleet.workers[0].running.clients("producer", 2);
    scene.pinload(args("5s")).run().assert_code(UNREACHABLE).assert_stderr_has("is busy with run");
    let omb = fleet.workers[0].call("POST", "/stop-all", &[], "");
    assert!(omb.status == 409 && omb.body.contains("is active here"), "{omb:?}");
    running.signal(Signal::SIGINT);
    running.outcome_within(LIMIT).assert_code(INTERRUPTED);
    let totals = Detail::read(&scene.detail_file()).totals();
    assert!(totals.acknowledged > 0 && totals.acknowledged == totals.received, "{totals:?}");
    assert_eq!(fleet.workers[0].running.children(), []);
    fleet.end();
}

#[test]
fn workers_that_cannot_be_used_are_named_before_anything_starts() {
    let scene = Scene::untimed("workers_that_cannot_be_used_are_named_before_anything_starts");
    scene.write("driver.yaml", &driver(JAVA_CLASS, "127.0.0.1:1", &[], &["acks=all"], &[]));
    scene.write("small.yaml", &workload().text());
    scene.write("token", "s3cret");
    let guarded = WorkerProcess::start(&scene, &["--token-file", "token"]);
    // A port that nobody listens on: bound by us, and closed again.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let gone = format!("http://{free}");
    let urls = format!("{},{gone}", guarded.url);
    let outcome = scene.pinload(["run", "-d", "driver.yaml", "-w", &urls, "small.yaml"]).run();
    outcome.assert_code(UNREACHABLE).assert_stderr_has("the token is missing or wrong");
    outcome.assert_stderr_has(&format!("{gone} cannot be reached"));
    let outcome = scene.pinload(["run", "-d", "driver.yaml", "-w", "localhost:8080", "small.yaml"]).run();
    outcome.assert_code(3).assert_stderr_has("write http://localhost:8080");
    guarded.running.signal(Signal::SIGTERM);
    guarded.running.outcome_within(LIMIT);
    scene.assert_no_leftovers();
}
