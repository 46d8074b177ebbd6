//! The one place where the supervisor waits: for a deadline, a signal, or the end of a client.

use super::LocalWorker;
use crate::os::clock;
use crate::os::signals::Signal;
use crate::telemetry::ClientState;
use crate::units::NS_PER_S;
use crate::worker::{ClientDeath, Interruption, Wake, WorkerError};
use std::time::Duration;

/// The wall-clock anchor is republished this often.
const WALL_OFFSET_EVERY_NS: u64 = NS_PER_S;

impl LocalWorker {
    /// Waits until `deadline_ns` on the run's clock, a signal, or a client's end, whichever comes first.
    pub(super) fn wait(&mut self, deadline_ns: u64) -> Wake {
        loop {
            if let Some(death) = self.look_for_deaths() {
                return Wake::ClientDied(death);
            }
            let now_ns = self.clock.now_ns();
            self.republish_wall_offset(now_ns);
            self.roll_metrics();
            if now_ns >= deadline_ns {
                return Wake::Deadline;
            }
            // Never longer than a second: the wall-clock anchor is due, and a SIGCHLD can be merged with another.
            let pause = Duration::from_nanos((deadline_ns - now_ns).min(WALL_OFFSET_EVERY_NS));
            crossbeam_channel::select! {
                recv(self.signals) -> signal => match signal {
                    Ok(Signal::Child) => {}
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
                default(pause) => {}
            }
        }
    }

    /// Waits until `done` holds. Err at the limit (`Ok(false)`), on a death or a signal.
    pub(super) fn wait_for(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Self) -> Result<bool, WorkerError>,
    ) -> Result<bool, WorkerError> {
        /// Between two looks: short against everything that is waited for, long against the cost of a look.
        const LOOK_EVERY_NS: u64 = 2_000_000;
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
            match self.wait((now_ns + LOOK_EVERY_NS).min(end_ns)) {
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
                    last_words: client.end.last_words(),
                });
            }
            client.exit = Some(exit);
        }
        first
    }

    fn republish_wall_offset(&mut self, now_ns: u64) {
        if self.clients.is_empty() || now_ns < self.wall_offset_due_ns {
            return;
        }
        let offset_ns = clock::wall_offset_ns();
        for client in &self.clients {
            client.end.set_wall_offset(offset_ns);
        }
        self.wall_offset_due_ns = now_ns + WALL_OFFSET_EVERY_NS;
    }
}
