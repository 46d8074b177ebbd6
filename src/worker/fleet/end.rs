//! The end of a distributed run: consumers catch up, all commit before any leaves its group, the leader deletes the
//! topics last.

use super::clocks;
use super::heartbeat::FleetAlarm;
use super::{CALL_MARGIN, DistributedWorkers, FleetMember};
use crate::os::affinity::CpuSet;
use crate::plan::{ClientPlacement, ClientPlan};
use crate::telemetry::Role;
use crate::units::{NS_PER_S, counted};
use crate::worker::catching_up::CatchingUp;
use crate::worker::client_status::{ClientEnding, ClientStatus};
use crate::worker::hosts::WorkerKind;
use crate::worker::wire::pinload::RunStopped;
use crate::worker::{ClientReport, ClientTimeline, HostReport, ProgressText, RunEnd, Wake, Worker, WorkerError};
use std::time::Duration;

/// Between two looks at the consumers that catch up.
const LOOK_EVERY_NS: u64 = NS_PER_S / 20;
/// Limit of all commits.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);
/// A worker has its clients ended, and (the leader) its topics deleted, within this.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Deleting more topics than this takes a time that needs a word.
const TELLING_TOPICS: u32 = 100;
/// The same when everything is to end at once.
const HURRIED_LIMIT: Duration = Duration::from_secs(5);

impl DistributedWorkers {
    /// Waits until consumers have all that was acknowledged, no more comes, or the limit is reached. The first signal
    /// does not end it.
    pub(super) fn let_consumers_catch_up(&mut self) -> Result<(), WorkerError> {
        let plan = self.plan()?.clone();
        let begun_ns = self.clock.now_ns();
        let mut catching_up = CatchingUp::begin(begun_ns, plan.limits.catch_up);
        loop {
            // Found when the load had ended: nobody has waited since.
            if let Some(loss) = self.losses.pop_front() {
                return Err(WorkerError::WorkerLost(loss));
            }
            let statuses = self.look()?;
            let now_ns = self.clock.now_ns();
            if catching_up.is_over(&plan, &statuses, now_ns) {
                return Ok(());
            }
            if let Some(why) = catching_up.gives_up(now_ns) {
                self.warnings.push(why);
                return Ok(());
            }
            match self.wait_until(now_ns + LOOK_EVERY_NS) {
                Wake::Interrupted(by) if self.in_a_hurry() => return Err(WorkerError::Interrupted(by)),
                Wake::WorkerLost(loss) => return Err(WorkerError::WorkerLost(loss)),
                Wake::ClientDied(death) => self.warnings.push(format!("while closing: {death}")),
                Wake::Deadline | Wake::Interrupted(_) | Wake::BrokerLost(_) => {}
            }
        }
    }

    /// Ends the run on every worker that is left. Works from any state.
    pub(super) fn end(&mut self, tell: ProgressText<'_>) -> Result<RunEnd, WorkerError> {
        self.closed = true;
        self.abort();
        // Heartbeats end: what happens from here on shows in the calls.
        self.beating = None;
        while let Ok(alarm) = self.alarms.1.try_recv() {
            if let FleetAlarm::Clocks(comparison) = alarm {
                self.clocks.take(comparison, &self.routes());
            }
        }
        if self.epoch_ns > 0 && !self.in_a_hurry() {
            self.clocks.take(clocks::compare(&self.watched()), &self.routes());
        }
        let begun = |member: &FleetMember| member.begun;
        if self.epoch_ns > 0 && !self.in_a_hurry() {
            let consuming = |member: &FleetMember| member.begun && member.has(Role::Consumer);
            if let Err(error) = self.post_each::<()>(consuming, "commit-consumers", &(), COMMIT_LIMIT + CALL_MARGIN) {
                self.warnings.push(format!("the last commits: {error}"));
            }
        }
        let mut ends = Vec::new();
        // Clients of other workers may still be at the topics that the leader deletes.
        for leader in [false, true] {
            let deletes = self.plan.as_ref().filter(|plan| leader && plan.delete_topics);
            if let Some(plan) = deletes.filter(|plan| plan.topics.count > TELLING_TOPICS) {
                tell(&format!("deleting {}", counted(plan.topics.count, "topic")));
            }
            let limit = match (self.in_a_hurry(), deletes) {
                (true, _) => HURRIED_LIMIT,
                (false, None) => STOP_LIMIT,
                (false, Some(plan)) => STOP_LIMIT + plan.limits.topics,
            };
            let calls: Vec<_> = self
                .members
                .iter()
                .enumerate()
                .filter(|(_, member)| begun(member) && !member.lost && member.is_leader == leader)
                .map(|(number, member)| {
                    let peer = member.peer.clone();
                    (number, std::thread::spawn(move || peer.post::<RunStopped>("stop", b"", limit)))
                })
                .collect();
            for (number, call) in calls {
                match call.join() {
                    Ok(Ok(RunStopped { end, statuses })) => {
                        self.members[number].statuses = statuses;
                        self.members[number].begun = false;
                        ends.push((number, end));
                    }
                    Ok(Err(error)) => {
                        let error = error.at(&self.members[number].peer.url);
                        self.warnings.push(format!("while closing: {error}"));
                    }
                    Err(_) => self.warnings.push("while closing: a call panicked".to_owned()),
                }
            }
        }
        self.leave_the_lost();
        ends.sort_by_key(|(number, _)| *number);
        Ok(self.run_end(ends))
    }

