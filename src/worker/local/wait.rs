//! The one place where the supervisor waits: for a deadline, a signal, or the end of a client or of the broker.

use super::LocalWorker;
use crate::os::signals::Signal;
use crate::telemetry::ClientState;
use crate::units::NS_PER_S;
use crate::worker::{ClientDeath, Interruption, Wake, WorkerError};
use std::time::Duration;

/// The wall-clock anchor is republished this often.
const WALL_OFFSET_EVERY_NS: u64 = NS_PER_S;
/// Without a signal that says so, clients that have ended are looked for this often: it is a system call for each.
const DEATHS_EVERY_NS: u64 = NS_PER_S;
/// Between two looks at what is waited for: short against everything that is, long against the cost of a look …
const LOOK_EVERY_NS: u64 = 2_000_000;
/// … which grows with the clients, who want the CPU meanwhile.
const LOOK_PER_CLIENT_NS: u64 = 20_000;

impl LocalWorker {
    /// Waits until `deadline_ns` on the run's clock, a signal, or a client's end, whichever comes first.
    pub(super) fn wait(&mut self, deadline_ns: u64) -> Wake {
        loop {
            let now_ns = self.clock.now_ns();
            if now_ns >= self.deaths_due_ns {
                self.deaths_due_ns = now_ns + DEATHS_EVERY_NS;
                if let Some(death) = self.look_for_deaths() {
                    return Wake::ClientDied(death);
                }
            }
            if let Some(loss) = self.look_for_broker(now_ns) {
                return Wake::BrokerLost(loss);
            }
            self.keep_up(now_ns);
            // A signal comes before a deadline that has passed: who is always late, for its CPUs are others', hears it
            // all the same. Never longer than a second: the wall-clock anchor is due, and a SIGCHLD can be merged with
            // another.
            let left_ns = deadline_ns.saturating_sub(now_ns);
            let pause = Duration::from_nanos(left_ns.min(WALL_OFFSET_EVERY_NS));
            crossbeam_channel::select! {
                recv(self.signals) -> signal => match signal {
                    Ok(Signal::Child) => self.deaths_due_ns = 0,
                    Ok(Signal::Interrupt) => return self.interrupted(Interruption::Interrupt),
                    Ok(Signal::Terminate) => return self.interrupted(Interruption::Terminate),
                    // The signal thread lives as long as the process; without it only time is left.
                    Err(_) => self.signals = crossbeam_channel::never(),
                },
                recv(self.scrapes) -> scrape => match scrape {
                    Ok(scrape) => self.answer_scrape(scrape),
                    // Without a server nobody scrapes.
                    Err(_) => self.scrapes = crossbeam_channel::never(),
                },
                default(pause) => {
                    if left_ns == 0 {
                        return Wake::Deadline;
                    }
                }
            }
        }
    }

