//! What stands in logs: transactions that were committed or not, and what compaction has left.

use super::*;

/// Fifty values of one producer's round, with keys and headers, into two partitions.
fn put(producer: &BaseProducer, topic: &str, name: &str) -> Vec<String> {
    let values = (0..50).map(|number| format!("{name}-{number}"));
    values
        .inspect(|value| {
            let headers = OwnedHeaders::new()
                .insert(Header { key: "of", value: Some(name) })
                .insert(Header { key: "none", value: None::<&str> });
            let record = BaseRecord::to(topic).key(value).payload(value).headers(headers);
            producer.send(record).map_err(|(error, _)| error).expect("room");
            producer.poll(Duration::ZERO);
        })
        .collect()
}

#[test]
fn of_transactions_only_what_was_committed_is_read_unless_all_is_asked_for() {
    let scene = Scene::untimed("of_transactions_only_what_was_committed_is_read_unless_all_is_asked_for");
    let Some(kafka) = quick_kafka(&scene) else { return };
    for codec in ["none", "lz4"] {
        let topic = format!("transactions-{codec}");
        kafka.create_topic(&scene, &topic, 2);
        let begin = |id: &str| -> BaseProducer {
            let id = format!("{id}-{codec}");
            let producer: BaseProducer =
                librdkafka(kafka, &[("transactional.id", &id), ("compression.type", codec), ("linger.ms", "5")]);
            producer.init_transactions(LIMIT).expect("a producer id");
            producer
        };
        let (one, other) = (begin("one"), begin("other"));
        let plain: BaseProducer = librdkafka(kafka, &[("compression.type", codec)]);
        let (mut committed, mut all) = (Vec::new(), Vec::new());
        for (round, (one_commits, other_commits)) in
            [(true, false), (false, true), (false, false), (true, true)].into_iter().enumerate()
        {
            let sides = [(&one, "one", one_commits), (&other, "other", other_commits)];
            sides.iter().for_each(|(producer, ..)| producer.begin_transaction().expect("a transaction"));
            // Both are open at the same time, and one that needs none writes in between.
            for part in 0..2 {
                for (producer, name, commits) in &sides {
                    let values = put(producer, &topic, &format!("{name}-{round}-{part}"));
                    producer.flush(LIMIT).expect("written");
                    all.extend(values.iter().cloned());
                    committed.extend(values.into_iter().filter(|_| *commits));
                }
                let values = put(&plain, &topic, &format!("plain-{round}-{part}"));
                plain.flush(LIMIT).expect("written");
                all.extend(values.iter().cloned());
                committed.extend(values);
            }
            for (producer, _, commits) in &sides {
                let done =
                    if *commits { producer.commit_transaction(LIMIT) } else { producer.abort_transaction(LIMIT) };
                done.expect("the end of a transaction");
            }
        }
        for (level, mut expected) in [("read_committed", committed), ("read_uncommitted", all)] {
            let (mut consumer, mut read) = (consumer(kafka, &topic, &[("isolation.level", level)]), Vec::new());
            look_until(level, || {
                look(&mut consumer, &mut read);
                read.len() >= expected.len()
            });
            let until = Instant::now() + LITTLE;
            look_until("nothing more", || {
                look(&mut consumer, &mut read);
                Instant::now() >= until
            });
            let mut values: Vec<String> = read.into_iter().map(|(_, _, value)| value).collect();
            values.sort_unstable();
            expected.sort_unstable();
            assert_eq!(values, expected, "{level}, {codec}");
        }
    }
}

#[test]
fn what_compaction_has_left_is_read_with_its_gaps_as_librdkafka_reads_it() {
    let scene = Scene::untimed("what_compaction_has_left_is_read_with_its_gaps_as_librdkafka_reads_it");
    let Some(kafka) = quick_kafka(&scene) else { return };
    let topic = "compacted";
    let compaction = ["cleanup.policy=compact", "min.cleanable.dirty.ratio=0.01", "segment.ms=200"];
    let options: Vec<&str> = compaction.iter().flat_map(|config| ["--config", config]).collect();
    kafka.create_topic_with(&scene, topic, 1, &options);
    let producer: BaseProducer = librdkafka(kafka, &[("linger.ms", "20")]);
    let put = |key: &str, value: &str| {
        let headers = OwnedHeaders::new().insert(Header { key: "h", value: Some(value) });
        let record = BaseRecord::to(topic).key(key).payload(value).headers(headers);
        producer.send(record).map_err(|(error, _)| error).expect("room");
    };
    // Batches in which a few keys come again and again, and some that stay.
    for number in 0..300 {
        let key = if number % 50 == 7 { format!("kept-{number}") } else { format!("key-{}", number % 3) };
        put(&key, &format!("value-{number}"));
    }
    producer.flush(LIMIT).expect("written");
    let ours = || {
        let (mut consumer, mut read) = (consumer(kafka, topic, &[]), Vec::new());
        look_until("the last message", || {
            look(&mut consumer, &mut read);
            read.last().is_some_and(|(_, _, value)| value.starts_with("last"))
        });
        read
    };
    let mut lasts = 0;
    let mut read = Vec::new();
    look_until("compaction", || {
        // A segment is closed when something comes behind it.
        put(&format!("last-{lasts}"), &format!("last-{lasts}"));
        producer.flush(LIMIT).expect("written");
        lasts += 1;
        read = ours();
        let is_done = read.iter().filter(|(_, _, value)| value.starts_with("value")).count() < 20;
        if !is_done {
            std::thread::park_timeout(LITTLE);
        }
        is_done
    });
    let values: Vec<&str> =
        read.iter().map(|(_, _, value)| value.as_str()).filter(|value| value.starts_with("value")).collect();
    let kept = ["value-7", "value-57", "value-107", "value-157", "value-207", "value-257"];
    assert_eq!(values[..6], kept, "{read:?}");
    assert_eq!(values[6..], ["value-297", "value-298", "value-299"], "{read:?}");
    assert!(read.iter().map(|(_, offset, _)| *offset).is_sorted_by(|a, b| a < b), "{read:?}");
    let theirs: BaseConsumer = librdkafka(kafka, &[("group.id", topic), ("auto.offset.reset", "earliest")]);
    let mut from = rdkafka::TopicPartitionList::new();
    from.add_partition_offset(topic, 0, rdkafka::Offset::Beginning).expect("a partition");
    theirs.assign(&from).expect("an assignment");
    let mut by_them: Vec<Read> = Vec::new();
    look_until("they read as much", || {
        if let Some(Ok(message)) = theirs.poll(Duration::from_millis(5)) {
            let value = String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
            by_them.push((0, message.offset(), value));
        }
        by_them.len() >= read.len()
    });
    assert_eq!(by_them, read);
}
