//! The helper processes of the same binary: `pinload admin` for topics, `pinload embedded-broker` for librdkafka's mock
//! cluster.

use super::LocalWorker;
use super::start::driver_error;
use crate::driver::DriverError;
use crate::driver::kafka::admin::{AdminAction, AdminDone, AdminRequest};
use crate::driver::kafka::embedded::{BrokerAnswer, BrokerSpec, BrokerTopic};
use crate::driver::kafka::helper;
use crate::os::process::{self, Child, Launch};
use crate::units::counted;
use crate::worker::{ProgressText, SystemError, WorkerError};
use crossbeam_channel::Receiver;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// On top of a helper's own limit: its start and its answer. At most as long as the limit itself.
const HELPER_MARGIN: Duration = Duration::from_secs(5);

impl LocalWorker {
    /// Is there a broker, and does it accept our credentials?
    pub(super) fn check_broker(&mut self, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.administrate(AdminAction::Check, tell).map(drop)
    }

    pub(super) fn administrate(
        &mut self,
        action: AdminAction,
        tell: ProgressText<'_>,
    ) -> Result<AdminDone, WorkerError> {
        let limits = &self.plan()?.limits;
        let limits = (limits.connect, limits.topics);
        self.administrate_within(action, limits, tell)
    }

    /// `limits`: of the first answer, and of what is done then.
    pub(super) fn administrate_within(
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
        let answer: Result<AdminDone, DriverError> =
            serde_json::from_str(&line).map_err(|source| SystemError::Answer { who: "the admin process", source })?;
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
        let answer: BrokerAnswer =
            serde_json::from_str(&line).map_err(|source| SystemError::Answer { who: "the embedded broker", source })?;
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
        let stdin = serde_json::to_vec(request).map_err(SystemError::from)?;
        let launch = Launch {
            args: vec![role.to_owned()],
            stdin,
            capture_stdout: true,
            show_stderr: true,
            cpus: self.plan.as_ref().map(|plan| plan.placement.allowed.clone()),
            ..Launch::default()
        };
        let mut helper = process::launch(&launch).map_err(SystemError::starting(format!("the {role} process")))?;
        let pid = helper.pid();
        let Some(stdout) = helper.take_stdout() else {
            return Err(SystemError::Unheard { role: role.to_owned() }.into());
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
                Err(SystemError::EndedUnanswered { role: role.to_owned(), pid, how }.into())
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
