//! Members of a group, and fetches within sessions, against a broker that does what a test says.

use super::request::WireRequest;
use super::scripted_broker::Passing;
use super::scripted_group::{GroupBroker, work};
use crate::driver::{Consumer, ErrorClass};

/// Each of the values once.
fn all_once(mut received: Vec<u32>, count: u32) {
    received.sort_unstable();
    assert!(received.iter().copied().eq(0..count), "{received:?}");
}

#[test]
fn a_member_reads_what_it_is_assigned_lives_at_the_brokers_interval_and_leaves() {
    let broker = GroupBroker::new(3);
    broker.put(0..60);
    let (mut member, mut received) = (broker.member(), Vec::new());
    work(&mut [&mut member], &mut received, |received, assigned| received.len() == 60 && assigned == [3]);
    assert_eq!((member.events().rebalances, member.events().assigned), (1, 3));
    let beats = || broker.state().members.values().map(|known| known.beats).sum::<usize>();
    let before = beats();
    work(&mut [&mut member], &mut received, |_, _| beats() >= before + 5);
    member.commit_sync();
    assert_eq!(broker.state().committed, [(0, 20), (1, 20), (2, 20)].into());
    assert_eq!(broker.state().members.len(), 1);
    member.close();
    assert!(broker.state().members.is_empty(), "it has said good-bye");
    assert_eq!(broker.state().joins, 1);
    assert_eq!(member.events().assigned, 0);
    all_once(received, 60);
}

#[test]
fn one_that_joins_late_goes_on_where_the_other_has_stopped_and_takes_over_when_it_leaves() {
    let broker = GroupBroker::new(4);
    broker.put(0..400);
    let (mut first, mut received) = (broker.member(), Vec::new());
    // It is stopped somewhere in between, with messages in hand that were not handed out.
    work(&mut [&mut first], &mut received, |received, _| received.len() >= 60);
    let mut second = broker.member();
    work(&mut [&mut first, &mut second], &mut received, |_, assigned| assigned == [2, 2]);
    broker.put(400..600);
    work(&mut [&mut first, &mut second], &mut received, |received, _| received.len() >= 600);
    second.commit_sync();
    second.close();
    work(&mut [&mut first], &mut received, |_, assigned| assigned == [4]);
    broker.put(600..800);
    work(&mut [&mut first], &mut received, |received, _| received.len() >= 800);
    all_once(received, 800);
}

#[test]
fn a_member_that_is_fenced_or_unknown_has_nothing_and_joins_anew_under_its_name() {
    for code in [110, 25] {
        let broker = GroupBroker::new(2);
        broker.put(0..100);
        let (mut member, mut received) = (broker.member(), Vec::new());
        work(&mut [&mut member], &mut received, |received, assigned| received.len() == 100 && assigned == [2]);
        member.commit_sync();
        let names: Vec<String> = broker.state().members.keys().cloned().collect();
        broker.state().beat_errors.push_back(code);
        work(&mut [&mut member], &mut received, |_, assigned| assigned == [0]);
        work(&mut [&mut member], &mut received, |_, assigned| assigned == [2]);
        assert_eq!(broker.state().joins, 2);
        assert!(broker.state().members.keys().eq(&names), "by its own name");
        broker.put(100..200);
        work(&mut [&mut member], &mut received, |received, _| received.len() >= 200);
        all_once(received, 200);
        let mut told = String::new();
        member.tell_troubles(&mut |text, _| told.push_str(text));
        let name = if code == 110 { "FENCED_MEMBER_EPOCH" } else { "UNKNOWN_MEMBER_ID" };
        assert!(told.contains(name), "{told}");
        assert_eq!(member.events().client_errors, 1);
    }
}

#[test]
fn a_commit_of_an_old_epoch_is_made_again_and_one_of_a_member_that_is_gone_fails() {
    let broker = GroupBroker::new(1);
    // No sign of life between two commits.
    broker.state().interval_ms = 60_000;
    broker.put(0..10);
    let (mut member, mut received) = (broker.member(), Vec::new());
    work(&mut [&mut member], &mut received, |received, _| received.len() == 10);
    broker.state().commit_errors.push_back(113);
    member.commit_sync();
    assert_eq!(broker.state().committed, [(0, 10)].into());
    assert_eq!((member.events().commits_succeeded, member.events().commits_failed), (1, 0));
    broker.put(10..20);
    work(&mut [&mut member], &mut received, |received, _| received.len() == 20);
    broker.state().commit_errors.push_back(25);
    broker.state().beat_errors.push_back(25);
    member.commit_sync();
    assert_eq!(member.events().commits_failed, 1);
    // What was not committed is read again, as it must be.
    work(&mut [&mut member], &mut received, |received, _| received.len() >= 30);
    assert_eq!(received[20..], (10..20).collect::<Vec<_>>());
}

