//! The work of an application with each message, as asked for: the consumer takes what is there, works through it
//! message by message, and looks for more when it is done.
//!
//! A message has been received when its turn comes: its end-to-end time contains the work on those before it. That is
//! no fault of the loop's, so none of it counts as kept. The loop itself goes on with its orders meanwhile.

use super::Consume;
use crate::client::idle;
use crate::client::measuring::Measuring;
use crate::driver::{Consumer, DriverError, Time};
use crate::plan::processing::{Processing, ProcessingManner, ProcessingTimes};

/// What is being worked on.
#[derive(Debug)]
pub(super) struct Work {
    plan: Processing,
    random: fastrand::Rng,
    /// Until when, raw ns.
    until_ns: u64,
}

impl Work {
    /// Nothing yet. `consumer`: which, so that each draws times of its own.
    pub(super) fn new(plan: Processing, consumer: u32) -> Self {
        Self { plan, random: fastrand::Rng::with_seed(u64::from(consumer)), until_ns: 0 }
    }

    /// When it is the turn of a message that is taken at `at_ns`.
    fn turn_ns(&self, at_ns: u64) -> u64 {
        at_ns.max(self.until_ns)
    }

    /// A message's turn has come; returns how long it takes.
    fn take(&mut self, turn_ns: u64) -> u64 {
        let mean_ns = self.plan.processing_mean_ns;
        let takes_ns = match self.plan.processing_times {
            ProcessingTimes::Constant => mean_ns,
            ProcessingTimes::Exponential => crate::units::whole_ns(-(1.0 - self.random.f64()).ln() * mean_ns as f64),
        };
        self.until_ns = turn_ns + takes_ns;
        takes_ns
    }
}

impl<C: Consumer, T: Time, M: Measuring> Consume<'_, C, T, M> {
    /// The loop of a consumer with work to do.
    pub(super) fn work_until_exit(&mut self, mut work: Work) -> Result<(), DriverError> {
        while let Some(now) = self.follow_orders()? {
            if now < work.until_ns {
                self.go_on_with(&work, now);
            } else if self.take_messages(&mut work, now) > 0 {
                self.ticker.hasten(now);
            } else if self.options.spin {
                self.look_away(now);
            } else {
                self.wait_for_messages(now);
            }
        }
        Ok(())
    }

    fn take_messages(&mut self, work: &mut Work, before_ns: u64) -> u32 {
        let (stats, raw) = (&mut self.stats, &mut self.raw);
        stats.hold_times.look(before_ns, self.driver.signalled_ns());
        let count = self.driver.poll_batch(self.time, |at_ns, message| {
            let turn_ns = work.turn_ns(at_ns);
            let before = stats.received();
            if let Some(raw) = raw {
                raw.received(turn_ns, &message, stats.clocks());
            }
            stats.receive::<M>(turn_ns, &message);
            stats.settle::<M>();
            // Probes are no work.
            if stats.received() > before {
                stats.hold_times.put_off(work.take(turn_ns));
            }
        });
        stats.hold_times.looked(count < C::BATCH);
        count
    }

    /// Until the work is done or a tick is due.
    fn go_on_with(&mut self, work: &Work, now: u64) {
        let until_ns = work.until_ns.min(self.ticker.next_tick_ns());
        match work.plan.processing_manner {
            ProcessingManner::Spin => {
                while self.time.now_ns() < until_ns {
                    self.time.relax();
                }
            }
            ProcessingManner::Sleep => self.time.sleep_until(until_ns),
        }
        let over_ns = idle::over_ns(until_ns, self.time.now_ns(), None);
        self.stats.worked(over_ns.saturating_sub(now));
    }
}
