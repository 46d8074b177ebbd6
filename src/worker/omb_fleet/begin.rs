//! The beginning of a run: who is there, the driver file to all, topics from the first worker, clients dealt out,
//! probes, the load.

use super::calls::{OmbCallError, OmbPeer};
use super::restrict::keys_name;
use super::{CALL_LIMIT, OmbMember, OmbWorkers, ReportedTotals, watch};
use crate::load::payloads;
use crate::plan::Plan;
use crate::telemetry::Role;
use crate::units::{Rate, counted};
use crate::worker::fleet::calls::Loss;
use crate::worker::fleet::peer::PeerCallError as HelloError;
use crate::worker::fleet::{CALL_MARGIN, WorkerReplies, split};
use crate::worker::local::naming::group_name;
use crate::worker::wire::omb::{ConsumerAssignment, ProducerWorkAssignment, TopicSubscription, TopicsInfo};
use crate::worker::{ProgressText, Worker, WorkerError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A Java worker closes its Kafka clients at leisure.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(60);

impl OmbWorkers {
    /// All workers must be there and free before anything starts anywhere; then each gets the driver file.
    pub(super) fn begin(&mut self, plan: &Plan) -> Result<(), WorkerError> {
        let Some(source) = plan.driver.source.as_ref().map(|source| source.text.clone()) else {
            return Err(WorkerError::Configuration("workers of OMB's protocol need a driver file".to_owned()));
        };
        self.plan = Some(plan.clone());
        self.find_all(plan)?;
        for member in &mut self.members {
            member.begun = true;
        }
        // As OMB does: what a coordinator before us left behind ends.
        self.post(|_| true, "/stop-all", STOP_LIMIT)?;
        let limit = plan.limits.connect + CALL_MARGIN;
        let orders = self.to_each(|_| true, Some(source.as_bytes()));
        self.call_each(orders, "/initialize-driver", limit, Loss::Fails).map(drop)
    }

    fn find_all(&mut self, plan: &Plan) -> Result<(), WorkerError> {
        let WorkerReplies(answers) = self.roll_call.take().unwrap_or_else(|| WorkerReplies::of(&self.settings));
        let duties = split::duties(self.settings.workers.len(), self.settings.extra_consumers);
        let mut wrong = Vec::new();
        for ((url, own), answer) in self.settings.workers.iter().zip(&duties).zip(answers) {
            let (hello, is_ours) = match answer {
                Ok(hello) => {
                    if let Some(what) = hello.busy_with() {
                        wrong.push(format!("{url} is busy with {what}"));
                        continue;
                    }
                    (Some(hello), true)
                }
                Err(HelloError::Refused { status: 404, .. }) => (None, false),
                Err(HelloError::NoAnswer(cause)) => {
                    wrong.push(format!("{url} cannot be reached: {cause}"));
                    continue;
                }
                Err(error) => {
                    wrong.push(error.at(url).to_string());
                    continue;
                }
            };
            // The token is for pinload's workers: OMB's know none, and need not hear it.
            let peer = OmbPeer::new(url, self.settings.token.as_deref().filter(|_| is_ours));
            if !is_ours && let Err(why) = speaks_omb(&peer) {
                wrong.push(format!("{url} is no worker: {why}"));
            }
            self.members.push(OmbMember {
                peer,
                hello,
                clients: split::clients_of(*own, &duties, &plan.clients),
                lost: false,
                begun: false,
                counts: super::OmbTotals::default(),
                probes: super::OmbTotals::default(),
                told: ReportedTotals::default(),
            });
        }
        if wrong.is_empty() { Ok(()) } else { Err(WorkerError::Workers(wrong.join("; "))) }
    }

    /// OMB's leader, the first worker, makes the topics and names them.
    pub(super) fn make_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError> {
        const PATH: &str = "/create-topics";
        let plan = self.plan()?;
        let limit = plan.limits.topics + CALL_MARGIN;
        let count = plan.topics.count;
        let (who, limit_s) = (&self.members[0].peer.url, limit.as_secs());
        tell(&format!("{who} creates {} (at most {limit_s} s, --topics-timeout)", counted(count, "topic")));
        let info = TopicsInfo {
            number_of_topics: count,
            number_of_partitions_per_topic: plan.partitions_of(0),
            number_of_partitions_per_topic_list: Vec::new(),
        };
        let orders = vec![(0, Some(json(&info)?))];
        let answers = self.call_each(orders, PATH, limit, Loss::Fails)?;
        for answer in answers {
            self.topics = answer.read(&self.members, PATH)?;
        }
        if self.topics.len() != count as usize {
            let url = &self.members[0].peer.url;
            return Err(WorkerError::Topics(format!("{url} made {} topics of {count}", self.topics.len())));
        }
        Ok(self.topics.clone())
    }

    pub(super) fn make_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        let plan = self.plan()?.clone();
        let mut groups: BTreeMap<(u32, u32), String> = BTreeMap::new();
        let mut orders = Vec::new();
        for (number, member) in self.members.iter().enumerate().filter(|(_, member)| member.has(Role::Consumer)) {
            let wish = |client: &crate::plan::ClientPlan| {
                let topic = topics.get(client.topic as usize)?;
                let subscription = client.subscription.unwrap_or(0);
                let group = groups.entry((client.topic, subscription));
                let subscription = group.or_insert_with(|| group_name(&plan, topic, subscription)).clone();
                Some(TopicSubscription { topic: topic.clone(), subscription })
            };
            let clients = member.clients.iter().filter(|client| client.role == Role::Consumer);
            let assignment = ConsumerAssignment { topics_subscriptions: clients.filter_map(wish).collect() };
            orders.push((number, Some(json(&assignment)?)));
        }
        let limit = plan.limits.connect + CALL_MARGIN;
        self.call_each(orders, "/create-consumers", limit, Loss::Fails).map(drop)
    }

    pub(super) fn make_producers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        let limit = self.plan()?.limits.connect + CALL_MARGIN;
        let mut orders = Vec::new();
        for (number, member) in self.members.iter().enumerate().filter(|(_, member)| member.has(Role::Producer)) {
            let clients = member.clients.iter().filter(|client| client.role == Role::Producer);
            let list: Vec<&String> = clients.filter_map(|client| topics.get(client.topic as usize)).collect();
            orders.push((number, Some(json(&list)?)));
        }
        self.call_each(orders, "/create-producers", limit, Loss::Fails).map(drop)
    }

    /// The load begins on each worker when it has the call: OMB knows no common epoch.
    pub(super) fn start(&mut self) -> Result<u64, WorkerError> {
        self.let_probes_settle()?;
        let plan = self.plan()?.clone();
        let Rate::PerSecond(total_per_s) = plan.rate.total else {
            return Err(WorkerError::Configuration("OMB's workers need a rate".to_owned()));
        };
        let made = payloads::make(&plan.message).map_err(|error| WorkerError::System(format!("payload: {error}")))?;
        let work = ProducerWorkAssignment {
            payload_data: made.values.iter().map(|value| STANDARD.encode(value)).collect(),
            payload_weights: None,
            publish_rate: self.share_of(total_per_s),
            key_distributor_type: Some(keys_name(plan.message.keys).to_owned()),
            stamp: None,
        };
        let body = json(&work)?;
        // One run, one way to measure: what OMB's workers cannot read, pinload's do not write.
        let to_ours = json(&ProducerWorkAssignment { stamp: Some(false), ..work })?;
        let epoch_ns = self.now_ns();
        for member in &mut self.members {
            member.probes = member.counts;
            member.told = ReportedTotals::beginning(epoch_ns);
        }
        let orders = self.to_each(Self::with(Role::Producer), None);
        let body_for = |member: usize| if self.members[member].hello.is_some() { &to_ours } else { &body };
        let orders = orders.into_iter().map(|(member, _)| (member, Some(Arc::clone(body_for(member))))).collect();
        self.call_each(orders, "/start-load", CALL_LIMIT, Loss::Fails)?;
        (self.epoch_ns, self.period_from_ns) = (epoch_ns, epoch_ns);
        if plan.warmup.is_zero() {
            // As OMB does without a warm-up: the probes' latencies go.
            self.reset(epoch_ns)?;
        }
        if let Some((_, ended)) = &self.watching {
            for (number, member) in self.members.iter().enumerate() {
                watch::watch(number, member.peer.clone(), self.alarms.0.clone(), ended.clone());
            }
        }
        Ok(epoch_ns)
    }

    /// Of a rate for all, what each worker with producers gets.
    fn share_of(&self, total_per_s: f64) -> f64 {
        let used = self.members.iter().filter(|member| member.has(Role::Producer)).count().max(1);
        total_per_s / f64::from(u32::try_from(used).unwrap_or(u32::MAX))
    }

    pub(super) fn adjust(&mut self, total_per_s: f64) -> Result<(), WorkerError> {
        let body = json(&self.share_of(total_per_s))?;
        let orders = self.to_each(Self::with(Role::Producer), Some(&body));
        self.call_each(orders, "/adjust-publish-rate", CALL_LIMIT, Loss::Fails).map(drop)
    }
}

fn json(value: &impl serde::Serialize) -> Result<Arc<Vec<u8>>, WorkerError> {
    serde_json::to_vec(value).map(Arc::new).map_err(|error| WorkerError::System(error.to_string()))
}

/// A worker of OMB's has counters also when it is idle; Redpanda's has them under other names.
fn speaks_omb(peer: &OmbPeer) -> Result<(), String> {
    match peer.call("/counters-stats", None, CALL_LIMIT) {
        Err(OmbCallError::NoAnswer(cause)) => Err(cause),
        Err(OmbCallError::Refused { words, .. }) => {
            Err(format!("it knows neither pinload's calls nor OMB's (/counters-stats: {words})"))
        }
        Ok(body) => {
            let told: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let names = ["messagesSent", "messagesReceived", "messageSendErrors"];
            match names.iter().find(|name| !told[**name].is_u64()) {
                None => Ok(()),
                Some(name) => Err(format!(
                    "its /counters-stats has no {name} (a fork's worker? Redpanda's protocol is another one)"
                )),
            }
        }
    }
}
