//! The beginning of a distributed run: who is there, whose clock is where, who gets which clients; later the start at
//! one epoch.

use super::clocks::{self, Watched, realtime_ns};
use super::peer::{Peer, PeerCallError};
use super::roll_call::WorkerReplies;
use super::{CALL_LIMIT, CALL_MARGIN, DistributedWorkers, FleetMember, LEASE, heartbeat, split};
use crate::load::payloads;
use crate::plan::{PayloadPlan, Plan};
use crate::telemetry::Role;
use crate::worker::WorkerError;
use crate::worker::local::naming::{group_name, topic_names};
use crate::worker::wire::pinload::{
    GroupName, Initialize, Initialized, PlanOnWire, StartLoad, Started, TopicNames, WIRE,
};
use std::time::Duration;

/// Between the order to start and the epoch, for every client of the fullest worker to have seen it.
const RELEASE: Duration = Duration::from_millis(500);
/// And more of it for many clients.
const RELEASE_PER_CLIENT: Duration = Duration::from_millis(2);

impl DistributedWorkers {
    /// Finds all workers, compares clocks, hands out the plan, begins to listen to heartbeats.
    pub(super) fn begin(&mut self, plan: &Plan) -> Result<(), WorkerError> {
        let mut plan = plan.clone();
        let urls = self.settings.workers.clone();
        let duties = split::duties(urls.len(), self.settings.extra_consumers);
        self.members = urls
            .iter()
            .zip(&duties)
            .enumerate()
            .map(|(number, (url, own))| FleetMember {
                peer: Peer::new(url, self.settings.token.as_deref(), self.run),
                is_leader: number == 0,
                clients: split::clients_of(*own, &duties, &plan.clients),
                hello: None,
                clock: None,
                placement: None,
                ahead_ns: 0,
                begun: false,
                lost: false,
                statuses: Vec::new(),
            })
            .collect();
        self.find_all()?;
        self.compare_clocks()?;
        carry_payloads(&mut plan)?;
        let names = topic_names(&plan);
        let groups: Vec<GroupName> = (0..)
            .zip(&names)
            .flat_map(|(topic, name)| {
                let plan = &plan;
                (0..plan.subscriptions_of(topic)).map(move |subscription| GroupName {
                    topic,
                    subscription,
                    name: group_name(plan, name, subscription),
                })
            })
            .collect();
        let wall_stamps = self.members.len() > 1;
        let limit = plan.limits.connect + CALL_MARGIN;
        let bodies = self.members.iter().enumerate().map(|(number, member)| {
            let mut part = plan.clone();
            part.clients.clone_from(&member.clients);
            part.delete_topics &= member.is_leader;
            let order = Initialize {
                run: self.run,
                lease_ms: u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX),
                plan: PlanOnWire::from(part),
                groups: groups.clone(),
                wall_stamps,
            };
            serde_json::to_vec(&order).map(|body| (number, body))
        });
        let bodies = bodies.collect::<Result<Vec<_>, _>>().map_err(|error| WorkerError::System(error.to_string()))?;
        self.plan = Some(plan);
        for member in &mut self.members {
            member.begun = true;
        }
        for (member, Initialized { placement }) in self.post_own::<Initialized>(bodies, "initialize", limit)? {
            self.members[member].placement = Some(placement);
        }
        if let Some((_, ended)) = &self.beating {
            for (number, member) in self.members.iter().enumerate() {
                heartbeat::watch(number, member.peer.clone(), self.run, self.alarms.0.clone(), ended.clone());
            }
            clocks::keep_comparing(self.watched(), self.alarms.0.clone(), ended.clone());
        }
        Ok(())
    }

    /// Every worker must be there, speak our protocol, and be free, before anything starts anywhere.
    fn find_all(&mut self) -> Result<(), WorkerError> {
        let WorkerReplies(answers) = self.roll_call.take().unwrap_or_else(|| WorkerReplies::of(&self.settings));
        let mut wrong = Vec::new();
        for (member, answer) in self.members.iter_mut().zip(answers) {
            let url = &member.peer.url;
            match answer {
                Ok(hello) if hello.wire != WIRE => wrong.push(format!(
                    "{url} is pinload {} with another protocol ({}, ours is {WIRE}): take the same version everywhere",
                    hello.version, hello.wire
                )),
                Ok(hello) => match hello.busy_with() {
                    Some(what) => wrong.push(format!("{url} is busy with {what}")),
                    None => member.hello = Some(hello),
                },
                Err(PeerCallError::NoAnswer(cause)) => wrong.push(format!("{url} cannot be reached: {cause}")),
                Err(PeerCallError::Refused { status: 404, .. }) => wrong.push(format!(
                    "{url} is no pinload worker (it knows no {}hello)",
                    crate::worker::wire::pinload::PREFIX
                )),
                Err(error) => wrong.push(error.at(url).to_string()),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(WorkerError::Workers(wrong.join("; "))) }
    }

    fn compare_clocks(&mut self) -> Result<(), WorkerError> {
        for member in &mut self.members {
            let Some(hello) = &member.hello else { continue };
            let clock =
                clocks::measure(&member.peer, &self.here, &hello.host).map_err(|error| error.at(&member.peer.url))?;
            member.clock = Some(clock);
        }
        let comparison = self.members.iter().map(|member| member.clock).collect();
        self.clocks.take(comparison, &self.routes());
        Ok(())
    }

    /// The members that messages can go from and to.
    pub(super) fn routes(&self) -> Vec<(usize, usize)> {
        let of = |role| (0..self.members.len()).filter(move |&number| self.members[number].has(role));
        of(Role::Producer).flat_map(|from| of(Role::Consumer).map(move |to| (from, to))).collect()
    }

    /// The hosts whose clocks can be compared, by member.
    pub(super) fn watched(&self) -> Vec<Option<Watched>> {
        let watched = |member: &FleetMember| {
            let there = member.hello.as_ref()?.host.clone();
            (!member.lost).then(|| Watched { peer: member.peer.clone(), here: self.here.clone(), there })
        };
        self.members.iter().map(watched).collect()
    }

    /// Starts the clients of a role on all workers that have some.
    pub(super) fn create_clients(
        &mut self,
        role: Role,
        verb: &'static str,
        topics: &[String],
    ) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let limit = plan.limits.connect + CALL_MARGIN;
        let partitions = (0..plan.topics.count).map(|topic| plan.partitions_of(topic)).collect();
        let topics = TopicNames { topics: topics.to_vec(), partitions };
        self.post_each::<()>(Self::with(role), verb, &topics, limit).map(drop)
    }

    /// The barrier: every worker is told the same moment, in its own clock where that differs from ours.
    pub(super) fn start_all_at_once(&mut self) -> Result<u64, WorkerError> {
        let most = self.members.iter().map(|member| member.clients.len()).max().unwrap_or(0);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let ahead_ns = u64::try_from((RELEASE + RELEASE_PER_CLIENT * most).as_nanos()).unwrap_or(u64::MAX);
        let (now_ns, epoch_realtime_ns) = (self.clock.now_ns(), realtime_ns() + ahead_ns);
        let bodies = self.members.iter().enumerate().filter(|(_, member)| !member.clients.is_empty());
        let bodies = bodies.map(|(number, member)| {
            let correction_ns = member.clock.map_or(0, |clock| clock.correction_ns());
            let order = StartLoad { epoch_realtime_ns: epoch_realtime_ns.saturating_add_signed(correction_ns) };
            serde_json::to_vec(&order).map(|body| (number, body))
        });
        let bodies = bodies.collect::<Result<Vec<_>, _>>().map_err(|error| WorkerError::System(error.to_string()))?;
        for (member, started) in self.post_own::<Started>(bodies, "start-load", CALL_LIMIT)? {
            self.members[member].ahead_ns = started.ahead_ns;
        }
        self.epoch_ns = now_ns + ahead_ns;
        self.period_from_ns = self.epoch_ns;
        Ok(self.epoch_ns)
    }
}

/// Workers do not have the coordinator's files: payloads that come from files travel with the plan. Random ones are
/// made from their seed.
fn carry_payloads(plan: &mut Plan) -> Result<(), WorkerError> {
    if matches!(plan.message.payload, PayloadPlan::File { .. } | PayloadPlan::Folder { .. }) {
        let made = payloads::make(&plan.message).map_err(|error| WorkerError::System(format!("payload: {error}")))?;
        plan.message.payload = PayloadPlan::Given { payloads: made.values, weights: made.weights };
    }
    Ok(())
}
