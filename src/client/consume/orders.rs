//! What a tick does: orders are followed, events served, offsets committed, counters published, slots cut.

use super::Consume;
use crate::client::measuring::Measuring;
use crate::client::raw_log;
use crate::driver::{Consumer, DriverError, Time};
use crate::telemetry::{ClientState, Wanted};

/// Rebalances, commit results and errors are served this often: a group's rebalance does not wait for us.
const EVENTS_NS: u64 = 10_000_000;
/// A commit begins after this many messages …
const COMMIT_MESSAGES: u64 = 100;
/// … but not sooner than this after the last one, and never while one is on its way: brokers answer a flood of commits
/// with failures.
const COMMIT_NS: u64 = 100_000_000;

impl<C: Consumer, T: Time, M: Measuring> Consume<'_, C, T, M> {
    /// Looks at the orders, serves events, commits, publishes; returns what is wanted.
    pub(super) fn tick(&mut self, now: u64) -> Result<Wanted, DriverError> {
        // Before partitions are assigned, so that those assigned are paused at once.
        let paused = self.end.paused() || self.held(now);
        if paused != self.paused {
            self.paused = paused;
            self.driver.set_paused(paused);
        }
        let messages = self.stats.messages();
        let tick = self.ticker.tick(now, messages, self.end);
        if now >= self.next_events_ns {
            self.next_events_ns = now + EVENTS_NS;
            let before_ns = self.driver.blocked_ns();
            self.serve_events()?;
            // A commit before partitions are left waits for the broker.
            self.was_blocked_since(before_ns);
        }
        self.commit_if_due(now);
        if M::TELEMETRY && tick.publish {
            if let Some(raw) = &mut self.raw {
                raw.writer.flush_if_worth_it();
                raw_log::account(&raw.writer, self.stats.counters_mut(), self.end);
            }
            self.ticker.publish(now, messages, self.stats.counters_mut(), self.end);
            self.publish_rows();
        }
        if M::TELEMETRY && tick.cut {
            self.cut(now);
        }
        Ok(self.end.wanted())
    }

    /// Is it too early to read? Once the load has begun never again.
    fn held(&mut self, now: u64) -> bool {
        if self.options.hold {
            let epoch_ns = self.end.epoch_ns();
            self.options.hold = epoch_ns == 0 || now < epoch_ns;
        }
        self.options.hold
    }

    fn serve_events(&mut self) -> Result<(), DriverError> {
        self.stats.set_wall_clock(self.end.wall_offset_ns(), self.end.epoch_ns());
        let now = self.time.now_ns();
        let since_ns = self.stats.hold_times.elsewhere_since(std::mem::replace(&mut self.served_ns, now));
        let (stats, raw) = (&mut self.stats, &mut self.raw);
        self.driver.serve_events(self.time, |at_ns, message| {
            if let Some(raw) = raw {
                raw.received(at_ns, &message, stats.clocks());
            }
            stats.receive::<M>(at_ns, &message);
        });
        self.stats.settle::<M>();
        self.stats.hold_times.elsewhere_since(since_ns);
        let events = self.driver.events();
        self.stats.set_events(&events);
        self.look_for_brokers(events.all_brokers_down);
        self.driver.fault().map_or(Ok(()), Err)
    }

    /// A consumer that receives nothing need not lack a broker, unless its library says that none is there.
    fn look_for_brokers(&mut self, all_brokers_down: u64) {
        let messages = self.stats.messages();
        if all_brokers_down != self.downs {
            self.downs = all_brokers_down;
            self.messages_when_down.get_or_insert(messages);
        }
        if self.messages_when_down.is_some_and(|before| before != messages) {
            self.messages_when_down = None;
        }
        let now = self.time.now_ns();
        self.stats.witness.look(now, messages, self.messages_when_down.is_some());
        self.stats.witness.listen(now);
        let troubles = &mut self.troubles;
        self.driver.tell_troubles(&mut |text, count| troubles.note(text, count, now));
        self.troubles.publish(self.end);
        self.stats.witness.publish(self.end);
    }

    fn commit_if_due(&mut self, now: u64) {
        let messages = self.stats.messages();
        let due = messages - self.committed_messages >= COMMIT_MESSAGES && now >= self.next_commit_ns;
        if self.options.commit && due && !self.driver.commit_in_flight() {
            self.committed_messages = messages;
            self.next_commit_ns = now + COMMIT_NS;
            self.driver.commit_async();
        }
    }

    /// Commits while the whole group is still together, once, and goes on.
    pub(super) fn become_quiet(&mut self) {
        if !self.quiet {
            self.quiet = true;
            self.commit_the_rest();
            self.end.set_state(ClientState::Quiet);
        }
    }

    /// Commits, and waits for the answer, if anything has come since that was last done.
    pub(super) fn commit_the_rest(&mut self) {
        let messages = self.stats.messages();
        if self.options.commit && self.committed_finally != Some(messages) {
            self.committed_messages = messages;
            self.committed_finally = Some(messages);
            let before_ns = self.driver.blocked_ns();
            self.driver.commit_sync();
            self.was_blocked_since(before_ns);
        }
    }

    /// What has come to the driver's time in calls that wait for the broker: no standing still of the loop.
    fn was_blocked_since(&mut self, before_ns: u64) {
        let blocked_ns = self.driver.blocked_ns().saturating_sub(before_ns);
        self.stats.idle(blocked_ns);
        self.ticker.excuse(blocked_ns);
    }

    fn publish_rows(&mut self) {
        for row in self.stats.take_probed_rows() {
            self.end.mark_probe(row);
        }
        self.stats.publish_dirty_rows(self.end);
    }

    pub(super) fn cut(&mut self, now: u64) {
        self.stats.set_events(&self.driver.events());
        if let Some(raw) = &self.raw {
            raw_log::account(&raw.writer, self.stats.counters_mut(), self.end);
        }
        let (counters, mut latencies) = self.stats.cut_parts();
        self.ticker.cut(now, counters, &mut latencies, self.end);
        self.publish_rows();
        self.stats.publish_partitions(now, self.end);
        if let Some(raw) = &mut self.raw {
            raw.writer.cut(now, self.end.epoch_ns());
        }
        let after = self.time.now_ns();
        self.ticker.paused(after.saturating_sub(now));
    }
}
