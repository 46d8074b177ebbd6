//! Periods and latencies of all workers, added up. OMB's workers cut a period when they are asked: rates divide each
//! worker's counts by the time since it was asked before, and the first period begins with the load.

use super::calls::OmbResponse;
use super::counts::OmbTotals;
use super::{CALL_LIMIT, OmbWorkers};
use crate::stats::{Counter, Counters, Distribution, Latency};
use crate::worker::fleet::calls::Loss;
use crate::worker::wire::omb::{CumulativeLatencies, PeriodStats as OnWire, decode};
use crate::worker::{LatencySet, PeriodStats, Rates, WorkerError};

/// Value bytes of one of Java's probes, which it counts as a message.
const PROBE_BYTES: u64 = 10;

/// What one worker has told of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReportedTotals {
    /// Since the load began.
    totals: Counters,
    /// Until then, raw ns.
    cut_ns: u64,
    /// The same where the measurement began.
    from: (Counters, u64),
}

impl ReportedTotals {
    /// Nothing yet: the load begins.
    pub(super) fn beginning(at_ns: u64) -> Self {
        Self { totals: Counters::default(), cut_ns: at_ns, from: (Counters::default(), at_ns) }
    }

    pub(super) fn totals(&self) -> Counters {
        self.totals
    }
}

impl OmbWorkers {
    /// The period that ends now; by plan it ends at `boundary_ns`.
    pub(super) fn period(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        const PATH: &str = "/period-stats";
        let answers = self.call_each(self.to_each(|_| true, None), PATH, CALL_LIMIT, Loss::IsToldLater)?;
        let (mut counters, mut rates, mut since_reset) = (Counters::default(), Rates::default(), Rates::default());
        let mut latencies = LatencySet::empty();
        for answer in answers {
            let part: OnWire = answer.read(&self.members, PATH)?;
            let texts = [&part.publish_latency, &part.publish_delay_latency, &part.end_to_end_latency];
            self.add_histograms(&answer, PATH, texts, &mut latencies)?;
            let member = &mut self.members[answer.member];
            member.counts = OmbTotals {
                sent: part.total_messages_sent,
                received: part.total_messages_received,
                failed: part.total_message_send_errors,
            };
            let is_omb = member.hello.is_none();
            let totals = totals(member.counts, member.probes, &member.told.totals, &part, is_omb);
            let since = totals.since(&member.told.totals);
            rates.add(&since, answer.asked_ns.saturating_sub(member.told.cut_ns));
            let (from, from_ns) = &member.told.from;
            since_reset.add(&totals.since(from), answer.asked_ns.saturating_sub(*from_ns));
            (member.told.totals, member.told.cut_ns) = (totals, answer.asked_ns);
            counters.add(&since);
        }
        self.so_far.add(&latencies.by_family);
        let stats = self.stats()?;
        let start_ns = std::mem::replace(&mut self.period_from_ns, boundary_ns);
        Ok(PeriodStats {
            start_ns,
            end_ns: boundary_ns,
            publish_rate_per_s: rates.acknowledged_per_s,
            send_rate_per_s: rates.enqueued_per_s,
            publish_bytes_per_s: rates.acknowledged_bytes_per_s,
            publish_error_rate_per_s: rates.failed_per_s,
            consume_rate_per_s: rates.received_per_s,
            consume_bytes_per_s: rates.received_bytes_per_s,
            expected_receipts: stats.expected_receipts,
            receipts: stats.receipts,
            backlog: stats.expected_receipts.saturating_sub(stats.receipts),
            counters,
            totals: self.totals(),
            latencies,
            since_reset,
            late_clients: 0,
            seconds: Vec::new(),
            clients: Vec::new(),
            moments: Vec::new(),
        })
    }

    /// The latencies of a whole phase, which the workers forget when they have told them.
    pub(super) fn cumulative(&mut self) -> Result<LatencySet, WorkerError> {
        const PATH: &str = "/cumulative-latencies";
        let answers = self.call_each(self.to_each(|_| true, None), PATH, CALL_LIMIT, Loss::IsToldLater)?;
        if answers.len() < self.members.len() {
            // What the periods told holds the part of a worker that is lost, or has failed, as well.
            return Ok(self.so_far.clone());
        }
        let mut latencies = LatencySet::empty();
        for answer in answers {
            let part: CumulativeLatencies = answer.read(&self.members, PATH)?;
            let texts = [&part.publish_latency, &part.publish_delay_latency, &part.end_to_end_latency];
            self.add_histograms(&answer, PATH, texts, &mut latencies)?;
        }
        Ok(latencies)
    }

    /// The measurement begins. Java's counters go on: what was counted before is subtracted here.
    pub(super) fn reset(&mut self, boundary_ns: u64) -> Result<(), WorkerError> {
        self.post(|_| true, "/reset-stats", CALL_LIMIT)?;
        for ReportedTotals { totals, cut_ns, from } in self.members.iter_mut().map(|member| &mut member.told) {
            *from = (*totals, *cut_ns);
        }
        self.so_far = LatencySet::empty();
        self.period_from_ns = boundary_ns;
        Ok(())
    }

    fn add_histograms(
        &self,
        answer: &OmbResponse,
        path: &str,
        texts: [&String; 3],
        latencies: &mut LatencySet,
    ) -> Result<(), WorkerError> {
        let families = [Latency::AcknowledgeActual, Latency::PublishDelay, Latency::EndToEndActual];
        for (family, text) in families.into_iter().zip(texts) {
            let histogram = decode(text).map_err(|why| {
                let url = &self.members[answer.member].peer.url;
                WorkerError::Workers(format!(
                    "{url}: cannot understand {} of its answer to {path}: {why}",
                    family.name()
                ))
            })?;
            latencies.by_family[family as usize].add(&Distribution::of_omb_us(&histogram));
        }
        Ok(())
    }
}

/// A worker's counters since its load began. Messages by its totals: those of periods hold probes, which came before
/// the load.
fn totals(counts: OmbTotals, probes: OmbTotals, before: &Counters, part: &OnWire, is_omb: bool) -> Counters {
    let mut totals = Counters::default();
    totals[Counter::MessagesAcknowledged] = counts.sent.saturating_sub(probes.sent);
    totals[Counter::MessagesFailed] = counts.failed.saturating_sub(probes.failed);
    totals[Counter::MessagesReceived] = counts.received.saturating_sub(probes.received);
    totals[Counter::MessagesUnstamped] = totals[Counter::MessagesReceived];
    totals[Counter::BytesAcknowledged] = before[Counter::BytesAcknowledged] + part.bytes_sent;
    // The probes stand in the first period; producers do not count their bytes.
    let first = before[Counter::BytesReceived] == 0;
    let of_probes = if is_omb && first { PROBE_BYTES * probes.received } else { 0 };
    totals[Counter::BytesReceived] = before[Counter::BytesReceived] + part.bytes_received.saturating_sub(of_probes);
    totals
}
