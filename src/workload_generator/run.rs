//! One run from topics to close. Whatever happens on the way, clients are ended, topics dealt with, and what was
//! measured is handed to the observer.

mod phase_stop;
mod watching;
mod winding_up;

use super::backlog::BacklogPhase;
use super::load_phase::LoadPhase;
use super::rate_search::RateSearch;
use super::ready::wait_until_ready;
use super::result::{Observer, Phase, RunOutcome, RunResult};
use crate::plan::Plan;
use crate::stats::ageing::RowAging;
use crate::units::{NS_PER_S, Rate};
use crate::worker::{LiveCounters, PeriodStats, Wake, Worker, WorkerError};
use phase_stop::PhaseStop;
use std::time::{Duration, SystemTime};

/// Periods that are kept one by one, and rows of older ones.
const NEWEST_PERIODS: usize = 1_000;
const OLD_PERIODS: usize = 1_000;

/// Runs the script. The result that comes back is complete: its outcome says how the run ended.
pub fn run<'a>(plan: &'a Plan, worker: &mut dyn Worker, observer: &mut dyn Observer) -> RunResult<'a> {
    let result = RunResult::begin(plan);
    let mut script = RunSteps {
        worker,
        observer,
        result,
        last_tick: None,
        ageing: RowAging::new(NEWEST_PERIODS, OLD_PERIODS),
        courses: Vec::new(),
        end_ns: None,
    };
    let loaded = script.start().and_then(|()| script.load());
    script.finish(loaded.err())
}

struct RunSteps<'a, 'w> {
    worker: &'w mut dyn Worker,
    observer: &'w mut dyn Observer,
    result: RunResult<'a>,
    last_tick: Option<(u64, LiveCounters)>,
    ageing: RowAging,
    /// What goes on beside the periods.
    courses: Vec<Box<dyn LoadPhase>>,
    /// End of the phase; None: not known yet.
    end_ns: Option<u64>,
}

