//! OMB's verbs, carried out by a fleet.

use super::calls::Loss;
use super::protocol::{FleetBeginning, FleetFigures};
use super::{CALL_MARGIN, DistributedWorkers, merge};
use crate::plan::Plan;
use crate::telemetry::Role;
use crate::units::counted;
use crate::worker::wire::pinload::TopicNames;
use crate::worker::{
    CountersStats, LatencySet, LiveCounters, PeriodStats, ProgressText, RunEnd, SubscriptionBalance, SystemError, Wake,
    Worker, WorkerError,
};

impl<P: FleetBeginning + FleetFigures> Worker for DistributedWorkers<P> {
    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    fn wait_until(&mut self, deadline_ns: u64) -> Wake {
        self.wait(deadline_ns)
    }

    fn initialize_driver(&mut self, plan: &Plan, _tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.find_all(plan)?;
        P::initialize(self, plan.clone())
    }

    /// The first worker, OMB's leader, makes the topics and names them.
    fn create_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError> {
        let plan = self.plan()?;
        let (count, limit, order) = (plan.topics.count, plan.limits.topics + CALL_MARGIN, P::topics_order(plan)?);
        let leader = self.members.first().map(|leader| leader.peer.url.clone()).unwrap_or_default();
        let (made, limit_s) = (counted(count, "topic"), limit.as_secs());
        tell(&format!("{leader} creates {made} (at most {limit_s} s, --topics-timeout)"));
        let mut requests = self.to_each(|_| true, Some(order));
        requests.retain(|request| request.member == 0);
        let Some(answer) = self.call_each(requests, "create-topics", limit, Loss::Fails)?.pop() else {
            return Err(SystemError::TooEarly("no worker to create topics").into());
        };
        let TopicNames { topics, partitions } = P::topics_made(self, &answer)?;
        if let Some(plan) = &mut self.plan
            && (0..).zip(&partitions).any(|(topic, found)| plan.partitions_of(topic) != *found)
        {
            plan.set_partitions(&partitions);
        }
        self.topics.clone_from(&topics);
        if topics.len() != count as usize {
            return Err(WorkerError::Topics(format!("{leader} made {} topics of {count}", topics.len())));
        }
        Ok(topics)
    }

    fn create_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        let limit = self.plan()?.limits.connect + CALL_MARGIN;
        let requests = P::client_orders(self, Role::Consumer, topics)?;
        self.call_each(requests, "create-consumers", limit, Loss::Fails).map(drop)
    }

    fn create_producers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        let limit = self.plan()?.limits.connect + CALL_MARGIN;
        let requests = P::client_orders(self, Role::Producer, topics)?;
        self.call_each(requests, "create-producers", limit, Loss::Fails).map(drop)
    }

    fn probe_producers(&mut self) -> Result<(), WorkerError> {
        P::probe(self)
    }

    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError> {
        P::missing(self)
    }

    fn start_load(&mut self) -> Result<u64, WorkerError> {
        P::start(self)
    }

    fn adjust_publish_rate(&mut self, total_per_s: f64) -> Result<(), WorkerError> {
        let order = P::rate_order(self, total_per_s)?;
        let requests = self.to_each(|member| member.has(Role::Producer), Some(order));
        self.call_each(requests, "adjust-publish-rate", P::CALL_LIMIT, Loss::Fails).map(drop)
    }

    fn pause_consumers(&mut self) -> Result<(), WorkerError> {
        self.post(Role::Consumer, "pause-consumers", P::CALL_LIMIT)
    }

    fn resume_consumers(&mut self) -> Result<(), WorkerError> {
        self.post(Role::Consumer, "resume-consumers", P::CALL_LIMIT)
    }

    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError> {
        P::counters_stats(self)
    }

    fn live(&mut self) -> Result<LiveCounters, WorkerError> {
        P::live(self)
    }

    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        let parts = P::periods(self, boundary_ns)?;
        let start_ns = std::mem::replace(&mut self.period_from_ns, boundary_ns);
        Ok(merge::periods(start_ns, boundary_ns, parts))
    }

    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError> {
        P::cumulative_latencies(self)
    }

    fn latencies_so_far(&mut self) -> Result<LatencySet, WorkerError> {
        P::latencies_so_far(self)
    }

    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        P::reset(self, boundary_ns)?;
        self.period_from_ns = boundary_ns;
        Ok(())
    }

    fn stop_producers(&mut self) -> Result<(), WorkerError> {
        P::stop_producers(self)
    }

    fn catch_up(&mut self) -> Result<(), WorkerError> {
        self.let_consumers_catch_up()
    }

    fn stop_all(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        P::before_stop(self, tell);
        Ok(self.end(tell))
    }

    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        P::balances(self)
    }
}
