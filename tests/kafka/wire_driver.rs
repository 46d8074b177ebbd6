//! The wire driver beside librdkafka: runs that balance, messages that each reads of the other, and what it does not
//! have refused by name.

mod io_threads;
mod logins;

use crate::scene;
use crate::scene::results::{Detail, OmbResult, Totals};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Outcome, Scene, Workload};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);
const CONFIGURATION: i32 = 3;
const PRODUCER: [&str; 3] = ["acks=all", "linger.ms=1", "batch.size=131072"];
const CONSUMER: [&str; 2] = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
/// Says in a driver file what `--client` says.
const WIRE: &str = "client: wire\n";

fn run(scene: &Scene, more: &[&str]) -> Outcome {
    run_for(scene, "1s", "3s", more)
}

fn short(scene: &Scene, more: &[&str]) -> Outcome {
    run_for(scene, "0s", "1s", more)
}

fn run_for(scene: &Scene, warm_up: &str, duration: &str, more: &[&str]) -> Outcome {
    let mut args = vec!["run", "--no-progress", "--warmup", warm_up, "--duration", duration];
    args.extend(more);
    args.push("small.yaml");
    scene.pinload(args).limit(LIMIT).run()
}

/// Sent = acknowledged, received = acknowledged for each subscription, nothing lost or twice.
fn balanced(detail: &Detail, subscriptions: u64) -> Totals {
    let totals = detail.totals();
    assert!(totals.acknowledged > 0, "{totals:?}");
    assert_eq!(
        (totals.sent, totals.acknowledged * subscriptions),
        (totals.acknowledged, totals.received),
        "{totals:?}"
    );
    assert_eq!((totals.lost, totals.duplicated, totals.failed, totals.unknown), (0, 0, 0, 0), "{totals:?}");
    totals
}

#[test]
fn on_the_embedded_broker_a_run_balances_and_says_whose_clients_they_were() {
    let scene = Scene::untimed("on_the_embedded_broker_a_run_balances_and_says_whose_clients_they_were");
    scene.write("small.yaml", &Workload::small("wire").text());
    let done = run(&scene, &["--embedded", "--client", "wire"]);
    done.assert_code(0);
    scene.assert_no_leftovers();
    assert!(done.says_or_has_more("wire driver"), "{done}");
    OmbResult::read(&scene.result_file()).assert_consistent();
    let detail = Detail::read(&scene.detail_file());
    assert!(detail.words_of_caveat("wire_driver").starts_with("wire driver: what the broker can do"), "{done}");
    assert_eq!(detail.text("/plan/driver/client"), "wire");
    balanced(&detail, 1);
}

#[test]
fn on_kafka_the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("on_kafka_the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes");
    let workload = Workload::small("wire-offsets")
        .with("topics", 2)
        .with("partitionsPerTopic", 3)
        .with("subscriptionsPerTopic", 2)
        .with("keyDistributor", "RANDOM")
        .with("producerRate", 2000);
    scene.write("small.yaml", &workload.text());
    let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER);
    scene.write("driver.yaml", &format!("{driver}{WIRE}"));
    run(&scene, &["-d", "driver.yaml", "--keep-topics"]).assert_code(0);
    let detail = Detail::read(&scene.detail_file());
    let totals = balanced(&detail, 2);
    let offsets = kafka.end_offsets(&scene, &detail.topics());
    assert_eq!(offsets.len(), 6, "2 topics × 3 partitions: {offsets:?}");
    assert_eq!(offsets.values().sum::<u64>(), totals.acknowledged + totals.probes, "{offsets:?} {totals:?}");
}

