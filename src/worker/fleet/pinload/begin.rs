//! The beginning of a run of pinload's protocol: whose clock is where, the plan to all, and the start at one epoch.

use super::{PinloadProtocol, PinloadWorkers};
use crate::load::payloads;
use crate::plan::{PayloadPlan, Plan};
use crate::telemetry::Role;
use crate::worker::fleet::CALL_MARGIN;
use crate::worker::fleet::calls::{FleetAnswer, FleetRequest, Loss, json};
use crate::worker::fleet::clocks::{self, Watched, realtime_ns};
use crate::worker::fleet::protocol::{FleetBeginning, FleetProtocol};
use crate::worker::naming::{group_name, topic_names};
use crate::worker::wire::pinload::{
    GroupName, Initialize, Initialized, PlanOnWire, StartLoad, Started, TopicNames, TotalRate,
};
use crate::worker::{SystemError, WorkerError, readiness};
use std::time::Duration;

/// Without a word from us for so long a worker ends the run by itself; heartbeats come every second.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// Between the order to start and the epoch, for every client of the fullest worker to have seen it.
const RELEASE: Duration = Duration::from_millis(500);
/// And more of it for many clients.
const RELEASE_PER_CLIENT: Duration = Duration::from_millis(2);

impl FleetBeginning for PinloadProtocol {
    /// Compares clocks, hands out the plan, begins to listen to heartbeats.
    fn initialize(fleet: &mut PinloadWorkers, mut plan: Plan) -> Result<(), WorkerError> {
        fleet.compare_clocks()?;
        carry_payloads(&mut plan)?;
        let groups = groups_of(&plan);
        let requests: Vec<FleetRequest> = (0..)
            .zip(&fleet.members)
            .map(|(number, member)| {
                let mut part = plan.clone();
                part.clients.clone_from(&member.clients);
                part.delete_topics &= number == 0;
                let order = json(&Initialize {
                    run: fleet.protocol.run,
                    lease_ms: u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX),
                    plan: PlanOnWire::from(part),
                    groups: groups.clone(),
                    wall_stamps: fleet.members.len() > 1,
                })?;
                Ok(FleetRequest { member: number, body: Some(order.into()) })
            })
            .collect::<Result<_, WorkerError>>()?;
        let limit = plan.limits.connect + CALL_MARGIN;
        fleet.take_plan(plan);
        for FleetAnswer { member, value, .. } in fleet.ask_each(requests, "initialize", limit, Loss::Fails)? {
            let Initialized { placement } = value;
            fleet.members[member].known.placement = Some(placement);
        }
        fleet.watch_all();
        if let Some((_, ended)) = &fleet.beating {
            clocks::keep_comparing(fleet.watched(), fleet.alarms.0.clone(), ended.clone());
        }
        Ok(())
    }

    fn topics_order(_plan: &Plan) -> Result<Vec<u8>, WorkerError> {
        Ok(Vec::new())
    }

    fn topics_made(fleet: &PinloadWorkers, answer: &FleetAnswer<Vec<u8>>) -> Result<TopicNames, WorkerError> {
        Ok(fleet.read(answer, "create-topics")?.value)
    }

    fn client_orders(fleet: &PinloadWorkers, role: Role, topics: &[String]) -> Result<Vec<FleetRequest>, WorkerError> {
        let plan = fleet.plan()?;
        let partitions = (0..plan.topics.count).map(|topic| plan.partitions_of(topic)).collect();
        let order = json(&TopicNames { topics: topics.to_vec(), partitions })?;
        Ok(fleet.to_each(|member| member.has(role), Some(order)))
    }

    fn missing(fleet: &mut PinloadWorkers) -> Result<Vec<String>, WorkerError> {
        let statuses = fleet.look()?;
        Ok(readiness::missing(fleet.plan()?, &statuses))
    }

    /// The barrier: every worker is told the same moment, in its own clock where that differs from ours.
    fn start(fleet: &mut PinloadWorkers) -> Result<u64, WorkerError> {
        let most = fleet.members.iter().map(|member| member.clients.len()).max().unwrap_or(0);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let ahead_ns = u64::try_from((RELEASE + RELEASE_PER_CLIENT * most).as_nanos()).unwrap_or(u64::MAX);
        let (now_ns, epoch_realtime_ns) = (fleet.clock.now_ns(), realtime_ns() + ahead_ns);
        let mut requests = fleet.to_each(|member| !member.clients.is_empty(), None);
        for request in &mut requests {
            let correction_ns = fleet.members[request.member].known.clock.map_or(0, |clock| clock.correction_ns());
            let order = StartLoad { epoch_realtime_ns: epoch_realtime_ns.saturating_add_signed(correction_ns) };
            request.body = Some(json(&order)?.into());
        }
        for FleetAnswer { member, value, .. } in
            fleet.ask_each(requests, "start-load", PinloadProtocol::CALL_LIMIT, Loss::Fails)?
        {
            let Started { ahead_ns } = value;
            fleet.members[member].known.ahead_ns = ahead_ns;
        }
        fleet.epoch_ns = now_ns + ahead_ns;
        fleet.period_from_ns = fleet.epoch_ns;
        Ok(fleet.epoch_ns)
    }

    fn rate_order(_fleet: &PinloadWorkers, total_per_s: f64) -> Result<Vec<u8>, WorkerError> {
        json(&TotalRate { total_per_s })
    }
}

impl PinloadWorkers {
    fn compare_clocks(&mut self) -> Result<(), WorkerError> {
        for member in &mut self.members {
            let Some(hello) = &member.hello else { continue };
            let clock = clocks::measure(&member.peer, &self.protocol.here, &hello.host)
                .map_err(|error| PinloadProtocol::failed(&member.peer.url, "time", error, false))?;
            member.known.clock = Some(clock);
        }
        let comparison = self.members.iter().map(|member| member.known.clock).collect();
        self.clocks.take(comparison, &self.routes());
        Ok(())
    }

    /// The hosts whose clocks can be compared, by member.
    pub(super) fn watched(&self) -> Vec<Option<Watched>> {
        let here = &self.protocol.here;
        let members = self.members.iter().map(|member| {
            let there = member.hello.as_ref()?.host.clone();
            (!member.lost).then(|| Watched { peer: member.peer.clone(), here: here.clone(), there })
        });
        members.collect()
    }
}

/// The groups of all topics. They are named here, so that members on several hosts meet in one.
fn groups_of(plan: &Plan) -> Vec<GroupName> {
    let of_topic = |(topic, topic_name): (u32, String)| {
        (0..plan.subscriptions_of(topic)).map(move |subscription| {
            let name = group_name(plan, &topic_name, subscription);
            GroupName { topic, subscription, name }
        })
    };
    (0..).zip(topic_names(plan)).flat_map(of_topic).collect()
}

/// Workers do not have the coordinator's files: payloads that come from files travel with the plan. Random ones are
/// made from their seed.
fn carry_payloads(plan: &mut Plan) -> Result<(), WorkerError> {
    if matches!(plan.message.payload, PayloadPlan::File { .. } | PayloadPlan::Folder { .. }) {
        let made = payloads::make(&plan.message).map_err(SystemError::payload)?;
        plan.message.payload = PayloadPlan::Given { payloads: made.values, weights: made.weights };
    }
    Ok(())
}
