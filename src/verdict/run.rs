//! What concerns the run as a whole: how it ended, whether its counts balance, its clocks, and its periods taken
//! together.

use super::context::{Context, percent};
use super::gather::FoundCause;
use super::{Cause, Trust, Verdict, share};
use crate::caveat::{Caveat, Severity, Subject};
use crate::plan::{MeasuredBy, Threshold};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::units::{format_count, format_ns, format_rate};
use crate::verdict::clocks::EndToEndClocks;
use crate::worker::{ClientReport, RunEnd};
use crate::workload_generator::totals::received_balance;
use crate::workload_generator::{RunOutcome, RunResult};

pub(super) fn findings(result: &RunResult<'_>, context: &Context<'_>) -> Vec<FoundCause> {
    let mut findings: Vec<_> = ending(result).into_iter().collect();
    if let Some(end) = &result.end {
        findings.extend(counts(result, end, context));
        findings.extend(drift(end, context));
        findings.extend(misplaced(end));
    }
    findings.extend(clocks(result, context));
    findings
}

fn of_run(cause: Cause, says: String) -> FoundCause {
    FoundCause { cause, client: None, value: None, limit: None, badness: 0.0, limits: false, says }
}

fn measured(cause: Cause, value: f64, limit: f64, says: String) -> FoundCause {
    FoundCause { value: Some(value), limit: Some(limit), badness: value, ..of_run(cause, says) }
}

fn ending(result: &RunResult<'_>) -> Option<FoundCause> {
    match &result.outcome {
        RunOutcome::ClientDied { death } => Some(of_run(Cause::ClientDied, death.to_string())),
        RunOutcome::WorkerLost { loss } => Some(of_run(Cause::WorkerLost, loss.to_string())),
        RunOutcome::Failed { why, .. } => Some(of_run(Cause::RunFailed, why.clone())),
        RunOutcome::Completed | RunOutcome::Interrupted { .. } | RunOutcome::BrokerLost { .. }
            if result.periods.is_empty() =>
        {
            let says = "the run ended before the first second of the measurement had passed".to_owned();
            Some(of_run(Cause::NothingMeasured, says))
        }
        RunOutcome::Running
        | RunOutcome::Completed
        | RunOutcome::Interrupted { .. }
        | RunOutcome::BrokerLost { .. } => None,
    }
}

/// Counts that must agree whatever the broker did. Messages lost or duplicated between them are the broker's, and
/// accounted for.
fn counts(result: &RunResult<'_>, end: &RunEnd, context: &Context<'_>) -> Vec<FoundCause> {
    // Of clients that were killed the last moments are missing, and that is said.
    if matches!(result.outcome, RunOutcome::ClientDied { .. } | RunOutcome::WorkerLost { .. }) {
        return Vec::new();
    }
    let producers = end.clients.iter().filter(|client| client.role == Role::Producer).filter_map(sent_side);
    let all = producers.chain(received_side(result, end)).chain(by_count(result, end));
    let limit = context.limit(Threshold::CountsOffMessages);
    all.filter(|(off, ..)| *off as f64 > limit)
        .map(|(off, client, says)| FoundCause { client, ..measured(Cause::CountsOff, off as f64, limit, says) })
        .collect()
}

type ImbalanceCount = (u64, Option<(Role, u32)>, String);

/// Handed over = acknowledged + failed + unknown.
fn sent_side(client: &ClientReport) -> Option<ImbalanceCount> {
    let count = |counter| client.counters[counter];
    let sent = count(Counter::MessagesEnqueued);
    let told = count(Counter::MessagesAcknowledged) + count(Counter::MessagesFailed) + count(Counter::MessagesUnknown);
    let says = format!(
        "{} messages were handed over, {} were acknowledged, failed or unknown",
        format_count(sent),
        format_count(told)
    );
    (sent != told).then(|| (sent.abs_diff(told), Some((client.role, client.index)), says))
}

