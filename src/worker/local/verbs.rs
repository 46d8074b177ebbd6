//! The worker's verbs, each handed to the file that does it.

use super::LocalWorker;
use crate::os::affinity;
use crate::os::fingerprint::Fingerprint;
use crate::plan::{DriverKind, PlacementPolicy, Plan};
use crate::telemetry::Role;
use crate::units::Rate;
use crate::worker::{
    CountersStats, Environment, LatencySet, LiveCounters, PeriodStats, ProgressText, RunEnd, SubscriptionBalance,
    SystemError, Wake, Worker, WorkerError, naming,
};

impl Worker for LocalWorker {
    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    fn wait_until(&mut self, deadline_ns: u64) -> Wake {
        self.wait(deadline_ns)
    }

    fn initialize_driver(&mut self, plan: &Plan, tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.plan = Some(plan.clone());
        // Once, while nothing is measured.
        let fingerprint = Fingerprint::of_this_machine(&self.root, Some(&plan.placement.allowed));
        self.environment = Some(Environment { worker: None, fingerprint });
        if plan.placement.policy != PlacementPolicy::None && !plan.placement.supervisor.is_empty() {
            affinity::pin_current_thread(&plan.placement.supervisor).map_err(SystemError::from)?;
        }
        self.topics = naming::topic_names(plan);
        match plan.driver.kind {
            DriverKind::Kafka => self.check_broker(tell),
            DriverKind::Embedded => self.start_broker(tell),
            DriverKind::Null => Ok(()),
        }
    }

    fn create_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError> {
        if self.plan()?.driver.kind == DriverKind::Kafka {
            self.create_or_check_topics(tell)?;
            self.read_cluster_settings(tell);
        }
        Ok(self.topics.clone())
    }

    fn create_consumers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        self.start_clients(Role::Consumer, topics)
    }

    fn create_producers(&mut self, topics: &[String]) -> Result<(), WorkerError> {
        if self.plan()?.producers() == 0 {
            return Ok(());
        }
        self.make_payload_pool()?;
        self.start_clients(Role::Producer, topics)?;
        if let Some(pool) = &mut self.pool {
            pool.unlink();
        }
        Ok(())
    }

    fn probe_producers(&mut self) -> Result<(), WorkerError> {
        for producer in self.of_role(Role::Producer) {
            producer.end.request_probe();
        }
        Ok(())
    }

    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError> {
        Ok(crate::worker::readiness::missing(self.plan()?, &self.statuses()))
    }

    fn start_load(&mut self) -> Result<u64, WorkerError> {
        let epoch_ns = self.earliest_epoch_ns();
        self.start_load_at(epoch_ns)
    }

    fn adjust_publish_rate(&mut self, total_per_s: f64) -> Result<(), WorkerError> {
        let now_ns = self.clock.now_ns();
        let mut rate = self.plan()?.rate.clone();
        rate.total = Rate::PerSecond(total_per_s);
        rate.per_producer = Rate::PerSecond(total_per_s / f64::from(rate.producers.max(1)));
        rate.curve = None;
        for producer in self.of_role(Role::Producer) {
            producer.end.order_rate(rate.order(producer.plan.index, now_ns));
        }
        Ok(())
    }

    fn pause_consumers(&mut self) -> Result<(), WorkerError> {
        self.of_role(Role::Consumer).for_each(|consumer| consumer.end.pause(true));
        Ok(())
    }

    fn resume_consumers(&mut self) -> Result<(), WorkerError> {
        self.of_role(Role::Consumer).for_each(|consumer| consumer.end.pause(false));
        Ok(())
    }

    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError> {
        let receipts = self.live_backlog();
        Ok(CountersStats::of(&self.live_counters(), receipts.expected, receipts.received))
    }

    fn live(&mut self) -> Result<LiveCounters, WorkerError> {
        Ok(self.newest_second())
    }

    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        self.period(boundary_ns)
    }

    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError> {
        Ok(self.measured_latencies())
    }

    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        self.begin_measurement(boundary_ns);
        Ok(())
    }

    fn stop_producers(&mut self) -> Result<(), WorkerError> {
        self.quiesce()
    }

    fn catch_up(&mut self) -> Result<(), WorkerError> {
        self.let_consumers_catch_up()
    }

    fn stop_all(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        self.close(tell)
    }

    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        Ok(crate::worker::balances::balance_all(self.plan()?, &self.statuses()))
    }
}
