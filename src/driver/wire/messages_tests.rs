//! Requests as we write them read by `kafka-protocol`, and answers as it writes them read by us.
//!
//! Over 250 lines: a table, each request and answer in turn.

use super::request::{self, FetchBounds, FetchNames, WireRequest, Writing};
use super::response::{self, BrokerAt, Fetched, Metadata};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{self as theirs, RequestHeader};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use proptest::prelude::*;

pub(super) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// The body of a request of ours, its head checked.
pub(super) fn asked<T: Decodable>(question: WireRequest, writing: Writing, bodies: &[u8]) -> T {
    let mut bytes = writing.finish(77, bodies.len());
    bytes.extend_from_slice(bodies);
    let mut bytes = Bytes::from(bytes);
    assert_eq!(bytes.len() - 4, usize::try_from(i32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap());
    let _ = bytes.split_to(4);
    let header = RequestHeader::decode(&mut bytes, if question.is_of_members() { 2 } else { 1 }).unwrap();
    let (kind, version, _) = question.kind();
    assert_eq!((header.request_api_key, header.request_api_version, header.correlation_id), (kind, version, 77));
    assert_eq!(header.client_id.as_deref(), Some("me"));
    let body = T::decode(&mut bytes, version).unwrap();
    assert!(bytes.is_empty());
    body
}

pub(super) fn answered<T: Encodable>(question: WireRequest, answer: &T) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    if question.is_of_members() {
        theirs::ResponseHeader::default().encode(&mut bytes, 1).unwrap();
        // The correlation is read before.
        let _ = bytes.split_to(4);
    }
    answer.encode(&mut bytes, question.kind().1).unwrap();
    bytes.to_vec()
}

#[test]
fn produce_requests_are_read_by_others() {
    let batches =
        [&7i32.to_be_bytes()[..], &3i32.to_be_bytes(), b"abc", &9i32.to_be_bytes(), &1i32.to_be_bytes(), b"d"];
    let writing = request::produce("me", "topic", -1, 3_000, 2);
    let request: theirs::ProduceRequest = asked(WireRequest::Produce, writing, &batches.concat());
    assert_eq!((request.acks, request.timeout_ms, request.transactional_id), (-1, 3_000, None));
    assert_eq!(request.topic_data[0].name.as_str(), "topic");
    let found: Vec<_> =
        request.topic_data[0].partition_data.iter().map(|one| (one.index, one.records.clone().unwrap())).collect();
    assert_eq!(found, [(7, Bytes::from("abc")), (9, Bytes::from("d"))]);
}

