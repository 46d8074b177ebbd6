//! The result files on disk: checked before the run, rewritten whole after each period, never half written.
//!
//! Both documents are first written to temporary files in the same folder and forced to disk; only then do both take
//! the place of the ones before. A crash or a full disk at any moment leaves the last pair as it was. Temporary files
//! go when an error happens; only a kill in the middle of a write can leave one (`.pinload-….tmp`).

mod folder;

use super::WriteError;
use super::detail::DetailDocument;
use super::detail::periods::PeriodDetail;
use super::floor::FloorStanding;
use super::hlog::Hlog;
use super::omb::{OmbPeriod, OmbResult};
use super::origin::{Origin, local};
use super::spread::PeriodValues;
use super::{java_json, names};
use crate::plan::Plan;
use crate::stats::ageing::RowAging;
use crate::verdict::Verdict;
use crate::verdict::goals::{GoalResult, GoalWatch};
use crate::worker::scrape::{ScrapeBoard, ScrapedTarget};
use crate::workload_generator::RunResult;
use folder::{folder_of, regular_file, sync_folder, temporary_in};
use serde::Serialize;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::NamedTempFile;

/// Periods that the detail file has one by one (of 10 s: 2 h 46 min), and rows of older ones.
const NEWEST_PERIODS: usize = 1_000;
const OLD_PERIODS: usize = 1_000;

/// The two files of one run: OMB's document, and the detail document beside it.
#[derive(Debug)]
pub struct ResultFiles {
    folder: PathBuf,
    main: PathBuf,
    /// The name without ending, while it is not taken: a default name never replaces a file that is there already.
    unclaimed_stem: Option<String>,
    origin: Origin,
    omb_periods: Vec<OmbPeriod>,
    /// Old ones are joined: see `detail_ageing`.
    detail_periods: Vec<PeriodDetail>,
    detail_ageing: RowAging,
    /// On each period, none joined.
    verdicts: Vec<Verdict>,
    /// End of the last period that was taken over, ns.
    taken_until_ns: u64,
    /// HdrHistogram's log, where one is wanted.
    hlog: Option<Hlog>,
    /// What is known of the floor.
    floor: FloorStanding,
    /// Sees each period before its histograms go.
    goals: GoalWatch,
    /// CPU time of this process when it was last looked at, ns; None: the measurement has not begun.
    own_cpu_ns: Option<u64>,
    /// What is read of brokers and hosts meanwhile.
    scrapes: Option<ScrapeBoard>,
    /// Fills a temporary file; another function in tests, to let it fail.
    pub(super) fill: fn(&mut File, &[u8]) -> io::Result<()>,
}

impl ResultFiles {
    /// Decides the names and tries the folder, before anything runs.
    ///
    /// `output` is the main file, verbatim, and may replace an older one; without it the file stands in `output_dir`
    /// and is called `<workload file>-<driver>-<yyyy-MM-dd-HH-mm-ss>.json` in the local zone.
    pub fn new(
        plan: &Plan,
        output: Option<&Path>,
        output_dir: &Path,
        started_at: SystemTime,
        command_line: &[String],
    ) -> Result<Self, WriteError> {
        let (folder, main, unclaimed_stem) = match output {
            Some(output) => {
                let main = regular_file(output)?;
                (folder_of(&main), main, None)
            }
            None => {
                let stem = names::stem(&plan.workload_file_base, &plan.driver_name, &local(started_at));
                (output_dir.to_owned(), names::first_free(output_dir, &stem), Some(stem))
            }
        };
        temporary_in(&folder).map_err(WriteError::at("write into the folder", &folder))?;
        Ok(Self {
            folder,
            main,
            unclaimed_stem,
            origin: Origin::capture(started_at, command_line, Path::new("/")),
            omb_periods: Vec::new(),
            detail_periods: Vec::new(),
            detail_ageing: RowAging::new(NEWEST_PERIODS, OLD_PERIODS),
            verdicts: Vec::new(),
            taken_until_ns: 0,
            hlog: None,
            floor: FloorStanding::None,
            goals: GoalWatch::new(plan),
            own_cpu_ns: None,
            scrapes: None,
            fill: |file, bytes| file.write_all(bytes),
        })
    }

    /// The same with HdrHistogram's log beside them.
    #[must_use]
    pub fn with_hlog(self, wanted: bool) -> Self {
        Self { hlog: wanted.then(Hlog::default), ..self }
    }

    /// The same with what is known of the floor.
    #[must_use]
    pub fn with_floor(self, floor: FloorStanding) -> Self {
        Self { floor, ..self }
    }

    /// How sure the figures are, from the periods so far.
    pub fn spread_lines(&self) -> Vec<String> {
        PeriodValues::of(self.detail_periods.iter().map(PeriodDetail::compared)).lines()
    }

    /// The same with what is read of brokers and hosts meanwhile.
    #[must_use]
    pub fn with_scrapes(self, scrapes: Option<ScrapeBoard>) -> Self {
        Self { scrapes, ..self }
    }

