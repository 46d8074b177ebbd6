//! What the broker answers, from what it has.
//!
//! Over 250 lines: a table, an answer for each request.

use super::{GroupState, KnownMember, SeenFetch, TOPIC_ID};
use crate::driver::wire::request::WireRequest;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(super) fn versions(state: &GroupState) -> theirs::ApiVersionsResponse {
    use theirs::api_versions_response::ApiVersion;
    let all = WireRequest::ALL.into_iter().filter(|question| Some(*question) != state.lacks).map(|question| {
        let (kind, version, _) = question.kind();
        ApiVersion::default().with_api_key(kind).with_min_version(version).with_max_version(version)
    });
    theirs::ApiVersionsResponse::default().with_api_keys(all.collect())
}

pub(super) fn metadata(port: u16, partitions: usize) -> theirs::MetadataResponse {
    use theirs::metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic};
    let broker = MetadataResponseBroker::default().with_node_id(1.into()).with_host(text("127.0.0.1"));
    let partitions = (0..i32::try_from(partitions).unwrap())
        .map(|nth| MetadataResponsePartition::default().with_partition_index(nth).with_leader_id(1.into()));
    let mut topic =
        MetadataResponseTopic::default().with_name(Some(text("t").into())).with_partitions(partitions.collect());
    topic.topic_id = uuid::Uuid::from_bytes(TOPIC_ID);
    theirs::MetadataResponse::default().with_brokers(vec![broker.with_port(port.into())]).with_topics(vec![topic])
}

pub(super) fn coordinator(port: u16) -> theirs::FindCoordinatorResponse {
    theirs::FindCoordinatorResponse::default()
        .with_node_id(1.into())
        .with_host(text("127.0.0.1"))
        .with_port(port.into())
}

/// Partitions go to members in turn; nobody gets one that another may still have.
pub(super) fn beaten(
    asked: &theirs::ConsumerGroupHeartbeatRequest,
    state: &mut GroupState,
) -> theirs::ConsumerGroupHeartbeatResponse {
    use theirs::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
    let answer = theirs::ConsumerGroupHeartbeatResponse::default();
    let id = asked.member_id.to_string();
    let scripted = state.beat_errors.pop_front().unwrap_or(0);
    if scripted != 0 {
        if scripted == 25 || scripted == 110 {
            state.members.remove(&id);
            state.group_epoch += 1;
        }
        return answer.with_error_code(scripted);
    }
    if asked.member_epoch == -1 {
        state.members.remove(&id);
        state.group_epoch += 1;
        return answer.with_member_epoch(-1);
    }
    if asked.member_epoch == 0 {
        assert_eq!(asked.topic_partitions.as_deref(), Some(&[][..]), "one that joins has nothing");
        assert_eq!(asked.subscribed_topic_names.as_ref().unwrap()[0].as_str(), "t");
        (state.group_epoch, state.joins) = (state.group_epoch + 1, state.joins + 1);
        state.members.insert(id.clone(), KnownMember::default());
    }
    let order = state.members.keys().position(|known| *known == id);
    let Some(order) = order else { return answer.with_error_code(25) };
    let count = state.members.len();
    let others: BTreeSet<i32> =
        state.members.iter().filter(|(known, _)| **known != id).flat_map(|(_, other)| other.holds.clone()).collect();
    let partitions = i32::try_from(state.logs.len()).unwrap();
    let target: BTreeSet<i32> = (0..partitions).filter(|nth| usize::try_from(*nth).unwrap() % count == order).collect();
    let (group_epoch, interval_ms) = (state.group_epoch, state.interval_ms);
    let member = state.members.get_mut(&id).unwrap();
    member.beats += 1;
    if asked.member_epoch != member.epoch {
        return answer.with_error_code(110);
    }
    if let Some(owned) = &asked.topic_partitions {
        assert!(owned.iter().all(|one| one.topic_id.as_bytes() == &TOPIC_ID));
        member.holds = owned.iter().flat_map(|one| one.partitions.clone()).collect();
    }
    let keeps: BTreeSet<i32> = member.holds.intersection(&target).copied().collect();
    let has: BTreeSet<i32> = if keeps == member.holds { target.difference(&others).copied().collect() } else { keeps };
    member.epoch = group_epoch;
    member.holds.extend(&has);
    let is_news = member.told.as_ref() != Some(&has);
    member.told = Some(has.clone());
    let assigned = TopicPartitions::default()
        .with_topic_id(uuid::Uuid::from_bytes(TOPIC_ID))
        .with_partitions(has.into_iter().collect());
    answer
        .with_member_id(Some(asked.member_id.clone()))
        .with_member_epoch(group_epoch)
        .with_heartbeat_interval_ms(interval_ms)
        .with_assignment(is_news.then(|| Assignment::default().with_topic_partitions(vec![assigned])))
}

