//! A broker that is killed under load and comes back on its ports and its data: whatever was lost, stored twice or
//! delayed by it, with acks=1 and with acks=all, the figures are those of the raw samples and of the broker's own end
//! offsets.

use crate::scene::results::{Detail, RawClient};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Running, Scene, Workload};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(150);
const ACKNOWLEDGED: u8 = 1;
const RECEIVED: u8 = 5;

fn load(scene: &Scene, name: &str) -> Running {
    let workload = format!("{name}.yaml");
    let args = [
        "run",
        "--no-progress",
        "-d",
        &format!("{name}-driver.yaml"),
        "--warmup",
        "0s",
        "--duration",
        "30s",
        "--keep-topics",
        "--record-raw",
        name,
        "--output",
        &format!("{name}.json"),
        &workload,
    ]
    .map(str::to_owned);
    scene.pinload(args).limit(LIMIT).spawn()
}

#[test]
fn after_a_broker_was_killed_and_came_back_every_figure_is_that_of_the_samples_and_of_its_log() {
    let scene =
        Scene::untimed("after_a_broker_was_killed_and_came_back_every_figure_is_that_of_the_samples_and_of_its_log");
    let Some(mut broker) = Kafka::own(&scene) else { return };
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    let cases = [("one", ["acks=1", "enable.idempotence=false"]), ("all", ["acks=all", "enable.idempotence=true"])];
    let runs = cases.map(|(name, producer)| {
        let driver = driver(JAVA_CLASS, broker.bootstrap(), &[], &producer, &consumer);
        scene.write(&format!("{name}-driver.yaml"), &driver);
        let workload = Workload::small(name).with("producersPerTopic", 1).with("consumerPerSubscription", 1);
        scene.write(&format!("{name}.yaml"), &workload.with("producerRate", 300).text());
        load(&scene, name)
    });
    for ((name, _), run) in cases.iter().zip(&runs) {
        run.wait_for_line("measurement begins", LIMIT);
        Deadline::within(LIMIT).poll("three seconds of load", || {
            let clients = RawClient::read_all(&[scene.path(name)]);
            clients.iter().any(|client| client.role() == "producer" && client.cuts.len() >= 3).then_some(())
        });
    }
    broker.restart();
    for ((name, _), run) in cases.iter().zip(runs) {
        // What was lost or stored twice is the broker's failure, and the exit code says so.
        let done = run.outcome();
        let detail = Detail::read(&scene.path(&format!("{name}.detail")));
        done.assert_code(if detail.text("/system/outcome") == "failed" { 10 } else { 0 });
    }
    for (name, _) in cases {
        assert_true(&scene, &broker, name);
    }
}

/// Who sent it, as which.
type Message = (u32, u64);

fn assert_true(scene: &Scene, broker: &Kafka, name: &str) {
    let detail = Detail::read(&scene.path(&format!("{name}.detail")));
    let clients = RawClient::read_all(&[scene.path(name)]);
    let samples = || clients.iter().flat_map(|client| &client.samples).map(|(_, sample)| sample);
    let messages = |outcome: u8| samples().filter(move |sample| sample.outcome == outcome && sample.is_message());
    let who =
        |outcome: u8| messages(outcome).map(|sample| (sample.producer, sample.sequence)).collect::<BTreeSet<Message>>();

    // The log is received from end to end, and ends where the broker says.
    let mut log: BTreeMap<(i32, i64), BTreeSet<Option<Message>>> = BTreeMap::new();
    for sample in samples().filter(|sample| sample.outcome == RECEIVED) {
        let who = sample.is_message().then_some((sample.producer, sample.sequence));
        log.entry((sample.partition, sample.offset)).or_default().insert(who);
    }
    assert!(log.values().all(|who| who.len() == 1), "{name}: a place in the log has one message");
    let ends = broker.end_offsets(scene, &detail.topics());
    let whole: Vec<(i32, i64)> = ends
        .iter()
        .flat_map(|((_, partition), end)| (0..end.cast_signed()).map(|offset| (partition.cast_signed(), offset)))
        .collect();
    assert!(
        log.keys().copied().eq(whole),
        "{name}: {ends:?} are the broker's end offsets, received were {} places",
        log.len()
    );

    // What was acknowledged is where it was said to be, or lost.
    let (acknowledged, received) = (who(ACKNOWLEDGED), who(RECEIVED));
    let lost = acknowledged.difference(&received).count() as u64;
    let unkept = messages(ACKNOWLEDGED)
        .filter(|sample| sample.partition >= 0 && sample.offset >= 0)
        .filter(|sample| {
            log.get(&(sample.partition, sample.offset))
                .is_none_or(|who| !who.contains(&Some((sample.producer, sample.sequence))))
        })
        .count() as u64;
    assert!(unkept <= lost, "{name}: {unkept} are not where they were said to be, {lost} are lost");

    // And the figures say so.
    let totals = detail.totals();
    assert_eq!(totals.sent, totals.acknowledged + totals.failed + totals.unknown, "{name}: {totals:?}");
    assert_eq!(totals.acknowledged, acknowledged.len() as u64, "{name}");
    assert_eq!(totals.received, messages(RECEIVED).count() as u64, "{name}");
    let balance = detail.at("/accounting/total");
    let figure = |figure: &str| balance[figure].as_u64().expect("a count");
    assert_eq!(
        figure("received") + figure("lost"),
        totals.acknowledged + figure("failed_but_received"),
        "{name}: {balance}"
    );
    let again = messages(RECEIVED).count() as u64 - received.len() as u64;
    let late = received.difference(&acknowledged).count() as u64;
    assert_eq!(totals.duplicated, again, "{name}: {balance}");
    assert_eq!(
        (figure("received"), figure("lost"), figure("failed_but_received")),
        (received.len() as u64, lost, late),
        "{name}: {balance}"
    );
    if name == "all" {
        assert_eq!(lost, 0, "what all replicas have is kept: {balance}");
    }
    // The stall is in the latencies from the intended time.
    let shown = detail.at("/measurement/latencies/acknowledge_intended/max_ns").as_u64();
    let longest = messages(ACKNOWLEDGED).map(|sample| sample.at_ns - sample.intended_ns).max();
    assert!(longest > Some(100_000_000), "{name}: the broker was away for a moment: {longest:?}");
    assert!(shown <= longest, "{name}: {shown:?}, {longest:?}");
}
