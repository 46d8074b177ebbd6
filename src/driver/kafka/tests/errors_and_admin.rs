//! What goes wrong at the start, and what the admin finds and makes.

use super::*;

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
    let (version, features) = crate::driver::kafka::library();
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
