//! The metrics page: OMB's names and our own, in Prometheus' text format.
//!
//! The server's thread hands each scrape to the main thread, which answers it wherever it waits: between calls, in the
//! middle of a verb, or in the middle of a local run. `ledger` keeps what is told, `omb` and `own` name it,
//! `exposition` writes it.

pub mod exposition;
pub mod ledger;
mod omb;
mod own;
mod trust_slate;

pub use trust_slate::TrustSlate;

use crossbeam_channel::Receiver;
use exposition::MetricsPage;
use ledger::{MetricLedger, Present, Recorded};
use std::time::Instant;

/// One scrape: the page goes back through it.
#[derive(Debug)]
pub struct Scrape(pub tokio::sync::oneshot::Sender<String>);

/// Where scrapes are answered. It passes from worker to worker, and with it everything that was counted.
#[derive(Debug)]
pub struct MetricsEndpoint {
    scrapes: Receiver<Scrape>,
    ledger: MetricLedger,
    whose: TrustSlate,
    /// All clients of a run are this process's own.
    whole: bool,
}

impl MetricsEndpoint {
    /// Answers what comes through `scrapes`. `whole`: all clients of a run are on this host, so their backlog is the
    /// run's.
    pub fn new(scrapes: Receiver<Scrape>, whole: bool) -> Self {
        Self { scrapes, ledger: MetricLedger::new(Instant::now()), whose: TrustSlate::default(), whole }
    }

    /// Where it is told how far the latencies are the broker's own.
    pub fn whose(&self) -> TrustSlate {
        self.whose.clone()
    }

    /// Scrapes as they come.
    pub fn scrapes(&self) -> Receiver<Scrape> {
        self.scrapes.clone()
    }

    /// Latencies of all clients; slots are added as they are read.
    pub fn recorded(&mut self) -> &mut Recorded {
        &mut self.ledger.recorded
    }

    /// A run begins.
    pub fn begin_run(&mut self) {
        self.ledger.begin_run();
        self.whose.tell(Vec::new());
    }

    /// A run is over, and these were its clients.
    pub fn end_run(&mut self, last: &Present) {
        self.ledger.end_run(last);
    }

    /// Is a minute over, so that `roll` is to be called once all slots have been read?
    pub fn roll_is_due(&self) -> bool {
        self.ledger.roll_is_due(Instant::now())
    }

    /// The next minute begins.
    pub fn roll(&mut self) {
        self.ledger.roll(Instant::now());
    }

    /// Answers a scrape with the clients of now.
    pub fn answer(&self, scrape: Scrape, present: &Present) {
        // Whoever asked may be gone.
        let _ = scrape.0.send(self.page(present));
    }

    fn page(&self, present: &Present) -> String {
        let totals = self.ledger.totals(present);
        let mut page = MetricsPage::default();
        omb::write(&mut page, &totals);
        own::write(&mut page, &totals, self.whole);
        self.whose.write(&mut page);
        page.text()
    }
}

#[cfg(test)]
mod tests;
