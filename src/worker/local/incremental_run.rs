//! A run that is told call by call (OMB's protocol): clients are added as they are asked for, consumers count from then
//! on, and what messages are made of is told when the load begins.

use super::LocalWorker;
use super::drain::told;
use crate::client::MessageOrder;
use crate::load::payloads;
use crate::os::host_capacity::raise_open_files;
use crate::plan::demand::Demand;
use crate::plan::{ClientPlan, MessagePlan, Placement, Plan, RatePlan, TopicShape};
use crate::telemetry::payload_pool::{PoolName, PoolOwner};
use crate::telemetry::{Role, Wanted};
use crate::worker::{LatencySet, PeriodStats, SystemError, Worker, WorkerError, naming, untold};

/// Payloads are written and mapped at least this fast: the load begins when all producers can have done so.
const POOL_BYTES_PER_NS: u64 = 1;
/// What is kept for a run that grows.
#[derive(Debug)]
pub(super) struct IncrementalRun {
    /// The name under which producers will find the message order.
    pub(super) order: PoolName,
    /// The order itself, once there is one.
    made: Option<PoolOwner>,
}

/// A client to be added: its topic, and its group if it is a consumer.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// Topic name.
    pub topic: String,
    /// Consumer group.
    pub group: Option<String>,
}

impl LocalWorker {
    /// Begins a run that grows, with a plan from `for_coordinator`.
    pub fn begin_growing(&mut self, plan: &Plan) -> Result<(), WorkerError> {
        let order = PoolName::new().map_err(SystemError::from)?;
        self.growing = Some(IncrementalRun { order, made: None });
        // Consumers of other workers read the stamps, on other hosts.
        self.wall_stamps = true;
        self.initialize_driver(plan, &mut untold)
    }

    /// Creates so many topics with so many partitions each (or as many as `each` says), under new names.
    pub fn create_more_topics(
        &mut self,
        count: u32,
        partitions: u32,
        each: &[u32],
    ) -> Result<Vec<String>, WorkerError> {
        let Some(plan) = &mut self.plan else { return Err(nothing_begun()) };
        plan.topics.count = count;
        plan.topics.partitions_per_topic = partitions;
        plan.topics.each =
            each.iter().map(|&partitions| TopicShape { partitions, producers: 0, subscriptions: 0 }).collect();
        plan.limits.topics = plan.default_topics_limit();
        self.topics = naming::topic_names(plan);
        self.create_topics(&mut untold)
    }

    /// What all clients take of the machine once so many of a role are added.
    pub fn demand_with(&self, role: Role, more: usize, placement: &Placement) -> Option<Demand> {
        let mut plan = self.plan.clone()?;
        let place = placement.clients.last()?.clone();
        let added = ClientPlan { role, index: 0, topic: 0, subscription: None, member: 0, placement: place };
        let there = self.clients.iter().map(|client| client.plan.clone());
        plan.clients = there.chain(std::iter::repeat_n(added, more)).collect();
        Some(plan.demand())
    }

    /// Adds clients of a role, at places behind those that are there, and waits until each is connected. Consumers
    /// begin at once.
    pub fn add_clients(
        &mut self,
        role: Role,
        wishes: &[ClientRequest],
        placement: &Placement,
    ) -> Result<(), WorkerError> {
        let there = self.clients.len();
        if let Some(demand) = self.demand_with(role, wishes.len(), placement) {
            raise_open_files(demand.open_files);
        }
        let first = u32::try_from(self.of_role(role).count()).unwrap_or(u32::MAX);
        for ((index, number), wish) in (first..).zip(0..).zip(wishes) {
            let topic = self.topic_number(&wish.topic)?;
            let placed = placement.clients.get(there + number).or(placement.clients.last());
            let Some(placement) = placed.cloned() else { return Err(nothing_begun()) };
            let client = ClientPlan {
                role,
                index,
                topic,
                subscription: wish.group.as_ref().map(|_| 0),
                member: index,
                placement,
            };
            self.await_turn(role)?;
            self.start_client(client, wish.topic.clone(), wish.group.clone())?;
        }
        self.await_ready(role, 0)?;
        if role == Role::Consumer {
            let epoch_ns = self.clock.now_ns();
            for client in self.clients.iter_mut().skip(there) {
                client.history.begin(epoch_ns, client.end.counters());
                client.end.set_epoch(epoch_ns);
                client.end.want(Wanted::Run);
            }
            self.epoch_ns = epoch_ns;
            self.period_from_ns = epoch_ns;
        }
        Ok(())
    }

