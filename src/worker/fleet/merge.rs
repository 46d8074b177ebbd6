//! What several workers report of the same period, added up.

use crate::worker::PeriodStats;

/// One period from `start_ns` to `end_ns` on the coordinator's clock, from the workers' parts.
pub(super) fn periods(start_ns: u64, end_ns: u64, parts: impl IntoIterator<Item = PeriodStats>) -> PeriodStats {
    let mut all = PeriodStats::empty(start_ns, end_ns);
    for part in parts {
        let PeriodStats {
            start_ns: _,
            end_ns: _,
            publish_rate_per_s,
            send_rate_per_s,
            publish_bytes_per_s,
            publish_error_rate_per_s,
            consume_rate_per_s,
            consume_bytes_per_s,
            expected_receipts,
            receipts,
            // Each worker sees one side of it.
            backlog: _,
            counters,
            totals,
            latencies,
            since_reset,
            late_clients,
            // They stay on their hosts.
            seconds: _,
            clients,
            moments,
        } = part;
        all.publish_rate_per_s += publish_rate_per_s;
        all.send_rate_per_s += send_rate_per_s;
        all.publish_bytes_per_s += publish_bytes_per_s;
        all.publish_error_rate_per_s += publish_error_rate_per_s;
        all.consume_rate_per_s += consume_rate_per_s;
        all.consume_bytes_per_s += consume_bytes_per_s;
        all.expected_receipts += expected_receipts;
        all.receipts += receipts;
        all.counters.add(&counters);
        all.totals.add(&totals);
        all.latencies.add(&latencies.by_family);
        all.since_reset.merge(&since_reset);
        all.late_clients += late_clients;
        all.clients.extend(clients);
        all.moments.extend(moments);
    }
    all.backlog = all.expected_receipts.saturating_sub(all.receipts);
    all.clients.sort_by_key(|client| (client.period.role, client.period.index));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Counter, Counters, Distribution, Latency, Recorder};
    use crate::telemetry::Role;
    use crate::units::NS_PER_S;
    use crate::worker::{ClientFacts, ClientKernelFacts, ClientSpans, LatencySet, Rates};
    use proptest::prelude::*;

    /// What one client did in the period.
    #[derive(Debug, Clone)]
    struct WorkerPeriod {
        consumer: bool,
        messages: u64,
        span_ns: u64,
        values_ns: Vec<u64>,
        late: bool,
    }

    fn any_part() -> impl Strategy<Value = WorkerPeriod> {
        let values = prop::collection::vec(0_u64..1 << 40, 0..40);
        (any::<bool>(), 0_u64..1 << 40, 1..20 * NS_PER_S, values, any::<bool>()).prop_map(
            |(consumer, messages, span_ns, values_ns, late)| WorkerPeriod {
                consumer,
                messages,
                span_ns,
                values_ns,
                late,
            },
        )
    }

    /// A worker with this client alone.
    fn alone(index: u32, part: &WorkerPeriod) -> PeriodStats {
        let (role, counter, latency) = if part.consumer {
            (Role::Consumer, Counter::MessagesReceived, Latency::EndToEndActual)
        } else {
            (Role::Producer, Counter::MessagesAcknowledged, Latency::AcknowledgeActual)
        };
        let mut counters = Counters::default();
        counters[counter] = part.messages;
        let mut rates = Rates::default();
        rates.add(&counters, part.span_ns);
        let mut latencies = LatencySet::empty();
        let mut recorder = Recorder::new();
        part.values_ns.iter().for_each(|value_ns| recorder.record(*value_ns));
        latencies.by_family[latency as usize] =
            Distribution::of_ns(recorder.to_histogram(), Some(recorder.take_interval()), false);
        let facts = ClientFacts {
            role,
            index,
            pinned: true,
            own_cpu: true,
            shared_cpu: false,
            span_ns: part.span_ns,
            counters,
            pacing_error_p999_ns: None,
            slots_lost: 0,
            late_reports: u64::from(part.late),
            kernel: ClientKernelFacts::default(),
        };
        PeriodStats {
            publish_rate_per_s: rates.acknowledged_per_s,
            consume_rate_per_s: rates.received_per_s,
            expected_receipts: counters[Counter::MessagesAcknowledged],
            receipts: counters[Counter::MessagesReceived],
            counters,
            totals: counters,
            latencies,
            since_reset: rates,
            late_clients: u32::from(part.late),
            clients: vec![ClientSpans { period: facts.clone(), measured: facts }],
            moments: Vec::new(),
            ..PeriodStats::empty(0, NS_PER_S)
        }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
    }

    proptest! {
        /// However clients are dealt to workers, and workers to coordinators, what comes out is what all clients did.
        #[test]
        fn merging_the_parts_of_any_split_gives_the_whole(
            parts in prop::collection::vec((any_part(), 0_usize..4), 0..9),
        ) {
            let clients: Vec<(usize, PeriodStats)> =
                parts.iter().zip(0..).map(|((part, group), index)| (*group, alone(index, part))).collect();
            let of_group = |wanted: usize| {
                let mine = clients.iter().filter(move |(group, _)| *group == wanted).map(|(_, client)| client.clone());
                periods(0, NS_PER_S, mine)
            };
            // In another order, too.
            let split = periods(0, NS_PER_S, (0..4).rev().map(of_group));

            let sum = |consumer: bool| -> u64 {
                parts.iter().filter(|(part, _)| part.consumer == consumer).map(|(part, _)| part.messages).sum()
            };
            let (acknowledged, received) = (sum(false), sum(true));
            for counters in [&split.counters, &split.totals] {
                prop_assert_eq!(counters[Counter::MessagesAcknowledged], acknowledged);
                prop_assert_eq!(counters[Counter::MessagesReceived], received);
            }
            prop_assert_eq!(split.backlog, acknowledged.saturating_sub(received));
            prop_assert_eq!(split.late_clients as usize, parts.iter().filter(|(part, _)| part.late).count());
            let rate = |consumer: bool| -> f64 {
                let mine = parts.iter().filter(|(part, _)| part.consumer == consumer);
                mine.map(|(part, _)| part.messages as f64 * NS_PER_S as f64 / part.span_ns as f64).sum()
            };
            prop_assert!(near(split.publish_rate_per_s, rate(false)) && near(split.consume_rate_per_s, rate(true)));
            prop_assert!(near(split.since_reset.acknowledged_per_s, rate(false)));

            for (consumer, latency) in [(false, Latency::AcknowledgeActual), (true, Latency::EndToEndActual)] {
                let mine = parts.iter().filter(|(part, _)| part.consumer == consumer);
                let mut values: Vec<u64> = mine.flat_map(|(part, _)| part.values_ns.iter().copied()).collect();
                values.sort_unstable();
                let merged = &split.latencies[latency];
                prop_assert_eq!(merged.count(), values.len() as u64);
                let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
                prop_assert_eq!((merged.min_ns(), merged.max_ns()), (*first, *last));
                for percent in [50_u8, 99] {
                    let rank = (values.len() * usize::from(percent)).div_ceil(100);
                    let (exact, shown) = (values[rank - 1], merged.percentile_ns(percent.into()));
                    prop_assert!(shown >= exact && shown - exact <= exact / 1_000, "{shown} for {exact}");
                }
            }
            let order: Vec<_> = split.clients.iter().map(|client| (client.period.role, client.period.index)).collect();
            prop_assert!(order.is_sorted() && order.len() == parts.len());
        }
    }
}
