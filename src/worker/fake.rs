//! A worker without processes on a virtual clock: scripted readiness, periods, deaths, signals and failures.

use super::{
    ClientDeath, CountersStats, Interruption, LatencySet, LiveCounters, PeriodStats, ProgressText, Rates, RunEnd,
    SubscriptionBalance, Wake, Worker, WorkerError,
};
use crate::os::clock::Clock;
use crate::plan::Plan;
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use std::collections::VecDeque;

/// A verb, and how it fails.
pub(crate) type Failing = (&'static str, fn() -> WorkerError);

/// Something that happens at a moment of the virtual clock.
#[derive(Debug, Clone)]
pub(crate) enum FakeEvent {
    Signal(Interruption),
    Death,
}

/// The fake.
#[derive(Debug, Default)]
pub(crate) struct FakeWorker {
    pub(crate) now_ns: u64,
    /// Messages per second, all producers.
    pub(crate) rate_per_s: u64,
    /// What happens when, in order of time.
    pub(crate) events: VecDeque<(u64, FakeEvent)>,
    /// Answers of `missing_for_readiness`; the last one stays.
    pub(crate) missing: VecDeque<Vec<String>>,
    /// The verb that fails, and how.
    pub(crate) fails: Option<Failing>,
    /// Verbs in the order they were called.
    pub(crate) calls: Vec<&'static str>,
    /// Boundaries that periods and resets were asked for.
    pub(crate) boundaries: Vec<u64>,
    pub(crate) probes: u32,
    pub(crate) epoch_ns: u64,
    pub(crate) period_from_ns: u64,
}

pub(crate) fn a_death() -> ClientDeath {
    ClientDeath {
        worker: None,
        role: Role::Producer,
        index: 1,
        pid: 4711,
        cpu: Some(3),
        cause: "killed by signal 9 (SIGKILL)".to_owned(),
        last_words: None,
    }
}

impl FakeWorker {
    fn call(&mut self, verb: &'static str) -> Result<(), WorkerError> {
        if self.calls.last() != Some(&verb) {
            self.calls.push(verb);
        }
        match self.fails {
            Some((failing, error)) if failing == verb => Err(error()),
            _ => Ok(()),
        }
    }
}

impl Worker for FakeWorker {
    fn now_ns(&self) -> u64 {
        self.now_ns
    }
    fn wait_until(&mut self, deadline_ns: u64) -> Wake {
        if let Some((at_ns, _)) = self.events.front()
            && *at_ns <= deadline_ns
            && let Some((at_ns, event)) = self.events.pop_front()
        {
            self.now_ns = self.now_ns.max(at_ns);
            return match event {
                FakeEvent::Signal(by) => Wake::Interrupted(by),
                FakeEvent::Death => Wake::ClientDied(a_death()),
            };
        }
        self.now_ns = self.now_ns.max(deadline_ns);
        Wake::Deadline
    }
    fn initialize_driver(&mut self, _plan: &Plan, _tell: ProgressText<'_>) -> Result<(), WorkerError> {
        self.call("initialize_driver")
    }
    fn create_topics(&mut self, tell: ProgressText<'_>) -> Result<Vec<String>, WorkerError> {
        tell("creating topics: 500 of 2,000 topics");
        self.call("create_topics").map(|()| vec!["topic".to_owned()])
    }
    fn create_consumers(&mut self, _topics: &[String]) -> Result<(), WorkerError> {
        self.call("create_consumers")
    }
    fn create_producers(&mut self, _topics: &[String]) -> Result<(), WorkerError> {
        self.call("create_producers")
    }
    fn probe_producers(&mut self) -> Result<(), WorkerError> {
        self.probes += 1;
        Ok(())
    }
    fn missing_for_readiness(&mut self) -> Result<Vec<String>, WorkerError> {
        if self.missing.len() > 1 {
            return Ok(self.missing.pop_front().unwrap_or_default());
        }
        Ok(self.missing.front().cloned().unwrap_or_default())
    }
    fn start_load(&mut self) -> Result<u64, WorkerError> {
        self.call("start_load")?;
        self.epoch_ns = self.now_ns + NS_PER_S / 4;
        self.period_from_ns = self.epoch_ns;
        Ok(self.epoch_ns)
    }
    fn adjust_publish_rate(&mut self, _total_per_s: f64) -> Result<(), WorkerError> {
        Ok(())
    }
    fn pause_consumers(&mut self) -> Result<(), WorkerError> {
        Ok(())
    }
    fn resume_consumers(&mut self) -> Result<(), WorkerError> {
        Ok(())
    }
    fn counters_stats(&mut self) -> Result<CountersStats, WorkerError> {
        Ok(CountersStats::default())
    }
    fn live(&mut self) -> Result<LiveCounters, WorkerError> {
        let mut counters = Counters::default();
        counters[Counter::MessagesAcknowledged] =
            self.now_ns.saturating_sub(self.epoch_ns) * self.rate_per_s / NS_PER_S;
        Ok(LiveCounters {
            counters,
            expected_receipts: 0,
            receipts: 0,
            acknowledge_p99_ns: None,
            end_to_end_p99_ns: None,
            clients: Vec::new(),
        })
    }
    fn period_stats(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        self.call("period_stats")?;
        self.boundaries.push(boundary_ns - self.epoch_ns);
        let start_ns = std::mem::replace(&mut self.period_from_ns, boundary_ns);
        let mut counters = Counters::default();
        counters[Counter::MessagesAcknowledged] = (boundary_ns - start_ns) * self.rate_per_s / NS_PER_S;
        let rate = f64::from(u32::try_from(self.rate_per_s).unwrap_or(u32::MAX));
        let rates = Rates { enqueued_per_s: rate, acknowledged_per_s: rate, received_per_s: rate, ..Rates::default() };
        let mut period =
            PeriodStats { counters, totals: counters, since_reset: rates, ..PeriodStats::empty(start_ns, boundary_ns) };
        period.set_rates(rates);
        Ok(period)
    }
    fn cumulative_latencies(&mut self) -> Result<LatencySet, WorkerError> {
        Ok(LatencySet::empty())
    }
    fn reset_stats(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        self.call("reset_stats")?;
        assert_eq!(boundary_ns, self.period_from_ns, "the measurement begins where the warm-up ended");
        Ok(())
    }
    fn stop_producers(&mut self) -> Result<(), WorkerError> {
        self.call("stop_producers")
    }
    fn catch_up(&mut self) -> Result<(), WorkerError> {
        self.call("catch_up")
    }
    fn stop_all(&mut self, _tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        self.call("stop_all")?;
        Ok(RunEnd {
            clients: Vec::new(),
            moments: Vec::new(),
            totals: None,
            clock: Clock::vdso(),
            clock_reason: String::new(),
            clock_drift_ppm: 0.0,
            supervisor_cpu_ns: 0,
            drain_ns: 0,
            topics: Vec::new(),
            topics_deleted: true,
            topics_gone: Vec::new(),
            warnings: Vec::new(),
            hosts: Vec::new(),
            end_to_end_clock_error_ns: None,
            stamp_clock_error_ns: None,
            environments: Vec::new(),
            cluster_settings: Vec::new(),
        })
    }
    fn balances(&mut self) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        self.call("balances").map(|()| Vec::new())
    }
}
