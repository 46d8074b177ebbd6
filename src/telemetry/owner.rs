//! Who owns a segment: its name tells the owner's pid namespace, pid and start time, which name a process for good.
//!
//! All three stand in the name and not in the segment, since an owner may be killed between the making of the name and
//! the first word in it.

use super::SegmentError;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;

/// What every name of ours begins with.
const PREFIX: &str = "pinload-";

/// The process that made a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    /// Its process id.
    pub(super) pid: u32,
    /// Its start, in clock ticks since boot.
    pub(super) start_ticks: u64,
    /// Inode of the pid namespace that `pid` counts in. 0: /proc did not tell.
    pub(super) pid_namespace: u64,
}

impl Owner {
    /// The calling process.
    pub(super) fn own() -> io::Result<Self> {
        let pid = std::process::id();
        match living_since(pid)? {
            Some(start_ticks) => Ok(Self { pid, start_ticks, pid_namespace: pid_namespace() }),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "/proc does not show this process")),
        }
    }
    /// Reads `pinload-<pid>-<start ticks>-<pid namespace>-<16 hex digits>`; None when the name is none of ours.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let parts: Vec<_> = name.strip_prefix(PREFIX)?.split('-').collect();
        let [pid, start_ticks, pid_namespace, random] = parts[..] else { return None };
        if random.len() != 16 || !random.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        Some(Self {
            pid: pid.parse().ok()?,
            start_ticks: start_ticks.parse().ok()?,
            pid_namespace: pid_namespace.parse().ok()?,
        })
    }
    /// Is it surely gone? Not known (no permission to look) counts as living.
    pub(super) fn is_dead(self) -> bool {
        living_since(self.pid).is_ok_and(|since| since != Some(self.start_ticks))
    }
    /// A new name that nobody can guess.
    pub(super) fn new_name(self) -> io::Result<String> {
        let mut random = [0; 8];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let Self { pid, start_ticks, pid_namespace } = self;
        Ok(format!("{PREFIX}{pid}-{start_ticks}-{pid_namespace}-{:016x}", u64::from_ne_bytes(random)))
    }
}

/// A new name owned by the calling process.
pub(super) fn new_name() -> Result<(Owner, String), SegmentError> {
    let owner = Owner::own();
    owner.and_then(|owner| Ok((owner, owner.new_name()?))).map_err(|e| SegmentError::System {
        name: PREFIX.to_owned(),
        what: "choosing a name",
        why: e.to_string(),
    })
}

/// The pid namespace of the calling process: pids of another one mean nothing here. 0 = unknown.
fn pid_namespace() -> u64 {
    std::fs::metadata("/proc/self/ns/pid").map_or(0, |link| link.ino())
}

/// Start time of a process in clock ticks since boot; None when there is none, or only its corpse (zombies own
/// nothing).
fn living_since(pid: u32) -> io::Result<Option<u64>> {
    let gone = |e: &io::Error| e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH);
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => Ok(start_ticks_in(&stat)),
        Err(e) if gone(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Field 22 of /proc/PID/stat, counted behind the name (field 2), which may itself hold spaces and brackets.
fn start_ticks_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // `state` was field 3.
    fields.nth(22 - 4)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_owner() {
        let (owner, name) = new_name().unwrap();
        assert_eq!(Owner::of_name(&name), Some(owner));
        assert!(!owner.is_dead());
        assert_ne!(new_name().unwrap().1, name);
    }

    #[test]
    fn names_of_others_are_nobodys() {
        for name in [
            "pinload-1-2",
            "pinload-1-2-3-xyz",
            "pinload-1-2-0123456789abcdef",
            "pinload-1-2-3-0123456789abcdef-4",
            "sem.x",
            "pinload-a-2-3-0123456789abcdef",
        ] {
            assert_eq!(Owner::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_pid_that_was_given_to_another_process_does_not_keep_a_segment() {
        let own = Owner::own().unwrap();
        assert!(Owner { start_ticks: own.start_ticks - 1, ..own }.is_dead());
        assert!(Owner { pid: u32::MAX, ..own }.is_dead());
    }

    #[test]
    fn the_start_time_is_found_behind_a_name_with_brackets_and_a_zombie_has_none() {
        let line = |state| format!("7 (a) b (c) {state} 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 9 9");
        assert_eq!(start_ticks_in(&line('S')), Some(4711));
        assert_eq!(start_ticks_in(&line('Z')), None);
        assert_eq!(start_ticks_in("7 (cut"), None);
    }
}
