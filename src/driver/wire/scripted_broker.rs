//! A broker that does what a script says with each produce request, and counts the numbers of idempotent producers as
//! Kafka does.
//!
//! Over 250 lines: one broker, everything that a script can ask of it.

use super::producer::WireProducer;
use super::request::WireRequest;
use crate::driver::{Delivery, DriverError, Producer, SendResult, Time};
use crate::plan::properties::wire::WireProducerSettings;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use kafka_protocol::records::RecordBatchDecoder;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the broker does with a produce request; `Store` when the script is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Store,
    /// Stores and says nothing: so with acks=0.
    StoreSilently,
    /// Stores, and the answer is lost with the connection.
    StoreAndHangUp,
    Refuse(i16),
    HangUp,
    Garbage,
    Silence,
}

/// One message as it was reported: number, delivery, partition, offset.
pub(super) type Reported = (u32, Delivery, i32, i64);

/// What is known of a producer in a partition.
#[derive(Debug, Default, Clone)]
struct Known {
    epoch: i16,
    next: i32,
    /// First sequence and offset of the batches that were stored last.
    last: Vec<(i32, i64)>,
}

/// What the broker was asked and has.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Produce requests by their batches' partitions.
    pub(super) requests: Vec<Vec<i32>>,
    /// The values that were stored, by partition.
    pub(super) stored: Vec<Vec<Bytes>>,
    pub(super) script: Vec<Act>,
    known: Vec<Option<Known>>,
    /// Batches that are remembered, by which one that comes again is known and answered as it was.
    pub(super) remembers: usize,
    /// Epochs of batches that were stored.
    pub(super) epochs: std::collections::BTreeSet<i16>,
    /// The code that requests for a producer id are answered with.
    pub(super) id_error: i16,
    /// Lifetime of a login, ms.
    pub(super) login_ms: i64,
    /// Messages of logins.
    pub(super) logins: usize,
}

/// A broker of one topic.
pub(super) struct Broker {
    pub(super) address: String,
    seen: Arc<Mutex<Seen>>,
}

impl Broker {
    pub(super) fn new(partitions: usize, script: &[Act]) -> Self {
        Self::behind(None, partitions, script)
    }

    /// The same, spoken to through TLS.
    pub(super) fn behind(tls: Option<Arc<rustls::ServerConfig>>, partitions: usize, script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut script = script.to_vec();
        script.reverse();
        let seen = Arc::new(Mutex::new(Seen {
            stored: vec![Vec::new(); partitions],
            known: vec![None; partitions],
            remembers: 5,
            script,
            ..Seen::default()
        }));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, tls) = (Arc::clone(&shared), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, port, &seen),
                    Some(tls) => {
                        let session = rustls::ServerConnection::new(tls).unwrap();
                        serve(rustls::StreamOwned::new(session, stream), port, &seen);
                    }
                });
            }
        });
        Self { address: format!("127.0.0.1:{port}"), seen }
    }

    pub(super) fn connect(&self, more: &[(&str, &str)]) -> Result<WireProducer, DriverError> {
        let own = [
            ("bootstrap.servers", self.address.as_str()),
            ("linger.ms", "5"),
            ("retry.backoff.ms", "5"),
            ("reconnect.backoff.ms", "5"),
            ("partitioner", "murmur2_random"),
        ];
        let pairs = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = WireProducerSettings::of(&pairs.collect::<Vec<_>>());
        WireProducer::connect(&settings, "t", Duration::from_secs(10), &Passing::new())
    }

    pub(super) fn producer(&self, more: &[(&str, &str)]) -> WireProducer {
        self.connect(more).unwrap()
    }

    pub(super) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

