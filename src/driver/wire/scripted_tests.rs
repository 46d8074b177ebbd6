//! A producer against a broker that does what a script says.

use super::scripted_broker::{Act, Broker, Connects, Passing, all_stored_in_order, deliver, for_both};
use crate::driver::{Delivery, SendResult, Time};

for_both! {
    a_request_carries_a_batch_of_each_partition
    what_may_be_tried_again_is_and_nothing_overtakes_it
    a_broker_that_hangs_up_or_talks_nonsense_is_connected_to_again
    what_a_broker_refuses_for_good_has_failed_with_its_code
    a_broker_that_says_nothing_lets_messages_time_out
    without_retries_a_lost_connection_is_a_failure
    with_acks_0_a_message_is_acknowledged_when_it_is_written
    a_full_queue_takes_no_more_and_what_is_purged_is_unknown
    what_is_purged_is_reported_once_and_in_order_wherever_it_was
    batches_of_one_message_arrive_in_order
    a_message_lingers_unless_it_is_flushed
}

fn a_request_carries_a_batch_of_each_partition<P: Connects>() {
    let broker = Broker::new(3, &[]);
    let reports = deliver(&mut broker.producer_as::<P>(&[("linger.ms", "100")]), 200);
    all_stored_in_order(&broker, &reports);
    let first = broker.seen().requests[0].clone();
    assert_eq!(first.len(), 3, "{first:?}");
}

fn what_may_be_tried_again_is_and_nothing_overtakes_it<P: Connects>() {
    let script = [Act::Store, Act::Refuse(6), Act::Refuse(19), Act::Store, Act::Refuse(7), Act::Refuse(56)];
    let broker = Broker::new(2, &script);
    let settings = [("linger.ms", "0"), ("max.in.flight.requests.per.connection", "1"), ("batch.num.messages", "20")];
    let reports = deliver(&mut broker.producer_as::<P>(&settings), 300);
    all_stored_in_order(&broker, &reports);
    assert!(broker.seen().script.is_empty());
}

fn a_broker_that_hangs_up_or_talks_nonsense_is_connected_to_again<P: Connects>() {
    let broker = Broker::new(2, &[Act::HangUp, Act::Garbage]);
    let mut producer = broker.producer_as::<P>(&[("max.in.flight.requests.per.connection", "1")]);
    let reports = deliver(&mut producer, 500);
    all_stored_in_order(&broker, &reports);
    assert!(producer.client_errors() >= 2, "{}", producer.client_errors());
    let mut told = Vec::new();
    producer.tell_troubles(&mut |text, _| told.push(text.to_owned()));
    assert!(told.iter().any(|text| text.contains(&broker.address)), "{told:?}");
}

fn what_a_broker_refuses_for_good_has_failed_with_its_code<P: Connects>() {
    let broker = Broker::new(1, &[Act::Refuse(10)]);
    let mut producer = broker.producer_as::<P>(&[("linger.ms", "50")]);
    let reports = deliver(&mut producer, 5);
    assert!(reports.iter().all(|(_, delivery, ..)| *delivery == Delivery::Failed(10)), "{reports:?}");
    assert!(producer.is_answer(10));
    assert_eq!(producer.describe(10), "MESSAGE_TOO_LARGE");
}

fn a_broker_that_says_nothing_lets_messages_time_out<P: Connects>() {
    let broker = Broker::new(1, &[Act::Silence; 50]);
    let mut producer = broker.producer_as::<P>(&[("socket.timeout.ms", "50"), ("delivery.timeout.ms", "200")]);
    let reports = deliver(&mut producer, 5);
    let Delivery::Failed(code) = reports[0].1 else { panic!("{reports:?}") };
    assert!(producer.describe(code).contains("delivery.timeout.ms"));
    assert!(!producer.is_answer(code));
}

fn without_retries_a_lost_connection_is_a_failure<P: Connects>() {
    let broker = Broker::new(1, &[Act::HangUp]);
    let reports = deliver(&mut broker.producer_as::<P>(&[("retries", "0"), ("linger.ms", "50")]), 5);
    assert!(reports.iter().all(|(_, delivery, ..)| matches!(delivery, Delivery::Failed(_))), "{reports:?}");
}

fn with_acks_0_a_message_is_acknowledged_when_it_is_written<P: Connects>() {
    let broker = Broker::new(2, &[Act::StoreSilently; 500]);
    let reports = deliver(&mut broker.producer_as::<P>(&[("acks", "0")]), 100);
    assert!(reports.iter().all(|(_, delivery, _, offset)| (*delivery, *offset) == (Delivery::Acknowledged, -1)));
}

