//! The helper processes of the same binary: `pinload admin` for topics, `pinload embedded-broker` for librdkafka's mock
//! cluster.

use super::LocalWorker;
use super::start::driver_error;
use crate::driver::DriverError;
use crate::driver::kafka::admin::{AdminAction, AdminDone, AdminRequest, TopicSpec, TopicState};
use crate::driver::kafka::embedded::{BrokerAnswer, BrokerSpec, BrokerTopic};
use crate::driver::kafka::helper;
use crate::os::process::{self, Child, Launch};
use crate::plan::{DriverKind, Plan};
use crate::stats::Counter;
use crate::units::{counted, first_few};
use crate::worker::{ProgressText, WorkerError};
use crossbeam_channel::Receiver;
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// On top of a helper's own limit: its start and its answer. At most as long as the limit itself.
const HELPER_MARGIN: Duration = Duration::from_secs(5);
/// Limit for a look at the cluster's settings: brokers answer it in some ms, and a run is not held up for one that does
/// not.
const SETTINGS_LIMIT: Duration = Duration::from_secs(3);
/// Limit for what still has to be done when everything is to end at once.
const HURRIED: Duration = Duration::from_secs(1);

impl LocalWorker {
    /// Is there a broker, and does it accept our credentials?
    pub(super) fn check_broker(&mut self, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.administrate(AdminAction::Check, tell).map(drop)
    }

    /// Creates the run's topics, or checks those that the user named. Topics that have the same names in every run may
    /// be there already.
    pub(super) fn create_or_check_topics(&mut self, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let topics = plan.topics.clone();
        if !topics.existing.is_empty() {
            return self.check_topics(tell);
        }
        let wanted = self.specs(plan);
        // Before anything is created: when the wait for the answer is interrupted, the broker may create them all the
        // same.
        if self.plan()?.delete_topics {
            self.topics_to_delete.clone_from(&wanted);
        }
        let allow_existing = topics.fixed_names();
        let done = self.administrate(AdminAction::Create { topics: wanted, allow_existing }, tell)?;
        let (mut wrong, mut not_ours) = (Vec::new(), HashSet::new());
        for topic in done.topics {
            match topic.state {
                TopicState::Created => {}
                // Whether it has the partitions that are wanted is looked at below.
                TopicState::Existing if allow_existing => {}
                TopicState::Unsure(error) => wrong.push(format!("{}: {}", topic.name, error.text)),
                TopicState::Refused(error) => {
                    wrong.push(format!("{}: {}", topic.name, error.text));
                    not_ours.insert(topic.name);
                }
                other => {
                    wrong.push(format!("{}: {other:?}", topic.name));
                    not_ours.insert(topic.name);
                }
            }
        }
        self.topics_to_delete.retain(|topic| !not_ours.contains(&topic.name));
        if !wrong.is_empty() {
            return Err(WorkerError::Topics(first_few(&wrong, "; ")));
        }
        if allow_existing { self.check_topics(tell) } else { Ok(()) }
    }

    /// Asks the cluster how it is configured. What it does not tell within the limit is not known, and no run ends for
    /// it.
    pub(super) fn read_cluster_settings(&mut self, tell: ProgressText<'_>) {
        let action = AdminAction::Settings { topic: self.topics.first().cloned() };
        let limits = (SETTINGS_LIMIT, SETTINGS_LIMIT);
        if let Ok(done) = self.administrate_within(action, limits, tell) {
            self.cluster_settings = done.settings;
        }
    }

    /// Which of the topics are there no more? Asked where messages are unknown: a client library waits for a topic
    /// that somebody has deleted as it does for a broker that does not answer, and tells nobody. What the cluster
    /// does not tell within the limit is not known.
    pub(super) fn topics_gone(&mut self, tell: ProgressText<'_>) -> Vec<String> {
        let unknown = self.live_counters()[Counter::MessagesUnknown] > 0;
        let kafka = self.plan.as_ref().is_some_and(|plan| plan.driver.kind == DriverKind::Kafka);
        if self.epoch_ns == 0 || !unknown || !kafka || self.broker_gone || self.in_a_hurry() {
            return Vec::new();
        }
        let action = AdminAction::Describe { topics: self.topics.clone() };
        let done = self.administrate_within(action, (SETTINGS_LIMIT, SETTINGS_LIMIT), tell);
        let topics = done.map_or_else(|_| Vec::new(), |done| done.topics);
        let gone = topics.into_iter().filter(|topic| matches!(topic.state, TopicState::Unknown));
        gone.map(|topic| topic.name).collect()
    }

