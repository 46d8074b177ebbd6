//! One run from topics to close. Whatever happens on the way, clients are ended, topics dealt with, and what was measured
//! is handed to the observer.

use super::ready::wait_until_ready;
use super::series::{Cause, Observer, Outcome, Phase, Series, Tick};
use crate::plan::{DriverKind, Plan};
use crate::units::NS_PER_S;
use crate::worker::{Live, Wake, Worker, WorkerError};
use std::time::{Duration, SystemTime};

/// Length of a period, as OMB has it.
pub const PERIOD_NS: u64 = 10 * NS_PER_S;
/// Time left to clients to publish the slot of a boundary before it is asked for.
const SLOT_GRACE_NS: u64 = 30_000_000;

/// Why a phase ended before its time.
enum Stop {
    Interrupted(crate::worker::Interruption),
    Worker(WorkerError),
    Results(String),
}

impl From<WorkerError> for Stop {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Interrupted(by) => Self::Interrupted(by),
            other => Self::Worker(other),
        }
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        let (cause, why) = match stop {
            Stop::Interrupted(by) => return Self::Interrupted { by },
            Stop::Results(why) => (Cause::Results, why),
            Stop::Worker(error) => match error {
                WorkerError::ClientDied(death) => return Self::ClientDied { death },
                WorkerError::Interrupted(by) => return Self::Interrupted { by },
                WorkerError::WorkerLost(loss) => return Self::WorkerLost { loss },
                WorkerError::Unreachable(_)
                | WorkerError::Authentication(_)
                | WorkerError::Topics(_)
                | WorkerError::Workers(_) => (Cause::Broker, error.to_string()),
                WorkerError::TimedOut(_) => (Cause::TimedOut, error.to_string()),
                WorkerError::Configuration(_) => (Cause::Configuration, error.to_string()),
                WorkerError::System(_) => (Cause::Machine, error.to_string()),
            },
        };
        Self::Failed { cause, why }
    }
}

/// Runs the script. The series that comes back is complete: its outcome says how the run ended.
pub fn run<'a>(plan: &'a Plan, worker: &mut dyn Worker, observer: &mut dyn Observer) -> Series<'a> {
    let series = Series {
        plan,
        started_at: SystemTime::now(),
        epoch_ns: 0,
        measurement_start_ns: 0,
        periods: Vec::new(),
        cumulative: None,
        balances: Vec::new(),
        outcome: Outcome::Running,
        end: None,
        warnings: Vec::new(),
    };
    let mut script = Script { worker, observer, series, last_tick: None };
    let loaded = script.start().and_then(|()| script.load());
    script.finish(loaded.err())
}

struct Script<'a, 'w> {
    worker: &'w mut dyn Worker,
    observer: &'w mut dyn Observer,
    series: Series<'a>,
    last_tick: Option<(u64, Live)>,
}

