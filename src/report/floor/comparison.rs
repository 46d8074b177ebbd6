//! A floor beside a result: the same figures of both, and which of the result's are so near the floor that they say
//! more of the generator than of the broker.

use super::{Floor, LoopKind, PacingStep, Percentiles};
use crate::caveat::{Caveat, Subject};
use crate::plan::{DriverKind, Plan};
use crate::stats::{Counter, Distribution, Latency};
use crate::units::{Rate, format_ns, format_rate};
use crate::workload_generator::RunResult;
use crate::workload_generator::totals::{MeasuredRun, measured};

/// A pacing error (p99) of up to so many times the floor's is the machine's own …
const PACING_NEAR: f64 = 2.0;
/// … which matters where it is at least this share of the acknowledgement time (p99) from the intended time: there it
/// is seen as latency.
const PACING_SEEN: f64 = 0.1;
/// A median latency of up to so many times the floor's is half pinload's, librdkafka's and the loopback's.
const LATENCY_NEAR: f64 = 2.0;
/// A rate above this share of what the loop alone can do leaves the client library too little of the CPU.
const RATE_NEAR: f64 = 0.5;

/// One figure of both.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub(super) struct FloorComparison {
    /// `pacing_error_p99`, send_rate_per_producer, acknowledged_p50 or end_to_end_p50 (from the actual time);
    /// docs/tuning.md has a table of them.
    pub(super) figure: FloorFigure,
    /// The result's and the floor's.
    #[serde(flatten)]
    pair: FigurePair,
    /// Result ÷ floor.
    #[schemars(extend("unit" = "ratio"))]
    ratio: f64,
    /// True: the result is so near that it says more of the generator than of the broker.
    pub(super) near: bool,
    /// The ratio up to which (times) or above which (rates) it is near.
    #[schemars(extend("unit" = "ratio"))]
    near_ratio: f64,
    /// The rate at which the floor's pacing error was measured: the ladder's nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_rate_per_s: Option<f64>,
}

/// Figures that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FloorFigure {
    PacingErrorP99,
    SendRatePerProducer,
    AcknowledgedP50,
    EndToEndP50,
}

/// What is compared, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
#[serde(untagged)]
enum FigurePair {
    Times {
        /// The result's.
        result_ns: u64,
        /// The floor's.
        floor_ns: u64,
    },
    Rates {
        /// The result's: sent by each producer on average.
        result_per_s: f64,
        /// The floor's: what the loop of a producer can do on a driver that takes everything at once.
        floor_per_s: f64,
    },
}

/// The figures that both have.
pub(super) fn compare(floor: &Floor, result: &RunResult<'_>) -> Vec<FloorComparison> {
    [pacing(floor, result), rate(floor, result), acknowledged(floor, result), end_to_end(floor, result)]
        .into_iter()
        .flatten()
        .collect()
}

/// Messages sent per second by each producer, on average.
fn sent_per_producer(result: &RunResult<'_>) -> Option<f64> {
    let MeasuredRun { rates, .. } = measured(result);
    let producers = result.plan.producers();
    (producers > 0 && rates.enqueued_per_s > 0.0).then(|| rates.enqueued_per_s / f64::from(producers))
}

fn is_paced(plan: &Plan) -> bool {
    plan.rate.total != Rate::Unlimited || plan.rate.curve.is_some()
}

/// The step of the ladder whose rate is nearest (as a ratio), of those that were sustained.
fn nearest(steps: &[PacingStep], rate_per_s: f64) -> Option<&PacingStep> {
    let apart = |step: &PacingStep| (step.rate_per_s / rate_per_s).ln().abs();
    let sustained = steps.iter().filter(|step| step.sustained && step.pacing_error.count > 0);
    sustained.min_by(|a, b| apart(a).total_cmp(&apart(b)))
}

fn pacing(floor: &Floor, result: &RunResult<'_>) -> Option<FloorComparison> {
    if !is_paced(result.plan) {
        return None;
    }
    let latencies = result.cumulative.as_ref()?;
    let error = &latencies[Latency::PublishDelay];
    let step = nearest(&floor.pacing, sent_per_producer(result)?)?;
    if error.count() == 0 {
        return None;
    }
    let result_ns = error.percentile_ns(99.0);
    let mut compared =
        FloorComparison::of_times(FloorFigure::PacingErrorP99, result_ns, step.pacing_error.p99_ns, PACING_NEAR);
    compared.near &= is_seen(result_ns, &latencies[Latency::AcknowledgeIntended]);
    compared.floor_rate_per_s = Some(step.rate_per_s);
    Some(compared)
}

/// Is the pacing error a visible part of the latency? Where nothing was acknowledged it is all there is.
#[expect(clippy::cast_precision_loss, reason = "times of a run are far below 2^53 ns")]
fn is_seen(pacing_error_ns: u64, acknowledged: &Distribution) -> bool {
    acknowledged.count() == 0 || pacing_error_ns as f64 >= PACING_SEEN * acknowledged.percentile_ns(99.0) as f64
}

