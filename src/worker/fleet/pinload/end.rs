//! The end of a run of pinload's protocol: all consumers commit before any leaves its group, and every worker reports
//! its clients.

use super::begin::LEASE;
use super::{PinloadMember, PinloadProtocol, PinloadWorkers};
use crate::caveat::Caveat;
use crate::os::affinity::CpuSet;
use crate::plan::{ClientPlacement, ClientPlan};
use crate::telemetry::Role;
use crate::worker::catching_up::CatchingUp;
use crate::worker::client_status::{ClientEnding, ClientStatus};
use crate::worker::fleet::peer::{self, PeerCallError};
use crate::worker::fleet::protocol::{CatchUpState, FleetEnding, FleetProtocol};
use crate::worker::fleet::{CALL_MARGIN, FleetMember, clocks};
use crate::worker::hosts::WorkerKind;
use crate::worker::wire::pinload::RunStopped;
use crate::worker::{ClientReport, ClientTimeline, HostReport, RunEnd, WorkerError};
use std::time::Duration;

/// Limit of all commits.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);

impl FleetEnding for PinloadProtocol {
    type CatchUp = CatchingUp;

    fn stop_producers(fleet: &mut PinloadWorkers) -> Result<(), WorkerError> {
        let limit = fleet.plan()?.limits.flush + CALL_MARGIN;
        fleet.post(Role::Producer, "stop-producers", limit)
    }

    fn begin_catch_up(fleet: &PinloadWorkers) -> Result<CatchingUp, WorkerError> {
        Ok(CatchingUp::begin(fleet.clock.now_ns(), fleet.plan()?.limits.catch_up))
    }

    fn look_at_catch_up(fleet: &mut PinloadWorkers, catching_up: &mut CatchingUp) -> Result<CatchUpState, WorkerError> {
        let statuses = fleet.look()?;
        let now_ns = fleet.clock.now_ns();
        if catching_up.is_over(fleet.plan()?, &statuses, now_ns) {
            return Ok(CatchUpState::Over);
        }
        Ok(catching_up.gives_up(now_ns).map_or(CatchUpState::Waiting, CatchUpState::GivenUp))
    }

    /// What workers are still doing for a call that nobody waits for any more ends. Where there is time, the clocks are
    /// compared once more, and consumers commit.
    fn let_go(fleet: &mut PinloadWorkers) {
        if std::mem::take(&mut fleet.under_way) {
            // What is answered does not matter: only that it was heard.
            fleet.post_to_the_end(|_, _| true, "abort", Self::CALL_LIMIT);
        }
        if fleet.epoch_ns == 0 || fleet.in_a_hurry() {
            return;
        }
        fleet.clocks.take(clocks::compare(&fleet.watched()), &fleet.routes());
        if let Err(error) = fleet.post(Role::Consumer, "commit-consumers", COMMIT_LIMIT + CALL_MARGIN) {
            fleet.warnings.push(Caveat::of_run("last_commits", format!("the last commits: {error}")));
        }
    }

    fn stopped(
        fleet: &mut PinloadWorkers,
        number: usize,
        answer: Result<Vec<u8>, PeerCallError>,
    ) -> Result<(), WorkerError> {
        let member = &mut fleet.members[number];
        let RunStopped { end, statuses } = answer
            .and_then(|body| peer::read(&body))
            .map_err(|error| Self::failed(&member.peer.url, Self::STOP, error, true))?;
        member.known.statuses = statuses;
        fleet.protocol.ends.push((number, end));
        Ok(())
    }

    fn complete(fleet: &mut PinloadWorkers, end: &mut RunEnd) {
        fleet.leave_the_lost();
        fleet.add_ends(end);
    }
}

