//! pinload's own families: every counter of every client, both latency families, and the state of the run. Units are
//! Prometheus' base units and stand in the names.

use super::exposition::{MetricType, MetricsPage};
use super::ledger::MetricTotals;
use crate::stats::gap::{GAPS, SENDS};
use crate::stats::{Counter, Distribution, Latency};
use crate::telemetry::Role;
use crate::units::NS_PER_S;

/// Upper bounds of buckets: 1 µs to 50 s, in steps of 1, 2, 5.
const BOUNDS_NS: [u64; 24] = {
    let mut bounds = [0; 24];
    let (mut at, mut decade) = (0, 1_000);
    while at < bounds.len() {
        (bounds[at], bounds[at + 1], bounds[at + 2]) = (decade, 2 * decade, 5 * decade);
        (at, decade) = (at + 3, 10 * decade);
    }
    bounds
};

/// Name, help, and what is in it: a family each, from the label's moment on where there are two.
type Histograms = (&'static str, &'static str, &'static [(Latency, Option<&'static str>)]);

const LATENCIES: [Histograms; 3] = [
    (
        "pinload_acknowledge_latency_seconds",
        "Send to acknowledgement, from the actual and from the intended send time.",
        &[(Latency::AcknowledgeActual, Some("actual")), (Latency::AcknowledgeIntended, Some("intended"))],
    ),
    (
        "pinload_publish_delay_seconds",
        "Intended to actual send time: the pacing error.",
        &[(Latency::PublishDelay, None)],
    ),
    (
        "pinload_end_to_end_latency_seconds",
        "Send to receipt, from the actual and from the intended send time.",
        &[(Latency::EndToEndActual, Some("actual")), (Latency::EndToEndIntended, Some("intended"))],
    ),
];

