//! A producer against a broker that does what a script says with each produce request.

use super::producer::WireProducer;
use super::question::Question;
use crate::driver::{Delivery, Handed, Producer, Time};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use kafka_protocol::records::RecordBatchDecoder;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the broker does with a produce request; `Store` when the script is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Store,
    /// Stores and says nothing: so with acks=0.
    StoreSilently,
    Refuse(i16),
    HangUp,
    Garbage,
    Silence,
}

/// Requests by their batches' partitions, and the values that were stored, by partition.
#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Vec<i32>>,
    stored: Vec<Vec<Bytes>>,
    script: Vec<Act>,
}

/// A broker of one topic.
struct Broker {
    address: String,
    seen: Arc<Mutex<Seen>>,
}

impl Broker {
    fn new(partitions: usize, script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut script = script.to_vec();
        script.reverse();
        let seen = Arc::new(Mutex::new(Seen { stored: vec![Vec::new(); partitions], script, ..Seen::default() }));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, port, &seen));
            }
        });
        Self { address: format!("127.0.0.1:{port}"), seen }
    }

    fn producer(&self, more: &[(&str, &str)]) -> WireProducer {
        let own = [
            ("bootstrap.servers", self.address.as_str()),
            ("linger.ms", "5"),
            ("retry.backoff.ms", "5"),
            ("reconnect.backoff.ms", "5"),
            ("partitioner", "murmur2_random"),
        ];
        let pairs = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        WireProducer::connect(&pairs.collect::<Vec<_>>(), "t", Duration::from_secs(10), &Passing::new()).unwrap()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

/// Serves a connection to its end.
fn serve(mut stream: TcpStream, port: u16, seen: &Mutex<Seen>) {
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let mut body = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        stream.read_exact(&mut body).unwrap();
        let mut body = Bytes::from(body);
        let header = theirs::RequestHeader::decode(&mut body, 1).unwrap();
        let is = |question: Question| question.kind().0 == header.request_api_key;
        let mut answer = BytesMut::new();
        answer.extend_from_slice(&header.correlation_id.to_be_bytes());
        if is(Question::Versions) {
            versions().encode(&mut answer, header.request_api_version).unwrap();
        } else if is(Question::Metadata) {
            let partitions = seen.lock().unwrap().stored.len();
            metadata(port, partitions).encode(&mut answer, header.request_api_version).unwrap();
        } else {
            let request = theirs::ProduceRequest::decode(&mut body, header.request_api_version).unwrap();
            let act = seen.lock().unwrap().script.pop().unwrap_or(Act::Store);
            match act {
                Act::HangUp => return,
                Act::Silence => continue,
                Act::Garbage => answer.extend_from_slice(&[0x7f; 50]),
                Act::Store | Act::StoreSilently | Act::Refuse(_) => {
                    let done = produced(&request, act, &mut seen.lock().unwrap());
                    if act == Act::StoreSilently {
                        continue;
                    }
                    done.encode(&mut answer, header.request_api_version).unwrap();
                }
            }
        }
        let length = i32::try_from(answer.len()).unwrap().to_be_bytes();
        if stream.write_all(&[&length[..], &answer].concat()).is_err() {
            return;
        }
    }
}

