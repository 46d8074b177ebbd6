//! `tools/bench-peers` works from end to end: every tool runs, counts agree with the broker's, both forms of the result
//! hold what they should. Nothing here says how fast anything is.

use crate::scene;
use crate::scene::{Kafka, Scene};
use std::collections::BTreeMap;
use std::time::Duration;

const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/bench-peers");
const USAGE: i32 = 2;
const WIRE: &str = "pinload --client wire";
const PYTHON: &str = "confluent-kafka, Python";
/// JVMs and clients one after the other; they take some 50 s on an idle machine of two CPUs.
const LIMIT: Duration = Duration::from_secs(600);

#[derive(serde::Deserialize)]
struct Document {
    schema: Schema,
    versions: BTreeMap<String, String>,
    rounds: u32,
    settings: BTreeMap<String, serde_json::Value>,
    machine: BTreeMap<String, serde_json::Value>,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Schema {
    name: String,
    version: u32,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    size_bytes: u32,
    rate_per_s: u32,
    tools: Vec<Tool>,
    ratios: Vec<Ratio>,
}

#[derive(serde::Deserialize)]
struct Tool {
    tool: String,
    runs: Vec<Run>,
}

#[derive(serde::Deserialize)]
struct Run {
    messages: u64,
    messages_per_s: f64,
    bytes_per_s: f64,
    cpu_user_s: f64,
    cpu_system_s: f64,
    cpu_us_per_message: f64,
    context_switches_per_message: f64,
    peak_memory_bytes: u64,
    publish_p50_ms: Option<f64>,
    publish_p99_ms: Option<f64>,
    disk: Disk,
}

/// What waited to be written before and after a run, and whether the disk limited it.
#[derive(serde::Deserialize)]
struct Disk {
    before: BTreeMap<String, u64>,
    after: BTreeMap<String, u64>,
    limited: bool,
}

#[derive(serde::Deserialize)]
struct Ratio {
    of: String,
    to: String,
    cpu_us_per_message: Range,
    messages_per_s: Range,
    publish_p99_ms: Option<Range>,
}

#[derive(serde::Deserialize)]
struct Range {
    median: f64,
    min: f64,
    max: f64,
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-6 * right.abs()
}

/// Of all tools but the Python clients, which a machine without PyPI does not have.
fn names(case: &Case) -> Vec<&str> {
    case.tools.iter().map(|tool| tool.tool.as_str()).filter(|name| *name != PYTHON).collect()
}

fn assert_sound(case: &Case) {
    for tool in &case.tools {
        let what = format!("{}, {}", case.name, tool.tool);
        let [run] = &tool.runs[..] else { panic!("{what}: {} runs", tool.runs.len()) };
        assert!(run.messages > 0 && run.messages_per_s > 0.0, "{what}");
        assert!(run.context_switches_per_message > 0.0 && run.peak_memory_bytes > 1_000_000, "{what}");
        assert!(close(run.bytes_per_s, run.messages_per_s * f64::from(case.size_bytes)), "{what}");
        assert_eq!(run.publish_p50_ms.is_some(), case.rate_per_s > 0, "{what}");
        assert!(run.publish_p50_ms <= run.publish_p99_ms, "{what}");
        for pages in [&run.disk.before, &run.disk.after] {
            assert!(pages.contains_key("dirty_bytes") && pages.contains_key("writeback_bytes"), "{what}");
            let waiting = pages["dirty_bytes"] + pages["writeback_bytes"];
            assert!(run.disk.limited || waiting <= run.disk.after["ceiling_bytes"], "{what}");
        }
        let cpu_us = (run.cpu_user_s + run.cpu_system_s) * 1e6;
        #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
        let messages = run.messages as f64;
        assert!(cpu_us > 0.0 && close(run.cpu_us_per_message, cpu_us / messages), "{what}");
    }
    let of = |name: &str| case.tools.iter().find(|tool| tool.tool == name).unwrap_or_else(|| panic!("no {name}"));
    let pairs: Vec<_> = case.ratios.iter().map(|ratio| (ratio.of.as_str(), ratio.to.as_str())).collect();
    let tools = || case.tools.iter().map(|tool| tool.tool.as_str());
    let ours = ["pinload", WIRE].into_iter();
    let expected: Vec<_> = ours.flat_map(|of| tools().filter(move |to| *to != of).map(move |to| (of, to))).collect();
    assert_eq!(pairs, expected, "{}", case.name);
    for ratio in &case.ratios {
        let (our, their) = (&of(&ratio.of).runs[0], &of(&ratio.to).runs[0]);
        assert!(close(ratio.cpu_us_per_message.median, our.cpu_us_per_message / their.cpu_us_per_message));
        assert!(close(ratio.messages_per_s.median, our.messages_per_s / their.messages_per_s));
        let p99 =
            our.publish_p99_ms.zip(their.publish_p99_ms.filter(|their| *their > 0.0)).map(|(our, their)| our / their);
        assert_eq!(ratio.publish_p99_ms.as_ref().map(|range| range.median), p99, "{}", case.name);
        for range in [&ratio.cpu_us_per_message, &ratio.messages_per_s] {
            assert!(range.min <= range.median && range.median <= range.max);
        }
    }
}

#[test]
fn all_peers_do_the_same_work_and_both_results_are_written() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::busy("all_peers_do_the_same_work_and_both_results_are_written");
    let arguments = ["--quick", "--pinload", scene::PINLOAD, "--json", "peers.json", "--markdown", "peers.md"];
    let done = scene.command(TOOL, arguments).env("PINLOAD_KAFKA", kafka.bootstrap()).limit(LIMIT).run();
    done.assert_code(0);

