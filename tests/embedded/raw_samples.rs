//! `--record-raw`: every sample on disk, and every reported figure made again from the samples alone.

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
            "run_id,role,client,outcome,probe,producer,sequence,partition,offset,value_bytes,intended_ns,sent_ns,at_ns,code,flags"
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

/// HdrHistogram's own log processor (it comes with Kafka), reading one latency of the log, finds what the detail file
/// shows.
fn assert_javas_reader_agrees(scene: &Scene, detail: &Detail, family: &str) {
    let log = scene.the_file("HdrHistogram's log", |name| name.ends_with(".hlog")).display().to_string();
    let processor = ["tool", "org.HdrHistogram.HistogramLogProcessor", "-i", &log, "-tag", family];
    let read = scene.command(scene::kafka::tool(), processor).arg("-outputValueUnitRatio").arg("1").run();
    read.assert_code(0);
    let numbers = |line: &str| -> Vec<f64> {
        line.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|word| word.parse().ok()).collect()
    };
    let line = |begins: &str, has: &str| {
        let found = read.stdout.lines().find(|line| line.trim_start().starts_with(begins) && line.contains(has));
        numbers(found.unwrap_or_else(|| panic!("no line {begins:?} {has:?}\n{read}")))
    };
    let shown = &detail.at("/measurement/latencies")[family];
    let number = |name: &str| shown[name].as_f64().expect("a number");
    let (of_max, of_median) = (line("#[Max", "Total count"), line("", " 0.500000000000 "));
    assert_eq!((of_max[1], of_median[0]), (number("count"), number("p50_ns")), "{read}");
    // It knows buckets, not values.
    assert!(of_max[0] >= number("max_ns") && of_max[0] <= number("max_ns") * 1.001, "{read}");
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

#[test]
fn the_samples_on_a_real_kafka_fill_every_offset_up_to_the_brokers_own_end_offsets() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::new("the_samples_on_a_real_kafka_fill_every_offset_up_to_the_brokers_own_end_offsets");
    let producer = ["acks=all", "linger.ms=1", "batch.size=131072"];
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
    scene.write("small.yaml", &Workload::small("raw").with("partitionsPerTopic", 3).with("producerRate", 2000).text());
    let args = [
        "run",
        "--no-progress",
        "-d",
        "driver.yaml",
        "--warmup",
        "1s",
        "--duration",
        "4s",
        "--keep-topics",
        "--record-raw",
        "raw",
        "--hlog",
        "small.yaml",
    ];
    scene.pinload(args).limit(LIMIT).run().assert_code(0);
    let (detail, clients) = assert_true(&scene, &["raw"], 5);
    assert_javas_reader_agrees(&scene, &detail, "acknowledge_intended");
    let ends: BTreeMap<i32, u64> = kafka
        .end_offsets(&scene, &detail.topics())
        .into_iter()
        .map(|((_, partition), end)| (i32::try_from(partition).expect("a partition"), end))
        .collect();
    assert_eq!(ends.len(), 3, "{ends:?}");
    assert_places(&clients, Some(&ends));
}

#[test]
fn the_figures_of_several_workers_are_those_of_all_their_samples_together() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::new("the_figures_of_several_workers_are_those_of_all_their_samples_together");
    let producer = ["acks=all", "linger.ms=1", "enable.idempotence=false"];
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
    scene.write("small.yaml", &Workload::small("raw").with("partitionsPerTopic", 4).with("producerRate", 2000).text());
    let workers = ["raw-0", "raw-1"].map(|folder| WorkerProcess::start(&scene, &["--record-raw", folder]));
    let urls = format!("{},{}", workers[0].url, workers[1].url);
    let args =
        ["run", "--no-progress", "-d", "driver.yaml", "--warmup", "1s", "--duration", "4s", "-w", &urls, "small.yaml"];
    scene.pinload(args).limit(LIMIT).run().assert_code(0);
    let (_, clients) = assert_true(&scene, &["raw-0", "raw-1"], 5);
    assert_places(&clients, None);
    for worker in workers {
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(LIMIT);
    }
    let elsewhere = scene.pinload(["run", "-d", "driver.yaml", "-w", &urls, "--record-raw", "raw", "small.yaml"]).run();
    elsewhere.assert_code(2).assert_stderr_has("give --record-raw to pinload worker");
}

/// A run without warm-up on the embedded broker that records its samples, once its load has begun.
fn recording(scene: &Scene, duration: &str) -> Running {
    let args = ["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", duration];
    let running = scene.pinload([&args[..], &["--record-raw", "raw", "small.yaml"]].concat()).limit(LIMIT).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    running
}

