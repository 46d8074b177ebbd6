//! What this machine and the control groups of this process have room for: memory, shared memory, tasks, open files.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::path::{Path, PathBuf};

/// Limits of the machine and of this process's control groups. None: not limited, or not told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostCapacity {
    /// Memory of the machine, or what the tightest control group allows where that is less.
    pub memory_bytes: Option<u64>,
    /// Of it free now, or to be had by dropping caches.
    pub memory_free_bytes: Option<u64>,
    /// Free in /dev/shm.
    pub shared_memory_free_bytes: Option<u64>,
    /// Processes and threads that can still be started.
    pub tasks_free: Option<u64>,
    /// Files that one process may have open (the hard limit, which may be asked for).
    pub open_files: Option<u64>,
}

impl HostCapacity {
    /// Of this process, from the files below `root`.
    pub fn of_self(root: &Path) -> Self {
        let memory = |name: &str| {
            let text = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
        };
        let groups = |files: &Limited| tightest(root, files);
        let memory_group = groups(&MEMORY);
        let tasks_group = groups(&TASKS);
        Self {
            memory_bytes: least([memory("MemTotal"), memory_group.map(|(limit, _)| limit)]),
            memory_free_bytes: least([memory("MemAvailable"), memory_group.map(|(_, free)| free)]),
            shared_memory_free_bytes: shared_memory_free(),
            tasks_free: least([
                number(&root.join("proc/sys/kernel/pid_max")),
                number(&root.join("proc/sys/kernel/threads-max")),
                tasks_group.map(|(_, free)| free),
                // The kernel does not hold root to it.
                (!nix::unistd::Uid::effective().is_root()).then(|| hard_limit(Resource::RLIMIT_NPROC)).flatten(),
            ]),
            open_files: hard_limit(Resource::RLIMIT_NOFILE),
        }
    }
}

/// Raises the number of files that this process and its children may have open to `wanted`, as far as the hard limit
/// goes. True: it is at least that.
pub fn raise_open_files(wanted: u64) -> bool {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, _)) if soft >= wanted => true,
        Ok((_, hard)) => setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard).is_ok() && hard >= wanted,
        Err(_) => false,
    }
}

/// Files of a control group that say what is allowed, and how much of it is used: of both generations.
struct Limited {
    controller: &'static str,
    v2: [&'static str; 2],
    v1: [&'static str; 2],
}

const MEMORY: Limited = Limited {
    controller: "memory",
    v2: ["memory.max", "memory.current"],
    v1: ["memory.limit_in_bytes", "memory.usage_in_bytes"],
};
const TASKS: Limited =
    Limited { controller: "pids", v2: ["pids.max", "pids.current"], v1: ["pids.max", "pids.current"] };
/// The first generation writes "no limit" as almost 2^63.
const NO_LIMIT: u64 = 1 << 60;

/// (limit, free) of the group that allows least, from this process's own up to the mount.
fn tightest(root: &Path, files: &Limited) -> Option<(u64, u64)> {
    let own = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let entries = || own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let first_generation =
        entries().find(|(controllers, _)| controllers.split(',').any(|controller| controller == files.controller));
    let (mount, path, names) = match first_generation {
        Some((_, path)) => (root.join("sys/fs/cgroup").join(files.controller), path, files.v1),
        None => (root.join("sys/fs/cgroup"), entries().find(|(controllers, _)| controllers.is_empty())?.1, files.v2),
    };
    let mut folders = vec![mount];
    // A container sees its own group as the mount, under the host's name for it or `/`. A path that climbs out names
    // nothing in it.
    if !path.split('/').any(|part| part == "..") {
        for part in path.split('/').filter(|part| !part.is_empty()) {
            folders.push(folders[folders.len() - 1].join(part));
        }
    }
    let found: Vec<(u64, u64)> = folders
        .iter()
        .filter_map(|folder| {
            let limit = number(&folder.join(names[0])).filter(|limit| *limit < NO_LIMIT)?;
            Some((limit, limit.saturating_sub(number(&folder.join(names[1])).unwrap_or(0))))
        })
        .collect();
    Some((found.iter().map(|(limit, _)| *limit).min()?, found.iter().map(|(_, free)| *free).min()?))
}

/// `max` and what is not there are no number.
fn number(path: &PathBuf) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn least<const N: usize>(limits: [Option<u64>; N]) -> Option<u64> {
    limits.into_iter().flatten().min()
}

fn hard_limit(resource: Resource) -> Option<u64> {
    getrlimit(resource).ok().map(|(_, hard)| hard).filter(|hard| *hard != nix::libc::RLIM_INFINITY)
}

fn shared_memory_free() -> Option<u64> {
    let shm = nix::sys::statvfs::statvfs("/dev/shm").ok()?;
    (shm.blocks() > 0).then(|| shm.blocks_available().saturating_mul(shm.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(files: &[(&str, &str)]) -> HostCapacity {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        HostCapacity::of_self(root.path())
    }

    #[test]
    fn the_tightest_control_group_counts_where_it_allows_less_than_the_machine_has() {
        let machine = ("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable:  800 kB\n");
        let own = ("proc/self/cgroup", "0::/a/b\n");
        let free = room(&[machine, own, ("sys/fs/cgroup/a/b/memory.max", "max\n")]);
        assert_eq!((free.memory_bytes, free.memory_free_bytes), (Some(1_024_000), Some(819_200)));
        let limited = room(&[
            machine,
            own,
            ("sys/fs/cgroup/a/memory.max", "500000\n"),
            ("sys/fs/cgroup/a/memory.current", "400000\n"),
            ("sys/fs/cgroup/a/b/memory.max", "600000\n"),
            ("sys/fs/cgroup/a/b/pids.max", "100\n"),
            ("sys/fs/cgroup/a/b/pids.current", "40\n"),
        ]);
        assert_eq!((limited.memory_bytes, limited.memory_free_bytes), (Some(500_000), Some(100_000)));
        assert_eq!(limited.tasks_free, Some(60));
    }

    #[test]
    fn the_first_generation_of_groups_is_read_too_and_its_no_limit_is_none() {
        let own = ("proc/self/cgroup", "5:pids:/x\n4:memory:/x\n");
        let limited = room(&[own, ("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "4096\n")]);
        assert_eq!(limited.memory_bytes, Some(4_096));
        let free = room(&[own, ("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n")]);
        assert_eq!(free.memory_bytes, None);
    }
}