    /// Waits until `done` holds. Err at the limit (`Ok(false)`), on a death or a signal.
    pub(super) fn wait_for(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Self) -> Result<bool, WorkerError>,
    ) -> Result<bool, WorkerError> {
        let limit_ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let end_ns = self.clock.now_ns().saturating_add(limit_ns);
        loop {
            if done(self)? {
                return Ok(true);
            }
            let now_ns = self.clock.now_ns();
            if now_ns >= end_ns {
                return Ok(false);
            }
            let look_ns = LOOK_EVERY_NS.max(self.clients.len() as u64 * LOOK_PER_CLIENT_NS);
            match self.wait((now_ns + look_ns).min(end_ns)) {
                Wake::Deadline => {}
                Wake::Interrupted(by) => return Err(WorkerError::Interrupted(by)),
                // This host is no other host.
                Wake::WorkerLost(loss) => return Err(WorkerError::WorkerLost(loss)),
                Wake::BrokerLost(loss) => return Err(WorkerError::BrokerLost(loss)),
                // Before the load a client that gave up has said why in words that have a class of their own.
                Wake::ClientDied(death) => {
                    let gave_up = if self.epoch_ns == 0 { self.failed_client() } else { None };
                    return Err(gave_up.unwrap_or(WorkerError::ClientDied(death)));
                }
            }
        }
    }

    fn interrupted(&mut self, by: Interruption) -> Wake {
        self.interrupts.push(by);
        Wake::Interrupted(by)
    }

    /// True after a second signal: everything is to end at once.
    pub(super) fn in_a_hurry(&self) -> bool {
        self.interrupts.len() > 1
    }

    /// Reaps clients that have ended. The first one that was not told to is returned, once.
    fn look_for_deaths(&mut self) -> Option<ClientDeath> {
        let mut first = None;
        for client in &mut self.clients {
            if client.exit.is_some() {
                continue;
            }
            let Ok(Some(exit)) = client.process.try_wait() else { continue };
            let done = client.end.state() == Some(ClientState::Done) && exit.code == Some(0);
            self.deaths += u64::from(!done);
            if !done && first.is_none() {
                first = Some(ClientDeath {
                    worker: None,
                    role: client.plan.role,
                    index: client.plan.index,
                    pid: client.pid,
                    cpu: client.plan.placement.hot_cpu,
                    cause: exit.to_string(),
                    last_words: client.last_words(),
                });
            }
            client.exit = Some(exit);
        }
        first
    }

    /// What is to be done in time whoever waits for what, and whether or not anybody looks: in a run without a terminal
    /// and with long periods, in the wait for readiness, between the calls of a coordinator that has other things to
    /// do.
    fn keep_up(&mut self, now_ns: u64) {
        self.republish_wall_offset(now_ns);
        self.roll_metrics();
        if now_ns >= self.drain_due_ns {
            self.drain();
            self.clock_drift.look();
        }
    }

    fn republish_wall_offset(&mut self, now_ns: u64) {
        if self.clients.is_empty() || now_ns < self.wall_offset_due_ns {
            return;
        }
        let offset = self.clock.wall_offset();
        for client in &self.clients {
            client.end.set_wall_offset(offset.offset_ns);
        }
        self.wall_anchor.publish(offset);
        self.wall_offset_due_ns = now_ns + WALL_OFFSET_EVERY_NS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::clock::{Calibration, Clock, ClockSource};
    use crate::os::process;
    use crate::plan::Plan;
    use crate::stats::Counters;
    use crate::telemetry::{ClientEnd, Role, Shape, SupervisorEnd};
    use crate::worker::local::{Client, History, facts, observe};
    use std::path::Path;

    const BEGIN_NS: u64 = 5_000 * NS_PER_S;

    /// A clock that stands still at a moment.
    fn at(now_ns: u64) -> Clock {
        Clock { source: ClockSource::Tsc, anchor_ticks: u64::MAX, anchor_ns: now_ns, ns_per_tick_q32: 1 }
    }

    /// A worker with one client, and that client's end.
    fn worker() -> (LocalWorker, ClientEnd) {
        let calibration = Calibration::begin(Path::new("/nowhere"));
        let mut worker = LocalWorker::new(crossbeam_channel::never(), calibration, Path::new("/"));
        let shape = Shape::new(Role::Consumer, 0, 1);
        let mut end = SupervisorEnd::create(shape).unwrap();
        let client_end = ClientEnd::attach(end.name(), shape).unwrap();
        end.unlink();
        let plans = Plan::for_tests(Duration::ZERO, None).clients;
        let process = process::sleeper().unwrap();
        let mut history = History::new(Role::Consumer);
        history.begin(BEGIN_NS, Counters::default());
        worker.clients.push(Client {
            plan: plans.into_iter().find(|plan| plan.role == Role::Consumer).unwrap(),
            topic: String::new(),
            group: None,
            pid: process.pid(),
            process,
            end,
            raw_samples: None,
            history,
            exit: None,
            observed: observe::Masks::default(),
            watch: facts::UsageWatch::default(),
            partitions: crate::worker::local::partitions::PartitionSpan::default(),
            moments: Vec::new(),
        });
        (worker, client_end)
    }

    /// A supervisor whose CPUs are others' is late for every deadline.
    #[test]
    fn a_signal_is_heard_before_a_deadline_that_has_passed() {
        let (signals, heard) = crossbeam_channel::unbounded();
        let (mut worker, _end) = worker();
        worker.signals = heard;
        let passed_ns = worker.clock.now_ns();
        assert!(matches!(worker.wait(passed_ns), Wake::Deadline));
        for signal in [Signal::Child, Signal::Interrupt] {
            signals.send(signal).unwrap();
        }
        assert!(matches!(worker.wait(passed_ns), Wake::Interrupted(Interruption::Interrupt)));
        assert!(matches!(worker.wait(passed_ns), Wake::Deadline));
    }

    #[test]
    fn a_wait_reads_the_rings_in_time_though_nobody_asks_for_a_period() {
        let (mut worker, mut client) = worker();
        let mut waited = true;
        // Longer than two rings, as with sampleRateMillis: 60000, or in the wait for readiness; and calls that take
        // some seconds each.
        for second in (1..=93).filter(|second| second % 20 < 14) {
            worker.clock = at(BEGIN_NS + second * NS_PER_S);
            let published = client.published_slots();
            for slot in published..second {
                let end_ns = BEGIN_NS + (slot + 1) * NS_PER_S;
                client.publish_slot(BEGIN_NS, end_ns, &Counters::default(), &mut []);
            }
            let now_ns = worker.clock.now_ns();
            waited &= matches!(worker.wait(now_ns), Wake::Deadline);
        }
        worker.drain();
        // Nothing is to be ended: the clock stands still.
        worker.closed = true;
        let history = &mut worker.clients[0].history;
        assert_eq!((history.slots_lost, history.take_timeline().points().count(), waited), (0, 93, true));
    }
}
