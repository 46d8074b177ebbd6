//! The helper processes of the same binary: `pinload admin` for topics, `pinload embedded-broker` for librdkafka's mock cluster.

use super::LocalWorker;
use super::start::driver_error;
use crate::driver::DriverError;
use crate::driver::kafka::admin::{AdminAction, AdminDone, AdminRequest, TopicSpec, TopicState};
use crate::driver::kafka::embedded::{BrokerAnswer, BrokerSpec, BrokerTopic};
use crate::os::process::{self, Child, Launch};
use crate::plan::Plan;
use crate::worker::WorkerError;
use crossbeam_channel::Receiver;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// On top of a helper's own limit: its start and its answer. At most as long as the limit itself.
const HELPER_MARGIN: Duration = Duration::from_secs(5);
/// Limit for what still has to be done when everything is to end at once.
const HURRIED: Duration = Duration::from_secs(1);

impl LocalWorker {
    /// Is there a broker, and does it accept our credentials?
    pub(super) fn check_broker(&mut self) -> Result<(), WorkerError> {
        self.administrate(AdminAction::Check).map(drop)
    }

    /// Creates the run's topics, or checks those that the user named. Topics that have the same names in every run may be there already.
    pub(super) fn create_or_check_topics(&mut self) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let topics = plan.topics.clone();
        if !topics.existing.is_empty() {
            return self.check_topics();
        }
        let wanted = self
            .named_topics(plan)
            .map(|(name, partitions)| TopicSpec {
                name: name.clone(),
                partitions,
                replication_factor: topics.replication_factor,
                config: topics.config.clone(),
            })
            .collect();
        // Before anything is created: when the wait for the answer is interrupted, the broker may create them all the same.
        if self.plan()?.delete_topics {
            self.topics_to_delete.clone_from(&self.topics);
        }
        let allow_existing = topics.fixed_names();
        let done = self.administrate(AdminAction::Create { topics: wanted, allow_existing })?;
        let mut refused = Vec::new();
        for topic in done.topics {
            let why = match topic.state {
                TopicState::Created => continue,
                // Whether it has the partitions that are wanted is looked at below.
                TopicState::Existing if allow_existing => continue,
                TopicState::Refused(error) => error.text,
                other => format!("{other:?}"),
            };
            self.topics_to_delete.retain(|name| *name != topic.name);
            refused.push(format!("{}: {why}", topic.name));
        }
        if !refused.is_empty() {
            return Err(WorkerError::Topics(refused.join("; ")));
        }
        if allow_existing { self.check_topics() } else { Ok(()) }
    }

    /// Every topic with its partitions as planned.
    fn named_topics<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a String, u32)> {
        (0..).zip(&self.topics).map(|(number, name)| (name, plan.partitions_of(number)))
    }

    /// Do the topics exist, with the partitions that the workload says? Where it says nothing they are taken as they are.
    fn check_topics(&mut self) -> Result<(), WorkerError> {
        let done = self.administrate(AdminAction::Describe { topics: self.topics.clone() })?;
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
            return Err(WorkerError::Topics(wrong.join("; ")));
        }
        let found: Vec<u32> = done.topics.iter().map(|topic| topic.partitions).collect();
        if let Some(plan) = &mut self.plan {
            plan.set_partitions(&found);
        }
        Ok(())
    }

    /// Deletes the topics that this run made, in a second or so when in a hurry. What cannot be deleted is a warning. True when nothing is
    /// left.
    pub(super) fn delete_topics(&mut self) -> bool {
        let topics = std::mem::take(&mut self.topics_to_delete);
        if topics.is_empty() {
            return false;
        }
        // A signal that came before must not end this wait at once: it is bounded by its own limit.
        let action = || AdminAction::Delete { topics: topics.clone() };
        let done = loop {
            let hurried = self.in_a_hurry();
            let limit = if hurried { Ok(HURRIED) } else { self.plan().map(|plan| plan.limits.connect) };
            match limit.and_then(|limit| self.administrate_within(action(), limit)) {
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
                    TopicState::Refused(error) => Some(format!("{} ({})", topic.name, error.text)),
                    _ => None,
                })
                .collect(),
            Err(error) => vec![format!("{} ({error})", topics.join(", "))],
        };
        if !left.is_empty() {
            self.warnings.push(format!("topics that could not be deleted: {}", left.join(", ")));
        }
        left.is_empty()
    }

    fn administrate(&mut self, action: AdminAction) -> Result<AdminDone, WorkerError> {
        let limit = self.plan()?.limits.connect;
        self.administrate_within(action, limit)
    }

    fn administrate_within(&mut self, action: AdminAction, limit: Duration) -> Result<AdminDone, WorkerError> {
        let plan = self.plan()?;
        let request = AdminRequest {
            parent_pid: process::own_pid(),
            properties: plan.driver.admin.effective.clone(),
            limit,
            action,
        };
        let (_helper, line) = self.ask("admin", &request, limit + HELPER_MARGIN.min(limit))?;
        let answer: Result<AdminDone, DriverError> = serde_json::from_str(&line)
            .map_err(|error| WorkerError::System(format!("cannot understand the admin process: {error}")))?;
        answer.map_err(|error| driver_error(error.class, error.text))
    }

    /// Starts the embedded broker with the run's topics on all CPUs the run may use.
    pub(super) fn start_broker(&mut self) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let limit = plan.limits.connect;
        let topics =
            self.named_topics(plan).map(|(name, partitions)| BrokerTopic { name: name.clone(), partitions }).collect();
        let spec = BrokerSpec { parent_pid: process::own_pid(), topics };
        let (broker, line) = self.ask("embedded-broker", &spec, limit + HELPER_MARGIN)?;
        let answer: BrokerAnswer = serde_json::from_str(&line)
            .map_err(|error| WorkerError::System(format!("cannot understand the embedded broker: {error}")))?;
        if let Some(error) = answer.error {
            return Err(driver_error(error.class, error.text));
        }
        self.bootstrap = answer.bootstrap_servers;
        self.broker = Some(broker);
        Ok(())
    }

    /// Starts a helper, hands it its request, and waits for its answer: one line of JSON on its standard output.
    pub(super) fn ask(
        &mut self,
        role: &str,
        request: &impl serde::Serialize,
        limit: Duration,
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
        let Some(stdout) = helper.take_stdout() else {
            return Err(WorkerError::System(format!("the {role} process has no standard output")));
        };
        let answers = first_line(stdout);
        let mut answer = None;
        self.wait_for(limit, |_| {
            answer = match answers.try_recv() {
                Ok(line) => Some(line),
                Err(crossbeam_channel::TryRecvError::Empty) => None,
                Err(crossbeam_channel::TryRecvError::Disconnected) => Some(String::new()),
            };
            Ok(answer.is_some())
        })?;
        match answer {
            Some(line) if !line.is_empty() => Ok((helper, line)),
            Some(_) => {
                let end = helper.wait_timeout(Duration::from_secs(1)).ok().flatten();
                let how = end.map_or_else(|| "without an answer".to_owned(), |exit| exit.to_string());
                Err(WorkerError::System(format!("the {role} process ended: {how}")))
            }
            None => Err(WorkerError::TimedOut(format!("the {role} process gave no answer in {} s", limit.as_secs()))),
        }
    }
}

/// The first line a helper prints, from a thread, so that the main loop can wait for signals meanwhile.
fn first_line(stdout: std::process::ChildStdout) -> Receiver<String> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    std::thread::spawn(move || {
        let mut line = String::new();
        if BufReader::new(stdout).read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            // Nobody listens any more when the wait has ended: then the answer does not matter.
            let _ = sender.send(line);
        }
    });
    receiver
}