/// What consumers counted = what their books say, message by message.
fn received_side(result: &RunResult<'_>, end: &RunEnd) -> Option<ImbalanceCount> {
    let plan = result.plan;
    let all_told = plan.message.stamp && plan.topics_fed_by_others() == 0 && end.totals.is_none();
    let balance = received_balance(result).filter(|_| all_told)?;
    let mut counters = Counters::default();
    end.clients.iter().filter(|client| client.role == Role::Consumer).for_each(|client| counters.add(&client.counters));
    let counted = counters[Counter::MessagesReceived]
        - counters[Counter::MessagesCorrupt].min(counters[Counter::MessagesReceived]);
    let booked = balance.received + balance.duplicated + balance.beyond_window;
    let says = format!(
        "consumers counted {} messages, their books by sequence hold {}",
        format_count(counted),
        format_count(booked)
    );
    (counted != booked).then(|| (counted.abs_diff(booked), None, says))
}

/// Where messages are only counted: is what was received what should have been?
fn by_count(result: &RunResult<'_>, end: &RunEnd) -> Option<ImbalanceCount> {
    let (plan, totals) = (result.plan, end.totals?);
    let expected = totals[Counter::MessagesAcknowledged] * u64::from(plan.subscriptions_of(0));
    let received = totals[Counter::MessagesReceived];
    let off = expected.abs_diff(received);
    let says = format!(
        "received are {} messages, acknowledged × subscriptions are {}: {} {}",
        format_count(received),
        format_count(expected),
        format_count(off),
        if received < expected { "are missing" } else { "too many" }
    );
    (plan.has_backlog() && off > 0).then_some((off, None, says))
}

/// Pinned clients that were seen elsewhere when they ended.
fn misplaced(end: &RunEnd) -> impl Iterator<Item = FoundCause> {
    end.clients.iter().filter_map(|client| {
        let (planned, seen) = (client.planned_cpu?, client.observed_cpu?);
        let says = format!("it was planned on CPU {planned} and seen on CPU {seen}");
        let finding = FoundCause { client: Some((client.role, client.index)), ..of_run(Cause::Migrations, says) };
        (usize::try_from(seen) != Ok(planned)).then_some(finding)
    })
}

fn drift(end: &RunEnd, context: &Context<'_>) -> Option<FoundCause> {
    let limit = context.limit(Threshold::ClockDriftPpm);
    let hosts = end.hosts.iter().filter_map(|host| Some((host.clock_drift_ppm?, format!(" at {}", host.worker))));
    let all = hosts.chain([(end.clock_drift_ppm, String::new())]);
    let (ppm, place) = all.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    (ppm.abs() > limit).then(|| {
        let says = format!("it moved by {ppm:.1} ppm against CLOCK_MONOTONIC_RAW{place}");
        measured(Cause::ClockDrift, ppm.abs(), limit, says)
    })
}

fn clocks(result: &RunResult<'_>, context: &Context<'_>) -> Option<FoundCause> {
    let limit = context.limit(Threshold::ClockErrorShare);
    let clocks = EndToEndClocks::of(result).filter(|clocks| !clocks.usable)?;
    let error = format_ns(clocks.clock_error_ns);
    let Some(median_ns) = clocks.median_ns else {
        let says = format!("the hosts' clocks may be {error} apart, and nothing was measured end to end");
        return Some(of_run(Cause::ClocksApart, says));
    };
    let apart = format!("end-to-end times are UNUSABLE: the hosts' clocks may be {error} apart");
    let median = format_ns(median_ns);
    Some(match clocks.least_median_ns() {
        Some(least_ns) => {
            let least = format_ns(least_ns);
            let says = format!(
                "{apart}, which is more than {limit} × what is certain of the median time of {median}: {least}"
            );
            measured(Cause::ClocksApart, share(clocks.clock_error_ns, least_ns), limit, says)
        }
        None => of_run(
            Cause::ClocksApart,
            format!("{apart}, and nothing is certain to be left of the median time of {median}"),
        ),
    })
}