impl PinloadWorkers {
    /// What was lost is left to its lease, and that is said.
    fn leave_the_lost(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.begun) {
            for status in &mut member.known.statuses {
                status.ended.get_or_insert(ClientEnding::Unknown);
                self.protocol.lost_clients.push(last_seen(&member.peer.url, status, &member.clients));
            }
            let text = format!(
                "{}: its {} clients could not be told to stop; if it lives, it ends them {} s after our last call",
                member.peer.url,
                member.clients.len(),
                LEASE.as_secs()
            );
            self.warnings.push(Caveat::of_run("worker_left", text));
        }
    }

    /// All reports as one.
    fn add_ends(&mut self, whole: &mut RunEnd) {
        let mut ends = std::mem::take(&mut self.protocol.ends);
        ends.sort_by_key(|(number, _)| *number);
        let mut stamp_errors = Vec::with_capacity(ends.len());
        for (number, end) in ends {
            let member = &self.members[number];
            let mut report = host_report(member, &end);
            // The first comparison is `clock_offset`.
            let again = self.clocks.comparisons() > 1;
            report.clock_offset_at_end = self.clocks.last_of(number).filter(|_| again);
            report.clock_comparisons = self.clocks.comparisons();
            whole.hosts.push(report);
            stamp_errors.push((number, end.stamp_clock_error_ns.unwrap_or(0)));
            add_end(whole, end, &member.peer.url);
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
        whole.clients.append(&mut self.protocol.lost_clients);
        whole.clients.sort_by_key(|client| (client.role, client.index));
    }
}

/// Adds what one worker reported.
fn add_end(whole: &mut RunEnd, end: RunEnd, worker: &str) {
    let RunEnd {
        clients,
        totals: _,
        // Of each host, in its report.
        clock: _,
        clock_reason: _,
        clock_drift_ppm: _,
        supervisor_cpu_ns,
        drain_ns,
        // All work on the topics that the coordinator knows.
        topics: _,
        topics_deleted,
        topics_gone,
        warnings,
        moments,
        hosts: _,
        end_to_end_clock_error_ns: _,
        stamp_clock_error_ns: _,
        environments,
        cluster_settings,
    } = end;
    whole.clients.extend(clients.into_iter().map(|mut client| {
        client.worker = Some(worker.to_owned());
        client
    }));
    whole.environments.extend(environments.into_iter().map(|mut environment| {
        environment.worker = Some(worker.to_owned());
        environment
    }));
    whole.moments.extend(moments);
    if whole.cluster_settings.is_empty() {
        whole.cluster_settings = cluster_settings;
    }
    whole.supervisor_cpu_ns += supervisor_cpu_ns;
    whole.drain_ns += drain_ns;
    whole.topics_deleted |= topics_deleted;
    whole.topics_gone.extend(topics_gone);
    let named = |warning: Caveat| Caveat { text: format!("{worker}: {}", warning.text), ..warning };
    whole.warnings.extend(warnings.into_iter().map(named));
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
        io_thread: None,
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

fn host_report(member: &FleetMember<PinloadMember>, end: &RunEnd) -> HostReport {
    let (hello, known) = (member.hello.as_ref(), &member.known);
    let wall_clock = hello.and_then(|hello| hello.wall_clock);
    HostReport {
        kind: WorkerKind::Pinload,
        cannot_tell: Vec::new(),
        worker: member.peer.url.clone(),
        host: hello.map(|hello| hello.host.clone()),
        version: hello.map(|hello| hello.version.clone()),
        wall_clock,
        wall_clock_state: Some(clocks::state(wall_clock)),
        clock_offset: known.clock,
        clock: Some(end.clock),
        clock_offset_at_end: None,
        clock_comparisons: 0,
        stamp_clock_error_ns: end.stamp_clock_error_ns,
        clock_drift_ppm: Some(end.clock_drift_ppm),
        started_ahead_ns: Some(known.ahead_ns),
        supervisor_cpu_ns: Some(end.supervisor_cpu_ns),
        drain_ns: Some(end.drain_ns),
        placement_notes: known.placement.as_ref().map(|placement| placement.notes.clone()).unwrap_or_default(),
        hot_cpus_shared: Some(known.placement.as_ref().is_some_and(|placement| placement.oversubscribed)),
    }
}
