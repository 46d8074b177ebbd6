//! Topics and credentials, done by a short-lived helper process so that the supervisor never opens a Kafka client.

use super::native::{NewTopic, TopicOutcome, create_topics, delete_topics};
use super::watch::{Watch, is_authentication};
use super::{connect, helper};
use crate::driver::{DriverError, ErrorClass};
use crate::os::process;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;
use rdkafka::producer::{BaseProducer, Producer as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What the helper is told, as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AdminRequest {
    /// The supervisor's pid, to notice its death.
    pub parent_pid: i32,
    /// librdkafka properties of the admin client.
    pub properties: Vec<(String, String)>,
    /// Limit of the whole action.
    pub limit: Duration,
    /// What to do.
    pub action: AdminAction,
}

/// What an admin helper can do. Each begins with `Check`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAction {
    /// Does a broker answer, and does it accept the credentials?
    Check,
    /// Create topics, and wait until every partition has a leader.
    Create {
        /// Which.
        topics: Vec<TopicSpec>,
        /// Take topics that exist as they are? Otherwise they are refused.
        allow_existing: bool,
    },
    /// Delete topics; those that do not exist are no error.
    Delete {
        /// Which.
        topics: Vec<String>,
    },
    /// How many partitions have these topics?
    Describe {
        /// Which.
        topics: Vec<String>,
    },
}

/// A topic to create.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// Copies of each; −1: the broker's default.
    pub replication_factor: i32,
    /// Its configuration, by Kafka's names.
    pub config: Vec<(String, String)>,
}

/// What was done: the answer is `Result<AdminDone, DriverError>` as one JSON line on standard output. Err: nothing could be done at all.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AdminDone {
    /// Brokers in the cluster.
    pub brokers: u32,
    /// Each topic of the action, in its order.
    pub topics: Vec<TopicDone>,
}

/// What became of one topic.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TopicDone {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub state: TopicState,
    /// Its partitions; 0 when it does not exist (any more).
    pub partitions: u32,
}

/// How a topic stands after the action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicState {
    /// Created now.
    Created,
    /// Was there before.
    Existing,
    /// Deleted now.
    Deleted,
    /// Does not exist.
    Unknown,
    /// The broker refused, in its own words.
    Refused(DriverError),
}

