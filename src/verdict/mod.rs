//! Two answers with reasons, each a pure function of what was planned (thresholds included) and what was observed.
//!
//! Can the figures be believed, and whose are they? The verdict on a run, a client, a period: VALID, GENERATOR-LIMITED
//! or INVALID, with reasons. It judges the instrument: a broker that is slow, full or paused gives valid figures of a
//! slow broker. What the system under test did is `system`. How the run ended is `Outcome`; what else a reader must
//! know, and is no fault of anybody's, are the report's `caveats`.
//!
//! `context` holds what the plan means for judging, `cause` the list of causes; `pacing`, `queue`, `cpu`, `library` and
//! `instrument` judge one client each by a group of causes, `run` what concerns the run as a whole, `gather` makes one
//! reason of many findings.

mod cause;
pub mod clocks;
mod context;
mod cpu;
mod gather;
pub mod goals;
mod instrument;
mod library;
mod pacing;
mod queue;
mod run;
pub mod system;
#[cfg(test)]
mod tests;
pub mod trust;

pub use cause::Cause;
pub use queue::BlockedTime;
pub use system::{SystemAnswer, SystemEvent, SystemEventKind, SystemOutcome, fell_behind};
pub use trust::{OwnLevel, Trust};

use crate::caveat::{Caveat, Severity, Subject};
use crate::plan::Plan;
use crate::worker::{ClientFacts, PeriodStats};
use crate::workload_generator::RunResult;
use context::Context;
use gather::{FoundCause, gather};

/// The verdict, from best to worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The rate was offered as asked, and the medians are the system's. How far beyond them figures are the system's is
    /// `trust`.
    #[default]
    Valid,
    /// Nobody could look at the generator.
    NotJudged,
    /// The figures are true, and they are the generator's (or its machine's) as well as the system's: the rate was not
    /// offered as asked, or not even a median is the system's.
    GeneratorLimited,
    /// The figures are wrong, incomplete, or of nothing.
    Invalid,
}

impl Verdict {
    /// Does it speak against the figures?
    pub fn spoils(self) -> bool {
        matches!(self, Self::GeneratorLimited | Self::Invalid)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Valid => "VALID",
            Self::NotJudged => "NOT JUDGED",
            Self::GeneratorLimited => "GENERATOR-LIMITED",
            Self::Invalid => "INVALID",
        })
    }
}

/// Why a verdict is not VALID, or why figures are the system's no further: one cause, all clients that it concerns.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct Reason {
    /// The cause; docs/verdict.md has a table of them.
    pub cause: Cause,
    /// The verdict that this reason alone would give; valid: it explains only.
    pub verdict: Verdict,
    /// The clients it concerns; absent: the run as a whole.
    #[serde(rename = "who", skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// The worst value, in the unit of its threshold; null: it has no figure.
    pub value: Option<f64>,
    /// What it was compared with.
    pub limit: Option<f64>,
    /// Name of the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<&'static str>,
    /// The reason in words.
    #[serde(rename = "text")]
    pub text: String,
}

/// For a reader, with what to do about it.
impl From<&Reason> for Caveat {
    fn from(reason: &Reason) -> Self {
        let Reason { cause, verdict, clients: _, value, limit, threshold: _, text } = reason;
        let severity = if verdict.spoils() { Severity::Severe } else { Severity::Notable };
        let mut caveat = Self::new(cause.name(), severity, Subject::Generator, text);
        for (name, figure) in [("value", value), ("limit", limit)] {
            if let Some(figure) = figure {
                caveat = caveat.with(name, *figure);
            }
        }
        caveat.remedy = Some(cause.advice());
        caveat
    }
}

/// A verdict with its reasons.
#[derive(Debug, Clone, Default, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct Judgement {
    /// Can the figures be believed: valid, not_judged (nobody could look at the generator), generator_limited (the rate
    /// was not offered as asked, or not even a median is the broker's) or invalid.
    pub verdict: Verdict,
    /// Why the verdict is not valid, worst first; then what explains how far figures are the broker's, and spoils
    /// nothing.
    pub reasons: Vec<Reason>,
    /// What could not be judged, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<Caveat>,
}

