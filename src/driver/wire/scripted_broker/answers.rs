//! What the scripted broker answers, and how it stores.

use super::{Act, Known, Seen};
use crate::driver::wire::request::WireRequest;
use bytes::Bytes;
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, StrBytes};
use kafka_protocol::records::RecordBatchDecoder;

pub(super) fn logged_in(body: &mut Bytes, seen: &mut Seen) -> theirs::SaslAuthenticateResponse {
    let asked = theirs::SaslAuthenticateRequest::decode(body, WireRequest::Authenticate.kind().1).unwrap();
    seen.logins += 1;
    let answer = theirs::SaslAuthenticateResponse::default().with_session_lifetime_ms(seen.login_ms);
    if asked.auth_bytes[..] == *b"\0me\0secret" {
        return answer;
    }
    let words = StrBytes::from_static_str("Authentication failed: Invalid username or password");
    answer.with_error_code(58).with_error_message(Some(words))
}

pub(super) fn versions() -> theirs::ApiVersionsResponse {
    use theirs::api_versions_response::ApiVersion;
    let all = WireRequest::ALL.map(|question| {
        let (kind, version, _) = question.kind();
        ApiVersion::default().with_api_key(kind).with_min_version(version).with_max_version(version)
    });
    theirs::ApiVersionsResponse::default().with_api_keys(all.to_vec())
}

pub(super) fn metadata(port: u16, partitions: usize) -> theirs::MetadataResponse {
    use theirs::metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic};
    let text = |text: &'static str| StrBytes::from_static_str(text);
    let broker =
        MetadataResponseBroker::default().with_node_id(1.into()).with_host(text("127.0.0.1")).with_port(port.into());
    let partitions = (0..partitions).map(|nth| {
        let nth = i32::try_from(nth).unwrap();
        MetadataResponsePartition::default().with_partition_index(nth).with_leader_id(1.into())
    });
    let topic =
        MetadataResponseTopic::default().with_name(Some(text("t").into())).with_partitions(partitions.collect());
    theirs::MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic])
}

pub(super) fn produced(request: &theirs::ProduceRequest, act: Act, seen: &mut Seen) -> theirs::ProduceResponse {
    use theirs::produce_response::{PartitionProduceResponse, TopicProduceResponse};
    let answers = request.topic_data[0].partition_data.iter().map(|batch| {
        let stored = match act {
            Act::Refuse(code) => Err(code),
            _ => store(usize::try_from(batch.index).unwrap(), batch.records.clone().unwrap(), seen),
        };
        PartitionProduceResponse::default()
            .with_index(batch.index)
            .with_base_offset(stored.unwrap_or(-1))
            .with_error_code(stored.err().unwrap_or(0))
    });
    let topic = TopicProduceResponse::default()
        .with_name(request.topic_data[0].name.clone())
        .with_partition_responses(answers.collect());
    theirs::ProduceResponse::default().with_responses(vec![topic])
}

/// Stores a batch where its number allows it: the offset of its first message, or an error's code.
fn store(partition: usize, mut batch: Bytes, seen: &mut Seen) -> Result<i64, i16> {
    let records = RecordBatchDecoder::decode(&mut batch).unwrap().records;
    let (first, count) = (&records[0], i32::try_from(records.len()).unwrap());
    let offset = i64::try_from(seen.stored[partition].len()).unwrap();
    if first.producer_id >= 0 {
        assert_eq!(first.producer_id, 70);
        let (epoch, sequence) = (first.producer_epoch, first.sequence);
        let known = seen.known[partition].get_or_insert_with(Known::default);
        if epoch < known.epoch {
            return Err(47);
        }
        if epoch > known.epoch {
            *known = Known { epoch, ..Known::default() };
        }
        if sequence < known.next {
            let again = known.last.iter().find(|(first, _)| *first == sequence);
            return again.map(|(_, offset)| *offset).ok_or(46);
        }
        if sequence > known.next {
            return Err(45);
        }
        known.next += count;
        known.last.push((sequence, offset));
        let forgotten = known.last.len().saturating_sub(seen.remembers);
        known.last.drain(..forgotten);
        seen.epochs.insert(epoch);
    }
    seen.stored[partition].extend(records.into_iter().map(|record| record.value.unwrap()));
    Ok(offset)
}
