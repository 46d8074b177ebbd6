//! Ending a run: producers quiet, consumers caught up, balances, clients gone, topics deleted, nothing left behind.
//!
//! Over 250 lines: the steps of an ending, in their order.

use super::start::failure;
use super::{Client, LocalWorker};
use crate::caveat::Caveat;
use crate::plan::DriverKind;
use crate::stats::{Counter, Counters};
use crate::telemetry::{ClientState, Role, Wanted};
use crate::units::counted;
use crate::worker::catching_up::{CatchingUp, LONGER_WHILE_COMING};
use crate::worker::{ClientReport, ProgressText, RunEnd, WorkerError, untold};
use std::time::Duration;

/// How long consumers may take for the last commit.
const COMMIT_LIMIT: Duration = Duration::from_secs(5);
/// How long a client may take from the order to exit to its end (a consumer leaves its group, commits).
const EXIT_LIMIT: Duration = Duration::from_secs(10);
/// The same before the load: a client that is still connecting has nothing to save and need not be waited for.
const UNLOADED_EXIT_LIMIT: Duration = Duration::from_secs(1);
/// The same when the broker is gone: a consumer that leaves its group waits for an answer that does not come.
const GONE_EXIT_LIMIT: Duration = Duration::from_secs(3);
/// On top of the flush limit, for the last slot and the state word.
const QUIET_MARGIN: Duration = Duration::from_secs(3);

impl LocalWorker {
    /// Producers stop sending and flush.
    pub(super) fn quiesce(&mut self) -> Result<(), WorkerError> {
        for producer in self.of_role(Role::Producer) {
            producer.end.want(Wanted::Quiesce);
        }
        if self.broker_gone {
            // Nobody will answer: what is on its way is counted as unknown at once.
            self.of_role(Role::Producer).for_each(|producer| producer.end.want(Wanted::Exit));
        }
        let limit = self.plan()?.limits.flush + QUIET_MARGIN;
        let quiet = self.wait_on(limit, |worker| Ok(worker.all_quiet(Role::Producer)))?;
        if !quiet {
            let text = format!("producers did not become quiet within {} s", limit.as_secs());
            self.warnings.push(Caveat::of_run("producers_not_quiet", text));
        }
        Ok(())
    }

