//! The Kafka driver against the embedded broker, in this process.

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

#[test]
fn a_full_queue_takes_a_prefix_and_takes_the_rest_later() {
    let broker = broker(&[("t", 1)]);
    let small = [("queue.buffering.max.messages", "30"), ("linger.ms", "0")];
    let mut producer = producer(&broker, "t", &small);
    let batch = batch_of(100, 50);
    let (mut handled, mut reported, mut full) = (0, Vec::new(), 0);
    let time = wall();
    while handled < 100 {
        handled = producer.send_batch(&batch, handled, |i, code| panic!("{i}: {code}"));
        if handled < 100 {
            full += 1;
            assert!(handled > reported.len(), "nothing was taken although there was room");
            producer.poll_reports(u32::MAX, &time, |_, report| reported.push(report.tag));
        }
    }
    assert!(full >= 1);
    reported.extend(reports(&mut producer, 100 - reported.len()).into_iter().map(|(tag, _, _)| tag));
    assert_eq!(reported, (1_000..1_100).collect::<Vec<_>>());
}

#[test]
fn reports_that_end_where_the_caller_stops_make_room_at_once() {
    let broker = broker(&[("t", 1)]);
    for (queue, asked) in [(1, 1), (1, 64), (64, 64), (64, 32), (128, 64)] {
        let all = ("queue.buffering.max.messages", &*queue.to_string());
        let mut producer = producer(&broker, "t", &[all, ("linger.ms", "0")]);
        for round in 0..3 {
            for i in 0..queue {
                assert_eq!(producer.send(None, b"x", 0), SendResult::Accepted, "{queue} {asked}: {i} of round {round}");
            }
            let (time, deadline, mut reported) = (wall(), Instant::now() + LIMIT, 0);
            while reported < queue {
                assert!(Instant::now() < deadline, "{reported} of {queue} reports came");
                let left = asked.min(queue - reported);
                reported += producer.poll_reports(left, &time, |_, _| {});
            }
        }
    }
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

#[test]
fn values_arrive_whole_while_their_memory_is_used_again_and_again() {
    let broker = broker(&[("alike", 1), ("mixed", 1)]);
    values_arrive_whole(&broker, "alike", [2_000; 3]);
    values_arrive_whole(&broker, "mixed", [60, 2_000, 500]);
}

/// Values of payloads of these lengths, through a queue that is much shorter than what is sent.
fn values_arrive_whole(broker: &EmbeddedBroker, topic: &str, lengths: [usize; 3]) {
    let small = [("queue.buffering.max.messages", "30"), ("linger.ms", "0")];
    let mut producer = producer(broker, topic, &small);
    let mut consumer = consumer(broker, topic, "g", &[]);
    let payload = |(first, length)| (0..=249u8).cycle().skip(first).take(length).collect::<Vec<_>>();
    let payloads: Vec<_> = (0..).zip(lengths).map(payload).collect();
    let (time, mut batch, mut expected) = (wall(), Batch::new(20, 2_000), Vec::new());
    let mut reported = 0;
    for round in 0..30usize {
        batch.set_len(20);
        for i in 0..20 {
            let number = round * 20 + i;
            let payload = (number * 7 + round) % 3;
            batch.set_value(i, u32::try_from(payload).unwrap(), &payloads[payload]);
            batch.head_mut(i).0[..8].copy_from_slice(&number.to_le_bytes());
            batch.set_tag(i, number);
            expected.push(batch.value(i).to_vec());
        }
        let mut handled = 0;
        while handled < 20 {
            handled = if round % 2 == 0 || handled > 0 {
                producer.send_batch(&batch, handled, |i, code| panic!("{i}: {code}"))
            } else {
                usize::from(producer.send_from(&batch, 0) == SendResult::Accepted)
            };
            producer.poll_reports(u32::MAX, &time, |_, report| {
                assert_eq!(report.value, expected[report.tag], "{topic}, report {reported}");
                reported += 1;
            });
        }
    }
    reports(&mut producer, 600 - reported);
    let received = receive(&mut [&mut consumer], |received, _| received[0].len() >= 600);
    let received: Vec<_> = received[0].iter().map(|(_, value)| value.clone()).collect();
    assert!(received == expected, "{topic}: values were changed on their way");
}

#[test]
fn clients_may_go_at_any_moment_and_a_leaked_producer_goes_on_sending_whole_values() {
    let broker = broker(&[("t", 1), ("leaked", 1)]);
    let (time, deadline) = (wall(), Instant::now() + LIMIT);
    // In the middle of an event, with most of its messages not told yet.
    let mut half_told = producer(&broker, "t", &[("linger.ms", "0")]);
    assert_eq!(half_told.send_batch(&batch_of(100, 2_000), 0, |_, _| ()), 100);
    while half_told.poll_reports(1, &time, |_, _| ()) == 0 {
        assert!(Instant::now() < deadline, "no report came");
        half_told.await_reports(time.now_ns() + 50_000_000, &time);
    }
    drop(half_told);
    // With values that the library has not sent yet.
    let mut unsent = producer(&broker, "t", &[("linger.ms", "10000")]);
    assert_eq!(unsent.send_batch(&batch_of(100, 2_000), 0, |_, _| ()), 100);
    drop(unsent);
    // With messages fetched, forwarded and not read.
    let mut unread = consumer(&broker, "t", "g", &[]);
    receive(&mut [&mut unread], |_, consumers| consumers[0].events().assigned == 1);
    drop(unread);

    let mut leaked = producer(&broker, "leaked", &[("linger.ms", "50")]);
    let batch = batch_of(100, 2_000);
    assert_eq!(leaked.send_batch(&batch, 0, |_, _| ()), 100);
    std::mem::forget(leaked);
    let mut consumer = consumer(&broker, "leaked", "g", &[]);
    let received = receive(&mut [&mut consumer], |received, _| received[0].len() == 100).remove(0);
    assert!(received.iter().enumerate().all(|(i, (_, value))| value == batch.value(i)));
}

#[test]
fn two_groups_of_two_consumers_each_receive_everything_once() {
    let broker = broker(&[("t", 4)]);
    let mut producer = producer(&broker, "t", &[("sticky.partitioning.linger.ms", "0")]);
    let (mut a0, mut a1) = (consumer(&broker, "t", "a", &[]), consumer(&broker, "t", "a", &[]));
    let (mut b0, mut b1) = (consumer(&broker, "t", "b", &[]), consumer(&broker, "t", "b", &[]));
    let mut all = [&mut a0, &mut a1, &mut b0, &mut b1];
    receive(&mut all, |_, consumers| consumers.iter().all(|consumer| consumer.events().assigned == 2));

    assert_eq!(producer.send_batch(&batch_of(200, 10), 0, |_, _| ()), 200);
    let mut sent = batch_of(200, 10);
    for i in 0..200 {
        sent.head_mut(i).0[1] = 1;
    }
    assert_eq!(producer.send_batch(&sent, 0, |_, _| ()), 200);
    reports(&mut producer, 400);
    let received = receive(&mut all, |received, _| {
        received[0].len() + received[1].len() >= 400 && received[2].len() + received[3].len() >= 400
    });
    for pair in received.chunks(2) {
        let values: HashSet<_> = pair.iter().flatten().map(|(_, value)| value.clone()).collect();
        assert_eq!((pair[0].len() + pair[1].len(), values.len()), (400, 400));
        assert!(!pair[0].is_empty() && !pair[1].is_empty());
        let own: HashSet<_> = pair[0].iter().map(|(partition, _)| *partition).collect();
        assert!(pair[1].iter().all(|(partition, _)| !own.contains(partition)));
    }
    for consumer in &mut all {
        consumer.commit_sync();
        assert_eq!(consumer.events().commits_succeeded, 1, "{:?}", consumer.events());
    }
    for consumer in all {
        consumer.close();
        assert_eq!(consumer.events().assigned, 0);
    }
}

#[test]
fn the_new_consumer_protocol_works_too() {
    let broker = broker(&[("t", 2)]);
    let mut producer = producer(&broker, "t", &[]);
    let mut consumer = consumer(&broker, "t", "g", &[("group.protocol", "consumer")]);
    receive(&mut [&mut consumer], |_, consumers| consumers[0].events().assigned == 2);
    producer.send_batch(&batch_of(50, 10), 0, |_, _| ());
    let received = receive(&mut [&mut consumer], |received, _| received[0].len() >= 50);
    assert_eq!(received[0].len(), 50);
}

#[test]
fn a_paused_consumer_receives_nothing_and_loses_nothing() {
    let broker = broker(&[("t", 2)]);
    let mut producer = producer(&broker, "t", &[]);
    let mut consumer = consumer(&broker, "t", "g", &[]);
    receive(&mut [&mut consumer], |_, consumers| consumers[0].events().assigned == 2);
    producer.send_batch(&batch_of(100, 10), 0, |_, _| ());
    reports(&mut producer, 100);
    let before = receive(&mut [&mut consumer], |received, _| received[0].len() >= 10).remove(0);

    consumer.set_paused(true);
    producer.send_batch(&batch_of(100, 10), 0, |_, _| ());
    reports(&mut producer, 100);
    let until = Instant::now() + Duration::from_millis(300);
    let paused = receive(&mut [&mut consumer], |_, _| Instant::now() > until).remove(0);
    assert_eq!(paused.len(), 0);

    consumer.set_paused(false);
    let after = receive(&mut [&mut consumer], |received, _| before.len() + received[0].len() >= 200).remove(0);
    assert_eq!(before.len() + after.len(), 200);
    let mut counts = BTreeMap::<_, u32>::new();
    for (_, value) in before.iter().chain(&after) {
        *counts.entry(value[0]).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == 2), "{counts:?}");
}