impl Judgement {
    fn of(findings: Vec<FoundCause>, clients: usize, not_judged: Vec<Caveat>) -> Self {
        let reasons = gather(findings, clients);
        let verdict = reasons.iter().map(|reason| reason.verdict).max().unwrap_or_default();
        Self { verdict, reasons, not_judged }
    }

    /// On one period.
    pub fn of_period(period: &PeriodStats, plan: &Plan) -> Self {
        let context = Context::new(plan);
        let mut findings: Vec<_> =
            period.clients.iter().flat_map(|client| of_client(&client.period, &context)).collect();
        findings.extend(run::of_trust(&Trust::of_period(period, plan), &context));
        Self::of(findings, period.clients.len(), Vec::new()).unless_not_judged(plan)
    }

    /// Who is not looked at is not VALID.
    fn unless_not_judged(self, plan: &Plan) -> Self {
        let seen = plan.measured_by.everything();
        Self { verdict: if seen { self.verdict } else { self.verdict.max(Verdict::NotJudged) }, ..self }
    }

    /// On one client, from its facts over the whole measurement. Whose its latencies are is judged of all clients
    /// together.
    pub fn of_client(facts: &ClientFacts, plan: &Plan) -> Self {
        let context = Context::new(plan);
        let mut findings = of_client(facts, &context);
        findings.extend(trust::OfferedRate::of(std::iter::once(facts), &context).and_then(|rate| {
            context.above(Cause::RateNotOffered, facts, rate.short_share, || {
                format!("{} of its sends were not made", context::percent(rate.short_share))
            })
        }));
        Self::of(findings, 1, Vec::new())
    }

    /// On the run as far as it has come; `periods` are the verdicts on its periods.
    pub fn of_run(result: &RunResult<'_>, periods: &[Verdict]) -> Self {
        let context = Context::new(result.plan);
        let clients = result.periods.last().map_or(&[][..], |period| &period.clients);
        let mut findings: Vec<_> = clients.iter().flat_map(|client| of_client(&client.measured, &context)).collect();
        run::behind_consumers(&mut findings, result);
        findings.extend(run::findings(result, &context));
        findings.extend(Trust::of_run(result).iter().flat_map(|trust| run::of_trust(trust, &context)));
        if !findings.iter().any(|finding| finding.limits || finding.cause.verdict().spoils()) {
            findings.extend(run::of_periods(periods, &context));
        }
        Self::of(findings, clients.len(), run::not_judged(result)).unless_not_judged(result.plan)
    }

    /// Does nothing speak against the figures but that clients share CPUs, as it was planned? Whoever planned it was
    /// told before.
    pub fn is_normal_on_shared_cpus(&self, plan: &Plan) -> bool {
        let mut spoilers = self.reasons.iter().filter(|reason| reason.verdict.spoils());
        plan.placement.oversubscribed
            && spoilers.all(|reason| matches!(reason.cause, Cause::MedianNotOwn | Cause::Periods))
    }

    /// The facts of one client over the measurement, where they are known.
    pub fn facts_of<'a>(
        result: &'a RunResult<'_>,
        role: crate::telemetry::Role,
        index: u32,
    ) -> Option<&'a ClientFacts> {
        let clients = &result.periods.last()?.clients;
        let of = |facts: &ClientFacts| (facts.role, facts.index) == (role, index);
        clients.iter().map(|client| &client.measured).find(|facts| of(facts))
    }
}

/// All causes that one client's own facts show.
fn of_client(facts: &ClientFacts, context: &Context<'_>) -> Vec<FoundCause> {
    if facts.span_ns == 0 {
        return Vec::new();
    }
    let mut findings = Vec::new();
    findings.extend(pacing::findings(facts, context));
    findings.extend(queue::findings(facts, context));
    findings.extend(cpu::findings(facts, context));
    findings.extend(library::findings(facts, context));
    findings.extend(instrument::findings(facts, context));
    findings
}

/// `part` of `whole`, 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
