//! `--console json`: one JSON object a line for each period, and one at the end. The form is documented in
//! docs/files.md: fields are added, never renamed.

use super::rows::late_share;
use crate::caveat::Caveat;
use crate::plan::{MeasuredBy, Plan};
use crate::stats::{Counter, Distribution, Latency};
use crate::verdict::goals::GoalResult;
use crate::verdict::{Judgement, OwnLevel, SystemAnswer, SystemOutcome, Trust, Verdict};
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{Phase, RunOutcome, RunResult};
use serde::Serialize;
use serde_json::{Map, Value};

/// One period.
#[derive(Debug, Serialize)]
struct PeriodLine<'a> {
    r#type: &'static str,
    workload: &'a str,
    driver: &'a str,
    phase: &'static str,
    start_s: f64,
    end_s: f64,
    sent_per_s: Option<f64>,
    acknowledged_per_s: f64,
    acknowledged_bytes_per_s: f64,
    failed_per_s: f64,
    received_per_s: f64,
    received_bytes_per_s: f64,
    backlog_messages: Option<u64>,
    late_share: Option<f64>,
    latencies: Map<String, Value>,
    verdict: Verdict,
    causes: Vec<crate::verdict::Cause>,
}

/// The run.
#[derive(Debug, Serialize)]
struct EndLine<'a> {
    r#type: &'static str,
    workload: &'a str,
    driver: &'a str,
    #[serde(flatten)]
    outcome: &'a RunOutcome,
    system: SystemLine,
    verdict: Verdict,
    reasons: Vec<ReasonLine>,
    trust: Option<TrustLine>,
    measured_s: f64,
    sent_per_s: Option<f64>,
    acknowledged_per_s: f64,
    acknowledged_bytes_per_s: f64,
    received_per_s: f64,
    received_bytes_per_s: f64,
    found_rate_per_s: Option<f64>,
    latencies: Map<String, Value>,
    messages: Map<String, Value>,
    goals: &'a [GoalResult],
    warnings: &'a [Caveat],
    files: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SystemLine {
    outcome: SystemOutcome,
    sentence: String,
}

/// Whose the figures are.
#[derive(Debug, Serialize)]
struct TrustLine {
    sentence: String,
    own_up_to: Option<OwnLevel>,
}

#[derive(Debug, Serialize)]
struct ReasonLine {
    cause: crate::verdict::Cause,
    text: String,
    advice: &'static str,
}

/// The line of a period whose phase began at `phase_ns` (raw).
pub fn period_line(period: &PeriodStats, phase: Phase, phase_ns: u64, plan: &Plan) -> String {
    let by = plan.measured_by;
    let seconds = |at_ns: u64| at_ns.saturating_sub(phase_ns) as f64 / 1e9;
    let judgement = Judgement::of_period(period, plan);
    line(&PeriodLine {
        r#type: "period",
        workload: &plan.workload_name,
        driver: &plan.driver_name,
        phase: if phase == Phase::WarmUp { "warm_up" } else { "measurement" },
        start_s: seconds(period.start_ns),
        end_s: seconds(period.end_ns),
        sent_per_s: by.knows(Counter::MessagesEnqueued).then_some(period.send_rate_per_s),
        acknowledged_per_s: period.publish_rate_per_s,
        acknowledged_bytes_per_s: period.publish_bytes_per_s,
        failed_per_s: period.publish_error_rate_per_s,
        received_per_s: period.consume_rate_per_s,
        received_bytes_per_s: period.consume_bytes_per_s,
        backlog_messages: plan.has_backlog().then_some(period.backlog),
        late_share: late_share(period, plan),
        latencies: latencies(Some(&period.latencies), by),
        verdict: judgement.verdict,
        causes: judgement.reasons.iter().map(|reason| reason.cause).collect(),
    })
}

/// The line of a run that is over; `periods` are the verdicts on its periods, `goals` what became of its goals,
/// `files` what was written.
pub fn end_line(result: &RunResult<'_>, periods: &[Verdict], goals: &[GoalResult], files: Vec<String>) -> String {
    let plan = result.plan;
    let judgement = Judgement::of_run(result, periods);
    let SystemAnswer { outcome, sentence, .. } = SystemAnswer::of_run(result);
    let MeasuredRun { span_s, rates, .. } = measured(result);
    line(&EndLine {
        r#type: "end",
        workload: &plan.workload_name,
        driver: &plan.driver_name,
        outcome: &result.outcome,
        system: SystemLine { outcome, sentence },
        verdict: judgement.verdict,
        reasons: judgement
            .reasons
            .iter()
            .map(|reason| ReasonLine { cause: reason.cause, text: reason.text.clone(), advice: reason.cause.advice() })
            .collect(),
        trust: Trust::of_run(result).map(|Trust { sentence, own_up_to, .. }| TrustLine { sentence, own_up_to }),
        measured_s: span_s,
        sent_per_s: plan.measured_by.knows(Counter::MessagesEnqueued).then_some(rates.enqueued_per_s),
        acknowledged_per_s: rates.acknowledged_per_s,
        acknowledged_bytes_per_s: rates.acknowledged_bytes_per_s,
        received_per_s: rates.received_per_s,
        received_bytes_per_s: rates.received_bytes_per_s,
        found_rate_per_s: result.search.as_ref().and_then(|search| search.found_per_s),
        latencies: latencies(result.cumulative.as_ref(), plan.measured_by),
        messages: messages(result),
        goals,
        warnings: &result.warnings,
        files,
    })
}

/// Messages of the whole run, warm-up included.
fn messages(result: &RunResult<'_>) -> Map<String, Value> {
    let totals = totals(result);
    let counted = [
        ("sent", Counter::MessagesEnqueued),
        ("acknowledged", Counter::MessagesAcknowledged),
        ("failed", Counter::MessagesFailed),
        ("unknown", Counter::MessagesUnknown),
        ("received", Counter::MessagesReceived),
        ("late", Counter::LateSends),
        ("corrupt", Counter::MessagesCorrupt),
    ];
    let known = counted.into_iter().filter(|(_, counter)| result.plan.measured_by.knows(*counter));
    let mut messages: Map<String, Value> =
        known.map(|(name, counter)| (name.to_owned(), Value::from(totals[counter]))).collect();
    if let Some(balance) = received_balance(result) {
        for (name, count) in
            [("lost", balance.lost), ("duplicated", balance.duplicated), ("reordered", balance.reordered)]
        {
            messages.insert(name.to_owned(), Value::from(count));
        }
    }
    messages
}

fn latencies(set: Option<&LatencySet>, by: MeasuredBy) -> Map<String, Value> {
    let figures = |measured: &Distribution| {
        let of = |percentile: f64| Value::from(measured.percentile_ns(percentile));
        let figures = [
            ("count", Value::from(measured.count())),
            ("p50_ns", of(50.0)),
            ("p99_ns", of(99.0)),
            ("p99_9_ns", of(99.9)),
            ("max_ns", Value::from(measured.max_ns())),
        ];
        figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
    };
    let Some(set) = set else { return Map::new() };
    let known = Latency::ALL.into_iter().filter(|latency| by.knows_latency(*latency) && set[*latency].count() > 0);
    known.map(|latency| (latency.name().to_owned(), Value::Object(figures(&set[latency])))).collect()
}

/// One line, whatever the texts hold. Numbers that are none (NaN) become null.
fn line(object: &impl Serialize) -> String {
    serde_json::to_string(object).unwrap_or_default()
}
