//! Hundreds and thousands of topics: planned, created, deleted, and said what is waited for.

use crate::scene::results::Detail;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Deadline, Kafka, Scene, Workload};
use std::time::Duration;

/// Thousands of topics take a broker on two busy CPUs some minutes.
const LIMIT: Duration = Duration::from_secs(400);

/// One producer on the first of so many topics, and nobody who consumes.
fn one_producer(name: &str, topics: usize, partitions: u32) -> Workload {
    let producers: Vec<&str> = (0..topics).map(|topic| if topic == 0 { "1" } else { "0" }).collect();
    Workload::small(name)
        .with("topics", topics)
        .with("partitionsPerTopic", partitions)
        .without("producersPerTopic")
        .with("producersPerTopicList", format!("[{}]", producers.join(", ")))
        .with("subscriptionsPerTopic", 0)
        .with("consumerPerSubscription", 0)
        .with("producerRate", 100)
}

#[test]
fn a_thousand_topics_of_twenty_partitions_are_planned_with_time_to_create_them() {
    let scene = Scene::untimed("a_thousand_topics_of_twenty_partitions_are_planned_with_time_to_create_them");
    scene.write("driver.yaml", &driver(JAVA_CLASS, "127.0.0.1:9092", &[], &[], &[]));
    scene.write("many.yaml", &one_producer("many", 1_000, 20).text());
    let done = scene.pinload(["plan", "-d", "driver.yaml", "many.yaml"]).run();
    done.assert_code(0);
    // A minute, and a second more for each 50 of 1,000 topics and 20,000 partitions.
    assert!(done.says("topics 8 min"), "{done}");
}

#[test]
fn an_embedded_broker_with_three_hundred_topics_says_that_it_starts_and_runs() {
    let scene = Scene::untimed("an_embedded_broker_with_three_hundred_topics_says_that_it_starts_and_runs");
    scene.write("many.yaml", &one_producer("many", 300, 4).text());
    let args = ["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", "2s", "many.yaml"];
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    assert!(done.says("starting the embedded broker with 300 topics"), "{done}");
    scene.assert_no_leftovers();
}

#[test]
fn two_thousand_topics_are_created_and_deleted_on_a_real_kafka() {
    let scene = Scene::untimed_for_minutes("two_thousand_topics_are_created_and_deleted_on_a_real_kafka");
    // One of its own: thousands of topics keep a broker from answering others.
    let Some(kafka) = Kafka::own(&scene) else { return };
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &[], &[]));
    scene.write("many.yaml", &one_producer("many", 2_000, 2).text());
    let args = ["run", "--no-progress", "-d", "driver.yaml", "--warmup", "0s", "--duration", "2s", "many.yaml"];
    let done = scene.pinload(args).limit(LIMIT).run();
    done.assert_code(0);
    // 2,500 records of the controller in a request: 833 topics.
    for words in ["creating topics: 833 of 2,000 topics", "deleting topics: 1,666 of 2,000 topics"] {
        assert!(done.says(words), "{words:?} is not said\n{done}");
    }
    let detail = Detail::read(&scene.detail_file());
    assert_eq!((detail.topics().len(), detail.at("/topics/deleted").as_bool()), (2_000, Some(true)));

    // Nothing is left: who names one of them is told that it does not exist, as soon as the broker knows it itself.
    let first = &detail.topics()[1_999];
    scene.write("one.yaml", &Workload::small("one").text());
    let args = ["run", "--no-progress", "-d", "driver.yaml", "--warmup", "0s", "--duration", "1s"];
    Deadline::within(LIMIT).poll("the broker knows that the topic is gone", || {
        let again = scene.pinload([&args[..], &["--topics", first, "one.yaml"]].concat()).limit(LIMIT).run();
        again.says(&format!("{first} does not exist")).then_some(())
    });
}
