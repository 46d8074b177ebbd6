//! What the library's threads waited for a CPU on the way of a message; the loop knows its own waits. The kernel tells
//! sums (schedstat): so much in all, and how often the thread came onto a CPU.

use crate::stats::Counter;
use crate::telemetry::Role;
use crate::worker::ClientFacts;

/// What a wake-up alone takes; a thread of the library that has its CPU waits no longer, ns.
const WAKE_UP_NS: f64 = 10_000.0;
/// A message goes through a thread of the library twice: there and back.
const PASSES: f64 = 2.0;
/// A library's threads wait at most so many times as long as the loop beside them.
const LONGER_AT_MOST: f64 = 10.0;

/// Of one role.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct CpuWaits {
    /// What every message waited, ns: the mean of a wait, for each of the library's passes.
    pub(super) each_ns: f64,
    /// Share of the messages that the library's threads can have kept for nobody knows how long.
    pub(super) unknown_share: f64,
    /// The library's threads share the loop's CPUs: their waits are spread like the loop's gaps, longer by this factor.
    /// 0: they do not.
    pub(super) like_loop: f64,
}

impl CpuWaits {
    /// The worst of a role's clients, weighed by nothing: messages are dealt out evenly, and a library that starves
    /// keeps a client's all.
    pub(super) fn of<'a>(clients: impl Iterator<Item = &'a ClientFacts>, role: Role) -> Self {
        let all: Vec<Self> = clients.filter(|facts| facts.role == role).map(Self::of_client).collect();
        let count = all.len().max(1) as f64;
        let mean = |pick: fn(&Self) -> f64| all.iter().map(pick).sum::<f64>() / count;
        Self {
            each_ns: all.iter().map(|waits| waits.each_ns).fold(0.0, f64::max),
            unknown_share: mean(|waits| waits.unknown_share),
            like_loop: all.iter().map(|waits| waits.like_loop).fold(0.0, f64::max),
        }
    }

    fn of_client(facts: &ClientFacts) -> Self {
        let kernel = &facts.kernel;
        let each =
            |wait_ns: Option<u64>, runs: Option<u64>| Some(wait_ns? as f64 / runs.filter(|runs| *runs > 0)? as f64);
        let library_ns = each(kernel.io_wait_ns, kernel.io_runs).unwrap_or(0.0);
        let span_ns = kernel.span_ns.max(1) as f64;
        let held_back = match facts.role {
            Role::Producer => 0.0,
            Role::Consumer => facts.counters[Counter::FetchPausedNs] as f64 / facts.span_ns.max(1) as f64,
        };
        if facts.own_cpu {
            let usual_ns = kernel.io_runs.map(|runs| runs as f64 * WAKE_UP_NS);
            let beyond_ns = usual_ns.map_or(0.0, |usual_ns| kernel.io_wait_ns.unwrap_or(0) as f64 - usual_ns).max(0.0);
            return Self {
                each_ns: PASSES * library_ns.min(WAKE_UP_NS),
                unknown_share: beyond_ns / span_ns + held_back,
                like_loop: 0.0,
            };
        }
        let loop_ns = each(kernel.hot_wait_ns, kernel.hot_runs).unwrap_or(0.0);
        let longer = if loop_ns > 0.0 { library_ns / loop_ns } else { f64::from(u8::from(library_ns > 0.0)) };
        Self { each_ns: PASSES * library_ns, unknown_share: held_back, like_loop: longer.min(LONGER_AT_MOST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload_generator::for_tests::facts;

    fn producer(own_cpu: bool, [hot_wait_ns, hot_runs, io_wait_ns, io_runs]: [u64; 4]) -> CpuWaits {
        let mut facts = facts(Role::Producer, 0, 10);
        facts.own_cpu = own_cpu;
        let kernel = &mut facts.kernel;
        kernel.span_ns = 10_000_000_000;
        (kernel.hot_wait_ns, kernel.hot_runs) = (Some(hot_wait_ns), Some(hot_runs));
        (kernel.io_wait_ns, kernel.io_runs) = (Some(io_wait_ns), Some(io_runs));
        CpuWaits::of([&facts].into_iter(), Role::Producer)
    }

    #[test]
    fn a_library_with_cpus_of_its_own_is_woken_and_what_it_waits_beyond_is_a_share_of_the_time() {
        let quick = producer(true, [0, 1, 20_000_000, 10_000]);
        assert_eq!(quick, CpuWaits { each_ns: 4_000.0, unknown_share: 0.0, like_loop: 0.0 });
        let kept = producer(true, [0, 1, 300_000_000, 10_000]);
        assert!((kept.unknown_share - 0.02).abs() < 1e-9, "{kept:?}");
    }

    #[test]
    fn on_shared_cpus_the_library_waits_like_the_loop() {
        let shared = producer(false, [100_000_000, 10_000, 200_000_000, 10_000]);
        assert_eq!(shared, CpuWaits { each_ns: 40_000.0, unknown_share: 0.0, like_loop: 2.0 });
        assert_eq!(producer(false, [0, 0, 0, 0]), CpuWaits::default());
    }
}