#[test]
fn an_asynchronous_commit_is_in_flight_until_its_result_is_served() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[]);
    let mut consumer = consumer(&broker, "t", "g", &[]);
    producer.send(None, b"x", 0);
    receive(&mut [&mut consumer], |received, _| received[0].len() == 1);
    consumer.commit_async();
    assert!(consumer.commit_in_flight());
    receive(&mut [&mut consumer], |_, consumers| !consumers[0].commit_in_flight());
    assert_eq!((consumer.events().commits_succeeded, consumer.events().commits_failed), (1, 0));
    // Nothing new: neither a success nor a failure.
    consumer.commit_sync();
    assert_eq!((consumer.events().commits_succeeded, consumer.events().commits_failed), (1, 0));
}

#[test]
fn what_was_committed_when_a_consumer_left_is_not_received_again() {
    let broker = broker(&[("t", 1)]);
    let mut producer = producer(&broker, "t", &[]);
    producer.send_batch(&batch_of(20, 10), 0, |_, _| ());
    // After a member has left, the mock waits for the session timeout before it gives the group another assignment.
    let short = [("session.timeout.ms", "2000"), ("heartbeat.interval.ms", "200")];
    let mut first = consumer(&broker, "t", "g", &short);
    receive(&mut [&mut first], |received, _| received[0].len() == 20);
    first.commit_sync();
    first.close();
    producer.send(None, b"next", 0);
    let mut second = consumer(&broker, "t", "g", &short);
    let received = receive(&mut [&mut second], |received, _| !received[0].is_empty());
    assert_eq!(received[0], [(0, b"next".to_vec())]);
}