/// A run that is valid as a whole, and in too many of its periods is not. One period is never too many: in a run of two
/// it would be half of them, and what it had to say was weighed with the whole.
pub(super) fn of_periods(periods: &[Verdict], context: &Context<'_>) -> Option<FoundCause> {
    let limit = context.limit(Threshold::PeriodsShare);
    let bad = periods.iter().filter(|verdict| verdict.spoils()).count();
    let bad_share = share(bad as u64, periods.len() as u64);
    (bad > 1 && bad_share > limit).then(|| {
        measured(Cause::Periods, bad_share, limit, format!("{bad} of {} ({})", periods.len(), percent(bad_share)))
    })
}

/// Consumers that have no time left, or whose library holds back fetches, while what waits for them grows: theirs is
/// the rate they receive at.
pub(super) fn behind_consumers(findings: &mut [FoundCause], result: &RunResult<'_>) {
    let slow = |finding: &FoundCause| {
        matches!(finding.cause, Cause::NoSlack | Cause::FetchPauses)
            && finding.client.is_some_and(|(role, _)| role == Role::Consumer)
    };
    if findings.iter().any(slow) && super::system::backlog(result).is_some() {
        findings.iter_mut().filter(|finding| slow(finding)).for_each(|finding| finding.limits = true);
    }
}

/// What the generator left out of the rate, and medians that are not the broker's.
pub(super) fn of_trust(trust: &Trust, context: &Context<'_>) -> Vec<FoundCause> {
    let mut findings = Vec::new();
    let limit = context.limit(Threshold::RateShortShare);
    if let Some(rate) = trust.rate.filter(|rate| rate.short_share > limit) {
        let says = format!(
            "it offered {} of {}, {} less",
            format_rate(rate.offered_per_s),
            format_rate(rate.asked_per_s),
            percent(rate.short_share)
        );
        findings.push(measured(Cause::RateNotOffered, rate.short_share, limit, says));
    }
    findings.extend(trust.medians_not_own().map(|(latency, figure)| {
        let share = share(figure.added_at_most_ns, figure.latency_ns);
        let [added, size] = [figure.added_at_most_ns, figure.latency_ns].map(format_ns);
        let says = format!("the generator can have added up to {added} of {size} ({})", latency.name());
        measured(Cause::MedianNotOwn, share, trust.own_share, says)
    }));
    findings
}

/// What nobody could look at.
pub(super) fn not_judged(result: &RunResult<'_>) -> Vec<Caveat> {
    let nobody_knows = |code, text| Caveat::new(code, Severity::Unknown, Subject::Generator, text);
    if result.plan.measured_by == MeasuredBy::Omb {
        return vec![nobody_knows(
            "measured_by_omb",
            "everything about the generator but its counts: OMB's protocol does not carry pacing, queues, CPUs and \
             stalls",
        )];
    }
    let Some(period) = result.periods.last().filter(|period| !period.clients.is_empty()) else { return Vec::new() };
    let unknown = |pick: fn(&crate::worker::ClientKernelFacts) -> Option<u64>| {
        period.clients.iter().any(|client| pick(&client.measured.kernel).is_none())
    };
    let mut all = Vec::new();
    if unknown(|kernel| kernel.hot_wait_ns) {
        let text = "run-queue delay: the kernel keeps no schedstat, or a client ended before it was read";
        all.push(nobody_knows(Cause::RunQueueDelay.name(), text));
    }
    if unknown(|kernel| kernel.steal_ns) {
        all.push(nobody_knows(Cause::Steal.name(), "steal: /proc/stat does not tell"));
    }
    if unknown(|kernel| kernel.throttled_ns) {
        all.push(nobody_knows(Cause::Throttled.name(), "throttling: no cpu.stat of the cgroup can be read"));
    }
    all
}
