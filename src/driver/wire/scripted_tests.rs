//! A producer against a broker that does what a script says.

use super::scripted_broker::{Act, Broker, Passing, all_stored_in_order, deliver};
use crate::driver::{Delivery, Producer, SendResult, Time};

#[test]
fn a_request_carries_a_batch_of_each_partition() {
    let broker = Broker::new(3, &[]);
    let reports = deliver(&mut broker.producer(&[("linger.ms", "100")]), 200);
    all_stored_in_order(&broker, &reports);
    let first = broker.seen().requests[0].clone();
    assert_eq!(first.len(), 3, "{first:?}");
}

#[test]
fn what_may_be_tried_again_is_and_nothing_overtakes_it() {
    let script = [Act::Store, Act::Refuse(6), Act::Refuse(19), Act::Store, Act::Refuse(7), Act::Refuse(56)];
    let broker = Broker::new(2, &script);
    let settings = [("linger.ms", "0"), ("max.in.flight.requests.per.connection", "1"), ("batch.num.messages", "20")];
    let reports = deliver(&mut broker.producer(&settings), 300);
    all_stored_in_order(&broker, &reports);
    assert!(broker.seen().script.is_empty());
}

#[test]
fn a_broker_that_hangs_up_or_talks_nonsense_is_connected_to_again() {
    let broker = Broker::new(2, &[Act::HangUp, Act::Garbage]);
    let mut producer = broker.producer(&[("max.in.flight.requests.per.connection", "1")]);
    let reports = deliver(&mut producer, 500);
    all_stored_in_order(&broker, &reports);
    assert!(producer.client_errors() >= 2, "{}", producer.client_errors());
    let mut told = Vec::new();
    producer.tell_troubles(&mut |text, _| told.push(text.to_owned()));
    assert!(told.iter().any(|text| text.contains(&broker.address)), "{told:?}");
}

#[test]
fn what_a_broker_refuses_for_good_has_failed_with_its_code() {
    let broker = Broker::new(1, &[Act::Refuse(10)]);
    let mut producer = broker.producer(&[("linger.ms", "50")]);
    let reports = deliver(&mut producer, 5);
    assert!(reports.iter().all(|(_, delivery, ..)| *delivery == Delivery::Failed(10)), "{reports:?}");
    assert!(producer.is_answer(10));
    assert_eq!(producer.describe(10), "MESSAGE_TOO_LARGE");
}

#[test]
fn a_broker_that_says_nothing_lets_messages_time_out() {
    let broker = Broker::new(1, &[Act::Silence; 50]);
    let mut producer = broker.producer(&[("socket.timeout.ms", "50"), ("delivery.timeout.ms", "200")]);
    let reports = deliver(&mut producer, 5);
    let Delivery::Failed(code) = reports[0].1 else { panic!("{reports:?}") };
    assert!(producer.describe(code).contains("delivery.timeout.ms"));
    assert!(!producer.is_answer(code));
}

#[test]
fn without_retries_a_lost_connection_is_a_failure() {
    let broker = Broker::new(1, &[Act::HangUp]);
    let reports = deliver(&mut broker.producer(&[("retries", "0"), ("linger.ms", "50")]), 5);
    assert!(reports.iter().all(|(_, delivery, ..)| matches!(delivery, Delivery::Failed(_))), "{reports:?}");
}

#[test]
fn with_acks_0_a_message_is_acknowledged_when_it_is_written() {
    let broker = Broker::new(2, &[Act::StoreSilently; 500]);
    let reports = deliver(&mut broker.producer(&[("acks", "0")]), 100);
    assert!(reports.iter().all(|(_, delivery, _, offset)| (*delivery, *offset) == (Delivery::Acknowledged, -1)));
}

#[test]
fn a_full_queue_takes_no_more_and_what_is_purged_is_unknown() {
    let broker = Broker::new(1, &[Act::Silence; 9]);
    let mut producer = broker.producer(&[("queue.buffering.max.messages", "5")]);
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
