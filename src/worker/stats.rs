//! What a worker reports: OMB's three answers with both latency families, and the end of the run.

use crate::driver::kafka::admin::settings::ClusterSettings;
use crate::os::clock::Clock;
use crate::plan::ClientPlacement;
use crate::stats::partition_counts::PartitionCounts;
use crate::stats::{Counter, Counters, Distribution, Increment, Latency};
use crate::telemetry::{ClientState, Role};
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
/// What the live line shows.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LiveCounters {
    /// Live counters of all clients added.
    pub counters: Counters,
    /// Messages that subscriptions should have received: acknowledged × subscriptions of their topic.
    pub expected_receipts: u64,
    /// Messages received, of topics that have producers of the run.
    pub receipts: u64,
    /// Acknowledgement p99 (from the actual time) of the newest whole second, all producers.
    pub acknowledge_p99_ns: Option<u64>,
    /// End-to-end p99 (from the actual time) of the newest whole second, all consumers.
    pub end_to_end_p99_ns: Option<u64>,
    /// Each client by itself; none of those that cannot tell (OMB's workers).
    #[serde(default)]
    pub clients: Vec<ClientLive>,
}

/// One client as it is now.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientLive {
    /// The worker it runs on; None: this host.
    #[serde(default)]
    pub worker: Option<String>,
    /// Role.
    pub role: Role,
    /// Number.
    pub index: u32,
    /// Where it is; None: it has not said anything yet.
    pub state: Option<ClientState>,
    /// Its hot CPU as planned; None: not pinned.
    pub cpu: Option<usize>,
    /// Its newest whole second; None: there is none yet.
    pub second: Option<TimelinePoint>,
}
impl LiveCounters {
    /// Messages acknowledged and not received yet.
    pub fn backlog(&self) -> u64 {
        self.expected_receipts.saturating_sub(self.receipts)
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

/// One period, merged over the clients. Rates divide each client's count by that client's own span.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PeriodStats {
    /// Period on the run's time line: from …
    pub start_ns: u64,
    /// … to.
    pub end_ns: u64,
    /// Acknowledged messages per second.
    pub publish_rate_per_s: f64,
    /// Messages handed to the client library per second.
    pub send_rate_per_s: f64,
    /// Acknowledged value bytes per second.
    pub publish_bytes_per_s: f64,
    /// Failed messages per second.
    pub publish_error_rate_per_s: f64,
    /// Received messages per second.
    pub consume_rate_per_s: f64,
    /// Received value bytes per second.
    pub consume_bytes_per_s: f64,
    /// Messages that subscriptions should have received by the end of the period: acknowledged × subscriptions of their
    /// topic.
    pub expected_receipts: u64,
    /// Messages received by then, of topics that have producers of the run.
    pub receipts: u64,
    /// `expected_receipts` − `receipts` at the end of the period, at least 0.
    pub backlog: u64,
    /// Counter differences over the period, all clients added.
    pub counters: Counters,
    /// Totals since the clients began, all clients added.
    pub totals: Counters,
    /// Latencies of the period.
    pub latencies: LatencySet,
    /// Rates from the beginning of the measurement (or of the load) to the end of this period.
    pub since_reset: Rates,
    /// Clients whose slot for the end of the period was not there in time (their part comes with the next period).
    pub late_clients: u32,
    /// Its seconds, where they are kept (`--hlog`); none come from workers on other hosts.
    #[serde(skip)]
    pub seconds: Vec<FleetSecond>,
    /// What each client did, and what was done to it. Only the newest period of a series keeps it.
    #[serde(default)]
    pub clients: Vec<super::ClientSpans>,
    /// Moments that clients told of in it: silences of brokers, stands of their own loops.
    #[serde(default)]
    pub moments: Vec<super::ClientMoment>,
}

impl PeriodStats {
    /// A period in which nothing happened.
    pub fn empty(start_ns: u64, end_ns: u64) -> Self {
        Self {
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
            moments: Vec::new(),
        }
    }

    /// Its rates.
    pub fn set_rates(&mut self, rates: Rates) {
        let Rates {
            enqueued_per_s,
            acknowledged_per_s,
            acknowledged_bytes_per_s,
            failed_per_s,
            received_per_s,
            received_bytes_per_s,
        } = rates;
        self.send_rate_per_s = enqueued_per_s;
        self.publish_rate_per_s = acknowledged_per_s;
        self.publish_bytes_per_s = acknowledged_bytes_per_s;
        self.publish_error_rate_per_s = failed_per_s;
        self.consume_rate_per_s = received_per_s;
        self.consume_bytes_per_s = received_bytes_per_s;
    }

