//! The backlog phase, as OMB has it: consumers pause, a backlog is built, they go on and drain it, then the stated time
//! runs. Unlike OMB's pause this is a real one (partitions are paused, polling goes on, nobody is expelled), and both
//! phases have a limit.

use super::load_phase::{LoadPhase, PhaseStatus};
use super::result::{Observer, PhaseMark, PhaseName, RunResult};
use crate::caveat::Caveat;
use crate::plan::BacklogPlan;
use crate::units::{NS_PER_S, format_count};
use crate::worker::{CountersStats, Worker, WorkerError};
use std::time::Duration;

/// OMB looks this often while the backlog builds …
const BUILD_LOOK_NS: u64 = NS_PER_S;
/// … and while it drains.
const DRAIN_LOOK_NS: u64 = NS_PER_S / 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BacklogStage {
    Build,
    Drain,
    Done,
}

/// Where the backlog phase stands: building, draining or over.
#[derive(Debug)]
pub(super) struct BacklogPhase {
    plan: BacklogPlan,
    /// The stated time; None: until interrupted.
    duration_ns: Option<u64>,
    /// The rate to go back to after a drain at another one; None: unlimited.
    rate_per_s: Option<f64>,
    stage: BacklogStage,
    since_ns: u64,
    next_ns: u64,
    marks: Vec<PhaseMark>,
    warnings: Vec<Caveat>,
}

impl BacklogPhase {
    /// Pauses the consumers: the backlog builds from `now_ns` on.
    pub(super) fn begin(
        plan: &BacklogPlan,
        duration_ns: Option<u64>,
        rate_per_s: Option<f64>,
        now_ns: u64,
        worker: &mut dyn Worker,
        observer: &mut dyn Observer,
    ) -> Result<Self, WorkerError> {
        observer.log("Stopping all consumers to build backlog");
        worker.pause_consumers()?;
        Ok(Self {
            plan: plan.clone(),
            duration_ns,
            rate_per_s,
            stage: BacklogStage::Build,
            since_ns: now_ns,
            next_ns: now_ns + BUILD_LOOK_NS,
            marks: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn mark(&mut self, name: PhaseName, now_ns: u64, messages: u64, what: String) {
        self.marks.push(PhaseMark { name, begin_ns: self.since_ns, end_ns: now_ns, backlog_messages: messages, what });
        self.since_ns = now_ns;
    }

    fn build(
        &mut self,
        now_ns: u64,
        messages: u64,
        worker: &mut dyn Worker,
        observer: &mut dyn Observer,
    ) -> Result<(), WorkerError> {
        let built = messages >= self.plan.size_messages;
        let took = Duration::from_nanos(now_ns - self.since_ns);
        if !built && took < self.plan.build_limit {
            return Ok(());
        }
        let what = if built {
            observer.log(&format!("--- Completed backlog build in {:.3} s ---", took.as_secs_f64()));
            "built".to_owned()
        } else {
            let why = format!(
                "the backlog was not built within {} s: {} of {} messages; what there is is drained",
                took.as_secs(),
                format_count(messages),
                format_count(self.plan.size_messages)
            );
            observer.log(&why);
            self.warnings.push(Caveat::of_run("backlog_not_built", why.as_str()));
            why
        };
        self.mark(PhaseName::BacklogBuild, now_ns, messages, what);
        if let Some(rate) = self.plan.drain_rate_per_s {
            worker.adjust_publish_rate(rate)?;
        }
        worker.resume_consumers()?;
        observer.log("--- Start draining backlog ---");
        self.stage = BacklogStage::Drain;
        Ok(())
    }

    fn drain(
        &mut self,
        now_ns: u64,
        messages: u64,
        worker: &mut dyn Worker,
        observer: &mut dyn Observer,
    ) -> Result<PhaseStatus, WorkerError> {
        let drained = messages <= self.plan.drained_at_messages;
        let took = Duration::from_nanos(now_ns - self.since_ns);
        if !drained && took < self.plan.drain_limit {
            return Ok(PhaseStatus::GoesOn);
        }
        let what = if drained {
            observer.log(&format!("--- Completed backlog draining in {:.3} s ---", took.as_secs_f64()));
            "drained".to_owned()
        } else {
            let why = format!(
                "the backlog was not drained within {} s: {} messages are left; consumers are hardly faster than \
                 producers",
                took.as_secs(),
                format_count(messages)
            );
            observer.log(&why);
            self.warnings.push(Caveat::of_run("backlog_not_drained", why.as_str()));
            why
        };
        self.mark(PhaseName::BacklogDrain, now_ns, messages, what);
        if let (Some(_), Some(rate)) = (self.plan.drain_rate_per_s, self.rate_per_s) {
            worker.adjust_publish_rate(rate)?;
        }
        self.stage = BacklogStage::Done;
        Ok(self.duration_ns.map_or(PhaseStatus::GoesOn, |duration_ns| PhaseStatus::EndsAt(now_ns + duration_ns)))
    }
}

/// Messages acknowledged and not received.
fn waiting(stats: &CountersStats) -> u64 {
    stats.expected_receipts.saturating_sub(stats.receipts)
}

impl LoadPhase for BacklogPhase {
    fn next_ns(&self) -> u64 {
        self.next_ns
    }

    fn look(
        &mut self,
        now_ns: u64,
        worker: &mut dyn Worker,
        observer: &mut dyn Observer,
    ) -> Result<PhaseStatus, WorkerError> {
        let messages = waiting(&worker.counters_stats()?);
        let look = match self.stage {
            BacklogStage::Build => self.build(now_ns, messages, worker, observer).map(|()| PhaseStatus::GoesOn),
            BacklogStage::Drain => self.drain(now_ns, messages, worker, observer),
            BacklogStage::Done => Ok(PhaseStatus::GoesOn),
        };
        self.next_ns = match self.stage {
            BacklogStage::Build => now_ns + BUILD_LOOK_NS,
            BacklogStage::Drain => now_ns + DRAIN_LOOK_NS,
            BacklogStage::Done => u64::MAX,
        };
        look
    }

    fn end(&mut self, now_ns: u64, worker: &mut dyn Worker, result: &mut RunResult<'_>) {
        if self.stage == BacklogStage::Build
            && let Err(error) = worker.resume_consumers()
        {
            let text = format!("consumers could not be resumed: {error}");
            result.warnings.push(Caveat::of_run("consumers_not_resumed", text));
        }
        let (name, what) = match self.stage {
            BacklogStage::Build => (PhaseName::BacklogBuild, "the run ended while the backlog was built"),
            BacklogStage::Drain => (PhaseName::BacklogDrain, "the run ended while the backlog drained"),
            BacklogStage::Done => (PhaseName::Test, "the stated time"),
        };
        let messages = worker.counters_stats().map_or(0, |stats| waiting(&stats));
        self.mark(name, now_ns, messages, what.to_owned());
        result.phases.append(&mut self.marks);
        result.warnings.append(&mut self.warnings);
    }
}
