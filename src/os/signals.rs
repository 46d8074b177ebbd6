//! Signals as messages: a thread waits for them and the main loop receives them from a channel.
//!
//! No handler runs anywhere: the signals are blocked in all threads and taken one by one with `sigwait`, so that what
//! follows from them is ordinary code. Children get a clean mask from [`super::process::launch`].

use crossbeam_channel::{Receiver, Sender};
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet};
use std::io;
use std::thread::JoinHandle;

/// What the supervisor wants to know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT (Ctrl-C).
    Interrupt,
    /// SIGTERM, or SIGHUP.
    Terminate,
    /// SIGCHLD: some child may have ended.
    Child,
}

/// Blocks the signals in the calling (main) thread before any other thread exists, starts the signal thread and gives
/// the receiving end. Call it once, first thing in a supervisor, and keep the receiver: once it is dropped, the next
/// SIGINT, SIGTERM or SIGHUP ends the process as if nobody had listened.
///
/// A SIGHUP that is ignored at the start (`nohup`) stays ignored.
///
/// # Errors
/// When the thread cannot be started.
pub fn listen() -> io::Result<Receiver<Signal>> {
    let mut signals = SigSet::empty();
    signals.add(signal::SIGINT);
    signals.add(signal::SIGTERM);
    signals.add(signal::SIGCHLD);
    if !is_ignored(signal::SIGHUP)? {
        signals.add(signal::SIGHUP);
    }
    // An ignored SIGCHLD, inherited through exec, would make the kernel reap our children itself.
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours, so there is no handler that could be unsafe.
    unsafe { signal::sigaction(signal::SIGCHLD, &default) }?;
    Ok(start(signals)?.0)
}

fn is_ignored(which: signal::Signal) -> io::Result<bool> {
    // SAFETY: sigaction is plain data (integers, a mask and nullable function pointers), for which zeros are valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: no new action is given, so nothing changes; the old one is written to a live struct of the right type.
    let result = unsafe { libc::sigaction(which as libc::c_int, std::ptr::null(), &raw mut action) };
    if result == 0 { Ok(action.sa_sigaction == libc::SIG_IGN) } else { Err(io::Error::last_os_error()) }
}

/// Sends this process SIGINT, as Ctrl-C does where the terminal passes it on.
///
/// # Errors
/// The kernel refuses it, which it does for nothing that can be in a process of ours.
pub fn interrupt_this_process() -> io::Result<()> {
    Ok(signal::kill(nix::unistd::Pid::this(), signal::SIGINT)?)
}

/// The part that touches only the calling thread and the one it starts, which inherits the blocked mask.
fn start(signals: SigSet) -> io::Result<(Receiver<Signal>, JoinHandle<()>)> {
    signals.thread_block()?;
    // Unbounded: the sender must never wait, and signals are few.
    let (sender, receiver) = crossbeam_channel::unbounded();
    let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(move || pass_on(&signals, &sender))?;
    Ok((receiver, thread))
}

fn pass_on(signals: &SigSet, sender: &Sender<Signal>) {
    // sigwait fails only for an invalid set.
    while let Ok(signal) = signals.wait() {
        let message = match signal {
            signal::SIGINT => Signal::Interrupt,
            signal::SIGCHLD => Signal::Child,
            _ => Signal::Terminate,
        };
        if sender.send(message).is_err() && message != Signal::Child {
            // Nobody listens any more: take the default action that was held back. Both calls fail only for
            // invalid signals.
            let _ = signals.thread_unblock();
            let _ = signal::raise(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::thread::JoinHandleExt as _;
    use std::time::Duration;

    #[test]
    fn signals_arrive_as_messages_in_order() {
        // The mask changes in a thread of its own, and signals are sent to the listening thread alone: the test
        // process at large is not touched.
        std::thread::spawn(|| {
            let signals = SigSet::from_iter([signal::SIGINT, signal::SIGTERM, signal::SIGHUP, signal::SIGCHLD]);
            let (receiver, thread) = start(signals).unwrap();
            for (sent, expected) in [
                (libc::SIGINT, Signal::Interrupt),
                (libc::SIGCHLD, Signal::Child),
                (libc::SIGTERM, Signal::Terminate),
                (libc::SIGHUP, Signal::Terminate),
                (libc::SIGINT, Signal::Interrupt),
            ] {
                // SAFETY: the thread runs until its channel is closed and a signal comes; its handle is held here.
                let result = unsafe { libc::pthread_kill(thread.as_pthread_t(), sent) };
                assert_eq!(result, 0);
                assert_eq!(receiver.recv_timeout(Duration::from_secs(10)).unwrap(), expected);
            }
            // Nobody listens: SIGCHLD is not worth dying for.
            drop(receiver);
            // SAFETY: as above; the thread does not end on SIGCHLD.
            let result = unsafe { libc::pthread_kill(thread.as_pthread_t(), libc::SIGCHLD) };
            assert_eq!(result, 0);
            assert!(!thread.is_finished());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn an_ordinary_test_run_ignores_no_termination() {
        assert!(!is_ignored(signal::SIGTERM).unwrap());
        assert!(is_ignored(signal::SIGPIPE).unwrap(), "std ignores SIGPIPE at the start");
    }
}
