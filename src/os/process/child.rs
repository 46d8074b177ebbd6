//! A started process until it is reaped, and how it ended.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::io;
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

/// A process we started and have not reaped yet. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    pid: i32,
    /// Becomes readable when the process ends; None on kernels before 5.3 and where a container forbids it.
    pidfd: Option<OwnedFd>,
    /// Once it is reaped, its pid may belong to somebody else.
    exit: Option<ProcessExit>,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProcessExit {
    /// Exit code, when it ended by itself.
    pub code: Option<i32>,
    /// Signal number, when it was killed.
    pub signal: Option<i32>,
    /// Did it dump core?
    pub core_dumped: bool,
}

impl Child {
    pub(super) fn new(child: std::process::Child) -> Self {
        // Linux pids are below 2^22.
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        Self { child, pid, pidfd: pidfd_of(pid), exit: None }
    }
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }
    /// Its end, if it has ended; never waits.
    ///
    /// # Errors
    /// What waitpid(2) says, for example when somebody else has reaped it.
    pub fn try_wait(&mut self) -> io::Result<Option<ProcessExit>> {
        if self.exit.is_none() {
            self.exit = self.child.try_wait()?.map(ProcessExit::of);
        }
        Ok(self.exit.clone())
    }
    /// Waits up to `limit` for its end. None: it still runs.
    ///
    /// # Errors
    /// As [`Child::try_wait`], and what poll(2) says.
    pub fn wait_timeout(&mut self, limit: Duration) -> io::Result<Option<ProcessExit>> {
        if self.exit.is_none() {
            match &self.pidfd {
                Some(pidfd) => wait_readable(pidfd, limit)?,
                None => wait_in_thread(self.pid, limit)?,
            }
        }
        self.try_wait()
    }
    /// SIGKILL.
    pub fn kill(&mut self) {
        self.signal(libc::SIGKILL);
    }
    /// Signal by number; nothing happens once its end has been seen.
    pub fn signal(&self, signal: i32) {
        if self.exit.is_none() {
            // SAFETY: kill(2) touches no memory. The process is not reaped, so its pid belongs to nobody else.
            unsafe { libc::kill(self.pid, signal) };
        }
    }
    /// Its captured standard output, once.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.exit.is_none() {
            self.kill();
            // Nothing more can be done about a process that cannot be reaped.
            let _ = self.child.wait();
        }
    }
}

fn pidfd_of(pid: i32) -> Option<OwnedFd> {
    // SAFETY: pidfd_open(2) takes two integers and touches no memory. The process is not reaped: the pid is still its.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = i32::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
    // SAFETY: the kernel has just opened this descriptor (close-on-exec) for us, and nobody else knows it.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn wait_readable(pidfd: &OwnedFd, limit: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        match ppoll(&mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)], Some(left.into()), None) {
            Err(Errno::EINTR) => {}
            result => return Ok(result.map(|_| ())?),
        }
    }
}

/// Where there is no pidfd, a thread waits without reaping; it ends with the process.
fn wait_in_thread(pid: i32, limit: Duration) -> io::Result<()> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        let ended = || waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        while ended() == Err(Errno::EINTR) {}
        // The waiter may have given up.
        let _ = sender.send(());
    })?;
    // Both outcomes are told apart by try_wait.
    let _ = receiver.recv_timeout(limit);
    Ok(())
}

impl ProcessExit {
    fn of(status: std::process::ExitStatus) -> Self {
        Self { code: status.code(), signal: status.signal(), core_dumped: status.core_dumped() }
    }
}

impl std::fmt::Display for ProcessExit {
    /// "exit code 3", "killed by signal 9 (SIGKILL)".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(number)) => {
                write!(f, "killed by signal {number}")?;
                // Real-time signals have no names.
                if let Ok(signal) = nix::sys::signal::Signal::try_from(number) {
                    write!(f, " ({signal})")?;
                }
                if self.core_dumped { f.write_str(", core dumped") } else { Ok(()) }
            }
            (None, None) => f.write_str("ended in an unknown way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Child {
        let mut command = Command::new("/bin/sh");
        Child::new(command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Runs until it is killed, without a process of its own below it.
    fn endless() -> Child {
        shell("exec sleep 1000")
    }

    #[test]
    fn an_exit_code_is_told_and_told_again() {
        let mut child = shell("exit 3");
        let exit = child.wait_timeout(LONG).unwrap().unwrap();
        assert_eq!((exit.to_string().as_str(), exit.code), ("exit code 3", Some(3)));
        assert_eq!(child.try_wait().unwrap(), Some(exit.clone()));
        assert_eq!(child.wait_timeout(LONG).unwrap(), Some(exit));
    }

    #[test]
    fn a_running_process_has_not_ended_and_the_wait_has_a_limit() {
        let mut child = endless();
        assert_eq!(child.try_wait().unwrap(), None);
        let begun = Instant::now();
        assert_eq!(child.wait_timeout(Duration::from_millis(20)).unwrap(), None);
        assert!(begun.elapsed() >= Duration::from_millis(20));
        child.kill();
        let exit = child.wait_timeout(LONG).unwrap().unwrap();
        assert_eq!(exit.to_string(), "killed by signal 9 (SIGKILL)");
    }

    #[test]
    fn a_kernel_without_pidfd_waits_as_well() {
        let mut child = endless();
        child.pidfd = None;
        assert_eq!(child.wait_timeout(Duration::from_millis(20)).unwrap(), None);
        child.signal(libc::SIGTERM);
        assert_eq!(child.wait_timeout(LONG).unwrap().unwrap().signal, Some(libc::SIGTERM));
        child.signal(libc::SIGTERM);
    }

    #[test]
    fn a_dropped_child_is_gone_and_reaped() {
        let child = endless();
        let proc_folder = format!("/proc/{}", child.pid());
        assert!(std::path::Path::new(&proc_folder).exists());
        drop(child);
        assert!(!std::path::Path::new(&proc_folder).exists());
    }

    #[test]
    fn standard_output_is_handed_over_once() {
        let mut child = shell("echo hello");
        let output = std::io::read_to_string(child.take_stdout().unwrap()).unwrap();
        assert_eq!(output, "hello\n");
        assert!(child.take_stdout().is_none());
    }

    #[test]
    fn ends_are_told_in_words() {
        let text = |code, signal, core_dumped| ProcessExit { code, signal, core_dumped }.to_string();
        assert_eq!(text(Some(0), None, false), "exit code 0");
        assert_eq!(text(None, Some(6), true), "killed by signal 6 (SIGABRT), core dumped");
        assert_eq!(text(None, Some(40), false), "killed by signal 40");
    }
}
