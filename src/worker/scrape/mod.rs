//! Metrics pages of brokers and their hosts, read beside a run: one thread a page in the supervisor, on the
//! supervisor's CPUs; drains and
//! clients know nothing of it.
//!
//! `target` is whom to ask, `page` reads what comes, `keep` chooses, `told` holds it. What cannot be read is
//! counted, and no run ends for it.

mod keep;
mod page;
mod target;
mod target_history;

pub use keep::KeepPattern;
pub use target::ScrapeTarget;
#[cfg(test)]
pub use target_history::ScrapedSeries;
pub use target_history::ScrapedTarget;

use crate::os::affinity::{CpuSet, pin_current_thread};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use keep::SeriesFilter;
use page::ScrapedPage;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use target_history::TargetHistory;
use ureq::Agent;

/// Between the beginnings of two reads of a page.
pub const SCRAPE_EVERY: Duration = Duration::from_secs(5);
/// How long a read may take.
const DEADLINE: Duration = Duration::from_secs(4);
/// Largest page.
const MOST_PAGE_BYTES: u64 = 64 << 20;

/// Reads pages until it is dropped.
#[derive(Debug)]
pub struct Scraper {
    board: ScrapeBoard,
    /// Closed when this is dropped: the threads end then.
    _going_on: Sender<()>,
    /// Hears of each target's first read.
    first: Receiver<()>,
}

/// What was read so far. Clones share it.
#[derive(Debug, Clone)]
pub struct ScrapeBoard(Arc<Vec<Mutex<TargetHistory>>>);

impl Scraper {
    /// Begins to read these pages, on these CPUs (none: wherever the kernel likes). Without patterns the defaults
    /// are kept.
    pub fn begin(targets: &[ScrapeTarget], patterns: &[KeepPattern], cpus: &CpuSet) -> Self {
        let board = ScrapeBoard(Arc::new(
            targets.iter().cloned().map(|target| Mutex::new(TargetHistory::new(target))).collect(),
        ));
        let (going_on, stop) = bounded(0);
        let (read, first) = bounded(targets.len());
        let kept = SeriesFilter::of(patterns);
        for place in 0..targets.len() {
            let reader = PageReader {
                board: board.clone(),
                place,
                kept: kept.clone(),
                cpus: cpus.clone(),
                stop: stop.clone(),
                first: Some(read.clone()),
            };
            let started = std::thread::Builder::new().name(format!("scrape-{place}")).spawn(move || reader.run());
            if let Err(error) = started {
                board.gathered(place).failed(format!("no thread for it: {error}"));
            }
        }
        Self { board, _going_on: going_on, first }
    }

    /// What is read, now and later.
    pub fn board(&self) -> ScrapeBoard {
        self.board.clone()
    }

    /// Waits until each page was read once, or could not be; then what is wrong with them, in words.
    pub fn first_complaints(&self) -> Vec<String> {
        let limit = Instant::now() + DEADLINE + Duration::from_secs(1);
        for _ in 0..self.board.0.len() {
            if self.first.recv_deadline(limit).is_err() {
                break;
            }
        }
        self.board.complaints()
    }
}

impl ScrapeBoard {
    fn gathered(&self, place: usize) -> MutexGuard<'_, TargetHistory> {
        // Each change is whole before the next begins.
        self.0[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything so far, times since `epoch_wall_ns` (Unix time of the load's beginning, ns).
    pub fn told(&self, epoch_wall_ns: i128) -> Vec<ScrapedTarget> {
        (0..self.0.len()).map(|place| self.gathered(place).told(epoch_wall_ns)).collect()
    }

    /// What is wrong with the pages so far.
    pub fn complaints(&self) -> Vec<String> {
        (0..self.0.len()).filter_map(|place| self.gathered(place).complaint()).collect()
    }
}

/// The thread of one page.
struct PageReader {
    board: ScrapeBoard,
    place: usize,
    kept: SeriesFilter,
    cpus: CpuSet,
    stop: Receiver<()>,
    first: Option<Sender<()>>,
}

impl PageReader {
    fn run(mut self) {
        if !self.cpus.is_empty() {
            // Where that is not allowed the kernel decides; pages are read all the same.
            let _ = pin_current_thread(&self.cpus);
        }
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(DEADLINE))
            .user_agent(concat!("pinload/", env!("CARGO_PKG_VERSION")))
            // Brokers are where the user says, not behind what a shell's http_proxy says.
            .proxy(None)
            .build()
            .into();
        let url = self.board.gathered(self.place).target.url.clone();
        let mut next = Instant::now();
        loop {
            let begun = SystemTime::now();
            let page = fetch(&agent, &url).and_then(|text| ScrapedPage::parse(&text));
            let took = begun.elapsed().unwrap_or_default();
            match page {
                Ok(page) => self.board.gathered(self.place).take(&page, &self.kept, begun + took / 2),
                Err(why) => self.board.gathered(self.place).failed(why),
            }
            if let Some(first) = self.first.take() {
                // Nobody may be waiting for it.
                let _ = first.try_send(());
            }
            next = (next + SCRAPE_EVERY).max(Instant::now());
            if self.stop.recv_deadline(next) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}

fn fetch(agent: &Agent, url: &str) -> Result<String, String> {
    let told = |error: ureq::Error| match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", DEADLINE.as_secs()),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    let mut answer = agent.get(url).header("accept", "text/plain;version=0.0.4").call().map_err(told)?;
    if answer.status().as_u16() != 200 {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    answer.body_mut().with_config().limit(MOST_PAGE_BYTES).read_to_string().map_err(told)
}

#[cfg(test)]
mod tests;
