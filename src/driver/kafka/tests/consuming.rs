//! Groups, pauses and commits.

use super::*;

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
