//! Samples of runs on a real Kafka, by its own accounts and tools.

use super::*;

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
