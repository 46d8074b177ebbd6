//! The screen at the end of a run: what the system did and the verdict in a sentence each, what else there is to know,
//! latencies, throughput, accounting, CPU, health.
//!
//! Over 250 lines: what is printed, in the order in which it is printed.

use super::caveats::{EMBEDDED, NOT_OPEN_LOOP, NULL_DRIVER, SHARED_CPUS, caveats};
use super::health::Health;
use super::plain_table::{plain_table, table_lines};
use crate::caveat::{Caveat, Subject, in_order};
use crate::plan::{DriverKind, Plan};
use crate::stats::{Counter, Latency};
use crate::units::{format_count, format_ns, format_rate};
use crate::verdict::{Judgement, OwnLevel, SystemAnswer, SystemEventKind, Trust, Verdict};
use crate::worker::{Interruption, LatencySet};
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{PhaseName, RunOutcome, RunResult, SearchReport};

/// Remarks below the verdict; the rest is counted.
const REMARKS: usize = 3;

/// The screen at the end of a run: plain text of several lines, the last one without newline, every number with its
/// unit. `periods`: the verdicts on the measured periods.
pub fn closing_screen(series: &RunResult<'_>, periods: &[Verdict]) -> String {
    let judged = JudgedRun::of(series, periods);
    let mut lines = vec![judged.system.line()];
    lines.extend(judged.verdict_lines());
    lines.push(String::new());
    lines.extend(latency_rows(series));
    let open_loop = judged.caveats.iter().find(|caveat| caveat.code == NOT_OPEN_LOOP);
    lines.extend(open_loop.map(|caveat| format!("  {}", caveat.text)));
    lines.push(String::new());
    lines.extend(course_lines(series).iter().map(|line| format!("  {line}")));
    lines.extend(measured_line(series).map(|line| format!("  {line}")));
    lines.push(format!("  {}", counts_line(series)));
    lines.extend(balance_line(series).map(|line| format!("  {line}")));
    lines.extend(cpu_line(series).map(|line| format!("  {line}")));
    lines.extend(Health::of(series).map(|health| format!("  {}", health.line())));
    lines.join("\n")
}

/// A run and all that is judged of it, each once.
pub(super) struct JudgedRun<'a> {
    series: &'a RunResult<'a>,
    /// The verdicts on the measured periods.
    periods: &'a [Verdict],
    system: SystemAnswer,
    judgement: Judgement,
    trust: Option<Trust>,
    caveats: Vec<Caveat>,
}

impl<'a> JudgedRun<'a> {
    pub(super) fn of(series: &'a RunResult<'a>, periods: &'a [Verdict]) -> Self {
        Self {
            series,
            periods,
            system: SystemAnswer::of_run(series),
            judgement: Judgement::of_run(series, periods),
            trust: Trust::of_run(series),
            caveats: caveats(series),
        }
    }

