//! What a process has used: CPU time and context switches.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// Cumulative use since the process (or thread) began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// User CPU time of the whole process.
    pub cpu_user_ns: u64,
    /// System CPU time of the whole process.
    pub cpu_system_ns: u64,
    /// Voluntary context switches of the whole process.
    pub context_switches_voluntary: u64,
    /// Involuntary context switches of the whole process.
    pub context_switches_involuntary: u64,
}

/// Of the calling process, all threads (getrusage).
pub fn of_self() -> Usage {
    read(UsageWho::RUSAGE_SELF)
}
/// Of the calling thread only (RUSAGE_THREAD).
pub fn of_thread() -> Usage {
    read(UsageWho::RUSAGE_THREAD)
}

fn read(who: UsageWho) -> Usage {
    // getrusage(2) fails only for a bad address or an unknown `who`; neither can come from here.
    let Ok(usage) = getrusage(who) else { return Usage::default() };
    Usage {
        cpu_user_ns: nanoseconds(usage.user_time()),
        cpu_system_ns: nanoseconds(usage.system_time()),
        context_switches_voluntary: count(usage.voluntary_context_switches()),
        context_switches_involuntary: count(usage.involuntary_context_switches()),
    }
}

fn nanoseconds(time: TimeVal) -> u64 {
    count(time.tv_sec()) * 1_000_000_000 + count(time.tv_usec()) * 1_000
}

/// The kernel's counters are signed words that are never negative.
fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_has_used_at_least_what_its_thread_has() {
        let thread = of_thread();
        let process = of_self();
        assert!(process.cpu_user_ns + process.cpu_system_ns >= thread.cpu_user_ns + thread.cpu_system_ns);
    }

    #[test]
    fn work_shows_in_the_threads_cpu_time() {
        let used = |usage: Usage| usage.cpu_user_ns + usage.cpu_system_ns;
        let before = used(of_thread());
        while used(of_thread()) < before + 2_000_000 {
            std::hint::black_box(before);
        }
        assert!(used(of_thread()) - before >= 2_000_000);
    }
}
