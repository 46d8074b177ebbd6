//! Creating, deleting and describing topics, however many: several requests, one look at the metadata for all.

mod outcomes;

use super::requests::parts;
use super::{TopicDone, TopicSpec, TopicState};
use crate::driver::kafka::connect::{self, WaitLimit};
use crate::driver::kafka::native::{NewTopic, RequestError, TopicOutcome, create_topics, delete_topics};
use crate::driver::kafka::watch::ClientErrors;
use crate::driver::{DriverError, ErrorClass};
use crate::units::{counted, format_count};
use outcomes::{class_of, in_order, refused};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::producer::{BaseProducer, Producer as _};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const UNKNOWN_TOPIC: RDKafkaErrorCode = RDKafkaErrorCode::UnknownTopicOrPartition;
/// Between two lines about what is waited for.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// A client that a broker has answered.
pub(super) struct Admin {
    client: BaseProducer<ClientErrors>,
    servers: String,
    wait_limit: WaitLimit,
    brokers: u32,
}

impl Admin {
    /// A broker answers and accepts the credentials.
    pub(super) fn connect(properties: &[(String, String)], limit: Duration) -> Result<Self, DriverError> {
        let wait_limit = WaitLimit::to_connect(limit);
        let client: BaseProducer<ClientErrors> = connect::config(properties)
            .create_with_context(ClientErrors::default())
            .map_err(|error| connect::creation_error(&error))?;
        let mut admin = Self { client, servers: connect::servers(properties).to_owned(), wait_limit, brokers: 0 };
        admin.brokers = admin.await_metadata(|metadata| match metadata.brokers().len() {
            0 => Err(DriverError::new(ErrorClass::Unreachable, "the cluster names no broker")),
            count => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
        })?;
        Ok(admin)
    }

    /// Whatever is done from now on ends within this.
    pub(super) fn with_limit(self, limit: Duration) -> Self {
        Self { wait_limit: WaitLimit::from_now(limit, "--topics-timeout"), ..self }
    }

    /// Brokers in the cluster.
    pub(super) fn brokers(&self) -> u32 {
        self.brokers
    }

    /// The broker with the lowest number.
    pub(super) fn first_broker(&self) -> Result<i32, DriverError> {
        self.await_metadata(|metadata| {
            let lowest = metadata.brokers().iter().map(rdkafka::metadata::MetadataBroker::id).min();
            lowest.ok_or_else(|| DriverError::new(ErrorClass::Unreachable, "the cluster names no broker"))
        })
    }

    /// Asks for all topics: a question for one by name may create it on the broker.
    fn await_metadata<T>(&self, look: impl FnMut(&Metadata) -> Result<T, DriverError>) -> Result<T, DriverError> {
        connect::await_metadata(
            self.client.context(),
            &self.servers,
            self.wait_limit,
            |wait| self.client.client().fetch_metadata(None, wait),
            |wait| self.client.poll(wait),
            look,
        )
    }

    fn left_ms(&self) -> i32 {
        // At least a little, so that a limit that has just passed is the broker's refusal to make and not ours.
        i32::try_from(self.wait_limit.left().as_millis()).unwrap_or(i32::MAX).max(100)
    }