    /// Waits until consumers have received everything that was acknowledged, nothing more comes, or the limit is
    /// reached. While messages come the limit is ten times as long.
    pub(super) fn let_consumers_catch_up(&mut self) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        if plan.driver.kind == DriverKind::Null || self.broker_gone {
            return Ok(());
        }
        let (plan, limit) = (plan.clone(), plan.limits.catch_up);
        let mut catching_up = CatchingUp::begin(self.clock.now_ns(), limit);
        let mut given_up = None;
        self.wait_on(limit.saturating_mul(LONGER_WHILE_COMING) + QUIET_MARGIN, |worker| {
            let now_ns = worker.clock.now_ns();
            if catching_up.is_over(&plan, &worker.statuses(), now_ns) {
                return Ok(true);
            }
            given_up = catching_up.gives_up(now_ns);
            Ok(given_up.is_some())
        })?;
        self.warnings.extend(given_up.map(|why| Caveat::of_run("not_caught_up", why)));
        Ok(())
    }

    /// Like `wait_for`, but the first signal does not end it (the run is ending already); the second does.
    /// Deaths are noted and do not end it either.
    fn wait_on(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Self) -> Result<bool, WorkerError>,
    ) -> Result<bool, WorkerError> {
        let end_ns = self.clock.now_ns() + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        loop {
            let left_ns = end_ns.saturating_sub(self.clock.now_ns());
            match self.wait_for(Duration::from_nanos(left_ns), &mut done) {
                Err(WorkerError::Interrupted(by)) if self.in_a_hurry() => return Err(WorkerError::Interrupted(by)),
                Err(WorkerError::Interrupted(_)) => {}
                Err(WorkerError::ClientDied(death)) => {
                    self.warnings.push(Caveat::of_run("died_while_closing", format!("while closing: {death}")));
                }
                other => return other,
            }
        }
    }

    /// Ends every client, drains once more, deletes own topics, stops the broker. Works from any state, also a
    /// half-made one.
    pub(super) fn close(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        if self.epoch_ns > 0 && !self.in_a_hurry() && !self.broker_gone {
            self.let_consumers_commit();
        }
        for client in &self.clients {
            client.end.want(Wanted::Exit);
        }
        let limit = match (self.in_a_hurry(), self.epoch_ns > 0) {
            (true, _) => Duration::ZERO,
            _ if self.broker_gone => GONE_EXIT_LIMIT,
            (false, true) => EXIT_LIMIT,
            (false, false) => UNLOADED_EXIT_LIMIT,
        };
        let ended = self.wait_on(limit, |worker| Ok(worker.clients.iter().all(|client| client.exit.is_some())));
        let mut killed = Vec::new();
        for client in &mut self.clients {
            client.end.unlink();
            if client.exit.is_none() {
                client.process.kill();
                client.exit = client.process.wait_timeout(Duration::from_secs(2)).ok().flatten();
                killed.push(format!("{} {}", client.plan.role, client.plan.index));
            }
        }
        if !killed.is_empty() && !self.in_a_hurry() && self.epoch_ns > 0 && !self.broker_gone {
            let text = format!("{} did not end by itself and was killed", killed.join(", "));
            self.warnings.push(Caveat::of_run("killed", text));
        }
        self.drain();
        self.tell_of_lost_samples();
        let topics_gone = self.topics_gone(tell);
        let topics_deleted = self.delete_topics(tell);
        // Dropping a child kills and reaps it.
        self.broker = None;
        self.pool = None;
        self.growing = None;
        self.closed = true;
        match ended {
            Ok(_) | Err(WorkerError::Interrupted(_)) => Ok(self.run_end(topics_deleted, topics_gone)),
            Err(other) => Err(other),
        }
    }

    /// Why raw samples could not be written, in the words of each client that lost some.
    fn tell_of_lost_samples(&mut self) {
        for client in &self.clients {
            let lost = client.end.counters()[Counter::RawSamplesLost];
            if lost > 0 {
                let why = client.end.last_words().unwrap_or_else(|| "no reason given".to_owned());
                let (role, index) = (client.plan.role, client.plan.index);
                let text = format!("{role} {index}: {why}; {} are missing", counted(lost, "sample"));
                self.warnings.push(Caveat::of_run("samples_lost", text));
            }
        }
    }

    /// Consumers commit while all of them are in their groups: the first that leaves begins a rebalance, in which the
    /// commits of the others fail. Who does not come to it in time commits when it leaves.
    pub fn let_consumers_commit(&mut self) {
        for consumer in self.of_role(Role::Consumer) {
            consumer.end.want(Wanted::Quiesce);
        }
        // Whatever ends this wait, a second signal for one, is seen by the waits that follow.
        let _ = self.wait_on(COMMIT_LIMIT, |worker| Ok(worker.all_quiet(Role::Consumer)));
    }

    /// Have all clients of a role done what was asked of them before the exit?
    fn all_quiet(&self, role: Role) -> bool {
        self.of_role(role).all(|client| client.exit.is_some() || client.end.state() >= Some(ClientState::Quiet))
    }

    fn run_end(&mut self, topics_deleted: bool, topics_gone: Vec<String>) -> RunEnd {
        let usage = crate::os::usage::of_self();
        let before = self.usage_at_start;
        let supervisor_cpu_ns =
            (usage.cpu_user_ns + usage.cpu_system_ns).saturating_sub(before.cpu_user_ns + before.cpu_system_ns);
        let epoch_ns = self.epoch_ns;
        RunEnd {
            moments: self.clients.iter_mut().flat_map(|client| client.tell_moments(epoch_ns, None)).collect(),
            clients: self.clients.iter_mut().map(|client| report(client, epoch_ns)).collect(),
            totals: None,
            clock: self.clock,
            clock_reason: self.clock_reason.clone(),
            clock_drift_ppm: self.clock_drift.worst_ppm(),
            supervisor_cpu_ns,
            drain_ns: self.drain_ns,
            topics: self.topics.clone(),
            topics_deleted,
            topics_gone,
            warnings: std::mem::take(&mut self.warnings),
            hosts: Vec::new(),
            end_to_end_clock_error_ns: None,
            stamp_clock_error_ns: self.wall_stamps.then(|| self.wall_anchor.error_ns()),
            environments: self.environment.take().into_iter().collect(),
            cluster_settings: std::mem::take(&mut self.cluster_settings),
        }
    }

    /// The error of a client that has failed, if one has: better than the fact that it is gone.
    pub(super) fn failed_client(&self) -> Option<WorkerError> {
        self.clients.iter().find(|client| client.end.state() == Some(ClientState::Failed)).map(failure)
    }
}

fn report(client: &mut Client, epoch_ns: u64) -> ClientReport {
    let seen = client.end.observed();
    ClientReport {
        worker: None,
        role: client.plan.role,
        index: client.plan.index,
        pid: client.pid,
        planned_cpu: client.plan.placement.hot_cpu,
        placement: client.plan.placement.clone(),
        observed_cpu: (seen.pid != 0).then_some(seen.cpu),
        observed_hot_mask: client.observed.hot.take(),
        observed_thread_masks: std::mem::take(&mut client.observed.others),
        exit: client.exit.as_ref().map_or_else(|| "still there".to_owned(), ToString::to_string),
        counters: client.last_counters(),
        hot_thread_cpu_ns: seen.hot_thread_cpu_ns,
        slots_lost: client.history.slots_lost,
        raw_samples_file: client.raw_samples.as_ref().map(|path| path.display().to_string()),
        timeline: client.history.take_timeline(),
        troubles: client.troubles(epoch_ns),
        partitions: client.partitions.told(epoch_ns),
    }
}

impl Client {
    /// Its counters: live ones, or the last ones when it is gone.
    pub(super) fn last_counters(&self) -> Counters {
        let mut counters = self.end.counters();
        if self.was_killed() {
            settle(&mut counters);
        }
        counters
    }
}

/// What a killed producer had on its way has no end that it could tell of: it is unknown, so that the sum still is what
/// was sent.
fn settle(counters: &mut Counters) {
    let told = counters[Counter::MessagesAcknowledged] + counters[Counter::MessagesFailed];
    counters[Counter::MessagesUnknown] = counters[Counter::MessagesEnqueued].saturating_sub(told);
}

impl Drop for LocalWorker {
    /// A worker that is dropped in the middle leaves no topic, process or segment behind.
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.close(&mut untold);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_producer_had_on_its_way_is_unknown() {
        let mut counters = Counters::default();
        counters[Counter::MessagesEnqueued] = 100;
        counters[Counter::MessagesAcknowledged] = 90;
        counters[Counter::MessagesFailed] = 3;
        settle(&mut counters);
        assert_eq!(counters[Counter::MessagesUnknown], 7);
    }
}
