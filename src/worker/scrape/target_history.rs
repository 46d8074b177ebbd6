//! What was read of one page: a row each time, in memory that is bounded however long a run takes.

use super::ScrapeTarget;
use super::keep::SeriesFilter;
use super::page::ScrapedPage;
use crate::stats::ageing::RowAging;
use crate::units::counted;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Series of one page that are kept.
const MOST_SERIES: usize = 200;
/// Rows that are kept one by one (of 5 s: 2 h 46 min), and rows of older ones.
const NEWEST_ROWS: usize = 2_000;
const OLD_ROWS: usize = 1_000;
/// Rows from so long before the load are told: a rate needs one before it.
const BEFORE_LOAD_S: f64 = -6.0;

/// What one page told, for results.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize)]
pub struct ScrapedTarget {
    /// What the page is called.
    pub scrape_name: String,
    /// Where it is.
    pub scrape_url: String,
    /// Reads that brought a page.
    #[schemars(extend("unit" = "reads"))]
    pub reads: u64,
    /// Reads that brought none: no answer within 4 s, another status than 200, no metrics.
    #[schemars(extend("unit" = "reads"))]
    pub reads_failed: u64,
    /// Why the last of them failed; null: none did.
    pub last_failure: Option<String>,
    /// Series on the newest page.
    #[schemars(extend("unit" = "series"))]
    pub series_found: usize,
    /// Series that were to be kept, beyond the 200 that a page may have.
    #[schemars(extend("unit" = "series"))]
    pub series_left_out: usize,
    /// When each row was read, by the wall clock: the middle of the read.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    pub at_s: Vec<f64>,
    /// The series that --scrape-keep names, or the defaults, as columns over at_s.
    pub series: Vec<ScrapedSeries>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct ScrapedSeries {
    /// As the page calls it, with its labels.
    pub series_name: String,
    /// True: it is a counter, its rate is drawn; false: a gauge, of which old rows keep the largest value.
    pub counts_up: bool,
    /// Its value in each row; null: the page did not have it, or it was no number.
    pub series_values: Vec<Option<f64>>,
}

#[derive(Debug)]
pub(super) struct TargetHistory {
    pub(super) target: ScrapeTarget,
    reads: u64,
    failed: u64,
    last_failure: Option<String>,
    found: usize,
    left_out: usize,
    /// Name, and whether it counts up.
    series: Vec<(String, bool)>,
    place_of: HashMap<String, usize>,
    rows: Vec<ScrapedRow>,
    ageing: RowAging,
}

#[derive(Debug)]
struct ScrapedRow {
    wall_ns: i128,
    values: Vec<Option<f64>>,
}

impl TargetHistory {
    pub(super) fn new(target: ScrapeTarget) -> Self {
        Self {
            target,
            reads: 0,
            failed: 0,
            last_failure: None,
            found: 0,
            left_out: 0,
            series: Vec::new(),
            place_of: HashMap::new(),
            rows: Vec::new(),
            ageing: RowAging::new(NEWEST_ROWS, OLD_ROWS),
        }
    }

    pub(super) fn failed(&mut self, why: String) {
        self.failed += 1;
        self.last_failure = Some(why);
    }

    pub(super) fn take(&mut self, page: &ScrapedPage, kept: &SeriesFilter, at: SystemTime) {
        self.reads += 1;
        self.found = page.samples.len();
        self.left_out = 0;
        let mut values = vec![None; self.series.len()];
        for sample in page.samples.iter().filter(|sample| kept.keeps(sample.name(), &sample.series)) {
            let place = match self.place_of.get(&sample.series) {
                Some(place) => *place,
                None if self.series.len() < MOST_SERIES => {
                    self.place_of.insert(sample.series.clone(), self.series.len());
                    self.series.push((sample.series.clone(), page.counts_up(sample)));
                    values.push(None);
                    self.series.len() - 1
                }
                None => {
                    self.left_out += 1;
                    continue;
                }
            };
            values[place] = Some(sample.value).filter(|value| value.is_finite());
        }
        let since_unix = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        self.rows.push(ScrapedRow { wall_ns: i128::try_from(since_unix.as_nanos()).unwrap_or(0), values });
        let series = &self.series;
        self.ageing.age(&mut self.rows, |row, later| row.join(later, series));
    }

    pub(super) fn told(&self, epoch_wall_ns: i128) -> ScrapedTarget {
        let at_s = |row: &&ScrapedRow| (row.wall_ns - epoch_wall_ns) as f64 / 1e9;
        let rows: Vec<&ScrapedRow> = self.rows.iter().filter(|row| at_s(row) >= BEFORE_LOAD_S).collect();
        let series = self.series.iter().enumerate().map(|(place, (name, counts_up))| ScrapedSeries {
            series_name: name.clone(),
            counts_up: *counts_up,
            series_values: rows.iter().map(|row| row.values.get(place).copied().flatten()).collect(),
        });
        ScrapedTarget {
            scrape_name: self.target.name.clone(),
            scrape_url: self.target.url.clone(),
            reads: self.reads,
            reads_failed: self.failed,
            last_failure: self.last_failure.clone(),
            series_found: self.found,
            series_left_out: self.left_out,
            // To the ms: reads take longer.
            at_s: rows.iter().map(|row| (at_s(row) * 1e3).round() / 1e3).collect(),
            series: series.collect(),
        }
    }

    /// What somebody who wants these figures must know; None: nothing.
    pub(super) fn complaint(&self) -> Option<String> {
        let ScrapeTarget { name, url } = &self.target;
        let why = self.last_failure.as_deref().unwrap_or("nothing was read");
        if self.reads == 0 {
            return Some(format!("--scrape {name}: nothing could be read from {url}: {why}"));
        }
        if self.failed > 0 {
            let all = counted(self.reads + self.failed, "read");
            return Some(format!("--scrape {name}: {} of {all} of {url} failed, the last: {why}", self.failed));
        }
        if self.series.is_empty() {
            let found = counted(self.found, "metric");
            return Some(format!("--scrape {name}: none of {found} of {url} is kept: name some with --scrape-keep"));
        }
        (self.left_out > 0).then(|| {
            format!(
                "--scrape {name}: {} series are kept, {} had no room: name fewer with --scrape-keep",
                self.series.len(),
                self.left_out
            )
        })
    }
}

impl ScrapedRow {
    /// Both rows as one: what counts up by its later value, other figures by the larger one.
    fn join(&mut self, later: Self, series: &[(String, bool)]) {
        let Self { wall_ns, values } = later;
        self.wall_ns = wall_ns;
        self.values.resize(values.len().max(self.values.len()), None);
        for ((mine, theirs), (_, counts_up)) in self.values.iter_mut().zip(values).zip(series) {
            *mine = match (*mine, theirs) {
                (Some(mine), Some(theirs)) if !counts_up => Some(mine.max(theirs)),
                (mine, theirs) => theirs.or(mine),
            };
        }
    }
}
