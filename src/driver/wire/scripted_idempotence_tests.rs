//! An idempotent producer against a broker that does what a script says: whatever happens, a message is stored once, in
//! order, and what was acknowledged is there.

use super::scripted_broker::{Act, Broker, Connects, all_stored_in_order, deliver, for_both};
use crate::driver::{Delivery, ErrorClass};

for_both! {
    what_was_stored_and_not_answered_is_not_stored_again
    a_refusal_with_four_behind_it_is_sent_again_in_order
    five_requests_are_in_flight_and_no_more
    a_duplicate_that_the_broker_no_more_remembers_is_acknowledged_somewhere
    behind_a_batch_that_has_failed_a_new_epoch_begins_and_nothing_else_is_lost
    a_broker_that_has_forgotten_the_producer_gets_a_new_epoch
    what_timed_out_may_have_been_stored_and_the_rest_follows
    a_producer_whose_id_is_not_its_own_any_more_or_that_gets_none_ends_with_the_reason
}

/// Small batches, so that five are in flight.
const NUMBERED: [(&str, &str); 3] = [("enable.idempotence", "true"), ("linger.ms", "0"), ("batch.num.messages", "3")];

fn what_was_stored_and_not_answered_is_not_stored_again<P: Connects>() {
    let script = [Act::StoreAndHangUp, Act::StoreAndHangUp, Act::Store, Act::HangUp, Act::StoreAndHangUp];
    let broker = Broker::new(2, &script);
    let reports = deliver(&mut broker.producer_as::<P>(&NUMBERED), 300);
    all_stored_in_order(&broker, &reports);
    assert!(broker.seen().script.is_empty());
    assert_eq!(broker.seen().epochs, [0].into(), "a resend keeps its number");
}

fn a_refusal_with_four_behind_it_is_sent_again_in_order<P: Connects>() {
    let script = [Act::Store, Act::Refuse(6), Act::Store, Act::Refuse(19), Act::Refuse(7), Act::Store, Act::Refuse(56)];
    let broker = Broker::new(1, &script);
    let reports = deliver(&mut broker.producer_as::<P>(&NUMBERED), 300);
    all_stored_in_order(&broker, &reports);
    assert_eq!(broker.seen().epochs, [0].into());
}

fn five_requests_are_in_flight_and_no_more<P: Connects>() {
    let broker = Broker::new(1, &[Act::Silence; 5]);
    let more = [&NUMBERED[..], &[("socket.timeout.ms", "500")]].concat();
    let mut producer = broker.producer_as::<P>(&more);
    let time = super::scripted_broker::Passing::new();
    let until = std::time::Instant::now() + std::time::Duration::from_millis(300);
    let mut sent = 0u32;
    while std::time::Instant::now() < until {
        if sent < 60 {
            producer.send(None, &sent.to_be_bytes(), 0);
            sent += 1;
        }
        producer.poll_reports(u32::MAX, &time, |_, _| ());
    }
    assert_eq!(broker.seen().requests.len(), 5);
    let mut reported = 0;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while reported < sent {
        assert!(std::time::Instant::now() < until, "{reported}");
        producer.poll_reports(u32::MAX, &time, |_, report| {
            assert_eq!(report.delivery, Delivery::Acknowledged);
            reported += 1;
        });
    }
    assert_eq!(broker.seen().stored[0].len(), 60, "each once");
    assert!(broker.seen().stored[0].is_sorted());
}

fn a_duplicate_that_the_broker_no_more_remembers_is_acknowledged_somewhere<P: Connects>() {
    let broker = Broker::new(1, &[Act::StoreAndHangUp]);
    broker.seen().remembers = 0;
    let reports = deliver(&mut broker.producer_as::<P>(&NUMBERED), 100);
    assert!(reports.iter().all(|(_, delivery, ..)| *delivery == Delivery::Acknowledged), "{reports:?}");
    assert!(reports.iter().any(|(.., offset)| *offset == -1), "nobody knows where");
    assert_eq!(broker.seen().stored[0].len(), 100);
}

fn behind_a_batch_that_has_failed_a_new_epoch_begins_and_nothing_else_is_lost<P: Connects>() {
    for code in [10, 47, 87] {
        let broker = Broker::new(1, &[Act::Store, Act::Refuse(code), Act::Store]);
        let reports = deliver(&mut broker.producer_as::<P>(&NUMBERED), 300);
        let failed: Vec<_> = reports.iter().filter(|(_, delivery, ..)| *delivery != Delivery::Acknowledged).collect();
        assert!((1..=3).contains(&failed.len()), "one batch: {failed:?}");
        assert!(failed.iter().all(|(_, delivery, ..)| *delivery == Delivery::Failed(code.into())), "{failed:?}");
        let seen = broker.seen();
        assert_eq!(seen.stored[0].len(), 300 - failed.len());
        assert!(seen.stored[0].is_sorted_by(|a, b| a < b));
        assert_eq!(seen.epochs, [0, 1].into());
    }
}

fn a_broker_that_has_forgotten_the_producer_gets_a_new_epoch<P: Connects>() {
    for code in [45, 59] {
        let broker = Broker::new(1, &[Act::Store, Act::Store, Act::Refuse(code)]);
        let reports = deliver(&mut broker.producer_as::<P>(&NUMBERED), 300);
        all_stored_in_order(&broker, &reports);
        assert_eq!(broker.seen().epochs, [0, 1].into());
    }
}

fn what_timed_out_may_have_been_stored_and_the_rest_follows<P: Connects>() {
    let broker = Broker::new(1, &[Act::Silence; 8]);
    let more = [&NUMBERED[..], &[("socket.timeout.ms", "60"), ("delivery.timeout.ms", "250")]].concat();
    let mut producer = broker.producer_as::<P>(&more);
    let (mut rounds, mut acknowledged, mut last) = (0, 0, 0);
    // On a busy machine more of them time out than meet the silences: until a round comes through.
    while last < 30 {
        assert!(rounds < 20, "{last} of 30 acknowledged");
        let reports = deliver(&mut producer, 30);
        last = reports.iter().filter(|(_, delivery, ..)| *delivery == Delivery::Acknowledged).count();
        (rounds, acknowledged) = (rounds + 1, acknowledged + last);
    }
    let stored = broker.seen().stored[0].clone();
    assert!(
        (acknowledged..=rounds * 30).contains(&stored.len()),
        "{acknowledged} acknowledged, {} stored",
        stored.len()
    );
    let most = (0..30_u32).map(|number| stored.iter().filter(|value| value[..] == number.to_be_bytes()).count()).max();
    assert!(most <= Some(rounds), "each message of a round is stored once: {most:?} in {rounds} rounds");
}

fn a_producer_whose_id_is_not_its_own_any_more_or_that_gets_none_ends_with_the_reason<P: Connects>() {
    let broker = Broker::new(1, &[Act::Refuse(90)]);
    let mut producer = broker.producer_as::<P>(&NUMBERED);
    let reports = deliver(&mut producer, 3);
    assert!(reports.iter().any(|(_, delivery, ..)| *delivery == Delivery::Failed(90)), "{reports:?}");
    assert!(producer.fault().unwrap().text.contains("PRODUCER_FENCED"));

    let broker = Broker::new(1, &[]);
    broker.seen().id_error = 31;
    let refused = broker.connect_as::<P>(&NUMBERED).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Authentication);
    assert!(refused.text.contains("CLUSTER_AUTHORIZATION_FAILED"), "{refused}");
}