#[test]
fn the_other_requests_are_read_by_others() {
    let bounds =
        FetchBounds { wait_ms: 500, least_bytes: 1, most_bytes: 50, most_bytes_of_partition: 10, committed_only: true };
    let all = FetchNames { session: (0, -1), from: vec![(1, 5), (2, 6)], forgotten: vec![] };
    let fetch: theirs::FetchRequest = asked(WireRequest::Fetch, request::fetch("me", "t", &bounds, &all), &[]);
    assert_eq!((fetch.max_wait_ms, fetch.min_bytes, fetch.max_bytes, fetch.isolation_level), (500, 1, 50, 1));
    assert_eq!((fetch.session_id, fetch.session_epoch, fetch.replica_id.0), (0, -1, -1));
    let of: Vec<_> = fetch.topics[0].partitions.iter().map(|one| (one.partition, one.fetch_offset)).collect();
    assert_eq!(of, [(1, 5), (2, 6)]);
    assert_eq!(fetch.topics[0].partitions[0].partition_max_bytes, 10);
    let changed = FetchNames { session: (9, 4), from: vec![(3, 7)], forgotten: vec![1, 2] };
    let fetch: theirs::FetchRequest = asked(WireRequest::Fetch, request::fetch("me", "t", &bounds, &changed), &[]);
    assert_eq!((fetch.session_id, fetch.session_epoch, fetch.topics[0].partitions.len()), (9, 4, 1));
    assert_eq!(
        (fetch.forgotten_topics_data[0].topic.as_str(), &fetch.forgotten_topics_data[0].partitions),
        ("t", &vec![1, 2])
    );
    let nothing = FetchNames { session: (9, 5), from: vec![], forgotten: vec![] };
    let fetch: theirs::FetchRequest = asked(WireRequest::Fetch, request::fetch("me", "t", &bounds, &nothing), &[]);
    assert!(fetch.topics.is_empty() && fetch.forgotten_topics_data.is_empty());

    let offsets: theirs::ListOffsetsRequest =
        asked(WireRequest::Offsets, request::offsets("me", "t", false, -2, &[3]), &[]);
    let one = &offsets.topics[0].partitions[0];
    assert_eq!((one.partition_index, one.timestamp, offsets.isolation_level), (3, -2, 0));

    let metadata: theirs::MetadataRequest = asked(WireRequest::Metadata, request::metadata("me", "t"), &[]);
    assert!(!metadata.allow_auto_topic_creation);
    assert_eq!(metadata.topics.unwrap()[0].name.as_ref().unwrap().as_str(), "t");

    let commit: theirs::OffsetCommitRequest =
        asked(WireRequest::Commit, request::commit("me", "g", "t", &[(0, 11)]), &[]);
    assert_eq!(
        (commit.group_id.as_str(), commit.generation_id_or_member_epoch, commit.member_id.as_str()),
        ("g", -1, "")
    );
    assert_eq!(commit.topics[0].partitions[0].committed_offset, 11);

    let committed: theirs::OffsetFetchRequest =
        asked(WireRequest::Committed, request::committed("me", "g", "t", &[4, 5]), &[]);
    assert_eq!(committed.topics.unwrap()[0].partition_indexes, [4, 5]);

    let coordinator: theirs::FindCoordinatorRequest =
        asked(WireRequest::Coordinator, request::coordinator("me", "g"), &[]);
    assert_eq!((coordinator.key.as_str(), coordinator.key_type), ("g", 0));

    let _: theirs::ApiVersionsRequest = asked(WireRequest::Versions, request::versions("me"), &[]);
}

#[test]
fn logins_and_ids_are_asked_for_and_understood() {
    let handshake: theirs::SaslHandshakeRequest = asked(WireRequest::Handshake, request::handshake("me", "PLAIN"), &[]);
    assert_eq!(handshake.mechanism.as_str(), "PLAIN");
    let login: theirs::SaslAuthenticateRequest =
        asked(WireRequest::Authenticate, request::authenticate("me", b"\0me\0secret"), &[]);
    assert_eq!(&login.auth_bytes[..], b"\0me\0secret");
    let id: theirs::InitProducerIdRequest = asked(WireRequest::ProducerId, request::producer_id("me"), &[]);
    assert_eq!(id.transactional_id, None);

    let has = theirs::SaslHandshakeResponse::default()
        .with_error_code(33)
        .with_mechanisms(vec![text("PLAIN"), text("GSSAPI")]);
    assert_eq!(response::handshake(&answered(WireRequest::Handshake, &has)), Some((33, vec!["PLAIN", "GSSAPI"])));
    let said = theirs::SaslAuthenticateResponse::default()
        .with_error_message(Some(text("no")))
        .with_auth_bytes(Bytes::from("v=1"))
        .with_session_lifetime_ms(9);
    let bytes = answered(WireRequest::Authenticate, &said);
    let read = response::LoginAnswer { error: 0, words: "no", message: b"v=1", lifetime_ms: 9 };
    assert_eq!(response::authenticated(&bytes), Some(read));
    let id = theirs::InitProducerIdResponse::default().with_producer_id(7.into()).with_producer_epoch(2);
    assert_eq!(response::producer_id(&answered(WireRequest::ProducerId, &id)), Some((0, Ok((7, 2)))));
    let id = theirs::InitProducerIdResponse::default().with_throttle_time_ms(5).with_error_code(31);
    assert_eq!(response::producer_id(&answered(WireRequest::ProducerId, &id)), Some((5, Err(31))));
}

