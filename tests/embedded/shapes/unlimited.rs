//! A producer without a rate.

use super::*;

#[test]
fn without_a_rate_a_producer_keeps_no_more_on_their_way_than_bring_more() {
    let scene = Scene::new("without_a_rate_a_producer_keeps_no_more_on_their_way_than_bring_more");
    let workload = Workload::small("unlimited")
        .with("messageSize", 1_000)
        .with("producersPerTopic", 1)
        .with("subscriptionsPerTopic", 0)
        .with("consumerPerSubscription", 0);
    let (done, _, detail) = run(&scene, &["--embedded", "--rate", "unlimited"], "unlimited", &workload);
    let first = detail.at("/plan/rate/first_window_messages").as_u64().expect("a number of messages");
    assert_eq!(first, 4_194, "4 MiB, which are more than four batches\n{done}");
    let window = counter(&detail, "window_messages");
    assert!(
        window >= first && window.is_multiple_of(first),
        "{window} messages, doubled as long as that brought more\n{done}"
    );
    assert_eq!(counter(&detail, "messages_acknowledged"), counter(&detail, "messages_enqueued"), "{done}");
}
