//! Queues that are full: too small ones, and those of a broker that stands still.

use super::*;

/// What these runs are judged by: a queue that is full for a tenth of the time, fetches that are held back for a third
/// of the time.
const QUEUE_THRESHOLDS: [&str; 2] = ["queue-full-share=0.1", "fetch-paused-share=0.33"];

/// One producer and one consumer at 1,000 messages/s on a broker of the test's own.
fn broker_scene(name: &'static str, producer: &[&str], consumer: &[&str]) -> (Scene, Broker) {
    let scene = Scene::new(name);
    let workload = Workload::small("queues")
        .without("topics")
        .without("partitionsPerTopic")
        .with("messageSize", 200)
        .with("producersPerTopic", 1)
        .with("consumerPerSubscription", 1)
        .with("producerRate", 1_000);
    scene.write("queues.yaml", &workload.text());
    let broker = Broker::start("queues");
    scene.write("driver.yaml", &driver(PYTHON_CLASS, &broker.bootstrap, &[], producer, consumer));
    (scene, broker)
}

const QUEUE_RUN: [&str; 7] = ["--duration", "6s", "--topics", "queues", "-d", "driver.yaml", "queues.yaml"];

/// Is the broker named as what held up the producers?
fn blames_the_broker(detail: &Detail) -> bool {
    detail.list("/caveats").iter().any(|caveat| caveat["caveat"] == "held_up_by_broker")
}

#[test]
fn small_queues_are_the_generators_and_a_paused_broker_is_the_brokers() {
    // 400 messages hold 0.4 s of the schedule.
    let roomy = ["queue.buffering.max.messages=400"];
    let (scene, broker) = broker_scene("a_run_with_queues_large_enough_is_valid", &roomy, &[]);
    let done = scene.pinload(judged_by(&QUEUE_RUN, &QUEUE_THRESHOLDS)).limit(LIMIT).run();
    let control = assert_valid(&scene, &done);
    drop((scene, broker));

    let (scene, broker) = broker_scene("a_paused_broker_is_the_brokers", &roomy, &[]);
    let running = scene.pinload(judged_by(&QUEUE_RUN, &QUEUE_THRESHOLDS)).limit(LIMIT).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    broker.signal(Signal::SIGSTOP);
    std::thread::park_timeout(3 * S);
    broker.signal(Signal::SIGCONT);
    let done = running.outcome();
    let paused = assert_valid(&scene, &done);
    let late = |detail: &Detail| detail.at("/measurement/counters/late_sends_behind_queue").as_u64().expect("a count");
    assert!(late(&paused) > 1_000, "two and a half seconds of sends were late for the full queue\n{done}");
    assert!(blames_the_broker(&paused), "{done}");
    assert!(done.says("the broker held up 1 producer"), "{done}");
    // A control that was held up as well would be no control; a loaded machine may do that for a moment.
    assert!(late(&control) < late(&paused));
    drop((scene, broker));

    // 4 messages hold 4 ms of the schedule, less than the linger; and any message at all holds back the next fetch for
    // a second.
    let (small, one) = (["queue.buffering.max.messages=4", "linger.ms=20"], ["queued.min.messages=1"]);
    let (scene, _broker) = broker_scene("small_queues_are_the_generators", &small, &one);
    let done = scene.pinload(judged_by(&QUEUE_RUN, &QUEUE_THRESHOLDS)).limit(LIMIT).run();
    let detail = assert_explained(&scene, &done, &["queue_too_small", "fetch_pauses"]);
    assert!(!blames_the_broker(&detail), "{done}");
    let blocked = words(&detail, "queue_too_small");
    assert!(
        blocked.ends_with("of the time blocked on its own full queue, which holds 4.00 ms of the schedule"),
        "{blocked}"
    );
}
