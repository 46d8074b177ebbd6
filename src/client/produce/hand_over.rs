//! Handing messages to the library: made, offered, counted, and offered again when its queue was full.
//!
//! Over 250 lines: the two ways of handing over, one by one and in batches, are kept side by side.

use super::Produce;
use crate::client::measuring::Measuring;
use crate::driver::{DriverError, Producer, SendResult, Time};
use crate::stats::Counter;
use crate::telemetry::Wanted;

/// With at least this many messages on their way a full queue is waited for by naps …
const NAP_OUTSTANDING: u64 = 10_000;
/// … of this length: at 2 M messages/s a twentieth of that many become free meanwhile, so the library never runs dry,
/// and we are not woken for each of its batches. Acknowledgements, which take milliseconds then, are noticed up to this
/// much later.
const NAP_NS: u64 = 250_000;

/// Elsewhere than on a CPU of its own a loop waits for reports up to so long at a time.
const WAIT_NS: u64 = 2_000_000;
/// A wait for room in which nothing came back for longer than this was silent: somebody else than the size of the queue
/// is the reason.
const SILENCE_NS: u64 = 100_000_000;
/// A look on a CPU of one's own that took longer than this was no look: the loop itself stood still.
const LOOK_NS: u64 = 1_000_000;
/// Reports that make room are worked off in less than this; longer, and the loop stood still.
const ROOM_NS: u64 = 20_000_000;

