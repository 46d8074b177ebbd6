//! The harness of the tests that drive the built binary: one scene per test, with a folder of its own, every process it
//! started, and everything they said. A test that fails shows the whole scene.
//!
//! Leaves out: what the program prints and writes means (`results` reads files; the tests judge).
#![allow(dead_code, unused_imports, reason = "the harness has more than today's tests ask for")]
#![allow(unreachable_pub, reason = "the harness is a module of each test program, nobody else sees it")]
#![allow(clippy::print_stderr, reason = "a failing test shows its scene on standard error")]

pub mod browser;
pub mod deadline;
pub mod disturb;
pub mod judged;
pub mod kafka;
pub mod loaded_line;
pub mod metrics;
pub mod processes;
pub mod results;
pub mod running;
mod seconds;
mod stage;
pub mod stand_in;
pub mod worker;
pub mod workload;

pub use deadline::Deadline;
pub use kafka::Kafka;
pub use metrics::Metrics;
pub use running::{Outcome, Run, Running};
pub use stand_in::StandIn;
pub use worker::WorkerProcess;
pub use workload::Workload;

use running::Record;
use seconds::Seconds;
use stage::{Part, Place};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The program under test.
pub const PINLOAD: &str = env!("CARGO_BIN_EXE_pinload");

/// One test's folder and processes.
pub struct Scene {
    name: &'static str,
    folder: tempfile::TempDir,
    records: Mutex<Vec<Arc<Record>>>,
    _seconds: Seconds,
    _place: Place,
}

impl Scene {
    /// A scene for the test called `name`, with an empty folder in which its commands run. It may look at rates and
    /// moments, with tolerances for one such scene beside it.
    pub fn new(name: &'static str) -> Self {
        Self::on(Part::Timed, name)
    }

    /// The same for a test that looks at counts, texts and files alone, however long things take.
    pub fn untimed(name: &'static str) -> Self {
        Self::on(Part::Untimed, name)
    }

    /// The same for one of minutes.
    pub fn untimed_for_minutes(name: &'static str) -> Self {
        Self::on(Part::UntimedForMinutes, name)
    }

    /// The same for one that takes all CPUs it gets: who looks at times is not beside it.
    pub fn busy(name: &'static str) -> Self {
        Self::on(Part::Busy, name)
    }

    /// With no other scene beside it: it looks at what any other would change.
    pub fn alone(name: &'static str) -> Self {
        Self::on(Part::Alone, name)
    }

    fn on(part: Part, name: &'static str) -> Self {
        let place = Place::take(part);
        let folder =
            tempfile::Builder::new().prefix(&format!("pinload-{name}-")).tempdir().expect("a temporary folder");
        Self { name, folder, records: Mutex::new(Vec::new()), _seconds: Seconds::of(name), _place: place }
    }

    /// The scene's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the scene's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file into the scene's folder and returns its path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file in the scene's folder");
        path
    }

    /// The text of a file in the scene's folder.
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Names in the scene's folder, sorted.
    pub fn names(&self) -> Vec<String> {
        names_in(self.folder())
    }

    /// The one file whose name satisfies `wanted`.
    pub fn the_file(&self, what: &str, wanted: impl Fn(&str) -> bool) -> PathBuf {
        let found: Vec<_> = self.names().into_iter().filter(|name| wanted(name)).collect();
        assert_eq!(found.len(), 1, "{what}: expected one, found {found:?} among {:?}", self.names());
        self.path(&found[0])
    }

    /// The one OMB result file in the scene's folder.
    pub fn result_file(&self) -> PathBuf {
        self.the_file("OMB result file", |name| name.ends_with(".json"))
    }

    /// The one detail file in the scene's folder.
    pub fn detail_file(&self) -> PathBuf {
        self.the_file("detail file", |name| name.ends_with(".detail"))
    }

    /// A command line of the program, to be run or spawned.
    pub fn pinload<I, S>(&self, args: I) -> Run<'_>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Run::new(self, PINLOAD, args.into_iter().map(Into::into).collect())
    }

    /// A command line of another program (`numactl`, `taskset`) that runs the program under test.
    pub fn command<I, S>(&self, program: &str, args: I) -> Run<'_>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Run::new(self, program, args.into_iter().map(Into::into).collect())
    }

    /// The mark that every process of this scene carries in its environment.
    fn mark(&self) -> String {
        format!("PINLOAD_SCENE={}", self.folder().display())
    }

    fn record(&self, record: &Arc<Record>) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(record));
    }

    fn pids(&self) -> Vec<i32> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|record| record.pid).collect()
    }

    /// Every living process of this scene, also one whose parent is gone.
    pub fn processes(&self) -> Vec<processes::Process> {
        processes::carrying(&self.mark())
    }

    /// Names in /dev/shm whose owner (the pid in the name) was started by this scene.
    pub fn shared_memory(&self) -> Vec<String> {
        let pids = self.pids();
        names_in(Path::new("/dev/shm"))
            .into_iter()
            .filter(|name| {
                let owner = name.strip_prefix("pinload-").and_then(|rest| rest.split('-').next());
                owner.and_then(|pid| pid.parse().ok()).is_some_and(|pid: i32| pids.contains(&pid))
            })
            .collect()
    }

    /// No process of this scene lives and no shared memory of its processes is left; waits up to a second for the last
    /// to end.
    pub fn assert_no_leftovers(&self) {
        self.assert_no_processes_within(Duration::from_secs(1));
        assert_eq!(self.shared_memory(), Vec::<String>::new(), "shared memory left in /dev/shm");
        let temporary: Vec<_> = self.names().into_iter().filter(|name| name.ends_with(".tmp")).collect();
        assert_eq!(temporary, Vec::<String>::new(), "temporary files left");
    }

    /// Every process of this scene ends within `limit`.
    pub fn assert_no_processes_within(&self, limit: Duration) {
        let deadline = Deadline::within(limit);
        let mut left = self.processes();
        while !left.is_empty() && deadline.pause() {
            left = self.processes();
        }
        assert!(left.is_empty(), "processes left after {limit:?}: {left:#?}");
    }

    /// Everything there is to see, for a person who wonders why the test failed.
    fn describe(&self) -> String {
        let mut text = format!("\n==== scene of {} ====\n", self.name);
        for record in self.records.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(text, "{record}");
        }
        let _ = writeln!(text, "---- folder {}", self.folder().display());
        describe_folder(&mut text, self.folder(), 0);
        let _ = writeln!(text, "---- processes alive: {:#?}", self.processes());
        let _ = writeln!(text, "---- shared memory: {:?}", self.shared_memory());
        text
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.describe());
        }
        for process in self.processes() {
            process.kill();
        }
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> =
        entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Lists a folder with the beginning of each file.
fn describe_folder(text: &mut String, folder: &Path, depth: usize) {
    const SHOWN_BYTES: usize = 4_000;
    let Ok(entries) = std::fs::read_dir(folder) else {
        let _ = writeln!(text, "(cannot be listed)");
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() && depth < 3 {
            let _ = writeln!(text, "{}/", path.display());
            describe_folder(text, &path, depth + 1);
        } else {
            let content = std::fs::read(&path).unwrap_or_default();
            let shown = String::from_utf8_lossy(&content[..content.len().min(SHOWN_BYTES)]).into_owned();
            let _ = writeln!(text, "{} ({} bytes)\n{shown}", path.display(), content.len());
        }
    }
}
