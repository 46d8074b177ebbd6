//! The producer's loop: probes until the load begins, then messages on schedule, then the flush.
//!
//! One loop for every rate and late policy: the pacer says how many messages are due, the driver takes them one by one
//! or as a batch, and all waiting is spent on delivery reports. Nothing here allocates, locks, formats or makes a
//! system call per message.
//!
//! # The way of one message
//!
//! All of it runs on the client's hot thread, but for step 8. The loop is compiled once for each driver, clock and set
//! of measurements (`P`, `T`, `M`), so no step asks at run time what to call or to measure. What the steps cost:
//! `tools/bench-self`, `docs/performance.md`.
//!
//! 1. **Time.** `send_until_told` reads the clock once a turn: the TSC and a multiplication, or the vDSO where the TSC
//!    will not do (`os/clock.rs`). This is the actual send time of every message of the turn.
//! 2. **Tick?** One comparison (`telemetry_ticker.rs`). Orders, probes and publishing wait for a tick (`orders.rs`):
//!    every 0.2 ms on a CPU of the loop's own, else every 5 to 125 ms.
//! 3. **Due?** `load/pacer.rs`: on schedule two comparisons say "one". Only who is behind, or has no schedule, asks how
//!    many (a division), up to a batch: 100 messages or 256 KiB. Integers with 32 binary places, so nothing drifts.
//!    Without a schedule `window.rs` bounds what is on its way, so that values are still in a cache when they are sent.
//! 4. **Made.** `message_batcher.rs`, in buffers that are allocated once (`driver/batch.rs`). A single payload stands
//!    there already; of several one is drawn and copied in (`load/payloads.rs`), as is a key (`load/keys.rs`).
//! 5. **Stamped.** `load/stamp/encoded_stamp.rs` writes 48 bytes over the value's head. The template has summed up what
//!    never changes, so a check takes three additions and a remainder; within a batch that shares its times the next
//!    stamp is the one before plus 1, twice. Without stamps the times go into a slab (`in_flight.rs`) whose index
//!    travels as the message's tag.
//! 6. **Handed over.** `hand_over.rs` calls `driver/kafka/native/produce.rs`: `rd_kafka_produce`, or
//!    `rd_kafka_produce_batch` for several, on a topic handle that is looked up once. The library is lent a place of
//!    `native/value_pool.rs` and makes no copy: where the last value there had the same payload, only the head is
//!    written. The partition is named (the only one, or that of `sticky.rs`) unless librdkafka's partitioner is to
//!    choose. The library copies keys, and values of runs with several lengths.
//! 7. **Counted.** `send_one`, or `account` for a batch: publish delay into a histogram (`stats/recorder.rs`, an index
//!    and some additions), late or not, sums; the pacer moves on by one addition. A full queue is the cold way
//!    (`send_rest`): who found it full keeps its times, those behind it are stamped anew when there is room, and the
//!    wait is counted as such.
//! 8. **Sent.** By librdkafka's threads, on the client's I/O CPUs: linger, batch, compression, socket, answer.
//! 9. **Reported.** `pick_up.rs`, called in every wait for the next send (`wait.rs`), after every batch, and after 64
//!    single messages. `native/produce/reports.rs` reads events, 64 messages at a time, with one clock reading an
//!    event, and gives each place back to the pool: the last one back is the first to be used again, for it is in the
//!    cache.
//! 10. **Recognised.** `load/stamp/message_run.rs`: is the value's stamp, bit for bit, the one that has to come next?
//!     Then a count goes up, and that is all. Otherwise `stats.rs`, `report_alone`, reads and checks the stamp.
//! 11. **Entered.** At the end of a run of such reports, `ProducerStats::settle`: sums, two latency histograms, and a
//!     third of how long the loop itself can have kept them (`hold_times.rs`). The checksum of acknowledged sequences
//!     (`load/accounting.rs`) alone takes every message: two multiplications.
//! 12. **Published.** With a tick: counters every 10 ms or 1,000 messages; once a second a slot with the histograms
//!     (`telemetry`), some 50 µs right after a send or in a wait that has room for it.
//!
//! On the other side: `consume.rs`.
//!
//! Over 250 lines: the map of the hot path stands at its head.

