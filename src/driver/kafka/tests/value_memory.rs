//! Memory of values that is used again and again, and clients that go while it is.

use super::*;

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
