//! Topics that differ, topics that exist, runs that only produce or only consume, messages of several sizes: on the
//! embedded broker, and where something must outlive a run on a real Kafka (see `scene/kafka.rs`).

mod unlimited;

use crate::scene::results::{Detail, OmbResult};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Kafka, Outcome, Scene, Workload};
use nix::sys::signal::Signal;
use std::time::Duration;

const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(90);
const PRODUCER: [&str; 2] = ["acks=all", "linger.ms=1"];
const CONSUMER: [&str; 2] = ["auto.offset.reset=earliest", "enable.auto.commit=false"];

/// Runs `workload` as `name` for three seconds; its files are `name.json` and `name.detail`.
fn run(scene: &Scene, driver: &[&str], name: &str, workload: &Workload) -> (Outcome, OmbResult, Detail) {
    let file = format!("{name}.yaml");
    scene.write(&file, &workload.text());
    let output = format!("{name}.json");
    let mut args = vec!["run", "--no-progress", "--warmup", "1s", "--duration", "3s", "--output", &output];
    args.extend(driver);
    args.push(&file);
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    scene.assert_no_leftovers();
    let result = OmbResult::read(&scene.path(&output));
    result.assert_consistent();
    (done, result, Detail::read(&scene.path(&format!("{name}.detail"))))
}

fn counter(detail: &Detail, name: &str) -> u64 {
    detail.at(&format!("/measurement/counters_whole_run/{name}")).as_u64().expect("a count")
}

fn has_caveat(detail: &Detail, caveat: &str) -> bool {
    detail.list("/caveats").iter().any(|found| found["caveat"] == caveat)
}

fn embedded(scene: &Scene, name: &str, workload: &Workload) -> (Outcome, OmbResult, Detail) {
    run(scene, &["--embedded"], name, workload)
}

/// Without `topics`, `partitionsPerTopic` and random payloads.
fn without_topics(name: &str) -> Workload {
    Workload::small(name).without("topics").without("partitionsPerTopic")
}

#[test]
fn topics_that_differ_balance_one_by_one() {
    let scene = Scene::untimed("topics_that_differ_balance_one_by_one");
    let workload = Workload::small("lists")
        .with("topics", 3)
        .without("partitionsPerTopic")
        .with("partitionsPerTopicList", "[1, 2, 4]")
        .without("producersPerTopic")
        .with("producersPerTopicList", "[2, 1, 1]")
        .with("consumerPerSubscription", 1);
    let (done, result, detail) = embedded(&scene, "lists", &workload);
    assert!(done.says("3 topics with 1, 2, 4 partitions"), "{done}");
    assert_eq!((result.topics, result.partitions, result.producers_per_topic), (3, 4, 2), "results show the most");
    let totals = detail.totals();
    assert_eq!(
        (totals.sent, totals.received, totals.lost, totals.duplicated),
        (totals.acknowledged, totals.sent, 0, 0)
    );
    let subscriptions = detail.list("/accounting/subscriptions");
    let producers: Vec<usize> = subscriptions.iter().map(|one| one["producers"].as_array().unwrap().len()).collect();
    assert_eq!(producers, [2, 1, 1]);
    assert!(subscriptions.iter().all(|one| one["total"]["received"].as_u64() > Some(100)), "{subscriptions:?}");
}

