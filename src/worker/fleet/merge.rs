//! What several workers report of the same period, added up.

use crate::stats::Counters;
use crate::worker::{LatencySet, PeriodStats, Rates};

/// One period from `start_ns` to `end_ns` on the coordinator's clock, from the workers' parts.
pub(super) fn periods(start_ns: u64, end_ns: u64, parts: impl Iterator<Item = PeriodStats>) -> PeriodStats {
    let mut all = PeriodStats {
        start_ns,
        end_ns,
        publish_rate_per_s: 0.0,
        send_rate_per_s: 0.0,
        publish_bytes_per_s: 0.0,
        publish_error_rate_per_s: 0.0,
        consume_rate_per_s: 0.0,
        consume_bytes_per_s: 0.0,
        expected_receipts: 0,
        receipts: 0,
        backlog: 0,
        counters: Counters::default(),
        totals: Counters::default(),
        latencies: LatencySet::empty(),
        since_reset: Rates::default(),
        late_clients: 0,
        seconds: Vec::new(),
        clients: Vec::new(),
    };
    for part in parts {
        all.publish_rate_per_s += part.publish_rate_per_s;
        all.send_rate_per_s += part.send_rate_per_s;
        all.publish_bytes_per_s += part.publish_bytes_per_s;
        all.publish_error_rate_per_s += part.publish_error_rate_per_s;
        all.consume_rate_per_s += part.consume_rate_per_s;
        all.consume_bytes_per_s += part.consume_bytes_per_s;
        all.expected_receipts += part.expected_receipts;
        all.receipts += part.receipts;
        all.counters.add(&part.counters);
        all.totals.add(&part.totals);
        all.latencies.add(&part.latencies.by_family);
        all.since_reset.merge(&part.since_reset);
        all.late_clients += part.late_clients;
        all.clients.extend(part.clients);
    }
    // Only now: each worker sees one side of it.
    all.backlog = all.expected_receipts.saturating_sub(all.receipts);
    all.clients.sort_by_key(|client| (client.period.role, client.period.index));
    all
}
