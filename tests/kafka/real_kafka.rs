//! The main job against a real Kafka: the broker's own counts, authentication, both group protocols, both scopes of the
//! rate.
//!
//! The broker comes from `tools/kafka` (see `scene/kafka.rs`). Without Java or Maven these tests say so loudly and do
//! nothing, except in continuous integration, where that is a failure.

mod logins;

use crate::scene;
use crate::scene::results::{Detail, OmbResult, Totals};
use crate::scene::workload::{JAVA_CLASS, PYTHON_CLASS, driver};
use crate::scene::{Kafka, Outcome, Scene, Workload};
use std::time::Duration;

const UNREACHABLE: i32 = 4;
const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(90);
/// A refusal takes the start (a second for the clock) and a few round trips; the rest is for a busy machine.
const QUICK: Duration = Duration::from_secs(10);

/// What OMB's own driver files say.
const PRODUCER: [&str; 3] = ["acks=all", "linger.ms=1", "batch.size=131072"];
const CONSUMER: [&str; 2] = ["auto.offset.reset=earliest", "enable.auto.commit=false"];

/// A run long enough to balance; one of a whole period, behind a warm-up, where rates are judged.
const SHORT: &str = "--duration=2s";
const PERIOD: &str = "--duration=10s";

fn run(scene: &Scene, more: &[&str]) -> Outcome {
    let warm_up = if more.contains(&PERIOD) { "1s" } else { "0s" };
    let mut args = vec!["run", "--no-progress", "-d", "driver.yaml", "--warmup", warm_up];
    args.extend(more);
    args.push("small.yaml");
    scene.pinload(args).limit(LIMIT).run()
}

fn plain_driver(kafka: &Kafka) -> String {
    driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER)
}

/// A short run with this driver and workload; its counts balance over all its subscriptions.
fn balanced(scene: &Scene, driver: &str, workload: &Workload, subscriptions: u64, duration: &str) -> Totals {
    scene.write("driver.yaml", driver);
    scene.write("small.yaml", &workload.text());
    run(scene, &["--keep-topics", duration]).assert_code(0);
    scene.assert_no_leftovers();
    OmbResult::read(&scene.result_file()).assert_consistent();
    let totals = Detail::read(&scene.detail_file()).totals();
    assert_eq!(totals.acknowledged * subscriptions, totals.received, "{totals:?}");
    assert_eq!(totals.sent, totals.acknowledged, "{totals:?}");
    assert_eq!((totals.lost, totals.duplicated, totals.failed, totals.unknown), (0, 0, 0, 0), "{totals:?}");
    totals
}

#[test]
fn the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes");
    let workload = Workload::small("offsets")
        .with("topics", 2)
        .with("partitionsPerTopic", 3)
        .with("subscriptionsPerTopic", 2)
        .with("producerRate", 2000);
    let totals = balanced(&scene, &plain_driver(kafka), &workload, 2, PERIOD);
    assert!(totals.acknowledged >= 21_900, "warm-up and measurement: {totals:?}");

    let detail = Detail::read(&scene.detail_file());
    let topics = detail.topics();
    let offsets = kafka.end_offsets(&scene, &topics);
    assert_eq!(offsets.len(), 6, "2 topics × 3 partitions: {offsets:?}");
    assert_eq!(offsets.values().sum::<u64>(), totals.acknowledged + totals.probes, "{offsets:?} {totals:?}");

    let result = OmbResult::read(&scene.result_file());
    for rate in &result.publish_rate {
        assert!((rate - 2000.0).abs() < 100.0, "2,000 msg/s in total, measured {rate}");
    }
    for family in ["acknowledge_actual", "acknowledge_intended", "end_to_end_actual", "end_to_end_intended"] {
        let p50 = detail.at(&format!("/measurement/latencies/{family}/p50_ns")).as_u64();
        assert!(p50.is_some_and(|p50| p50 > 0), "{family}: {p50:?}");
    }
}

