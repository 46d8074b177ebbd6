//! Slots → periods: the only reader of the rings.

use super::LocalWorker;
use super::history::RowDifference;
use crate::caveat::Caveat;
use crate::plan::{ClientPlan, Plan};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::metrics::MetricsEndpoint;
use crate::worker::{ClientLive, FleetSecond, LatencySet, LiveCounters, PeriodStats, Rates, WorkerError};
use std::collections::BTreeMap;

/// How long a living client may take to publish the slot of a boundary before it counts as late: on a crowded machine
/// one may not get a CPU for a second.
const LATE_AFTER_NS: u64 = 2 * NS_PER_S;
/// The rings are read at least this often. They hold 32 slots of a second, so that even a wait that was not looked at
/// for 20 s loses none.
const DRAIN_EVERY_NS: u64 = 8 * NS_PER_S;
/// Between two looks for a missing slot.
const LOOK_EVERY_NS: u64 = 5_000_000;

/// What was acknowledged and not received yet. Topics without producers of ours have none: what they hold nobody has
/// counted.
#[derive(Debug, Default)]
pub(super) struct BacklogCount {
    pub(super) expected: u64,
    pub(super) received: u64,
}

impl BacklogCount {
    fn add(&mut self, plan: &Plan, client: &ClientPlan, counters: &Counters) {
        match client.role {
            Role::Producer => {
                let subscriptions = u64::from(plan.subscriptions_of(client.topic));
                self.expected += counters[Counter::MessagesAcknowledged] * subscriptions;
            }
            Role::Consumer if plan.producers_of(client.topic) > 0 => {
                self.received += counters[Counter::MessagesReceived];
            }
            Role::Consumer => {}
        }
    }

    fn messages(&self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
}

impl LocalWorker {
    /// Drains all rings once.
    pub(super) fn drain(&mut self) {
        let begun_ns = self.clock.now_ns();
        for client in &mut self.clients {
            let drained = client.end.drain();
            client.history.take(drained.slots, drained.lost, self.metrics.as_mut().map(MetricsEndpoint::recorded));
            client.moments.append(&mut client.end.drain_moments());
        }
        self.drain_ns += self.clock.now_ns().saturating_sub(begun_ns);
        self.drain_due_ns = begun_ns + DRAIN_EVERY_NS;
    }

    /// Drains until every living client has a slot for `boundary_ns`; returns how many have none in time.
    pub(super) fn drain_to(&mut self, boundary_ns: u64) -> u32 {
        let give_up_ns = self.clock.now_ns().max(boundary_ns) + LATE_AFTER_NS;
        loop {
            self.drain();
            let late = self
                .clients
                .iter_mut()
                // Who has died will not report; the wait that follows tells of it.
                .filter_map(|client| (!client.history.reaches(boundary_ns)).then(|| client.process.try_wait()))
                .filter(|ended| matches!(ended, Ok(None)))
                .count();
            let now_ns = self.clock.now_ns();
            if late == 0 || now_ns >= give_up_ns {
                return u32::try_from(late).unwrap_or(u32::MAX);
            }
            // Signals and deaths are noticed by the wait that follows; this one is bounded by LATE_AFTER_NS.
            self.clock.sleep_until(now_ns + LOOK_EVERY_NS);
        }
    }