#[test]
fn a_coordinator_that_is_not_there_yet_is_asked_again() {
    let broker = GroupBroker::new(1);
    broker.state().beat_errors.extend([15, 14, 16]);
    broker.put(0..5);
    let (mut member, mut received) = (broker.member(), Vec::new());
    work(&mut [&mut member], &mut received, |received, _| received.len() == 5);
    assert_eq!(broker.state().joins, 1);
}

#[test]
fn a_broker_without_such_groups_is_told_with_the_way_out() {
    let broker = GroupBroker::new(1);
    broker.state().lacks = Some(WireRequest::Heartbeat);
    let refused = broker.connect(&[("group.protocol", "consumer")]).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Configuration);
    for words in ["ConsumerGroupHeartbeat", "Kafka 4.0", "leave it out", "--client librdkafka"] {
        assert!(refused.text.contains(words), "{refused}");
    }
    assert!(broker.connect(&[]).is_ok(), "the plan's shares need no such broker");

    // A broker that knows them and has them switched off says so itself.
    let broker = GroupBroker::new(1);
    broker.state().beat_errors.push_back(35);
    let mut member = broker.member();
    let time = Passing::new();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while member.fault().is_none() {
        assert!(std::time::Instant::now() < until);
        member.poll_batch(&time, |_, _| ());
    }
    let fault = member.fault().unwrap();
    assert!(fault.text.contains("UNSUPPORTED_VERSION") && fault.text.contains("leave it out"), "{fault}");
}

#[test]
fn within_a_session_a_fetch_of_a_hundred_partitions_names_those_that_have_changed() {
    let broker = GroupBroker::new(100);
    broker.put(0..500);
    let (mut consumer, mut received) = (broker.connect(&[]).unwrap(), Vec::new());
    work(&mut [&mut consumer], &mut received, |received, _| received.len() == 500);
    let idle = |count: usize| {
        let fetches = &broker.state().fetches;
        fetches.len() >= count && fetches[fetches.len() - 2..].iter().all(|fetch| fetch.named == 0)
    };
    work(&mut [&mut consumer], &mut received, |_, _| idle(6));
    let (first, last) = {
        let fetches = &broker.state().fetches;
        (fetches[0], fetches[fetches.len() - 1])
    };
    assert_eq!((first.session, first.epoch, first.named), (0, 0, 100));
    // 28 bytes a partition, once.
    assert!(first.request_bytes > 2_800, "{first:?}");
    assert!(last.request_bytes < 80, "{last:?}");
    // One partition has something: it alone is named next.
    broker.state().logs[42].push(500);
    let before = broker.state().fetches.len();
    work(&mut [&mut consumer], &mut received, |received, _| received.len() == 501 && idle(before + 3));
    let named: Vec<usize> =
        broker.state().fetches[before..].iter().map(|fetch| fetch.named).filter(|n| *n > 0).collect();
    assert_eq!(named, [1]);
    // A session that is lost is begun anew, with all.
    for code in [70, 71] {
        let before = broker.state().fetches.len();
        broker.state().session_errors.push_back(code);
        broker.put(501..600);
        let wanted = received.len() + 99;
        work(&mut [&mut consumer], &mut received, |received, _| received.len() == wanted && idle(before + 4));
        let whole = broker.state().fetches[before..]
            .iter()
            .filter(|fetch| fetch.epoch == 0)
            .map(|fetch| fetch.named)
            .collect::<Vec<_>>();
        assert_eq!(whole, [100], "{code}");
    }
    assert_eq!(consumer.events().client_errors, 0, "no error, but told");
    let mut told = String::new();
    consumer.tell_troubles(&mut |text, _| told.push_str(text));
    assert!(told.contains("FETCH_SESSION_ID_NOT_FOUND") && told.contains("INVALID_FETCH_SESSION_EPOCH"), "{told}");
}

#[test]
fn a_few_partitions_are_fetched_without_a_session() {
    let broker = GroupBroker::new(3);
    broker.put(0..30);
    let (mut consumer, mut received) = (broker.connect(&[]).unwrap(), Vec::new());
    work(&mut [&mut consumer], &mut received, |received, _| received.len() == 30);
    assert!(broker.state().fetches.iter().all(|fetch| (fetch.session, fetch.epoch) == (0, -1)));
    all_once(received, 30);
}