    /// Both periods as one, of which `later` follows: rates by their lengths, counts added. Latencies, seconds and the
    /// facts of clients, which are forgotten when a period is written, do not come along.
    pub fn join(&mut self, later: Self) {
        let span_ns = |from_ns: u64, to_ns: u64| to_ns.saturating_sub(from_ns) as f64;
        let mine_ns = span_ns(self.start_ns, self.end_ns);
        let Self {
            start_ns,
            end_ns,
            publish_rate_per_s,
            send_rate_per_s,
            publish_bytes_per_s,
            publish_error_rate_per_s,
            consume_rate_per_s,
            consume_bytes_per_s,
            expected_receipts,
            receipts,
            backlog,
            counters,
            totals,
            latencies: _,
            since_reset,
            late_clients,
            seconds: _,
            clients,
            moments,
        } = later;
        let theirs_ns = span_ns(start_ns, end_ns);
        let share = if mine_ns + theirs_ns > 0.0 { theirs_ns / (mine_ns + theirs_ns) } else { 0.5 };
        let mean = |rate: &mut f64, later: f64| *rate += (later - *rate) * share;
        mean(&mut self.publish_rate_per_s, publish_rate_per_s);
        mean(&mut self.send_rate_per_s, send_rate_per_s);
        mean(&mut self.publish_bytes_per_s, publish_bytes_per_s);
        mean(&mut self.publish_error_rate_per_s, publish_error_rate_per_s);
        mean(&mut self.consume_rate_per_s, consume_rate_per_s);
        mean(&mut self.consume_bytes_per_s, consume_bytes_per_s);
        self.counters.add(&counters);
        self.counters.take_gauges(&counters);
        self.late_clients = self.late_clients.saturating_add(late_clients);
        (self.end_ns, self.totals, self.since_reset) = (end_ns, totals, since_reset);
        (self.expected_receipts, self.receipts, self.backlog) = (expected_receipts, receipts, backlog);
        self.latencies.forget();
        self.seconds = Vec::new();
        self.clients = clients;
        self.moments.extend(moments);
    }
}

/// One second of all clients together.
#[derive(Debug, Clone)]
pub struct FleetSecond {
    /// Its number since the load's epoch: 0 ends a second after it. What a client told late stands in the last second
    /// of its period.
    pub number: u64,
    /// Latencies of the slots that were cut in it.
    pub latencies: LatencySet,
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

/// What one client did, for the detail file.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientReport {
    /// The worker it ran on; None: this host.
    #[serde(default)]
    pub worker: Option<String>,
    /// Role.
    pub role: Role,
    /// Number.
    pub index: u32,
    /// Process id.
    pub pid: i32,
    /// Hot CPU as planned.
    pub planned_cpu: Option<usize>,
    /// Its place as planned.
    pub placement: ClientPlacement,
    /// CPU the hot thread was last seen on.
    pub observed_cpu: Option<u32>,
    /// CPU mask of the hot thread as the kernel showed it while running.
    pub observed_hot_mask: Option<String>,
    /// CPU masks of the other threads (librdkafka's), by thread name.
    pub observed_thread_masks: Vec<(String, String)>,
    /// How it ended.
    pub exit: String,
    /// Totals since it began.
    pub counters: Counters,
    /// CPU time of the hot thread alone.
    pub hot_thread_cpu_ns: u64,
    /// Slots overwritten before they were read.
    pub slots_lost: u64,
    /// Its file of raw samples, on its host; None: it recorded none.
    #[serde(default)]
    pub raw_samples_file: Option<String>,
    /// Its rows.
    pub timeline: super::ClientTimeline,
    /// Its last distinct errors.
    #[serde(default)]
    pub troubles: Vec<super::ClientTrouble>,
    /// What a consumer received of each partition; None: it is none, or did not tell.
    #[serde(default)]
    pub partitions: Option<PartitionsReceived>,
}

/// What one consumer received of each partition in the measurement, to the nearest of its cuts (one a second).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PartitionsReceived {
    /// Length of that time, ns.
    pub span_ns: u64,
    /// Each partition of which something came.
    pub partitions: Vec<PartitionCounts>,
}

/// The end of a run as the worker saw it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RunEnd {
    /// Every client.
    pub clients: Vec<ClientReport>,
    /// Counters of the whole run where clients do not report each by itself.
    #[serde(default)]
    pub totals: Option<Counters>,
    /// The clock and how it was chosen.
    pub clock: Clock,
    /// Why this source.
    pub clock_reason: String,
    /// Drift of the clock against CLOCK_MONOTONIC_RAW over the run: of the whole, or of its worst ten seconds.
    pub clock_drift_ppm: f64,
    /// CPU time of the supervisor, user + system.
    pub supervisor_cpu_ns: u64,
    /// Time spent draining telemetry.
    pub drain_ns: u64,
    /// Topics created (and deleted, when planned).
    pub topics: Vec<String>,
    /// True when own topics were deleted.
    pub topics_deleted: bool,
    /// Topics that were there no more before that, looked for where messages are unknown.
    #[serde(default)]
    pub topics_gone: Vec<String>,
    /// What went wrong while ending, in words.
    pub warnings: Vec<String>,
    /// Moments that clients told of after the last period.
    #[serde(default)]
    pub moments: Vec<super::ClientMoment>,
    /// The hosts of a distributed run.
    #[serde(default)]
    pub hosts: Vec<super::HostReport>,
    /// What end-to-end times between hosts may be wrong by for their clocks, ns; None: all clients ran on one host.
    #[serde(default)]
    pub end_to_end_clock_error_ns: Option<u64>,
    /// What wall-clock times in stamps may be wrong by against this host's wall clock, ns; None: stamps carried the
    /// run's own clock.
    #[serde(default)]
    pub stamp_clock_error_ns: Option<u64>,
    /// The hosts of the clients; none of those that cannot tell (OMB's workers).
    #[serde(default)]
    pub environments: Vec<super::Environment>,
    /// How a broker and the run's first topic are configured, as far as the cluster tells.
    #[serde(default)]
    pub cluster_settings: Vec<ClusterSettings>,
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
