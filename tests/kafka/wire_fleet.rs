//! The wire driver's consumers in groups of the brokers, and on workers that pinload or OMB's coordinator drives.

use crate::scene::results::Detail;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Scene, StandIn, WorkerProcess, Workload};
use base64::Engine as _;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const CONFIGURATION: i32 = 3;
/// `--client wire` as a driver file says it.
const WIRE: &str = "client: wire\n";
const CONSUMER: [&str; 2] = ["auto.offset.reset=earliest", "enable.auto.commit=false"];

fn wire_driver(kafka: &Kafka, more_of_consumers: &[&str]) -> String {
    let consumer = [&CONSUMER[..], more_of_consumers].concat();
    format!("{}{WIRE}", driver(JAVA_CLASS, kafka.bootstrap(), &[], &["acks=all", "linger.ms=1"], &consumer))
}

fn end(workers: impl IntoIterator<Item = WorkerProcess>) {
    for worker in workers {
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(LIMIT);
    }
}

/// A short run that balances, on these workers or here.
fn balanced(scene: &Scene, more: &[&str]) -> Detail {
    let args = ["run", "--no-progress", "--warmup", "0s", "--duration", "3s", "-d", "driver.yaml"];
    let done = scene.pinload([&args[..], more, &["small.yaml"]].concat()).limit(LIMIT).run();
    done.assert_code(0);
    let detail = Detail::read(&scene.detail_file());
    let totals = detail.totals();
    assert!(totals.acknowledged > 500, "{totals:?}");
    assert_eq!((totals.sent, totals.acknowledged), (totals.acknowledged, totals.received), "{totals:?}\n{done}");
    assert_eq!((totals.lost, totals.duplicated, totals.failed, totals.unknown), (0, 0, 0, 0), "{totals:?}");
    assert_eq!(detail.text("/plan/driver/client"), "wire");
    detail
}

#[test]
fn consumers_are_members_of_a_group_where_the_file_asks_for_it_and_plan_and_results_say_so() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene =
        Scene::untimed("consumers_are_members_of_a_group_where_the_file_asks_for_it_and_plan_and_results_say_so");
    scene.write("driver.yaml", &wire_driver(kafka, &["group.protocol=consumer"]));
    scene.write("small.yaml", &Workload::small("group").with("partitionsPerTopic", 4).text());
    let plan = scene.pinload(["plan", "-d", "driver.yaml", "small.yaml"]).run();
    plan.assert_code(0).assert_stdout_has("ConsumerGroupHeartbeat");
    let detail = balanced(&scene, &[]);
    let caveats = detail.list("/caveats");
    let own = caveats.iter().find(|caveat| caveat["caveat"] == "wire_driver").expect("whose clients they were");
    assert_eq!(own["joins_group"], true, "{own}");
    assert!(detail.at("/measurement/counters_whole_run/rebalances").as_u64() >= Some(2), "each was assigned something");
    scene.assert_no_leftovers();
}

#[test]
fn workers_on_several_hosts_run_it_each_consumer_with_its_share() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("workers_on_several_hosts_run_it_each_consumer_with_its_share");
    scene.write("driver.yaml", &wire_driver(kafka, &[]));
    scene.write("small.yaml", &Workload::small("several").with("partitionsPerTopic", 4).text());
    let workers = [(); 3].map(|()| WorkerProcess::start(&scene, &[]));
    let urls = workers.iter().map(|worker| worker.url.as_str()).collect::<Vec<_>>().join(",");
    balanced(&scene, &["-w", &urls]);
    end(workers);
    scene.assert_no_leftovers();
}

#[test]
fn a_coordinator_of_ombs_gets_it_with_groups_of_the_brokers_alone() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_coordinator_of_ombs_gets_it_with_groups_of_the_brokers_alone");
    let workers = [(); 3].map(|()| WorkerProcess::start(&scene, &["--delete-topics"]));
    let call = |worker: usize, path: &str, body: &str| {
        let method = if path.ends_with("-stats") { "GET" } else { "POST" };
        let answer = workers[worker].call(method, path, &[], body);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    };
    let refused = workers[0].call("POST", "/initialize-driver", &[], &wire_driver(kafka, &[]));
    assert_eq!(refused.status, 500, "{refused:?}");
    assert!(refused.body.contains("group.protocol=consumer"), "{refused:?}");

    let with_groups = wire_driver(kafka, &["group.protocol=consumer"]);
    (0..3).for_each(|worker| drop(call(worker, "/initialize-driver", &with_groups)));
    let topics = call(0, "/create-topics", r#"{"numberOfTopics":1,"numberOfPartitionsPerTopic":4}"#);
    let topic = &serde_json::from_str::<Vec<String>>(&topics).expect("names")[0];
    let wish = format!(r#"{{"topicsSubscriptions":[{{"topic":"{topic}","subscription":"sub-{topic}"}}]}}"#);
    (1..3).for_each(|worker| drop(call(worker, "/create-consumers", &wish)));
    call(0, "/create-producers", &format!(r#"["{topic}"]"#));
    let payload = base64::engine::general_purpose::STANDARD.encode([7; 200]);
    call(0, "/start-load", &format!(r#"{{"payloadData":["{payload}"],"publishRate":1000.0}}"#));
    let count = |worker: usize, of: &str| {
        let counters: Value = serde_json::from_str(&call(worker, "/counters-stats", "")).expect("our JSON");
        counters[of].as_u64().expect("a count")
    };
    Deadline::within(LIMIT).poll("messages on both consumers' workers", || {
        (1..3).all(|worker| count(worker, "messagesReceived") >= 500).then_some(())
    });
    (0..3).for_each(|worker| drop(call(worker, "/stop-all", "")));
    end(workers);
    scene.assert_no_leftovers();
}

#[test]
fn a_fleet_with_a_worker_that_speaks_ombs_protocol_only_is_refused() {
    let scene = Scene::untimed("a_fleet_with_a_worker_that_speaks_ombs_protocol_only_is_refused");
    let java = StandIn::start(|_| (404, String::new()));
    scene.write("driver.yaml", &driver(JAVA_CLASS, "127.0.0.1:1", &[], &["acks=all"], &CONSUMER));
    scene.write("small.yaml", &Workload::small("refused").text());
    let args = ["run", "--no-progress", "-d", "driver.yaml", "--client", "wire", "-w", &java.url, "small.yaml"];
    let refused = scene.pinload(args).run();
    refused
        .assert_code(CONFIGURATION)
        .assert_stderr_has("client: wire: a worker of the fleet speaks OMB's protocol only");
}
