//! `--record-raw`: every sample on disk, and every reported figure made again from the samples alone.

mod incomplete;
mod on_kafka;

use crate::scene;
use crate::scene::results::raw::{RawClient, assert_measurement, assert_places, assert_timelines};
use crate::scene::results::{Detail, OmbResult};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Running, Scene, WorkerProcess, Workload};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const REFUSED: i32 = 3;
const CLIENT_DIED: i32 = 5;
const NOT_WRITTEN: i32 = 6;
const LIMIT: Duration = Duration::from_secs(90);

/// Every reported figure of a run of `to_s` s, the first second of which was warm-up, is that of its samples. Returns
/// the samples.
fn assert_true(scene: &Scene, folders: &[&str], to_s: u64) -> (Detail, Vec<RawClient>) {
    let folders: Vec<_> = folders.iter().map(|folder| scene.path(folder)).collect();
    let clients = RawClient::read_all(&folders);
    let detail = Detail::read(&scene.detail_file());
    OmbResult::read(&scene.result_file()).assert_consistent();
    assert_measurement(&detail.0, &clients, 1, to_s);
    assert_timelines(&detail.0, &clients);
    let recorded: u64 = detail
        .list("/clients")
        .iter()
        .map(|client| client["counters_whole_run"]["raw_samples_recorded"].as_u64().expect("a count"))
        .sum();
    assert_eq!(recorded, clients.iter().map(|client| client.samples.len() as u64).sum::<u64>());
    assert!(
        detail.list("/caveats").iter().any(|caveat| caveat["caveat"] == "raw_recorded"),
        "it is a disturbance, and that is said"
    );
    (detail, clients)
}

/// Intended times of one producer's messages at 500 msg/s, ns since the first.
fn intended(scene: &Scene, folder: &str, set: &[&str]) -> Vec<u64> {
    let output = format!("{folder}.json");
    let mut args = vec!["run", "--embedded", "--no-progress", "--duration", "3s", "--record-raw", folder];
    args.extend(["--output", &output]);
    args.extend(set.iter().flat_map(|setting| ["--set", *setting]));
    args.push("small.yaml");
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    let clients = RawClient::read_all(&[scene.path(folder)]);
    let producers = clients.iter().filter(|client| client.role() == "producer");
    let messages = producers.flat_map(|client| &client.samples).map(|(_, sample)| sample);
    let mut times: Vec<u64> = messages.filter(|sample| sample.is_message()).map(|sample| sample.intended_ns).collect();
    times.sort_unstable();
    times.iter().map(|time| time - times[0]).collect()
}

#[test]
fn messages_are_due_as_arrivals_says_and_a_seed_brings_the_same_times_again() {
    let scene = Scene::new("messages_are_due_as_arrivals_says_and_a_seed_brings_the_same_times_again");
    scene.write("small.yaml", &Workload::small("arrivals").with("producersPerTopic", 1).text());
    let uniform = intended(&scene, "uniform", &[]);
    assert!(uniform.len() > 1_000 && uniform.windows(2).all(|pair| pair[1] - pair[0] == 2_000_000), "{uniform:?}");
    let burst = intended(&scene, "burst", &["arrivals=burst", "burstMessages=50"]);
    assert!(burst.len() > 1_000, "{}", burst.len());
    for (i, time) in (0u64..).zip(burst) {
        assert_eq!(time, i / 50 * 100_000_000);
    }
    let poisson = intended(&scene, "poisson", &["arrivals=poisson", "arrivalSeed=7"]);
    let gaps: Vec<f64> = poisson.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
    assert!((1.8e6..2.2e6).contains(&mean) && (deviation / mean - 1.0).abs() < 0.15, "{mean} {deviation}");
    let again = intended(&scene, "again", &["arrivals=poisson", "arrivalSeed=7"]);
    let both = poisson.len().min(again.len());
    assert_eq!(poisson[..both], again[..both]);
    let detail = Detail::read(&scene.path("poisson.detail"));
    assert_eq!(detail.at("/plan/rate/arrivals/poisson/arrival_seed"), 7);
}

