//! The detail document: everything pinload knows about a run beyond OMB's 62 fields, in one self-describing file.
//!
//! Every unit stands in a name (`_ns`, `_s`, `_bytes`, `_per_s`, `_ppm`); `fields` says what each name means. Times on
//! the run's time line are seconds since the load's epoch. The parts stand in files of their own.
//!
//! Over 250 lines: every part of the document, with what it is.

pub mod accounting;
mod caveat_figures;
pub mod clients;
mod counters;
pub mod earlier;
mod environment;
pub mod evidence;
pub mod fields;
pub mod latencies;
mod notes;
pub mod partitions;
pub mod periods;
pub mod plan;
pub mod schema;
pub mod shapes;
mod timeline;
pub mod varying_load;

use super::caveats::caveats;
use super::floor::{FloorDetail, FloorStanding};
use super::health::Health;
use super::origin::Origin;
use super::spread::{FigureInterval, PeriodValues};
use crate::caveat::Caveat;
use crate::driver::kafka::admin::settings::ClusterSettings;
use crate::plan::{FileAsWritten, MeasuredBy, Plan};
use crate::verdict::clocks::EndToEndClocks;
use crate::verdict::goals::GoalResult;
use crate::verdict::{Judgement, SystemAnswer, Trust, Verdict};
use crate::worker::scrape::ScrapedTarget;
use crate::worker::{ClientReport, HostReport};
use crate::workload_generator::{RunOutcome, RunResult};
use accounting::Accounting;
use clients::{ClientDetail, ClientVerdict};
use fields::FieldTable;
use notes::{AcknowledgementNotes, ClockDetail, HistogramNotes, MessageNotes};
use partitions::{PartitionDetail, PartitionNotes};
use periods::{Measurement, PeriodDetail};
use plan::EffectiveConfiguration;

/// Name of the schema in the document.
pub const SCHEMA_NAME: &str = "pinload-detail";
/// Version of the schema: rises when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 2;

