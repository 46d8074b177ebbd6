//! What the metrics page tells of clients on this host, and where its scrapes are answered: in the wait.

use super::LocalWorker;
use crate::telemetry::Role;
use crate::worker::metrics::ledger::Present;
use crate::worker::metrics::{MetricsEndpoint, Scrape};

impl LocalWorker {
    /// Answers scrapes from now on.
    pub fn serve_metrics(&mut self, mut desk: MetricsEndpoint) {
        desk.begin_run();
        self.scrapes = desk.scrapes();
        self.metrics = Some(desk);
    }

    /// The run is over: what its clients counted goes to the desk, which the next run takes.
    pub fn leave_metrics(&mut self) -> Option<MetricsEndpoint> {
        let last = self.present();
        self.scrapes = crossbeam_channel::never();
        let mut desk = self.metrics.take()?;
        desk.end_run(&last);
        Some(desk)
    }

    /// Answers a scrape with the figures of now: counters as they are, latencies as of the last second.
    pub fn answer_scrape(&mut self, scrape: Scrape) {
        self.drain();
        let present = self.present();
        if let Some(desk) = &self.metrics {
            desk.answer(scrape, &present);
        }
    }

    pub(super) fn roll_metrics(&mut self) {
        if self.metrics.as_ref().is_some_and(MetricsEndpoint::roll_is_due) {
            self.drain();
            self.metrics.iter_mut().for_each(MetricsEndpoint::roll);
        }
    }

    fn present(&self) -> Present {
        let mut present =
            Present { active: !self.closed, died: self.deaths, drain_ns: self.drain_ns, ..Present::default() };
        for client in &self.clients {
            present.counters.add(client.plan.role, &client.last_counters());
            present.slots_lost += client.history.slots_lost;
            if client.exit.is_none() {
                present.living[usize::from(client.plan.role == Role::Consumer)] += 1;
            }
        }
        // A run that grows by calls is OMB's: only its coordinator knows who should receive what.
        if self.growing.is_none() && !self.closed {
            let backlog = self.live_backlog();
            present.receipts = Some((backlog.expected, backlog.received));
        }
        present
    }
}
