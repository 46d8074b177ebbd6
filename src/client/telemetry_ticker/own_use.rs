//! What the client itself uses, and where it runs.

use super::TelemetryTicker;
use crate::os::affinity;
use crate::os::usage::{self, Usage};
use crate::stats::{Counter, Counters};
use crate::telemetry::ClientEnd;
use crate::telemetry::supervisor_end::ObservedPlacement;

impl TelemetryTicker {
    /// CPU, use of the process, and of this thread. What is used between ready and the load, waiting for others, is
    /// nobody's: a client that spins would otherwise be charged with it in its first second.
    pub(super) fn look_at_self(&mut self, counters: &mut Counters, end: &mut ClientEnd) {
        self.notice_migration(counters);
        self.count_stalls(counters);
        let now = Used::so_far();
        let used = |of: fn(&Used) -> u64| {
            of(&self.used_ready) + self.used_epoch.as_ref().map_or(0, |epoch| of(&now).saturating_sub(of(epoch)))
        };
        counters[Counter::CpuUserNs] = used(|used| used.process.cpu_user_ns);
        counters[Counter::CpuSystemNs] = used(|used| used.process.cpu_system_ns);
        counters[Counter::ContextSwitchesVoluntary] = used(|used| used.process.context_switches_voluntary);
        counters[Counter::ContextSwitchesInvoluntary] = used(|used| used.process.context_switches_involuntary);
        counters[Counter::HotSwitchesInvoluntary] = used(|used| used.hot.context_switches_involuntary);
        end.set_observed(ObservedPlacement {
            pid: self.pid,
            hot_tid: self.tid,
            cpu: self.cpu.and_then(|cpu| u32::try_from(cpu).ok()).unwrap_or(u32::MAX),
            hot_thread_cpu_ns: now.hot.cpu_user_ns + now.hot.cpu_system_ns,
        });
    }

    pub(super) fn count_stalls(&self, counters: &mut Counters) {
        counters[Counter::LoopStalls] = self.stalls;
        counters[Counter::LoopStallNs] = self.stall_ns;
    }

    /// Seen often, so that a thread that is moved away and back is noticed; the kernel's own count costs a file to
    /// read.
    pub(super) fn notice_migration(&mut self, counters: &mut Counters) {
        let cpu = affinity::current_cpu();
        if self.cpu.is_some_and(|before| before != cpu) {
            counters[Counter::Migrations] += 1;
        }
        self.cpu = Some(cpu);
    }
}

/// Use of the process and of its hot thread, which calls.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) process: Usage,
    pub(super) hot: Usage,
}

impl Used {
    pub(super) fn so_far() -> Self {
        Self { process: usage::of_self(), hot: usage::of_thread() }
    }
}
