//! Processes as /proc shows them: who is whose child, where it may run, whether it still lives.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::PathBuf;

/// A process as it was when we looked. Pid and start time name it for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its parent's id.
    pub parent: i32,
    /// State letter: R, S, D, T, Z.
    pub state: char,
    /// Start time in clock ticks since boot.
    pub started: u64,
    /// Its command line as `ps` shows it.
    pub command: String,
}

/// A thread as it was when we looked.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Its id.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// `Cpus_allowed_list`.
    pub cpus: String,
}

impl Process {
    /// Process `pid`, if it exists.
    pub fn look(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in field 2 may hold blanks and brackets: fields are counted from the last bracket, where field 3
        // follows.
        let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command: Vec<_> = command.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        Some(Self {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            state: fields.first()?.chars().next()?,
            started: fields.get(19)?.parse().ok()?,
            command: command.join(" ").trim_end().to_owned(),
        })
    }

    /// Does this very process still run? (A zombie does not.)
    pub fn lives(&self) -> bool {
        Self::look(self.pid).is_some_and(|now| now.started == self.started && now.state != 'Z')
    }

    /// SIGKILL, if it still lives.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// A signal, if it still lives.
    pub fn signal(&self, signal: Signal) {
        if self.lives() {
            // It may end in this very moment: then there is nothing left to signal.
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// The one CPU its main thread, the hot loop, is held on, once it is; None: it may run on several.
    pub fn hot_cpu(&self) -> Option<usize> {
        self.threads().first()?.cpus.parse().ok()
    }

    /// A field of /proc/PID/status, for example `Cpus_allowed_list`.
    pub fn status(&self, field: &str) -> Option<String> {
        status_field(&PathBuf::from(format!("/proc/{}/status", self.pid)), field)
    }

    /// The files (or shared memory without a name) that it writes through a mapping which others may have too, as
    /// `device:inode path`.
    pub fn written_and_shared(&self) -> Vec<String> {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.pid)).unwrap_or_default();
        let shared = maps.lines().filter_map(|line| {
            let [_, permissions, _, device, inode, path @ ..] = &*line.split_whitespace().collect::<Vec<_>>() else {
                return None;
            };
            let counts = permissions.contains('w') && permissions.ends_with('s');
            counts.then(|| format!("{device}:{inode} {}", path.join(" ")))
        });
        shared.collect()
    }

    /// Its living threads in the order of their ids: the main thread comes first.
    pub fn threads(&self) -> Vec<Thread> {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else { return Vec::new() };
        let mut threads: Vec<_> = tasks
            .filter_map(Result::ok)
            .filter_map(|task| {
                Some(Thread {
                    id: task.file_name().to_str()?.parse().ok()?,
                    name: std::fs::read_to_string(task.path().join("comm")).ok()?.trim_end().to_owned(),
                    cpus: status_field(&task.path().join("status"), "Cpus_allowed_list")?,
                })
            })
            .collect();
        threads.sort_by_key(|thread| thread.id);
        threads
    }
}

fn status_field(path: &std::path::Path, field: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.strip_prefix(field).is_some_and(|rest| rest.starts_with(':')))?;
    Some(line[field.len() + 1..].trim().to_owned())
}

/// Every process there is.
fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Process::look).collect()
}

/// Living children of `pid`.
pub fn children_of(pid: i32) -> Vec<Process> {
    all().into_iter().filter(|process| process.parent == pid && process.state != 'Z').collect()
}

/// Living processes with `mark` (`NAME=value`) in the environment they were started with.
pub fn carrying(mark: &str) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|process| process.state != 'Z')
        .filter(|process| {
            let environment = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes())
        })
        .collect()
}
