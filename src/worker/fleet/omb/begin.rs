//! The beginning of a run of OMB's protocol: the driver file to all, the clients of each, the load.

use super::figures::ReportedTotals;
use super::restrict::keys_name;
use super::{OmbProtocol, OmbWorkers};
use crate::load::payloads;
use crate::plan::{ClientPlan, Plan};
use crate::telemetry::Role;
use crate::units::Rate;
use crate::worker::fleet::CALL_MARGIN;
use crate::worker::fleet::calls::{FleetAnswer, FleetRequest, Loss, json};
use crate::worker::fleet::end::STOP_LIMIT;
use crate::worker::fleet::errors::NoOmbWorker;
use crate::worker::fleet::peer::{Peer, PeerCallError};
use crate::worker::fleet::protocol::{FleetBeginning, FleetFigures, FleetProtocol};
use crate::worker::naming::group_name;
use crate::worker::wire::omb::{ConsumerAssignment, ProducerWorkAssignment, TopicSubscription, TopicsInfo};
use crate::worker::wire::pinload::TopicNames;
use crate::worker::{SystemError, WorkerError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;

impl FleetBeginning for OmbProtocol {
    /// Each worker gets the driver file.
    fn initialize(fleet: &mut OmbWorkers, plan: Plan) -> Result<(), WorkerError> {
        let Some(source) = plan.driver.source.as_ref().map(|source| source.text.clone()) else {
            return Err(WorkerError::Configuration("workers of OMB's protocol need a driver file".to_owned()));
        };
        let limit = plan.limits.connect + CALL_MARGIN;
        fleet.take_plan(plan);
        // As OMB does: what a coordinator before us left behind ends.
        let everybody = fleet.to_each(|_| true, Some(Vec::new()));
        fleet.call_each(everybody, Self::STOP, STOP_LIMIT, Loss::Fails)?;
        let requests = fleet.to_each(|_| true, Some(source.into_bytes()));
        fleet.call_each(requests, "initialize-driver", limit, Loss::Fails).map(drop)
    }

    fn topics_order(plan: &Plan) -> Result<Vec<u8>, WorkerError> {
        json(&TopicsInfo {
            number_of_topics: plan.topics.count,
            number_of_partitions_per_topic: plan.partitions_of(0),
            number_of_partitions_per_topic_list: Vec::new(),
        })
    }

    fn topics_made(fleet: &OmbWorkers, answer: &FleetAnswer<Vec<u8>>) -> Result<TopicNames, WorkerError> {
        Ok(TopicNames { topics: fleet.read(answer, "create-topics")?.value, partitions: Vec::new() })
    }

    /// Topic of each producer; topic and group of each consumer.
    fn client_orders(fleet: &OmbWorkers, role: Role, topics: &[String]) -> Result<Vec<FleetRequest>, WorkerError> {
        let plan = fleet.plan()?;
        let topic_of = |client: &ClientPlan| topics.get(client.topic as usize).cloned();
        let mut groups: BTreeMap<(u32, u32), String> = BTreeMap::new();
        let mut subscription_of = |client: &ClientPlan| {
            let (topic, number) = (topic_of(client)?, client.subscription.unwrap_or(0));
            let group = groups.entry((client.topic, number)).or_insert_with(|| group_name(plan, &topic, number));
            Some(TopicSubscription { subscription: group.clone(), topic })
        };
        let mut requests = fleet.to_each(|member| member.has(role), None);
        for request in &mut requests {
            let clients = fleet.members[request.member].clients_of(role);
            let order = match role {
                Role::Producer => json(&clients.filter_map(topic_of).collect::<Vec<_>>())?,
                Role::Consumer => json(&ConsumerAssignment {
                    topics_subscriptions: clients.filter_map(&mut subscription_of).collect(),
                })?,
            };
            request.body = Some(order.into());
        }
        Ok(requests)
    }

    /// At most every two seconds: a group of OMB's takes that long to come together.
    fn probe(fleet: &mut OmbWorkers) -> Result<(), WorkerError> {
        fleet.probe_again()
    }

    fn missing(fleet: &mut OmbWorkers) -> Result<Vec<String>, WorkerError> {
        fleet.missing()
    }

    /// The load begins on each worker when it has the call: OMB knows no common epoch.
    fn start(fleet: &mut OmbWorkers) -> Result<u64, WorkerError> {
        fleet.let_probes_settle()?;
        let plan = fleet.plan()?;
        let warmup = plan.warmup;
        let Rate::PerSecond(total_per_s) = plan.rate.total else {
            return Err(WorkerError::Configuration("OMB's workers need a rate".to_owned()));
        };
        let made = payloads::make(&plan.message).map_err(SystemError::payload)?;
        let work = ProducerWorkAssignment {
            payload_data: made.values.iter().map(|value| STANDARD.encode(value)).collect(),
            payload_weights: None,
            publish_rate: fleet.share_of(total_per_s),
            key_distributor_type: Some(keys_name(plan.message.keys).to_owned()),
            stamp: None,
        };
        let to_java: Arc<[u8]> = json(&work)?.into();
        // One run, one way to measure: what OMB's workers cannot read, pinload's do not write.
        let to_ours: Arc<[u8]> = json(&ProducerWorkAssignment { stamp: Some(false), ..work })?.into();
        let epoch_ns = fleet.clock.now_ns();
        for known in fleet.members.iter_mut().map(|member| &mut member.known) {
            known.probes = known.counts;
            known.reported = ReportedTotals::beginning(epoch_ns);
        }
        let mut requests = fleet.to_each(|member| member.has(Role::Producer), None);
        for request in &mut requests {
            let is_ours = fleet.members[request.member].hello.is_some();
            request.body = Some(Arc::clone(if is_ours { &to_ours } else { &to_java }));
        }
        fleet.call_each(requests, "start-load", Self::CALL_LIMIT, Loss::Fails)?;
        (fleet.epoch_ns, fleet.period_from_ns) = (epoch_ns, epoch_ns);
        if warmup.is_zero() {
            // As OMB does without a warm-up: the probes' latencies go.
            Self::reset(fleet, epoch_ns)?;
        }
        fleet.watch_all();
        Ok(epoch_ns)
    }

    fn rate_order(fleet: &OmbWorkers, total_per_s: f64) -> Result<Vec<u8>, WorkerError> {
        json(&fleet.share_of(total_per_s))
    }
}

impl OmbWorkers {
    /// Of a rate for all, what each worker with producers gets.
    pub(super) fn share_of(&self, total_per_s: f64) -> f64 {
        total_per_s / self.producing().max(1.0)
    }

    /// Workers with producers.
    pub(super) fn producing(&self) -> f64 {
        let count = self.members.iter().filter(|member| member.has(Role::Producer)).count();
        f64::from(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

/// A worker of OMB's has counters also when it is idle; Redpanda's has them under other names. Err: why it is none.
pub(super) fn speaks_omb(peer: &Peer) -> Result<(), NoOmbWorker> {
    match peer.call("counters-stats", None, OmbProtocol::CALL_LIMIT) {
        Err(error @ PeerCallError::Refused { .. }) => Err(NoOmbWorker::Unknown(error)),
        Err(error) => Err(NoOmbWorker::Call(error)),
        Ok(body) => {
            let counters: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let names = ["messagesSent", "messagesReceived", "messageSendErrors"];
            match names.iter().find(|name| !counters[**name].is_u64()) {
                None => Ok(()),
                Some(name) => Err(NoOmbWorker::NoCounter(name)),
            }
        }
    }
}