mod closed_loop;
mod flush;
mod hand_over;
mod orders;
mod pick_up;
mod stats;
mod wait;
mod wake_lead;
mod window;

#[cfg(test)]
mod tests;

use super::measuring::{MeasureAll, Measuring};
use super::message_batcher::MessageBatcher;
use super::raw_log::SendLog;
use super::telemetry_ticker::TelemetryTicker;
use super::troubles::Troubles;
use super::witness::SilenceWatch;
use crate::client::CurvePart;
use crate::driver::{DriverError, Producer, Time};
use crate::load::pacer::{Due, Pacer};
use crate::plan::{Arrivals, LatePolicy};
use crate::stats::Recorder;
use crate::telemetry::{ClientEnd, ClientState, Wanted};
use stats::ProducerStats;
use std::marker::PhantomData;
use std::time::Duration;
use wake_lead::WakeLead;
use window::OutstandingWindow;

/// A message is late when it is sent more than this after its intended time, or more than an interval if that is
/// longer: below 1 ms the schedulers of client, broker and consumer drown what the lateness changes.
const LATE_NS: u64 = 1_000_000;
/// A cut takes some 50 µs: it is made right after a send, or in a wait that leaves at least this.
const CUT_ROOM_NS: u64 = 200_000;

/// How this producer is to behave.
#[derive(Debug, Clone)]
pub(super) struct ProducerOptions {
    /// What it does when late.
    pub(super) late: LatePolicy,
    /// Has the loop a CPU of its own, to spin on? Otherwise it sleeps when a wait is long enough.
    pub(super) spin: bool,
    /// Its part in a rate that changes by plan.
    pub(super) curve: Option<CurvePart>,
    /// How its messages come at their rate.
    pub(super) arrivals: Arrivals,
    /// Which producer it is, over all topics and hosts.
    pub(super) index: u32,
    /// A closed loop: so many messages are on their way, and the next is sent when one comes back.
    pub(super) outstanding: Option<u32>,
    /// Without a rate: so many are on their way at first; None: as many as the library's queue takes.
    pub(super) first_window_messages: Option<u32>,
    /// Limit of the flush.
    pub(super) flush: Duration,
    /// Do stamps carry wall-clock times?
    pub(super) wall_stamps: bool,
    /// Are probes OMB's (key `key`, ten zero bytes)?
    pub(super) omb_probes: bool,
}

impl ProducerOptions {
    /// The only producer, whose messages come evenly at the rates that it is ordered, with stamps of the run's clock.
    pub(super) fn even(late: LatePolicy, spin: bool) -> Self {
        Self {
            late,
            spin,
            curve: None,
            arrivals: Arrivals::Uniform,
            index: 0,
            outstanding: None,
            first_window_messages: None,
            flush: Duration::from_secs(10),
            wall_stamps: false,
            omb_probes: false,
        }
    }
}

/// One producer at work.
pub(super) struct Produce<'a, P: Producer, T: Time, M: Measuring = MeasureAll> {
    measuring: PhantomData<M>,
    driver: &'a mut P,
    time: &'a T,
    end: &'a mut ClientEnd,
    options: ProducerOptions,
    batcher: MessageBatcher,
    stats: ProducerStats,
    ticker: TelemetryTicker,
    pacer: Option<Pacer>,
    /// Rate orders obeyed.
    orders: u32,
    unlimited: bool,
    /// Without a rate: how many are on their way at most.
    window: OutstandingWindow,
    /// Where the CPU is shared: how long before a send it is woken.
    wake_lead: WakeLead,
    late_after_ns: u64,
    unserved: u32,
    /// The next message is stamped, and waits for room in the library's queue.
    waits_for_room: bool,
    /// Behind the schedule since the library's queue was full, and not caught up yet: what is late meanwhile is late
    /// for that.
    behind_queue: bool,
    cut_due: bool,
    /// As of the last tick.
    wanted: Wanted,
    probe_rounds: u64,
    dropped_debt: u64,
    described: Option<i32>,
    /// Where samples are recorded; None: nowhere.
    raw: Option<SendLog>,
    troubles: Troubles,
    /// Failed deliveries that were an answer of a broker's.
    refused_by_brokers: u64,
}

