//! Facts for the verdict: what the kernel tells of each client at the boundaries of periods, joined with what the
//! client counted.
//!
//! Read by the supervisor, some ms after the boundary: it costs the clients nothing, and about 0.1 ms a client and
//! period here.

use super::history::RowDifference;
use super::{Client, LocalWorker};
use crate::os::scheduling::{Steal, ThreadTimes, threads_of};
use crate::stats::{Counter, Counters, Increment, Latency};
use crate::telemetry::Role;
use crate::worker::{ClientFacts, ClientKernelFacts, ClientSpans};

/// What was known of a client at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct UsageReading {
    at_ns: u64,
    threads: Option<Vec<ThreadTimes>>,
    steal_ns: Option<u64>,
    throttled_ns: Option<u64>,
    slots_lost: u64,
    late_reports: u64,
}

/// The looks from which differences are taken, and the newest.
#[derive(Debug, Clone, Default)]
pub(super) struct UsageWatch {
    period: UsageReading,
    measurement: UsageReading,
    now: UsageReading,
}

impl UsageWatch {
    /// A new period begins at the newest look.
    fn close_period(&mut self) {
        self.period = self.now.clone();
    }

    /// The measurement begins at the newest look.
    fn begin_measurement(&mut self) {
        self.close_period();
        self.measurement = self.now.clone();
    }
}

impl UsageReading {
    fn kernel_since(&self, before: &Self, hot_tid: i32) -> ClientKernelFacts {
        let since = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        let mut facts = ClientKernelFacts {
            span_ns: self.at_ns.saturating_sub(before.at_ns),
            steal_ns: since(self.steal_ns, before.steal_ns),
            throttled_ns: since(self.throttled_ns, before.throttled_ns),
            ..ClientKernelFacts::default()
        };
        let (Some(threads), Some(earlier)) = (&self.threads, &before.threads) else { return facts };
        for thread in threads {
            // A thread that has come since began at 0.
            let earlier = earlier.iter().find(|earlier| earlier.tid == thread.tid);
            let before = |of: fn(&ThreadTimes) -> u64| earlier.map_or(0, of);
            let run_ns = thread.run_ns.saturating_sub(before(|earlier| earlier.run_ns));
            let wait_ns = thread.wait_ns.saturating_sub(before(|earlier| earlier.wait_ns));
            let runs = thread.runs.saturating_sub(before(|earlier| earlier.runs));
            if thread.tid == hot_tid {
                (facts.hot_wait_ns, facts.hot_runs) = (Some(wait_ns), Some(runs));
            } else {
                if facts.io_wait_ns < Some(wait_ns) {
                    (facts.io_wait_ns, facts.io_runs) = (Some(wait_ns), Some(runs));
                }
                facts.io_run_ns = facts.io_run_ns.max(Some(run_ns));
            }
        }
        facts
    }
}

impl LocalWorker {
    /// Looks at all clients.
    pub(super) fn look_at_clients(&mut self) {
        let steal = Steal::read(&self.root);
        let throttled_ns = self.cpu_limits.throttled_ns();
        for client in &mut self.clients {
            client.watch.now = UsageReading {
                at_ns: self.clock.now_ns(),
                threads: threads_of(&self.root, client.pid),
                steal_ns: steal.as_ref().and_then(|steal| steal.of(client.plan.placement.hot_cpu)),
                throttled_ns,
                slots_lost: client.history.slots_lost,
                late_reports: client.watch.now.late_reports,
            };
        }
    }

    /// The measurement begins with the next look, which is taken here.
    pub(super) fn watch_from_here(&mut self) {
        self.look_at_clients();
        self.clients.iter_mut().for_each(|client| client.watch.begin_measurement());
    }
}

impl Client {
    /// Its slot for the end of the period did not come in time.
    pub(super) fn note_late_report(&mut self) {
        self.watch.now.late_reports += 1;
    }