    /// The verdict in one sentence: how far the figures are the broker's, or what spoils them with the remedy. Then
    /// what else there is to know: the most important first, three at most.
    fn verdict_lines(&self) -> Vec<String> {
        let Self { series, judgement, .. } = self;
        let verdict = judgement.verdict;
        // Of figures that are wrong nobody asks whose they are.
        let trust = self.trust.as_ref().filter(|trust| verdict != Verdict::Invalid && trust.not_judged.is_none());
        let whose = trust.map(|trust| trust.sentence.clone()).filter(|sentence| !sentence.is_empty());
        let (said, below) = match (verdict, judgement.reasons.first()) {
            (Verdict::Valid, _) => {
                let said =
                    self.trust.as_ref().map(|trust| trust.sentence.as_str()).filter(|sentence| !sentence.is_empty());
                (format!("{verdict}: {}", said.unwrap_or("nothing speaks against these figures")), None)
            }
            (Verdict::NotJudged, _) => {
                let why = judgement.not_judged.first().map(|caveat| caveat.text.as_str());
                (format!("{verdict}: {}", why.unwrap_or("nobody could look at the generator")), None)
            }
            (Verdict::GeneratorLimited, _) if judgement.is_normal_on_shared_cpus(series.plan) => {
                let whose =
                    whose.unwrap_or_else(|| "counts are exact, latencies are this machine's as well".to_owned());
                let says = "as is normal where clients share CPUs";
                (format!("{verdict}, {says}: {whose}; for the broker's alone give each client a CPU of its own"), None)
            }
            (_, Some(reason)) => (format!("{verdict}: {}", Caveat::from(reason)), whose),
            (_, None) => (verdict.to_string(), whose),
        };
        let ending = ending(&series.outcome).map(|ending| format!(" · {ending}")).unwrap_or_default();
        let mut lines = vec![format!("{said}{ending}")];
        lines.extend(below.map(|whose| format!("  {whose}")));
        let remarks = self.remarks();
        let rest = remarks.len().saturating_sub(REMARKS);
        // One more takes no more room than saying that there is one more.
        let shown = if rest == 1 { remarks.len() } else { REMARKS };
        lines.extend(remarks.iter().take(shown).map(|remark| format!("  {remark}")));
        if rest > 1 {
            lines.push(format!("  {rest} more: in the detail file"));
        }
        // What somebody may have to do something about is told in full, however many remarks there are. What the plan
        // warned of was said before the run.
        lines.extend(series.warnings.iter().map(|warning| format!("  {warning}")));
        lines
    }

    /// All that stands below the verdict's sentence and whose the figures are, but for warnings.
    pub(super) fn remarks(&self) -> Vec<Caveat> {
        let Self { series, periods, system, judgement, trust, caveats } = self;
        let normal = judgement.is_normal_on_shared_cpus(series.plan);
        let of_generator = |code, text| Caveat::warning(code, Subject::Generator, text);
        let Judgement { verdict, reasons, not_judged } = judgement;
        let mut remarks: Vec<Caveat> = system.errors.iter().map(Caveat::from).collect();
        // What explains, and spoils nothing, is told where there is something to explain.
        let all_own = trust.as_ref().is_some_and(|trust| trust.reaches(OwnLevel::Max));
        let reasons = reasons.iter().skip(usize::from(verdict.spoils()));
        remarks.extend(reasons.filter(|reason| !normal && (reason.verdict.spoils() || !all_own)).map(Caveat::from));
        let stood = system.events.iter().filter(|event| event.kind == SystemEventKind::GeneratorStall && !normal);
        remarks.extend(stood.map(|event| of_generator("generator_stall", format!("the generator: {}", event.text))));
        let bad = periods.iter().filter(|verdict| verdict.spoils()).count();
        if bad > 0 && periods.len() > 1 && !normal {
            let text = format!("{bad} of {} periods are not valid by themselves", periods.len());
            remarks.push(of_generator("periods_not_valid", text));
        }
        // The run's first lines have said the first three, a line of its own below the latencies the last.
        let said_elsewhere = [EMBEDDED, NULL_DRIVER, SHARED_CPUS, NOT_OPEN_LOOP];
        remarks.extend(caveats.iter().filter(|caveat| !said_elsewhere.contains(&caveat.code)).cloned());
        // Where nobody could look, the verdict's sentence has said the first.
        let said = usize::from(*verdict == Verdict::NotJudged);
        remarks.extend(not_judged.iter().skip(said).cloned());
        in_order(remarks)
    }
}

/// How it ended, where neither the verdict's reasons nor the plan say.
fn ending(outcome: &RunOutcome) -> Option<String> {
    match outcome {
        RunOutcome::Interrupted { by } => {
            let signal = match by {
                Interruption::Interrupt => "Ctrl-C (SIGINT)",
                Interruption::Terminate => "SIGTERM or SIGHUP",
            };
            Some(format!("interrupted by {signal}: what follows is what was measured until then"))
        }
        RunOutcome::Running => Some("still running".to_owned()),
        RunOutcome::Completed
        | RunOutcome::ClientDied { .. }
        | RunOutcome::WorkerLost { .. }
        | RunOutcome::BrokerLost { .. }
        | RunOutcome::Failed { .. } => None,
    }
}

