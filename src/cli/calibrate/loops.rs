//! The clients' own loops on the null driver: what a message costs, and how exactly one is sent at its time.

use super::waited::Waited;
use super::{CalibrationContext, CalibrationStop};
use crate::cli::exit::ExitStatus;
use crate::cli::messages::Messages;
use crate::client::floor::{self, Job, Length, LoopResult, LoopTarget, Parts, TimeMode};
use crate::report::floor::{LoopKind, LoopSpeed, PacingStep, Percentiles};
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::units::{Rate, format_rate};

const VALUE_BYTES: u32 = 1_024;
/// As many as OMB's example workloads have.
const PAYLOADS: u32 = 100;
/// Messages are sent one at a time at this rate: slow enough that each is on its own, fast enough for a million in some
/// seconds.
const SINGLE_PER_S: f64 = 100_000.0;
/// The ladder, climbed until a rate does not come.
const LADDER_PER_S: [f64; 4] = [1_000.0, 10_000.0, 100_000.0, 1_000_000.0];
/// A rate has come when it is no further off than this share.
const SUSTAINED: f64 = 0.01;

/// Every loop, with all measuring and with none.
pub(super) fn speeds(
    desk: &CalibrationContext<'_>,
    messages: &mut Messages,
) -> Result<Vec<LoopSpeed>, CalibrationStop> {
    let mut speeds = Vec::new();
    for (manner, role, pace) in [
        (LoopKind::ProduceSingle, Role::Producer, Rate::PerSecond(SINGLE_PER_S)),
        (LoopKind::ProduceBatched, Role::Producer, Rate::Unlimited),
        (LoopKind::Consume, Role::Consumer, Rate::Unlimited),
    ] {
        for (measuring, parts) in [(true, Parts::ALL), (false, Parts::NONE)] {
            let what = if measuring { "everything" } else { "nothing" };
            messages.info("loop", &format!("{manner}, measuring {what}"));
            let outcome = desk.job(role, pace, parts)?;
            speeds.push(speed(manner, measuring, &outcome));
        }
    }
    Ok(speeds)
}

#[expect(clippy::cast_precision_loss, reason = "counts and times of some seconds are far below 2^53")]
fn speed(manner: LoopKind, measuring: bool, outcome: &LoopResult) -> LoopSpeed {
    let busy_ns = outcome.elapsed_ns.saturating_sub(outcome.counters[Counter::IdleNs]);
    let busy_ns_per_message = busy_ns as f64 / outcome.messages.max(1) as f64;
    LoopSpeed {
        manner,
        measuring,
        value_bytes: VALUE_BYTES,
        messages: outcome.messages,
        busy_ns_per_message,
        messages_per_s: 1e9 / busy_ns_per_message.max(f64::MIN_POSITIVE),
    }
}

/// The pacing error at each rate, up to the first that does not come.
#[expect(clippy::cast_precision_loss, reason = "counts and times of some seconds are far below 2^53")]
pub(super) fn ladder(
    desk: &CalibrationContext<'_>,
    messages: &mut Messages,
) -> Result<Vec<PacingStep>, CalibrationStop> {
    let mut steps = Vec::new();
    for rate_per_s in LADDER_PER_S {
        messages.info("pacing", &format!("one producer at {}", format_rate(rate_per_s)));
        let outcome = desk.job(Role::Producer, Rate::PerSecond(rate_per_s), Parts::ALL)?;
        let reached_per_s = outcome.messages as f64 * 1e9 / outcome.elapsed_ns.max(1) as f64;
        let sustained = reached_per_s >= rate_per_s * (1.0 - SUSTAINED);
        steps.push(PacingStep {
            rate_per_s,
            reached_per_s,
            sustained,
            pacing_error: Percentiles::from(&outcome.pacing_error),
        });
        if !sustained {
            break;
        }
    }
    Ok(steps)
}

impl CalibrationContext<'_> {
    /// One measurement. It moves its own thread to the loops' CPU, and leaves that of its supervisor where all others
    /// are.
    fn job(&self, role: Role, pace: Rate, parts: Parts) -> Result<LoopResult, CalibrationStop> {
        let job = Job {
            role,
            pace,
            value_bytes: VALUE_BYTES,
            payloads: PAYLOADS,
            parts,
            length: Length::Time(self.each),
            passing: TimeMode::Real,
            clock: self.clock,
            cpu: self.loop_cpu,
            io_cpu: None,
            window_messages: None,
            cut_every: None,
            target: LoopTarget::Null,
            stop: Some(self.stop.clone()),
        };
        let failed = |why: String| {
            CalibrationStop::Failed(ExitStatus::MachineRefused, format!("the loop on the null driver: {why}"))
        };
        let (outcome, waited) = self.listening(|| Waited::by(|| floor::run(&job)))?;
        self.loops_waited.set(self.loops_waited.get().and(waited));
        outcome.map_err(|error| failed(error.text))
    }
}
