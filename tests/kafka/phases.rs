//! What changes while the load runs: a backlog that is built and drained, a rate that is searched for, rates that
//! change by plan. On a real Kafka (see `scene/kafka.rs`), except for the last.

use crate::scene::results::{Detail, OmbResult, RawClient};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Kafka, Scene, Workload};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);
const CONSUMER: [&str; 1] = ["auto.offset.reset=earliest"];

fn balanced(detail: &Detail) {
    let totals = detail.totals();
    assert_eq!((totals.lost, totals.duplicated), (0, 0));
    assert_eq!((totals.sent, totals.received), (totals.acknowledged, totals.acknowledged));
}

#[test]
fn a_backlog_is_built_and_drained_and_then_the_stated_time_begins() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_backlog_is_built_and_drained_and_then_the_stated_time_begins");
    scene.write("d.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &["acks=all"], &CONSUMER));
    // What a broker beside others takes in some seconds.
    let workload = Workload::small("backlog").with("producerRate", 2_000).with("consumerBacklogSizeGB", 0.01);
    scene.write("backlog.yaml", &workload.text());
    let args = [
        "run",
        "--no-progress",
        "-d",
        "d.yaml",
        "--duration",
        "3s",
        "--warmup",
        "1s",
        "--output",
        "b.json",
        "backlog.yaml",
    ];
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    for line in [
        "Stopping all consumers to build backlog",
        "--- Completed backlog build in",
        "--- Start draining backlog ---",
        "--- Completed backlog draining in",
    ] {
        assert!(done.says(line), "{line}: {done}");
    }
    let detail = Detail::read(&scene.path("b.detail"));
    balanced(&detail);
    let phases = detail.list("/phases");
    let names: Vec<_> = phases.iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["backlog_build", "backlog_drain", "test"], "{done}");
    assert!(phases[0]["backlog_messages"].as_u64() >= Some(10_485), "{phases:?}");
    assert!(phases[1]["backlog_messages"].as_u64() <= Some(1_000), "{phases:?}");
    let test_s = phases[2]["end_s"].as_f64().unwrap() - phases[2]["start_s"].as_f64().unwrap();
    assert!((3.0..=4.5).contains(&test_s), "{phases:?}");
    OmbResult::read(&scene.path("b.json")).assert_consistent();
    scene.assert_no_leftovers();
}

/// A quota of Kafka's own caps what one client id may send: the truth is known.
#[test]
fn the_search_finds_the_rate_that_a_quota_allows() {
    const QUOTA_BYTES_PER_S: f64 = 3_000_000.0;
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed_for_minutes("the_search_finds_the_rate_that_a_quota_allows");
    kafka.limit_producer(&scene, "capped", QUOTA_BYTES_PER_S);
    scene.write("d.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &["acks=all", "client.id=capped"], &CONSUMER));
    let workload = Workload::small("search").with("producerRate", 0).with("producersPerTopic", 1);
    scene.write("search.yaml", &workload.text());
    let args = ["run", "--no-progress", "-d", "d.yaml", "--duration", "200s", "--output", "s.json", "search.yaml"];
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    let detail = Detail::read(&scene.path("s.detail"));
    balanced(&detail);
    let found = detail.at("/rate_search/found_rate_per_s").as_f64().expect("a rate");
    // Kafka counts bytes of batches: 1,024 of the value and a few of the record.
    let share = found * 1_036.0 / QUOTA_BYTES_PER_S;
    assert!((0.9..=1.1).contains(&share), "{found}/s are {share} of the quota: {done}");
    assert!(done.says("sustainable rate found"), "{done}");
    assert!(!detail.list("/rate_search/steps").is_empty());
    scene.assert_no_leftovers();
}

#[test]
fn steps_send_what_their_rates_add_up_to_and_periods_are_as_long_as_asked_for() {
    let scene = Scene::new("steps_send_what_their_rates_add_up_to_and_periods_are_as_long_as_asked_for");
    let workload = Workload::small("steps")
        .without("producerRate")
        .with("producerRateScope", "total")
        .with("producerRateSteps", "[[0, 100], [2, 1000], [4, 50]]")
        .with("sampleRateMillis", 2000);
    scene.write("steps.yaml", &workload.text());
    let args = ["run", "--no-progress", "--embedded", "--duration", "6s", "--record-raw", "raw", "--output", "s.json"];
    let args = args.into_iter().chain(["steps.yaml"]);
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    let detail = Detail::read(&scene.path("s.detail"));
    balanced(&detail);
    // By the moments they were due at, whenever the machine let them go. The load goes on until its last second is
    // collected: what is due after the 6 s (15 messages on a machine that took 0.3 s for it) is sent at the last rate,
    // and stands in the totals.
    let due = due_s(&RawClient::read_all(&[scene.path("raw")]));
    let within = |from_s: f64, to_s: f64| due.iter().filter(|at_s| (from_s..to_s).contains(*at_s)).count();
    assert_eq!([within(0.0, 2.0), within(2.0, 4.0), within(4.0, 6.0)], [200, 2_000, 100], "{done}");
    assert_eq!(detail.totals().sent, due.len() as u64, "{done}");
    // Two producers: each may have one at the very end.
    let last_s = due.iter().copied().fold(6.0, f64::max);
    assert!(within(6.0, f64::INFINITY) as f64 <= (last_s - 6.0) * 50.0 + 2.0, "{done}");
    assert_eq!(detail.list("/periods").len(), 3);
    scene.assert_no_leftovers();
}

/// When each message that was acknowledged was due, seconds after the load's epoch.
fn due_s(clients: &[RawClient]) -> Vec<f64> {
    let mut due = Vec::new();
    for client in clients.iter().filter(|client| client.role() == "producer") {
        let epoch_ns = client.cuts.iter().map(|cut| cut.1).max().expect("a cut");
        let messages = client.samples.iter().filter(|(_, sample)| sample.is_message());
        due.extend(messages.map(|(_, sample)| (sample.intended_ns - epoch_ns) as f64 / 1e9));
    }
    due
}