impl<'a> RunSteps<'a, '_> {
    fn start(&mut self) -> Result<(), PhaseStop> {
        let plan = self.result.plan;
        self.observer.phase(Phase::Start, None);
        self.worker.initialize_driver(plan, &mut |doing| self.observer.doing(doing))?;
        let begun_ns = self.worker.now_ns();
        let topics = self.worker.create_topics(&mut |doing| self.observer.doing(doing))?;
        self.log_created(topics.len(), "topics", begun_ns);
        let begun_ns = self.worker.now_ns();
        self.worker.create_consumers(&topics)?;
        self.log_created(plan.consumers(), "consumers", begun_ns);
        let begun_ns = self.worker.now_ns();
        self.worker.create_producers(&topics)?;
        self.log_created(plan.producers(), "producers", begun_ns);
        self.observer.phase(Phase::Ready, Some(plan.limits.ready));
        wait_until_ready(self.worker, self.observer, plan.producers(), plan.limits.ready)?;
        Ok(())
    }

    fn log_created(&mut self, count: impl std::fmt::Display, what: &str, begun_ns: u64) {
        let took = Duration::from_nanos(self.worker.now_ns().saturating_sub(begun_ns));
        self.observer.log(&format!("Created {count} {what} in {:.3} ms", took.as_secs_f64() * 1e3));
    }

    fn load(&mut self) -> Result<(), PhaseStop> {
        let plan = self.result.plan;
        self.result.epoch_ns = self.worker.start_load()?;
        let since_unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let ahead_ns = i128::from(self.result.epoch_ns) - i128::from(self.worker.now_ns());
        self.result.epoch_wall_ns = i128::try_from(since_unix.as_nanos()).unwrap_or(i128::MAX).saturating_add(ahead_ns);
        if let Some(search) = &plan.search {
            self.courses.push(Box::new(RateSearch::begin(search, &plan.rate, self.result.epoch_ns)));
        }
        let warmup_ns = whole_seconds_ns(plan.warmup);
        let measured_from_ns = self.result.epoch_ns + warmup_ns;
        if warmup_ns > 0 {
            self.observer.log_beginning(&format!("----- Starting warm-up traffic ({}) ------", minutes(plan.warmup)));
            self.observer.phase(Phase::WarmUp, Some(plan.warmup));
            self.periods(Phase::WarmUp, self.result.epoch_ns, Some(measured_from_ns))?;
            let latencies = self.worker.cumulative_latencies()?;
            self.observer.aggregated(&latencies);
            self.worker.reset_stats(measured_from_ns)?;
        }
        let length = plan.duration.map_or_else(|| "until interrupted".to_owned(), minutes);
        self.observer.log_beginning(&format!("----- Starting benchmark traffic ({length})------"));
        self.observer.phase(Phase::Measure, plan.duration);
        self.result.measurement_start_ns = measured_from_ns;
        let duration_ns = plan.duration.map(whole_seconds_ns);
        // With a backlog the stated time begins when it has been drained.
        let mut end_ns = duration_ns.map(|duration_ns| measured_from_ns + duration_ns);
        if let Some(backlog) = &plan.backlog {
            let rate_per_s = match plan.rate.total {
                Rate::PerSecond(per_s) => Some(per_s),
                Rate::Unlimited => None,
            };
            let (worker, observer) = (&mut *self.worker, &mut *self.observer);
            let course = BacklogPhase::begin(backlog, duration_ns, rate_per_s, measured_from_ns, worker, observer)?;
            self.courses.push(Box::new(course));
            end_ns = None;
        }
        let ended = self.periods(Phase::Measure, measured_from_ns, end_ns);
        if !self.result.periods.is_empty() {
            let latencies = self.worker.cumulative_latencies()?;
            self.observer.aggregated(&latencies);
            self.result.cumulative = Some(latencies);
        }
        ended
    }

    /// Periods (of 10 s, as OMB has them, unless a key says otherwise) from `from_ns` to `to_ns`; the last may be
    /// shorter. Ends early on a signal, a death, or results that cannot be written; what was measured until then is
    /// kept as a last, shorter period.
    fn periods(&mut self, phase: Phase, from_ns: u64, to_ns: Option<u64>) -> Result<(), PhaseStop> {
        let period_ns = whole_seconds_ns(self.result.plan.period);
        let mut begun_ns = from_ns;
        self.end_ns = to_ns;
        while self.end_ns.is_none_or(|end_ns| begun_ns < end_ns) {
            let planned_ns = begun_ns + period_ns;
            match self.wait_for_boundary(phase, from_ns, planned_ns)? {
                Wake::Deadline => {
                    let boundary_ns = planned_ns.min(self.end_ns.unwrap_or(u64::MAX));
                    self.period(phase, boundary_ns)?;
                    begun_ns = boundary_ns;
                }
                early => {
                    let stop = match early {
                        Wake::Interrupted(by) => PhaseStop::Interrupted(by),
                        Wake::ClientDied(death) => PhaseStop::Worker(WorkerError::ClientDied(death)),
                        Wake::WorkerLost(loss) => PhaseStop::Worker(WorkerError::WorkerLost(loss)),
                        Wake::BrokerLost(loss) => PhaseStop::Worker(WorkerError::BrokerLost(loss)),
                        Wake::Deadline => unreachable!("handled above"),
                    };
                    // At once: the period takes its time.
                    let ending = RunOutcome::from(stop);
                    self.observer.ends_early(&ending);
                    // The last whole second that has passed still counts.
                    let now_ns = self.worker.now_ns();
                    let passed_ns = now_ns.saturating_sub(begun_ns) / NS_PER_S * NS_PER_S;
                    if passed_ns > 0 {
                        self.period(phase, begun_ns + passed_ns)?;
                    }
                    return Err(PhaseStop::Told(ending));
                }
            }
        }
        Ok(())
    }

    fn period(&mut self, phase: Phase, boundary_ns: u64) -> Result<(), PhaseStop> {
        let period = self.worker.period_stats(boundary_ns)?;
        self.observer.period(phase, &period, self.result.plan.subscriptions_per_topic);
        if phase == Phase::Measure {
            self.result.periods.push(period);
            self.result.cumulative = Some(self.worker.latencies_so_far()?);
            self.observer.write(&self.result).map_err(PhaseStop::Results)?;
            // What was written is kept by the observer; the histograms of a day's periods would fill the memory, and
            // the facts of each client.
            if let Some(written) = self.result.periods.last_mut() {
                written.latencies.forget();
            }
            if let [.., before, _] = &mut self.result.periods[..] {
                before.clients = Vec::new();
            }
            self.ageing.age(&mut self.result.periods, PeriodStats::join);
        }
        Ok(())
    }
}

/// Phases begin and end on the 1-s time line; fractions of a second are rounded up.
fn whole_seconds_ns(duration: Duration) -> u64 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    seconds.saturating_mul(NS_PER_S)
}

/// `1m` as OMB prints it; other lengths as `30s`.
fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds > 0 && seconds.is_multiple_of(60) {
        format!("{}m", seconds / 60)
    } else {
        format!("{}s", duration.as_secs_f64())
    }
}