#[test]
fn sizes_by_weight_are_sent_and_counted_to_the_byte() {
    let scene = Scene::untimed("sizes_by_weight_are_sent_and_counted_to_the_byte");
    let workload = Workload::small("sizes")
        .without("messageSize")
        .without("randomizedPayloadPoolSize")
        .with("messageSizeDistribution", r#"{"50-100": 70, "1KB-2KB": 30}"#);
    let (done, result, detail) = embedded(&scene, "sizes", &workload);
    assert!(done.says("513 B on average (at most 2,048)"), "{done}");
    assert_eq!(result.message_size, 513, "0.7 × 75 + 0.3 × 1,536, rounded down");
    let totals = detail.totals();
    assert_eq!((totals.received, totals.lost, totals.duplicated), (totals.acknowledged, 0, 0));
    let bytes = counter(&detail, "bytes_acknowledged");
    assert_eq!((counter(&detail, "bytes_enqueued"), counter(&detail, "bytes_received")), (bytes, bytes));
    // So many messages of 2,048 bytes, the others of 100.
    let larger = bytes - 100 * totals.acknowledged;
    assert!(larger.is_multiple_of(1948), "{bytes} bytes");
    let share = larger / 1948 * 100 / totals.acknowledged;
    assert!((25..=35).contains(&share), "{share} % are large");
}

#[test]
fn one_size_without_room_for_a_stamp_turns_stamps_off_and_says_so() {
    let scene = Scene::untimed("one_size_without_room_for_a_stamp_turns_stamps_off_and_says_so");
    let workload = Workload::small("tiny")
        .without("messageSize")
        .without("useRandomizedPayloads")
        .with("messageSizeDistribution", r#"{"0-10": 1, "50-100": 1}"#);
    let (_, _, detail) = embedded(&scene, "tiny", &workload);
    assert_eq!(detail.text("/message/no_stamp_reason"), "the smallest messages have 10 bytes, the stamp needs 48");
    let bytes = counter(&detail, "bytes_acknowledged");
    assert_eq!((counter(&detail, "bytes_received"), has_caveat(&detail, "not_balanced")), (bytes, true));
    assert_eq!(counter(&detail, "messages_received"), counter(&detail, "messages_acknowledged"));
}

#[test]
fn the_files_of_a_folder_are_payloads() {
    let scene = Scene::untimed("the_files_of_a_folder_are_payloads");
    std::fs::create_dir(scene.path("payloads")).expect("a folder");
    for (name, length) in [("a", 100), ("b", 300)] {
        scene.write(&format!("payloads/{name}"), &"x".repeat(length));
    }
    let workload = Workload::small("folder")
        .without("messageSize")
        .without("useRandomizedPayloads")
        .with("payloadFile", "payloads");
    let (_, result, detail) = embedded(&scene, "folder", &workload);
    assert_eq!(result.message_size, 200);
    let (bytes, messages) = (counter(&detail, "bytes_received"), counter(&detail, "messages_received"));
    assert_eq!((bytes, messages), (counter(&detail, "bytes_enqueued"), counter(&detail, "messages_enqueued")));
    let mean = bytes / messages;
    assert!((180..220).contains(&mean), "{mean} bytes on average");
}

#[test]
fn what_one_run_leaves_in_topics_of_fixed_names_another_consumes_to_the_last_message() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::new("what_one_run_leaves_in_topics_of_fixed_names_another_consumes_to_the_last_message");
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER));
    let on_kafka = ["-d", "driver.yaml"];
    let fixed =
        Workload::small("fixed").with("randomTopicNames", "false").with("partitionsPerTopic", 3).with("topics", 2);
    let produce = fixed.clone().with("subscriptionsPerTopic", 0).without("consumerPerSubscription");
    let consume =
        fixed.with("consumerOnly", "true").without("producersPerTopic").without("producerRate").without("messageSize");
    // A broker that is older than this test may hold something already.
    run(&scene, &on_kafka, "drain", &consume);
    let (_, _, produced) = run(&scene, &on_kafka, "produce", &produce);
    assert_eq!(produced.topics(), ["test-topic-0000000-0003", "test-topic-0000001-0003"]);
    assert_eq!(produced.at("/topics/deleted"), false, "they are there for the next run");

    let (done, result, detail) = run(&scene, &on_kafka, "consume", &consume);
    assert!(done.says("no producers, the run only consumes"), "{done}");
    let acknowledged = counter(&produced, "messages_acknowledged");
    assert!(acknowledged > 1_500, "{acknowledged}");
    assert_eq!(counter(&detail, "messages_received"), acknowledged);
    assert_eq!(counter(&detail, "bytes_received"), counter(&produced, "bytes_acknowledged"));
    assert_eq!(counter(&detail, "messages_foreign"), counter(&produced, "probes_acknowledged"));
    assert_eq!(counter(&detail, "messages_untimed"), acknowledged, "all are older than the load");
    assert!(detail.at("/periods/0/backlog_messages").is_null() && result.backlog.iter().all(|backlog| *backlog == 0));
    assert!(
        detail.at("/measurement/latencies/end_to_end_actual").is_null()
            || result.aggregated_end_to_end_latency_max == 0.0
    );
    assert!(has_caveat(&detail, "fed_by_others") && has_caveat(&detail, "untimed"));
    assert!(!has_caveat(&detail, "not_balanced") && !has_caveat(&detail, "rate_missed"));

    let (_, _, again) = run(&scene, &on_kafka, "again", &consume);
    assert_eq!(counter(&again, "messages_received"), 0, "groups of fixed names go on where the last run ended");
}

