//! Commands of a scene: run to their end, or running while the test watches, signals and looks around.
//!
//! Over 250 lines: everything that a test can do with a command, and see of it.

use super::processes::{self, Process};
use super::{Deadline, Scene};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The limit of a command that was given none: longer than any test's run, shorter than a person's patience.
const DEFAULT_LIMIT: Duration = Duration::from_secs(120);

/// A command about to be started, in the scene's folder and in a process group of its own (as a shell would start it).
#[must_use]
pub struct Run<'a> {
    scene: &'a Scene,
    command: Command,
    limit: Duration,
}

/// What is known of a command; filled by the threads that watch it.
pub(super) struct Record {
    line: String,
    folder: PathBuf,
    pub(super) pid: i32,
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    open_pipes: u32,
    ended: Option<(ExitStatus, Instant)>,
}

/// A command that was started. Dropping it kills its process group.
pub struct Running {
    record: Arc<Record>,
    started: Instant,
    limit: Duration,
}

/// A command that has ended.
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
    /// The pid it had.
    pub pid: i32,
}

impl<'a> Run<'a> {
    pub(super) fn new(scene: &'a Scene, program: &str, args: Vec<String>) -> Self {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(scene.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some((name, value)) = scene.mark().split_once('=') {
            command.env(name, value);
        }
        command.env_remove("RUST_LOG").env("NO_COLOR", "1").process_group(0);
        Self { scene, command, limit: DEFAULT_LIMIT }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.command.arg(arg.into());
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// How long it may take; the test fails when it takes longer.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn(mut self) -> Running {
        let started = Instant::now();
        let line = format!("{:?}", self.command);
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        let record = Arc::new(Record {
            line,
            folder: self.scene.folder().to_owned(),
            pid: i32::try_from(child.id()).expect("a pid"),
            seen: Mutex::new(Seen { open_pipes: 2, ..Seen::default() }),
            changed: Condvar::new(),
        });
        self.scene.record(&record);
        collect(&record, child.stdout.take().expect("a pipe"), |seen| &mut seen.stdout);
        collect(&record, child.stderr.take().expect("a pipe"), |seen| &mut seen.stderr);
        watch_end(&record, child);
        Running { record, started, limit: self.limit }
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.spawn().outcome()
    }
}

/// Reads a pipe to its end on a thread of its own.
fn collect(record: &Arc<Record>, mut pipe: impl Read + Send + 'static, target: fn(&mut Seen) -> &mut Vec<u8>) {
    let record = Arc::clone(record);
    std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        loop {
            let read = pipe.read(&mut chunk).unwrap_or(0);
            let mut seen = record.lock();
            if read == 0 {
                seen.open_pipes -= 1;
            } else {
                target(&mut seen).extend_from_slice(&chunk[..read]);
            }
            record.changed.notify_all();
            if read == 0 {
                break;
            }
        }
    });
}

