//! The detail document: everything pinload knows about a run beyond OMB's 62 fields, in one self-describing file.
//!
//! Every unit stands in a name (`_ns`, `_s`, `_bytes`, `_per_s`, `_ppm`); `fields` says what each name means. Times on
//! the run's time line are seconds since the load's epoch. The parts stand in files of their own.

pub mod accounting;
pub mod clients;
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
pub mod varying_load;

use super::caveats::caveats;
use super::floor::{FloorDetail, FloorStanding};
use super::health::Health;
use super::origin::Origin;
use super::spread::{FigureInterval, PeriodValues};
use crate::caveat::Caveat;
use crate::driver::kafka::admin::settings::ClusterSettings;
use crate::plan::{FileAsWritten, MeasuredBy};
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
#[derive(Debug, serde::Serialize)]
pub struct DetailDocument<'a> {
    system: SystemAnswer,
    verdict: RunVerdict,
    trust: Option<Trust>,
    schema: DetailSchema,
    #[serde(flatten)]
    origin: &'a Origin,
    outcome: &'a RunOutcome,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    goals: Vec<GoalResult>,
    health: Option<Health>,
    caveats: Vec<CaveatDetail>,
    warnings: Vec<&'a str>,
    measurement: Measurement,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervals: Vec<FigureInterval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<varying_load::PhaseDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_search: Option<varying_load::SearchDetail<'a>>,
    periods: &'a [PeriodDetail],
    accounting: Accounting<'a>,
    message: MessageNotes<'a>,
    acknowledgement: AcknowledgementNotes,
    histogram: HistogramNotes,
    clock: Option<ClockDetail<'a>>,
    supervisor: Option<Supervisor>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hosts: &'a [HostReport],
    #[serde(skip_serializing_if = "Option::is_none")]
    end_to_end_clocks: Option<EndToEndClocks>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environment: Vec<environment::EnvironmentDetail<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cluster_settings: &'a [ClusterSettings],
    floor: FloorDetail<'a>,
    topics: Option<TopicsDetail<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    files_as_written: &'a [FileAsWritten],
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_configuration: Option<EffectiveConfiguration>,
    plan: serde_json::Value,
    clients: Vec<ClientDetail<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partitions: Vec<PartitionDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_counts: Option<PartitionNotes>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scrapes: Vec<ScrapedTarget>,
    fields: FieldTable,
}

#[derive(Debug, serde::Serialize)]
struct RunVerdict {
    #[serde(flatten)]
    judgement: Judgement,
    periods_not_valid: usize,
}

#[derive(Debug, serde::Serialize)]
struct DetailSchema {
    name: &'static str,
    version: u32,
}

#[derive(Debug, serde::Serialize)]
struct CaveatDetail {
    caveat: &'static str,
    #[serde(flatten)]
    figures: serde_json::Map<String, serde_json::Value>,
    text: String,
}

impl From<Caveat> for CaveatDetail {
    fn from(Caveat { code, figures, text, .. }: Caveat) -> Self {
        Self { caveat: code, figures, text }
    }
}

#[derive(Debug, serde::Serialize)]
struct Supervisor {
    supervisor_cpu_ns: u64,
    drain_ns: u64,
}

#[derive(Debug, serde::Serialize)]
struct TopicsDetail<'a> {
    names: &'a [String],
    deleted: bool,
}

impl<'a> DetailDocument<'a> {
    /// Puts the document together. `periods` are the details of `series.periods`, made once per period, `verdicts`
    /// those on all periods, one by one.
    pub fn new(
        origin: &'a Origin,
        series: &'a RunResult<'_>,
        periods: &'a [PeriodDetail],
        verdicts: &[Verdict],
        floor: &'a FloorStanding,
    ) -> Self {
        let plan = series.plan;
        let end = series.end.as_ref();
        let partitions = partitions::partitions(series);
        Self {
            system: SystemAnswer::of_run(series),
            verdict: RunVerdict {
                judgement: Judgement::of_run(series, verdicts),
                periods_not_valid: verdicts.iter().filter(|verdict| verdict.spoils()).count(),
            },
            trust: Trust::of_run(series),
            schema: DetailSchema { name: SCHEMA_NAME, version: SCHEMA_VERSION },
            origin,
            outcome: &series.outcome,
            goals: Vec::new(),
            health: Health::of(series),
            caveats: caveats(series).into_iter().map(CaveatDetail::from).collect(),
            warnings: plan.warnings.iter().chain(&series.warnings).map(|warning| warning.text.as_str()).collect(),
            measurement: Measurement::new(series),
            intervals: PeriodValues::of(periods.iter().map(PeriodDetail::compared)).intervals(),
            phases: varying_load::phases(series),
            rate_search: varying_load::search(series),
            periods,
            accounting: Accounting::new(&series.balances),
            message: MessageNotes::new(plan),
            acknowledgement: AcknowledgementNotes::new(plan),
            histogram: match plan.measured_by {
                MeasuredBy::Pinload => HistogramNotes::OURS,
                MeasuredBy::Omb => HistogramNotes::OMB,
            },
            clock: end.map(ClockDetail::new),
            supervisor: end.map(|end| Supervisor { supervisor_cpu_ns: end.supervisor_cpu_ns, drain_ns: end.drain_ns }),
            hosts: end.map_or(&[], |end| &end.hosts),
            end_to_end_clocks: EndToEndClocks::of(series),
            environment: end.map(environment::environments).unwrap_or_default(),
            cluster_settings: end.map_or(&[], |end| &end.cluster_settings),
            floor: FloorDetail::new(floor, series),
            topics: end.map(|end| TopicsDetail { names: &end.topics, deleted: end.topics_deleted }),
            files_as_written: &plan.inputs.files,
            // Java clients read the driver file themselves.
            effective_configuration: plan.measured_by.everything().then(|| EffectiveConfiguration::new(plan)),
            plan: plan::value(plan),
            clients: end
                .into_iter()
                .flat_map(|end| &end.clients)
                .map(|report| ClientDetail::new(report, &plan.clients, verdict_on(series, report)))
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
fn verdict_on(series: &RunResult<'_>, report: &ClientReport) -> Option<ClientVerdict> {
    let facts = Judgement::facts_of(series, report.role, report.index)?;
    Some(ClientVerdict { judgement: Judgement::of_client(facts, series.plan), facts: facts.clone() })
}
