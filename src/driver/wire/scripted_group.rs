//! A broker with one topic, a consumer group (KIP-848) and fetch sessions (KIP-227), which answers some requests as a
//! test says.

mod answers;

use super::consumer::{Share, WireConsumer};
use super::request::WireRequest;
use super::scripted_broker::Passing;
use crate::driver::{Consumer, DriverError, Time};
use crate::plan::properties::wire::WireConsumerSettings;
use answers::{beaten, begins, commit, committed, coordinator, fetched, metadata, versions};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The topic's number.
const TOPIC_ID: [u8; 16] = [7; 16];

/// A member of the group.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownMember {
    pub(super) epoch: i32,
    /// What it was told to have; None: nothing yet.
    told: Option<BTreeSet<i32>>,
    /// What it may still have.
    pub(super) holds: BTreeSet<i32>,
    pub(super) beats: usize,
}

/// A fetch as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenFetch {
    pub(super) request_bytes: usize,
    pub(super) session: i32,
    pub(super) epoch: i32,
    pub(super) named: usize,
}

/// What the broker has and was asked.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    /// Values by partition.
    pub(super) logs: Vec<Vec<u32>>,
    pub(super) committed: BTreeMap<i32, i64>,
    pub(super) members: BTreeMap<String, KnownMember>,
    pub(super) joins: usize,
    group_epoch: i32,
    /// Codes that the next signs of life and commits are answered with; 0: as they deserve.
    pub(super) beat_errors: VecDeque<i16>,
    pub(super) commit_errors: VecDeque<i16>,
    pub(super) interval_ms: i32,
    sessions: BTreeMap<i32, (i32, BTreeMap<i32, i64>)>,
    pub(super) fetches: Vec<SeenFetch>,
    /// Codes that the next fetches of a session are answered with.
    pub(super) session_errors: VecDeque<i16>,
    pub(super) lacks: Option<WireRequest>,
}

/// A broker that plays the coordinator of one group.
pub(super) struct GroupBroker {
    address: String,
    state: Arc<Mutex<GroupState>>,
}

impl GroupBroker {
    pub(super) fn new(partitions: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = GroupState { logs: vec![Vec::new(); partitions], interval_ms: 20, ..GroupState::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, port, &state));
            }
        });
        Self { address: format!("127.0.0.1:{port}"), state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, GroupState> {
        self.state.lock().unwrap()
    }

    pub(super) fn connect(&self, more: &[(&str, &str)]) -> Result<WireConsumer, DriverError> {
        let own = [
            ("bootstrap.servers", self.address.as_str()),
            ("group.id", "g"),
            ("auto.offset.reset", "earliest"),
            ("fetch.wait.max.ms", "20"),
            ("retry.backoff.ms", "5"),
            ("reconnect.backoff.ms", "5"),
        ];
        let pairs = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let share = Share { member: 0, members: 1 };
        let settings = WireConsumerSettings::of(&pairs.collect::<Vec<_>>());
        WireConsumer::connect(&settings, "t", share, Duration::from_secs(5), &Passing::new())
    }

    pub(super) fn member(&self) -> WireConsumer {
        self.connect(&[("group.protocol", "consumer")]).unwrap()
    }

    /// Puts values into partitions in turn.
    pub(super) fn put(&self, values: std::ops::Range<u32>) {
        let mut state = self.state();
        let partitions = state.logs.len();
        values.for_each(|value| state.logs[value as usize % partitions].push(value));
    }
}

/// Lets consumers work until `is_done` says so of what they have read; `received` gets values as they come.
pub(super) fn work(
    consumers: &mut [&mut WireConsumer],
    received: &mut Vec<u32>,
    mut is_done: impl FnMut(&[u32], &[u64]) -> bool,
) {
    let time = Passing::new();
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let assigned: Vec<u64> = consumers.iter().map(|consumer| consumer.events().assigned).collect();
        if is_done(received, &assigned) {
            return;
        }
        assert!(Instant::now() < until, "{} values, {assigned:?} partitions", received.len());
        for consumer in consumers.iter_mut() {
            if let Some(fault) = consumer.fault() {
                panic!("{fault}");
            }
            let count = consumer.poll_batch(&time, |_, message| {
                received.push(u32::from_be_bytes(message.value.try_into().unwrap()));
            });
            if count == 0 {
                consumer.await_messages(time.now_ns() + 1_000_000, &time);
            }
        }
    }
}

fn serve(mut stream: TcpStream, port: u16, state: &Mutex<GroupState>) {
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let request_bytes = usize::try_from(i32::from_be_bytes(length)).unwrap();
        let mut body = vec![0; request_bytes];
        stream.read_exact(&mut body).unwrap();
        let mut body = Bytes::from(body);
        let number = |at: usize| i16::from_be_bytes(body[at..at + 2].try_into().unwrap());
        let (key, version) = (number(0), number(2));
        let question =
            WireRequest::ALL.into_iter().find(|question| (question.kind().0, question.kind().1) == (key, version));
        let question = question.unwrap();
        let header_version = if question.is_of_members() { 2 } else { 1 };
        let header = theirs::RequestHeader::decode(&mut body, header_version).unwrap();
        let mut answer = BytesMut::new();
        theirs::ResponseHeader::default()
            .with_correlation_id(header.correlation_id)
            .encode(&mut answer, header_version - 1)
            .unwrap();
        let done = match question {
            WireRequest::Versions => versions(&state.lock().unwrap()).encode(&mut answer, version),
            WireRequest::Metadata | WireRequest::TopicId => {
                metadata(port, state.lock().unwrap().logs.len()).encode(&mut answer, version)
            }
            WireRequest::Coordinator => coordinator(port).encode(&mut answer, version),
            WireRequest::Heartbeat => {
                let asked = theirs::ConsumerGroupHeartbeatRequest::decode(&mut body, version).unwrap();
                beaten(&asked, &mut state.lock().unwrap()).encode(&mut answer, version)
            }
            WireRequest::Committed | WireRequest::MemberCommitted => {
                let asked = theirs::OffsetFetchRequest::decode(&mut body, version).unwrap();
                committed(&asked, &state.lock().unwrap()).encode(&mut answer, version)
            }
            WireRequest::Commit | WireRequest::MemberCommit => {
                let asked = theirs::OffsetCommitRequest::decode(&mut body, version).unwrap();
                commit(&asked, &mut state.lock().unwrap()).encode(&mut answer, version)
            }
            WireRequest::Offsets => {
                let asked = theirs::ListOffsetsRequest::decode(&mut body, version).unwrap();
                begins(&asked).encode(&mut answer, version)
            }
            WireRequest::Fetch => {
                let asked = theirs::FetchRequest::decode(&mut body, version).unwrap();
                fetched(&asked, request_bytes, state).encode(&mut answer, version)
            }
            other => panic!("{other:?}"),
        };
        done.unwrap();
        let length = i32::try_from(answer.len()).unwrap().to_be_bytes();
        if stream.write_all(&[&length[..], &answer].concat()).is_err() {
            return;
        }
    }
}
