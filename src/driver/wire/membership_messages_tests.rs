//! What members of groups ask, read by `kafka-protocol`, and what it answers them, read by us.

use super::messages_tests::{answered, asked, text};
use super::request::{self, Beat, Joining, WireRequest};
use super::response;
use kafka_protocol::messages as theirs;

#[test]
fn what_members_of_groups_ask_is_read_by_others() {
    let beat = Beat { group: "g", member: "m", epoch: 0, joining: None, owned: None };
    let of = |beat: &Beat<'_>| {
        let asked: theirs::ConsumerGroupHeartbeatRequest =
            asked(WireRequest::Heartbeat, request::heartbeat("me", beat), &[]);
        assert_eq!((asked.group_id.as_str(), asked.member_id.as_str()), ("g", "m"));
        assert_eq!((&asked.instance_id, &asked.rack_id, &asked.subscribed_topic_regex), (&None, &None, &None));
        asked
    };
    let joining = Joining { topic: "t", rebalance_limit_ms: 60_000, assignor: Some("range") };
    let joins = of(&Beat { joining: Some(joining), ..beat });
    assert_eq!((joins.member_epoch, joins.rebalance_timeout_ms), (0, 60_000));
    assert_eq!(joins.subscribed_topic_names.unwrap()[0].as_str(), "t");
    assert_eq!((joins.server_assignor.as_deref(), joins.topic_partitions), (Some("range"), Some(vec![])));
    let lives = of(&Beat { epoch: 5, ..beat });
    assert_eq!((lives.member_epoch, lives.rebalance_timeout_ms), (5, -1));
    assert_eq!((lives.subscribed_topic_names, lives.server_assignor, lives.topic_partitions), (None, None, None));
    let id = std::array::from_fn(|nth| u8::try_from(nth).unwrap() + 1);
    let has = of(&Beat { epoch: 6, owned: Some((id, &[3, 200])), ..beat }).topic_partitions.unwrap();
    assert_eq!((has[0].topic_id.as_bytes(), &has[0].partitions), (&id, &vec![3, 200]));
    assert_eq!(of(&Beat { epoch: 6, owned: Some((id, &[])), ..beat }).topic_partitions, Some(vec![]));
    assert_eq!(of(&Beat { epoch: -1, ..beat }).member_epoch, -1);

    let topic: theirs::MetadataRequest = asked(WireRequest::TopicId, request::topic_id("me", "t"), &[]);
    assert!(!topic.allow_auto_topic_creation);
    assert_eq!(topic.topics.unwrap()[0].name.as_ref().unwrap().as_str(), "t");
    let writing = request::member_committed("me", "g", ("m", 6), "t", &[4, 5]);
    let committed: theirs::OffsetFetchRequest = asked(WireRequest::MemberCommitted, writing, &[]);
    let group = &committed.groups[0];
    assert_eq!((group.group_id.as_str(), group.member_id.as_deref(), group.member_epoch), ("g", Some("m"), 6));
    assert_eq!(group.topics.as_ref().unwrap()[0].partition_indexes, [4, 5]);
    let writing = request::member_commit("me", "g", ("m", 6), "t", &[(0, 11), (1, 12)]);
    let commit: theirs::OffsetCommitRequest = asked(WireRequest::MemberCommit, writing, &[]);
    assert_eq!((commit.generation_id_or_member_epoch, commit.member_id.as_str()), (6, "m"));
    assert_eq!((commit.group_id.as_str(), commit.topics[0].name.as_str()), ("g", "t"));
    let offsets: Vec<_> =
        commit.topics[0].partitions.iter().map(|one| (one.partition_index, one.committed_offset)).collect();
    assert_eq!(offsets, [(0, 11), (1, 12)]);
}

#[test]
fn what_members_of_groups_are_answered_is_read() {
    use theirs::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
    let id: [u8; 16] = std::array::from_fn(|nth| u8::try_from(nth).unwrap() + 1);
    let has = TopicPartitions::default().with_topic_id(uuid::Uuid::from_bytes(id)).with_partitions(vec![0, 300]);
    let answer = theirs::ConsumerGroupHeartbeatResponse::default()
        .with_throttle_time_ms(3)
        .with_member_id(Some(text("m")))
        .with_member_epoch(7)
        .with_heartbeat_interval_ms(5_000)
        .with_assignment(Some(Assignment::default().with_topic_partitions(vec![has])));
    let bytes = answered(WireRequest::Heartbeat, &answer);
    let read = response::heartbeat(&bytes).unwrap();
    assert_eq!((read.throttle_ms, read.error, read.epoch, read.interval_ms), (3, 0, 7, 5_000));
    assert_eq!(read.assignment, Some(vec![(id, vec![0, 300])]));
    let answer = theirs::ConsumerGroupHeartbeatResponse::default()
        .with_error_code(110)
        .with_error_message(Some(text("too old")));
    let bytes = answered(WireRequest::Heartbeat, &answer);
    let read = response::heartbeat(&bytes).unwrap();
    assert_eq!((read.error, read.words, read.assignment), (110, "too old", None));

    use theirs::metadata_response::{MetadataResponseBroker, MetadataResponseTopic};
    let broker = MetadataResponseBroker::default().with_node_id(3.into()).with_host(text("h")).with_port(9092);
    let topic =
        MetadataResponseTopic::default().with_name(Some(text("t").into())).with_topic_id(uuid::Uuid::from_bytes(id));
    let answer = theirs::MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic.clone()]);
    assert_eq!(response::topic_id(&answered(WireRequest::TopicId, &answer)), Some(Ok(id)));
    let answer = theirs::MetadataResponse::default().with_topics(vec![topic.with_error_code(3)]);
    assert_eq!(response::topic_id(&answered(WireRequest::TopicId, &answer)), Some(Err(3)));

    use theirs::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
    use theirs::offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
    };
    let one = OffsetFetchResponsePartitions::default().with_partition_index(1).with_committed_offset(40);
    let topic = OffsetFetchResponseTopics::default().with_name(text("t").into()).with_partitions(vec![one]);
    let group = OffsetFetchResponseGroup::default().with_group_id(text("g").into()).with_topics(vec![topic]);
    let answer = theirs::OffsetFetchResponse::default().with_groups(vec![group.with_error_code(113)]);
    let mut seen = Vec::new();
    let whole =
        response::member_committed(&answered(WireRequest::MemberCommitted, &answer), |partition, error, offset| {
            seen.push((partition, error, offset));
        });
    assert_eq!((whole, seen), (Some(113), vec![(1, 0, 40)]));
    let one = OffsetCommitResponsePartition::default().with_partition_index(1).with_error_code(25);
    let topic = OffsetCommitResponseTopic::default().with_name(text("t").into()).with_partitions(vec![one]);
    let answer = theirs::OffsetCommitResponse::default().with_topics(vec![topic]);
    let mut seen = Vec::new();
    response::member_commits(&answered(WireRequest::MemberCommit, &answer), |partition, error| {
        seen.push((partition, error));
    })
    .unwrap();
    assert_eq!(seen, [(1, 25)]);
}