#[test]
fn each_reads_what_the_other_has_written_with_every_codec_and_kafka_finds_nothing_wrong_in_it() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene =
        Scene::untimed("each_reads_what_the_other_has_written_with_every_codec_and_kafka_finds_nothing_wrong_in_it");
    let write = Workload::small("written").with("partitionsPerTopic", 3).with("keyDistributor", "RANDOM");
    scene.write("written.yaml", &write.text());
    let read = Workload::small("read")
        .with("partitionsPerTopic", 3)
        .with("producersPerTopic", 0)
        .with("consumerPerSubscription", 2);
    scene.write("read.yaml", &read.text());
    let pairs = [("wire", "librdkafka"), ("librdkafka", "wire")];
    // What both pairs do at the same time with a codec; the detail files.
    let both = |codec: &str, runs: [(&str, Vec<&str>); 2]| {
        // Java's default for consumers is check.crcs=true.
        let compression = format!("compression.type={codec}");
        let producer = ["acks=all", "linger.ms=20", "batch.size=131072", &compression];
        scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &CONSUMER));
        let runs = runs.map(|(name, more)| {
            let output = format!("{name}.json");
            let given = ["run", "--no-progress", "--warmup", "0s", "--duration", "1s", "-d", "driver.yaml"];
            let args = [&given[..], &["--output", &output], &more].concat();
            (name.to_owned(), scene.pinload(args).limit(LIMIT).spawn())
        });
        runs.map(|(name, run)| {
            run.outcome().assert_code(0);
            Detail::read(&scene.path(&format!("{name}.detail")))
        })
    };
    let topics = CODECS.map(|codec| {
        let runs = pairs.map(|(writer, _)| (writer, vec!["--client", writer, "--keep-topics", "written.yaml"]));
        both(codec, runs).map(|detail| detail.topics().remove(0))
    });
    let stored = kafka.end_offsets(&scene, &topics.concat());
    let stored = |topic: &str| -> u64 {
        let partitions = stored.iter().filter(|((name, _), _)| name == topic);
        partitions.map(|(_, offset)| offset).sum()
    };
    let by_kafka = kafka_reads(kafka, &scene, &topics.each_ref().map(|[of_wire, _]| of_wire.as_str()));
    for ((codec, topics), by_kafka) in CODECS.into_iter().zip(&topics).zip(by_kafka) {
        let runs = [0, 1].map(|at| (pairs[at].1, vec!["--client", pairs[at].1, "--topics", &topics[at], "read.yaml"]));
        for ((detail, topic), (writer, reader)) in both(codec, runs).iter().zip(topics).zip(pairs) {
            let stored = stored(topic);
            let count =
                |name: &str| detail.at(&format!("/measurement/counters_whole_run/{name}")).as_u64().expect("a count");
            assert!(stored > 100, "{writer} wrote {stored}");
            // The other run's probes are nobody's here.
            let read = count("messages_received") + count("messages_foreign");
            assert_eq!((read, count("messages_corrupt")), (stored, 0), "{reader} reads what {writer} has, {codec}");
            if writer == "wire" {
                assert_eq!(by_kafka, stored, "{codec}");
            }
        }
    }
}

/// Messages that Kafka's own DumpLogSegments reads of the topic of each codec, in batches of that codec that are all
/// valid.
fn kafka_reads(kafka: &Kafka, scene: &Scene, topics: &[&str; CODECS.len()]) -> Vec<u64> {
    let (Some(folder), Some(name)) = (kafka.variable("PINLOAD_KAFKA_DIR"), kafka.variable("PINLOAD_KAFKA_NAME")) else {
        panic!("a broker of tools/kafka");
    };
    let data = format!("{folder}/{name}/data");
    let segments_of =
        |topic: &str| [0, 1, 2].map(|partition| format!("{data}/{topic}-{partition}/00000000000000000000.log"));
    let segments = topics.map(|topic| segments_of(topic).join(",")).join(",");
    let arguments = ["tool", "DumpLogSegments", "--deep-iteration", "--files", &segments];
    let told = scene.command(scene::kafka::tool(), arguments).limit(LIMIT).run();
    told.assert_code(0);
    let read = CODECS.into_iter().zip(topics).map(|(codec, topic)| {
        let files = told.stdout.split("Dumping ").filter(|file| file.starts_with(&format!("{data}/{topic}-")));
        let lines: Vec<&str> = files.flat_map(str::lines).collect();
        let batches: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("baseOffset:")).collect();
        assert!(batches.iter().all(|line| line.contains("isvalid: true")), "{told}");
        let packed = format!("compresscodec: {codec} ");
        assert!(batches.iter().filter(|line| line.contains(&packed)).count() * 2 > batches.len(), "{codec}\n{told}");
        lines.iter().filter(|line| line.starts_with("| offset:")).count() as u64
    });
    read.collect()
}