    /// The period that ends at `boundary_ns`.
    pub(super) fn period(&mut self, boundary_ns: u64) -> Result<PeriodStats, WorkerError> {
        let late_clients = self.drain_to(boundary_ns);
        let mut backlog = BacklogCount::default();
        let (mut rates, mut since_reset) = (Rates::default(), Rates::default());
        let (mut counters, mut totals, mut latencies) = (Counters::default(), Counters::default(), LatencySet::empty());
        self.look_at_clients();
        let mut kept: BTreeMap<u64, LatencySet> = BTreeMap::new();
        let (epoch_ns, keep) = (self.epoch_ns, self.keep_seconds);
        let mut spans = Vec::with_capacity(self.clients.len());
        let mut moments = Vec::new();
        for client in &mut self.clients {
            if !client.history.reaches(boundary_ns) && client.exit.is_none() {
                client.note_late_report();
            }
            client.history.advance_telling(boundary_ns, |end_ns, latencies| {
                if keep {
                    // A slot is cut some ms after its second has ended.
                    let number = (end_ns.min(boundary_ns).saturating_sub(epoch_ns) / NS_PER_S).saturating_sub(1);
                    kept.entry(number).or_insert_with(LatencySet::empty).add_increments(&latencies());
                }
            });
            let difference = client.history.close_period();
            client.partitions.look(&client.end);
            let span = client.spans(&difference);
            moments.append(&mut client.tell_moments(epoch_ns, Some(&span.period)));
            spans.push(span);
            rates.add(&difference.counters, difference.span_ns);
            let (measured, span_ns) = client.history.counted();
            since_reset.add(&measured, span_ns);
            counters.add(&difference.counters);
            let total = client.history.totals();
            if let Some(plan) = &self.plan {
                backlog.add(plan, &client.plan, &total);
            }
            totals.add(&total);
            latencies.add_increments(&difference.latencies);
        }
        if latencies.is_of_create_times(&counters) {
            latencies.tell_whole_ms();
            kept.values_mut().for_each(LatencySet::tell_whole_ms);
        }
        let seconds = kept.into_iter().map(|(number, latencies)| FleetSecond { number, latencies }).collect();
        let start_ns = std::mem::replace(&mut self.period_from_ns, boundary_ns);
        let mut period = PeriodStats {
            expected_receipts: backlog.expected,
            receipts: backlog.received,
            backlog: backlog.messages(),
            counters,
            totals,
            latencies,
            since_reset,
            late_clients,
            seconds,
            clients: spans,
            moments,
            ..PeriodStats::empty(start_ns, boundary_ns)
        };
        period.set_rates(rates);
        Ok(period)
    }

    /// Baselines are set at `boundary_ns`.
    pub(super) fn begin_measurement(&mut self, boundary_ns: u64) {
        let late_clients = self.drain_to(boundary_ns);
        if late_clients > 0 {
            let text = format!(
                "{late_clients} client(s) did not report the end of the warm-up in time: some of it is in their part \
                 of the measurement"
            );
            self.warnings.push(Caveat::of_run("warm_up_reported_late", text));
        }
        for client in &mut self.clients {
            client.history.advance(boundary_ns);
            client.history.begin_measurement();
            client.partitions.begin(&client.end);
            client.moments.clear();
        }
        self.watch_from_here();
        self.period_from_ns = boundary_ns;
    }

    /// Latencies since the measurement began, all clients.
    pub(super) fn measured_latencies(&self) -> LatencySet {
        told(self.clients.iter().map(|client| client.history.measured()))
    }

    /// What is on its way to consumers, from live counters.
    pub(super) fn live_backlog(&self) -> BacklogCount {
        let mut backlog = BacklogCount::default();
        if let Some(plan) = &self.plan {
            self.clients.iter().for_each(|client| backlog.add(plan, &client.plan, &client.end.counters()));
        }
        backlog
    }

    /// For the live line.
    pub(super) fn newest_second(&mut self) -> LiveCounters {
        self.drain();
        let p99 = |role: Role| {
            let mut all = crate::stats::Distribution::empty();
            for second in self.of_role(role).filter_map(|client| client.history.last_second.as_ref()) {
                all.add_increment(second);
            }
            (all.count() > 0).then(|| all.percentile_ns(99.0))
        };
        let backlog = self.live_backlog();
        let clients = self.clients.iter().map(|client| ClientLive {
            worker: None,
            role: client.plan.role,
            index: client.plan.index,
            state: client.end.state(),
            cpu: client.plan.placement.hot_cpu,
            second: client.history.newest_second(),
        });
        LiveCounters {
            clients: clients.collect(),
            counters: self.live_counters(),
            expected_receipts: backlog.expected,
            receipts: backlog.received,
            acknowledge_p99_ns: p99(Role::Producer),
            end_to_end_p99_ns: p99(Role::Consumer),
        }
    }
}

/// The latencies of all these, in the unit that they were measured in.
pub(super) fn told(differences: impl IntoIterator<Item = RowDifference>) -> LatencySet {
    let (mut all, mut counters) = (LatencySet::empty(), Counters::default());
    for difference in differences {
        all.add_increments(&difference.latencies);
        counters.add(&difference.counters);
    }
    if all.is_of_create_times(&counters) {
        all.tell_whole_ms();
    }
    all
}