#[test]
fn a_broker_that_lacks_a_version_is_told_by_the_requests_name() {
    use theirs::api_versions_response::ApiVersion;
    let of = |missing: Option<WireRequest>, needed: &dyn Fn(WireRequest) -> bool| {
        let all = WireRequest::ALL.into_iter().map(|question| {
            let (kind, version, _) = question.kind();
            let most = if Some(question) == missing { version - 1 } else { version + 3 };
            ApiVersion::default().with_api_key(kind).with_min_version(0).with_max_version(most)
        });
        let answer = theirs::ApiVersionsResponse::default().with_api_keys(all.collect());
        response::versions(&answered(WireRequest::Versions, &answer), needed).unwrap()
    };
    assert_eq!(of(None, &|_| true), Ok(()));
    assert_eq!(of(Some(WireRequest::Fetch), &|_| true), Err(WireRequest::Fetch));
    assert_eq!(of(Some(WireRequest::ProducerId), &|question| question != WireRequest::ProducerId), Ok(()));
}

#[test]
fn metadata_of_others_is_read() {
    use theirs::metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic};
    let broker = MetadataResponseBroker::default().with_node_id(3.into()).with_host(text("h")).with_port(9092);
    let partition = |index, leader: i32, error| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(leader.into())
            .with_error_code(error)
            .with_replica_nodes(vec![1.into(), 3.into()])
            .with_isr_nodes(vec![3.into()])
    };
    let topic = MetadataResponseTopic::default()
        .with_name(Some(text("t").into()))
        .with_partitions(vec![partition(0, 3, 0), partition(1, -1, 5)]);
    let answer = theirs::MetadataResponse::default()
        .with_throttle_time_ms(9)
        .with_brokers(vec![broker])
        .with_cluster_id(Some(text("c")))
        .with_topics(vec![topic]);
    let read = response::metadata(&answered(WireRequest::Metadata, &answer)).unwrap();
    let brokers = vec![BrokerAt { id: 3, host: "h".into(), port: 9092 }];
    assert_eq!(read, Metadata { throttle_ms: 9, brokers, error: 0, partitions: vec![(0, 0, 3), (1, 5, -1)] });
}

#[test]
fn answers_to_produce_and_fetch_are_read() {
    use theirs::fetch_response::{AbortedTransaction, FetchableTopicResponse, PartitionData};
    use theirs::produce_response::{PartitionProduceResponse, TopicProduceResponse};
    let one = |index, error, offset| {
        PartitionProduceResponse::default().with_index(index).with_error_code(error).with_base_offset(offset)
    };
    let topic = TopicProduceResponse::default()
        .with_name(text("t").into())
        .with_partition_responses(vec![one(0, 0, 40), one(5, 6, -1)]);
    let answer = theirs::ProduceResponse::default().with_responses(vec![topic]).with_throttle_time_ms(12);
    let mut seen = Vec::new();
    let throttle = response::produced(&answered(WireRequest::Produce, &answer), |partition, error, offset| {
        seen.push((partition, error, offset));
    });
    assert_eq!((throttle, seen), (Some(12), vec![(0, 0, 40), (5, 6, -1)]));

    let data = PartitionData::default()
        .with_partition_index(2)
        .with_aborted_transactions(Some(vec![
            AbortedTransaction::default().with_producer_id(8.into()).with_first_offset(100),
        ]))
        .with_records(Some(Bytes::from("batches")));
    let none = PartitionData::default().with_partition_index(3).with_error_code(1).with_records(None);
    let topic = FetchableTopicResponse::default().with_topic(text("t").into()).with_partitions(vec![data, none]);
    let answer =
        theirs::FetchResponse::default().with_responses(vec![topic]).with_throttle_time_ms(7).with_session_id(33);
    let bytes = answered(WireRequest::Fetch, &answer);
    let mut seen: Vec<Fetched> = Vec::new();
    assert_eq!(response::fetched(&bytes, |fetched| seen.push(fetched)), Some((7, 0, 33)));
    assert_eq!((seen[0].partition, seen[0].error, &seen[0].aborted[..]), (2, 0, &[(8, 100)][..]));
    assert_eq!(&bytes[seen[0].batches.clone()], b"batches");
    assert_eq!((seen[1].partition, seen[1].error, seen[1].batches.len()), (3, 1, 0));
}

