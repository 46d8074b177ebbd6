//! What a reader must know before believing a result: notes that are printed and stored with every result.
//!
//! Left out: how the run ended (that is `Outcome`), what makes the figures wrong or the generator's own (that is the
//! `verdict`), and what others warned of in words (plan, script, worker).

mod of_plan;

use crate::caveat::{Caveat, Subject};
use crate::load::accounting::Balance;
use crate::os::clock::ClockSource;
use crate::stats::{Counter, Counters};
use crate::units::{Rate, counted, format_count, format_rate};
use crate::verdict::BlockedTime;
use crate::verdict::system::asked_rate;
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{RunOutcome, RunResult};
use of_plan::{of_plan, shared_cpus};

/// A rate that misses its target by more than this share is told.
const RATE_TOLERANCE: f64 = 0.01;
/// Producers that were blocked for more of the time by the broker are told.
const HELD_UP_TOLERANCE: f64 = 0.001;

/// Codes that the console goes by.
pub(super) const EMBEDDED: &str = "embedded";
pub(super) const NULL_DRIVER: &str = "null_driver";
pub(super) const NOT_OPEN_LOOP: &str = "not_open_loop";
pub(super) const SHARED_CPUS: &str = "shared_cpus";

/// A number that ought to be 0, and the note that it raises when it is not: its code, what it is about, the number's
/// name and the words for it.
type CountedNote = (u64, &'static str, Subject, &'static str, fn(&str) -> String);

/// Every note on this run, in the order in which they are found.
pub fn caveats(result: &RunResult<'_>) -> Vec<Caveat> {
    let mut caveats = of_plan(result.plan);
    let totals = totals(result);
    caveats.extend(of_times(&totals));
    caveats.extend(rate_missed(result));
    caveats.extend(held_up(result));
    let balance = received_balance(result);
    caveats.extend(of_counts(&totals, balance.as_ref()));
    if balance.is_some_and(|balance| !balance.proven) {
        let text = "the balance is the smallest explanation of the counts: checksums do not prove it";
        caveats.push(Caveat::note("not_proven", Subject::Figures, text));
    }
    caveats.extend(of_end(result));
    caveats
}

/// What is told of messages without a stamp, or without a time of their own.
fn of_times(totals: &Counters) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    let unstamped = totals[Counter::MessagesUnstamped];
    if unstamped > 0 {
        // Where one has no stamp, none has.
        let share = (totals[Counter::EndToEndNotPositive] as f64 / unstamped as f64).min(1.0);
        let text = format!(
            "{} messages came without a stamp: their end-to-end latency is from the record's CreateTime, in whole ms; \
             {:.1} % of the times are 0",
            format_count(unstamped),
            share * 100.0
        );
        let caveat = Caveat::note("end_to_end_from_create_time", Subject::Figures, text);
        caveats.push(caveat.with("unstamped_messages", unstamped).with("end_to_end_not_positive_share", share));
    }
    let of_brokers_time = totals[Counter::MessagesLogAppendTime];
    if of_brokers_time > 0 {
        let text = format!(
            "{} messages have no stamp, and the broker's time in place of their sender's \
             (message.timestamp.type=LogAppendTime): they have no end-to-end latency",
            format_count(of_brokers_time)
        );
        caveats.push(Caveat::note("log_append_time", Subject::Figures, text).with("messages", of_brokers_time));
    }
    let untimed = totals[Counter::MessagesUntimed].saturating_sub(of_brokers_time);
    if untimed > 0 {
        let text = format!(
            "{} messages were created before the load began (or carry no time): they have no end-to-end latency",
            format_count(untimed)
        );
        caveats.push(Caveat::note("untimed", Subject::Figures, text).with("messages", untimed));
    }
    caveats
}

/// The acknowledged rate is not the target.
fn rate_missed(result: &RunResult<'_>) -> Option<Caveat> {
    let MeasuredRun { span_s: measured_s, rates, .. } = measured(result);
    let Rate::PerSecond(target_per_s) = asked_rate(result, measured_s) else { return None };
    if !matches!(result.outcome, RunOutcome::Completed) || measured_s <= 0.0 || result.plan.producers() == 0 {
        return None;
    }
    let reached_per_s = rates.acknowledged_per_s;
    let asked = target_per_s * measured_s;
    let by_chance = result.plan.rate.arrivals.short_by_chance(asked) / asked;
    let missed = (reached_per_s / target_per_s - 1.0).abs() > RATE_TOLERANCE + by_chance;
    missed.then(|| {
        let (target, reached) = (format_rate(target_per_s), format_rate(reached_per_s));
        let text = format!("the target was {target}, acknowledged were {reached}");
        let caveat = Caveat::note("rate_missed", Subject::System, text);
        caveat.with("target_per_s", target_per_s).with("reached_per_s", reached_per_s)
    })
}