#[test]
fn samples_that_cannot_be_written_are_counted_and_the_run_goes_on() {
    let scene = Scene::new("samples_that_cannot_be_written_are_counted_and_the_run_goes_on");
    scene.write("small.yaml", &Workload::small("full").text());
    let running = recording(&scene, "6s");
    // 500 messages of 56 bytes a second: the limit is reached in the second or third.
    let victim = running.clients("producer", 2)[0].pid.to_string();
    scene.command("prlimit", ["--pid", &victim, "--fsize=50000"]).run().assert_code(0);
    let done = running.outcome();
    done.assert_code(NOT_WRITTEN).assert_stderr_has("could not be written");
    assert!(done.says("cannot write raw samples to") && done.says("File too large"), "the reason is said\n{done}");
    let detail = Detail::read(&scene.detail_file());
    assert_eq!(detail.outcome(), "completed");
    let counted = |role: &str, index: &Value, name: &str| -> u64 {
        let mut clients = detail.list("/clients").iter();
        let client = clients.find(|client| client["role"] == role && client["index"] == *index).expect("the client");
        client["counters_whole_run"][name].as_u64().expect("a count")
    };
    // What is there is whole, and with what is not it is everything.
    let clients = RawClient::read_all(&[scene.path("raw")]);
    assert_eq!(clients.len(), 4);
    let mut lost = 0;
    for client in &clients {
        let (role, index) = (client.role(), &client.header["index"]);
        let (recorded, missing) =
            (counted(role, index, "raw_samples_recorded"), counted(role, index, "raw_samples_lost"));
        assert_eq!(client.samples.len() as u64, recorded, "{role} {index}");
        if role == "producer" {
            let sent = counted(role, index, "messages_enqueued") + counted(role, index, "probes_sent");
            assert_eq!(recorded + missing, sent, "producer {index}");
        }
        lost += u32::from(missing > 0);
    }
    assert_eq!(lost, 1, "one client alone met the limit");
    let figures = detail.at("/measurement/latencies/publish_delay");
    assert!(figures["count"].as_u64() > Some(5_000), "the measurement lacks nothing: {figures}");
}

#[test]
fn what_a_killed_client_had_recorded_can_be_read() {
    let scene = Scene::new("what_a_killed_client_had_recorded_can_be_read");
    scene.write("small.yaml", &Workload::small("killed").text());
    let running = recording(&scene, "60s");
    let victim = &running.clients("producer", 2)[0];
    Deadline::within(LIMIT).poll("two cuts of the client that will be killed", || {
        let clients = RawClient::read_all(&[scene.path("raw")]);
        clients
            .iter()
            .any(|client| client.role() == "producer" && client.header["index"] == 0 && client.cuts.len() >= 2)
            .then_some(())
    });
    victim.kill();
    running.outcome().assert_code(CLIENT_DIED);
    assert_valid(&scene, &Detail::read(&scene.detail_file()));
    let summary = scene.pinload(["raw", "--summary", "--to", "2", "raw"]).run();
    summary.assert_code(0);
    let summary: Value = serde_json::from_str(&summary.stdout).expect("JSON");
    let client = &summary["clients"][0];
    assert_eq!((client["role"].as_str(), client["client"].as_u64()), (Some("producer"), Some(0)));
    // Two seconds at 500 msg/s; a busy machine may send some of them later.
    assert!(client["counts"]["acknowledged"].as_u64() > Some(100), "{client}");
}

#[test]
fn what_is_no_file_of_raw_samples_is_refused_with_the_reason() {
    let scene = Scene::new("what_is_no_file_of_raw_samples_is_refused_with_the_reason");
    scene.write("small.yaml", &Workload::small("refused").text());
    std::fs::create_dir(scene.path("empty")).expect("a folder");
    for (file, why) in [
        ("small.yaml", "is no file of raw samples"),
        ("absent.raw", "cannot be read"),
        ("empty", "holds no raw samples"),
    ] {
        let refused = scene.pinload(["raw", file]).run();
        refused.assert_code(REFUSED).assert_stderr_has(file).assert_stderr_has(why);
        assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("error")).count(), 1, "{refused}");
    }
    scene.pinload(["raw"]).run().assert_code(2);
    let nowhere = scene.pinload(["run", "--embedded", "--record-raw", "small.yaml/raw", "small.yaml"]).run();
    nowhere.assert_code(NOT_WRITTEN).assert_stderr_has("--record-raw small.yaml/raw: cannot write into the folder");
    assert_eq!(scene.names(), ["empty", "small.yaml"], "nothing was started");
}
