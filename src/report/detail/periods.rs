//! One entry per measured period, and the measurement as a whole.

use super::counters::CounterDetail;
use super::latencies::LatencyFamilies;
use super::shapes::{self, MeasurementShapes, PeriodShapes};
use crate::plan::Plan;
use crate::stats::{Counter, Latency};
use crate::verdict::{Judgement, OwnLevel, Trust, Verdict};
use crate::worker::PeriodStats;
use crate::workload_generator::totals::{MeasuredRun, measured, totals};
use crate::workload_generator::{RunOutcome, RunResult};

/// One measured period. Made once per period: the document is rewritten after each.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
pub struct PeriodDetail {
    /// Begin of the period.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    start_s: f64,
    /// End of the period.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    end_s: f64,
    /// Acknowledged messages.
    publish_rate_per_s: f64,
    /// Messages handed to the client library.
    #[serde(skip_serializing_if = "Option::is_none")]
    send_rate_per_s: Option<f64>,
    /// Acknowledged value bytes.
    publish_bytes_per_s: f64,
    /// Messages whose delivery failed.
    publish_error_rate_per_s: f64,
    /// Received messages, all subscriptions.
    consume_rate_per_s: f64,
    /// Received value bytes, all subscriptions.
    consume_bytes_per_s: f64,
    /// Acknowledged × subscriptions − received at the end of the period, at least 0; null: nobody both sends and
    /// receives.
    backlog_messages: Option<u64>,
    /// Clients whose slot for the end of the period came too late: their part is in the next period.
    #[schemars(extend("unit" = "clients"))]
    late_clients: u32,
    /// The same in this period, of the process that writes the results; absent: not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    supervisor_cpu_ns: Option<u64>,
    /// Can the figures be believed: valid, not_judged (nobody could look at the generator), generator_limited (the rate
    /// was not offered as asked, or not even a median is the broker's) or invalid.
    verdict: Judgement,
    /// The percentile (p50 … p99.99, max) up to which every latency, or this one, is the broker's own; null: not even
    /// the median is, or nobody could look.
    own_up_to: Option<OwnLevel>,
    /// The latency families of the span.
    latencies: LatencyFamilies,
    /// How many values lie where on a log scale: in a period bucket b holds 2^(b/4) to 2^((b+1)/4) ns, in the
    /// measurement 2^(b/8) to 2^((b+1)/8) ns.
    distributions: PeriodShapes,
    /// Counter differences over the span, all clients added (assigned_partitions, window_messages: the value at its
    /// end); in a timeline one column per counter that is not 0 throughout.
    counters: CounterDetail,
}

/// Seconds from the load's epoch to a moment of the raw clock; negative before it.
fn since_epoch_s(epoch_ns: u64, at_ns: u64) -> f64 {
    (i128::from(at_ns) - i128::from(epoch_ns)) as f64 / 1e9
}

impl PeriodDetail {
    /// Both periods as one, of which `later` follows: rates by their lengths, counts added, the worse verdict.
    pub fn join(&mut self, later: Self) {
        let Self {
            start_s,
            end_s,
            publish_rate_per_s,
            send_rate_per_s,
            publish_bytes_per_s,
            publish_error_rate_per_s,
            consume_rate_per_s,
            consume_bytes_per_s,
            backlog_messages,
            late_clients,
            supervisor_cpu_ns,
            verdict,
            own_up_to,
            latencies,
            distributions,
            counters: CounterDetail { counters, by: _ },
        } = later;
        let (mine_s, theirs_s) = (self.end_s - self.start_s, end_s - start_s);
        let share = if mine_s + theirs_s > 0.0 { theirs_s / (mine_s + theirs_s) } else { 0.5 };
        let mean = |rate: &mut f64, later: f64| *rate += (later - *rate) * share;
        mean(&mut self.publish_rate_per_s, publish_rate_per_s);
        mean(&mut self.publish_bytes_per_s, publish_bytes_per_s);
        mean(&mut self.publish_error_rate_per_s, publish_error_rate_per_s);
        mean(&mut self.consume_rate_per_s, consume_rate_per_s);
        mean(&mut self.consume_bytes_per_s, consume_bytes_per_s);
        if let (Some(rate), Some(later)) = (&mut self.send_rate_per_s, send_rate_per_s) {
            mean(rate, later);
        }
        self.end_s = end_s;
        self.backlog_messages = backlog_messages;
        self.late_clients = self.late_clients.saturating_add(late_clients);
        self.supervisor_cpu_ns = self.supervisor_cpu_ns.zip(supervisor_cpu_ns).map(|(mine, theirs)| mine + theirs);
        if verdict.verdict > self.verdict.verdict {
            self.verdict = verdict;
        }
        self.own_up_to = match (self.latencies.has_values(), latencies.has_values()) {
            (true, true) => self.own_up_to.min(own_up_to),
            (false, true) => own_up_to,
            (_, false) => self.own_up_to,
        };
        self.latencies.join(&latencies);
        self.distributions.join(distributions);
        self.counters.counters.add(&counters);
        self.counters.counters.take_gauges(&counters);
    }

    /// The verdict on it.
    pub fn verdict(&self) -> Verdict {
        self.verdict.verdict
    }