/// Numbers that ought to be 0.
fn of_counts(totals: &Counters, balance: Option<&Balance>) -> Vec<Caveat> {
    let balanced = |pick: fn(&Balance) -> u64| balance.map_or(0, pick);
    let raw_samples_lost = totals[Counter::RawSamplesLost];
    let counted: [CountedNote; 10] = [
        (totals[Counter::MessagesFailed], "failed", Subject::Messages, "messages", |n| format!("{n} messages failed")),
        (totals[Counter::MessagesUnknown], "unknown", Subject::Messages, "messages", |n| {
            format!("{n} messages were neither acknowledged nor failed when the run ended")
        }),
        (balanced(|balance| balance.lost), "lost", Subject::Messages, "messages", |n| {
            format!("{n} acknowledged messages were never received")
        }),
        (balanced(|balance| balance.duplicated), "duplicated", Subject::Messages, "messages", |n| {
            format!("{n} messages were received again")
        }),
        (totals[Counter::MessagesCorrupt], "corrupt", Subject::Messages, "messages", |n| {
            format!("{n} received messages are damaged")
        }),
        (totals[Counter::LatenciesClipped], "latencies_clipped", Subject::Figures, "values", |n| {
            format!("{n} latencies above the histogram's range were clipped to its top")
        }),
        (totals[Counter::RawSamplesRecorded] + raw_samples_lost, "raw_recorded", Subject::Figures, "samples", |n| {
            format!("{n} raw samples were written to disk by the clients' own loops, which disturbs what they measure")
        }),
        (raw_samples_lost, "raw_samples_lost", Subject::Figures, "samples", |n| {
            format!("{n} raw samples could not be written: the files lack them, the figures do not")
        }),
        (totals[Counter::CommitsFailed], "commits_failed", Subject::System, "commits", |n| {
            format!("{n} offset commits failed")
        }),
        (totals[Counter::ClientErrors], "client_errors", Subject::System, "errors", |n| {
            format!("the clients reported {n} errors")
        }),
    ];
    let told = counted.into_iter().filter(|(count, ..)| *count > 0);
    let note = |(count, code, subject, figure, words): CountedNote| {
        Caveat::note(code, subject, words(&format_count(count))).with(figure, count)
    };
    told.map(note).collect()
}

/// Producers that the broker kept waiting: what is late for it is no fault of the generator.
fn held_up(result: &RunResult<'_>) -> Option<Caveat> {
    let clients = &result.periods.last()?.clients;
    let held_up = clients.iter().map(|client| (BlockedTime::of_client(&client.measured, result.plan), client));
    let held_up: Vec<_> = held_up
        .map(|(held_up, client)| (held_up.by_broker_ns as f64 / client.measured.span_ns.max(1) as f64, client))
        .filter(|(share, _)| *share > HELD_UP_TOLERANCE)
        .collect();
    let worst_share = held_up.iter().map(|(share, _)| *share).reduce(f64::max)?;
    let late: u64 = held_up.iter().map(|(_, client)| client.measured.counters[Counter::LateSendsBehindQueue]).sum();
    let text = format!(
        "the broker held up {} (up to {:.1} % of the time, {} late sends): its limit, not the generator's",
        counted(held_up.len(), "producer"),
        worst_share * 100.0,
        format_count(late)
    );
    let caveat = Caveat::note("held_up_by_broker", Subject::System, text).with("producers", held_up.len());
    Some(caveat.with("worst_share", worst_share).with("late_messages", late))
}

fn of_end(result: &RunResult<'_>) -> Vec<Caveat> {
    let Some(end) = &result.end else { return Vec::new() };
    let mut caveats = Vec::new();
    if end.hosts.iter().any(|host| host.hot_cpus_shared == Some(true)) {
        caveats.push(shared_cpus());
    }
    if end.clock.source == ClockSource::Vdso {
        let text = "the TSC is not used: time is read with clock_gettime (clock.reason in the detail file says why)";
        caveats.push(Caveat::note("clock_fallback", Subject::Clock, text));
    }
    caveats
}