    /// What was lost is left to its lease, and that is said.
    fn leave_the_lost(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.begun) {
            for status in &mut member.statuses {
                status.ended.get_or_insert(ClientEnding::Unknown);
                self.lost_clients.push(last_seen(&member.peer.url, status, &member.clients));
            }
            self.warnings.push(format!(
                "{}: its {} clients could not be told to stop; if it lives, it ends them {} s after our last call",
                member.peer.url,
                member.clients.len(),
                super::LEASE.as_secs()
            ));
        }
    }

    fn run_end(&mut self, ends: Vec<(usize, RunEnd)>) -> RunEnd {
        let usage = crate::os::usage::of_self();
        let before = self.usage_at_start;
        let own_cpu_ns =
            (usage.cpu_user_ns + usage.cpu_system_ns).saturating_sub(before.cpu_user_ns + before.cpu_system_ns);
        let mut whole = RunEnd {
            clients: Vec::new(),
            totals: None,
            clock: self.clock,
            clock_reason: self.clock_reason.clone(),
            clock_drift_ppm: self.clock.drift_ppm(),
            supervisor_cpu_ns: own_cpu_ns,
            drain_ns: 0,
            topics: self.topics.clone(),
            topics_deleted: false,
            topics_gone: Vec::new(),
            warnings: std::mem::take(&mut self.warnings),
            hosts: Vec::new(),
            end_to_end_clock_error_ns: None,
            stamp_clock_error_ns: None,
            moments: Vec::new(),
            environments: Vec::new(),
            cluster_settings: Vec::new(),
        };
        let mut stamp_errors = Vec::with_capacity(ends.len());
        for (number, end) in ends {
            let member = &self.members[number];
            let url = &member.peer.url;
            let mut report = host_report(member, &end);
            // The first comparison is `clock_offset`.
            let again = self.clocks.comparisons() > 1;
            report.clock_offset_at_end = self.clocks.last_of(number).filter(|_| again);
            report.clock_comparisons = self.clocks.comparisons();
            whole.hosts.push(report);
            stamp_errors.push((number, end.stamp_clock_error_ns.unwrap_or(0)));
            whole.clients.extend(end.clients.into_iter().map(|mut client| {
                client.worker = Some(url.clone());
                client
            }));
            whole.environments.extend(end.environments.into_iter().map(|mut environment| {
                environment.worker = Some(url.clone());
                environment
            }));
            whole.moments.extend(end.moments);
            if whole.cluster_settings.is_empty() {
                whole.cluster_settings = end.cluster_settings;
            }
            whole.supervisor_cpu_ns += end.supervisor_cpu_ns;
            whole.drain_ns += end.drain_ns;
            whole.topics_deleted |= end.topics_deleted;
            whole.topics_gone.extend(end.topics_gone);
            whole.warnings.extend(end.warnings.into_iter().map(|warning| format!("{url}: {warning}")));
        }
        if self.epoch_ns > 0 {
            let worst_of = |role| {
                let of_role = stamp_errors.iter().filter(|(number, _)| self.members[*number].has(role));
                of_role.map(|(_, error_ns)| *error_ns).max().unwrap_or(0)
            };
            let of_stamps_ns = worst_of(Role::Producer) + worst_of(Role::Consumer);
            whole.end_to_end_clock_error_ns = Some(self.clocks.error_ns() + of_stamps_ns);
        }
        whole.topics_gone.sort_unstable();
        whole.topics_gone.dedup();
        whole.clients.append(&mut self.lost_clients);
        whole.clients.sort_by_key(|client| (client.role, client.index));
        whole
    }
}

/// What is known of a client whose worker is lost: the figures of its last report.
fn last_seen(worker: &str, status: &ClientStatus, plans: &[ClientPlan]) -> ClientReport {
    let plan = plans.iter().find(|plan| (plan.role, plan.index) == (status.role, status.index));
    let nowhere = ClientPlacement {
        hot_cpu: None,
        io_cpus: CpuSet::default(),
        hot_cpu_shared: false,
        memory_policy: None,
        node: None,
    };
    ClientReport {
        worker: Some(worker.to_owned()),
        role: status.role,
        index: status.index,
        pid: 0,
        planned_cpu: None,
        placement: plan.map_or(nowhere, |plan| plan.placement.clone()),
        observed_cpu: None,
        observed_hot_mask: None,
        observed_thread_masks: Vec::new(),
        exit: "unknown: its worker was lost; the figures are those of its last report".to_owned(),
        counters: status.counters,
        hot_thread_cpu_ns: 0,
        slots_lost: 0,
        raw_samples_file: None,
        timeline: ClientTimeline::default(),
        troubles: Vec::new(),
        partitions: None,
    }
}

fn host_report(member: &FleetMember, end: &RunEnd) -> HostReport {
    let hello = member.hello.as_ref();
    HostReport {
        kind: WorkerKind::Pinload,
        cannot_tell: Vec::new(),
        worker: member.peer.url.clone(),
        host: hello.map(|hello| hello.host.clone()),
        version: hello.map(|hello| hello.version.clone()),
        wall_clock: hello.and_then(|hello| hello.wall_clock),
        wall_clock_state: Some(clocks::state(hello.and_then(|hello| hello.wall_clock))),
        clock_offset: member.clock,
        clock: Some(end.clock),
        clock_offset_at_end: None,
        clock_comparisons: 0,
        stamp_clock_error_ns: end.stamp_clock_error_ns,
        clock_drift_ppm: Some(end.clock_drift_ppm),
        started_ahead_ns: Some(member.ahead_ns),
        supervisor_cpu_ns: Some(end.supervisor_cpu_ns),
        drain_ns: Some(end.drain_ns),
        placement_notes: member.placement.as_ref().map(|placement| placement.notes.clone()).unwrap_or_default(),
        hot_cpus_shared: Some(member.placement.as_ref().is_some_and(|placement| placement.oversubscribed)),
    }
}
