//! The Kafka driver against the embedded broker, in this process.

mod consuming;
mod errors_and_admin;
mod full_queues;
mod value_memory;

use super::admin::{AdminAction, AdminRequest, TopicState, perform};
use super::embedded::{BrokerTopic, EmbeddedBroker};
use super::{KafkaConsumer, KafkaProducer, Receiving};
use crate::driver::{Batch, Consumer, Delivery, ErrorClass, Producer, ReceivedMessage, Report, SendResult, Time};
use crate::plan::properties::{ConsumerSettings, ProducerWays, StickyBatches};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);

/// The machine's clock; nothing here depends on the run's.
struct Wall(Instant);

impl Time for Wall {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }
    fn relax(&self) {
        std::hint::spin_loop();
    }
    fn sleep_until(&self, _deadline_ns: u64) {}
}

fn wall() -> Wall {
    Wall(Instant::now())
}

fn broker(topics: &[(&str, u32)]) -> EmbeddedBroker {
    let topics: Vec<_> = topics
        .iter()
        .map(|(name, partitions)| BrokerTopic { name: (*name).to_owned(), partitions: *partitions })
        .collect();
    EmbeddedBroker::start(&topics, &mut |_| {}).unwrap()
}

fn properties(broker: &EmbeddedBroker, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![("bootstrap.servers".to_owned(), broker.bootstrap_servers())];
    all.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    all
}

fn producer(broker: &EmbeddedBroker, topic: &str, more: &[(&str, &str)]) -> KafkaProducer {
    KafkaProducer::connect(&properties(broker, more), topic, ProducerWays::default(), false, LIMIT).unwrap()
}

fn consumer(broker: &EmbeddedBroker, topic: &str, group: &str, more: &[(&str, &str)]) -> KafkaConsumer {
    let mut all = vec![("group.id", group), ("auto.offset.reset", "earliest"), ("fetch.wait.max.ms", "10")];
    if !more.iter().any(|(name, _)| *name == "group.protocol") {
        // On the mock cluster a member that joins late waits for the session timeout of those before it.
        all.push(("session.timeout.ms", "6000"));
    }
    all.extend_from_slice(more);
    let fetch_queue = ConsumerSettings::default().fetch_queue;
    let receiving = Receiving { auto_commit: false, always_timed: false, fetch_queue };
    KafkaConsumer::connect(&properties(broker, &all), topic, receiving, LIMIT).unwrap()
}

/// Collects the tags of all reports until `count` have come.
fn reports(producer: &mut KafkaProducer, count: usize) -> Vec<(usize, Vec<u8>, Delivery)> {
    let (time, deadline) = (wall(), Instant::now() + LIMIT);
    let mut all = Vec::new();
    while all.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} reports came", all.len());
        let tell = |_, report: Report<'_>| all.push((report.tag, report.value.to_vec(), report.delivery));
        if producer.poll_reports(7, &time, tell) == 0 {
            producer.await_reports(time.now_ns() + 50_000_000, &time);
        }
    }
    all
}

/// Polls until `done` says so; returns the values with their partitions.
fn receive(
    consumers: &mut [&mut KafkaConsumer],
    mut done: impl FnMut(&[Vec<(u32, Vec<u8>)>], &[&mut KafkaConsumer]) -> bool,
) -> Vec<Vec<(u32, Vec<u8>)>> {
    let (time, deadline) = (wall(), Instant::now() + LIMIT);
    let mut all = vec![Vec::new(); consumers.len()];
    while !done(&all, consumers) {
        assert!(
            Instant::now() < deadline,
            "received {:?}, {:?}",
            all.iter().map(Vec::len).collect::<Vec<_>>(),
            consumers.iter().map(|consumer| (consumer.events(), consumer.recent())).collect::<Vec<_>>()
        );
        for (consumer, received) in consumers.iter_mut().zip(&mut all) {
            consumer.serve_events(&time, |_, message| received.push((message.partition, message.value.to_vec())));
            let tell = |_, message: ReceivedMessage<'_>| received.push((message.partition, message.value.to_vec()));
            if consumer.poll_batch(&time, tell) == 0 {
                consumer.await_messages(time.now_ns() + 5_000_000, &time);
            }
        }
    }
    all
}

fn batch_of(count: usize, value_bytes: u32) -> Batch {
    let mut batch = Batch::new(count, value_bytes);
    batch.set_len(count);
    for i in 0..count {
        batch.head_mut(i).0[0] = u8::try_from(i).unwrap();
        batch.set_tag(i, 1_000 + i);
    }
    batch
}

#[test]
fn single_messages_and_batches_come_back_as_reports_with_their_values() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[]);
    assert_eq!(producer.send(Some(b"key"), b"one", 7), SendResult::Accepted);
    let mut batch = batch_of(100, 20);
    batch.set_key(3, Some(b"k"));
    assert_eq!(producer.send_batch(&batch, 0, |i, code| panic!("{i}: {code}")), 100);

    let all = reports(&mut producer, 101);
    assert!(all.iter().all(|(_, _, delivery)| *delivery == Delivery::Acknowledged));
    assert_eq!(all[0], (7, b"one".to_vec(), Delivery::Acknowledged));
    assert_eq!(all.iter().skip(1).map(|(tag, _, _)| *tag).collect::<Vec<_>>(), (1_000..1_100).collect::<Vec<_>>());
    assert_eq!(all[51].1[0], 50);
    assert_eq!(producer.client_errors(), 0);
}

