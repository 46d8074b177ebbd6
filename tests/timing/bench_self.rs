//! `tools/bench-self` works from end to end, and both forms of its result hold what they should. Nothing here says how
//! fast anything is.
#![allow(clippy::print_stderr, reason = "what is left out is said loudly")]

use crate::scene;
use crate::scene::Scene;
use std::process::Command;
use std::time::Duration;

const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/bench-self");
const USAGE: i32 = 2;
/// Short runs one after the other; most of the time valgrind counts instructions of a binary that is not optimised.
const LIMIT: Duration = Duration::from_secs(400);
const PARTS: [&str; 7] = ["none", "reports", "stamp", "actual", "intended", "ledger", "telemetry"];

#[derive(serde::Deserialize)]
struct Document {
    schema: Schema,
    pinload: String,
    instructions_counted: bool,
    loops: Vec<Loop>,
    pauses: Vec<Pauses>,
    sink: Option<SinkRows>,
    #[serde(default)]
    pairs: Vec<Pair>,
    clients: Vec<Clients>,
}

#[derive(serde::Deserialize)]
struct Schema {
    name: String,
    version: u32,
}

#[derive(serde::Deserialize)]
struct Loop {
    #[serde(rename = "loop")]
    name: String,
    messages_per_s: Option<f64>,
    parts: Vec<Part>,
}

#[derive(serde::Deserialize)]
struct Part {
    measuring: String,
    instructions_per_message: Option<f64>,
    ns_per_message: f64,
}

#[derive(serde::Deserialize)]
struct Pauses {
    slots: u64,
    largest_slot_bytes: u64,
    pause_ns: Quantiles,
}

#[derive(serde::Deserialize)]
struct Quantiles {
    count: u64,
    p50: u64,
    p99_9: u64,
    max: u64,
}

#[derive(serde::Deserialize)]
struct SinkRows {
    cpus: [usize; 2],
    cases: Vec<SinkCase>,
    pacing_error_ns: SinkPacing,
    pacing_error_by_thread_ns: SinkPacing,
}

#[derive(serde::Deserialize)]
struct SinkCase {
    direction: String,
    value_bytes: u32,
    messages_per_s_all: f64,
    value_bytes_per_s_all: f64,
    cpu_ns_per_message_none: f64,
    sink_waited_share_all: f64,
    all_to_none: Range,
}

#[derive(serde::Deserialize)]
struct SinkPacing {
    p50: f64,
    p99: f64,
}

#[derive(serde::Deserialize)]
struct Pair {
    #[serde(rename = "loop")]
    name: String,
    cpus: [usize; 2],
    messages_per_s_together: f64,
    rate_to_twice_one: Range,
    cpu_per_message_to_alone: Range,
}

#[derive(serde::Deserialize)]
struct Range {
    median: f64,
    min: f64,
    max: f64,
}

#[derive(serde::Deserialize)]
struct Clients {
    clients: usize,
    processes: usize,
    ready_s: f64,
    memory_bytes: u64,
    memory_bytes_per_client: Option<f64>,
    supervisor_cpu_share: f64,
    drain_ns: u64,
    slots: u64,
}

