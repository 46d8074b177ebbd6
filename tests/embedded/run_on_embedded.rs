//! The main job on the embedded broker: no installation, real processes, a result whose counts balance.

use crate::scene;
use crate::scene::results::{Detail, OmbResult, field_names_in_order};
use crate::scene::{Scene, Workload};
use std::time::Duration;

/// Warm-up, one period, start and end.
const SHORT: Duration = Duration::from_secs(60);

fn run<'a>(scene: &'a Scene, more: &[&str]) -> scene::Run<'a> {
    let mut args = vec!["run", "--embedded", "--no-progress", "--warmup", "1s"];
    args.extend(more);
    args.push("small.yaml");
    scene.pinload(args).limit(SHORT)
}

fn scene(name: &'static str, workload: &Workload) -> Scene {
    with_workload(Scene::untimed(name), workload)
}

/// With nobody beside, for runs whose rate is looked at.
fn scene_alone(name: &'static str, workload: &Workload) -> Scene {
    with_workload(Scene::alone(name), workload)
}

fn with_workload(scene: Scene, workload: &Workload) -> Scene {
    scene.write("small.yaml", &workload.text());
    scene
}

#[test]
fn a_run_writes_the_result_and_its_counts_balance() {
    let workload = Workload::small("balance").with("logIntervalMillis", 5_000);
    let scene = scene_alone("a_run_writes_the_result_and_its_counts_balance", &workload);
    let done = run(&scene, &["--duration", "10s"]).run();
    done.assert_code(0);
    scene.assert_no_leftovers();

    let result = OmbResult::read(&scene.result_file());
    result.assert_consistent();
    assert_eq!(
        (result.workload.as_str(), result.message_size, result.topics, result.partitions),
        ("balance", 1024, 1, 2)
    );
    assert_eq!((result.producers_per_topic, result.consumers_per_topic), (2, 2));
    assert_eq!(result.publish_rate.len(), 2, "10 s are two periods");
    for rate in result.publish_rate.iter().chain(&result.consume_rate) {
        // A busy machine moves messages over the border of a period; what it may not do is lose them: see the counts
        // below.
        assert!((rate - 1000.0).abs() < 50.0, "2 producers × 500 = 1,000 msg/s, measured {rate}");
    }
    assert_eq!(result.publish_error_rate, [0.0, 0.0]);
    assert!(result.aggregated_publish_latency_50pct > 0.0, "acknowledgements take time");
    assert!(result.aggregated_end_to_end_latency_50pct > 0.0, "nanosecond stamps: no end-to-end time is 0");

    let detail = Detail::read(&scene.detail_file());
    let host = detail.at("/environment/0");
    assert!(host["facts"]["kernel"]["kernel_release"].is_string() && host["findings"].is_array(), "{host}");
    let totals = detail.totals();
    // On a busy machine the end can find a few sends late: they are left out, not sent after the end.
    assert!(totals.acknowledged >= 10_900, "warm-up and measurement: {totals:?}");
    assert_eq!(totals.acknowledged, totals.received, "one subscription receives everything: {totals:?}");
    assert_eq!((totals.lost, totals.duplicated, totals.failed, totals.unknown), (0, 0, 0, 0), "{totals:?}");

    // The names of the files are the last thing a person reads.
    for file in [scene.result_file(), scene.detail_file()] {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        assert!(done.says(&name), "{name} is not named\n{done}");
    }
}

#[test]
fn the_result_has_ombs_fields_in_ombs_order() {
    let scene = scene("the_result_has_ombs_fields_in_ombs_order", &Workload::small("order"));
    run(&scene, &["--duration", "2s"]).run().assert_code(0);
    let names = field_names_in_order(&scene.result_file());
    assert_eq!(names.len(), 62, "{names:?}");
    assert_eq!(
        names[..8],
        [
            "workload",
            "driver",
            "messageSize",
            "topics",
            "partitions",
            "producersPerTopic",
            "consumersPerTopic",
            "publishRate"
        ]
    );
    assert_eq!(names[43..45], ["aggregatedPublishLatencyQuantiles", "aggregatedPublishDelayLatencyQuantiles"]);
    assert_eq!(
        (names[53].as_str(), names[61].as_str()),
        ("aggregatedEndToEndLatencyQuantiles", "aggregatedEndToEndLatencyMax")
    );
}

#[test]
fn every_period_is_printed_in_ombs_words() {
    let scene = scene("every_period_is_printed_in_ombs_words", &Workload::small("words"));
    let done = run(&scene, &["--duration", "2s", "--console", "omb"]).run();
    done.assert_code(0);
    let all = done.everything();
    let line = all.lines().find(|line| line.contains("Pub rate")).unwrap_or_else(|| panic!("no period line\n{done}"));
    let parts: Vec<_> = line.split(" | ").collect();
    assert_eq!(parts.len(), 6, "{line}");
    for (part, words) in parts.iter().zip([
        "Pub rate",
        "Pub err",
        "Cons rate",
        "Backlog:",
        "Pub Latency (ms) avg:",
        "Pub Delay Latency (us) avg:",
    ]) {
        assert!(part.contains(words), "{part:?} lacks {words:?}");
    }
    assert!(all.contains("----- Aggregated Pub Latency (ms) avg:"), "{done}");
}

