//! The consumer's loop: batches of messages, one clock reading each; events, commits and pauses on ticks.

mod stats;
mod work;

#[cfg(test)]
mod tests;

use super::idle;
use super::measuring::{MeasureAll, Measuring};
use super::raw_log::{self, ReceiveLog};
use super::telemetry_ticker::TelemetryTicker;
use super::troubles::Troubles;
use crate::driver::{Consumer, DriverError, Time};
use crate::plan::processing::Processing;
use crate::stats::Recorder;
use crate::telemetry::{ClientEnd, ClientState, Wanted};
use stats::ConsumerStats;
pub(super) use stats::Expected;
use std::marker::PhantomData;
use work::Work;

/// Rebalances, commit results and errors are served this often: a group's rebalance does not wait for us.
const EVENTS_NS: u64 = 10_000_000;
/// A commit begins after this many messages …
const COMMIT_MESSAGES: u64 = 100;
/// … but not sooner than this after the last one, and never while one is on its way: brokers answer a flood of commits
/// with failures.
const COMMIT_NS: u64 = 100_000_000;
/// Spins between two empty looks on a CPU of one's own: about 0.5 µs, which leaves the queue's lock to the library's
/// thread.
const SPINS: u32 = 16;
/// Where the CPU is shared it is given away for this long at least when nothing is there.
const LEAST_REST_NS: u64 = 200_000;

/// How this consumer is to behave.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConsumerOptions {
    /// Has the loop a CPU of its own, to spin on? Otherwise it sleeps until a message comes.
    pub(super) spin: bool,
    /// Do we commit, or librdkafka by itself?
    pub(super) commit: bool,
    /// Read nothing before the load begins? A topic that others have filled would be half read before anybody measures.
    pub(super) hold: bool,
    /// What it does with each message besides counting it.
    pub(super) processing: Option<Processing>,
    /// Which consumer it is, over all topics and hosts.
    pub(super) index: u32,
}

/// One consumer at work.
pub(super) struct Consume<'a, C: Consumer, T: Time, M: Measuring = MeasureAll> {
    measuring: PhantomData<M>,
    driver: &'a mut C,
    time: &'a T,
    end: &'a mut ClientEnd,
    manner: ConsumerOptions,
    stats: ConsumerStats,
    ticker: TelemetryTicker,
    paused: bool,
    next_events_ns: u64,
    /// When events were served last.
    served_ns: u64,
    committed_messages: u64,
    next_commit_ns: u64,
    quiet: bool,
    /// Messages at the last synchronous commit.
    committed_finally: Option<u64>,
    /// Where samples are recorded; None: nowhere.
    raw: Option<ReceiveLog>,
    troubles: Troubles,
    /// Times that no broker was there, as of the last look, and the messages that had come then: it waits for more.
    downs: u64,
    messages_when_down: Option<u64>,
}

impl<'a, C: Consumer, T: Time, M: Measuring> Consume<'a, C, T, M> {
    /// A subscribed consumer that has not begun to read.
    pub(super) fn new(
        driver: &'a mut C,
        time: &'a T,
        end: &'a mut ClientEnd,
        manner: ConsumerOptions,
        expected: Expected,
    ) -> Self {
        let ticker = TelemetryTicker::new(time.now_ns(), manner.spin);
        Self {
            measuring: PhantomData,
            driver,
            time,
            end,
            manner,
            stats: ConsumerStats::new(expected),
            ticker,
            paused: false,
            next_events_ns: 0,
            served_ns: 0,
            committed_messages: 0,
            next_commit_ns: 0,
            quiet: false,
            committed_finally: None,
            raw: None,
            troubles: Troubles::default(),
            downs: 0,
            messages_when_down: None,
        }
    }

    /// The same, with its samples recorded.
    pub(super) fn recording(self, raw: Option<ReceiveLog>) -> Self {
        Self { raw, ..self }
    }

    /// From ready to done. Err: the driver cannot go on; what was counted is published.
    pub(super) fn run(&mut self) -> Result<(), DriverError> {
        self.ticker.introduce(self.stats.counters_mut(), self.end);
        self.end.set_state(ClientState::Ready);
        let result = self.receive_until_exit();
        if result.is_ok() {
            self.commit_the_rest();
            self.driver.close();
        }
        if let Some(raw) = &mut self.raw {
            raw.writer.flush();
        }
        self.cut(self.time.now_ns());
        result
    }