    /// The facts of the period that has just been closed, and of the measurement so far. The next period begins.
    pub(super) fn spans(&mut self, period: &RowDifference) -> ClientSpans {
        let watch = &self.watch;
        let delays = &period.latencies[Latency::PublishDelay as usize];
        let of_period = self.facts(period.span_ns, period.counters, delays, &watch.period);
        let (counters, span_ns) = self.history.counted();
        let measured = match self.plan.role {
            Role::Producer => self.history.measured_latency(Latency::PublishDelay),
            Role::Consumer => Increment::empty(),
        };
        let of_measurement = self.facts(span_ns, counters, &measured, &watch.measurement);
        self.watch.close_period();
        ClientSpans { period: of_period, measured: of_measurement }
    }

    fn facts(&self, span_ns: u64, counters: Counters, delays: &Increment, before: &UsageReading) -> ClientFacts {
        let now = &self.watch.now;
        let placement = &self.plan.placement;
        ClientFacts {
            role: self.plan.role,
            index: self.plan.index,
            pinned: placement.hot_cpu.is_some(),
            shared_cpu: placement.hot_cpu_shared,
            own_cpu: placement.hot_cpu.is_some() && !placement.hot_cpu_shared,
            span_ns,
            counters,
            pacing_error_p999_ns: punctual_p999_ns(delays, counters[Counter::SendsBehindQueue]),
            slots_lost: now.slots_lost.saturating_sub(before.slots_lost),
            late_reports: now.late_reports.saturating_sub(before.late_reports),
            // Clients run their loop on their main thread, whose id is the process's.
            kernel: now.kernel_since(before, self.pid),
        }
    }
}

/// p99.9 of all but the `behind` largest.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
fn punctual_p999_ns(delays: &Increment, behind: u64) -> Option<u64> {
    let all = delays.count();
    let punctual = all.saturating_sub(behind);
    (punctual > 0).then(|| delays.percentile_ns(99.9 * punctual as f64 / all as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Recorder, Sparse};

    fn look(at_ns: u64, threads: &[(i32, u64, u64, u64)]) -> UsageReading {
        let threads =
            threads.iter().map(|&(tid, run_ns, wait_ns, runs)| ThreadTimes { tid, run_ns, wait_ns, runs }).collect();
        UsageReading { at_ns, threads: Some(threads), steal_ns: Some(at_ns / 10), ..UsageReading::default() }
    }

    #[test]
    fn the_hot_thread_is_told_apart_from_the_librarys() {
        let before = look(1_000, &[(7, 100, 10, 1), (8, 50, 5, 2)]);
        let now = look(3_000, &[(7, 900, 30, 9), (8, 1_050, 5, 4), (9, 3, 400, 6)]);
        let expected = ClientKernelFacts {
            span_ns: 2_000,
            hot_wait_ns: Some(20),
            hot_runs: Some(8),
            io_wait_ns: Some(400),
            io_runs: Some(6),
            io_run_ns: Some(1_000),
            steal_ns: Some(200),
            throttled_ns: None,
        };
        assert_eq!(now.kernel_since(&before, 7), expected);
        let unseen = UsageReading { at_ns: 3_000, ..UsageReading::default() };
        assert_eq!(
            unseen.kernel_since(&before, 7),
            ClientKernelFacts { span_ns: 2_000, ..ClientKernelFacts::default() }
        );
    }

    #[test]
    fn sends_behind_a_full_queue_are_left_out_of_the_pacing_error() {
        let mut recorder = Recorder::new();
        (0..9_000).for_each(|_| recorder.record(1_000));
        (0..1_000).for_each(|_| recorder.record(50_000_000));
        let delays = Increment::between(None, &Sparse::of(&recorder));
        let about =
            |ns: Option<u64>, expected: u64| assert!(ns.unwrap().abs_diff(expected) <= expected / 500, "{ns:?}");
        about(punctual_p999_ns(&delays, 0), 50_000_000);
        about(punctual_p999_ns(&delays, 1_000), 1_000);
        about(punctual_p999_ns(&delays, 900), 50_000_000);
        assert_eq!(punctual_p999_ns(&delays, 10_000), None);
        assert_eq!(punctual_p999_ns(&Increment::empty(), 0), None);
    }
}
