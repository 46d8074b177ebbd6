//! The floor: what a machine and a build of pinload can do without a broker, measured by `pinload calibrate`. It is
//! stored as one JSON document and put beside later results: a result that is near the floor says more of the generator
//! than of the broker.
//!
//! Every unit stands in a name. `comparison` puts figures beside each other, `standing` says what is known for one run,
//! `text` prints, `identity` says whose floor it is, `caveats` what speaks against it; `cli` measures and stores.

mod caveats;
mod comparison;
mod identity;
mod standing;
mod text;

pub use caveats::Disturbance;
pub use identity::Identity;
pub use standing::{FloorDetail, FloorStanding, UsedFloor, floor_lines};
pub use text::floor_text;

use crate::caveat::Caveat;
use crate::os::clock_cost::ClockCosts;
use crate::os::gaps::Gaps;
use crate::stats::Distribution;

/// Name of the schema in the document.
pub const SCHEMA_NAME: &str = "pinload-floor";
/// Version of the schema: rises when a field changes its meaning or goes. Floors of another version are not used.
pub const SCHEMA_VERSION: u32 = 1;

/// What was measured. Parts that were not asked for, or could not be measured, are empty.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Floor {
    /// What this document is.
    pub schema: FloorSchema,
    /// Machine and build.
    pub identity: Identity,
    /// When it was made, local time with offset (RFC 3339).
    pub calibrated_at: String,
    /// Length of each measurement, s.
    pub measured_each_s: f64,
    /// CPU that the loops ran and spun on; null: none could be dealt.
    pub loop_cpu: Option<usize>,
    /// The loops at their highest speed, on the null driver.
    pub loops: Vec<LoopSpeed>,
    /// Pacing error of one producer, on the null driver, by rate (ascending).
    pub pacing: Vec<PacingStep>,
    /// What reading a clock costs.
    pub clock_costs: Option<ClockCosts>,
    /// What each CPU keeps from a thread that spins on it.
    pub gaps: Vec<Gaps>,
    /// A short run through the embedded broker.
    pub end_to_end: Option<EndToEndFloor>,
    /// What others took of the machine meanwhile. null: calibrated before that was looked at.
    #[serde(default)]
    pub disturbance: Option<Disturbance>,
    /// What went wrong.
    pub warnings: Vec<Caveat>,
}

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FloorSchema {
    /// [`SCHEMA_NAME`].
    pub name: String,
    /// [`SCHEMA_VERSION`].
    pub version: u32,
}

impl FloorSchema {
    /// This one.
    pub fn current() -> Self {
        Self { name: SCHEMA_NAME.to_owned(), version: SCHEMA_VERSION }
    }
}

/// How a loop was driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopKind {
    /// A producer that sends one message at a time, each when it is due.
    ProduceSingle,
    /// A producer that sends batches: no schedule.
    ProduceBatched,
    /// A consumer that takes batches.
    Consume,
}

impl std::fmt::Display for LoopKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ProduceSingle => "produce, one at a time",
            Self::ProduceBatched => "produce, batches",
            Self::Consume => "consume, batches",
        })
    }
}

/// One loop at its highest speed.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LoopSpeed {
    /// How it was driven.
    pub manner: LoopKind,
    /// With everything that a client measures, or with nothing.
    pub measuring: bool,
    /// Length of each value.
    pub value_bytes: u32,
    /// Messages it handled.
    pub messages: u64,
    /// Time per message that was not spent waiting for the next one to be due.
    pub busy_ns_per_message: f64,
    /// Messages per second when there is no waiting: 10^9 ÷ that.
    pub messages_per_s: f64,
}

/// One rate of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PacingStep {
    /// The rate asked for.
    pub rate_per_s: f64,
    /// The rate that came.
    pub reached_per_s: f64,
    /// Did it come (within 1 %)?
    pub sustained: bool,
    /// Actual − intended send time.
    pub pacing_error: Percentiles,
}

/// A distribution in a few figures: of HdrHistogram buckets with 3 digits, the maximum exact where it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Percentiles {
    /// Values.
    pub count: u64,
    /// Half of the values are at most this.
    pub p50_ns: u64,
    /// 90 %.
    pub p90_ns: u64,
    /// 99 %.
    pub p99_ns: u64,
    /// 99.9 %.
    pub p99_9_ns: u64,
    /// 99.99 %.
    pub p99_99_ns: u64,
    /// Largest value.
    pub max_ns: u64,
}

impl From<&Distribution> for Percentiles {
    fn from(distribution: &Distribution) -> Self {
        let at = |percentile| distribution.percentile_ns(percentile);
        Self {
            count: distribution.count(),
            p50_ns: at(50.0),
            p90_ns: at(90.0),
            p99_ns: at(99.0),
            p99_9_ns: at(99.9),
            p99_99_ns: at(99.99),
            max_ns: distribution.max_ns(),
        }
    }
}

/// A short run through the embedded broker: pinload's own way from send to receive, with librdkafka twice and the
/// loopback in between, and hardly any broker.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EndToEndFloor {
    /// The rate, one producer.
    pub rate_per_s: f64,
    /// Length of each value.
    pub value_bytes: u32,
    /// CPUs that could be used. null: calibrated before that was noted.
    #[serde(default)]
    pub usable_cpus: Option<usize>,
    /// Did clients share CPUs?
    pub shared_cpus: bool,
    /// Acknowledgement − actual send time.
    pub acknowledge_actual: Percentiles,
    /// Receive − actual send time.
    pub end_to_end_actual: Percentiles,
}
