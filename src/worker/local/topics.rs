//! The run's topics: created or checked, looked for at the end, deleted; and the cluster's settings.

use super::LocalWorker;
use crate::caveat::Caveat;
use crate::driver::kafka::admin::{AdminAction, TopicSpec, TopicState};
use crate::plan::{DriverKind, Plan};
use crate::stats::Counter;
use crate::units::first_few;
use crate::worker::{ProgressText, WorkerError};
use std::collections::HashSet;
use std::time::Duration;

/// Limit for a look at the cluster's settings: brokers answer it in some ms, and a run is not held up for one that does
/// not.
const SETTINGS_LIMIT: Duration = Duration::from_secs(3);
/// Limit for what still has to be done when everything is to end at once.
const HURRIED: Duration = Duration::from_secs(1);

impl LocalWorker {
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
    pub(super) fn named_topics<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a String, u32)> {
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
            let text = format!("topics that could not be deleted: {}", first_few(&left, ", "));
            self.warnings.push(Caveat::of_run("topics_left", text));
        }
        left.is_empty()
    }
}