pub(super) fn write(page: &mut MetricsPage, totals: &MetricTotals<'_>, whole: bool) {
    page.family("pinload_build_info", MetricType::Gauge, "Always 1; the label tells the version.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1_u64);
    let present = &totals.present;
    page.family("pinload_runs_total", MetricType::Counter, "Runs that began.").sample(&[], totals.runs);
    page.family("pinload_run_active", MetricType::Gauge, "1 while a run is under way.")
        .sample(&[], u64::from(present.active));
    let mut family = page.family("pinload_clients", MetricType::Gauge, "Client processes that live.");
    for (role, living) in ROLES.iter().zip(present.living) {
        family.sample(&[("role", &role.to_string())], u64::from(living));
    }
    page.family("pinload_clients_died_total", MetricType::Counter, "Clients that ended before they were told to.")
        .sample(&[], present.died);
    if let Some((expected, received)) = present.receipts {
        let help = "Messages that subscriptions should have received by now: acknowledged × subscriptions, of the run \
                    under way, by the producers of this process.";
        page.family("pinload_receipts_expected_messages", MetricType::Gauge, help).sample(&[], expected);
        let help = "Messages that the consumers of this process have received of the run under way.";
        page.family("pinload_receipts_messages", MetricType::Gauge, help).sample(&[], received);
        if whole {
            let help = "Messages acknowledged and not received yet, over all subscriptions.";
            page.family("pinload_backlog_messages", MetricType::Gauge, help)
                .sample(&[], expected.saturating_sub(received));
        }
    }
    let by_size = |counter: &Counter| GAPS.iter().chain(&SENDS).any(|(_, sized)| sized == counter);
    for counter in Counter::ALL.iter().filter(|counter| !by_size(counter)) {
        client_counter(page, *counter, totals);
    }
    behind_gaps(page, totals);
    page.family("pinload_slots_lost_total", MetricType::Counter, "Telemetry slots overwritten before they were read.")
        .sample(&[], present.slots_lost);
    page.family("pinload_drain_seconds_total", MetricType::Counter, "Time spent on reading the clients' telemetry.")
        .sample(&[], seconds(present.drain_ns));
    let usage = crate::os::usage::of_self();
    page.family(
        "pinload_supervisor_cpu_seconds_total",
        MetricType::Counter,
        "CPU time of this process, without its clients.",
    )
    .sample(&[], seconds(usage.cpu_user_ns + usage.cpu_system_ns));
    for (name, help, latencies) in LATENCIES {
        let mut family = page.family(name, MetricType::Histogram, help);
        for (latency, from) in latencies {
            let from: Vec<(&str, &str)> = from.iter().map(|from| ("from", *from)).collect();
            let distribution = &totals.recorded.set[*latency];
            for (bound_ns, count) in BOUNDS_NS.iter().zip(buckets(distribution)) {
                let bound = seconds(*bound_ns).to_string();
                family.part("_bucket", &[&from[..], &[("le", &bound)]].concat(), count);
            }
            family.part("_bucket", &[&from[..], &[("le", "+Inf")]].concat(), distribution.count());
            family.part("_count", &from, distribution.count());
            family.part("_sum", &from, totals.recorded.sums_ns[*latency as usize] / NS_PER_S as f64);
        }
    }
}

/// In the order of `Present::living`.
const ROLES: [Role; 2] = [Role::Producer, Role::Consumer];

/// One family for all sizes.
fn behind_gaps(page: &mut MetricsPage, totals: &MetricTotals<'_>) {
    let help = "Messages (or their reports) that can have waited for the hot loop for at least this long, and less \
        than the next.";
    let mut family = page.family("pinload_messages_behind_gap_total", MetricType::Counter, help);
    for (from_ns, counter) in GAPS {
        for role in ROLES {
            let labels = [("role", &*role.to_string()), ("gap_seconds", &*seconds(from_ns).to_string())];
            family.sample(&labels, totals.counters.of(role)[counter]);
        }
    }
    let help = "Messages that took at least this long to be handed over, and less than the next.";
    let mut family = page.family("pinload_sends_took_total", MetricType::Counter, help);
    for (from_ns, counter) in SENDS {
        let took = [("took_seconds", &*seconds(from_ns).to_string())];
        family.sample(&took, totals.counters.of(Role::Producer)[counter]);
    }
}

/// One of the clients' counters. Its name follows from that in result files: `bytes_received` becomes
/// `pinload_received_bytes_total`, `idle_ns` `pinload_idle_seconds_total`.
fn client_counter(page: &mut MetricsPage, counter: Counter, totals: &MetricTotals<'_>) {
    let (kind, end) = match counter {
        gauge if Counter::GAUGES.contains(&gauge) => (MetricType::Gauge, ""),
        _ => (MetricType::Counter, "_total"),
    };
    let (stem, in_ns) = match counter.name().strip_suffix("_ns") {
        Some(stem) => (format!("{stem}_seconds"), true),
        None => (counter.name().to_owned(), false),
    };
    let stem = stem.strip_prefix("bytes_").map_or_else(|| stem.clone(), |what| format!("{what}_bytes"));
    let mut family = page.named(format!("pinload_{stem}{end}"), kind, counter.meaning());
    for role in counting(counter) {
        let count = totals.counters.of(*role)[counter];
        let labels = [("role", &*role.to_string())];
        if in_ns {
            family.sample(&labels, seconds(count));
        } else {
            family.sample(&labels, count);
        }
    }
}

/// The roles that can count it; of the others a 0 would say nothing.
fn counting(counter: Counter) -> &'static [Role] {
    use Counter::*;
    match counter {
        MessagesEnqueued | BytesEnqueued | MessagesAcknowledged | BytesAcknowledged | MessagesFailed
        | MessagesUnknown | LateSends | MissedSends | DroppedDebt | QueueFullEvents | QueueFullNs
        | QueueFullSilentNs | SendsBehindQueue | LateSendsBehindQueue | ProbesSent | ProbesAcknowledged
        | RateOrdersObeyed | RateOrderDelayNs | WindowMessages => &ROLES[..1],
        MessagesReceived
        | BytesReceived
        | ProbesReceived
        | MessagesDuplicated
        | MessagesReordered
        | MessagesCorrupt
        | MessagesForeign
        | MessagesUnstamped
        | MessagesUntimed
        | MessagesLogAppendTime
        | EndToEndNotPositive
        | CommitsSucceeded
        | CommitsFailed
        | Rebalances
        | AssignedPartitions
        | FetchPauses
        | FetchPausedNs
        | ProcessingNs => &ROLES[1..],
        _ => &ROLES,
    }
}

/// Values at or below each bound; those that share a histogram bucket with the bound (0.1 %) count above it.
fn buckets(distribution: &Distribution) -> [u64; BOUNDS_NS.len()] {
    let mut counts = [0; BOUNDS_NS.len()];
    for bucket in distribution.histogram.iter_recorded() {
        let top_ns = bucket.value_iterated_to();
        if let Some(first) = BOUNDS_NS.iter().position(|bound_ns| top_ns <= *bound_ns) {
            counts[first..].iter_mut().for_each(|count| *count += bucket.count_at_value());
        }
    }
    counts
}

#[expect(clippy::cast_precision_loss, reason = "times of a run are far below 2^53 ns")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_S as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Recorder;

    #[test]
    fn buckets_are_cumulative_and_end_where_their_bounds_say() {
        let mut recorder = Recorder::new();
        for value_ns in [0, 999, 1_001, 1_999_000, 2_100_000, 60 * NS_PER_S] {
            recorder.record(value_ns);
        }
        let counts = buckets(&Distribution::of_ns(recorder.to_histogram(), None, false));
        let at = |bound_ns: u64| counts[BOUNDS_NS.iter().position(|bound| *bound == bound_ns).unwrap()];
        assert_eq!((at(1_000), at(2_000), at(1_000_000), at(2_000_000), at(5_000_000)), (2, 3, 3, 4, 5));
        assert_eq!((BOUNDS_NS[23], counts[23]), (50 * NS_PER_S, 5), "the last is in +Inf only");
        assert!(counts.is_sorted());
    }
}