/// Both clocks of a latency below each other.
const ROWS: [Latency; 5] = [
    Latency::AcknowledgeActual,
    Latency::AcknowledgeIntended,
    Latency::EndToEndActual,
    Latency::EndToEndIntended,
    Latency::PublishDelay,
];

fn latency_rows(series: &RunResult<'_>) -> Vec<String> {
    let mut table = plain_table();
    table.set_header(["", "p50", "p99", "p99.9", "max"]);
    for latency in ROWS.into_iter().filter(|family| series.plan.measured_by.knows_latency(*family)) {
        let mut row = vec![format!("  {}", label(latency, series))];
        row.extend(cells(series.cumulative.as_ref(), latency));
        table.add_row(row);
    }
    table_lines(table, |column| column > 0)
}

fn cells(latencies: Option<&LatencySet>, latency: Latency) -> [String; 4] {
    match latencies.map(|set| &set[latency]).filter(|distribution| distribution.count() > 0) {
        Some(distribution) => [
            format_ns(distribution.percentile_ns(50.0)),
            format_ns(distribution.percentile_ns(99.0)),
            format_ns(distribution.percentile_ns(99.9)),
            format_ns(distribution.max_ns()),
        ],
        None => std::array::from_fn(|_| "–".to_owned()),
    }
}

/// What a row is, with the label that its source asks for.
fn label(latency: Latency, series: &RunResult<'_>) -> String {
    let Plan { driver, message, .. } = series.plan;
    let acknowledged = if driver.acknowledgement_is_local { "acknowledged locally (acks=0)" } else { "acknowledged" };
    let counters = totals(series);
    let end_to_end = match (counters[Counter::MessagesUnstamped], counters[Counter::MessagesReceived]) {
        (0, 1..) if counters[Counter::MessagesLogAppendTime] > 0 => "end to end (no times: LogAppendTime)",
        (0, 0) if !message.stamp => "end to end (CreateTime, ms)",
        (0, _) => "end to end",
        (unstamped, received) if unstamped >= received => "end to end (CreateTime, ms)",
        _ => "end to end (partly CreateTime, ms)",
    };
    match latency {
        Latency::AcknowledgeActual => acknowledged.to_owned(),
        Latency::EndToEndActual => end_to_end.to_owned(),
        // Of end-to-end times only stamps know it.
        Latency::AcknowledgeIntended | Latency::EndToEndIntended => "  from the intended time".to_owned(),
        Latency::PublishDelay => "pacing error (actual − intended time)".to_owned(),
        Latency::AcknowledgeAtLeast | Latency::EndToEndAtLeast => latency.name().to_owned(),
    }
}

/// Mean rates of the measurement.
fn measured_line(series: &RunResult<'_>) -> Option<String> {
    let MeasuredRun { span_s, rates, .. } = measured(series);
    let mib = |bytes_per_s: f64| bytes_per_s / 1024.0 / 1024.0;
    (span_s > 0.0).then(|| {
        format!(
            "measured {span_s:.1} s · acknowledged {} ({:.1} MiB/s) · received {} ({:.1} MiB/s)",
            format_rate(rates.acknowledged_per_s),
            mib(rates.acknowledged_bytes_per_s),
            format_rate(rates.received_per_s),
            mib(rates.received_bytes_per_s),
        )
    })
}

/// What the rate search found, and the parts of a measurement with a backlog.
fn course_lines(series: &RunResult<'_>) -> Vec<String> {
    let mut lines: Vec<String> = series
        .phases
        .iter()
        .map(|mark| {
            let took = std::time::Duration::from_nanos(mark.end_ns.saturating_sub(mark.begin_ns)).as_secs_f64();
            let part = match mark.name {
                PhaseName::BacklogBuild => "backlog build",
                PhaseName::BacklogDrain => "backlog drain",
                PhaseName::Test => "test",
            };
            format!(
                "{part} {took:.1} s: {} · {} messages waiting at its end",
                mark.what,
                format_count(mark.backlog_messages)
            )
        })
        .collect();
    if let Some(SearchReport { found_per_s, not_sustained_per_s, held_s, settled, steps }) = &series.search {
        let found = found_per_s.map_or_else(|| "nothing yet".to_owned(), format_rate);
        let bound = not_sustained_per_s
            .map_or_else(|| "nothing failed".to_owned(), |rate| format!("{} was not sustained", format_rate(rate)));
        let sure = if *settled {
            format!("held for {held_s:.0} s")
        } else {
            "NOT SETTLED: the run was too short, this is a first guess".to_owned()
        };
        lines.push(format!("sustainable rate found: {found} · {bound} · {sure} · {} steps", steps.len()));
    }
    lines
}

