//! Every file in `examples/` is a file that works: `pinload plan` accepts each workload with each driver,
//! `pinload generate` the template, and the short ones run against a real Kafka.

use crate::scene::results::Detail;
use crate::scene::{Kafka, Scene};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A certificate file that some examples name; the test puts a file of its own in its place.
const CA_FILE: &str = "/etc/kafka/ca.pem";
/// Where the examples suppose a Kafka, by listener.
const OPEN: &str = "localhost:9092";
const SASL_TLS: &str = "localhost:9094";

/// Neither workloads nor drivers.
const OTHERS: [&str; 2] = ["workers.yaml", "workload-template.yaml"];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn argument(name: &str) -> String {
    path(name).display().to_string()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Names of the files in `examples/`.
fn examples(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = std::fs::read_dir(path("")).expect("examples").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.path().is_file());
    let mut found: Vec<_> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.retain(|name| wanted(name));
    found.sort();
    assert!(!found.is_empty());
    found
}

fn workloads() -> Vec<String> {
    examples(|name| name.ends_with("-workload.yaml"))
}

fn planned_workloads() -> Vec<String> {
    examples(|name| name.ends_with("-workload.yaml"))
}

fn drivers() -> Vec<String> {
    examples(|name| name.starts_with("kafka-"))
}

#[test]
fn every_example_is_of_a_known_kind_and_says_question_command_and_answer() {
    let mut known = workloads();
    known.extend(drivers());
    known.extend(OTHERS.map(str::to_owned));
    known.sort();
    assert_eq!(known, examples(|_| true));
    for name in known {
        let text = text(&name);
        let comment: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        for part in ["# Question:", "# Command:", "# Answer:", "examples/"] {
            assert!(comment.contains(part), "{name} does not begin with a comment that has {part:?}");
        }
    }
}

#[test]
fn the_three_files_of_the_guide_are_there_under_its_names() {
    for name in ["kafka-driver.yaml", "simple-workload.yaml", "workers.yaml"] {
        assert!(path(name).is_file(), "{name}");
    }
}

#[test]
fn every_workload_can_be_planned_with_every_driver() {
    let scene = Scene::untimed("every_workload_can_be_planned_with_every_driver");
    let ca = scene.write("ca.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    for name in drivers() {
        let driver = scene.write(&name, &text(&name).replace(CA_FILE, ca.to_str().expect("a plain path")));
        let mut args = vec!["plan".to_owned(), "-d".to_owned(), driver.display().to_string()];
        args.extend(planned_workloads().iter().map(|name| argument(name)));
        scene.pinload(args).run().assert_code(0).assert_stdout_has("producer");
    }
}

#[test]
fn the_workers_are_urls() {
    let text = text("workers.yaml");
    let workers: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    assert!(text.contains("\nworkers:\n"), "{text}");
    assert!(!workers.is_empty() && workers.iter().all(|url| url.starts_with("http://")), "{workers:?}");
}

#[test]
fn the_template_becomes_twelve_workloads_that_can_be_planned() {
    let scene = Scene::untimed("the_template_becomes_twelve_workloads_that_can_be_planned");
    let done = scene.pinload(["generate", "-t", &argument("workload-template.yaml"), "-o", "set"]).run();
    done.assert_code(0).assert_stdout_has("Generated 12 workloads.").assert_stdout_has("16-partitions-1kb-max-rate");
    let mut args = vec!["plan".to_owned(), "-d".to_owned(), argument("kafka-driver.yaml")];
    let files = std::fs::read_dir(scene.path("set")).expect("the folder");
    args.extend(files.map(|entry| entry.expect("an entry").path().display().to_string()));
    assert_eq!(args.len(), 3 + 12);
    scene.pinload(args).run().assert_code(0);
}

#[test]
fn the_simple_workload_asks_the_embedded_broker_for_1000_messages_a_second() {
    let scene = Scene::untimed("the_simple_workload_asks_the_embedded_broker_for_1000_messages_a_second");
    let planned = scene.pinload(["plan", "--embedded", &argument("simple-workload.yaml")]).run();
    planned.assert_code(0).assert_stdout_has("2 producers × 500 = 1,000 msg/s");
}

#[test]
fn the_two_driver_files_of_the_main_job_differ_in_the_scope_of_the_rate() {
    let scene = Scene::untimed("the_two_driver_files_of_the_main_job_differ_in_the_scope_of_the_rate");
    let plan = |driver: &str| scene.pinload(["plan", "-d", &argument(driver), &argument("simple-workload.yaml")]).run();
    plan("kafka-driver.yaml").assert_code(0).assert_stdout_has("2 producers × 250 = 500 msg/s");
    plan("kafka-driver-guide.yaml").assert_code(0).assert_stdout_has("2 producers × 500 = 1,000 msg/s");
}

#[test]
fn short_examples_run_against_a_real_kafka() {
    let Some(kafka) = Kafka::shared() else { return };
    // Rates are those of the examples, up to 12,000 msg/s for three subscriptions.
    let scene = Scene::busy("short_examples_run_against_a_real_kafka");
    for (driver, workload) in [
        ("kafka-driver.yaml", "simple-workload.yaml"),
        ("kafka-driver-guide.yaml", "fan-out-workload.yaml"),
        ("kafka-latency.yaml", "latency-workload.yaml"),
        ("kafka-idempotent.yaml", "fan-out-workload.yaml"),
        ("kafka-compression.yaml", "many-topics-workload.yaml"),
        ("kafka-sasl-scram.yaml", "simple-workload.yaml"),
    ] {
        let (Some(secured), Some(ca)) = (kafka.variable("PINLOAD_KAFKA_SASL_TLS"), kafka.variable("PINLOAD_KAFKA_CA"))
        else {
            continue;
        };
        // One broker: nothing can be replicated.
        let text = text(driver)
            .replace(OPEN, kafka.bootstrap())
            .replace(SASL_TLS, secured)
            .replace(CA_FILE, ca)
            .replace("replicationFactor: 3", "replicationFactor: 1")
            .replace("min.insync.replicas=2", "min.insync.replicas=1");
        scene.write("driver.yaml", &text);
        let file = format!("{driver}-{workload}.json");
        let args = ["run", "--no-progress", "--warmup=0s", "--duration=2s", "-d", "driver.yaml", "-o", &file];
        let mut args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        args.push(argument(workload));
        scene.pinload(args).limit(Duration::from_secs(120)).run().assert_code(0);
        let totals = Detail::read(&scene.path(&format!("{driver}-{workload}.detail"))).totals();
        let subscriptions = if workload.starts_with("fan-out") { 3 } else { 1 };
        assert!(totals.acknowledged > 0, "{driver} {workload}: {totals:?}");
        assert_eq!(totals.received, totals.acknowledged * subscriptions, "{driver} {workload}: {totals:?}");
        assert_eq!((totals.lost, totals.duplicated, totals.failed), (0, 0, 0), "{driver} {workload}: {totals:?}");
        scene.assert_no_leftovers();
    }
}