#[test]
fn the_other_answers_are_read() {
    use theirs::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
    use theirs::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
    use theirs::offset_fetch_response::{OffsetFetchResponsePartition, OffsetFetchResponseTopic};
    let one = ListOffsetsPartitionResponse::default().with_partition_index(4).with_offset(99);
    let topic = ListOffsetsTopicResponse::default().with_name(text("t").into()).with_partitions(vec![one]);
    let bytes = answered(WireRequest::Offsets, &theirs::ListOffsetsResponse::default().with_topics(vec![topic]));
    let mut seen = Vec::new();
    response::offsets(&bytes, |partition, error, offset| seen.push((partition, error, offset))).unwrap();
    assert_eq!(seen, [(4, 0, 99)]);

    let one = OffsetFetchResponsePartition::default().with_partition_index(1).with_committed_offset(-1);
    let topic = OffsetFetchResponseTopic::default().with_name(text("t").into()).with_partitions(vec![one]);
    let answer = theirs::OffsetFetchResponse::default().with_topics(vec![topic]).with_error_code(16);
    let mut seen = Vec::new();
    let whole = response::committed(&answered(WireRequest::Committed, &answer), |partition, error, offset| {
        seen.push((partition, error, offset));
    });
    assert_eq!((whole, seen), (Some(16), vec![(1, 0, -1)]));

    let one = OffsetCommitResponsePartition::default().with_partition_index(1).with_error_code(27);
    let topic = OffsetCommitResponseTopic::default().with_name(text("t").into()).with_partitions(vec![one]);
    let answer = theirs::OffsetCommitResponse::default().with_topics(vec![topic]);
    let mut seen = Vec::new();
    response::commits(&answered(WireRequest::Commit, &answer), |partition, error| seen.push((partition, error)))
        .unwrap();
    assert_eq!(seen, [(1, 27)]);

    let answer = theirs::FindCoordinatorResponse::default().with_node_id(2.into()).with_host(text("k")).with_port(1);
    let read = response::coordinator(&answered(WireRequest::Coordinator, &answer)).unwrap();
    assert_eq!(read, Ok(BrokerAt { id: 2, host: "k".into(), port: 1 }));
    let refused = theirs::FindCoordinatorResponse::default().with_error_code(15);
    assert_eq!(response::coordinator(&answered(WireRequest::Coordinator, &refused)).unwrap(), Err(15));
}

proptest! {
    #[test]
    fn no_answer_is_too_wild(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), small: bool) {
        if small {
            // Counts that are believable, so that reading gets somewhere.
            bytes.iter_mut().for_each(|byte| *byte %= 3);
        }
        let _ = response::versions(&bytes, |_| true);
        let _ = response::handshake(&bytes);
        let _ = response::authenticated(&bytes);
        let _ = response::producer_id(&bytes);
        let _ = response::metadata(&bytes);
        let _ = response::coordinator(&bytes);
        let mut each = 0;
        let _ = response::produced(&bytes, |_, _, _| each += 1);
        let _ = response::fetched(&bytes, |fetched| {
            assert!(fetched.batches.end <= bytes.len());
            each += 1;
        });
        let _ = response::offsets(&bytes, |_, _, _| each += 1);
        let _ = response::committed(&bytes, |_, _, _| each += 1);
        let _ = response::commits(&bytes, |_, _| each += 1);
        let _ = response::topic_id(&bytes);
        if let Some(assignment) = response::heartbeat(&bytes).and_then(|beaten| beaten.assignment) {
            each += assignment.iter().map(|(_, partitions)| partitions.len()).sum::<usize>();
        }
        let _ = response::member_committed(&bytes, |_, _, _| each += 1);
        let _ = response::member_commits(&bytes, |_, _| each += 1);
        prop_assert!(each <= 8 * bytes.len());
    }
}

#[test]
fn an_answer_that_claims_more_than_it_holds_takes_no_memory() {
    let claims = [&[0; 4][..], &i32::MAX.to_be_bytes(), &[0xff; 8]].concat();
    assert_eq!(response::metadata(&claims), None);
    assert_eq!(response::offsets(&claims, |_, _, _| ()), None);
    assert_eq!(response::produced(&i32::MAX.to_be_bytes(), |_, _, _| ()), None);
}
