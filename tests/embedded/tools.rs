//! The tools that start nothing: `pinload csv`, `pinload generate`, arguments from a file.

use crate::scene;
use crate::scene::{Scene, Workload};
use std::path::Path;

const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const NOT_WRITTEN: i32 = 6;

const OMB_HEADER: &str = "topics,partitions,message-size,producers-per-topic,consumers-per-topic,\
                          prod-rate-min,prod-rate-avg,prod-rate-std-dev,prod-rate-max,\
                          con-rate-min,con-rate-avg,con-rate-std-dev,con-rate-max,";

/// Results that OMB wrote, and beside them a detail file and one with the ending that they once had.
fn results(scene: &Scene) {
    let folder = scene.path("results");
    std::fs::create_dir(&folder).expect("a folder");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
    for name in ["omb-result-distributed.json", "omb-result-local.json"] {
        std::fs::copy(golden.join(name), folder.join(name)).expect("a copy");
    }
    scene.write("results/omb-result-local.detail", "{}");
    scene.write("results/omb-result-distributed.detail.json", "{}");
    scene.write("results/notes.txt", "no result");
}

#[test]
fn a_folder_of_results_becomes_ombs_table_with_both_commands() {
    let scene = Scene::untimed("a_folder_of_results_becomes_ombs_table_with_both_commands");
    results(&scene);
    let expected = format!(
        "{OMB_HEADER}\n1,2,1024,1,1,4608,4992,147.8,5375,4608,4992,147.8,5375\n\
         1,2,1024,1,1,4608,4992,209.02,5375,4608,4992,209.02,5375\n"
    );
    for command in [&["csv", "results"][..], &["-c", "results"], &["run", "--csv", "results"]] {
        let done = scene.pinload(command.iter().copied()).run();
        done.assert_code(0).assert_stdout_has("2 results, 1 detail file skipped");
        let file = scene.the_file("CSV file", |name| name.ends_with(".csv"));
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let seconds = name.strip_prefix("results-").and_then(|name| name.strip_suffix(".csv"));
        assert!(
            seconds.is_some_and(|seconds| seconds.parse::<u64>().is_ok_and(|seconds| seconds > 1_700_000_000)),
            "{name}"
        );
        assert_eq!(scene.read(name), expected);
        std::fs::remove_file(file).expect("it was there");
    }
    let printed = scene.pinload(["csv", "-o", "-", "results"]).run();
    assert_eq!(printed.assert_code(0).stdout, expected);
    assert!(!scene.names().iter().any(|name| name.ends_with(".csv")), "printed and written");
}

#[test]
fn the_wide_table_goes_where_it_is_told() {
    let scene = Scene::untimed("the_wide_table_goes_where_it_is_told");
    results(&scene);
    scene.pinload(["csv", "--wide", "-o", "wide.csv", "results"]).run().assert_code(0).assert_stdout_has("wide.csv");
    let text = scene.read("wide.csv");
    let columns: Vec<_> = text.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [53, 53, 53]);
    assert!(text.starts_with("workload,driver,version,beginTime,endTime,topics,"), "{text}");
    let nowhere = scene.pinload(["csv", "-o", "nowhere/x.csv", "results"]).run();
    nowhere.assert_code(NOT_WRITTEN).assert_stderr_has("nowhere/x.csv");
}

#[test]
fn files_that_are_no_results_are_all_named_and_nothing_is_written() {
    let scene = Scene::untimed("files_that_are_no_results_are_all_named_and_nothing_is_written");
    results(&scene);
    scene.write("results/package.json", "{\"name\": \"x\", \"topics\": 1}");
    scene.write("results/torn.json", "{\"topics\" : 1,");
    let refused = scene.pinload(["csv", "results"]).run();
    refused
        .assert_code(REFUSED)
        .assert_stderr_has("results/package.json: is no result of a run: it has no partitions")
        .assert_stderr_has("results/torn.json: is no result of a run: EOF");
    assert!(!scene.names().iter().any(|name| name.ends_with(".csv")), "{:?}", scene.names());
    std::fs::create_dir(scene.path("empty")).expect("a folder");
    scene.pinload(["csv", "empty"]).run().assert_code(REFUSED).assert_stderr_has("empty: holds no result files");
    scene.pinload(["csv", "nowhere"]).run().assert_code(REFUSED).assert_stderr_has("nowhere: does not exist");
    let file = scene.pinload(["csv", "results/torn.json"]).run();
    file.assert_code(REFUSED).assert_stderr_has("is not a folder");
}

const TEMPLATE: &str = "\
topics: [1]
partitionsPerTopic: [1, 4]
messageSize: [100]
subscriptionsPerTopic: [1]
producersPerTopic: [1]
consumerPerSubscription: [1]
producerRate: [1000, 20000000]
useRandomizedPayloads: true
randomBytesRatio: 0.5
randomizedPayloadPoolSize: 10
testDurationMinutes: 1
";

