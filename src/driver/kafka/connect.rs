//! From properties to a client that knows its topic, or a classified reason why not.

use super::watch::{ClientErrors, is_authentication};
use crate::driver::{DriverError, ErrorClass};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::types::RDKafkaRespErr;
use std::time::{Duration, Instant};

/// First wait for metadata. It is short so that a refused password, which librdkafka only tells beside the wait and
/// then tries again, is noticed early; each further wait is twice as long, for brokers that are slow to answer.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longest single wait for metadata: that of ten thousands of partitions takes a busy broker some seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// Events served after each wait.
const EVENTS_AT_A_TIME: usize = 32;
/// Pause between looks at a topic that is not there yet.
const TOPIC_PAUSE: Duration = Duration::from_millis(100);

/// librdkafka's configuration from properties in order (a later one replaces an earlier one of the same name).
pub(super) fn config(properties: &[(String, String)]) -> ClientConfig {
    let mut config: ClientConfig = properties.iter().cloned().collect();
    config.set_log_level(RDKafkaLogLevel::Error);
    config
}

/// An error of making a client.
pub(super) fn creation_error(error: &KafkaError) -> DriverError {
    match error {
        KafkaError::ClientConfig(_, why, key, _) => {
            DriverError::new(ErrorClass::Configuration, format!("{key}: {why}"))
        }
        KafkaError::ClientCreation(why) => DriverError::new(ErrorClass::Configuration, why.as_str()),
        other => DriverError::new(ErrorClass::System, other.to_string()),
    }
}

/// librdkafka's words for a code.
pub(super) fn describe(code: i32) -> String {
    RDKafkaRespErr::try_from(code)
        .map_or_else(|_| format!("librdkafka error {code}"), |known| RDKafkaErrorCode::from(known).to_string())
}

/// Where the properties say the brokers are.
pub(super) fn servers(properties: &[(String, String)]) -> &str {
    let named = |(name, _): &&(String, String)| name == "bootstrap.servers" || name == "metadata.broker.list";
    properties.iter().rev().find(named).map_or("an unknown address", |(_, servers)| servers)
}

/// How long something may take, and which option says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitLimit {
    limit: Duration,
    option: &'static str,
    deadline: Instant,
}

impl WaitLimit {
    /// For a broker's first answer.
    pub(super) fn to_connect(limit: Duration) -> Self {
        Self::from_now(limit, "--connect-timeout")
    }

    /// From now on, as `option` says.
    pub(super) fn from_now(limit: Duration, option: &'static str) -> Self {
        Self { limit, option, deadline: Instant::now() + limit }
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl std::fmt::Display for WaitLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "within {:.1} s ({})", self.limit.as_secs_f64(), self.option)
    }
}

/// Fetches metadata from `servers` until `look` is satisfied, `watch` has noticed a refusal, or `wait_limit` has ended.
///
/// `fetch` asks once with a timeout, `serve` handles the client's waiting events. `look` gives the answer, or why this
/// metadata will not do yet.
pub(super) fn await_metadata<T>(
    watch: &ClientErrors,
    servers: &str,
    wait_limit: WaitLimit,
    mut fetch: impl FnMut(Duration) -> KafkaResult<Metadata>,
    mut serve: impl FnMut(Duration),
    mut look: impl FnMut(&Metadata) -> Result<T, DriverError>,
) -> Result<T, DriverError> {
    let mut wait = FIRST_WAIT;
    loop {
        let answer = fetch(wait.min(wait_limit.left()).max(Duration::from_millis(1)));
        // One event a call: lines of log may stand before the error that matters.
        (0..EVENTS_AT_A_TIME).for_each(|_| serve(Duration::ZERO));
        if let Some(refusal) = watch.refusal() {
            return Err(refusal);
        }
        let error = match answer {
            Ok(metadata) => match look(&metadata) {
                Ok(found) => return Ok(found),
                Err(error) => {
                    serve(TOPIC_PAUSE);
                    error
                }
            },
            Err(error) => {
                let code = error.rdkafka_error_code();
                if code.is_some_and(|code| is_authentication(code as i32)) {
                    return Err(DriverError::new(ErrorClass::Authentication, error.to_string()));
                }
                wait = (wait * 2).min(LONGEST_WAIT);
                let words =
                    watch.recent().unwrap_or_else(|| code.map_or_else(|| error.to_string(), |code| code.to_string()));
                let why = format!("no broker at {servers} answered {wait_limit}: {words}");
                DriverError::new(ErrorClass::Unreachable, why)
            }
        };
        if wait_limit.left().is_zero() {
            return Err(error);
        }
    }
}

/// The leader of each partition of `topic`, by partition.
pub(super) fn leaders_of(metadata: &Metadata, topic: &str) -> Vec<i32> {
    let topics = metadata.topics().iter().filter(|candidate| candidate.name() == topic);
    let mut leaders: Vec<(i32, i32)> =
        topics.flat_map(|topic| topic.partitions()).map(|partition| (partition.id(), partition.leader())).collect();
    leaders.sort_unstable();
    leaders.into_iter().map(|(_, leader)| leader).collect()
}

/// The most partitions that one broker leads.
pub(super) fn most_by_one_broker(leaders: &[i32]) -> u32 {
    let led_by = |broker: &i32| leaders.iter().filter(|leader| *leader == broker).count();
    u32::try_from(leaders.iter().map(led_by).max().unwrap_or(0)).unwrap_or(u32::MAX)
}

/// Is this code of librdkafka's own, for want of an answer of a broker's?
pub(super) fn is_without_answer(code: i32) -> bool {
    use RDKafkaErrorCode as Code;
    [
        Code::MessageTimedOut,
        Code::OperationTimedOut,
        Code::BrokerTransportFailure,
        Code::AllBrokersDown,
        Code::Resolve,
        Code::QueueFull,
        Code::PurgeQueue,
        Code::PurgeInflight,
        Code::BrokerDestroy,
        Code::SSL,
    ]
    .iter()
    .any(|known| *known as i32 == code)
}

/// The number of partitions of `topic`, all with a leader.
pub(super) fn partitions_of(metadata: &Metadata, topic: &str) -> Result<u32, DriverError> {
    partitions_in(metadata.topics().iter().find(|candidate| candidate.name() == topic), topic)
}

/// The same of a topic that was looked up already.
pub(super) fn partitions_in(found: Option<&MetadataTopic>, topic: &str) -> Result<u32, DriverError> {
    let of_topic = |class, why: String| Err(DriverError::new(class, format!("topic {topic} {why}")));
    let Some(found) = found else {
        return of_topic(ErrorClass::Topics, "is unknown to the broker".to_owned());
    };
    if let Some(error) = found.error() {
        let class = if is_authentication(error as i32) { ErrorClass::Authentication } else { ErrorClass::Topics };
        return of_topic(class, format!("cannot be used: {}", RDKafkaErrorCode::from(error)));
    }
    if found.partitions().is_empty() {
        return of_topic(ErrorClass::Topics, "has no partitions".to_owned());
    }
    match found.partitions().iter().find(|partition| partition.leader() < 0) {
        Some(partition) => of_topic(ErrorClass::Topics, format!("has no leader for partition {}", partition.id())),
        None => Ok(u32::try_from(found.partitions().len()).unwrap_or(u32::MAX)),
    }
}