    let document: Document = serde_json::from_str(&scene.read("peers.json")).expect("the form of the JSON file");
    assert_eq!((document.schema.name.as_str(), document.schema.version), ("pinload-bench-peers", 1));
    assert_eq!(document.rounds, 1);
    for version in ["pinload", "librdkafka", "kafka", "java"] {
        assert!(document.versions.get(version).is_some_and(|text| !text.is_empty()), "{version}");
    }
    for settings in ["librdkafka_producer", "librdkafka_consumer", "java_producer", "java_consumer"] {
        assert!(document.settings.contains_key(settings), "{settings}");
    }
    assert!(document.machine.contains_key("cpu_model"));
    let [produce, consume, both, paced] = &document.cases[..] else { panic!("{} cases", document.cases.len()) };
    assert_eq!(produce.name, "produce-100B-acks1-1p-none-1c");
    assert_eq!(names(produce), ["pinload", WIRE, "rdkafka_performance -P", "kafka-producer-perf-test"]);
    let [simple, batches] = ["rdkafka_performance -C", "rdkafka_performance -G -B 300"];
    let one_by_one = "rdkafka_performance -G";
    assert_eq!(names(consume), ["pinload", WIRE, simple, batches, one_by_one, "kafka-consumer-perf-test"]);
    assert_eq!(names(both)[1..], [WIRE, simple, batches, "both Java perf tools"]);
    assert_eq!((paced.name.as_str(), paced.rate_per_s), ("paced-1KB-acksall-1p-none-1c-5000-per-s", 5_000));
    assert_eq!(names(paced)[1..], [WIRE, "both Java perf tools"]);
    let python = document.cases.iter().filter(|case| case.tools.iter().any(|tool| tool.tool == PYTHON)).count();
    assert_eq!(python, if done.stderr.contains("NO PYTHON CLIENTS") { 0 } else { 4 }, "{done}");
    document.cases.iter().for_each(assert_sound);

    let markdown = scene.read("peers.md");
    assert!(done.stdout.contains(&markdown), "the tables are printed too");
    let tables: Vec<Vec<&str>> = markdown
        .split("\n\n")
        .map(|part| part.lines().filter(|line| line.starts_with('|')).collect())
        .filter(|lines: &Vec<&str>| !lines.is_empty())
        .collect();
    let rows: Vec<_> = tables.iter().map(|lines| lines.len() - 2).collect();
    let each = usize::from(python > 0);
    assert_eq!(
        rows,
        [4 + each, 6 + each, 5 + each, 3 + each, 17],
        "tools of each case, and the goals, without headings:\n{markdown}"
    );
    for lines in &tables {
        let columns: Vec<_> = lines.iter().map(|line| line.matches('|').count()).collect();
        assert!(columns.iter().all(|count| *count == columns[0]), "{markdown}");
    }

    let twice = scene.command(TOOL, ["--join", "peers.json", "peers.json", "--json", "twice.json"]).run();
    twice.assert_code(0).assert_stdout_has("2 rounds, ");
    let twice: Document = serde_json::from_str(&scene.read("twice.json")).expect("the form of the JSON file");
    assert_eq!((twice.rounds, twice.cases.len()), (2, 4));
    for (one, two) in document.cases.iter().zip(&twice.cases) {
        assert_eq!((&one.name, names(one)), (&two.name, names(two)));
        assert!(two.tools.iter().all(|tool| tool.runs.len() == 2), "{}", two.name);
        let first = |case: &Case| case.ratios[0].cpu_us_per_message.median;
        assert!(close(first(one), first(two)), "the same rounds twice have the same median");
    }

    let left: Vec<_> = kafka.topics(&scene).into_iter().filter(|topic| topic.starts_with("bench-")).collect();
    assert!(left.is_empty(), "topics left: {left:?}");
}

#[test]
fn a_choice_that_names_nothing_is_a_usage_error() {
    let scene = Scene::untimed("a_choice_that_names_nothing_is_a_usage_error");
    scene
        .command(TOOL, ["--only", "no-such-case"])
        .run()
        .assert_code(USAGE)
        .assert_stderr_has("no case matches --only");
    let listed = scene.command(TOOL, ["--list", "--only", "lz4"]).run();
    listed.assert_code(0).assert_stdout_has("consume-100B-acks1-1p-lz4-1c");
    assert!(!listed.stdout.contains("zstd"), "{}", listed.stdout);
    let paced = scene.command(TOOL, ["--list", "--only", "paced", "--only", "tls"]).run();
    paced.assert_code(0).assert_stdout_has("paced-1KB-acksall-8p-none-4c-2s-20000-per-s");
    assert!(paced.stdout.contains("produce-1KB-acks1-1p-none-1c-tls"), "{}", paced.stdout);
}