#[test]
fn the_rate_on_the_command_line_is_the_rate_of_each_producer_on_the_embedded_broker() {
    let scene = scene(
        "the_rate_on_the_command_line_is_the_rate_of_each_producer_on_the_embedded_broker",
        &Workload::small("rate"),
    );
    let done = run(&scene, &["--duration", "2s", "--rate", "0.2k"]).run();
    done.assert_code(0);
    assert!(done.says("2 producers × 200 = 400 msg/s"), "{done}");
    std::fs::create_dir(scene.path("total")).expect("a folder");
    let total =
        run(&scene, &["--duration", "2s", "--rate", "200", "--rate-scope", "total", "--output-dir", "total"]).run();
    total.assert_code(0);
    assert!(total.says("2 producers × 100 = 200 msg/s"), "{total}");
}

#[test]
fn several_subscriptions_each_receive_everything() {
    let workload = Workload::small("fan-out").with("subscriptionsPerTopic", 2).with("consumerPerSubscription", 1);
    let scene = with_workload(Scene::new("several_subscriptions_each_receive_everything"), &workload);
    run(&scene, &["--duration", "5s"]).run().assert_code(0);
    let totals = Detail::read(&scene.detail_file()).totals();
    assert!(totals.acknowledged >= 4_000, "{totals:?}");
    assert_eq!(2 * totals.acknowledged, totals.received, "{totals:?}");
}

#[test]
fn a_late_policy_that_is_not_open_loop_is_labelled_in_plan_run_and_result() {
    let scene =
        scene("a_late_policy_that_is_not_open_loop_is_labelled_in_plan_run_and_result", &Workload::small("late"));
    for (policy, open_loop) in [("bounded", true), ("catch-up", true), ("skip", false), ("shift", false)] {
        let planned = scene.pinload(["plan", "--embedded", "--late-policy", policy, "small.yaml"]).run();
        planned.assert_code(0);
        assert_eq!(planned.stdout.contains("not open-loop"), !open_loop, "{planned}");
    }
    for policy in ["catch-up", "skip", "shift"] {
        let file = format!("{policy}.json");
        let done = run(&scene, &["--duration", "2s", "--late-policy", policy, "--output", &file]).run();
        done.assert_code(0);
        let labelled = policy != "catch-up";
        let label = format!("not open-loop: late policy {policy}");
        let detail = Detail::read(&scene.path(&format!("{policy}.detail")));
        let caveat = detail.caveat("not_open_loop");
        assert_eq!(caveat.map(|caveat| caveat["policy"].as_str()), labelled.then_some(Some(policy)));
        assert_eq!(detail.words_of_caveat("not_open_loop").starts_with(&label), labelled, "{caveat:?}");
        assert!(if labelled { done.says_or_has_more(&label) } else { !done.says("not open-loop") }, "{done}");
    }
}

#[test]
fn a_message_too_small_for_a_stamp_is_still_measured() {
    let scene = scene_alone(
        "a_message_too_small_for_a_stamp_is_still_measured",
        &Workload::small("tiny").with("messageSize", 10),
    );
    let done = run(&scene, &["--duration", "5s"]).run();
    done.assert_code(0);
    let result = OmbResult::read(&scene.result_file());
    result.assert_consistent();
    assert!((result.mean_publish_rate() - 1000.0).abs() < 50.0, "{}", result.mean_publish_rate());
    assert!(done.says("CreateTime"), "the run says where its end-to-end times come from\n{done}");
}

#[test]
fn what_the_embedded_broker_cannot_hold_is_refused() {
    let scene = scene(
        "what_the_embedded_broker_cannot_hold_is_refused",
        &Workload::small("much").with("producerRate", 1_000_000),
    );
    run(&scene, &["--duration", "10s"]).run().assert_code(3).assert_stderr_has("embedded");
}

#[test]
fn a_result_is_written_where_the_user_says() {
    let scene = scene("a_result_is_written_where_the_user_says", &Workload::small("where"));
    run(&scene, &["--duration", "2s", "--output", "mine.json"]).run().assert_code(0);
    OmbResult::read(&scene.path("mine.json")).assert_consistent();
}

/// The chart script is given `*.json`, the CSV converter takes every file whose name ends so; both know OMB's 62 fields
/// and no other.
#[test]
fn ombs_own_tools_find_nothing_but_results_in_a_folder_of_results() {
    let scene = scene("ombs_own_tools_find_nothing_but_results_in_a_folder_of_results", &Workload::small("charts"));
    for _ in 0..2 {
        run(&scene, &["--duration", "2s", "--hlog", "--record-raw", "results", "--output-dir", "results"])
            .run()
            .assert_code(0);
    }
    let files = std::fs::read_dir(scene.path("results")).expect("a folder");
    let names: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    let results: Vec<_> = names.iter().filter(|path| path.to_string_lossy().ends_with(".json")).collect();
    assert_eq!(results.len(), 2, "{names:?}");
    for result in &results {
        let result = OmbResult::read(result);
        result.assert_consistent();
        // What the script draws has a largest value.
        assert!(!result.publish_rate.is_empty() && !result.aggregated_end_to_end_latency_quantiles.is_empty());
    }
    assert!(names.len() > 8, "details, pages, logs and samples are beside them: {names:?}");
}

#[test]
fn two_workloads_are_run_one_after_the_other() {
    let scene = scene("two_workloads_are_run_one_after_the_other", &Workload::small("one"));
    scene.write("other.yaml", &Workload::small("two").text());
    let args = ["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", "2s", "small.yaml", "other.yaml"];
    scene.pinload(args).limit(2 * SHORT).run().assert_code(0);
    for file in ["small-", "other-"] {
        let result = scene.the_file(file, |name| name.starts_with(file) && name.ends_with(".json"));
        OmbResult::read(&result).assert_consistent();
    }
    scene.assert_no_leftovers();
}
