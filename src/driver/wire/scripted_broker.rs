//! A broker that does what a script says with each produce request, and counts the numbers of idempotent producers as
//! Kafka does.

mod answers;
mod both;
mod deliveries;

use super::producer::WireProducer;
use super::request::WireRequest;
use crate::driver::{Delivery, DriverError};
use crate::plan::properties::wire::WireProducerSettings;
use answers::{logged_in, metadata, produced, versions};
pub(super) use both::{Connects, for_both};
use bytes::{Bytes, BytesMut};
pub(super) use deliveries::{Passing, all_stored_in_order, deliver};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

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
        self.connect_as(more)
    }

    pub(super) fn connect_as<P: Connects>(&self, more: &[(&str, &str)]) -> Result<P, DriverError> {
        let own = [
            ("bootstrap.servers", self.address.as_str()),
            ("linger.ms", "5"),
            ("retry.backoff.ms", "5"),
            ("reconnect.backoff.ms", "5"),
            ("partitioner", "murmur2_random"),
        ];
        let pairs = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        P::connected(&WireProducerSettings::of(&pairs.collect::<Vec<_>>()))
    }

    pub(super) fn producer(&self, more: &[(&str, &str)]) -> WireProducer {
        self.connect(more).unwrap()
    }

    pub(super) fn producer_as<P: Connects>(&self, more: &[(&str, &str)]) -> P {
        self.connect_as(more).unwrap()
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