    /// The run's topics as they are to be made.
    fn specs(&self, plan: &Plan) -> Vec<TopicSpec> {
        let spec = |(name, partitions): (&String, u32)| TopicSpec {
            name: name.clone(),
            partitions,
            replication_factor: plan.topics.replication_factor,
            config: plan.topics.config.clone(),
        };
        self.named_topics(plan).map(spec).collect()
    }

    /// Every topic with its partitions as planned.
    fn named_topics<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a String, u32)> {
        (0..).zip(&self.topics).map(|(number, name)| (name, plan.partitions_of(number)))
    }

    /// Do the topics exist, with the partitions that the workload says? Where it says nothing they are taken as they
    /// are.
    fn check_topics(&mut self, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        let done = self.administrate(AdminAction::Describe { topics: self.topics.clone() }, tell)?;
        let plan = self.plan()?;
        let planned = self.named_topics(plan).map(|(_, partitions)| partitions);
        let wrong: Vec<String> = done
            .topics
            .iter()
            .zip(planned)
            .filter_map(|(topic, partitions)| match topic.state {
                TopicState::Unknown => Some(format!("{} does not exist", topic.name)),
                _ if partitions > 0 && topic.partitions != partitions => Some(format!(
                    "{} has {} partitions, the workload says {partitions} (partitionsPerTopic)",
                    topic.name, topic.partitions
                )),
                _ => None,
            })
            .collect();
        if !wrong.is_empty() {
            return Err(WorkerError::Topics(first_few(&wrong, "; ")));
        }
        let found: Vec<u32> = done.topics.iter().map(|topic| topic.partitions).collect();
        if let Some(plan) = &mut self.plan {
            plan.set_partitions(&found);
        }
        Ok(())
    }

    /// Deletes the topics that this run made, in a second or so when in a hurry. What cannot be deleted is a warning.
    /// True when nothing is left.
    pub(super) fn delete_topics(&mut self, tell: ProgressText<'_>) -> bool {
        let topics = std::mem::take(&mut self.topics_to_delete);
        if topics.is_empty() {
            return false;
        }
        // A signal that came before must not end this wait at once: it is bounded by its own limit.
        let action = || AdminAction::Delete { topics: topics.clone() };
        let done = loop {
            let hurried = self.in_a_hurry();
            let limits = match self.plan() {
                Ok(_) if hurried || self.broker_gone => Ok((HURRIED, HURRIED)),
                Ok(plan) => Ok((plan.limits.connect, plan.limits.topics)),
                Err(error) => Err(error),
            };
            match limits.and_then(|limits| self.administrate_within(action(), limits, tell)) {
                // The second signal shortens the wait, the third ends it.
                Err(WorkerError::Interrupted(_)) if !hurried => {}
                other => break other,
            }
        };
        let left: Vec<String> = match done {
            Ok(done) => done
                .topics
                .into_iter()
                .filter_map(|topic| match topic.state {
                    TopicState::Refused(error) | TopicState::Unsure(error) => {
                        Some(format!("{} ({})", topic.name, error.text))
                    }
                    _ => None,
                })
                .collect(),
            Err(error) => {
                let names: Vec<String> = topics.into_iter().map(|topic| topic.name).collect();
                vec![format!("{} ({error})", first_few(&names, ", "))]
            }
        };
        if !left.is_empty() {
            self.warnings.push(format!("topics that could not be deleted: {}", first_few(&left, ", ")));
        }
        left.is_empty()
    }

    fn administrate(&mut self, action: AdminAction, tell: ProgressText<'_>) -> Result<AdminDone, WorkerError> {
        let limits = &self.plan()?.limits;
        let limits = (limits.connect, limits.topics);
        self.administrate_within(action, limits, tell)
    }

    /// `limits`: of the first answer, and of what is done then.
    fn administrate_within(
        &mut self,
        action: AdminAction,
        (connect_limit, action_limit): (Duration, Duration),
        tell: ProgressText<'_>,
    ) -> Result<AdminDone, WorkerError> {
        let plan = self.plan()?;
        let limit = match action {
            AdminAction::Check => connect_limit,
            _ => connect_limit + action_limit,
        };
        let request = AdminRequest {
            parent_pid: process::own_pid(),
            properties: plan.driver.admin.effective.clone(),
            connect_limit,
            action_limit,
            action,
        };
        let (_helper, line) = self.ask("admin", &request, limit + HELPER_MARGIN.min(limit), tell)?;
        let answer: Result<AdminDone, DriverError> = serde_json::from_str(&line)
            .map_err(|error| WorkerError::System(format!("cannot understand the admin process: {error}")))?;
        answer.map_err(|error| driver_error(error.class, error.text))
    }

    /// Starts the embedded broker with the run's topics on all CPUs the run may use.
    pub(super) fn start_broker(&mut self, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let limit = plan.limits.connect.max(plan.limits.topics);
        tell(&format!("starting the embedded broker with {}", counted(plan.topics.count, "topic")));
        let topics =
            self.named_topics(plan).map(|(name, partitions)| BrokerTopic { name: name.clone(), partitions }).collect();
        let spec = BrokerSpec { parent_pid: process::own_pid(), topics, faults: Vec::new() };
        let (broker, line) = self.ask("embedded-broker", &spec, limit + HELPER_MARGIN, tell)?;
        let answer: BrokerAnswer = serde_json::from_str(&line)
            .map_err(|error| WorkerError::System(format!("cannot understand the embedded broker: {error}")))?;
        if let Some(error) = answer.error {
            return Err(driver_error(error.class, error.text));
        }
        self.bootstrap = answer.bootstrap_servers;
        self.broker = Some(broker);
        Ok(())
    }

    /// Starts a helper, hands it its request, and waits for its answer: the last line of JSON on its standard output.
    /// `tell` hears those before it.
    pub(super) fn ask(
        &mut self,
        role: &str,
        request: &impl serde::Serialize,
        limit: Duration,
        tell: ProgressText<'_>,
    ) -> Result<(Child, String), WorkerError> {
        let stdin = serde_json::to_vec(request).map_err(|error| WorkerError::System(error.to_string()))?;
        let launch = Launch {
            args: vec![role.to_owned()],
            stdin,
            capture_stdout: true,
            show_stderr: true,
            cpus: self.plan.as_ref().map(|plan| plan.placement.allowed.clone()),
            ..Launch::default()
        };
        let mut helper = process::launch(&launch)
            .map_err(|error| WorkerError::System(format!("cannot start the {role} process: {error}")))?;
        let pid = helper.pid();
        let Some(stdout) = helper.take_stdout() else {
            return Err(WorkerError::System(format!("the {role} process has no standard output")));
        };
        let lines = lines_of(stdout);
        let mut answer = None;
        self.wait_for(limit, |_| {
            loop {
                answer = match lines.try_recv() {
                    Ok(line) => match helper::doing(&line) {
                        Some(doing) => {
                            tell(&doing);
                            continue;
                        }
                        None => Some(line),
                    },
                    Err(crossbeam_channel::TryRecvError::Empty) => None,
                    Err(crossbeam_channel::TryRecvError::Disconnected) => Some(String::new()),
                };
                return Ok(answer.is_some());
            }
        })?;
        match answer {
            Some(line) if !line.is_empty() => Ok((helper, line)),
            Some(_) => {
                let end = helper.wait_timeout(Duration::from_secs(1)).ok().flatten();
                let how = end.map_or_else(|| "without an answer".to_owned(), |exit| exit.to_string());
                Err(WorkerError::System(format!("the {role} process (pid {pid}) ended before it had answered: {how}")))
            }
            None => Err(WorkerError::TimedOut(format!("the {role} process gave no answer in {} s", limit.as_secs()))),
        }
    }
}

/// The lines a helper prints, from a thread, so that the main loop can wait for signals meanwhile.
fn lines_of(stdout: std::process::ChildStdout) -> Receiver<String> {
    let (sender, receiver) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        // Nobody listens any more when the wait has ended: then the answer does not matter.
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}