#[test]
fn a_port_where_nobody_listens_is_unreachable_within_the_limit() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let properties = vec![("bootstrap.servers".to_owned(), nobody.to_string())];
    let begun = Instant::now();
    let limit = Duration::from_millis(700);
    let error = KafkaProducer::connect(&properties, "t", ProducerWays::default(), false, limit).unwrap_err();
    assert_eq!(error.class, ErrorClass::Unreachable);
    assert!(error.text.contains("Connection refused"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_setting_that_does_not_exist_is_a_configuration_error() {
    let properties = vec![("no.such.setting".to_owned(), "1".to_owned())];
    let error = KafkaProducer::connect(&properties, "t", ProducerWays::default(), false, LIMIT).unwrap_err();
    assert_eq!(error.class, ErrorClass::Configuration);
    assert!(error.text.contains("no.such.setting"), "{error}");
}

#[test]
fn the_admin_check_counts_brokers_and_describe_counts_partitions() {
    let broker = broker(&[("t", 3)]);
    let request = |action| AdminRequest {
        parent_pid: 0,
        properties: properties(&broker, &[]),
        connect_limit: LIMIT,
        action_limit: LIMIT,
        action,
    };
    let done = perform(&request(AdminAction::Check), &mut |_| {}).unwrap();
    assert_eq!((done.brokers, done.topics.len()), (1, 0));
    let names = vec!["t".to_owned(), "nobody".to_owned()];
    let done = perform(&request(AdminAction::Describe { topics: names }), &mut |_| {}).unwrap();
    assert_eq!((&done.topics[0].state, done.topics[0].partitions), (&TopicState::Existing, 3));
    assert_eq!((&done.topics[1].state, done.topics[1].partitions), (&TopicState::Unknown, 0));
}

#[test]
fn the_library_tells_its_version_and_features() {
    let (version, features) = super::library();
    assert!(version.starts_with("2."), "{version}");
    assert!(features.iter().any(|feature| feature == "ssl"), "{features:?}");
}

#[test]
fn three_hundred_topics_are_ready_at_once() {
    let names: Vec<String> = (0..300).map(|number| format!("t-{number}")).collect();
    let topics: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 4)).collect();
    let begun = Instant::now();
    let broker = broker(&topics);
    // Each lost wake-up would cost a second; a quarter of them was lost.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let request = AdminRequest {
        parent_pid: 0,
        properties: properties(&broker, &[]),
        connect_limit: LIMIT,
        action_limit: LIMIT,
        action: AdminAction::Describe { topics: names },
    };
    let done = perform(&request, &mut |_| {}).unwrap();
    assert_eq!(done.topics.iter().filter(|topic| topic.partitions == 4).count(), 300);
}