#[test]
fn a_broker_that_stood_still_stores_nothing_twice_of_an_idempotent_producer() {
    let scene = Scene::new("a_broker_that_stood_still_stores_nothing_twice_of_an_idempotent_producer");
    let Some(mut kafka) = Kafka::own(&scene) else { return };
    let cases = [("numbered", "enable.idempotence=true"), ("plain", "enable.idempotence=false")];
    let runs = cases.map(|(name, idempotence)| {
        // Requests are given up, and sent again, while the broker stands still.
        let producer = ["acks=all", "linger.ms=1", "request.timeout.ms=1000", "delivery.timeout.ms=60000", idempotence];
        let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &CONSUMER);
        scene.write(&format!("{name}-driver.yaml"), &format!("{driver}{WIRE}"));
        let workload = Workload::small(name).with("consumerPerSubscription", 1).with("producerRate", 1000);
        scene.write(&format!("{name}.yaml"), &workload.text());
        let args = ["run", "--no-progress", "--warmup", "0s", "--duration", "12s", "--keep-topics", "-d"];
        let (driver, output, workload) =
            (format!("{name}-driver.yaml"), format!("{name}.json"), format!("{name}.yaml"));
        scene.pinload([&args[..], &[&driver, "--output", &output, &workload]].concat()).limit(LIMIT).spawn()
    });
    for run in &runs {
        run.wait_for_line("measurement begins", LIMIT);
    }
    let passes = |time: Duration| {
        let until = Deadline::within(time);
        while until.pause() {}
    };
    passes(Duration::from_secs(2));
    kafka.order("pause");
    passes(Duration::from_secs(4));
    kafka.order("resume");
    let totals = runs.into_iter().zip(cases).map(|(run, (name, _))| {
        let done = run.outcome();
        let detail = Detail::read(&scene.path(&format!("{name}.detail")));
        done.assert_code(if detail.text("/system/outcome") == "failed" { 10 } else { 0 });
        let totals = detail.totals();
        let stored: u64 = kafka.end_offsets(&scene, &detail.topics()).values().sum();
        assert_eq!((totals.sent, totals.lost, totals.failed), (totals.acknowledged, 0, 0), "{name}: {totals:?}");
        assert_eq!(totals.received, totals.acknowledged + totals.duplicated, "{name}: {totals:?}");
        assert_eq!(stored, totals.received + totals.probes, "{name}: {totals:?}");
        let balance = detail.at("/accounting/total").clone();
        (totals.duplicated, balance["reordered"].as_u64().expect("a count"))
    });
    let totals: Vec<_> = totals.collect();
    assert_eq!(totals[0], (0, 0), "nothing twice and nothing overtaken");
    assert!(totals[1].0 > 0, "without numbers the same broker stores something twice: {totals:?}");
}

#[test]
fn what_it_does_not_have_is_refused_by_name_and_line() {
    let scene = Scene::untimed("what_it_does_not_have_is_refused_by_name_and_line");
    scene.write("small.yaml", &Workload::small("refused").text());
    let producer = ["acks=all", "compression.type=lz4", "compression.lz4.level=12", "partitioner=fnv1a"];
    let consumer = ["auto.offset.reset=earliest", "client.rack=a"];
    let common = ["security.protocol=SSL", "enable.ssl.certificate.verification=false"];
    let driver = driver(JAVA_CLASS, "127.0.0.1:1", &common, &producer, &consumer);
    scene.write("driver.yaml", &driver);
    let refused = run(&scene, &["-d", "driver.yaml", "--client", "wire"]);
    refused.assert_code(CONFIGURATION);
    for name in ["compression.lz4.level", "partitioner", "enable.ssl.certificate.verification", "client.rack"] {
        let line = driver.lines().position(|line| line.contains(name)).expect("it is written") + 1;
        assert!(refused.says(&format!("driver.yaml:{line}: {name}: ")), "{name}\n{refused}");
    }
}
