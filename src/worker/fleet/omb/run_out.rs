//! Producers at the end of a run. OMB's protocol has no call to stop them alone, and its slowest rate is a message a
//! second and worker.
//!
//! A thread of a Java worker sleeps until its next message is due, sends it, and only then sees that the run is over.
//! `stop-all` closes the producers 100 ms after it has said so: whoever sleeps longer sends with a closed producer, and
//! the worker's log says "Got error … producer has been closed". So after the slow rate, under which consumers were
//! waited for, all threads get back into step before that call: for about a second each producer sends a message in 50
//! ms or less. Nobody counts those.

use super::{OmbMember, OmbWorkers};
use crate::telemetry::Role;
use crate::units::{NS_PER_S, Rate};
use crate::worker::fleet::FleetMember;
use crate::worker::{ProgressText, Wake, Worker};
use std::time::Duration;

/// The slow rate of one worker, messages a second: one for each of its producers, so that none sleeps long, up to so
/// many.
const MOST_SLOW: u32 = 10;
/// Messages a second of one producer in step: well within the 100 ms.
const IN_STEP: u32 = 20;
/// What a worker may send then in any case; above it no more than its share of the run's rate.
const HARMLESS: f64 = 100.0;
/// A worker has a thread for each of its producers, but no more than CPUs: longer than this their last slow messages
/// are not waited for.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

impl OmbWorkers {
    /// Before `stop-all`: see the file's head. What goes wrong here goes wrong with that call as well, and is told
    /// then.
    pub(super) fn let_java_producers_run_out(&mut self, tell: ProgressText<'_>) {
        let producers = self.most_producers(|member| member.hello.is_none() && member.begun && !member.lost);
        if self.epoch_ns == 0 || producers == 0 || self.in_a_hurry() {
            return;
        }
        let Ok(plan) = self.plan() else { return };
        let Rate::PerSecond(planned_per_s) = plan.rate.total else { return };
        let workers = self.producing();
        let sleep = longest_sleep(producers);
        tell(&format!(
            "letting Java's producers send what is due before they are closed: {:.0} s",
            sleep.as_secs_f64()
        ));
        if self.adjust_publish_rate(in_step_per_s(producers, planned_per_s / workers) * workers).is_err() {
            return;
        }
        let end_ns = self.clock.now_ns() + u64::try_from(sleep.as_nanos()).unwrap_or(NS_PER_S);
        while self.wait(end_ns) != Wake::Deadline && !self.in_a_hurry() {}
    }

    /// Of these workers, the producers of the one that has the most.
    pub(super) fn most_producers(&self, of: impl Fn(&FleetMember<OmbMember>) -> bool) -> u32 {
        let of = self.members.iter().filter(|member| of(member));
        let most = of.map(|member| member.clients_of(Role::Producer).count()).max().unwrap_or(0);
        u32::try_from(most).unwrap_or(u32::MAX)
    }
}

/// Of one worker with so many producers.
pub(super) fn slow_per_s(producers: u32) -> u32 {
    producers.clamp(1, MOST_SLOW)
}

/// How long a thread may sleep at that rate.
fn longest_sleep(producers: u32) -> Duration {
    Duration::from_secs_f64(f64::from(producers) / f64::from(slow_per_s(producers))).min(LONGEST_SLEEP)
}

/// The rate in step of one worker whose share of the run's rate is `share_per_s`.
fn in_step_per_s(producers: u32, share_per_s: f64) -> f64 {
    f64::from(producers.saturating_mul(IN_STEP)).min(share_per_s.max(HARMLESS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_producer_sends_a_message_a_second_then_twenty() {
        assert_eq!((slow_per_s(1), longest_sleep(1), in_step_per_s(1, 5_000.0)), (1, Duration::from_secs(1), 20.0));
        assert_eq!((slow_per_s(8), longest_sleep(8), in_step_per_s(8, 5_000.0)), (8, Duration::from_secs(1), 160.0));
        assert_eq!((slow_per_s(500), longest_sleep(500)), (10, LONGEST_SLEEP));
    }

    #[test]
    fn no_worker_sends_more_than_its_share_unless_that_is_next_to_nothing() {
        assert_eq!(in_step_per_s(500, 2_000.0), 2_000.0);
        assert_eq!(in_step_per_s(500, 3.0), HARMLESS);
    }
}
