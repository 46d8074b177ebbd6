//! What pinload's workers report while the load goes on.

use super::{PinloadProtocol, PinloadWorkers};
use crate::stats::Counters;
use crate::worker::fleet::calls::{FleetAnswer, Loss, json};
use crate::worker::fleet::protocol::{FleetFigures, FleetProtocol};
use crate::worker::wire::pinload::Boundary;
use crate::worker::{ClientLive, LatencySet, LiveCounters, PeriodStats, SubscriptionBalance, WorkerError, balances};
use serde::de::DeserializeOwned;

impl FleetFigures for PinloadProtocol {
    fn live(fleet: &mut PinloadWorkers) -> Result<LiveCounters, WorkerError> {
        let mut all = LiveCounters {
            counters: Counters::default(),
            expected_receipts: 0,
            receipts: 0,
            acknowledge_p99_ns: None,
            end_to_end_p99_ns: None,
            clients: Vec::new(),
        };
        for FleetAnswer { member, value: part, .. } in fleet.ask_of_living::<LiveCounters>("live", None)? {
            let LiveCounters { counters, expected_receipts, receipts, acknowledge_p99_ns, end_to_end_p99_ns, clients } =
                part;
            all.counters.add(&counters);
            all.expected_receipts += expected_receipts;
            all.receipts += receipts;
            // The worst host's: a line for people, which needs no histograms on the way.
            all.acknowledge_p99_ns = all.acknowledge_p99_ns.max(acknowledge_p99_ns);
            all.end_to_end_p99_ns = all.end_to_end_p99_ns.max(end_to_end_p99_ns);
            let worker = &fleet.members[member].peer.url;
            all.clients.extend(clients.into_iter().map(|one| ClientLive { worker: Some(worker.clone()), ..one }));
        }
        Ok(all)
    }

    fn periods(fleet: &mut PinloadWorkers, boundary_ns: u64) -> Result<Vec<PeriodStats>, WorkerError> {
        let boundary = fleet.boundary(boundary_ns)?;
        let parts = fleet.ask_of_living::<PeriodStats>("period-stats", Some(boundary))?;
        // What is known of clients when their worker is lost later.
        for FleetAnswer { member, value, .. } in fleet.ask_of_living("standings", None)? {
            fleet.members[member].known.statuses = value;
        }
        Ok(parts.into_iter().map(|part| part.value).collect())
    }

    fn cumulative_latencies(fleet: &mut PinloadWorkers) -> Result<LatencySet, WorkerError> {
        let parts = fleet.ask_of_living::<LatencySet>("cumulative-latencies", None)?;
        let mut all = LatencySet::empty();
        parts.iter().for_each(|part| all.add(&part.value.by_family));
        Ok(all)
    }

    fn reset(fleet: &mut PinloadWorkers, boundary_ns: u64) -> Result<(), WorkerError> {
        let boundary = fleet.boundary(boundary_ns)?;
        let requests = fleet.to_each(|member| !member.clients.is_empty(), Some(boundary));
        fleet.call_each(requests, "reset-stats", Self::CALL_LIMIT, Loss::Fails).map(drop)
    }

    fn balances(fleet: &PinloadWorkers) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        Ok(balances::balance_all(fleet.plan()?, &fleet.last_statuses()))
    }
}

impl PinloadWorkers {
    /// GET, or POST of a body, of every living member with clients; what the others say counts when one is lost.
    fn ask_of_living<T: DeserializeOwned>(
        &mut self,
        verb: &'static str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<FleetAnswer<T>>, WorkerError> {
        let requests = self.to_each(|member| !member.clients.is_empty(), body);
        self.ask_each(requests, verb, PinloadProtocol::CALL_LIMIT, Loss::IsToldLater)
    }

    fn boundary(&self, boundary_ns: u64) -> Result<Vec<u8>, WorkerError> {
        json(&Boundary { offset_ns: boundary_ns.saturating_sub(self.epoch_ns) })
    }
}