    /// Its values of the figures that comparisons know; CPU is not among them.
    pub fn compared(&self) -> [Option<f64>; 9] {
        let [acknowledged, end_to_end] = [Latency::AcknowledgeActual, Latency::EndToEndActual]
            .map(|family| self.latencies.told(family).map_or([None; 3], |levels| levels.map(Some)));
        let consumed = (self.consume_rate_per_s > 0.0).then_some(self.consume_rate_per_s);
        let mut all = [Some(self.publish_rate_per_s), consumed, None, None, None, None, None, None, None];
        all[2..5].copy_from_slice(&acknowledged);
        all[5..8].copy_from_slice(&end_to_end);
        all
    }

    /// The same with the CPU time that the supervisor took meanwhile.
    #[must_use]
    pub fn with_supervisor_cpu(self, supervisor_cpu_ns: Option<u64>) -> Self {
        Self { supervisor_cpu_ns, ..self }
    }

    /// Takes what the document needs from a period; its histograms may go afterwards.
    pub fn new(period: &PeriodStats, epoch_ns: u64, plan: &Plan) -> Self {
        let by = plan.measured_by;
        let PeriodStats {
            start_ns,
            end_ns,
            publish_rate_per_s,
            send_rate_per_s,
            publish_bytes_per_s,
            publish_error_rate_per_s,
            consume_rate_per_s,
            consume_bytes_per_s,
            expected_receipts: _,
            receipts: _,
            backlog,
            counters,
            totals: _,
            latencies,
            since_reset: _,
            late_clients,
            seconds: _,
            // Judged in the verdict.
            clients: _,
            // Told with the run.
            moments: _,
        } = period;
        Self {
            start_s: since_epoch_s(epoch_ns, *start_ns),
            end_s: since_epoch_s(epoch_ns, *end_ns),
            publish_rate_per_s: *publish_rate_per_s,
            send_rate_per_s: by.knows(Counter::MessagesEnqueued).then_some(*send_rate_per_s),
            publish_bytes_per_s: *publish_bytes_per_s,
            publish_error_rate_per_s: *publish_error_rate_per_s,
            consume_rate_per_s: *consume_rate_per_s,
            consume_bytes_per_s: *consume_bytes_per_s,
            backlog_messages: plan.has_backlog().then_some(*backlog),
            late_clients: *late_clients,
            supervisor_cpu_ns: None,
            verdict: Judgement::of_period(period, plan),
            own_up_to: Trust::of_period(period, plan).own_up_to,
            latencies: LatencyFamilies::of(latencies, by),
            distributions: shapes::of_period(latencies, by),
            counters: CounterDetail { counters: *counters, by },
        }
    }
}

/// The measurement as a whole (warm-up not included), and the counters of the whole run.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
pub struct Measurement {
    /// The moment at which the load began, to which all times in s refer.
    #[schemars(extend("unit" = "ns on CLOCK_MONOTONIC_RAW"))]
    epoch_raw_ns: u64,
    /// Begin of the measurement.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    measurement_start_s: Option<f64>,
    /// Length of all measured periods together.
    measured_s: f64,
    /// Acknowledged messages.
    publish_rate_per_s: Option<f64>,
    /// Messages handed to the client library.
    send_rate_per_s: Option<f64>,
    /// Acknowledged value bytes.
    publish_bytes_per_s: Option<f64>,
    /// Received messages, all subscriptions.
    consume_rate_per_s: Option<f64>,
    /// Received value bytes, all subscriptions.
    consume_bytes_per_s: Option<f64>,
    /// CPU time of all clients in the measurement per acknowledged message.
    #[schemars(extend("unit" = "ns"))]
    cpu_ns_per_message: Option<f64>,
    /// The latency families of the span.
    latencies: Option<LatencyFamilies>,
    #[serde(flatten)]
    shapes: Option<MeasurementShapes>,
    /// Counter differences over the span, all clients added (assigned_partitions, window_messages: the value at its
    /// end); in a timeline one column per counter that is not 0 throughout.
    counters: CounterDetail,
    /// Counters since the clients began, warm-up included.
    counters_whole_run: CounterDetail,
}

impl Measurement {
    /// Sums up a result.
    pub fn new(result: &RunResult<'_>) -> Self {
        let MeasuredRun { counters, span_s: measured_s, rates } = measured(result);
        let known = |rate| (measured_s > 0.0).then_some(rate);
        let by = result.plan.measured_by;
        let cpu_ns = counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs];
        let acknowledged = counters[Counter::MessagesAcknowledged];
        Self {
            epoch_raw_ns: result.epoch_ns,
            measurement_start_s: (result.measurement_start_ns > 0)
                .then(|| since_epoch_s(result.epoch_ns, result.measurement_start_ns)),
            measured_s,
            send_rate_per_s: known(rates.enqueued_per_s).filter(|_| by.knows(Counter::MessagesEnqueued)),
            publish_rate_per_s: known(rates.acknowledged_per_s),
            publish_bytes_per_s: known(rates.acknowledged_bytes_per_s),
            consume_rate_per_s: known(rates.received_per_s),
            consume_bytes_per_s: known(rates.received_bytes_per_s),
            cpu_ns_per_message: (acknowledged > 0 && by.knows(Counter::CpuUserNs))
                .then(|| cpu_ns as f64 / acknowledged as f64),
            latencies: result.cumulative.as_ref().map(|latencies| LatencyFamilies::of(latencies, by)),
            // Of a finished run only: they take a look at every bucket.
            shapes: result
                .cumulative
                .as_ref()
                .filter(|_| result.outcome != RunOutcome::Running)
                .map(|latencies| MeasurementShapes::of(latencies, by)),
            counters: CounterDetail { counters, by },
            counters_whole_run: CounterDetail { counters: totals(result), by },
        }
    }
}
