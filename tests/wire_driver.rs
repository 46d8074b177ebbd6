//! The wire driver beside librdkafka: runs that balance, messages that each reads of the other, and what it does not
//! have refused by name.

mod scene;

use scene::results::{Detail, OmbResult, Totals};
use scene::workload::{JAVA_CLASS, driver};
use scene::{Kafka, Outcome, Scene, Workload};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);
const CONFIGURATION: i32 = 3;
const PRODUCER: [&str; 3] = ["acks=all", "linger.ms=1", "batch.size=131072"];
const CONSUMER: [&str; 2] = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
/// Says in a driver file what `--client` says.
const WIRE: &str = "client: wire\n";

fn run(scene: &Scene, more: &[&str]) -> Outcome {
    let mut args = vec!["run", "--no-progress", "--warmup", "1s", "--duration", "5s"];
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
    let scene = Scene::new("on_the_embedded_broker_a_run_balances_and_says_whose_clients_they_were");
    scene.write("small.yaml", &Workload::small("wire").text());
    let done = run(&scene, &["--embedded", "--client", "wire"]);
    done.assert_code(0);
    scene.assert_no_leftovers();
    assert!(done.says("wire driver"), "{done}");
    OmbResult::read(&scene.result_file()).assert_consistent();
    let detail = Detail::read(&scene.detail_file());
    assert_eq!(detail.text("/plan/driver/client"), "wire");
    balanced(&detail, 1);
}

#[test]
fn on_kafka_the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::new("on_kafka_the_brokers_end_offsets_are_what_was_acknowledged_plus_the_probes");
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
fn each_reads_what_the_other_has_written() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::new("each_reads_what_the_other_has_written");
    // Java's default for consumers is check.crcs=true.
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &PRODUCER, &CONSUMER));
    let write = Workload::small("written").with("partitionsPerTopic", 3).with("keyDistributor", "RANDOM");
    let read = Workload::small("read")
        .with("partitionsPerTopic", 3)
        .with("producersPerTopic", 0)
        .with("consumerPerSubscription", 2);
    for (writer, reader) in [("wire", "librdkafka"), ("librdkafka", "wire")] {
        let topic = format!("{writer}-wrote-{}", std::process::id());
        kafka.create_topic(&scene, &topic, 3);
        scene.write("small.yaml", &write.text());
        let written = format!("{writer}-wrote.json");
        let at = ["-d", "driver.yaml", "--topics", &topic];
        run(&scene, &[&at[..], &["--client", writer, "--output", &written]].concat()).assert_code(0);
        let stored: u64 = kafka.end_offsets(&scene, std::slice::from_ref(&topic)).values().sum();

        scene.write("small.yaml", &read.text());
        let found = format!("{reader}-read.json");
        let args = [&at[..], &["--client", reader, "--output", &found]].concat();
        run(&scene, &args).assert_code(0);
        let detail = Detail::read(&scene.path(&format!("{reader}-read.detail")));
        let count =
            |name: &str| detail.at(&format!("/measurement/counters_whole_run/{name}")).as_u64().expect("a count");
        assert!(stored > 1_000, "{writer} wrote {stored}");
        // The other run's probes are nobody's here.
        let read = count("messages_received") + count("messages_foreign");
        assert_eq!((read, count("messages_corrupt")), (stored, 0), "{reader} reads what {writer} has written");
    }
}

#[test]
fn what_it_does_not_have_is_refused_by_name_and_line() {
    let scene = Scene::new("what_it_does_not_have_is_refused_by_name_and_line");
    scene.write("small.yaml", &Workload::small("refused").text());
    let producer = ["acks=all", "compression.type=lz4", "enable.idempotence=true"];
    let consumer = ["auto.offset.reset=earliest", "client.rack=a"];
    let driver = driver(JAVA_CLASS, "127.0.0.1:1", &["security.protocol=SSL"], &producer, &consumer);
    scene.write("driver.yaml", &driver);
    let refused = run(&scene, &["-d", "driver.yaml", "--client", "wire"]);
    refused.assert_code(CONFIGURATION);
    for name in ["compression.type", "enable.idempotence", "security.protocol", "client.rack"] {
        let line = driver.lines().position(|line| line.contains(name)).expect("it is written") + 1;
        assert!(refused.says(&format!("driver.yaml:{line}: {name}: ")), "{name}\n{refused}");
    }
    let afar = run(&scene, &["-d", "driver.yaml", "--client", "wire", "--workers", "http://127.0.0.1:1"]);
    assert!(afar.says("--client: the wire driver runs on this host only so far"), "{afar}");
}