/// Notices the end on a thread of its own. The process is reaped under the lock, so that a signal sent under the same
/// lock can never meet another process with a reused pid.
fn watch_end(record: &Arc<Record>, mut child: Child) {
    let record = Arc::clone(record);
    std::thread::spawn(move || {
        let pid = Pid::from_raw(record.pid);
        while let Err(nix::errno::Errno::EINTR) = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {}
        let mut seen = record.lock();
        let status = child.wait().expect("our own child");
        seen.ended = Some((status, Instant::now()));
        record.changed.notify_all();
    });
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `look` sees something in what is known; None when the deadline is over.
    fn wait<T>(&self, deadline: Deadline, mut look: impl FnMut(&Seen) -> Option<T>) -> Option<T> {
        let mut seen = self.lock();
        loop {
            if let Some(found) = look(&seen) {
                return Some(found);
            }
            let left = deadline.left();
            if left.is_zero() {
                return None;
            }
            seen = self.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.record.pid
    }

    /// Its living children.
    pub fn children(&self) -> Vec<Process> {
        processes::children_of(self.pid())
    }

    /// Waits until `count` children whose command begins with `pinload ROLE ` live, and returns them in order of start.
    #[track_caller]
    pub fn clients(&self, role: &str, count: usize) -> Vec<Process> {
        let begins = format!("pinload {role} ");
        let what = format!("{count} processes called {begins:?}");
        let mut found = Deadline::within(Duration::from_secs(30)).poll(&what, || {
            assert!(!self.has_ended(), "the program ended while waiting for {what}");
            let found: Vec<_> = self
                .children()
                .into_iter()
                .filter(|child| format!("{} ", child.command).starts_with(&begins))
                .collect();
            (found.len() == count).then_some(found)
        });
        found.sort_by_key(|process| (process.started, process.pid));
        found
    }

    /// Waits until a line with `text` was written to standard output or standard error, and returns that line.
    #[track_caller]
    pub fn wait_for_line(&self, text: &str, limit: Duration) -> String {
        let line = self.record.wait(Deadline::within(limit), |seen| {
            let found = [&seen.stdout, &seen.stderr].into_iter().find_map(|bytes| {
                let whole = String::from_utf8_lossy(bytes);
                whole.lines().find(|line| line.contains(text)).map(str::to_owned)
            });
            // Ended and nothing left to read: it will not come.
            let over = seen.ended.is_some() && seen.open_pipes == 0;
            found.map(Ok).or_else(|| over.then_some(Err(())))
        });
        match line {
            Some(Ok(line)) => line,
            Some(Err(())) => panic!("the program ended without a line with {text:?}"),
            None => panic!("no line with {text:?} within {limit:?}"),
        }
    }

    /// Has it ended?
    pub fn has_ended(&self) -> bool {
        self.record.lock().ended.is_some()
    }

    /// A signal to this process alone.
    pub fn signal(&self, signal: Signal) {
        let seen = self.record.lock();
        if seen.ended.is_none() {
            kill(Pid::from_raw(self.record.pid), signal).expect("a signal to our own child");
        }
    }

    /// A signal to its whole process group, as a terminal sends Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        let seen = self.record.lock();
        if seen.ended.is_none() {
            killpg(Pid::from_raw(self.record.pid), signal).expect("a signal to our own process group");
        }
    }

    /// Waits for its end, no longer than its limit.
    #[track_caller]
    pub fn outcome(self) -> Outcome {
        let left = self.limit.saturating_sub(self.started.elapsed());
        self.outcome_within(left)
    }

    /// Waits for its end, no longer than `limit` from now.
    #[track_caller]
    pub fn outcome_within(self, limit: Duration) -> Outcome {
        let Some((status, ended)) = self.record.wait(Deadline::within(limit), |seen| seen.ended) else {
            panic!("the program has not ended within {limit:?}: {}", self.record.line);
        };
        // A child that outlives the program may hold the pipes open: then what came so far must do.
        self.record.wait(Deadline::within(Duration::from_secs(2)), |seen| (seen.open_pipes == 0).then_some(()));
        let seen = self.record.lock();
        Outcome {
            status,
            stdout: String::from_utf8_lossy(&seen.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&seen.stderr).into_owned(),
            took: ended.duration_since(self.started),
            pid: self.record.pid,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let seen = self.record.lock();
        if seen.ended.is_none() {
            // A failing test is on its way out already: nothing may panic here.
            let _ = killpg(Pid::from_raw(self.record.pid), Signal::SIGKILL);
        }
    }
}

impl Outcome {
    /// It ended by itself with this exit code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "exit code; the program ended with {}\n{self}", self.status);
        self
    }

    /// It was killed by this signal.
    #[track_caller]
    pub fn assert_killed_by(&self, signal: Signal) -> &Self {
        assert_eq!(self.status.signal(), Some(signal as i32), "{}\n{self}", self.status);
        self
    }

    /// Standard output has this text, wherever its lines are broken.
    #[track_caller]
    pub fn assert_stdout_has(&self, text: &str) -> &Self {
        assert!(has_words(&self.stdout, text), "standard output lacks {text:?}\n{self}");
        self
    }

    /// Standard error has this text, wherever its lines are broken.
    #[track_caller]
    pub fn assert_stderr_has(&self, text: &str) -> &Self {
        assert!(has_words(&self.stderr, text), "standard error lacks {text:?}\n{self}");
        self
    }
}

impl Outcome {
    /// Both streams.
    pub fn everything(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Does either stream have this text, wherever its lines are broken?
    pub fn says(&self, text: &str) -> bool {
        has_words(&self.stdout, text) || has_words(&self.stderr, text)
    }
}

impl Outcome {
    /// Does the closing screen say this of the figures? Of many caveats it shows the first, and says that there are
    /// more in the detail file, which has them all.
    pub fn says_or_has_more(&self, caveat: &str) -> bool {
        self.says(caveat) || self.says(" more: in the detail file")
    }
}

/// Is `wanted` in `text`, when every run of blanks and line ends counts as one blank?
fn has_words(text: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain(text).contains(&plain(wanted))
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr)
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = self.lock();
        writeln!(f, "---- pid {} in {}\n$ {}", self.pid, self.folder.display(), self.line)?;
        match seen.ended {
            Some((status, _)) => writeln!(f, "ended: {status}")?,
            None => writeln!(f, "still running")?,
        }
        writeln!(f, "stdout:\n{}", String::from_utf8_lossy(&seen.stdout))?;
        write!(f, "stderr:\n{}", String::from_utf8_lossy(&seen.stderr))
    }
}
