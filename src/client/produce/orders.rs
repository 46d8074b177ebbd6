//! What a tick does: orders are obeyed, probes sent, counters published, slots cut.

use super::{LATE_NS, Produce, ProducerOptions};
use crate::client::measuring::Measuring;
use crate::client::raw_log;
use crate::driver::{DriverError, Producer, SendResult, Time};
use crate::load::pacer::Pacer;
use crate::stats::Counter;
use crate::telemetry::RateOrder;
use crate::telemetry::witness::DELIVERY;

impl<P: Producer, T: Time, M: Measuring> Produce<'_, P, T, M> {
    /// Looks at the orders, publishes when it is time.
    pub(super) fn tick(&mut self, now: u64) -> Result<(), DriverError> {
        let messages = self.stats.progress();
        let tick = self.ticker.tick(now, messages, self.end);
        self.cut_due = M::TELEMETRY && tick.cut;
        if let Some(order) = self.end.new_rate() {
            self.apply_rate(order, now);
        }
        if self.options.wall_stamps {
            self.follow_wall_clock();
        }
        if self.end.probe_rounds() != self.probe_rounds {
            self.probe(now);
        }
        if M::TELEMETRY {
            let answered = self.stats.counters[Counter::MessagesAcknowledged] + self.refused_by_brokers;
            self.stats.witness.look(now, answered, self.stats.outstanding() > 0);
        }
        if M::TELEMETRY && tick.publish {
            self.complete_counters();
            self.testify(now);
            self.ticker.publish(now, messages, &mut self.stats.counters, self.end);
            self.end.publish_row(0, self.stats.row());
            if let Some(fault) = self.driver.fault() {
                return Err(fault);
            }
        }
        if let Some(raw) = &mut self.raw {
            raw.writer.flush_if_worth_it();
        }
        self.wanted = self.end.wanted();
        Ok(())
    }

    /// Stamps follow the wall clock. What has been stamped keeps what it has, also the message that waits for room in
    /// the queue.
    fn follow_wall_clock(&mut self) {
        let offset_ns = self.end.wall_offset_ns().cast_unsigned();
        if offset_ns != self.batcher.stamp_offset_ns {
            self.batcher.stamp_offset_ns = offset_ns;
            self.stats.stamp_offsets.change(self.stats.next_sequence() + u64::from(self.waits_for_room), offset_ns);
        }
    }

    #[cold]
    fn apply_rate(&mut self, order: RateOrder, now: u64) {
        match &mut self.pacer {
            Some(pacer) => {
                self.stats.counters[Counter::RateOrdersObeyed] += 1;
                self.stats.counters[Counter::RateOrderDelayNs] += now.saturating_sub(order.start_ns);
                self.dropped_debt += pacer.change(order, now);
            }
            None => self.pacer = Some(self.first_pacer(order)),
        }
        // A new schedule begins without a debt.
        self.behind_queue = false;
        self.orders = self.orders.wrapping_add(1);
        self.unlimited = order.interval_q32 == 0;
        self.window.use_if(self.unlimited, now.max(order.start_ns));
        self.late_after_ns = LATE_NS.max(u64::try_from(order.interval_q32 >> 32).unwrap_or(u64::MAX));
    }

    /// On a curve the order says when the load begins, and nothing else.
    fn first_pacer(&self, order: RateOrder) -> Pacer {
        let ProducerOptions { late, arrivals, index, .. } = self.options;
        let Some(curve) = &self.options.curve else { return Pacer::arriving(order, late, arrivals, index) };
        let epoch_wall_ns = i128::from(order.start_ns) + i128::from(self.end.wall_offset_ns());
        let part = (curve.index, curve.producers);
        Pacer::along(&curve.curve, part, (order.start_ns, epoch_wall_ns), late, arrivals)
    }

    /// One probe for all rounds asked for since the last one; a full queue is tried again with the next tick.
    #[cold]
    fn probe(&mut self, now: u64) {
        let value = self.batcher.probe(self.stats.counters[Counter::ProbesSent], now);
        let sent = if self.options.omb_probes {
            self.driver.send(Some(b"key"), &[0; 10], 0)
        } else {
            // A compacted topic takes no message without a key.
            let key = self.batcher.keyed().then_some(&b"probe"[..]);
            self.driver.send(key, &value, 0)
        };
        match sent {
            SendResult::Accepted => self.stats.probe_sent(),
            SendResult::QueueFull => return,
            SendResult::Refused(code) => {
                self.stats.probe_refused(code);
                self.describe_failure();
            }
        }
        self.probe_rounds = self.end.probe_rounds();
    }

    /// Tells what it has heard of the brokers, and the errors that have come.
    fn testify(&mut self, now: u64) {
        for (code, count) in std::mem::take(&mut self.stats.failures) {
            if self.driver.is_answer(code) {
                self.refused_by_brokers += count;
            }
            self.troubles.note(&format!("{DELIVERY}{}", self.driver.describe(code)), count, now);
        }
        let troubles = &mut self.troubles;
        self.driver.tell_troubles(&mut |text, count| troubles.note(text, count, now));
        self.troubles.publish(self.end);
        self.stats.witness.publish(self.end);
    }

    fn complete_counters(&mut self) {
        let (missed, shifted) = self.pacer.as_ref().map_or((0, 0), |pacer| (pacer.missed(), pacer.shifted()));
        self.stats.counters[Counter::MissedSends] = missed;
        self.stats.counters[Counter::DroppedDebt] = shifted + self.dropped_debt;
        self.stats.counters[Counter::ClientErrors] = self.driver.client_errors();
        self.stats.counters[Counter::IoIdleNs] = self.driver.io_idle_ns();
        self.stats.counters[Counter::WindowMessages] = self.window.held();
        self.stats.hold_times.count(&mut self.stats.counters);
        self.describe_failure();
        if let Some(raw) = &self.raw {
            raw_log::account(&raw.writer, &mut self.stats.counters, self.end);
        }
    }

    /// Leaves the reason of failures as last words, once for each run of the same code.
    pub(super) fn describe_failure(&mut self) {
        if let Some(code) = self.stats.last_failure
            && self.described != Some(code)
        {
            self.described = Some(code);
            let words = self.driver.describe(code);
            self.end.last_words(&format!("{DELIVERY}{words}"));
        }
    }

    pub(super) fn cut_if_due(&mut self) {
        if self.cut_due {
            self.cut();
        }
    }

    #[cold]
    pub(super) fn cut(&mut self) {
        let now = self.time.now_ns();
        self.stats.hold_times.handed_over(now);
        self.cut_due = false;
        self.complete_counters();
        self.testify(now);
        let (counters, mut latencies) = self.stats.cut_parts();
        self.ticker.cut(now, counters, &mut latencies, self.end);
        self.end.publish_row(0, self.stats.row());
        if let Some(raw) = &mut self.raw {
            raw.writer.cut(now, self.end.epoch_ns());
        }
        let after = self.time.now_ns();
        self.ticker.paused(after.saturating_sub(now));
    }
}
