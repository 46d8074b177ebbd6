//! What the kernel tells of those who take CPU time away: threads that are ready and have to wait (schedstat),
//! hypervisors that give a CPU to somebody else (steal), CPU limits that stop a whole group of processes (throttling).
//!
//! All figures are cumulative; readers keep baselines. Nothing here costs the process that is looked at anything.

use std::path::{Path, PathBuf};

/// `/proc/stat` counts in these (USER_HZ, which is 100 on every architecture that pinload runs on).
const NS_PER_TICK: u64 = 10_000_000;

/// One thread, as /proc/PID/task/TID/schedstat tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadTimes {
    /// Thread id.
    pub tid: i32,
    /// Time on a CPU, ns.
    pub run_ns: u64,
    /// Time ready to run and waiting for a CPU, ns.
    pub wait_ns: u64,
    /// Times it came onto a CPU.
    pub runs: u64,
}

/// The threads of a process. None: the process is gone, or the kernel keeps no such account.
pub fn threads_of(root: &Path, pid: i32) -> Option<Vec<ThreadTimes>> {
    let entries = std::fs::read_dir(root.join(format!("proc/{pid}/task"))).ok()?;
    let threads: Vec<ThreadTimes> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let tid = entry.file_name().to_str()?.parse().ok()?;
            // A thread may end between the list and the look.
            let [run_ns, wait_ns, runs] = schedstat(&entry.path())?;
            Some(ThreadTimes { tid, run_ns, wait_ns, runs })
        })
        .collect();
    // Where the account is not kept all of it is 0; the main thread of a living process has run.
    threads.iter().any(|thread| thread.run_ns > 0).then_some(threads)
}

/// Time that the calling thread was ready to run and waited for a CPU since it began, ns. None: the kernel keeps no
/// such account.
pub fn own_wait_ns(root: &Path) -> Option<u64> {
    let [run_ns, wait_ns, _] = schedstat(&root.join("proc/thread-self"))?;
    // Where the account is not kept all of it is 0; who asks has run.
    (run_ns > 0).then_some(wait_ns)
}

/// The numbers of a thread's schedstat: ns on a CPU, ns waiting for one, times that it came onto one. The folder is the
/// thread's.
fn schedstat(thread: &Path) -> Option<[u64; 3]> {
    let text = std::fs::read_to_string(thread.join("schedstat")).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?])
}

/// Time stolen from each CPU since boot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steal {
    by_cpu: Vec<(usize, u64)>,
}

impl Steal {
    /// From /proc/stat. None: it cannot be read, or its lines end before steal.
    pub fn read(root: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(root.join("proc/stat")).ok()?;
        let by_cpu: Vec<(usize, u64)> = text
            .lines()
            .filter_map(|line| {
                let mut words = line.strip_prefix("cpu")?.split(' ');
                let cpu = words.next()?.parse().ok()?;
                // user nice system idle iowait irq softirq steal: proc_stat(5).
                let ticks: u64 = words.nth(7)?.parse().ok()?;
                Some((cpu, ticks.saturating_mul(NS_PER_TICK)))
            })
            .collect();
        (!by_cpu.is_empty()).then_some(Self { by_cpu })
    }

    /// Of one CPU, or (None) the mean of all, ns.
    pub fn of(&self, cpu: Option<usize>) -> Option<u64> {
        match cpu {
            Some(cpu) => self.by_cpu.iter().find(|(known, _)| *known == cpu).map(|(_, ns)| *ns),
            None => {
                let all: u64 = self.by_cpu.iter().map(|(_, ns)| ns).sum();
                all.checked_div(u64::try_from(self.by_cpu.len()).unwrap_or(0))
            }
        }
    }
}

/// The CPU controllers that this process is under: its cgroup's and those above it, each of which can stop it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuLimits {
    stats: Vec<PathBuf>,
}

impl CpuLimits {
    /// The cgroups of the process whose files are below `root`/proc/self.
    pub fn of_self(root: &Path) -> Self {
        let text = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        let mut stats = Vec::new();
        for line in text.lines() {
            // number:controllers:path; version 2 has no controllers there (cgroups(7)).
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            let mounts: &[&str] = match controllers {
                "" => &["sys/fs/cgroup", "sys/fs/cgroup/unified"],
                named if named.split(',').any(|controller| controller == "cpu") => {
                    &["sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"]
                }
                _ => continue,
            };
            let path = Path::new(path.trim_start_matches('/'));
            for mount in mounts {
                let groups = path.ancestors().map(|group| root.join(mount).join(group).join("cpu.stat"));
                stats.extend(groups.filter_map(|stat| std::fs::canonicalize(stat).ok()));
            }
        }
        // One mount may have two names.
        stats.sort();
        stats.dedup();
        Self { stats }
    }