    /// Creates topics, part by part, and waits until every partition of all has a leader. Where one is refused the
    /// parts behind it are not asked for any more: such a run does not begin.
    pub(super) fn create(
        &self,
        topics: &[TopicSpec],
        allow_existing: bool,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Vec<TopicDone>, DriverError> {
        let state = |outcome: &TopicOutcome| match outcome.code {
            0 => TopicState::Created,
            code if code == RDKafkaErrorCode::TopicAlreadyExists as i32 && allow_existing => TopicState::Existing,
            code => refused(code, outcome),
        };
        let mut done = self.in_parts(("creating", "create"), topics, state, tell, |part| {
            let wanted: Vec<_> = part
                .iter()
                .map(|topic| NewTopic {
                    name: &topic.name,
                    partitions: i32::try_from(topic.partitions).unwrap_or(i32::MAX),
                    replication_factor: topic.replication_factor,
                    config: &topic.config,
                })
                .collect();
            create_topics(self.client.client(), &wanted, self.left_ms())
        })?;
        if done.iter().all(|topic| matches!(topic.state, TopicState::Created | TopicState::Existing)) {
            self.await_leaders(&mut done, tell)?;
        }
        Ok(done)
    }

    /// One look for all topics, until each is known to the broker and led.
    fn await_leaders(&self, topics: &mut [TopicDone], tell: &mut dyn FnMut(&str)) -> Result<(), DriverError> {
        let mut told_at = Instant::now();
        let wait_limit = self.wait_limit;
        let partitions = self.await_metadata(|metadata| {
            let known = by_name(metadata);
            let found: Vec<_> = topics
                .iter()
                .map(|topic| connect::partitions_in(known.get(topic.name.as_str()).copied(), &topic.name))
                .collect();
            let missing = found.iter().filter(|found| found.is_err()).count();
            let Some(first) = found.iter().find_map(|found| found.as_ref().err()) else {
                return Ok(found.into_iter().flatten().collect::<Vec<u32>>());
            };
            let behind = match topics.len() {
                1 => "the topic".to_owned(),
                all => format!("{} of {}", format_count(len(missing)), counted(all, "topic")),
            };
            if told_at.elapsed() >= TELL_EVERY {
                told_at = Instant::now();
                tell(&format!("waiting for leaders of {behind}: {}", first.text));
            }
            let why = format!("{behind} cannot be used {wait_limit}: {}", first.text);
            Err(DriverError::new(first.class, why))
        })?;
        for (topic, partitions) in topics.iter_mut().zip(partitions) {
            topic.partitions = partitions;
        }
        Ok(())
    }

    /// Deletes topics, part by part; all are tried.
    pub(super) fn delete(
        &self,
        topics: &[TopicSpec],
        tell: &mut dyn FnMut(&str),
    ) -> Result<Vec<TopicDone>, DriverError> {
        let state = |outcome: &TopicOutcome| match outcome.code {
            0 => TopicState::Deleted,
            code if code == RDKafkaErrorCode::UnknownTopicOrPartition as i32 => TopicState::Unknown,
            code => refused(code, outcome),
        };
        let done = self.in_parts(("deleting", "delete"), topics, state, tell, |part| {
            let names: Vec<String> = part.iter().map(|topic| topic.name.clone()).collect();
            delete_topics(self.client.client(), &names, self.left_ms())
        })?;
        // The controller has deleted them; brokers may not know it yet, and that of many topics takes them seconds.
        let deleted: Vec<_> = done.iter().filter(|topic| topic.state == TopicState::Deleted).collect();
        let gone = self.await_metadata(|metadata| {
            let known = by_name(metadata);
            match deleted.iter().find(|topic| known.contains_key(topic.name.as_str())) {
                None => Ok(()),
                Some(topic) => {
                    Err(DriverError::new(ErrorClass::Topics, format!("a broker still knows topic {}", topic.name)))
                }
            }
        });
        if let Err(error) = gone {
            tell(&format!("topics are deleted, but {}", error.text));
        }
        Ok(done)
    }

    /// `verbs`: as in "creating topics" and "create topics".
    fn in_parts(
        &self,
        verbs: (&str, &str),
        topics: &[TopicSpec],
        state: impl Fn(&TopicOutcome) -> TopicState,
        tell: &mut dyn FnMut(&str),
        request: impl Fn(&[TopicSpec]) -> Result<Vec<TopicOutcome>, RequestError>,
    ) -> Result<Vec<TopicDone>, DriverError> {
        let (doing, what) = verbs;
        let parts = parts(topics);
        let all = counted(topics.len(), "topic");
        let mut done = Vec::with_capacity(topics.len());
        for part in &parts {
            if parts.len() > 1 {
                tell(&format!("{doing} topics: {} of {all}", format_count(len(done.len()))));
            }
            let outcomes = request(part).map_err(|error| self.request_error(what, done.len(), &all, error))?;
            done.extend(in_order(part.iter().map(|topic| topic.name.as_str()), &outcomes, &state));
            if what == "create" && done.iter().any(|topic| matches!(topic.state, TopicState::Refused(_))) {
                break;
            }
        }
        Ok(done)
    }

    fn request_error(&self, what: &str, done: usize, all: &str, (code, words): RequestError) -> DriverError {
        let late = code == RDKafkaErrorCode::OperationTimedOut as i32;
        let class = match code {
            _ if late => ErrorClass::Unreachable,
            code if code == RDKafkaErrorCode::BrokerTransportFailure as i32 => ErrorClass::Unreachable,
            code => class_of(code, ErrorClass::Topics),
        };
        let limit = if late { format!(" {}", self.wait_limit) } else { String::new() };
        let done = if done > 0 { format!(", after {} of {all}", format_count(len(done))) } else { String::new() };
        DriverError::new(class, format!("cannot {what} topics{limit}{done}: {words} [{}]", connect::describe(code)))
    }

    /// Topics as they are.
    pub(super) fn describe(&self, topics: &[String]) -> Result<Vec<TopicDone>, DriverError> {
        self.await_metadata(|metadata| {
            let known = by_name(metadata);
            let absent = |name: &String| TopicDone { name: name.clone(), state: TopicState::Unknown, partitions: 0 };
            let look = |name: &String| match known.get(name.as_str()) {
                None => Ok(absent(name)),
                Some(topic) if topic.error().is_some_and(|error| RDKafkaErrorCode::from(error) == UNKNOWN_TOPIC) => {
                    Ok(absent(name))
                }
                found => connect::partitions_in(found.copied(), name).map(|partitions| TopicDone {
                    name: name.clone(),
                    state: TopicState::Existing,
                    partitions,
                }),
            };
            topics.iter().map(look).collect()
        })
    }
}

fn by_name(metadata: &Metadata) -> HashMap<&str, &MetadataTopic> {
    metadata.topics().iter().map(|topic| (topic.name(), topic)).collect()
}

fn len(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
