//! The end of a run. OMB just stops; here producers first go on at a slow rate (`run_out`) until consumers have
//! everything, so that what is missing then is missing. Then everybody stops.

use super::begin::STOP_LIMIT;
use super::calls::OmbCallError;
use super::ready::LOOK_EVERY_NS;
use super::{OmbMember, OmbWorkers};
use crate::units::NS_PER_S;
use crate::worker::catching_up::LONGER_WHILE_COMING;
use crate::worker::hosts::WorkerKind;
use crate::worker::{CountersStats, HostReport, RunEnd, Wake, Worker, WorkerError};
use std::time::Duration;

/// Consumers that have come no closer for so long have nothing more to come.
const NO_CLOSER_NS: u64 = 5 * NS_PER_S;
/// Everything is to end at once.
const HURRIED_LIMIT: Duration = Duration::from_secs(5);

impl OmbWorkers {
    /// Until received is acknowledged × subscriptions, or comes no closer, or the limit is reached. The first signal
    /// does not end it.
    pub(super) fn let_consumers_catch_up(&mut self) -> Result<(), WorkerError> {
        // Whoever comes no closer for some seconds is not waited for; whoever does, has time.
        let limit = self.plan()?.limits.catch_up.saturating_mul(LONGER_WHILE_COMING);
        let begun_ns = self.now_ns();
        let limit_ns = begun_ns + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let (mut closest, mut closer_ns) = (u64::MAX, begun_ns);
        loop {
            // Found when the load had ended: nobody has waited since.
            if let Some(loss) = self.losses.pop_front() {
                return Err(WorkerError::WorkerLost(loss));
            }
            let CountersStats { expected_receipts, receipts, .. } = self.counters_stats()?;
            let gap = expected_receipts.abs_diff(receipts);
            let now_ns = self.now_ns();
            if gap < closest {
                (closest, closer_ns) = (gap, now_ns);
            }
            if gap == 0 || expected_receipts == 0 || now_ns.saturating_sub(closer_ns) >= NO_CLOSER_NS {
                return Ok(());
            }
            if now_ns >= limit_ns {
                let s = limit.as_secs();
                self.warnings.push(format!("consumers were still receiving after {s} s of catching up"));
                return Ok(());
            }
            match self.wait_until(now_ns + LOOK_EVERY_NS) {
                Wake::Interrupted(by) if self.in_a_hurry() => return Err(WorkerError::Interrupted(by)),
                Wake::WorkerLost(loss) => return Err(WorkerError::WorkerLost(loss)),
                Wake::ClientDied(_) | Wake::BrokerLost(_) | Wake::Deadline | Wake::Interrupted(_) => {}
            }
        }
    }

    /// `stop-all` to every worker that is left. Works from any state.
    pub(super) fn end(&mut self) -> RunEnd {
        self.closed = true;
        self.watching = None;
        // A leader of pinload's may delete the topics that others still hold; it stops last.
        let last = |number: usize, member: &OmbMember| number == 0 && member.hello.is_some();
        for round in [false, true] {
            let limit = if self.in_a_hurry() { HURRIED_LIMIT } else { STOP_LIMIT };
            let members = self.members.iter().enumerate();
            let calls: Vec<_> = members
                .filter(|(number, member)| member.begun && !member.lost && last(*number, member) == round)
                .map(|(number, member)| {
                    let peer = member.peer.clone();
                    (number, std::thread::spawn(move || peer.call("/stop-all", Some(b""), limit)))
                })
                .collect();
            for (number, call) in calls {
                let member = &mut self.members[number];
                let url = &member.peer.url;
                match call.join() {
                    Ok(Ok(_)) => member.begun = false,
                    Ok(Err(OmbCallError::NoAnswer(why) | OmbCallError::Refused { words: why, .. })) => {
                        self.warnings.push(format!("while closing: {url}: /stop-all: {why}"));
                    }
                    Err(_) => self.warnings.push("while closing: a call panicked".to_owned()),
                }
            }
        }
        for member in self.members.iter().filter(|member| member.begun && member.lost) {
            let why =
                "it was lost and could not be told to stop: if it lives, its clients go on (POST /stop-all ends them)";
            self.warnings.push(format!("{}: {why}", member.peer.url));
        }
        self.run_end()
    }

    fn run_end(&mut self) -> RunEnd {
        let (usage, before) = (crate::os::usage::of_self(), self.usage_at_start);
        let cpu_ns =
            (usage.cpu_user_ns + usage.cpu_system_ns).saturating_sub(before.cpu_user_ns + before.cpu_system_ns);
        RunEnd {
            clients: Vec::new(),
            totals: (self.epoch_ns > 0).then(|| self.totals()),
            clock: self.clock,
            clock_reason: self.clock_reason.clone(),
            clock_drift_ppm: self.clock.drift_ppm(),
            supervisor_cpu_ns: cpu_ns,
            drain_ns: 0,
            topics: self.topics.clone(),
            topics_deleted: false,
            topics_gone: Vec::new(),
            warnings: std::mem::take(&mut self.warnings),
            hosts: self.members.iter().map(host_report).collect(),
            end_to_end_clock_error_ns: None,
            stamp_clock_error_ns: None,
            environments: Vec::new(),
            moments: Vec::new(),
            cluster_settings: Vec::new(),
        }
    }
}

/// OMB's workers tell nothing of their hosts and clocks.
fn host_report(member: &OmbMember) -> HostReport {
    let hello = member.hello.as_ref();
    HostReport {
        kind: if hello.is_some() { WorkerKind::PinloadByOmbsProtocol } else { WorkerKind::Omb },
        cannot_tell: WorkerKind::CANNOT_TELL.to_vec(),
        host: hello.map(|hello| hello.host.clone()),
        version: hello.map(|hello| hello.version.clone()),
        ..HostReport::silent(&member.peer.url)
    }
}
