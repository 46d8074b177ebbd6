//! What goes on while a period lasts: phases look, people are shown ticks.

use super::{PhaseStop, RunSteps};
use crate::units::NS_PER_S;
use crate::worker::Wake;
use crate::workload_generator::load_phase::PhaseStatus;
use crate::workload_generator::result::{LiveTick, Phase};

/// Time left to clients to publish the slot of a boundary before it is asked for.
const SLOT_GRACE_NS: u64 = 30_000_000;

impl RunSteps<'_, '_> {
    /// Waits for the boundary at `planned_ns`, or for the end of the phase where that comes before it. Meanwhile people
    /// are shown ticks, and courses look.
    pub(super) fn wait_for_boundary(&mut self, phase: Phase, from_ns: u64, planned_ns: u64) -> Result<Wake, PhaseStop> {
        let mut tick_ns = self.worker.now_ns() + NS_PER_S;
        loop {
            let deadline_ns = planned_ns.min(self.end_ns.unwrap_or(u64::MAX)) + SLOT_GRACE_NS;
            let look_ns = self.courses.iter().map(|course| course.next_ns()).min().unwrap_or(u64::MAX);
            let shown_ns = if self.observer.wants_ticks() { tick_ns } else { u64::MAX };
            let next_ns = deadline_ns.min(look_ns).min(shown_ns);
            match self.worker.wait_until(next_ns) {
                Wake::Deadline => {}
                wake => return Ok(wake),
            }
            let now_ns = self.worker.now_ns();
            if now_ns >= look_ns {
                self.look(from_ns, now_ns)?;
            }
            if next_ns == deadline_ns {
                return Ok(Wake::Deadline);
            }
            if now_ns >= shown_ns {
                self.tick(phase, from_ns, self.end_ns)?;
                tick_ns = now_ns + NS_PER_S;
            }
        }
    }

    /// Courses that want to, look. The phase ends on its 1-s time line.
    fn look(&mut self, from_ns: u64, now_ns: u64) -> Result<(), PhaseStop> {
        for course in &mut self.courses {
            if now_ns >= course.next_ns()
                && let PhaseStatus::EndsAt(end_ns) = course.look(now_ns, &mut *self.worker, &mut *self.observer)?
            {
                self.end_ns = Some(from_ns + end_ns.saturating_sub(from_ns).div_ceil(NS_PER_S) * NS_PER_S);
            }
        }
        Ok(())
    }

    fn tick(&mut self, phase: Phase, from_ns: u64, to_ns: Option<u64>) -> Result<(), PhaseStop> {
        use crate::stats::Counter;
        let now_ns = self.worker.now_ns();
        let mut live = self.worker.live()?;
        let rate = |counter: Counter| {
            self.last_tick.as_ref().map_or(0.0, |(before_ns, before)| {
                per_second(live.counters.since(&before.counters)[counter], now_ns.saturating_sub(*before_ns))
            })
        };
        let tick = LiveTick {
            phase,
            elapsed_ns: now_ns.saturating_sub(from_ns),
            planned_ns: to_ns.map(|to_ns| to_ns - from_ns),
            sent_per_s: rate(Counter::MessagesAcknowledged),
            received_per_s: rate(Counter::MessagesReceived),
            acknowledge_p99_ns: live.acknowledge_p99_ns,
            end_to_end_p99_ns: live.end_to_end_p99_ns,
            backlog: live.backlog(),
            late_sends: live.counters[Counter::LateSends],
            clients: std::mem::take(&mut live.clients),
        };
        self.last_tick = Some((now_ns, live));
        self.observer.tick(&tick);
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people: counts and spans far below 2^53")]
fn per_second(count: u64, span_ns: u64) -> f64 {
    if span_ns == 0 { 0.0 } else { count as f64 * NS_PER_S as f64 / span_ns as f64 }
}