#[test]
fn a_template_becomes_workloads_that_can_be_planned() {
    let scene = Scene::untimed("a_template_becomes_workloads_that_can_be_planned");
    scene.write("template.yaml", TEMPLATE);
    let done = scene.pinload(["generate", "-t", "template.yaml", "-o", "new/workloads"]).run();
    let expected = [
        "Generated: 1-topics-1-partitions-100b-1p-1c-1k",
        "Generated: 1-topics-1-partitions-100b-1p-1c-max-rate",
        "Generated: 1-topics-4-partitions-100b-1p-1c-1k",
        "Generated: 1-topics-4-partitions-100b-1p-1c-max-rate",
        "Generated 4 workloads.",
    ];
    assert_eq!(done.assert_code(0).stdout.lines().collect::<Vec<_>>(), expected);
    let driver = scene::workload::driver(scene::workload::JAVA_CLASS, scene::kafka::NOBODY, &[], &[], &[]);
    scene.write("d.yaml", &driver);
    let files = expected[..4].iter().map(|line| format!("new/workloads/{}.yaml", &line["Generated: ".len()..]));
    let args = ["plan", "-d", "d.yaml"].into_iter().map(str::to_owned).chain(files);
    let planned = scene.pinload(args).run();
    planned.assert_code(0).assert_stdout_has("1-topics-4-partitions-100b-1p-1c-max-rate");
}

#[test]
fn a_bad_template_is_refused_with_all_its_mistakes_and_writes_nothing() {
    let scene = Scene::untimed("a_bad_template_is_refused_with_all_its_mistakes_and_writes_nothing");
    scene
        .write("template.yaml", &TEMPLATE.replace("messageSize: [100]", "messageSize: []").replace("[1000,", "[fast,"));
    let refused = scene.pinload(["generate", "-t", "template.yaml", "-o", "out"]).run();
    refused
        .assert_code(REFUSED)
        .assert_stderr_has("template.yaml:3: messageSize: is missing or empty")
        .assert_stderr_has("template.yaml:7: producerRate: the text \"fast\" is not a whole number");
    assert_eq!(scene.names(), ["template.yaml"]);
    scene.write("w.yaml", &Workload::small("w").text());
    let workload = scene.pinload(["generate", "-t", "w.yaml", "-o", "out"]).run();
    workload.assert_code(REFUSED).assert_stderr_has("w.yaml:1: name: is no key of a workload template");
    scene.write("file", "");
    scene.write("template.yaml", TEMPLATE);
    scene
        .pinload(["generate", "-t", "template.yaml", "-o", "file"])
        .run()
        .assert_code(NOT_WRITTEN)
        .assert_stderr_has("file");
    scene
        .pinload(["generate", "-t", "nowhere.yaml", "-o", "out"])
        .run()
        .assert_code(REFUSED)
        .assert_stderr_has("nowhere.yaml");
}

#[test]
fn arguments_can_stand_in_a_file() {
    let scene = Scene::untimed("arguments_can_stand_in_a_file");
    scene.write("w.yaml", &Workload::small("w").text());
    scene.write("args", "plan\n--embedded\n\n  w.yaml\n");
    scene.pinload(["@args"]).run().assert_code(0).assert_stdout_has("producer 1");
    scene.pinload(["plan", "@nowhere"]).run().assert_code(USAGE).assert_stderr_has("@nowhere: cannot read arguments");
}

#[test]
fn results_of_omb_are_compared_in_words_and_a_gate_that_cannot_be_told_fails() {
    let scene = Scene::untimed("results_of_omb_are_compared_in_words_and_a_gate_that_cannot_be_told_fails");
    results(&scene);
    let pair = ["results/omb-result-local.json", "results/omb-result-distributed.json"];
    for name in ["results/omb-result-local.detail", "results/omb-result-distributed.detail.json"] {
        std::fs::remove_file(scene.path(name)).expect("an empty detail file");
    }
    let same = scene.pinload(["compare", pair[0], pair[0]]).run();
    same.assert_code(0)
        .assert_stdout_has("configuration, machine, broker and versions are the same")
        .assert_stdout_has("publish_rate_per_s")
        .assert_stdout_has("no difference shown")
        .assert_stdout_has("NO DIFFERENCE could be shown");
    let gate = ["compare", "--json", "--fail-if", "worse in cpu_ns_per_message", pair[0], pair[1]];
    let gate = scene.pinload(gate).run();
    gate.assert_code(11).assert_stderr_has("cannot be told").assert_stdout_has("\"spread_source\": \"periods\"");
    let wrong = scene.pinload(["compare", "--fail-if", "slower", pair[0], pair[1]]).run();
    wrong.assert_code(USAGE).assert_stderr_has("worse than 5 % in p99");
    let absent = scene.pinload(["compare", "absent.json", pair[1]]).run();
    absent.assert_code(REFUSED).assert_stderr_has("absent.json: does not exist");
}

#[test]
fn a_result_of_the_first_version_of_the_detail_file_is_read_by_every_command() {
    let scene = Scene::untimed("a_result_of_the_first_version_of_the_detail_file_is_read_by_every_command");
    results(&scene);
    let detail = "results/omb-result-local.detail";
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/detail-version-1.json");
    std::fs::copy(fixture, scene.path(detail)).expect("a copy");
    scene.pinload(["report", detail, "-o", "page.html"]).run().assert_code(0);
    let page = scene.read("page.html");
    assert!(page.contains("not the speed of a real Kafka"), "the caveat of the embedded broker");
    let compared = scene.pinload(["compare", detail, detail]).run();
    compared.assert_code(0).assert_stdout_has("are the same").assert_stdout_has("publish_rate_per_s");
    let table = scene.pinload(["csv", "--wide", "-o", "-", "results"]).run();
    let judged = table.assert_code(0).stdout.lines().filter(|row| row.contains("generator_limited")).count();
    assert_eq!(judged, 1, "{table}");
}
