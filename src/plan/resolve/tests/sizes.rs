//! Messages that a producer's or a topic's limit would refuse.

use super::*;

/// Problems and warnings of messages so long under OMB's class, with these topic and producer properties.
fn outcome(size_bytes: u32, topic: &str, producer: &str, keys: &str) -> (Vec<String>, Vec<String>) {
    let indented = |lines: &str| lines.lines().fold(String::new(), |all, line| format!("{all}  {line}\n"));
    let text = format!(
        "driverClass: {JAVA}\nreplicationFactor: 1\ntopicConfig: |\n{}commonConfig: |\n\
         \x20 bootstrap.servers=localhost:9092\n\
         producerConfig: |\n{}consumerConfig: ''\n",
        indented(topic),
        indented(producer)
    );
    let driver = DriverFile::parse(Path::new("d.yaml"), &text, false).unwrap();
    let text = format!("{}producerRate: 100\nkeyDistributor: {keys}\n", SOUND.replace("1024", &size_bytes.to_string()));
    match resolve(&workload(&text), Some(&driver), &ResolveOptions::default(), &machine()) {
        Ok(plan) => (vec![], plan.warnings.into_iter().map(String::from).collect()),
        Err(problems) => (problems.0.iter().map(ToString::to_string).collect(), vec![]),
    }
}

#[test]
fn a_producers_limit_is_one_of_the_record_and_not_of_its_value() {
    // Java's producer takes 87 bytes more into account for values of this size, and 97 with a key of ten.
    for (largest, keys) in [(1_048_489, "NO_KEY"), (1_048_479, "KEY_ROUND_ROBIN")] {
        let lines = "acks=all\nmax.request.size=1048576";
        assert_eq!(outcome(largest, "", lines, keys), (vec![], vec![]), "{keys}");
        let (refused, _) = outcome(largest + 1, "", lines, keys);
        assert_eq!(refused.len(), 1, "{keys}");
        assert!(refused[0].starts_with(&format!("w.yaml:3: messageSize: {} bytes", largest + 1)), "{refused:?}");
    }
    let (refused, _) = outcome(1_048_576, "", "acks=all", "NO_KEY");
    for part in ["88 that a record and its batch take", "max.request.size=1048576", "max.message.bytes (topicConfig)"] {
        assert!(refused[0].contains(part), "{part}: {refused:?}");
    }
}

#[test]
fn a_topics_limit_is_one_of_the_batch() {
    let producer = "max.request.size=9000000";
    let exact = outcome(1_048_576, "max.message.bytes=1048650", producer, "NO_KEY");
    assert_eq!(exact, (vec![], vec![]));
    let (refused, _) = outcome(1_048_577, "max.message.bytes=1048650", producer, "NO_KEY");
    assert!(refused[0].contains("topicConfig's max.message.bytes=1048650"), "{refused:?}");
    assert!(refused[0].contains("raise max.message.bytes in topicConfig to 1048651"), "{refused:?}");
    let (_, warned) = outcome(1_048_576, "", producer, "NO_KEY");
    assert!(warned[0].contains("brokers' message.max.bytes is raised (1048588)"), "{warned:?}");
    let compressed = format!("{producer}\ncompression.type=lz4");
    let (_, warned) = outcome(2_000_000, "max.message.bytes=1048650", &compressed, "NO_KEY");
    assert!(warned[0].contains("unless compression makes up for it"), "{warned:?}");
}

#[test]
fn a_message_longer_than_the_queue_is_refused() {
    let (refused, _) = outcome(100_000, "", "buffer.memory=65536\nbatch.size=1000", "NO_KEY");
    assert!(refused[0].contains("never fit into the producer's queue of 65,536 bytes"), "{refused:?}");
}

#[test]
fn a_compacted_topic_needs_keys() {
    for policy in ["compact", "compact,delete", "delete, compact"] {
        let topic = format!("retention.ms=1000\ncleanup.policy={policy}");
        let (refused, _) = outcome(1_024, &topic, "acks=all", "NO_KEY");
        assert_eq!(refused.len(), 1, "{policy}");
        assert!(refused[0].starts_with("d.yaml:5: cleanup.policy: compact: the brokers refuse"), "{refused:?}");
        assert_eq!(outcome(1_024, &topic, "acks=all", "KEY_ROUND_ROBIN"), (vec![], vec![]), "{policy}");
    }
    assert_eq!(outcome(1_024, "cleanup.policy=delete", "acks=all", "NO_KEY"), (vec![], vec![]));
}

#[test]
fn a_full_batch_is_said_to_librdkafka_in_messages_where_all_are_of_one_size() {
    let with = |properties: &str, text: &str| {
        let driver = format!(
            "name: Kafka\ndriverClass: {JAVA}\nreplicationFactor: 1\ntopicConfig: ''\n\
             commonConfig: |\n  bootstrap.servers=localhost:9092\nproducerConfig: |\n  acks=all\n{properties}\
             consumerConfig: |\n  auto.offset.reset=earliest\n"
        );
        let driver = DriverFile::parse(Path::new("d.yaml"), &driver, false).unwrap();
        let text = format!("{SOUND}producerRate: 1000\n{text}");
        let producer = resolve(&workload(&text), Some(&driver), &ResolveOptions::default(), &machine()).unwrap();
        let producer = producer.driver.producer;
        let lines = producer.lines.iter().filter(|line| line.name == "batch.num.messages").count();
        let messages = producer.ways.sticky.map(|sticky| sticky.batch_messages);
        (producer.get("batch.num.messages").map(str::to_owned), messages, lines)
    };
    assert_eq!(with("", ""), (Some("15".to_owned()), Some(15), 1));
    // In place of the default that takes librdkafka's limit of 10,000 messages away.
    assert_eq!(with("  batch.size=131072\n", ""), (Some("126".to_owned()), Some(126), 1));
    assert_eq!(with("", "keyDistributor: KEY_ROUND_ROBIN\n"), (Some("15".to_owned()), Some(15), 1));
    assert_eq!(with("  batch.num.messages=7\n", ""), (Some("7".to_owned()), Some(u32::MAX), 1));
    assert_eq!(with("  partitioner=consistent\n", ""), (None, None, 0));
}