#[test]
fn every_figure_of_a_run_is_that_of_its_samples() {
    let scene = Scene::new("every_figure_of_a_run_is_that_of_its_samples");
    scene.write("small.yaml", &Workload::small("raw").text());
    let args = [
        "run",
        "--embedded",
        "--no-progress",
        "--warmup",
        "1s",
        "--duration",
        "4s",
        "--record-raw",
        "raw",
        "--hlog",
        "small.yaml",
    ];
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0).assert_stderr_has("samples in 4 files");
    scene.assert_no_leftovers();
    let (detail, clients) = assert_true(&scene, &["raw"], 5);
    assert_places(&clients, None);

    assert_valid(&scene, &detail);
    assert_log_is_the_measurement(&scene, &detail);

    // The program's own reader says the same of the same window.
    let summary = scene.pinload(["raw", "--summary", "--from", "1", "--to", "5", "raw"]).run();
    summary.assert_code(0);
    let summary: Value = serde_json::from_str(&summary.stdout).expect("JSON");
    let shown = detail.at("/measurement/latencies");
    for family in
        ["acknowledge_actual", "acknowledge_intended", "publish_delay", "end_to_end_actual", "end_to_end_intended"]
    {
        for exact in ["count", "min_ns", "max_ns"] {
            assert_eq!(shown[family][exact], summary["all"]["latencies"][family][exact], "{family} {exact}");
        }
    }
    let sent = &detail.at("/measurement/counters")["messages_enqueued"];
    assert_eq!(sent, &summary["all"]["counts"]["sent"]);

    // And line by line.
    let consumer = detail.list("/clients").iter().find(|client| client["role"] == "consumer").expect("a consumer");
    let file = consumer["raw_samples_file"].as_str().expect("a file").to_owned();
    let csv = scene.pinload(["raw", &file]).run();
    csv.assert_code(0);
    let client = RawClient::read(&scene.path(&file));
    let mut lines = csv.stdout.lines();
    assert_eq!(
        lines.next(),
        Some(
            "run_id,role,client,outcome,probe,producer,sequence,partition,offset,value_bytes,\
             intended_ns,sent_ns,at_ns,code,flags"
        )
    );
    let received: Vec<_> = lines.filter(|line| line.contains(",received,0,")).collect();
    let samples: Vec<_> =
        client.samples.iter().map(|(_, sample)| sample).filter(|sample| sample.is_message()).collect();
    assert_eq!(received.len(), samples.len());
    for (line, sample) in received.iter().zip(samples) {
        let times = format!(",{},{},{},", sample.intended_ns, sample.sent_ns, sample.at_ns);
        let place = format!(",{},{},{},{},1024,", sample.producer, sample.sequence, sample.partition, sample.offset);
        assert!(line.contains(&times) && line.contains(&place), "{line}: {sample:?}");
    }
    let json = scene.pinload(["raw", "--format", "json", &file]).run();
    json.assert_code(0);
    let first: Value = serde_json::from_str(json.stdout.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["role"], &first["client"]), (&consumer["role"], &consumer["index"]), "{first}");

    a_torn_file_is_read_up_to_its_last_whole_record(&scene, &scene.path(&file));
}

/// HdrHistogram's log has each second of each latency, and all of them together are what was measured.
fn assert_log_is_the_measurement(scene: &Scene, detail: &Detail) {
    use base64::Engine as _;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    let text = std::fs::read(scene.the_file("HdrHistogram's log", |name| name.ends_with(".hlog"))).expect("a log");
    let mut sums: BTreeMap<String, (u32, u64)> = BTreeMap::new();
    for entry in IntervalLogIterator::new(&text) {
        let Ok(LogEntry::Interval(interval)) = entry else { continue };
        let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).expect("base64");
        let histogram: hdrhistogram::Histogram<u64> =
            Deserializer::new().deserialize(&mut &bytes[..]).expect("a histogram");
        let (lines, values) = sums.entry(interval.tag().expect("a tag").as_str().to_owned()).or_default();
        *lines += 1;
        *values += histogram.len();
    }
    assert_eq!(sums.len(), 5, "{sums:?}");
    for (family, (lines, values)) in sums {
        let measured = &detail.at("/measurement/latencies")[&family]["count"];
        assert_eq!(measured.as_u64(), Some(values), "{family}");
        // On a busy machine a second may have been cut together with the next one.
        assert!((1..=4).contains(&lines), "{family}: {lines} lines");
    }
}

/// By the schema that the program prints.
fn assert_valid(scene: &Scene, detail: &Detail) {
    let printed = scene.pinload(["schema"]).run();
    printed.assert_code(0);
    let schema: Value = serde_json::from_str(&printed.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> =
        validator.iter_errors(&detail.0).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "the detail file is not valid:\n{}", wrong.join("\n"));
}

/// As a kill in the middle of a write leaves it.
fn a_torn_file_is_read_up_to_its_last_whole_record(scene: &Scene, file: &Path) {
    let bytes = std::fs::read(file).expect("a file");
    let torn = scene.path("torn.raw");
    std::fs::write(&torn, &bytes[..bytes.len() - 60]).expect("a file");
    let torn = torn.display().to_string();
    let read = scene.pinload(["raw", "--summary", &torn]).run();
    read.assert_code(0).assert_stderr_has("ends within a record: 52 bytes");
    let summary: Value = serde_json::from_str(&read.stdout).expect("JSON");
    assert_eq!(summary["clients"][0]["torn_bytes"], 52);
}
