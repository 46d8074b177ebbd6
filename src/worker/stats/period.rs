//! One period of all clients together.

use super::{LatencySet, Rates};
use crate::stats::Counters;

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
    pub clients: Vec<crate::worker::ClientSpans>,
    /// Moments that clients told of in it: silences of brokers, stands of their own loops.
    #[serde(default)]
    pub moments: Vec<crate::worker::ClientMoment>,
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