    /// Topics that this worker did not make itself are learnt when they are named.
    fn topic_number(&mut self, name: &str) -> Result<u32, WorkerError> {
        let known = self.topics.iter().position(|known| known == name);
        let number = known.unwrap_or_else(|| {
            self.topics.push(name.to_owned());
            self.topics.len() - 1
        });
        let count = u32::try_from(self.topics.len()).unwrap_or(u32::MAX);
        let Some(plan) = &mut self.plan else { return Err(nothing_begun()) };
        plan.topics.count = plan.topics.count.max(count);
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The load begins: all producers get the messages and one schedule at `total_per_s` together. The epoch, raw ns,
    /// comes back.
    pub fn start_growing_load(&mut self, message: MessagePlan, rate: RatePlan) -> Result<u64, WorkerError> {
        let made = payloads::make(&message).map_err(SystemError::payload)?;
        let bytes: usize = made.values.iter().map(Vec::len).sum();
        let pool = PoolOwner::create(&made.values, &made.weights).map_err(SystemError::payload)?;
        let order = MessageOrder { message: message.without_bytes(), payload_pool: pool.name().to_owned() };
        let order = serde_json::to_vec(&order).map_err(SystemError::payload)?;
        let Some(growing) = &mut self.growing else { return Err(nothing_begun()) };
        let owner = PoolOwner::create_as(&growing.order, &[order], &[]).map_err(SystemError::payload)?;
        growing.made = Some(owner);
        self.pool = Some(pool);
        let Some(plan) = &mut self.plan else { return Err(nothing_begun()) };
        (plan.message, plan.rate) = (message, rate.clone());
        let epoch_ns = self.earliest_epoch_ns() + bytes as u64 / POOL_BYTES_PER_NS;
        for producer in self.clients.iter_mut().filter(|client| client.plan.role == Role::Producer) {
            producer.end.order_rate(rate.order(producer.plan.index, epoch_ns));
            producer.history.begin(epoch_ns, producer.end.counters());
            producer.end.set_epoch(epoch_ns);
            producer.end.want(Wanted::Run);
        }
        if self.epoch_ns == 0 {
            self.period_from_ns = epoch_ns;
        }
        self.epoch_ns = epoch_ns;
        self.wall_anchor.begin_load();
        self.observe_masks();
        self.watch_from_here();
        Ok(epoch_ns)
    }

    /// What happened since this was last asked, cut now.
    pub fn period_until_now(&mut self) -> Result<PeriodStats, WorkerError> {
        let now_ns = self.cut_all();
        self.period_stats(now_ns)
    }

    /// Latencies since this was last asked (or since `forget_latencies`), cut now. OMB's coordinator relies on it that
    /// they are told once.
    pub fn latencies_until_now(&mut self) -> Result<LatencySet, WorkerError> {
        let now_ns = self.cut_all();
        self.drain_to(now_ns);
        let mut differences = Vec::with_capacity(self.clients.len());
        for client in &mut self.clients {
            client.history.advance(now_ns);
            differences.push(client.history.measured());
            client.history.restart_measurement();
        }
        Ok(told(differences))
    }

    /// Latencies begin anew, cut now.
    pub fn forget_latencies(&mut self) -> Result<(), WorkerError> {
        let now_ns = self.cut_all();
        self.reset_stats(now_ns)
    }

    fn cut_all(&mut self) -> u64 {
        let now_ns = self.clock.now_ns();
        self.clients.iter().for_each(|client| client.end.request_cut());
        now_ns
    }
}

fn nothing_begun() -> WorkerError {
    SystemError::TooEarly("initialize-driver has not been called").into()
}