    /// The measurement begins: from here on periods tell the CPU time of this process.
    pub fn measurement_begins(&mut self) {
        self.own_cpu_ns = Some(own_cpu_ns());
    }

    /// CPU time of this process since the last look.
    fn cpu_since_last_look_ns(&mut self) -> Option<u64> {
        let before_ns = self.own_cpu_ns?;
        let now_ns = own_cpu_ns();
        self.own_cpu_ns = Some(now_ns);
        Some(now_ns.saturating_sub(before_ns))
    }

    /// Where HdrHistogram's log is, if there is one; final after the first write.
    pub fn hlog_path(&self) -> Option<PathBuf> {
        self.hlog.as_ref().map(|_| names::hlog_beside(&self.main))
    }

    /// The main file and the detail file. With a default name they are final after the first write.
    pub fn paths(&self) -> (PathBuf, PathBuf) {
        (self.main.clone(), names::detail_beside(&self.main))
    }

    /// The verdicts on the periods that were written.
    pub fn period_verdicts(&self) -> Vec<Verdict> {
        self.verdicts.clone()
    }

    /// What became of the goals, judged on all periods that were written.
    pub fn goal_results(&self, result: &RunResult<'_>) -> Vec<GoalResult> {
        self.goals.judge(result, &self.verdicts)
    }

    /// Rewrites both files from what the result holds now.
    pub fn write(&mut self, result: &RunResult<'_>) -> Result<(), WriteError> {
        // Each period is summed up once, however often the files are rewritten. Those that the result has joined were
        // taken long before.
        let taken_until_ns = self.taken_until_ns;
        for period in result.periods.iter().filter(|period| period.end_ns > taken_until_ns) {
            self.taken_until_ns = period.end_ns;
            if let Some(hlog) = &mut self.hlog {
                hlog.add(period, result).map_err(WriteError::at("write the log", &self.main))?;
            }
            self.goals.see(period, result);
            self.omb_periods.push(OmbPeriod::from(period));
            let supervisor_cpu_ns = self.cpu_since_last_look_ns();
            let detail = PeriodDetail::new(period, result.epoch_ns, result.plan).with_supervisor_cpu(supervisor_cpu_ns);
            self.verdicts.push(detail.verdict());
            self.detail_periods.push(detail);
        }
        self.detail_ageing.age(&mut self.detail_periods, PeriodDetail::join);
        let omb = OmbResult::new(result.plan, &self.omb_periods, result.cumulative.as_ref());
        let main = self.staged(&omb)?;
        let detail = DetailDocument::new(&self.origin, result, &self.detail_periods, &self.verdicts, &self.floor)
            .with_goals(self.goals.judge(result, &self.verdicts))
            .with_scrapes(self.scraped(result));
        let detail = self.staged(&detail)?;
        self.place_main(main)?;
        let (_, detail_path) = self.paths();
        detail.persist(&detail_path).map_err(|e| WriteError::at("write the result", &detail_path)(e.error))?;
        if let Some(hlog) = &mut self.hlog {
            let path = names::hlog_beside(&self.main);
            hlog.write(&path).map_err(WriteError::at("write the log", &path))?;
        }
        sync_folder(&self.folder).map_err(WriteError::at("force to disk the folder", &self.folder))
    }

    /// What brokers and hosts have told of themselves since the load began.
    fn scraped(&self, result: &RunResult<'_>) -> Vec<ScrapedTarget> {
        let board = self.scrapes.as_ref().filter(|_| result.epoch_ns > 0);
        board.map(|board| board.told(result.epoch_wall_ns)).unwrap_or_default()
    }

    /// A document in a temporary file beside the results, complete and forced to disk.
    fn staged(&self, document: &impl Serialize) -> Result<NamedTempFile, WriteError> {
        let failed = || WriteError::at("write the result", &self.main);
        let text = java_json::to_string(document).map_err(io::Error::from).map_err(failed())?;
        let mut file = temporary_in(&self.folder).map_err(failed())?;
        (self.fill)(file.as_file_mut(), text.as_bytes()).map_err(failed())?;
        file.as_file().sync_all().map_err(failed())?;
        Ok(file)
    }

    fn place_main(&mut self, mut file: NamedTempFile) -> Result<(), WriteError> {
        while let Some(stem) = &self.unclaimed_stem {
            match file.persist_noclobber(&self.main) {
                Ok(_) => {
                    self.unclaimed_stem = None;
                    return Ok(());
                }
                Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => {
                    // Another run took the name since: the next free one is ours.
                    self.main = names::first_free(&self.folder, stem);
                    file = taken.file;
                }
                Err(other) => return Err(WriteError::at("write the result", &self.main)(other.error)),
            }
        }
        file.persist(&self.main).map_err(|e| WriteError::at("write the result", &self.main)(e.error))?;
        Ok(())
    }
}

fn own_cpu_ns() -> u64 {
    let usage = crate::os::usage::of_self();
    usage.cpu_user_ns + usage.cpu_system_ns
}