/// The document, in the order in which it is written.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct DetailDocument<'a> {
    /// What the system under test did.
    system: SystemAnswer,
    /// Can the figures be believed: valid, not_judged (nobody could look at the generator), generator_limited (the rate
    /// was not offered as asked, or not even a median is the broker's) or invalid.
    verdict: RunVerdict,
    /// Which figures are the broker's own, and which are the generator's as well; null: nothing was measured.
    trust: Option<Trust>,
    /// What this document is.
    schema: DetailSchema,
    #[serde(flatten)]
    origin: &'a Origin,
    /// Running, completed, interrupted, client_died, worker_lost or failed; in the latter three the result is invalid.
    outcome: &'a RunOutcome,
    /// What the run was to reach, and what became of it; absent: there were none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    goals: Vec<GoalResult>,
    /// How the system under test was; null: nothing was measured.
    health: Option<Health>,
    /// What must be known before the figures are believed.
    caveats: Vec<CaveatDetail>,
    /// Warnings of plan, run and end.
    warnings: Vec<&'a str>,
    /// The measured part of the run as a whole: warm-up, flush and catch-up are not in it.
    measurement: Measurement,
    /// How sure figures are over the periods of this run (batch means): what differs between runs is not in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervals: Vec<FigureInterval>,
    /// The parts of a measurement with a backlog: backlog_build (consumers paused), backlog_drain, test (the stated
    /// time).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<varying_load::PhaseDetail<'a>>,
    /// The search for the highest sustainable rate (producerRate 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_search: Option<varying_load::SearchDetail<'a>>,
    /// The measurement period by period.
    periods: &'a [PeriodDetail],
    /// What became of every message, by sequence number; empty without stamps.
    accounting: Accounting<'a>,
    /// What a message is made of.
    message: MessageNotes<'a>,
    /// What an acknowledgement is in this run.
    acknowledgement: AcknowledgementNotes,
    /// How latencies are kept.
    histogram: HistogramNotes,
    /// The one clock of all processes.
    clock: Option<ClockDetail<'a>>,
    /// What measuring cost outside the clients.
    supervisor: Option<Supervisor>,
    /// The workers of a distributed run.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hosts: &'a [HostReport],
    /// What end-to-end times between hosts may be wrong by for their clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_to_end_clocks: Option<EndToEndClocks>,
    /// The hosts of the clients as they were found before the load, one entry each; pinload doctor says what each
    /// finding does and how to change it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment: Vec<environment::EnvironmentDetail<'a>>,
    /// How a broker and the run's first topic are configured, and which release of Kafka it speaks like, as the cluster
    /// told at the start; absent: it did not tell.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cluster_settings: &'a [ClusterSettings],
    /// The figures of pinload calibrate for this machine and build, beside those of the result.
    floor: FloorDetail<'a>,
    /// The topics of the run.
    topics: Option<TopicsDetail<'a>>,
    /// The workload and the driver file as written, secrets masked.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    files_as_written: &'a [FileAsWritten],
    /// What the client library was given; secrets as ****.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_configuration: Option<EffectiveConfiguration>,
    /// Everything decided before the run.
    #[schemars(with = "Plan")]
    plan: serde_json::Value,
    /// Every client.
    clients: Vec<ClientDetail<'a>>,
    /// What consumers received of each partition in the measurement, by topic, subscription and partition; absent:
    /// nobody told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partitions: Vec<PartitionDetail>,
    /// How partitions are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_counts: Option<PartitionNotes>,
    /// Metrics pages of brokers and hosts that were read beside the run (--scrape); absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scrapes: Vec<ScrapedTarget>,
    /// What each field is: name, or parent.name where a name has several meanings.
    fields: FieldTable,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct RunVerdict {
    #[serde(flatten)]
    judgement: Judgement,
    /// Measured periods whose own verdict is not valid.
    #[schemars(extend("unit" = "periods"))]
    periods_not_valid: usize,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct DetailSchema {
    /// Always pinload-detail.
    name: &'static str,
    /// Rises when a field changes its meaning or goes.
    version: u32,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct CaveatDetail {
    /// Which caveat.
    caveat: &'static str,
    #[serde(flatten)]
    #[schemars(with = "Option<caveat_figures::CaveatFigures>")]
    figures: serde_json::Map<String, serde_json::Value>,
    /// The caveat in words.
    text: String,
}

impl From<Caveat> for CaveatDetail {
    fn from(Caveat { code, figures, text, .. }: Caveat) -> Self {
        Self { caveat: code, figures, text }
    }
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct Supervisor {
    /// User + system CPU time of the supervisor.
    supervisor_cpu_ns: u64,
    /// Time the supervisor spent reading telemetry.
    drain_ns: u64,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct TopicsDetail<'a> {
    /// Their names.
    names: &'a [String],
    /// True: deleted at the end.
    deleted: bool,
}

impl<'a> DetailDocument<'a> {
    /// Puts the document together. `periods` are the details of `result.periods`, made once per period, `verdicts`
    /// those on all periods, one by one.
    pub fn new(
        origin: &'a Origin,
        result: &'a RunResult<'_>,
        periods: &'a [PeriodDetail],
        verdicts: &[Verdict],
        floor: &'a FloorStanding,
    ) -> Self {
        let plan = result.plan;
        let end = result.end.as_ref();
        let partitions = partitions::partitions(result);
        Self {
            system: SystemAnswer::of_run(result),
            verdict: RunVerdict {
                judgement: Judgement::of_run(result, verdicts),
                periods_not_valid: verdicts.iter().filter(|verdict| verdict.spoils()).count(),
            },
            trust: Trust::of_run(result),
            schema: DetailSchema { name: SCHEMA_NAME, version: SCHEMA_VERSION },
            origin,
            outcome: &result.outcome,
            goals: Vec::new(),
            health: Health::of(result),
            caveats: caveats(result).into_iter().map(CaveatDetail::from).collect(),
            warnings: plan.warnings.iter().chain(&result.warnings).map(|warning| warning.text.as_str()).collect(),
            measurement: Measurement::new(result),
            intervals: PeriodValues::of(periods.iter().map(PeriodDetail::compared)).intervals(),
            phases: varying_load::phases(result),
            rate_search: varying_load::search(result),
            periods,
            accounting: Accounting::new(&result.balances),
            message: MessageNotes::new(plan),
            acknowledgement: AcknowledgementNotes::new(plan),
            histogram: match plan.measured_by {
                MeasuredBy::Pinload => HistogramNotes::OURS,
                MeasuredBy::Omb => HistogramNotes::OMB,
            },
            clock: end.map(ClockDetail::new),
            supervisor: end.map(|end| Supervisor { supervisor_cpu_ns: end.supervisor_cpu_ns, drain_ns: end.drain_ns }),
            hosts: end.map_or(&[], |end| &end.hosts),
            end_to_end_clocks: EndToEndClocks::of(result),
            environment: end.map(environment::environments).unwrap_or_default(),
            cluster_settings: end.map_or(&[], |end| &end.cluster_settings),
            floor: FloorDetail::new(floor, result),
            topics: end.map(|end| TopicsDetail { names: &end.topics, deleted: end.topics_deleted }),
            files_as_written: &plan.inputs.files,
            // Java clients read the driver file themselves.
            effective_configuration: plan.measured_by.everything().then(|| EffectiveConfiguration::new(plan)),
            plan: plan::value(plan),
            clients: end
                .into_iter()
                .flat_map(|end| &end.clients)
                .map(|report| ClientDetail::new(report, &plan.clients, verdict_on(result, report)))
                .collect(),
            partition_counts: (!partitions.is_empty()).then_some(PartitionNotes::OURS),
            partitions,
            scrapes: Vec::new(),
            fields: FieldTable,
        }
    }

    /// The same with what became of the run's goals.
    #[must_use]
    pub fn with_goals(self, goals: Vec<GoalResult>) -> Self {
        Self { goals, ..self }
    }

    /// The same with what brokers and hosts told of themselves.
    #[must_use]
    pub fn with_scrapes(self, scrapes: Vec<ScrapedTarget>) -> Self {
        Self { scrapes, ..self }
    }
}

/// None: nothing is known of what it did in the measurement.
fn verdict_on(result: &RunResult<'_>, report: &ClientReport) -> Option<ClientVerdict> {
    let facts = Judgement::facts_of(result, report.role, report.index)?;
    Some(ClientVerdict { judgement: Judgement::of_client(facts, result.plan), facts: facts.clone() })
}