fn a_full_queue_takes_no_more_and_what_is_purged_is_unknown<P: Connects>() {
    let broker = Broker::new(1, &[Act::Silence; 9]);
    let mut producer = broker.producer_as::<P>(&[("queue.buffering.max.messages", "5")]);
    let time = Passing::new();
    let sends = (0..7).map(|tag| producer.send(None, b"value", tag)).collect::<Vec<_>>();
    assert_eq!(sends.iter().filter(|handed| **handed == SendResult::Accepted).count(), 5);
    assert_eq!(sends[5..], [SendResult::QueueFull; 2]);
    assert_eq!(producer.poll_reports(9, &time, |_, _| ()), 0);
    producer.await_reports(time.now_ns() + 20_000_000, &time);
    assert_eq!(producer.poll_reports(9, &time, |_, _| ()), 0);
    producer.purge();
    let mut unknown = 0;
    producer.poll_reports(9, &time, |_, report| unknown += u32::from(report.delivery == Delivery::Unknown));
    assert_eq!(unknown, 5);
}

fn what_is_purged_is_reported_once_and_in_order_wherever_it_was<P: Connects>() {
    let script = [&[Act::Store; 3][..], &[Act::Silence; 90]].concat();
    let broker = Broker::new(3, &script);
    let few = [("linger.ms", "20"), ("batch.num.messages", "4"), ("max.in.flight.requests.per.connection", "5")];
    let mut producer = broker.producer_as::<P>(&few);
    let (time, mut reports) = (Passing::new(), Vec::new());
    let mut look = |producer: &mut P| {
        producer.poll_reports(u32::MAX, &time, |_, report| {
            let number = u32::from_be_bytes(report.value.try_into().unwrap());
            reports.push((report.partition, number, report.delivery));
        })
    };
    for number in 0..200_u32 {
        producer.now_is(time.now_ns());
        let bytes = number.to_be_bytes();
        assert_eq!(producer.send(Some(&bytes), &bytes, 0), SendResult::Accepted);
        look(&mut producer);
    }
    let until_ns = time.now_ns() + 10_000_000_000;
    while broker.seen().requests.len() < 8 {
        assert!(time.now_ns() < until_ns, "five are in flight behind three that were answered");
        look(&mut producer);
    }
    producer.purge();
    while look(&mut producer) > 0 {}
    assert_eq!(producer.send(None, b"late", 0), SendResult::QueueFull);
    drop(producer);
    let stored: usize = broker.seen().stored.iter().map(Vec::len).sum();
    assert_eq!(reports.iter().filter(|(.., delivery)| *delivery == Delivery::Unknown).count(), 200 - stored);
    let mut each: Vec<_> = reports.iter().map(|(_, number, _)| *number).collect();
    for partition in 0..3 {
        let of = reports.iter().filter(|(at, ..)| *at == partition).map(|(_, number, _)| number);
        assert!(of.is_sorted(), "partition {partition}: {reports:?}");
    }
    each.sort_unstable();
    assert!(each.into_iter().eq(0..200), "each once: {reports:?}");
}

fn batches_of_one_message_arrive_in_order<P: Connects>() {
    let broker = Broker::new(2, &[]);
    let more = [("linger.ms", "0"), ("batch.num.messages", "1"), ("enable.idempotence", "true")];
    let reports = deliver(&mut broker.producer_as::<P>(&more), 2_000);
    all_stored_in_order(&broker, &reports);
}

fn a_message_lingers_unless_it_is_flushed<P: Connects>() {
    let time = Passing::new();
    let acknowledged_ns = |linger_ms: &str, flush: bool| {
        let broker = Broker::new(1, &[]);
        let mut producer = broker.producer_as::<P>(&[("linger.ms", linger_ms)]);
        let sent_ns = time.now_ns();
        producer.now_is(sent_ns);
        assert_eq!(producer.send(None, b"value", 0), SendResult::Accepted);
        if flush {
            producer.flush_linger();
        }
        let mut at_ns = 0;
        while at_ns == 0 {
            assert!(time.now_ns() < sent_ns + 20_000_000_000);
            producer.poll_reports(9, &time, |_, _| at_ns = time.now_ns());
            producer.await_reports(time.now_ns() + 1_000_000, &time);
        }
        at_ns - sent_ns
    };
    assert!(acknowledged_ns("60", false) >= 60_000_000);
    assert!(acknowledged_ns("60000", true) < 20_000_000_000);
}
