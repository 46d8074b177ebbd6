//! Was the library kept from a CPU while nobody answered? Then the answer may have been there all the time, and
//! nobody knows whose the silence is.
//!
//! The kernel tells for each thread for how long it was ready to run and waited (schedstat). It is read when a
//! silence begins to show, and when it is over: nothing of it costs a loop that is being answered.

use crate::os::process;
use crate::os::scheduling::{ThreadTimes, threads_of};
use std::path::{Path, PathBuf};

/// How long the library's threads were ready to run and had no CPU, ns.
#[derive(Debug)]
pub(super) struct Starved {
    root: PathBuf,
    pid: i32,
    /// When the silence began to show.
    before: Option<Vec<ThreadTimes>>,
    /// Somebody has looked, with or without success.
    watches: bool,
}

impl Starved {
    /// Of this process. Below `root` stand the kernel's files.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), pid: process::own_pid(), before: None, watches: false }
    }

    /// A silence begins to show. To be called as often as one likes while it lasts.
    #[inline]
    pub(super) fn watch(&mut self) {
        if !self.watches {
            self.look();
        }
    }

    #[cold]
    fn look(&mut self) {
        self.watches = true;
        self.before = threads_of(&self.root, self.pid);
    }

    /// It was none, or it has been told.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.watches = false;
    }

    /// For how long a thread of the library's has waited for a CPU since it showed, the longest of them, ns. None:
    /// nobody looked, or the kernel does not tell.
    pub(super) fn waited_ns(&self) -> Option<u64> {
        let before = self.before.as_ref().filter(|_| self.watches)?;
        let now = threads_of(&self.root, self.pid)?;
        // The loop is the main thread, and knows by itself when it stood still.
        let library = now.iter().filter(|thread| thread.tid != self.pid);
        let waited = library.map(|thread| {
            // A thread that has come since began at 0.
            let earlier = before.iter().find(|earlier| earlier.tid == thread.tid);
            thread.wait_ns.saturating_sub(earlier.map_or(0, |earlier| earlier.wait_ns))
        });
        Some(waited.max().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up /proc with the loop and one thread of the library's, which have waited for so long.
    fn tell(root: &Path, hot_wait_ns: u64, library_wait_ns: u64) {
        let pid = process::own_pid();
        for (tid, wait_ns) in [(pid, hot_wait_ns), (pid + 1, library_wait_ns)] {
            let folder = root.join(format!("proc/{pid}/task/{tid}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("schedstat"), format!("5 {wait_ns} 7\n")).unwrap();
        }
    }

    #[test]
    fn what_the_library_waited_since_the_silence_showed_is_told_and_not_what_the_loop_did() {
        let root = tempfile::tempdir().unwrap();
        let mut starved = Starved::new(root.path());
        assert_eq!(starved.waited_ns(), None, "nobody looked");
        tell(root.path(), 10, 1_000);
        starved.watch();
        tell(root.path(), 500_000, 4_000);
        starved.watch();
        assert_eq!(starved.waited_ns(), Some(3_000));
        starved.forget();
        assert_eq!(starved.waited_ns(), None);
        starved.watch();
        assert_eq!(starved.waited_ns(), Some(0), "a new silence begins anew");
    }

    #[test]
    fn a_kernel_that_keeps_no_account_is_not_known_and_asked_once() {
        let root = tempfile::tempdir().unwrap();
        let mut starved = Starved::new(root.path());
        starved.watch();
        tell(root.path(), 0, 0);
        starved.watch();
        assert_eq!(starved.waited_ns(), None);
    }
}
