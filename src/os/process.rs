//! Client and helper processes: fork + exec of our own binary with placement applied in between.
//!
//! What happens to a process after its start is in [`child`]; who a process is, in [`identity`].

use super::affinity::{CpuSet, KernelMask};
use super::memory_policy::{self, MemoryPolicy};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

pub mod child;
pub mod identity;

pub use child::{Child, ProcessExit};
pub use identity::{own_pid, set_thread_name, yield_to_other_sessions};

/// How a process starts. `ps` shows exactly `pinload ARGS…`.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// Arguments after the program name, for example `["producer", "3"]`; they select the hidden role.
    pub args: Vec<String>,
    /// CPUs the process starts on (None: inherit).
    pub cpus: Option<CpuSet>,
    /// Memory policy to set (None: inherit). A refused `Preferred` (a node without memory or outside the cpuset, a
    /// container that forbids the call) is no error: it is a preference, and the process reads back what holds.
    pub memory_policy: Option<MemoryPolicy>,
    /// Text written to its standard input, which is closed afterwards (client specs carry secrets: not argv, not
    /// environment).
    pub stdin: Vec<u8>,
    /// Capture standard output in a pipe (helpers answer there); otherwise it goes to /dev/null.
    pub capture_stdout: bool,
    /// Let standard error through; otherwise it goes to /dev/null.
    pub show_stderr: bool,
}

/// Starts a process of this same binary (`/proc/self/exe`). Between fork and exec: a session of its own, a parent-death
/// signal (SIGKILL), affinity, memory policy; async-signal-safe calls only. Must be called from the main thread, which
/// lives as long as the children: the parent-death signal is tied to the calling thread.
///
/// The process starts with no signal blocked, and with SIGINT, SIGTERM and SIGHUP ignored, so that a Ctrl-C in a
/// terminal cannot hit it before [`bind_to_parent`] has run.
///
/// # Errors
/// Any step that failed, named in the message.
pub fn launch(launch: &Launch) -> io::Result<Child> {
    launch_program("/proc/self/exe".as_ref(), launch)
}

/// The allocator gives pages back to the kernel 10 ms after they were freed, unless this variable says otherwise, and
/// then takes a page fault for each when it needs them again. A client's requests and answers are of megabytes, some
/// ms apart: at 1 KB that was a fault for every tenth message produced and every sixth consumed.
const PURGE_DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "1000");

/// The steps between fork and exec; the numbers travel through a pipe when one fails.
const STEPS: [&str; 6] = [
    "give it a session",
    "reset its signals",
    "set its parent-death signal",
    "find its parent alive",
    "set its memory policy",
    "pin it",
];

#[cfg(test)]
pub(crate) fn sleeper() -> io::Result<Child> {
    launch_program("/bin/sleep".as_ref(), &Launch { args: vec!["1000".to_owned()], ..Launch::default() })
}

fn launch_program(program: &OsStr, launch: &Launch) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg0("pinload").args(&launch.args);
    if std::env::var_os(PURGE_DELAY.0).is_none() {
        command.env(PURGE_DELAY.0, PURGE_DELAY.1);
    }
    command.stdin(standard_input(&launch.stdin)?);
    command.stdout(if launch.capture_stdout { Stdio::piped() } else { Stdio::null() });
    command.stderr(if launch.show_stderr { Stdio::inherit() } else { Stdio::null() });

    let (mut failed_step, reporter) =
        nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map(|(read, write)| (File::from(read), write))?;
    let mask = launch.cpus.as_ref().map(KernelMask::of).transpose().map_err(io::Error::other)?;
    let preparation = Preparation { parent: own_pid(), memory_policy: launch.memory_policy.clone(), mask, reporter };
    // SAFETY: between fork and exec only async-signal-safe things may happen, as another thread may have held any
    // lock (the allocator's too) at the fork. `run` makes plain system calls on data that was prepared above, takes
    // no lock and allocates nothing, also not for its errors (they carry an errno).
    unsafe { command.pre_exec(move || preparation.run()) };
    let started = command.spawn();
    // The command holds the writing end of the pipe.
    drop(command);
    let error = match started {
        Ok(child) => return Ok(Child::new(child)),
        Err(error) => error,
    };
    let mut step = [0];
    let what = match failed_step.read(&mut step) {
        Ok(1) => STEPS.get(usize::from(step[0])).copied().unwrap_or("prepare it"),
        _ => "execute it",
    };
    let name = launch.args.join(" ");
    let on_cpus = launch.cpus.as_ref().map_or(String::new(), |cpus| format!(" on CPUs {cpus}"));
    Err(io::Error::new(
        error.kind(),
        format!("cannot start process \"pinload {name}\"{on_cpus}: cannot {what}: {error}"),
    ))
}

