//! The consumer's loop: batches of messages, one clock reading each; events, commits and pauses on ticks. Nothing here
//! allocates, locks, formats or makes a system call per message, beyond what the library's own calls do.
//!
//! # The way of one message
//!
//! Steps 3 to 9 run on the client's hot thread. The loop is compiled once for each driver, clock and set of
//! measurements (`C`, `T`, `M`). What the steps cost: `tools/bench-self`, `docs/performance.md`.
//!
//! 1. **Fetched.** By librdkafka's threads, on the client's I/O CPUs: fetch, decompression, one allocation a message
//!    (mimalloc: it is freed in another thread than made it), into the partition's queue.
//! 2. **Forwarded.** Each assigned partition's queue leads into one of ours (`driver/kafka/native/forward.rs`), so that
//!    one call reads them all, and the client's own queue is left with rebalances and errors.
//! 3. **Looked for.** `receive` asks `native/consume.rs` for up to 300 messages with one call, in which the library
//!    takes its queue's lock for each (more at a time would leave the cache). Where nothing is there, a loop with a CPU
//!    of its own pauses for 0.5 µs (`look_away`), so that the lock is free for the library; another sleeps until
//!    librdkafka writes to an eventfd (`native/queue_event_fd.rs`) or a tick is due.
//! 4. **Picked up.** One clock reading a batch, after the call: the time at which all of it was received. Key and
//!    headers are not looked at, the value is read where librdkafka has it, and the record's own time is asked for only
//!    where the value begins with no stamp.
//! 5. **Recognised.** `stats.rs`, `receive`: is it of the same partition as the last one, and does it carry, bit for
//!    bit, the stamp that has to come next (`load/stamp/message_run.rs`)? Then a count goes up, and that is all.
//! 6. **Read.** Otherwise `receive_alone` checks the stamp (a remainder) and tells messages of the load from probes,
//!    other runs' messages, unstamped and damaged ones.
//! 7. **Entered.** At the end of a run, `ConsumerStats::settle`: sums, the partition's cell
//!    (`stats/partition_tally.rs`), two end-to-end histograms (`stats/recorder.rs`), how long the loop itself can have
//!    kept the messages (`hold_times.rs`). The ledger (`load/accounting.rs`) takes a run's bits of the window that
//!    tells duplicates and reordered ones by words of 64; its checksum of sequences alone takes every message: two
//!    multiplications.
//! 8. **Given back.** `rd_kafka_message_destroy` for each, right behind its use; after the batch one look at the
//!    library's queue tells whether librdkafka holds back fetches (`driver/kafka/fetch_queue.rs`).
//! 9. **Published.** With a tick (`orders.rs`), every 0.2 ms on a CPU of the loop's own, else every 5 to 125 ms:
//!    orders, counters every 10 ms or 1,000 messages, a slot with the histograms once a second. Rebalances and errors
//!    are served every 10 ms; a commit begins after 100 messages, 100 ms after the last one at the earliest, and nobody
//!    waits for it.
//!
//! On the other side: `produce.rs`.

mod orders;
mod stats;
mod work;

#[cfg(test)]
mod tests;

use super::idle;
use super::measuring::{MeasureAll, Measuring};
use super::raw_log::ReceiveLog;
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
    options: ConsumerOptions,
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
        options: ConsumerOptions,
        expected: Expected,
    ) -> Self {
        let ticker = TelemetryTicker::new(time.now_ns(), options.spin);
        Self {
            measuring: PhantomData,
            driver,
            time,
            end,
            options,
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
        if let Some(processing) = self.options.processing {
            return self.work_until_exit(Work::new(processing, self.options.index));
        }
        while let Some(now) = self.follow_orders()? {
            if !self.options.spin {
                self.receive_waiting(now);
            } else if self.receive(now) == 0 {
                self.look_away(now);
            }
        }
        Ok(())
    }

    /// Does what a tick asks for, if one is due. The time then, or None: it is to exit.
    #[inline]
    fn follow_orders(&mut self) -> Result<Option<u64>, DriverError> {
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
        stats.hold_times.look(before_ns, self.driver.signalled_ns());
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
}
