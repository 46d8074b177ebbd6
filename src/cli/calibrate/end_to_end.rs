//! The way of a message through pinload, librdkafka and the loopback, with hardly any broker: a short run on the
//! embedded one.

use super::{CalibrationContext, CalibrationStop};
use crate::caveat::{Caveat, Subject};
use crate::cli::exit::ExitStatus;
use crate::cli::messages::Messages;
use crate::cli::root;
use crate::config::WorkloadFile;
use crate::os::clock::Calibration;
use crate::plan::properties::TranslatedProperties;
use crate::plan::{Plan, ResolveOptions, resolve};
use crate::report::floor::{EndToEndFloor, Percentiles};
use crate::stats::{Counter, Latency};
use crate::worker::local::LocalWorker;
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::{self, LiveTick, NotWritten, Observer, Phase, RunOutcome, RunResult};
use std::path::Path;
use std::time::Duration;

const RATE_PER_S: f64 = 1_000.0;
const VALUE_BYTES: u32 = 1_024;
const WARMUP: Duration = Duration::from_secs(1);

/// One producer, one consumer, one partition.
const WORKLOAD: &str = "\
name: calibration
topics: 1
partitionsPerTopic: 1
messageSize: 1024
useRandomizedPayloads: true
randomBytesRatio: 0.5
randomizedPayloadPoolSize: 10
subscriptionsPerTopic: 1
consumerPerSubscription: 1
producersPerTopic: 1
producerRate: 1000
testDurationMinutes: 1
";

/// Runs it for the desk's time, in whole seconds.
pub(super) fn run(
    desk: &CalibrationContext<'_>,
    calibration: Calibration,
    messages: &mut Messages,
    warnings: &mut Vec<Caveat>,
) -> Result<EndToEndFloor, CalibrationStop> {
    messages.info("run", "one producer and one consumer through the embedded broker");
    let plan = plan(desk)?;
    let mut worker = LocalWorker::new(desk.signals.clone(), calibration, root());
    let result = workload_generator::run(&plan, &mut worker, &mut SilentObserver);
    match &result.outcome {
        RunOutcome::Completed => {}
        RunOutcome::Interrupted { by } => return Err(CalibrationStop::Interrupted(*by)),
        other => {
            let status = ExitStatus::from(other);
            return Err(CalibrationStop::Failed(
                status,
                format!("the run through the embedded broker failed: {}", why(other)),
            ));
        }
    }
    let of = |latency: Latency| result.cumulative.as_ref().map(|all: &LatencySet| Percentiles::from(&all[latency]));
    let (Some(acknowledge_actual), Some(end_to_end_actual)) =
        (of(Latency::AcknowledgeActual), of(Latency::EndToEndActual))
    else {
        let why = "the run through the embedded broker measured nothing";
        return Err(CalibrationStop::Failed(ExitStatus::RunFailed, why.to_owned()));
    };
    let failed: u64 = result.periods.iter().map(|period| period.counters[Counter::MessagesFailed]).sum();
    if failed > 0 {
        let text = format!("{failed} messages failed in the run through the embedded broker");
        warnings.push(Caveat::warning("messages_failed", Subject::Floor, text).with("messages", failed));
    }
    Ok(EndToEndFloor {
        rate_per_s: RATE_PER_S,
        value_bytes: VALUE_BYTES,
        usable_cpus: Some(desk.machine.topology.online().intersection(&desk.machine.allowed).len()),
        shared_cpus: plan.placement.oversubscribed || plan.clients.iter().any(|client| client.placement.hot_cpu_shared),
        acknowledge_actual,
        end_to_end_actual,
    })
}

fn plan(desk: &CalibrationContext<'_>) -> Result<Plan, CalibrationStop> {
    let refused = |why: String| {
        CalibrationStop::Failed(ExitStatus::MachineRefused, format!("the calibration's own workload: {why}"))
    };
    let workload = WorkloadFile::parse(Path::new("calibration"), WORKLOAD, false);
    let workload = workload.map_err(|problems| refused(problems.to_string()))?;
    let duration = Duration::from_secs(desk.each.as_secs().max(1));
    let options =
        ResolveOptions { embedded: true, warmup: Some(WARMUP), duration: Some(duration), ..ResolveOptions::default() };
    let mut plan =
        resolve(&workload, None, &options, &desk.machine).map_err(|problems| refused(problems.to_string()))?;
    // Nothing waits for company, and the mock cluster answers an empty fetch at once: what is left is the way itself.
    set(&mut plan.driver.producer, "linger.ms", "0");
    set(&mut plan.driver.consumer, "fetch.wait.max.ms", "0");
    plan.driver.decide_settings();
    Ok(plan)
}

fn set(properties: &mut TranslatedProperties, name: &str, value: &str) {
    properties.effective.retain(|(known, _)| known != name);
    properties.effective.push((name.to_owned(), value.to_owned()));
}

fn why(outcome: &RunOutcome) -> String {
    match outcome {
        RunOutcome::ClientDied { death } => death.to_string(),
        RunOutcome::Failed { why, .. } => why.clone(),
        other => format!("{other:?}"),
    }
}

/// Nobody listens: what counts is in the result.
struct SilentObserver;

impl Observer for SilentObserver {
    fn log(&mut self, _: &str) {}
    fn phase(&mut self, _: Phase, _: Option<Duration>) {}
    fn ends_early(&mut self, _: &RunOutcome) {}
    fn period(&mut self, _: Phase, _: &PeriodStats, _: u32) {}
    fn aggregated(&mut self, _: &LatencySet) {}
    fn wants_ticks(&self) -> bool {
        false
    }
    fn tick(&mut self, _: &LiveTick) {}
    fn write(&mut self, _: &RunResult<'_>) -> Result<(), NotWritten> {
        Ok(())
    }
}