    /// The load alone, to the order to exit: of the floor.
    pub(super) fn load(&mut self) -> Result<(), DriverError> {
        self.receive_until_exit()?;
        self.cut(self.time.now_ns());
        Ok(())
    }

    /// Has each publication's pause recorded: of the floor.
    pub(super) fn watch_pauses(&mut self) {
        self.ticker.watch_pauses();
    }

    /// The pauses so far, if they are watched.
    pub(super) fn pauses(&self) -> Option<&Recorder> {
        self.ticker.pauses()
    }

    fn receive_until_exit(&mut self) -> Result<(), DriverError> {
        if let Some(processing) = self.manner.processing {
            return self.work_until_exit(Work::new(processing, self.manner.index));
        }
        while let Some(now) = self.obey()? {
            if !self.manner.spin {
                self.receive_waiting(now);
            } else if self.receive(now) == 0 {
                self.look_away(now);
            }
        }
        Ok(())
    }

    /// Does what a tick asks for, if one is due. The time then, or None: it is to exit.
    #[inline]
    fn obey(&mut self) -> Result<Option<u64>, DriverError> {
        let now = self.time.now_ns();
        if !self.ticker.due(now) {
            return Ok(Some(now));
        }
        match self.tick(now)? {
            Wanted::Exit => return Ok(None),
            Wanted::Quiesce => self.become_quiet(),
            Wanted::Connect | Wanted::Run => {}
        }
        // A commit may have waited for the broker.
        Ok(Some(self.time.now_ns()))
    }

    /// Nothing was there: leaves the library alone for a moment.
    #[inline]
    fn look_away(&mut self, now: u64) {
        (0..SPINS).for_each(|_| self.time.relax());
        self.stats.idle(idle::of_look_ns(now, self.time.now_ns()));
    }

    fn receive_waiting(&mut self, now: u64) {
        if self.receive(now) > 0 {
            self.ticker.hasten(now);
        } else {
            self.wait_for_messages(now);
        }
    }

    /// Blocked in the library until something comes or a tick is due: idle until then.
    fn wait_for_messages(&mut self, now: u64) {
        let until_ns = self.ticker.next_tick_ns().max(now + LEAST_REST_NS);
        let begun_ns = self.time.now_ns();
        self.driver.await_messages(until_ns, self.time);
        // How much later the loop has its CPU again is its own.
        let over_ns = idle::over_ns(until_ns, self.time.now_ns(), self.driver.came_ns());
        self.stats.idle(over_ns.saturating_sub(begun_ns));
        self.ticker.blocked_until(over_ns);
    }

    /// Picks up what is there. `before_ns`: a time shortly before.
    #[inline]
    fn receive(&mut self, before_ns: u64) -> u32 {
        let stats = &mut self.stats;
        stats.hold_times.look(before_ns, self.driver.rung_ns());
        let count = match &mut self.raw {
            None => self.driver.poll_batch(self.time, |at_ns, message| stats.receive::<M>(at_ns, &message)),
            Some(raw) => self.driver.poll_batch(self.time, |at_ns, message| {
                raw.received(at_ns, &message, stats.clocks());
                stats.receive::<M>(at_ns, &message);
            }),
        };
        stats.settle::<M>();
        stats.hold_times.looked(count < C::BATCH);
        count
    }

    /// Looks at the orders, serves events, commits, publishes; returns what is wanted.
    fn tick(&mut self, now: u64) -> Result<Wanted, DriverError> {
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
        if self.manner.hold {
            let epoch_ns = self.end.epoch_ns();
            self.manner.hold = epoch_ns == 0 || now < epoch_ns;
        }
        self.manner.hold
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
        if self.manner.commit && due && !self.driver.commit_in_flight() {
            self.committed_messages = messages;
            self.next_commit_ns = now + COMMIT_NS;
            self.driver.commit_async();
        }
    }

    /// Commits while the whole group is still together, once, and goes on.
    fn become_quiet(&mut self) {
        if !self.quiet {
            self.quiet = true;
            self.commit_the_rest();
            self.end.set_state(ClientState::Quiet);
        }
    }

    /// Commits, and waits for the answer, if anything has come since that was last done.
    fn commit_the_rest(&mut self) {
        let messages = self.stats.messages();
        if self.manner.commit && self.committed_finally != Some(messages) {
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

    fn cut(&mut self, now: u64) {
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
