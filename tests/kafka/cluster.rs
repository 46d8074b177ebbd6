//! Three brokers, of which one is killed: what all copies have acknowledged stays, once and in order, by pinload's
//! accounting and by the brokers' own end offsets.

use crate::scene::results::Detail;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Metrics, Running, Scene, Workload};
use nix::sys::signal::Signal;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(240);
const INTERRUPTED: i32 = 130;
/// Messages a second.
const RATE: u32 = 300;

/// A run with a metrics page, to be ended by Ctrl-C, with clients of this kind on a topic of three copies, of which two
/// must have a message.
fn load(scene: &Scene, kafka: &Kafka, client: &str) -> Running {
    let producer = ["acks=all", "enable.idempotence=true", "linger.ms=1", "delivery.timeout.ms=60000"];
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    let (driver_file, workload_file) = (format!("{client}-driver.yaml"), format!("{client}.yaml"));
    scene.write(&driver_file, &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
    let workload = Workload::small(client).with("partitionsPerTopic", 3).with("producerRate", RATE);
    scene.write(&workload_file, &workload.text());
    let output = format!("{client}.json");
    let args = ["run", "--no-progress", "--warmup", "0s", "--duration", "180s", "--metrics-addr", "127.0.0.1:0"];
    let more = ["-d", &driver_file, "--client", client, "--topics", client, "--output", &output, &workload_file];
    scene.pinload([&args[..], &more].concat()).limit(LIMIT).spawn()
}

#[test]
fn a_leader_that_is_killed_under_load_loses_doubles_and_reorders_nothing_with_either_driver() {
    let scene = Scene::busy("a_leader_that_is_killed_under_load_loses_doubles_and_reorders_nothing_with_either_driver");
    let soon = ["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500"];
    let Some(kafka) = Kafka::own_cluster(&scene, 3, &soon) else { return };
    let clients = ["wire", "librdkafka"];
    let leaders = clients.map(|client| {
        kafka.create_topic_with(&scene, client, 3, &["--replication-factor", "3", "--config", "min.insync.replicas=2"]);
        kafka.leaders(&scene, client)
    });
    let leader = leaders[0][0];
    assert!(leaders[1].contains(&leader), "each broker leads one of three partitions: {leaders:?}");
    let runs = clients.map(|client| load(&scene, &kafka, client));
    for run in &runs {
        run.wait_for_line("measurement begins", LIMIT);
    }
    let pass = |time: Duration| {
        let until = Deadline::within(time);
        while until.pause() {}
    };
    pass(Duration::from_secs(2));
    kafka.kill_broker(leader);
    Deadline::within(LIMIT).poll("others to lead", || {
        let all_have = |leaders: Vec<usize>| leaders.len() == 3 && !leaders.contains(&leader);
        clients.iter().all(|client| all_have(kafka.leaders(&scene, client))).then_some(())
    });
    // Clients look for new leaders at their own pace, and have piled up messages meanwhile: the load goes on until
    // these are acknowledged.
    for run in &runs {
        let page = Metrics::address_of(run, LIMIT);
        Deadline::within(LIMIT).poll("what has piled up to be acknowledged", || {
            let page = Metrics::scrape(&page);
            let count = |what: &str| page.count(&format!("pinload_messages_{what}_total{{role=\"producer\"}}"));
            (count("enqueued").saturating_sub(count("acknowledged")) < u64::from(RATE) / 4).then_some(())
        });
    }
    runs.iter().for_each(|run| run.signal_group(Signal::SIGINT));
    for (run, client) in runs.into_iter().zip(clients) {
        run.outcome().assert_code(INTERRUPTED);
        let detail = Detail::read(&scene.path(&format!("{client}.detail")));
        let (totals, balance) = (detail.totals(), detail.at("/accounting/total"));
        assert!(totals.acknowledged > 1_000, "{client}: {totals:?}");
        assert_eq!((totals.acknowledged, totals.received), (totals.sent, totals.sent), "{client}: {totals:?}");
        assert_eq!(
            (totals.lost, totals.duplicated, totals.failed, totals.unknown),
            (0, 0, 0, 0),
            "{client}: {totals:?}"
        );
        assert_eq!(balance["reordered"], 0, "{client}: {balance}");
        let stored: u64 = kafka.end_offsets(&scene, &[client.to_owned()]).values().sum();
        assert_eq!(stored, totals.acknowledged + totals.probes, "{client}: {totals:?}");
        // The kill was felt: somebody had to wait until the broker was missed.
        let longest = detail.at("/measurement/latencies/acknowledge_intended/max_ns").as_u64();
        assert!(longest > Some(500_000_000), "{client}: {longest:?}");
    }
}