/// Why a wait on a full queue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// There is room again.
    Room,
    /// The supervisor wants no more messages.
    Stop,
}

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// Makes `count` messages and hands them over, waiting for room as long as it takes.
    ///
    /// They share one clock reading as their actual time, taken before they are made. A message that finds the queue
    /// full keeps its times; those behind it in the batch are offered only when there is room again, and that is their
    /// actual time.
    #[inline]
    pub(super) fn send(&mut self, count: u32, now: u64) -> Result<(), DriverError> {
        if count == 1 { self.send_one(now) } else { self.send_several(count, now) }
    }

    /// What is usual on a schedule: the same as below, without what only more than one need.
    #[inline]
    fn send_one(&mut self, now: u64) -> Result<(), DriverError> {
        let Some(pacer) = &mut self.pacer else { return Ok(()) };
        let intended_ns = pacer.intended_ns(0);
        self.batcher.make_one::<M>(self.stats.next_sequence(), intended_ns, now);
        let batch = self.batcher.batch();
        let value_bytes = u64::from(batch.value_bytes(0));
        self.driver.now_is(now);
        match self.driver.send_from(batch, 0) {
            SendResult::Accepted => {}
            SendResult::QueueFull => return self.send_rest(0, 1, now),
            SendResult::Refused(code) => {
                self.count_refused(&RefusedMessages(vec![(0, code)]));
                self.account(0, 1, now, now);
                return Ok(());
            }
        }
        let delay_ns = now.saturating_sub(intended_ns);
        if M::INTENDED {
            self.stats.delay.record(delay_ns);
        }
        if delay_ns > self.late_after_ns {
            self.stats.late(self.behind_queue);
        }
        self.stats.counters[Counter::SendsBehindQueue] += u64::from(self.behind_queue);
        self.stats.hold_times.hands_over(now, 1);
        pacer.sent(1);
        self.stats.handed_over::<M>(1, value_bytes);
        self.unserved += 1;
        Ok(())
    }

    fn send_several(&mut self, count: u32, now: u64) -> Result<(), DriverError> {
        let Some(pacer) = &mut self.pacer else { return Ok(()) };
        let total = count as usize;
        self.batcher.make::<M>(total, self.stats.next_sequence(), now, |nth| pacer.intended_ns(nth));
        self.driver.now_is(now);
        let handled = self.hand_over(0, total);
        self.account(0, handled, now, now);
        if handled < total {
            return self.send_rest(handled, total, now);
        }
        Ok(())
    }

    /// The queue was full at message `from`.
    #[cold]
    fn send_rest(&mut self, mut from: usize, total: usize, mut first_actual_ns: u64) -> Result<(), DriverError> {
        let orders = self.orders;
        self.behind_queue = !self.unlimited;
        while from < total {
            // What belongs to a schedule that has ended meanwhile is part of its debt, which the pacer has dropped.
            self.waits_for_room = true;
            let blocked = self.await_room();
            self.waits_for_room = false;
            if blocked? == Blocked::Stop || self.orders != orders {
                (from..total).for_each(|i| self.batcher.forget(i));
                if self.options.wall_stamps {
                    // Nor is there a message any more that had its stamp already.
                    self.stats.stamp_offsets.change(self.stats.next_sequence(), self.batcher.stamp_offset_ns);
                }
                return Ok(());
            }
            let now = self.time.now_ns();
            for (i, nth) in (from + 1..total).zip(1u32..) {
                let Some(pacer) = &self.pacer else { return Ok(()) };
                // Without a schedule a message is intended when it is offered.
                let intended_ns = if self.unlimited { now } else { pacer.intended_ns(nth) };
                self.batcher.put_off::<M>(i, intended_ns, now);
            }
            self.driver.now_is(now);
            let handled = self.hand_over(from, total);
            self.account(from, handled, first_actual_ns, now);
            if handled > from {
                first_actual_ns = now;
            }
            from = handled;
        }
        Ok(())
    }

    /// Hands over messages `from..total` of the outbox; returns the index after the last one taken or refused.
    #[inline]
    fn hand_over(&mut self, from: usize, total: usize) -> usize {
        let batch = self.batcher.batch();
        let mut refused = RefusedMessages::default();
        let handled = if total == 1 {
            match self.driver.send_from(batch, 0) {
                SendResult::Accepted => 1,
                SendResult::QueueFull => 0,
                SendResult::Refused(code) => {
                    refused.note(0, code);
                    1
                }
            }
        } else {
            self.driver.send_batch(batch, from, |i, code| refused.note(i, code))
        };
        if refused.any() {
            self.count_refused(&refused);
        }
        handled
    }

    #[cold]
    fn count_refused(&mut self, refused: &RefusedMessages) {
        for (i, code) in refused.iter() {
            self.stats.refused(self.batcher.sequence(i), code);
            if let Some(raw) = &mut self.raw {
                let offset_ns = self.stats.stamp_offsets.of(self.batcher.sequence(i));
                raw.refused(self.batcher.times(i, offset_ns), self.batcher.batch().value(i).len(), code);
            }
            self.batcher.forget(i);
        }
        self.describe_failure();
    }

    /// Messages `from..to` of the outbox, the next on schedule, were handed over: the first at `first_actual_ns`, the
    /// others at `actual_ns`.
    #[inline]
    fn account(&mut self, from: usize, to: usize, first_actual_ns: u64, actual_ns: u64) {
        let Some(pacer) = &mut self.pacer else { return };
        let count = u32::try_from(to - from).unwrap_or(u32::MAX);
        if self.unlimited {
            // Without a schedule intended and actual time are one.
            if M::INTENDED {
                self.stats.delay.record_n(0, u64::from(count));
            }
        } else {
            let mut at_ns = first_actual_ns;
            for i in 0..count {
                let delay_ns = at_ns.saturating_sub(pacer.intended_ns(i));
                if M::INTENDED {
                    self.stats.delay.record(delay_ns);
                }
                if delay_ns > self.late_after_ns {
                    self.stats.late(self.behind_queue);
                }
                at_ns = actual_ns;
            }
        }
        if self.behind_queue {
            self.stats.counters[Counter::SendsBehindQueue] += u64::from(count);
        }
        self.stats.hold_times.hands_over(actual_ns, u64::from(count));
        pacer.sent(count);
        self.stats.handed_over::<M>(u64::from(count), self.batcher.value_bytes(from, to));
        self.unserved += count;
    }

    /// Waits until the library has room again (or the window, without a rate), or a stop is wanted.
    #[cold]
    pub(super) fn await_room(&mut self) -> Result<Blocked, DriverError> {
        self.stats.counters[Counter::QueueFullEvents] += 1;
        let begun = self.time.now_ns();
        // Room comes with reports. On a schedule and a CPU of our own we look for it all the time; otherwise a sleep
        // leaves the CPU to the library's threads, which are what we wait for.
        let spin = self.options.spin && !self.unlimited;
        // Time in which there was something to do, or a wait was over, and the loop had no CPU: the queue's fault it
        // is not.
        let (mut looked_ns, mut away_ns) = (begun, 0);
        let blocked = loop {
            if P::NAPS && self.unlimited && self.stats.outstanding() >= NAP_OUTSTANDING {
                let until_ns = self.time.now_ns() + NAP_NS;
                self.time.sleep_until(until_ns);
                looked_ns = self.time.now_ns();
                away_ns += looked_ns.saturating_sub(until_ns);
            }
            if self.poll(u32::MAX, looked_ns) > 0 {
                break Blocked::Room;
            }
            let over_ns = if spin { 0 } else { self.await_reports_until(looked_ns + WAIT_NS) };
            let now = self.time.now_ns();
            if !spin {
                away_ns += now.saturating_sub(over_ns.max(looked_ns));
            } else if now - looked_ns > LOOK_NS {
                away_ns += now - looked_ns;
            }
            looked_ns = now;
            if self.ticker.due(now) {
                self.tick(now)?;
                if self.wanted > Wanted::Run {
                    break Blocked::Stop;
                }
                self.cut_if_due();
            }
            // Nothing is on its way, so no report will ever make room: what there is must do.
            if self.stats.outstanding() == 0 {
                break Blocked::Room;
            }
            self.time.relax();
        };
        let ended = self.time.now_ns();
        if !spin && ended - looked_ns <= ROOM_NS {
            self.ticker.blocked_until(ended);
        }
        // To the look that found room: working off what made it is no wait.
        let waited_ns = looked_ns.saturating_sub(begun).saturating_sub(away_ns);
        self.stats.counters[Counter::QueueFullNs] += waited_ns;
        if waited_ns > SILENCE_NS {
            self.stats.counters[Counter::QueueFullSilentNs] += waited_ns;
        }
        Ok(blocked)
    }
}

/// Messages refused in one call. It allocates only when there are any.
#[derive(Debug, Default)]
struct RefusedMessages(Vec<(usize, i32)>);

impl RefusedMessages {
    #[cold]
    fn note(&mut self, i: usize, code: i32) {
        self.0.push((i, code));
    }

    #[inline]
    fn any(&self) -> bool {
        !self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (usize, i32)> + '_ {
        self.0.iter().copied()
    }
}
