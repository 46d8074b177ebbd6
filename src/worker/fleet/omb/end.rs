//! The end of a run of OMB's protocol. OMB just stops; here producers first go on at a slow rate (`run_out`) until
//! consumers have everything, so that what is missing then is missing.

use super::catch_up::ReceiptsCatchUp;
use super::run_out::slow_per_s;
use super::{OmbProtocol, OmbWorkers};
use crate::caveat::Caveat;
use crate::telemetry::Role;
use crate::worker::fleet::FleetError;
use crate::worker::fleet::peer::PeerCallError;
use crate::worker::fleet::protocol::{CatchUpState, FleetEnding, FleetFigures, FleetProtocol};
use crate::worker::hosts::WorkerKind;
use crate::worker::{CountersStats, HostReport, ProgressText, RunEnd, Worker, WorkerError};

impl FleetEnding for OmbProtocol {
    type CatchUp = ReceiptsCatchUp;

    /// There is no call to stop producers alone: they are slowed down.
    fn stop_producers(fleet: &mut OmbWorkers) -> Result<(), WorkerError> {
        let slow = f64::from(slow_per_s(fleet.most_producers(|_| true)));
        fleet.adjust_publish_rate(slow * fleet.producing())
    }

    fn begin_catch_up(fleet: &OmbWorkers) -> Result<ReceiptsCatchUp, WorkerError> {
        Ok(ReceiptsCatchUp::begin(fleet.clock.now_ns(), fleet.plan()?.limits.catch_up))
    }

    fn look_at_catch_up(fleet: &mut OmbWorkers, catch_up: &mut ReceiptsCatchUp) -> Result<CatchUpState, WorkerError> {
        let CountersStats { expected_receipts, receipts, .. } = Self::counters_stats(fleet)?;
        Ok(catch_up.look(expected_receipts, receipts, fleet.clock.now_ns()))
    }

    fn before_stop(fleet: &mut OmbWorkers, tell: ProgressText<'_>) {
        fleet.let_java_producers_run_out(tell);
        let mut java = fleet.members.iter().filter(|member| member.hello.is_none() && member.begun && !member.lost);
        if java.any(|member| member.has(Role::Consumer)) {
            tell("closing OMB's workers; Java's consumers wait for commits that they queued, which takes up to 30 s");
        }
    }

    fn stopped(
        fleet: &mut OmbWorkers,
        member: usize,
        answer: Result<Vec<u8>, PeerCallError>,
    ) -> Result<(), WorkerError> {
        let worker = || fleet.members[member].peer.url.clone();
        answer.map_err(|source| FleetError::NotStopped { worker: worker(), verb: Self::STOP, source })?;
        Ok(())
    }

    /// OMB's workers tell nothing of their hosts and clocks.
    fn complete(fleet: &mut OmbWorkers, end: &mut RunEnd) {
        for member in fleet.members.iter().filter(|member| member.begun && member.lost) {
            let why =
                "it was lost and could not be told to stop: if it lives, its clients go on (POST /stop-all ends them)";
            end.warnings.push(Caveat::of_run("worker_left", format!("{}: {why}", member.peer.url)));
        }
        end.totals = (fleet.epoch_ns > 0).then(|| fleet.totals());
        end.hosts.extend(fleet.members.iter().map(|member| {
            let hello = member.hello.as_ref();
            HostReport {
                kind: if hello.is_some() { WorkerKind::PinloadByOmbsProtocol } else { WorkerKind::Omb },
                cannot_tell: WorkerKind::CANNOT_TELL.to_vec(),
                host: hello.map(|hello| hello.host.clone()),
                version: hello.map(|hello| hello.version.clone()),
                ..HostReport::silent(&member.peer.url)
            }
        }));
    }
}
