//! Periods and latencies. OMB's workers cut a period when they are asked: rates divide each worker's counts by the time
//! since it was asked before, and the first period begins with the load.

use super::{OmbCounts, OmbMember, OmbProtocol, OmbWorkers};
use crate::stats::{Counter, Counters, Distribution, Latency};
use crate::worker::fleet::FleetError;
use crate::worker::fleet::calls::{FleetAnswer, Loss};
use crate::worker::fleet::protocol::{FleetFigures, FleetProtocol};
use crate::worker::wire::omb::{CumulativeLatencies, PeriodStats as OnWire, decode};
use crate::worker::{CountersStats, LatencySet, LiveCounters, PeriodStats, Rates, WorkerError};

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

impl FleetFigures for OmbProtocol {
    fn live(fleet: &mut OmbWorkers) -> Result<LiveCounters, WorkerError> {
        let CountersStats { expected_receipts, receipts, .. } = Self::counters_stats(fleet)?;
        Ok(LiveCounters {
            counters: fleet.totals(),
            expected_receipts,
            receipts,
            acknowledge_p99_ns: None,
            end_to_end_p99_ns: None,
            clients: Vec::new(),
        })
    }

    fn counters_stats(fleet: &mut OmbWorkers) -> Result<CountersStats, WorkerError> {
        fleet.look()?;
        fleet.stats()
    }

    /// What each worker has to say of the period that ends now. Of one that is lost its totals stay.
    fn periods(fleet: &mut OmbWorkers, _boundary_ns: u64) -> Result<Vec<PeriodStats>, WorkerError> {
        const VERB: &str = "period-stats";
        let requests = fleet.to_each(|_| true, None);
        let answers = fleet.ask_each(requests, VERB, Self::CALL_LIMIT, Loss::IsToldLater)?;
        let mut parts: Vec<PeriodStats> = fleet.members.iter().map(|_| PeriodStats::empty(0, 0)).collect();
        for FleetAnswer { member: number, asked_ns, value } in answers {
            let OnWire { publish_latency, publish_delay_latency, end_to_end_latency, .. } = &value;
            let texts = [publish_latency, publish_delay_latency, end_to_end_latency];
            let part = &mut parts[number];
            part.latencies = fleet.histograms(number, VERB, texts)?;
            let member = &mut fleet.members[number];
            let (known, is_omb) = (&mut member.known, member.hello.is_none());
            known.counts = OmbCounts {
                messages_sent: value.total_messages_sent,
                messages_received: value.total_messages_received,
                message_send_errors: value.total_message_send_errors,
            };
            let totals = totals(known, &value, is_omb);
            let reported = &mut known.reported;
            part.counters = totals.since(&reported.totals);
            let mut rates = Rates::default();
            rates.add(&part.counters, asked_ns.saturating_sub(reported.cut_ns));
            part.set_rates(rates);
            let (from, from_ns) = &reported.from;
            part.since_reset.add(&totals.since(from), asked_ns.saturating_sub(*from_ns));
            (reported.totals, reported.cut_ns) = (totals, asked_ns);
        }
        let subscriptions = u64::from(fleet.plan()?.subscriptions_of(0));
        for (part, member) in parts.iter_mut().zip(&fleet.members) {
            let messages = member.known.messages();
            part.totals = member.known.totals();
            part.expected_receipts = messages.messages_sent * subscriptions;
            part.receipts = messages.messages_received;
        }
        parts.iter().for_each(|part| fleet.protocol.so_far.add(&part.latencies.by_family));
        Ok(parts)
    }

    /// The latencies of a whole phase, which the workers forget when they have told them.
    fn cumulative_latencies(fleet: &mut OmbWorkers) -> Result<LatencySet, WorkerError> {
        const VERB: &str = "cumulative-latencies";
        let requests = fleet.to_each(|_| true, None);
        let answers = fleet.ask_each(requests, VERB, Self::CALL_LIMIT, Loss::IsToldLater)?;
        if answers.len() < fleet.members.len() {
            // What the periods told holds the part of a worker that is lost, or has failed, as well.
            return Ok(fleet.protocol.so_far.clone());
        }
        let mut latencies = LatencySet::empty();
        for FleetAnswer { member, value, .. } in answers {
            let CumulativeLatencies { publish_latency, publish_delay_latency, end_to_end_latency } = &value;
            let texts = [publish_latency, publish_delay_latency, end_to_end_latency];
            latencies.add(&fleet.histograms(member, VERB, texts)?.by_family);
        }
        Ok(latencies)
    }

    fn latencies_so_far(fleet: &mut OmbWorkers) -> Result<LatencySet, WorkerError> {
        Ok(fleet.protocol.so_far.clone())
    }

    /// The measurement begins. Java's counters go on: what was counted before is subtracted here.
    fn reset(fleet: &mut OmbWorkers, _boundary_ns: u64) -> Result<(), WorkerError> {
        let requests = fleet.to_each(|_| true, Some(Vec::new()));
        fleet.call_each(requests, "reset-stats", Self::CALL_LIMIT, Loss::Fails)?;
        for member in &mut fleet.members {
            let ReportedTotals { totals, cut_ns, from } = &mut member.known.reported;
            *from = (*totals, *cut_ns);
        }
        fleet.protocol.so_far = LatencySet::empty();
        Ok(())
    }
}

impl OmbWorkers {
    /// The three histograms of a worker's answer.
    fn histograms(&self, member: usize, verb: &str, texts: [&String; 3]) -> Result<LatencySet, WorkerError> {
        let mut latencies = LatencySet::empty();
        let families = [Latency::AcknowledgeActual, Latency::PublishDelay, Latency::EndToEndActual];
        for (family, text) in families.into_iter().zip(texts) {
            let histogram = decode(text).map_err(|source| {
                let worker = self.members[member].peer.url.clone();
                FleetError::Figure { worker, verb: verb.to_owned(), figure: family.name(), source: source.into() }
            })?;
            latencies.by_family[family as usize].add(&Distribution::of_omb_us(&histogram));
        }
        Ok(latencies)
    }
}

/// A worker's counters since its load began. Messages by its totals: those of periods hold probes, which came before
/// the load.
fn totals(known: &OmbMember, part: &OnWire, is_omb: bool) -> Counters {
    let (messages, before) = (known.messages(), &known.reported.totals);
    let mut totals = Counters::default();
    totals[Counter::MessagesAcknowledged] = messages.messages_sent;
    totals[Counter::MessagesFailed] = messages.message_send_errors;
    totals[Counter::MessagesReceived] = messages.messages_received;
    totals[Counter::MessagesUnstamped] = messages.messages_received;
    totals[Counter::BytesAcknowledged] = before[Counter::BytesAcknowledged] + part.bytes_sent;
    // The probes stand in the first period; producers do not count their bytes.
    let first = before[Counter::BytesReceived] == 0;
    let of_probes = if is_omb && first { PROBE_BYTES * known.probes.messages_received } else { 0 };
    totals[Counter::BytesReceived] = before[Counter::BytesReceived] + part.bytes_received.saturating_sub(of_probes);
    totals
}