/// With `latest` a partition's beginning is found after the partition was assigned.
#[test]
fn a_partition_is_assigned_when_nothing_in_it_can_be_missed_any_more() {
    let broker = broker(&[("t", 4)]);
    let mut producer = producer(&broker, "t", &[("linger.ms", "0"), ("partitioner", "consistent_random")]);
    assert_eq!(producer.send(None, b"before", 1), SendResult::Accepted);
    reports(&mut producer, 1);
    let kip_848 = ("group.protocol", "consumer");
    let mut consumer = consumer(&broker, "t", "g", &[("auto.offset.reset", "latest"), kip_848]);
    receive(&mut [&mut consumer], |_, consumers| consumers[0].events().assigned == 4);
    for tag in 0..40_u8 {
        assert_eq!(producer.send(Some(&[tag]), b"after", usize::from(tag)), SendResult::Accepted);
    }
    let all = receive(&mut [&mut consumer], |all, _| all[0].len() >= 40);
    assert!(all[0].len() == 40 && all[0].iter().all(|(_, value)| value == b"after"), "{all:?}");
}

/// The partitions of 4,000 messages of 1,000 bytes, one by one and in batches, in the order in which they were handed
/// over.
#[test]
fn messages_without_keys_go_on_when_a_batch_is_filled_and_it_leaves_however_long_the_linger() {
    let broker = broker(&[("t", 4)]);
    let sticky = StickyBatches { batch_bytes: 16_384, batch_messages: 15, linger_ns: 250_000_000_000, keys_too: false };
    let ways = ProducerWays { sticky: Some(sticky), requests_per_partition: Some(5) };
    // The queue is shorter than what is sent: what is refused for that is spread as if it had been offered once.
    let linger = [
        ("linger.ms", "250000"),
        ("batch.size", "16384"),
        ("batch.num.messages", "15"),
        ("queue.buffering.max.messages", "1000"),
    ];
    let mut producer = KafkaProducer::connect(&properties(&broker, &linger), "t", ways, false, LIMIT).unwrap();
    let (time, deadline) = (wall(), Instant::now() + LIMIT);
    // Whole batches: nothing waits for its linger time.
    let (mut partitions, mut sent) = (vec![-1; 3_990], 0);
    let mut reported = 0;
    while reported < partitions.len() {
        assert!(Instant::now() < deadline, "{reported} of {sent} reports came");
        let left = partitions.len() - sent;
        if left > 0 {
            let mut batch = batch_of(if sent < 1_000 { 1 } else { 100.min(left) }, 1_000);
            (0..batch.len()).for_each(|i| batch.set_tag(i, sent + i));
            sent += if batch.len() == 1 {
                usize::from(producer.send_from(&batch, 0) == SendResult::Accepted)
            } else {
                producer.send_batch(&batch, 0, |i, code| panic!("{i}: {code}"))
            };
        }
        reported += producer.poll_reports(500, &time, |_, report| partitions[report.tag] = report.partition) as usize;
    }
    let runs: Vec<usize> = partitions.chunk_by(|a, b| a == b).map(<[i32]>::len).collect();
    let (_, whole) = runs.split_last().unwrap();
    assert!(whole.iter().all(|run| run % 15 == 0), "{runs:?}");
    assert!(whole.len() > 120, "{runs:?}");
    assert!((0..4).all(|partition| partitions.contains(&partition)));
}

#[test]
fn a_message_that_is_too_large_is_refused_and_the_others_are_sent() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[("message.max.bytes", "1000")]);
    let mut refused = Vec::new();
    assert_eq!(producer.send_batch(&batch_of(3, 2_000), 0, |i, code| refused.push((i, code))), 3);
    assert_eq!(refused.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [0, 1, 2]);
    let SendResult::Refused(code) = producer.send(None, &[0; 2_000], 0) else { panic!("taken") };
    assert!(producer.describe(code).contains("Message size too large"), "{}", producer.describe(code));
    assert_eq!(producer.send(None, b"small", 5), SendResult::Accepted);
    assert_eq!(reports(&mut producer, 1)[0].0, 5);
}

#[test]
fn what_is_purged_is_reported_as_unknown() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[("linger.ms", "10000")]);
    assert_eq!(producer.send_batch(&batch_of(10, 10), 0, |_, _| ()), 10);
    producer.purge();
    assert!(reports(&mut producer, 10).iter().all(|(_, _, delivery)| *delivery == Delivery::Unknown));
}

#[test]
fn a_wait_for_reports_ends_with_the_first_and_has_a_limit() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[("linger.ms", "0")]);
    let time = wall();
    let waited_ms = |producer: &mut KafkaProducer, limit_ms: u64| {
        let (begun_ns, mut reported) = (time.now_ns(), 0);
        let deadline_ns = begun_ns + limit_ms * 1_000_000;
        while reported == 0 && time.now_ns() < deadline_ns {
            reported = producer.poll_reports(9, &time, |_, _| ());
            if reported == 0 {
                producer.await_reports(deadline_ns, &time);
            }
        }
        (reported, (time.now_ns() - begun_ns) / 1_000_000)
    };
    let (reported, waited) = waited_ms(&mut producer, 30);
    assert!(reported == 0 && waited >= 30, "nothing was sent: {reported} reports after {waited} ms");
    for _ in 0..3 {
        assert_eq!(producer.send(None, b"x", 1), SendResult::Accepted);
        let (reported, waited) = waited_ms(&mut producer, 20_000);
        assert!(reported == 1 && waited < 10_000, "{reported} reports after {waited} ms");
    }
}