#[test]
fn four_producers_at_1000_send_1000_in_total_with_ombs_class_and_4000_with_the_guides() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("four_producers_at_1000_send_1000_in_total_with_ombs_class_and_4000_with_the_guides");
    let workload = Workload::small("scope").with("producersPerTopic", 4).with("producerRate", 1000);
    scene.write("small.yaml", &workload.text());
    let cases = [
        (JAVA_CLASS, "4 producers × 250 = 1,000 msg/s", 1000.0),
        (PYTHON_CLASS, "4 producers × 1,000 = 4,000 msg/s", 4000.0),
    ];
    for (class, said, rate) in cases {
        scene.write("driver.yaml", &driver(class, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER));
        let file = format!("{rate}.json");
        let done = run(&scene, &[PERIOD, "--output", &file]);
        done.assert_code(0);
        assert!(done.says(said), "{said:?} is not said\n{done}");
        let measured = OmbResult::read(&scene.path(&file)).mean_publish_rate();
        assert!((measured - rate).abs() < rate * 0.02, "{said}: measured {measured}");
    }
}

#[test]
fn groups_by_the_new_protocol_balance_too() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("groups_by_the_new_protocol_balance_too");
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false", "group.protocol=consumer"];
    let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &consumer);
    balanced(&scene, &driver, &Workload::small("kip-848"), 1, SHORT);
}

#[test]
fn nothing_is_missed_by_consumers_that_start_at_the_latest_offset() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("nothing_is_missed_by_consumers_that_start_at_the_latest_offset");
    let consumer = ["auto.offset.reset=latest", "enable.auto.commit=true"];
    let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &consumer);
    balanced(&scene, &driver, &Workload::small("latest"), 1, SHORT);
}

#[test]
fn a_driver_file_in_the_guides_form_balances() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_driver_file_in_the_guides_form_balances");
    let producer = ["acks=1", "linger.ms=1", "batch.size=16384"];
    let driver = driver(PYTHON_CLASS, kafka.bootstrap(), &[], &producer, &["auto.offset.reset=earliest"]);
    balanced(&scene, &driver, &Workload::small("guide").with("keyDistributor", "RANDOM"), 1, SHORT);
}

#[test]
fn own_topics_are_deleted_at_the_end_and_after_ctrl_c() {
    let scene = Scene::untimed("own_topics_are_deleted_at_the_end_and_after_ctrl_c");
    // On a broker where nobody else makes topics.
    let Some(kafka) = Kafka::own(&scene) else { return };
    scene.write("driver.yaml", &plain_driver(&kafka));
    scene.write("small.yaml", &Workload::small("deleted").text());
    let before = kafka.topics(&scene);
    run(&scene, &[SHORT, "--output", "done.json"]).assert_code(0);
    let used = Detail::read(&scene.path("done.detail")).topics();
    assert!(!used.is_empty());
    assert_eq!(kafka.topics(&scene), before, "own topics are left: {used:?}");

    let running =
        scene.pinload(["run", "--no-progress", "-d", "driver.yaml", "--duration", "60s", "small.yaml"]).spawn();
    running.clients("producer", 2);
    running.signal_group(nix::sys::signal::Signal::SIGINT);
    running.outcome_within(LIMIT).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();
    assert_eq!(kafka.topics(&scene), before, "topics are left after Ctrl-C");
}

#[test]
fn topics_named_by_the_user_are_used_and_kept() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("topics_named_by_the_user_are_used_and_kept");
    scene.write("driver.yaml", &plain_driver(kafka));
    scene.write("small.yaml", &Workload::small("named").text());
    let topic = format!("named-by-test-{}", std::process::id());
    kafka.create_topic(&scene, &topic, 2);
    run(&scene, &[SHORT, "--topics", &topic]).assert_code(0);
    assert_eq!(Detail::read(&scene.detail_file()).topics(), std::slice::from_ref(&topic));
    assert!(kafka.topics(&scene).contains(&topic), "a topic of the user was deleted");
}

#[test]
fn a_topic_that_cannot_be_created_is_one_clear_error() {
    let scene = Scene::untimed("a_topic_that_cannot_be_created_is_one_clear_error");
    let Some(kafka) = Kafka::own(&scene) else { return };
    scene.write("small.yaml", &Workload::small("refused").text());
    let three = plain_driver(&kafka).replace("replicationFactor: 1", "replicationFactor: 3");
    scene.write("driver.yaml", &three);
    let before = kafka.topics(&scene);
    run(&scene, &[SHORT])
        .assert_code(UNREACHABLE)
        .assert_stderr_has("cannot create topics")
        .assert_stderr_has("replication");
    scene.assert_no_leftovers();
    assert_eq!(kafka.topics(&scene), before);
}