    /// For how long its CPU limits have stopped the group, ns, all CPUs added. None: no such account.
    pub fn throttled_ns(&self) -> Option<u64> {
        let all: Vec<u64> =
            self.stats.iter().filter_map(|stat| Some(throttled_in(&std::fs::read_to_string(stat).ok()?))).collect();
        (!all.is_empty()).then(|| all.iter().sum())
    }
}

/// Version 2 counts µs, version 1 ns; a root group has no limit and no line.
fn throttled_in(stat: &str) -> u64 {
    let throttled_us = cpu_stat_value(stat, "throttled_usec");
    throttled_us.map(|us| us.saturating_mul(1_000)).or_else(|| cpu_stat_value(stat, "throttled_time")).unwrap_or(0)
}

/// One figure of a cgroup's cpu.stat, which has a line `name number` for each.
pub(super) fn cpu_stat_value(stat: &str, name: &str) -> Option<u64> {
    let number = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    number.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn threads_tell_what_they_ran_and_waited() {
        let root = tree(&[("proc/7/task/7/schedstat", "500 20 3\n"), ("proc/7/task/9/schedstat", "10 4000 1\n")]);
        let mut threads = threads_of(root.path(), 7).unwrap();
        threads.sort_by_key(|thread| thread.tid);
        let expected = [
            ThreadTimes { tid: 7, run_ns: 500, wait_ns: 20, runs: 3 },
            ThreadTimes { tid: 9, run_ns: 10, wait_ns: 4000, runs: 1 },
        ];
        assert_eq!(threads, expected);
        assert_eq!(threads_of(root.path(), 8), None);
        let silent = tree(&[("proc/7/task/7/schedstat", "0 0 0\n")]);
        assert_eq!(threads_of(silent.path(), 7), None, "a kernel that keeps no account");
    }

    #[test]
    fn this_very_process_is_found() {
        let pid = crate::os::process::own_pid();
        let threads = threads_of(Path::new("/"), pid);
        assert!(threads.is_none_or(|threads| threads.iter().any(|thread| thread.tid == pid)));
        assert!(Steal::read(Path::new("/")).is_some_and(|steal| steal.of(None).is_some()));
    }

    #[test]
    fn a_thread_is_told_what_it_has_waited_itself() {
        let root = |text: &str| tree(&[("proc/thread-self/schedstat", text)]);
        assert_eq!(own_wait_ns(root("500 20 3\n").path()), Some(20));
        assert_eq!(own_wait_ns(root("0 0 0\n").path()), None, "a kernel that keeps no account");
        assert_eq!(own_wait_ns(tree(&[]).path()), None);
    }

    #[test]
    fn steal_is_the_eighth_number_of_each_cpu() {
        let root = tree(&[(
            "proc/stat",
            "cpu  1 2 3 4 5 6 7 30 9 10\ncpu0 1 2 3 4 5 6 7 10 0 0\ncpu3 1 2 3 4 5 6 7 20 0 0\nintr 5\n",
        )]);
        let steal = Steal::read(root.path()).unwrap();
        assert_eq!((steal.of(Some(0)), steal.of(Some(3))), (Some(100_000_000), Some(200_000_000)));
        assert_eq!((steal.of(None), steal.of(Some(1))), (Some(150_000_000), None));
        assert_eq!(Steal::read(tree(&[("proc/stat", "cpu0 1 2 3 4\n")]).path()), None);
    }

    #[test]
    fn throttling_counts_on_every_level_of_version_2() {
        let root = tree(&[
            ("proc/self/cgroup", "0::/lab/run\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 5\n"),
            ("sys/fs/cgroup/lab/cpu.stat", "usage_usec 5\nnr_throttled 2\nthrottled_usec 7\n"),
            ("sys/fs/cgroup/lab/run/cpu.stat", "nr_throttled 1\nthrottled_usec 3\n"),
            ("sys/fs/cgroup/other/cpu.stat", "throttled_usec 900\n"),
        ]);
        assert_eq!(CpuLimits::of_self(root.path()).throttled_ns(), Some(10_000));
    }

    #[test]
    fn version_1_counts_ns_under_its_own_controller() {
        let root = tree(&[
            ("proc/self/cgroup", "4:memory:/m\n2:cpu,cpuacct:/run\n0::/\n"),
            ("sys/fs/cgroup/cpu,cpuacct/run/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 1234\n"),
        ]);
        assert_eq!(CpuLimits::of_self(root.path()).throttled_ns(), Some(1_234));
        assert_eq!(CpuLimits::of_self(tree(&[]).path()).throttled_ns(), None);
    }
}