/// Messages of the whole run, warm-up included; figures that ought to be 0 and seldom are not appear when they are not.
fn counts_line(series: &RunResult<'_>) -> String {
    let totals = totals(series);
    let count = |word: &str, counter| format!("{word} {}", format_count(totals[counter]));
    let mut parts: Vec<String> = [
        ("sent", Counter::MessagesEnqueued),
        ("acknowledged", Counter::MessagesAcknowledged),
        ("failed", Counter::MessagesFailed),
        ("received", Counter::MessagesReceived),
        ("late", Counter::LateSends),
    ]
    .into_iter()
    .filter(|(_, counter)| series.plan.measured_by.knows(*counter))
    .map(|(word, counter)| count(word, counter))
    .collect();
    for (word, counter) in [
        ("unknown", Counter::MessagesUnknown),
        ("missed", Counter::MissedSends),
        ("dropped", Counter::DroppedDebt),
        ("foreign", Counter::MessagesForeign),
    ] {
        if totals[counter] > 0 {
            parts.push(count(word, counter));
        }
    }
    format!("whole run: {} messages", parts.join(" · "))
}

/// What the accounting found, over all producers and subscriptions.
fn balance_line(series: &RunResult<'_>) -> Option<String> {
    let balance = received_balance(series)?;
    let count = |word: &str, value| format!("{word} {}", format_count(value));
    let mut parts = vec![
        count("lost", balance.lost),
        count("duplicated", balance.duplicated),
        count("reordered", balance.reordered),
        count("corrupt", totals(series)[Counter::MessagesCorrupt]),
    ];
    if balance.failed_but_received > 0 {
        parts.push(count("failed but received", balance.failed_but_received));
    }
    if balance.beyond_window > 0 {
        parts.push(count("duplicated by assumption", balance.beyond_window));
    }
    let found = balance.duplicated + balance.reordered + balance.beyond_window;
    let why = if found > 0 { what_retries_do(series) } else { "" };
    Some(format!("accounting: {} messages{why}", parts.join(" · ")))
}

/// Where a retry of the producers' own may be what duplicated or reordered messages, that and the way out.
fn what_retries_do(series: &RunResult<'_>) -> &'static str {
    let producer = &series.plan.driver.producer_settings;
    if series.plan.driver.kind == DriverKind::Null || producer.idempotent || !producer.retries {
        return "";
    }
    " (a producer without idempotence does so when it tries again: enable.idempotence=true)"
}

/// CPU of all clients in the measurement, per acknowledged message (received, where nothing was sent), and the
/// supervisor's.
fn cpu_line(series: &RunResult<'_>) -> Option<String> {
    let MeasuredRun { counters, span_s, .. } = measured(series);
    let cpu_ns = counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs];
    let mut parts = Vec::new();
    if span_s > 0.0 && cpu_ns > 0 {
        let messages = match counters[Counter::MessagesAcknowledged] {
            0 => counters[Counter::MessagesReceived],
            acknowledged => acknowledged,
        };
        let each = if messages > 0 {
            format!(" ({:.2} µs/message)", cpu_ns as f64 / 1e3 / messages as f64)
        } else {
            String::new()
        };
        parts.push(format!("clients {:.2} CPU{each}", cpu_ns as f64 / 1e9 / span_s));
    }
    parts.extend(series.end.as_ref().map(|end| format!("supervisor {} of CPU time", format_ns(end.supervisor_cpu_ns))));
    (!parts.is_empty()).then(|| parts.join(" · "))
}