/// The text in an anonymous file in memory: unlike a pipe it takes any length at once, so that nobody can wait for
/// anybody, whatever the process reads and when.
fn standard_input(text: &[u8]) -> io::Result<Stdio> {
    if text.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = File::from(memfd_create(c"pinload-stdin", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text)?;
    file.rewind()?;
    Ok(file.into())
}

/// What is done between fork and exec, with everything it needs.
struct Preparation {
    parent: i32,
    memory_policy: Option<MemoryPolicy>,
    mask: Option<KernelMask>,
    reporter: OwnedFd,
}

impl Preparation {
    /// Runs in the child. Async-signal-safe: see the SAFETY argument where it is handed over.
    fn run(&self) -> io::Result<()> {
        for (number, step) in
            (0u8..).zip([own_session, reset_signals, die_with_parent, Self::find_parent, Self::set_memory, Self::pin])
        {
            if let Err(error) = step(self) {
                // SAFETY: one byte is read from a live variable; the descriptor is open, as self owns it.
                unsafe { libc::write(self.reporter.as_raw_fd(), (&raw const number).cast(), 1) };
                return Err(error);
            }
        }
        Ok(())
    }
    fn find_parent(&self) -> io::Result<()> {
        parent_is(self.parent)
    }
    fn set_memory(&self) -> io::Result<()> {
        match &self.memory_policy {
            None => Ok(()),
            Some(policy @ MemoryPolicy::Preferred(_)) => {
                let _ = memory_policy::set(policy);
                Ok(())
            }
            Some(policy) => memory_policy::set(policy).map_err(|error| error.source),
        }
    }
    fn pin(&self) -> io::Result<()> {
        self.mask.as_ref().map_or(Ok(()), |mask| mask.apply(0))
    }
}

/// A session for each process. The kernel's autogroup scheduling (on by default) shares CPUs out by session: with all
/// clients in one, some spinning threads of theirs kept the processes of other sessions, a broker for one, from running
/// for up to 14 s (Linux 6.18, two CPUs, four idempotent producers at 5,000 msg/s). With a session each they ran as
/// planned.
fn own_session(_: &Preparation) -> io::Result<()> {
    Ok(nix::unistd::setsid().map(drop)?)
}

/// Ignores what a terminal sends to the whole process group, then unblocks everything (the supervisor blocks signals,
/// and the mask is inherited). In this order nothing can slip through between.
fn reset_signals(_: &Preparation) -> io::Result<()> {
    ignore_terminal_signals()?;
    Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?)
}

fn ignore_terminal_signals() -> io::Result<()> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: ignoring runs no code of ours, so there is no handler that could be unsafe.
        unsafe { sigaction(signal, &ignore) }?;
    }
    Ok(())
}

fn die_with_parent(_: &Preparation) -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?)
}

/// A parent that died before the parent-death signal was set sends none; its children have another parent by now.
fn parent_is(pid: i32) -> io::Result<()> {
    match nix::unistd::getppid().as_raw() == pid {
        true => Ok(()),
        false => Err(io::Error::from_raw_os_error(libc::ESRCH)),
    }
}

/// First thing in a client or helper: sets the parent-death signal again (exec clears it when the binary has file
/// capabilities), ignores SIGINT/SIGHUP/SIGTERM (the supervisor decides), then compares `getppid` with the pid it was
/// told. Err: the parent is already gone.
pub fn bind_to_parent(parent_pid: i32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    ignore_terminal_signals()?;
    parent_is(parent_pid)
}

/// A write beyond the limit of a file's size (ulimit -f) becomes an error; without this it is the end of the process.
pub fn survive_file_size_limit() {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: ignoring runs no code of ours, so there is no handler that could be unsafe.
    let _kept = unsafe { sigaction(Signal::SIGXFSZ, &ignore) };
}

#[cfg(test)]
mod tests;
