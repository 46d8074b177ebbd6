//! The embedded broker: librdkafka's mock cluster in a helper process, real TCP on loopback.
//!
//! It keeps at most 5 MB or 100,000 messages of each partition, knows no CreateTopics request (so it is told its topics
//! at the start), and answers an empty fetch only when the consumer's `fetch.wait.max.ms` ends.

mod faults;
mod waker;

use super::native::Mock;
use super::watch::ClientErrors;
use super::{connect, helper};
use crate::driver::{DriverError, ErrorClass};
use crate::os::process;
use crate::units::counted;
use rdkafka::ClientConfig;
use rdkafka::producer::BaseProducer;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use waker::Waker;

pub use faults::BrokerFault;

/// Its client's events are served this often.
const SERVED_EVERY: Duration = Duration::from_secs(1);
/// Between two lines about what is being done.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often members of a KIP-848 group ask for their assignment (the mock's own default is 3 s). It takes each of them
/// a few times to agree.
const HEARTBEAT_MS: i32 = 200;
/// How long a classic group waits for further members before its first assignment (the mock's own default is 3 s):
/// members that start together join together. Afterwards such a group has a flaw: when the leader's SyncGroup arrives
/// before another member's, the mock calls the group complete, refuses the other one, and makes all wait for almost a
/// session timeout. Hence the runs' consumers use KIP-848.
const GROUP_DELAY_MS: i32 = 500;

/// What the helper is told, as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BrokerSpec {
    /// The supervisor's pid, to notice its death.
    pub parent_pid: i32,
    /// Topics to make.
    pub topics: Vec<BrokerTopic>,
    /// What is to go wrong with it, in order of time; a run's own broker has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<BrokerFault>,
}

/// A topic of the embedded broker.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BrokerTopic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
}

/// What the helper answers, as one JSON line on its standard output: an address, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BrokerAnswer {
    /// `127.0.0.1:port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_servers: Option<String>,
    /// Why it cannot run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<DriverError>,
}

/// A running embedded broker. It ends when this is dropped.
pub struct EmbeddedBroker {
    mock: Mock,
}

impl std::fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedBroker").field("bootstrap_servers", &self.bootstrap_servers()).finish_non_exhaustive()
    }
}

impl EmbeddedBroker {
    /// Starts it in this process with these topics. `tell` hears how far it is when that takes its time.
    pub fn start(topics: &[BrokerTopic], tell: &mut dyn FnMut(&str)) -> Result<Self, DriverError> {
        let mut config: ClientConfig = connect::config(&[]);
        config.set("test.mock.num.brokers", "1");
        let client: BaseProducer<ClientErrors> =
            config.create_with_context(ClientErrors::default()).map_err(|error| connect::creation_error(&error))?;
        let none = || DriverError::new(ErrorClass::System, "librdkafka gives no embedded broker");
        let mock = Mock::of(client).ok_or_else(none)?;
        let waker = Waker::start(&mock.bootstrap_servers())
            .map_err(|error| DriverError::new(ErrorClass::System, format!("the embedded broker: {error}")))?;
        mock.set_group_delay_ms(GROUP_DELAY_MS);
        waker.done();
        mock.set_group_heartbeat_ms(HEARTBEAT_MS);
        waker.done();
        let mut told_at = Instant::now();
        for (made, topic) in topics.iter().enumerate() {
            if told_at.elapsed() >= TELL_EVERY {
                told_at = Instant::now();
                tell(&format!("the embedded broker has {made} of {}", counted(topics.len(), "topic")));
            }
            let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
            mock.create_topic(&topic.name, partitions).map_err(|code| {
                let why = connect::describe(code);
                DriverError::new(ErrorClass::Topics, format!("the embedded broker refuses topic {}: {why}", topic.name))
            })?;
            waker.done();
        }
        Ok(Self { mock })
    }

    /// Its address.
    pub fn bootstrap_servers(&self) -> String {
        self.mock.bootstrap_servers()
    }
}

/// The role `pinload embedded-broker`: runs until its parent dies or kills it.
pub fn broker_main() -> ExitCode {
    let started = helper::read_request::<BrokerSpec>().and_then(|spec| {
        let faults = spec.faults;
        process::bind_to_parent(spec.parent_pid)
            .map_err(|error| DriverError::new(ErrorClass::System, format!("the supervisor is gone: {error}")))?;
        process::set_thread_name("pinload-broker");
        EmbeddedBroker::start(&spec.topics, &mut helper::tell).map(|broker| (broker, faults))
    });
    match started {
        Ok((broker, faults)) => {
            let ready = BrokerAnswer { bootstrap_servers: Some(broker.bootstrap_servers()), error: None };
            if helper::answer(&ready).is_err() {
                return ExitCode::FAILURE;
            }
            faults::make(&broker, faults);
            // The parent-death signal ends this loop.
            loop {
                broker.mock.idle(SERVED_EVERY);
            }
        }
        Err(error) => {
            let refusal = BrokerAnswer { bootstrap_servers: None, error: Some(error) };
            // Nobody is left to tell when this fails too.
            drop(helper::answer(&refusal));
            ExitCode::FAILURE
        }
    }
}