pub(super) fn committed(asked: &theirs::OffsetFetchRequest, state: &GroupState) -> theirs::OffsetFetchResponse {
    use theirs::offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    };
    let offset = |partition: &i32| state.committed.get(partition).copied().unwrap_or(-1);
    if let Some(group) = asked.groups.first() {
        let id = group.member_id.as_ref().unwrap().to_string();
        let known = state.members.get(&id).map(|member| member.epoch);
        let error = known.map_or(25, |epoch| if epoch == group.member_epoch { 0 } else { 113 });
        let one = |partition: &i32| {
            OffsetFetchResponsePartitions::default()
                .with_partition_index(*partition)
                .with_committed_offset(offset(partition))
        };
        let partitions = group.topics.as_ref().unwrap()[0].partition_indexes.iter().map(one).collect();
        let topic = OffsetFetchResponseTopics::default().with_name(text("t").into()).with_partitions(partitions);
        let topics = if error == 0 { vec![topic] } else { vec![] };
        let group = OffsetFetchResponseGroup::default().with_topics(topics).with_error_code(error);
        return theirs::OffsetFetchResponse::default().with_groups(vec![group]);
    }
    let one = |partition: &i32| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(*partition)
            .with_committed_offset(offset(partition))
    };
    let partitions = asked.topics.as_ref().unwrap()[0].partition_indexes.iter().map(one).collect();
    let topic = OffsetFetchResponseTopic::default().with_name(text("t").into()).with_partitions(partitions);
    theirs::OffsetFetchResponse::default().with_topics(vec![topic])
}

pub(super) fn commit(asked: &theirs::OffsetCommitRequest, state: &mut GroupState) -> theirs::OffsetCommitResponse {
    use theirs::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
    let epoch = state.members.get(asked.member_id.as_str()).map(|member| member.epoch);
    let error = match (state.commit_errors.pop_front().unwrap_or(0), epoch) {
        (0, _) if asked.member_id.is_empty() => 0,
        (0, None) => 25,
        (0, Some(epoch)) => {
            if epoch == asked.generation_id_or_member_epoch {
                0
            } else {
                113
            }
        }
        (scripted, _) => scripted,
    };
    let mut partitions = Vec::new();
    for one in &asked.topics[0].partitions {
        if error == 0 {
            state.committed.insert(one.partition_index, one.committed_offset);
        }
        let told = OffsetCommitResponsePartition::default().with_partition_index(one.partition_index);
        partitions.push(told.with_error_code(error));
    }
    let topic = OffsetCommitResponseTopic::default().with_name(text("t").into()).with_partitions(partitions);
    theirs::OffsetCommitResponse::default().with_topics(vec![topic])
}

pub(super) fn begins(asked: &theirs::ListOffsetsRequest) -> theirs::ListOffsetsResponse {
    use theirs::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
    let one = |asked: &theirs::list_offsets_request::ListOffsetsPartition| {
        assert_eq!(asked.timestamp, -2);
        ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index).with_offset(0)
    };
    let partitions = asked.topics[0].partitions.iter().map(one).collect();
    let topic = ListOffsetsTopicResponse::default().with_name(text("t").into()).with_partitions(partitions);
    theirs::ListOffsetsResponse::default().with_topics(vec![topic])
}

/// Messages of all partitions that the fetch or its session names, as soon as there are any.
pub(super) fn fetched(
    asked: &theirs::FetchRequest,
    request_bytes: usize,
    state: &Mutex<GroupState>,
) -> theirs::FetchResponse {
    use theirs::fetch_response::{FetchableTopicResponse, PartitionData};
    let answer = theirs::FetchResponse::default();
    let all = asked.topics.iter().flat_map(|topic| &topic.partitions);
    let named: BTreeMap<i32, i64> = all.map(|one| (one.partition, one.fetch_offset)).collect();
    let (mut session, mut wanted) = (0, named.clone());
    {
        let mut state = state.lock().unwrap();
        let (id, epoch) = (asked.session_id, asked.session_epoch);
        state.fetches.push(SeenFetch { request_bytes, session: id, epoch, named: named.len() });
        if epoch == 0 {
            session = i32::try_from(state.sessions.len()).unwrap() + 50;
            state.sessions.insert(session, (1, named));
        } else if epoch > 0 {
            if let Some(code) = state.session_errors.pop_front() {
                return answer.with_error_code(code);
            }
            let Some((next, known)) = state.sessions.get_mut(&id) else { return answer.with_error_code(70) };
            if *next != epoch {
                return answer.with_error_code(71);
            }
            *next += 1;
            known.extend(named);
            for partition in asked.forgotten_topics_data.iter().flat_map(|topic| &topic.partitions) {
                known.remove(partition);
            }
            (session, wanted) = (id, known.clone());
        }
    }
    let until = Instant::now() + Duration::from_millis(asked.max_wait_ms.unsigned_abs().into());
    loop {
        let mut partitions = Vec::new();
        let state = state.lock().unwrap();
        for (partition, offset) in &wanted {
            let log = &state.logs[usize::try_from(*partition).unwrap()];
            let values = &log[usize::try_from(*offset).unwrap()..];
            let data = PartitionData::default().with_partition_index(*partition);
            if !values.is_empty() {
                partitions.push(data.with_records(Some(batch(*offset, &values[..values.len().min(5)]))));
            } else if asked.session_epoch <= 0 {
                partitions.push(data.with_records(None));
            }
        }
        drop(state);
        if partitions.iter().any(|data| data.records.is_some()) || Instant::now() >= until {
            let topic = FetchableTopicResponse::default().with_topic(text("t").into()).with_partitions(partitions);
            return answer.with_session_id(session).with_responses(vec![topic]);
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn batch(offset: i64, values: &[u32]) -> Bytes {
    let record = |(value, nth): (&u32, i32)| Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: 0,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset: offset + i64::from(nth),
        sequence: nth,
        timestamp: 1_700_000_000_000,
        key: None,
        value: Some(Bytes::copy_from_slice(&value.to_be_bytes())),
        headers: [].into_iter().collect(),
    };
    let records: Vec<Record> = values.iter().zip(0..).map(record).collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
    bytes.freeze()
}