/// Serves a connection to its end.
fn serve(mut stream: impl Read + Write, port: u16, seen: &Mutex<Seen>) {
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let mut body = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        stream.read_exact(&mut body).unwrap();
        let mut body = Bytes::from(body);
        let header = theirs::RequestHeader::decode(&mut body, 1).unwrap();
        let version = header.request_api_version;
        let mut answer = BytesMut::new();
        answer.extend_from_slice(&header.correlation_id.to_be_bytes());
        let question =
            WireRequest::ALL.into_iter().find(|question| question.kind().0 == header.request_api_key).unwrap();
        match question {
            WireRequest::Versions => versions().encode(&mut answer, version).unwrap(),
            WireRequest::Metadata => {
                let partitions = seen.lock().unwrap().stored.len();
                metadata(port, partitions).encode(&mut answer, version).unwrap();
            }
            WireRequest::ProducerId => {
                let error = seen.lock().unwrap().id_error;
                let id = theirs::InitProducerIdResponse::default().with_producer_id(70.into()).with_error_code(error);
                id.encode(&mut answer, version).unwrap();
            }
            WireRequest::Handshake => {
                let asked = theirs::SaslHandshakeRequest::decode(&mut body, version).unwrap();
                let error = if asked.mechanism.as_str() == "PLAIN" { 0 } else { 33 };
                let has = theirs::SaslHandshakeResponse::default().with_error_code(error);
                has.with_mechanisms(vec![StrBytes::from_static_str("PLAIN")]).encode(&mut answer, version).unwrap();
            }
            WireRequest::Authenticate => {
                logged_in(&mut body, &mut seen.lock().unwrap()).encode(&mut answer, version).unwrap()
            }
            _ => {
                let request = theirs::ProduceRequest::decode(&mut body, version).unwrap();
                let mut seen = seen.lock().unwrap();
                seen.requests.push(request.topic_data[0].partition_data.iter().map(|batch| batch.index).collect());
                let act = seen.script.pop().unwrap_or(Act::Store);
                match act {
                    Act::HangUp => return,
                    Act::Silence => continue,
                    Act::Garbage => answer.extend_from_slice(&[0x7f; 50]),
                    Act::Store | Act::StoreSilently | Act::StoreAndHangUp | Act::Refuse(_) => {
                        let done = produced(&request, act, &mut seen);
                        match act {
                            Act::StoreSilently => continue,
                            Act::StoreAndHangUp => return,
                            _ => done.encode(&mut answer, version).unwrap(),
                        }
                    }
                }
            }
        }
        let length = i32::try_from(answer.len()).unwrap().to_be_bytes();
        if stream.write_all(&[&length[..], &answer].concat()).is_err() {
            return;
        }
    }
}

fn logged_in(body: &mut Bytes, seen: &mut Seen) -> theirs::SaslAuthenticateResponse {
    let asked = theirs::SaslAuthenticateRequest::decode(body, WireRequest::Authenticate.kind().1).unwrap();
    seen.logins += 1;
    let answer = theirs::SaslAuthenticateResponse::default().with_session_lifetime_ms(seen.login_ms);
    if asked.auth_bytes[..] == *b"\0me\0secret" {
        return answer;
    }
    let words = StrBytes::from_static_str("Authentication failed: Invalid username or password");
    answer.with_error_code(58).with_error_message(Some(words))
}

fn versions() -> theirs::ApiVersionsResponse {
    use theirs::api_versions_response::ApiVersion;
    let all = WireRequest::ALL.map(|question| {
        let (kind, version, _) = question.kind();
        ApiVersion::default().with_api_key(kind).with_min_version(version).with_max_version(version)
    });
    theirs::ApiVersionsResponse::default().with_api_keys(all.to_vec())
}

fn metadata(port: u16, partitions: usize) -> theirs::MetadataResponse {
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

fn produced(request: &theirs::ProduceRequest, act: Act, seen: &mut Seen) -> theirs::ProduceResponse {
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

/// The time that passes.
pub(super) struct Passing(Instant);

impl Passing {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Time for Passing {
    fn now_ns(&self) -> u64 {
        1_000_000_000 + u64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }

    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        std::thread::park_timeout(Duration::from_nanos(deadline_ns.saturating_sub(self.now_ns())));
    }
}

/// Hands over messages `0..count` with their number as key and value, and waits for the report of each: number,
/// delivery, partition, offset.
pub(super) fn deliver(producer: &mut WireProducer, count: u32) -> Vec<Reported> {
    let time = Passing::new();
    let (mut next, mut reports) = (0, Vec::new());
    let until = Instant::now() + Duration::from_secs(20);
    while reports.len() < count as usize {
        assert!(Instant::now() < until, "{} of {count} reports", reports.len());
        if next < count {
            producer.now_is(time.now_ns());
            let bytes = next.to_be_bytes();
            match producer.send(Some(&bytes), &bytes, next as usize + 1) {
                SendResult::Accepted => next += 1,
                SendResult::QueueFull => {}
                SendResult::Refused(code) => panic!("{}", producer.describe(code)),
            }
        }
        let reported = producer.poll_reports(u32::MAX, &time, |_, report| {
            let number = u32::from_be_bytes(report.value.try_into().unwrap());
            assert_eq!(report.tag, number as usize + 1);
            reports.push((number, report.delivery, report.partition, report.offset));
        });
        if reported == 0 && next == count {
            producer.await_reports(time.now_ns() + 1_000_000, &time);
        }
    }
    reports
}

/// Each message was acknowledged and is once where it was said to be, and in its partition's order.
pub(super) fn all_stored_in_order(broker: &Broker, reports: &[Reported]) {
    let stored = broker.seen().stored.clone();
    for (number, delivery, partition, offset) in reports {
        assert_eq!(*delivery, Delivery::Acknowledged, "{number}");
        let at = &stored[usize::try_from(*partition).unwrap()][usize::try_from(*offset).unwrap()];
        assert_eq!(at[..], number.to_be_bytes(), "partition {partition}, offset {offset}");
    }
    for log in &stored {
        assert!(log.is_sorted_by(|a, b| a < b), "out of order: {log:?}");
    }
    assert_eq!(stored.iter().map(Vec::len).sum::<usize>(), reports.len());
}