fn there(command: &str) -> bool {
    Command::new(command).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn every_loop_and_number_of_clients_has_its_figures_in_both_results() {
    if !there("python3") {
        eprintln!("!! LEFT OUT: python3 is missing (tools/install-deps installs it on Debian)");
        return;
    }
    let scene = Scene::alone("every_loop_and_number_of_clients_has_its_figures_in_both_results");
    let arguments = ["--quick", "--pinload", scene::PINLOAD, "--json", "self.json", "--markdown", "self.md"];
    let done = scene.command(TOOL, arguments).env("PINLOAD_KAFKA", "none").limit(LIMIT).run();
    done.assert_code(0).assert_stderr_has("PINLOAD_KAFKA is not set");

    let document: Document = serde_json::from_str(&scene.read("self.json")).expect("the form of the JSON file");
    assert_eq!((document.schema.name.as_str(), document.schema.version), ("pinload-bench-self", 1));
    assert!(document.pinload.starts_with("pinload "), "{}", document.pinload);
    assert_eq!(document.instructions_counted, there("valgrind"));
    if !document.instructions_counted {
        eprintln!("!! INSTRUCTION COUNTS ARE LEFT OUT: valgrind is missing (tools/install-deps installs it on Debian)");
        done.assert_stderr_has("NO INSTRUCTION COUNTS");
    }

    let names: Vec<_> = document.loops.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["single", "batched", "consume"]);
    for each in &document.loops {
        assert_eq!(each.messages_per_s.is_some(), each.name != "single");
        let parts: Vec<_> = each.parts.iter().map(|part| part.measuring.as_str()).collect();
        assert_eq!(parts, PARTS);
        for part in &each.parts {
            assert!(part.ns_per_message > 0.0, "{} {}", each.name, part.measuring);
            let counted = part.instructions_per_message.is_some_and(|count| count > 1.0);
            // A quick run counts only the two ends.
            let expected = document.instructions_counted && ["none", "telemetry"].contains(&part.measuring.as_str());
            assert_eq!(counted, expected, "{} {}", each.name, part.measuring);
        }
    }
    for each in &document.pauses {
        let Quantiles { count, p50, p99_9, max } = each.pause_ns;
        assert!(each.slots > 0 && count > 0 && p50 <= p99_9 && max > 0);
        assert!((100..=128 * 1024).contains(&each.largest_slot_bytes), "{}", each.largest_slot_bytes);
    }
    if document.pairs.is_empty() {
        eprintln!("!! PAIRS ARE LEFT OUT: two clients at once need two CPUs");
        done.assert_stderr_has("NO PAIRS");
    } else {
        let names: Vec<_> = document.pairs.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!(names, ["batched", "consume"]);
    }
    for Pair { cpus: [first, second], messages_per_s_together, rate_to_twice_one, cpu_per_message_to_alone, .. } in
        &document.pairs
    {
        assert!(first != second && *messages_per_s_together > 0.0);
        for Range { median, min, max } in [rate_to_twice_one, cpu_per_message_to_alone] {
            assert!(*min > 0.0 && min <= median && median <= max);
        }
    }
    if let Some(SinkRows { cpus, cases, pacing_error_ns, pacing_error_by_thread_ns }) = &document.sink {
        assert_ne!(cpus[0], cpus[1]);
        assert!([pacing_error_ns, pacing_error_by_thread_ns].iter().all(|error| error.p50 <= error.p99));
        let names: Vec<_> = cases.iter().map(|case| (case.direction.as_str(), case.value_bytes)).collect();
        let by_thread = "produce by an I/O thread";
        let loops = [("produce", 100), ("consume", 100), ("produce", 1024), ("consume", 1024)];
        assert_eq!(names, [&loops[..], &[(by_thread, 100), (by_thread, 1024)]].concat());
        for case in cases {
            let bytes_per_s = case.messages_per_s_all * f64::from(case.value_bytes);
            assert!(bytes_per_s > 0.0 && (case.value_bytes_per_s_all - bytes_per_s).abs() < bytes_per_s * 0.5);
            assert!(case.cpu_ns_per_message_none > 0.0 && case.sink_waited_share_all >= 0.0);
            assert!(case.all_to_none.median > 0.0);
        }
    } else {
        done.assert_stderr_has("NO SINK");
    }
    let [one, two] = &document.clients[..] else { panic!("{} numbers of clients", document.clients.len()) };
    assert_eq!((one.clients, two.clients), (1, 2));
    assert!(one.memory_bytes_per_client.is_none() && two.memory_bytes_per_client.is_some());
    for each in [one, two] {
        assert!(each.processes > each.clients && each.memory_bytes > 1_000_000, "a supervisor and its clients");
        assert!(each.ready_s > 0.0 && each.supervisor_cpu_share >= 0.0 && each.drain_ns > 0 && each.slots > 0);
    }

    let markdown = scene.read("self.md");
    assert!(done.stdout.contains(&markdown), "the tables are printed too");
    assert!(markdown.contains("| **everything measured** |"), "{markdown}");
}

#[test]
fn a_part_or_number_of_clients_that_is_none_is_a_usage_error() {
    if !there("python3") {
        eprintln!("!! LEFT OUT: python3 is missing (tools/install-deps installs it on Debian)");
        return;
    }
    let scene = Scene::untimed("a_part_or_number_of_clients_that_is_none_is_a_usage_error");
    scene
        .command(TOOL, ["--parts", "all"])
        .run()
        .assert_code(USAGE)
        .assert_stderr_has("loops, sink, pairs, kafka, wire-clients, clients");
    scene.command(TOOL, ["--clients", "0"]).run().assert_code(USAGE).assert_stderr_has("at least 1 client");
    scene.command(TOOL, ["--clients", "some"]).run().assert_code(USAGE).assert_stderr_has("numbers with commas");
}