impl<'a> Script<'a, '_> {
    fn start(&mut self) -> Result<(), Stop> {
        let plan = self.series.plan;
        self.observer.phase(Phase::Start, None);
        if plan.driver.kind == DriverKind::Kafka {
            self.observer.log(&format!("Connecting to {}", plan.driver.bootstrap_servers()));
        }
        self.worker.initialize_driver(plan)?;
        let begun_ns = self.worker.now_ns();
        let topics = self.worker.create_topics()?;
        self.log_created(topics.len(), "topics", begun_ns);
        let begun_ns = self.worker.now_ns();
        self.worker.create_consumers(&topics)?;
        self.log_created(plan.consumers(), "consumers", begun_ns);
        let begun_ns = self.worker.now_ns();
        self.worker.create_producers(&topics)?;
        self.log_created(plan.producers(), "producers", begun_ns);
        self.observer.phase(Phase::Ready, Some(plan.limits.ready));
        wait_until_ready(self.worker, self.observer, plan.limits.ready)?;
        Ok(())
    }

    fn log_created(&mut self, count: impl std::fmt::Display, what: &str, begun_ns: u64) {
        let took = Duration::from_nanos(self.worker.now_ns().saturating_sub(begun_ns));
        self.observer.log(&format!("Created {count} {what} in {:.3} ms", took.as_secs_f64() * 1e3));
    }

    fn load(&mut self) -> Result<(), Stop> {
        let plan = self.series.plan;
        self.series.epoch_ns = self.worker.start_load()?;
        let warmup_ns = whole_seconds_ns(plan.warmup);
        let measured_from_ns = self.series.epoch_ns + warmup_ns;
        if warmup_ns > 0 {
            self.observer.log(&format!("----- Starting warm-up traffic ({}) ------", minutes(plan.warmup)));
            self.periods(Phase::WarmUp, self.series.epoch_ns, Some(measured_from_ns))?;
            let latencies = self.worker.cumulative_latencies()?;
            self.observer.aggregated(&latencies);
            self.worker.reset_stats(measured_from_ns)?;
        }
        let length = plan.duration.map_or_else(|| "until interrupted".to_owned(), minutes);
        self.observer.log(&format!("----- Starting benchmark traffic ({length})------"));
        self.series.measurement_start_ns = measured_from_ns;
        let end_ns = plan.duration.map(|duration| measured_from_ns + whole_seconds_ns(duration));
        let ended = self.periods(Phase::Measure, measured_from_ns, end_ns);
        if !self.series.periods.is_empty() {
            let latencies = self.worker.cumulative_latencies()?;
            self.observer.aggregated(&latencies);
            self.series.cumulative = Some(latencies);
        }
        ended
    }

    /// Periods of 10 s from `from_ns` to `to_ns`; the last may be shorter. Ends early on a signal, a death, or results that
    /// cannot be written; what was measured until then is kept as a last, shorter period.
    fn periods(&mut self, phase: Phase, from_ns: u64, to_ns: Option<u64>) -> Result<(), Stop> {
        let mut begun_ns = from_ns;
        while to_ns.is_none_or(|end_ns| begun_ns < end_ns) {
            let boundary_ns = (begun_ns + PERIOD_NS).min(to_ns.unwrap_or(u64::MAX));
            match self.wait_with_ticks(phase, from_ns, to_ns, boundary_ns + SLOT_GRACE_NS)? {
                Wake::Deadline => self.period(phase, boundary_ns)?,
                early => {
                    // The last whole second that has passed still counts.
                    let now_ns = self.worker.now_ns();
                    let passed_ns = now_ns.saturating_sub(begun_ns) / NS_PER_S * NS_PER_S;
                    if passed_ns > 0 {
                        self.period(phase, begun_ns + passed_ns)?;
                    }
                    return Err(match early {
                        Wake::Interrupted(by) => Stop::Interrupted(by),
                        Wake::ClientDied(death) => Stop::Worker(WorkerError::ClientDied(death)),
                        Wake::WorkerLost(loss) => Stop::Worker(WorkerError::WorkerLost(loss)),
                        Wake::Deadline => unreachable!("handled above"),
                    });
                }
            }
            begun_ns = boundary_ns;
        }
        Ok(())
    }

    fn period(&mut self, phase: Phase, boundary_ns: u64) -> Result<(), Stop> {
        let period = self.worker.period_stats(boundary_ns)?;
        self.observer.period(phase, &period, self.series.plan.subscriptions_per_topic);
        if phase == Phase::Measure {
            self.series.periods.push(period);
            self.series.cumulative = Some(self.worker.cumulative_latencies()?);
            self.observer.series(&self.series).map_err(Stop::Results)?;
            // What was written is kept by the observer; the histograms of a day's periods would fill the memory.
            if let Some(written) = self.series.periods.last_mut() {
                written.latencies.forget();
            }
        }
        Ok(())
    }

    fn wait_with_ticks(
        &mut self,
        phase: Phase,
        phase_from_ns: u64,
        phase_to_ns: Option<u64>,
        deadline_ns: u64,
    ) -> Result<Wake, Stop> {
        loop {
            let now_ns = self.worker.now_ns();
            let next_ns = if self.observer.wants_ticks() { deadline_ns.min(now_ns + NS_PER_S) } else { deadline_ns };
            match self.worker.wait_until(next_ns) {
                Wake::Deadline if next_ns < deadline_ns => self.tick(phase, phase_from_ns, phase_to_ns)?,
                wake => return Ok(wake),
            }
        }
    }

    fn tick(&mut self, phase: Phase, from_ns: u64, to_ns: Option<u64>) -> Result<(), Stop> {
        use crate::stats::Counter;
        let now_ns = self.worker.now_ns();
        let live = self.worker.live()?;
        let rate = |counter: Counter| {
            self.last_tick.as_ref().map_or(0.0, |(before_ns, before)| {
                per_second(live.counters.since(&before.counters)[counter], now_ns.saturating_sub(*before_ns))
            })
        };
        let tick = Tick {
            phase,
            elapsed_ns: now_ns.saturating_sub(from_ns),
            planned_ns: to_ns.map(|to_ns| to_ns - from_ns),
            sent_per_s: rate(Counter::MessagesAcknowledged),
            received_per_s: rate(Counter::MessagesReceived),
            acknowledge_p99_ns: live.acknowledge_p99_ns,
            end_to_end_p99_ns: live.end_to_end_p99_ns,
            backlog: live.backlog(),
            late_sends: live.counters[Counter::LateSends],
        };
        self.last_tick = Some((now_ns, live));
        self.observer.tick(&tick);
        Ok(())
    }

    /// Stops, flushes, lets consumers catch up, balances, closes. A second failure on the way does not hide the first.
    fn finish(mut self, stopped_by: Option<Stop>) -> Series<'a> {
        let mut outcome = stopped_by.map(Outcome::from);
        let loading = self.series.epoch_ns > 0;
        match &outcome {
            Some(ending @ (Outcome::ClientDied { .. } | Outcome::WorkerLost { .. } | Outcome::Interrupted { .. })) => {
                self.observer.ends_early(ending)
            }
            Some(ending) if loading => self.observer.ends_early(ending),
            _ => {}
        }
        if loading {
            let wound_up = self.wind_up();
            if let Err(stop) = wound_up {
                match &outcome {
                    None => outcome = Some(Outcome::from(stop)),
                    Some(_) => self.series.warnings.push(describe(Outcome::from(stop))),
                }
            }
        }
        self.observer.phase(Phase::Close, None);
        match self.worker.stop_all() {
            Ok(mut end) => {
                self.series.warnings.append(&mut end.warnings);
                self.series.end = Some(end);
            }
            Err(error) => match &outcome {
                None => outcome = Some(Outcome::from(Stop::from(error))),
                Some(_) => self.series.warnings.push(error.to_string()),
            },
        }
        // Only now: the last messages stand in the accounts that clients publish when they end.
        if loading {
            match self.worker.balances() {
                Ok(balances) => self.series.balances = balances,
                Err(error) => self.series.warnings.push(format!("no balance: {error}")),
            }
        }
        self.series.outcome = outcome.unwrap_or(Outcome::Completed);
        if loading && let Err(why) = self.observer.series(&self.series) {
            self.series.outcome = match self.series.outcome {
                Outcome::Completed => Outcome::Failed { cause: Cause::Results, why },
                other => {
                    self.series.warnings.push(why);
                    other
                }
            };
        }
        self.series
    }

    fn wind_up(&mut self) -> Result<(), Stop> {
        let limits = &self.series.plan.limits;
        self.observer.phase(Phase::Flush, Some(limits.flush));
        self.worker.stop_producers()?;
        self.observer.phase(Phase::CatchUp, Some(limits.catch_up));
        self.worker.catch_up()?;
        Ok(())
    }
}

fn describe(outcome: Outcome) -> String {
    match outcome {
        Outcome::Running | Outcome::Completed => "ended".to_owned(),
        Outcome::Interrupted { by } => format!("interrupted again by {by} while closing"),
        Outcome::ClientDied { death } => format!("while closing: {death}"),
        Outcome::WorkerLost { loss } => format!("while closing: {loss}"),
        Outcome::Failed { why, .. } => format!("while closing: {why}"),
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

#[expect(clippy::cast_precision_loss, reason = "for people: counts and spans far below 2^53")]
fn per_second(count: u64, span_ns: u64) -> f64 {
    if span_ns == 0 { 0.0 } else { count as f64 * NS_PER_S as f64 / span_ns as f64 }
}
