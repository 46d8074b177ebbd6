//! `--junit FILE`: rewritten after each run, so that an end in the middle leaves what is known.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::workload_and_driver::PairResult;
use crate::plan::Plan;
use crate::report::junit::{JunitRun, document, suite};
use quick_junit::TestSuite;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file and what stands in it.
#[derive(Debug)]
pub(super) struct JunitFile {
    path: PathBuf,
    suites: Vec<TestSuite>,
}

impl JunitFile {
    /// Nothing is written before the first run is over.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), suites: Vec::new() }
    }

    /// A run is over.
    pub(super) fn add(&mut self, plan: &Plan, ran: &PairResult, took: Duration, messages: &mut Messages) -> ExitStatus {
        let well = matches!(ran.status, ExitStatus::Success | ExitStatus::GoalMissed);
        let failure = (!well).then(|| format!("exit code {}", ran.status as u8));
        let name = format!("{} on {}", plan.workload_name, plan.driver_name);
        self.suites.push(suite(&JunitRun { name, failure, goals: &ran.goals, detail: ran.detail.as_deref(), took }));
        let written =
            document(&self.suites).map_err(std::io::Error::other).and_then(|text| std::fs::write(&self.path, text));
        match written {
            Ok(()) => ExitStatus::Success,
            Err(why) => {
                messages.error(&format!("--junit {}: cannot be written: {why}", self.path.display()));
                ExitStatus::ResultsNotWritten
            }
        }
    }
}
