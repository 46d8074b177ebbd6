//! Topics and credentials, done by a short-lived helper process so that the supervisor never opens a Kafka client.

mod protocol;
mod requests;
pub mod settings;
mod topics;

use super::helper;
use crate::driver::{DriverError, ErrorClass};
use crate::os::process;
use settings::ClusterSettings;
use std::process::ExitCode;
use std::time::Duration;
use topics::Admin;

/// What the helper is told, as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AdminRequest {
    /// The supervisor's pid, to notice its death.
    pub parent_pid: i32,
    /// librdkafka properties of the admin client.
    pub properties: Vec<(String, String)>,
    /// Limit of the first answer of a broker.
    pub connect_limit: Duration,
    /// Limit of the whole action, once a broker has answered.
    pub action_limit: Duration,
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
        /// Which. Only names and partitions matter.
        topics: Vec<TopicSpec>,
    },
    /// How many partitions have these topics?
    Describe {
        /// Which.
        topics: Vec<String>,
    },
    /// How is a broker configured, and how this topic? What the cluster does not tell is left out.
    Settings {
        /// Its name.
        topic: Option<String>,
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

/// What was done: the answer is `Result<AdminDone, DriverError>` as one JSON line on standard output. Err: nothing
/// could be done at all.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AdminDone {
    /// Brokers in the cluster.
    pub brokers: u32,
    /// Each topic of the action, in its order.
    pub topics: Vec<TopicDone>,
    /// Settings, where they were asked for.
    #[serde(default)]
    pub settings: Vec<ClusterSettings>,
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
    /// The broker did not say in time what became of it: it may exist.
    Unsure(DriverError),
}

/// The role `pinload admin`.
pub fn admin_main() -> ExitCode {
    let answer = helper::read_request::<AdminRequest>().and_then(|request| {
        process::bind_to_parent(request.parent_pid)
            .map_err(|error| DriverError::new(ErrorClass::System, format!("the supervisor is gone: {error}")))?;
        process::set_thread_name("pinload-admin");
        perform(&request, &mut helper::tell)
    });
    match helper::answer(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Does what is asked, in this process. `tell` hears what is being done where that takes more than one request.
pub fn perform(request: &AdminRequest, tell: &mut dyn FnMut(&str)) -> Result<AdminDone, DriverError> {
    let admin = Admin::connect(&request.properties, request.connect_limit)?.with_limit(request.action_limit);
    let topics = match &request.action {
        AdminAction::Check => Vec::new(),
        AdminAction::Create { topics, allow_existing } => admin.create(topics, *allow_existing, tell)?,
        AdminAction::Delete { topics } => admin.delete(topics, tell)?,
        AdminAction::Describe { topics } => admin.describe(topics)?,
        AdminAction::Settings { topic } => {
            let broker = admin.first_broker()?;
            let limit = request.action_limit / 3;
            let mut settings = settings::read(&request.properties, broker, topic.as_deref(), limit);
            settings.extend(protocol::read(&request.properties, topic.as_deref(), limit));
            return Ok(AdminDone { brokers: admin.brokers(), topics: Vec::new(), settings });
        }
    };
    Ok(AdminDone { brokers: admin.brokers(), topics, settings: Vec::new() })
}