fn versions() -> theirs::ApiVersionsResponse {
    use theirs::api_versions_response::ApiVersion;
    let all = Question::ALL.map(|question| {
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
    let batches = &request.topic_data[0].partition_data;
    seen.requests.push(batches.iter().map(|batch| batch.index).collect());
    let answers = batches.iter().map(|batch| {
        let log = &mut seen.stored[usize::try_from(batch.index).unwrap()];
        let offset = i64::try_from(log.len()).unwrap();
        let error = if let Act::Refuse(code) = act { code } else { 0 };
        if error == 0 {
            let read = RecordBatchDecoder::decode(&mut batch.records.clone().unwrap()).unwrap();
            log.extend(read.records.into_iter().map(|record| record.value.unwrap()));
        }
        PartitionProduceResponse::default().with_index(batch.index).with_base_offset(offset).with_error_code(error)
    });
    let topic = TopicProduceResponse::default()
        .with_name(request.topic_data[0].name.clone())
        .with_partition_responses(answers.collect());
    theirs::ProduceResponse::default().with_responses(vec![topic])
}

struct Passing(Instant);

impl Passing {
    fn new() -> Self {
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
fn deliver(producer: &mut WireProducer, count: u32) -> Vec<(u32, Delivery, i32, i64)> {
    let time = Passing::new();
    let (mut next, mut reports) = (0, Vec::new());
    let until = Instant::now() + Duration::from_secs(20);
    while reports.len() < count as usize {
        assert!(Instant::now() < until, "{} of {count} reports", reports.len());
        if next < count {
            producer.now_is(time.now_ns());
            let bytes = next.to_be_bytes();
            match producer.send(Some(&bytes), &bytes, next as usize + 1) {
                Handed::Accepted => next += 1,
                Handed::QueueFull => {}
                Handed::Refused(code) => panic!("{}", producer.describe(code)),
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

fn all_stored_in_order(broker: &Broker, reports: &[(u32, Delivery, i32, i64)]) {
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

#[test]
fn a_request_carries_a_batch_of_each_partition() {
    let broker = Broker::new(3, &[]);
    let reports = deliver(&mut broker.producer(&[("linger.ms", "100")]), 200);
    all_stored_in_order(&broker, &reports);
    let first = broker.seen().requests[0].clone();
    assert_eq!(first.len(), 3, "{first:?}");
}

#[test]
fn what_may_be_tried_again_is_and_nothing_overtakes_it() {
    let script = [Act::Store, Act::Refuse(6), Act::Refuse(19), Act::Store, Act::Refuse(7), Act::Refuse(56)];
    let broker = Broker::new(2, &script);
    let mut producer = broker.producer(&[("linger.ms", "0"), ("max.in.flight.requests.per.connection", "1")]);
    let reports = deliver(&mut producer, 300);
    all_stored_in_order(&broker, &reports);
    assert!(broker.seen().script.is_empty());
}

#[test]
fn a_broker_that_hangs_up_or_talks_nonsense_is_connected_to_again() {
    let broker = Broker::new(2, &[Act::HangUp, Act::Garbage]);
    let mut producer = broker.producer(&[("max.in.flight.requests.per.connection", "1")]);
    let reports = deliver(&mut producer, 500);
    all_stored_in_order(&broker, &reports);
    assert!(producer.client_errors() >= 2, "{}", producer.client_errors());
    let mut told = Vec::new();
    producer.tell_troubles(&mut |text, _| told.push(text.to_owned()));
    assert!(told.iter().any(|text| text.contains(&broker.address)), "{told:?}");
}

#[test]
fn what_a_broker_refuses_for_good_has_failed_with_its_code() {
    let broker = Broker::new(1, &[Act::Refuse(10)]);
    let mut producer = broker.producer(&[("linger.ms", "50")]);
    let reports = deliver(&mut producer, 5);
    assert!(reports.iter().all(|(_, delivery, ..)| *delivery == Delivery::Failed(10)), "{reports:?}");
    assert!(producer.is_answer(10));
    assert_eq!(producer.describe(10), "MESSAGE_TOO_LARGE");
}

#[test]
fn a_broker_that_says_nothing_lets_messages_time_out() {
    let broker = Broker::new(1, &[Act::Silence; 50]);
    let mut producer = broker.producer(&[("socket.timeout.ms", "50"), ("delivery.timeout.ms", "200")]);
    let reports = deliver(&mut producer, 5);
    let Delivery::Failed(code) = reports[0].1 else { panic!("{reports:?}") };
    assert!(producer.describe(code).contains("delivery.timeout.ms"));
    assert!(!producer.is_answer(code));
}

#[test]
fn without_retries_a_lost_connection_is_a_failure() {
    let broker = Broker::new(1, &[Act::HangUp]);
    let reports = deliver(&mut broker.producer(&[("retries", "0"), ("linger.ms", "50")]), 5);
    assert!(reports.iter().all(|(_, delivery, ..)| matches!(delivery, Delivery::Failed(_))), "{reports:?}");
}

#[test]
fn with_acks_0_a_message_is_acknowledged_when_it_is_written() {
    let broker = Broker::new(2, &[Act::StoreSilently; 500]);
    let reports = deliver(&mut broker.producer(&[("acks", "0")]), 100);
    assert!(reports.iter().all(|(_, delivery, _, offset)| (*delivery, *offset) == (Delivery::Acknowledged, -1)));
}

#[test]
fn a_full_queue_takes_no_more_and_what_is_purged_is_unknown() {
    let broker = Broker::new(1, &[Act::Silence; 9]);
    let mut producer = broker.producer(&[("queue.buffering.max.messages", "5")]);
    let time = Passing::new();
    let sends = (0..7).map(|tag| producer.send(None, b"value", tag)).collect::<Vec<_>>();
    assert_eq!(sends.iter().filter(|handed| **handed == Handed::Accepted).count(), 5);
    assert_eq!(sends[5..], [Handed::QueueFull; 2]);
    assert_eq!(producer.poll_reports(9, &time, |_, _| ()), 0);
    producer.await_reports(time.now_ns() + 20_000_000, &time);
    assert_eq!(producer.poll_reports(9, &time, |_, _| ()), 0);
    producer.purge();
    let mut unknown = 0;
    producer.poll_reports(9, &time, |_, report| unknown += u32::from(report.delivery == Delivery::Unknown));
    assert_eq!(unknown, 5);
}