fn rate(floor: &Floor, result: &RunResult<'_>) -> Option<FloorComparison> {
    let manner = if is_paced(result.plan) { LoopKind::ProduceSingle } else { LoopKind::ProduceBatched };
    let speed = floor.loops.iter().find(|speed| speed.manner == manner && speed.measuring)?;
    let pair = FigurePair::Rates { result_per_s: sent_per_producer(result)?, floor_per_s: speed.messages_per_s };
    let (figure, near_ratio, ratio) = (FloorFigure::SendRatePerProducer, RATE_NEAR, pair.ratio());
    Some(FloorComparison { figure, pair, ratio, near: ratio > near_ratio, near_ratio, floor_rate_per_s: None })
}

fn acknowledged(floor: &Floor, result: &RunResult<'_>) -> Option<FloorComparison> {
    let driver = &result.plan.driver;
    if driver.kind != DriverKind::Kafka || driver.acknowledgement_is_local {
        return None;
    }
    let times = &result.cumulative.as_ref()?[Latency::AcknowledgeActual];
    median(FloorFigure::AcknowledgedP50, times, &floor.end_to_end.as_ref()?.acknowledge_actual)
}

fn end_to_end(floor: &Floor, result: &RunResult<'_>) -> Option<FloorComparison> {
    // Whole ms of CreateTime do not compare; the embedded broker is the floor.
    if result.plan.driver.kind != DriverKind::Kafka || measured(result).counters[Counter::MessagesUnstamped] > 0 {
        return None;
    }
    let times = &result.cumulative.as_ref()?[Latency::EndToEndActual];
    median(FloorFigure::EndToEndP50, times, &floor.end_to_end.as_ref()?.end_to_end_actual)
}

fn median(figure: FloorFigure, times: &Distribution, floor: &Percentiles) -> Option<FloorComparison> {
    (times.count() > 0 && floor.count > 0)
        .then(|| FloorComparison::of_times(figure, times.percentile_ns(50.0), floor.p50_ns, LATENCY_NEAR))
}

impl FloorComparison {
    fn of_times(figure: FloorFigure, result_ns: u64, floor_ns: u64, near_ratio: f64) -> Self {
        let pair = FigurePair::Times { result_ns, floor_ns };
        let ratio = pair.ratio();
        Self { figure, pair, ratio, near: ratio <= near_ratio, near_ratio, floor_rate_per_s: None }
    }

    /// Floor first, the result's own figure in brackets.
    pub(super) fn in_words(&self) -> String {
        let (floor, result) = match self.pair {
            FigurePair::Times { result_ns, floor_ns } => (format_ns(floor_ns), format_ns(result_ns)),
            FigurePair::Rates { result_per_s, floor_per_s } => (format_rate(floor_per_s), format_rate(result_per_s)),
        };
        let at = self.floor_rate_per_s.map(|rate| format!(" at {}", format_rate(rate))).unwrap_or_default();
        match self.figure {
            FloorFigure::PacingErrorP99 => format!("pacing error p99 {floor}{at} (here {result})"),
            FloorFigure::SendRatePerProducer => {
                format!("a producer's loop {floor} (here {result}, {:.1} % of it)", self.ratio * 100.0)
            }
            FloorFigure::AcknowledgedP50 => format!("acknowledged p50 {floor} (here {result})"),
            FloorFigure::EndToEndP50 => format!("end to end p50 {floor} (here {result})"),
        }
    }

    /// Of a figure that is near.
    pub(super) fn caveat(&self) -> Caveat {
        Caveat::note("near_floor", Subject::Figures, self.near_in_words()).with("ratio", self.ratio)
    }

    fn near_in_words(&self) -> String {
        let loopback =
            "what pinload, librdkafka and the loopback take by themselves: a good part of it is not the broker's";
        match self.figure {
            FloorFigure::PacingErrorP99 => format!(
                "near the floor: the pacing error's p99 is within {PACING_NEAR} × of what this machine does without a \
                 broker, and more than {:.0} % of the acknowledgement time's: latencies from the intended time are the \
                 machine's as well",
                PACING_SEEN * 100.0
            ),
            FloorFigure::SendRatePerProducer => format!(
                "near the floor: each producer sends more than {:.0} % of what its loop can do with no client library \
                 at all: the rate may be the generator's; use more producers",
                RATE_NEAR * 100.0
            ),
            FloorFigure::AcknowledgedP50 => {
                format!("near the floor: the median acknowledgement time is within {LATENCY_NEAR} × of {loopback}")
            }
            FloorFigure::EndToEndP50 => {
                format!("near the floor: the median end-to-end time is within {LATENCY_NEAR} × of {loopback}")
            }
        }
    }
}

impl FigurePair {
    /// Result ÷ floor; a floor of 0 ns counts as 1.
    #[expect(clippy::cast_precision_loss, reason = "times of a run are far below 2^53 ns")]
    fn ratio(self) -> f64 {
        match self {
            Self::Times { result_ns, floor_ns } => result_ns as f64 / floor_ns.max(1) as f64,
            Self::Rates { result_per_s, floor_per_s } => result_per_s / floor_per_s,
        }
    }
}