/// The role `pinload admin`.
pub fn admin_main() -> ExitCode {
    let answer = helper::read_request::<AdminRequest>().and_then(|request| {
        process::bind_to_parent(request.parent_pid)
            .map_err(|error| DriverError::new(ErrorClass::System, format!("the supervisor is gone: {error}")))?;
        process::set_thread_name("pinload-admin");
        perform(&request)
    });
    match helper::answer(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Does what is asked, in this process.
pub fn perform(request: &AdminRequest) -> Result<AdminDone, DriverError> {
    let admin = Admin::connect(&request.properties, request.limit)?;
    let topics = match &request.action {
        AdminAction::Check => Vec::new(),
        AdminAction::Create { topics, allow_existing } => admin.create(topics, *allow_existing)?,
        AdminAction::Delete { topics } => admin.delete(topics)?,
        AdminAction::Describe { topics } => admin.describe(topics)?,
    };
    Ok(AdminDone { brokers: admin.brokers, topics })
}

struct Admin {
    client: BaseProducer<Watch>,
    servers: String,
    deadline: Instant,
    brokers: u32,
}

impl Admin {
    /// A broker answers and accepts the credentials.
    fn connect(properties: &[(String, String)], limit: Duration) -> Result<Self, DriverError> {
        let deadline = Instant::now() + limit;
        let client: BaseProducer<Watch> = connect::config(properties)
            .create_with_context(Watch::default())
            .map_err(|error| connect::creation_error(&error))?;
        let mut admin = Self { client, servers: connect::servers(properties).to_owned(), deadline, brokers: 0 };
        admin.brokers = admin.await_metadata(|metadata| match metadata.brokers().len() {
            0 => Err(DriverError::new(ErrorClass::Unreachable, "the cluster names no broker")),
            count => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
        })?;
        Ok(admin)
    }

    /// Asks for all topics: a question for one by name may create it on the broker.
    fn await_metadata<T>(&self, look: impl FnMut(&Metadata) -> Result<T, DriverError>) -> Result<T, DriverError> {
        connect::await_metadata(
            self.client.context(),
            &self.servers,
            self.left(),
            |wait| self.client.client().fetch_metadata(None, wait),
            |wait| self.client.poll(wait),
            look,
        )
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn left_ms(&self) -> i32 {
        // At least a little, so that a limit that has just passed is the broker's refusal to make and not ours.
        i32::try_from(self.left().as_millis()).unwrap_or(i32::MAX).max(100)
    }

    fn create(&self, topics: &[TopicSpec], allow_existing: bool) -> Result<Vec<TopicDone>, DriverError> {
        let wanted: Vec<_> = topics
            .iter()
            .map(|topic| NewTopic {
                name: &topic.name,
                partitions: i32::try_from(topic.partitions).unwrap_or(i32::MAX),
                replication_factor: topic.replication_factor,
                config: &topic.config,
            })
            .collect();
        let outcomes = create_topics(self.client.client().native_ptr(), &wanted, self.left_ms())
            .map_err(|(code, words)| request_error("create topics", code, &words))?;
        let names = topics.iter().map(|topic| topic.name.as_str());
        let mut done = in_order(names, &outcomes, |outcome| match outcome.code {
            0 => TopicState::Created,
            code if code == RDKafkaErrorCode::TopicAlreadyExists as i32 && allow_existing => TopicState::Existing,
            code => refused(code, outcome),
        });
        for topic in done.iter_mut().filter(|topic| !matches!(topic.state, TopicState::Refused(_))) {
            topic.partitions = self.await_metadata(|metadata| connect::partitions_of(metadata, &topic.name))?;
        }
        Ok(done)
    }

    fn delete(&self, topics: &[String]) -> Result<Vec<TopicDone>, DriverError> {
        let outcomes = delete_topics(self.client.client().native_ptr(), topics, self.left_ms())
            .map_err(|(code, words)| request_error("delete topics", code, &words))?;
        Ok(in_order(topics.iter().map(String::as_str), &outcomes, |outcome| match outcome.code {
            0 => TopicState::Deleted,
            code if code == RDKafkaErrorCode::UnknownTopicOrPartition as i32 => TopicState::Unknown,
            code => refused(code, outcome),
        }))
    }

    fn describe(&self, topics: &[String]) -> Result<Vec<TopicDone>, DriverError> {
        self.await_metadata(|metadata| {
            let known = |name: &String| metadata.topics().iter().any(|topic| topic.name() == name);
            topics
                .iter()
                .map(|name| match known(name) {
                    false => Ok(TopicDone { name: name.clone(), state: TopicState::Unknown, partitions: 0 }),
                    true => connect::partitions_of(metadata, name).map(|partitions| TopicDone {
                        name: name.clone(),
                        state: TopicState::Existing,
                        partitions,
                    }),
                })
                .collect()
        })
    }
}

/// Outcomes in the order of the request, whatever order the broker answers in.
fn in_order<'a>(
    names: impl Iterator<Item = &'a str>,
    outcomes: &[TopicOutcome],
    state: impl Fn(&TopicOutcome) -> TopicState,
) -> Vec<TopicDone> {
    names
        .map(|name| {
            let state = outcomes.iter().find(|outcome| outcome.name == name).map_or_else(
                || TopicState::Refused(DriverError::new(ErrorClass::Topics, "the broker said nothing about it")),
                &state,
            );
            TopicDone { name: name.to_owned(), state, partitions: 0 }
        })
        .collect()
}

fn refused(code: i32, outcome: &TopicOutcome) -> TopicState {
    let words = if outcome.words.is_empty() { connect::describe(code) } else { outcome.words.clone() };
    TopicState::Refused(DriverError::new(class_of(code, ErrorClass::Topics), words))
}

fn request_error(what: &str, code: i32, words: &str) -> DriverError {
    let class = match code {
        code if code == RDKafkaErrorCode::OperationTimedOut as i32 => ErrorClass::Unreachable,
        code if code == RDKafkaErrorCode::BrokerTransportFailure as i32 => ErrorClass::Unreachable,
        code => class_of(code, ErrorClass::Topics),
    };
    DriverError::new(class, format!("cannot {what}: {words} [{}]", connect::describe(code)))
}

fn class_of(code: i32, otherwise: ErrorClass) -> ErrorClass {
    if is_authentication(code) { ErrorClass::Authentication } else { otherwise }
}
