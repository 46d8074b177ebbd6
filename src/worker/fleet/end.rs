//! The end of a run: consumers catch up, then everybody stops, the leader last.

use super::heartbeat::FleetAlarm;
use super::protocol::{CatchUpState, FleetEnding};
use super::{DistributedWorkers, FleetMember};
use crate::caveat::Caveat;
use crate::units::counted;
use crate::worker::{ProgressText, RunEnd, Wake, WorkerError};
use std::time::Duration;

/// A worker has its clients ended, and (the leader) its topics deleted, within this. Java closes its Kafka clients at
/// leisure.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(60);
/// The same when everything is to end at once.
const HURRIED_LIMIT: Duration = Duration::from_secs(5);
/// Deleting more topics than this takes a time that needs a word.
const TELLING_TOPICS: u32 = 100;

impl<P: FleetEnding> DistributedWorkers<P> {
    /// Waits until consumers have all that was acknowledged, no more comes, or the limit is reached. The first signal
    /// does not end it.
    pub(super) fn let_consumers_catch_up(&mut self) -> Result<(), WorkerError> {
        let mut catch_up = P::begin_catch_up(self)?;
        loop {
            // Found when the load had ended: nobody has waited since.
            if let Some(loss) = self.losses.pop_front() {
                return Err(WorkerError::WorkerLost(loss));
            }
            match P::look_at_catch_up(self, &mut catch_up)? {
                CatchUpState::Waiting => {}
                CatchUpState::Over => return Ok(()),
                CatchUpState::GivenUp(why) => {
                    self.warnings.push(Caveat::of_run("not_caught_up", why));
                    return Ok(());
                }
            }
            match self.wait(self.clock.now_ns() + P::LOOK_EVERY_NS) {
                Wake::Interrupted(by) if self.in_a_hurry() => return Err(WorkerError::Interrupted(by)),
                Wake::WorkerLost(loss) => return Err(WorkerError::WorkerLost(loss)),
                Wake::ClientDied(death) => {
                    self.warnings.push(Caveat::of_run("died_while_closing", format!("while closing: {death}")));
                }
                Wake::Deadline | Wake::Interrupted(_) | Wake::BrokerLost(_) => {}
            }
        }
    }

    /// Ends the run on every worker that is left. Works from any state.
    pub(super) fn end(&mut self, tell: ProgressText<'_>) -> RunEnd {
        self.closed = true;
        // Heartbeats end: what happens from here on shows in the calls.
        self.beating = None;
        while let Ok(alarm) = self.alarms.1.try_recv() {
            if let FleetAlarm::Clocks(comparison) = alarm {
                self.clocks.take(comparison, &self.routes());
            }
        }
        P::let_go(self);
        // Clients of other workers may still be at the topics that a leader of pinload's deletes.
        let deletes = |number: usize, member: &FleetMember<P::Known>| number == 0 && member.hello.is_some();
        for leader in [false, true] {
            let plan = self.plan.as_ref().filter(|plan| leader && plan.delete_topics);
            if let Some(plan) = plan.filter(|plan| plan.topics.count > TELLING_TOPICS) {
                tell(&format!("deleting {}", counted(plan.topics.count, "topic")));
            }
            let limit = match (self.in_a_hurry(), plan) {
                (true, _) => HURRIED_LIMIT,
                (false, None) => STOP_LIMIT,
                (false, Some(plan)) => STOP_LIMIT + plan.limits.topics,
            };
            let answers = self.post_to_the_end(|number, member| deletes(number, member) == leader, P::STOP, limit);
            for (number, answer) in answers {
                match P::stopped(self, number, answer) {
                    Ok(()) => self.members[number].begun = false,
                    Err(why) => {
                        self.warnings.push(Caveat::of_run("worker_not_stopped", format!("while closing: {why}")));
                    }
                }
            }
        }
        self.run_end()
    }

    fn run_end(&mut self) -> RunEnd {
        let (usage, before) = (crate::os::usage::of_self(), self.usage_at_start);
        let cpu_ns =
            (usage.cpu_user_ns + usage.cpu_system_ns).saturating_sub(before.cpu_user_ns + before.cpu_system_ns);
        let mut end = RunEnd {
            clients: Vec::new(),
            totals: None,
            clock: self.clock,
            clock_reason: self.clock_reason.clone(),
            clock_drift_ppm: self.clock.drift_ppm(),
            supervisor_cpu_ns: cpu_ns,
            drain_ns: 0,
            topics: self.topics.clone(),
            topics_deleted: false,
            topics_gone: Vec::new(),
            warnings: Vec::new(),
            hosts: Vec::new(),
            end_to_end_clock_error_ns: None,
            stamp_clock_error_ns: None,
            environments: Vec::new(),
            moments: Vec::new(),
            cluster_settings: Vec::new(),
        };
        P::complete(self, &mut end);
        end.warnings.splice(..0, self.warnings.drain(..));
        end
    }
}