impl<'a, P: Producer, T: Time, M: Measuring> Produce<'a, P, T, M> {
    /// A connected producer that has not begun.
    pub(super) fn new(
        driver: &'a mut P,
        time: &'a T,
        end: &'a mut ClientEnd,
        options: ProducerOptions,
        batcher: MessageBatcher,
    ) -> Self {
        let ticker = TelemetryTicker::new(time.now_ns(), options.spin);
        let mut stats = ProducerStats::new();
        stats.witness = SilenceWatch::new(driver.leaders());
        let window = OutstandingWindow::new(options.first_window_messages);
        Self {
            measuring: PhantomData,
            driver,
            time,
            end,
            options,
            batcher,
            stats,
            ticker,
            pacer: None,
            orders: 0,
            unlimited: false,
            window,
            wake_lead: WakeLead::new(),
            late_after_ns: LATE_NS,
            unserved: 0,
            waits_for_room: false,
            behind_queue: false,
            cut_due: false,
            wanted: Wanted::Connect,
            probe_rounds: 0,
            dropped_debt: 0,
            described: None,
            raw: None,
            troubles: Troubles::default(),
            refused_by_brokers: 0,
        }
    }

    /// The same, with its samples recorded.
    pub(super) fn recording(self, raw: Option<SendLog>) -> Self {
        Self { raw, ..self }
    }

    /// From ready to done. `batcher_later`: makes the real batcher when the load begins. Err: the driver cannot go on;
    /// what was counted is published.
    pub(super) fn run(
        &mut self,
        batcher_later: Option<impl FnOnce() -> Result<MessageBatcher, DriverError>>,
    ) -> Result<(), DriverError> {
        self.ticker.introduce(&mut self.stats.counters, self.end);
        self.end.set_state(ClientState::Ready);
        let result = self.follow_orders(batcher_later);
        if let Some(raw) = &mut self.raw {
            raw.writer.flush();
        }
        self.cut();
        result
    }

    fn follow_orders(
        &mut self,
        batcher_later: Option<impl FnOnce() -> Result<MessageBatcher, DriverError>>,
    ) -> Result<(), DriverError> {
        self.idle_until(Wanted::Run)?;
        if self.end.wanted() == Wanted::Run {
            if let Some(make) = batcher_later {
                // Its first messages may come before the next tick.
                let stamp_offset_ns = self.batcher.stamp_offset_ns;
                self.batcher = make()?;
                self.batcher.stamp_offset_ns = stamp_offset_ns;
            }
            self.end.set_state(ClientState::Running);
            self.send_until_told()?;
        }
        self.become_quiet();
        self.idle_until(Wanted::Exit)
    }

    /// The load alone, from its first message to the last report: of the floor.
    pub(super) fn load(&mut self) -> Result<(), DriverError> {
        self.send_until_told()?;
        self.become_quiet();
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

    fn become_quiet(&mut self) {
        self.flush();
        self.cut();
        self.end.set_state(ClientState::Quiet);
    }

    /// Serves reports and probes until this or more is wanted.
    fn idle_until(&mut self, wanted: Wanted) -> Result<(), DriverError> {
        while self.end.wanted() < wanted {
            let now = self.time.now_ns();
            if self.ticker.due(now) {
                self.tick(now)?;
                self.cut_if_due();
            }
            self.rest(now);
        }
        Ok(())
    }

    fn send_until_told(&mut self) -> Result<(), DriverError> {
        if let Some(outstanding) = self.options.outstanding {
            return self.keep_outstanding(outstanding);
        }
        loop {
            let now = self.time.now_ns();
            self.stats.hold_times.handed_over(now);
            if self.ticker.due(now) {
                self.tick(now)?;
            }
            if self.wanted > Wanted::Run {
                return Ok(());
            }
            self.window.look(now, || self.stats.reported());
            let capacity = self.window.room(|| self.stats.outstanding(), self.batcher.capacity());
            if capacity == 0 {
                // Orders that came meanwhile are seen above.
                self.await_room()?;
                continue;
            }
            match self.pacer.as_mut().map(|pacer| pacer.due(now, capacity)) {
                Some(Due::Now { count }) => {
                    self.send(count, now)?;
                    self.serve_after(count, now);
                    self.cut_if_due();
                }
                Some(Due::At { ns }) => self.wait(now, ns),
                None => {
                    self.cut_if_due();
                    self.rest(now);
                }
            }
        }
    }
}