#[test]
fn one_set_of_existing_topics_is_produced_to_and_another_consumed() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("one_set_of_existing_topics_is_produced_to_and_another_consumed");
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER));
    let on_kafka = ["-d", "driver.yaml"];
    let [a, b, c] = ["a", "b", "c"].map(|letter| format!("shapes-{letter}-{}", std::process::id()));
    for (topic, partitions) in [(&a, 1), (&b, 2), (&c, 3)] {
        kafka.create_topic(&scene, topic, partitions);
    }
    let fill =
        without_topics("fill").with("existingProduceTopicList", format!("[{c}]")).with("subscriptionsPerTopic", 0);
    let (_, _, filled) = run(&scene, &on_kafka, "fill", &fill);

    let both = without_topics("both")
        .with("topics", 0)
        .with("existingProduceTopicList", format!("[{a}, {b}]"))
        .with("existingConsumeTopicList", format!("[{b}, {c}]"))
        .with("consumerPerSubscription", 1);
    let (_, result, detail) = run(&scene, &on_kafka, "both", &both);
    assert_eq!((result.topics, detail.topics()), (3, vec![a, b.clone(), c]));
    let to_b: u64 = detail.list("/accounting/subscriptions").iter().find(|one| one["topic"] == b).map_or(0, |one| {
        assert_eq!((&one["total"]["lost"], &one["total"]["duplicated"]), (&0.into(), &0.into()));
        one["total"]["received"].as_u64().unwrap_or(0)
    });
    let left = counter(&filled, "messages_acknowledged");
    assert!(to_b > 500 && left > 500, "{to_b} and {left}");
    assert_eq!(counter(&detail, "messages_received"), to_b + left, "its own from b, and what was left in c");
    assert!(counter(&detail, "messages_acknowledged") > to_b + 500, "the others went to a, where nobody reads");
    assert!(
        result.backlog.iter().all(|backlog| *backlog < to_b),
        "what others left is no backlog: {:?}",
        result.backlog
    );
    assert!(has_caveat(&detail, "fed_by_others"));
    // What others left is none of its rate. A busy machine may keep less than was asked for, and then it says so.
    let reached_per_s = detail.at("/measurement/publish_rate_per_s").as_f64().expect("a rate");
    assert!(!has_caveat(&detail, "rate_missed") || reached_per_s < 500.0 * 0.99, "{reached_per_s}");
    assert_eq!(detail.at("/topics/deleted"), false);
}

#[test]
fn a_consuming_run_times_what_another_run_sends_meanwhile() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_consuming_run_times_what_another_run_sends_meanwhile");
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER));
    let topic = format!("shapes-live-{}", std::process::id());
    kafka.create_topic(&scene, &topic, 2);
    let produce =
        without_topics("live").with("existingProduceTopicList", format!("[{topic}]")).with("subscriptionsPerTopic", 0);
    scene.write("produce.yaml", &produce.text());
    let args =
        ["run", "--no-progress", "--duration", "80s", "--output", "live.json", "-d", "driver.yaml", "produce.yaml"];
    let feeder = scene.pinload(args).limit(LIMIT).spawn();
    feeder.wait_for_line("measurement begins", LIMIT);

    let consume =
        without_topics("consume").with("existingConsumeTopicList", format!("[{topic}]")).without("producersPerTopic");
    scene.write("consume.yaml", &consume.text());
    let args =
        ["run", "--no-progress", "--duration", "4s", "--output", "consume.json", "-d", "driver.yaml", "consume.yaml"];
    scene.pinload(args).limit(LIMIT).run().assert_code(0);
    feeder.signal_group(Signal::SIGINT);
    feeder.outcome().assert_code(INTERRUPTED);

    let detail = Detail::read(&scene.path("consume.detail"));
    let timed = counter(&detail, "messages_unstamped");
    assert!(timed > 500, "{timed} messages came while both ran");
    assert_eq!(counter(&detail, "messages_received"), timed + counter(&detail, "messages_untimed"));
    let p50 = detail.at("/measurement/latencies/end_to_end_actual/p50_ns").as_u64().expect("a latency");
    assert!(p50 < 2_000_000_000, "{p50} ns is an age and no latency");
}