#[test]
fn all_workloads_run_on_all_drivers_and_one_pairs_failure_stops_no_other() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("all_workloads_run_on_all_drivers_and_one_pairs_failure_stops_no_other");
    scene.write("first.yaml", &Workload::small("first").text());
    scene.write("second.yaml", &Workload::small("second").with("messageSize", 100).text());
    let named = |name: &str, text: String| text.replace("name: Kafka", &format!("name: {name}"));
    scene.write("bad.yaml", &named("Bad", driver(JAVA_CLASS, scene::kafka::NOBODY, &[], &PRODUCER, &CONSUMER)));
    scene.write("good.yaml", &named("Good", plain_driver(kafka)));
    let mut args =
        vec!["run", "--no-progress", "-d", "bad.yaml,good.yaml", "--connect-timeout=3s", "--warmup=0s", SHORT];
    args.extend(["first.yaml", "second.yaml"]);
    let ended = scene.pinload(args).limit(2 * LIMIT).run();
    ended.assert_code(UNREACHABLE).assert_stderr_has(scene::kafka::NOBODY);
    for workload in ["first", "second"] {
        assert!(ended.says(&format!("{workload} on Bad: ")), "the failed pair is named\n{ended}");
        let prefix = format!("{workload}-Good-");
        let good = scene.the_file(&prefix, |name| name.starts_with(&prefix) && name.ends_with(".json"));
        let good = OmbResult::read(&good);
        good.assert_consistent();
        assert_eq!((good.workload.as_str(), good.driver.as_str()), (workload, "Good"));
    }
    scene.assert_no_leftovers();
}

#[test]
fn without_acknowledgements_their_latency_is_labelled_as_local() {
    let Some(kafka) = Kafka::shared() else { return };
    // Alone: nobody asks again for what a busy broker did not take.
    let scene = Scene::alone("without_acknowledgements_their_latency_is_labelled_as_local");
    scene.write("small.yaml", &Workload::small("acks-0").text());
    scene.write("driver.yaml", &driver(PYTHON_CLASS, kafka.bootstrap(), &[], &["acks=0"], &CONSUMER));
    let done = run(&scene, &[SHORT]);
    done.assert_code(0);
    // On a busy machine there is more to say of a run than the screen has room for; the table says it in any case.
    assert!(done.says("acknowledged locally (acks=0)"), "{done}");
    let detail = Detail::read(&scene.detail_file());
    let words = detail.words_of_caveat("local_acknowledgement");
    assert!(words.contains("acks=0: acknowledgement latency is local"), "{words:?}\n{done}");
    let totals = detail.totals();
    assert_eq!((totals.received, totals.lost), (totals.sent, 0), "{totals:?}");
}

#[test]
fn on_topics_with_the_brokers_times_messages_without_a_stamp_have_no_end_to_end_times() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("on_topics_with_the_brokers_times_messages_without_a_stamp_have_no_end_to_end_times");
    let with_brokers_times = "topicConfig: message.timestamp.type=LogAppendTime";
    scene.write("driver.yaml", &plain_driver(kafka).replace("topicConfig: \"\"", with_brokers_times));
    scene.write("small.yaml", &Workload::small("appended").text());
    let done = run(&scene, &["--no-stamp", SHORT]);
    done.assert_code(0);
    assert!(done.says("topicConfig has message.timestamp.type=LogAppendTime"), "the plan does not say so\n{done}");
    assert!(done.says("end to end (no times: LogAppendTime)"), "the table does not say so\n{done}");
    let detail = Detail::read(&scene.detail_file());
    let caveats = detail.list("/caveats");
    assert!(caveats.iter().any(|caveat| caveat["caveat"] == "log_append_time"), "{caveats:?}\n{done}");
    let times = detail.at("/measurement/latencies/end_to_end_actual");
    assert!(times.is_null() || times["count"] == 0, "{times}\n{done}");
    let counters = detail.at("/measurement/counters_whole_run");
    assert_eq!(counters["messages_log_append_time"], counters["messages_received"], "{counters}");
    assert_eq!((&counters["messages_unstamped"], &counters["end_to_end_not_positive"]), (&0.into(), &0.into()));

    // Stamps do not mind.
    let done = run(&scene, &["--output", "stamped.json", SHORT]);
    done.assert_code(0);
    assert!(!done.says("LogAppendTime"), "{done}");
}
