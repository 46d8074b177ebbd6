//! Logins against a scripted broker, which knows PLAIN. SCRAM is tried with Kafka itself
//! (`tests/kafka/wire_driver.rs`).

use super::scripted_broker::{Broker, Passing, all_stored_in_order, deliver};
use crate::driver::{Delivery, ErrorClass, Producer, SendResult, Time};
use std::time::{Duration, Instant};

fn login<'a>(mechanism: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("security.protocol", "sasl_plaintext"),
        ("sasl.mechanism", mechanism),
        ("sasl.username", "me"),
        ("sasl.password", password),
    ]
}

#[test]
fn one_who_has_logged_in_is_served_and_logs_in_again_before_the_login_ends() {
    let broker = Broker::new(1, &[]);
    broker.seen().login_ms = 40;
    let mut producer = broker.producer(&login("PLAIN", "secret"));
    // To the address of the configuration and to the leader.
    let first = broker.seen().logins;
    assert!(first >= 2, "{first}");
    let (time, until) = (Passing::new(), Instant::now() + Duration::from_secs(20));
    let (mut sent, mut acknowledged) = (0, 0);
    while broker.seen().logins < first + 3 || acknowledged < sent {
        assert!(Instant::now() < until, "{} logins, {acknowledged} of {sent}", broker.seen().logins);
        if sent < 1_000 {
            sent += u32::from(producer.send(None, b"value", 0) == SendResult::Accepted);
        }
        producer.poll_reports(100, &time, |_, report| {
            assert_eq!(report.delivery, Delivery::Acknowledged);
            acknowledged += 1;
        });
        producer.await_reports(time.now_ns() + 1_000_000, &time);
    }
    assert_eq!(producer.client_errors(), 0);
}

#[test]
fn a_login_keeps_what_is_sent_as_it_is() {
    let broker = Broker::new(2, &[]);
    let reports = deliver(&mut broker.producer(&login("PLAIN", "secret")), 200);
    all_stored_in_order(&broker, &reports);
}

#[test]
fn a_wrong_password_and_a_way_that_the_broker_lacks_are_told_at_once_and_show_no_secret() {
    let broker = Broker::new(1, &[]);
    for (mechanism, says) in
        [("PLAIN", "Invalid username or password"), ("SCRAM-SHA-256", "UNSUPPORTED_SASL_MECHANISM")]
    {
        let refused = broker.connect(&login(mechanism, "not this one")).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Authentication);
        assert!(refused.text.contains(says) && refused.text.contains(&broker.address), "{refused}");
        assert!(refused.text.contains("authentication failed") && !refused.text.contains("this one"), "{refused}");
    }
}
