//! What a worker reports: OMB's three answers with both latency families, and the end of the run.

mod live;
mod period;
mod run_end;

pub use live::{ClientLive, LiveCounters};
pub use period::{FleetSecond, PeriodStats};
pub use run_end::{ClientReport, PartitionsReceived, RunEnd};

use crate::stats::{Counter, Counters, Distribution, Increment, Latency};
use crate::units::NS_PER_S;

/// OMB's CountersStats, with probes apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountersStats {
    /// Acknowledged messages.
    pub messages_sent: u64,
    /// Received messages, all subscriptions.
    pub messages_received: u64,
    /// Failed messages.
    pub message_send_errors: u64,
    /// Acknowledged probes.
    pub probes_sent: u64,
    /// Received probes.
    pub probes_received: u64,
    /// Messages handed to the client library.
    pub messages_enqueued: u64,
    /// Messages that subscriptions should have received: acknowledged × subscriptions of their topic.
    pub expected_receipts: u64,
    /// Messages received, of topics that have producers of the run.
    pub receipts: u64,
}

impl CountersStats {
    /// From the counters of all clients.
    pub fn of(counters: &Counters, expected_receipts: u64, receipts: u64) -> Self {
        Self {
            messages_sent: counters[Counter::MessagesAcknowledged],
            messages_received: counters[Counter::MessagesReceived],
            message_send_errors: counters[Counter::MessagesFailed],
            probes_sent: counters[Counter::ProbesAcknowledged],
            probes_received: counters[Counter::ProbesReceived],
            messages_enqueued: counters[Counter::MessagesEnqueued],
            expected_receipts,
            receipts,
        }
    }
}

/// The latency families of some span.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LatencySet {
    /// By `Latency as usize`.
    pub by_family: [Distribution; crate::stats::Latency::COUNT],
}
impl LatencySet {
    /// Nothing recorded.
    pub fn empty() -> Self {
        Self { by_family: std::array::from_fn(|_| Distribution::empty()) }
    }
    /// Gives back the memory of the histograms (1.3 MB): nothing is recorded here any more.
    pub fn forget(&mut self) {
        *self = Self { by_family: std::array::from_fn(|_| Distribution::forgotten()) };
    }
    /// Adds another client's.
    pub fn add(&mut self, other: &[Distribution; crate::stats::Latency::COUNT]) {
        for (mine, theirs) in self.by_family.iter_mut().zip(other) {
            mine.add(theirs);
        }
    }
    /// Is every end-to-end time a difference of whole ms? `counters` are of the same span.
    pub fn is_of_create_times(&self, counters: &Counters) -> bool {
        let timed = self[Latency::EndToEndActual].count();
        timed > 0 && timed <= counters[Counter::MessagesUnstamped]
    }
    /// From here on end-to-end times are told in whole ms, as they were measured.
    pub fn tell_whole_ms(&mut self) {
        let end_to_end = &mut self.by_family[Latency::EndToEndActual as usize];
        *end_to_end = end_to_end.in_whole_ms();
    }
    /// Adds what one client's slots brought.
    pub fn add_increments(&mut self, increments: &[Increment; crate::stats::Latency::COUNT]) {
        for (mine, increment) in self.by_family.iter_mut().zip(increments) {
            mine.add_increment(increment);
        }
    }
}

impl std::ops::Index<crate::stats::Latency> for LatencySet {
    type Output = Distribution;
    fn index(&self, latency: crate::stats::Latency) -> &Distribution {
        &self.by_family[latency as usize]
    }
}

/// What all clients did per second. Each client's counts are divided by its own span: slots are cut some ms after their
/// second, and later where the CPU is shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rates {
    /// Messages handed to the client library.
    pub enqueued_per_s: f64,
    /// Acknowledged messages.
    pub acknowledged_per_s: f64,
    /// Acknowledged value bytes.
    pub acknowledged_bytes_per_s: f64,
    /// Failed messages.
    pub failed_per_s: f64,
    /// Received messages.
    pub received_per_s: f64,
    /// Received value bytes.
    pub received_bytes_per_s: f64,
}

impl Rates {
    /// Adds another worker's.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            enqueued_per_s,
            acknowledged_per_s,
            acknowledged_bytes_per_s,
            failed_per_s,
            received_per_s,
            received_bytes_per_s,
        } = other;
        self.enqueued_per_s += enqueued_per_s;
        self.acknowledged_per_s += acknowledged_per_s;
        self.acknowledged_bytes_per_s += acknowledged_bytes_per_s;
        self.failed_per_s += failed_per_s;
        self.received_per_s += received_per_s;
        self.received_bytes_per_s += received_bytes_per_s;
    }

    /// Adds a client that counted this in so many ns (0: nothing yet).
    pub fn add(&mut self, counters: &Counters, span_ns: u64) {
        let per_second = |counter| per_second(counters[counter], span_ns);
        self.merge(&Self {
            enqueued_per_s: per_second(Counter::MessagesEnqueued),
            acknowledged_per_s: per_second(Counter::MessagesAcknowledged),
            acknowledged_bytes_per_s: per_second(Counter::BytesAcknowledged),
            failed_per_s: per_second(Counter::MessagesFailed),
            received_per_s: per_second(Counter::MessagesReceived),
            received_bytes_per_s: per_second(Counter::BytesReceived),
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and spans of a run are far below 2^53")]
fn per_second(count: u64, span_ns: u64) -> f64 {
    if span_ns == 0 { 0.0 } else { count as f64 * NS_PER_S as f64 / span_ns as f64 }
}

/// A row of one client: a second, or more where it has aged.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TimelinePoint {
    /// Seconds since the load began, at the end of the span (fraction: a cut off the time line).
    pub at_s: f64,
    /// Length of the span.
    pub span_s: f64,
    /// Counter differences over the span.
    pub counters: Counters,
    /// p50, p99 and exact max (behind lost slots at most 0.1 % above it) of each family in ns, in the order of
    /// `Latency::PRODUCER` or `Latency::CONSUMER`.
    pub latencies_ns: Vec<[u64; 3]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_counts_over_its_own_time() {
        let mut counters = Counters::default();
        counters[Counter::MessagesAcknowledged] = 1_000;
        let mut rates = Rates::default();
        rates.add(&counters, NS_PER_S);
        rates.add(&counters, 2 * NS_PER_S);
        rates.add(&counters, 0);
        assert_eq!(rates, Rates { acknowledged_per_s: 1_500.0, ..Rates::default() });
    }
}
