//! The producer's loop: probes until the load begins, then messages on schedule, then the flush.
//!
//! One loop for every rate and late policy: the pacer says how many messages are due, the driver takes them one by one
//! or as a batch, and all waiting is spent on delivery reports. Nothing here allocates, locks, formats or makes a
//! system call per message.

mod closed_loop;
mod flush;
mod hand_over;
mod orders;
mod stats;
mod wait;
mod window;

#[cfg(test)]
mod tests;

use super::idle;
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
use crate::stats::{Counter, Recorder};
use crate::telemetry::{ClientEnd, ClientState, Wanted};
use stats::ProducerStats;
use std::marker::PhantomData;
use std::time::Duration;
use window::OutstandingWindow;

/// A message is late when it is sent more than this after its intended time, or more than an interval if that is
/// longer: below 1 ms the schedulers of client, broker and consumer drown what the lateness changes.
const LATE_NS: u64 = 1_000_000;
/// On schedule, delivery reports are served at least after so many messages.
const UNSERVED_MESSAGES: u32 = 64;
/// Longest wait for reports while there is nothing to send, on a CPU of one's own; else the next tick ends it.
const REST_NS: u64 = 1_000_000;
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

/// One producer at work.
pub(super) struct Produce<'a, P: Producer, T: Time, M: Measuring = MeasureAll> {
    measuring: PhantomData<M>,
    driver: &'a mut P,
    time: &'a T,
    end: &'a mut ClientEnd,
    manner: ProducerOptions,
    batcher: MessageBatcher,
    stats: ProducerStats,
    ticker: TelemetryTicker,
    pacer: Option<Pacer>,
    /// Rate orders obeyed.
    orders: u32,
    unlimited: bool,
    /// Without a rate: how many are on their way at most.
    window: OutstandingWindow,
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
        manner: ProducerOptions,
        batcher: MessageBatcher,
    ) -> Self {
        let ticker = TelemetryTicker::new(time.now_ns(), manner.spin);
        let mut stats = ProducerStats::new();
        stats.witness = SilenceWatch::new(driver.leaders());
        let window = OutstandingWindow::new(manner.first_window_messages);
        Self {
            measuring: PhantomData,
            driver,
            time,
            end,
            manner,
            batcher,
            stats,
            ticker,
            pacer: None,
            orders: 0,
            unlimited: false,
            window,
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

    /// From ready to done. `outbox_later`: makes the real outbox when the load begins. Err: the driver cannot go on;
    /// what was counted is published.
    pub(super) fn run(
        &mut self,
        outbox_later: Option<impl FnOnce() -> Result<MessageBatcher, DriverError>>,
    ) -> Result<(), DriverError> {
        self.ticker.introduce(&mut self.stats.counters, self.end);
        self.end.set_state(ClientState::Ready);
        let result = self.follow_orders(outbox_later);
        if let Some(raw) = &mut self.raw {
            raw.writer.flush();
        }
        self.cut();
        result
    }

    fn follow_orders(
        &mut self,
        outbox_later: Option<impl FnOnce() -> Result<MessageBatcher, DriverError>>,
    ) -> Result<(), DriverError> {
        self.idle_until(Wanted::Run)?;
        if self.end.wanted() == Wanted::Run {
            if let Some(make) = outbox_later {
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
        if let Some(outstanding) = self.manner.outstanding {
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

    /// Serves reports without waiting, if the loop does not come to wait: twice as many as were sent, so that none are
    /// left behind.
    #[inline]
    fn serve_after(&mut self, count: u32, before_ns: u64) {
        if count > 1 || self.unserved >= UNSERVED_MESSAGES {
            let served = self.unserved.saturating_mul(2);
            self.unserved = 0;
            self.poll(served, before_ns);
        }
    }

    /// Picks up reports, up to so many. `before_ns`: a time shortly before.
    #[inline]
    fn poll(&mut self, limit: u32, before_ns: u64) -> u32 {
        self.stats.hold_times.look(before_ns, self.driver.rung_ns());
        let count = if self.raw.is_some() { self.poll_recording(limit) } else { self.poll_only(limit) };
        self.stats.hold_times.looked(count < limit);
        count
    }

    #[inline]
    fn poll_only(&mut self, limit: u32) -> u32 {
        let (stats, in_flight) = (&mut self.stats, &mut self.batcher.in_flight);
        if M::REPORTS {
            let count = self.driver.poll_reports(limit, self.time, |at_ns, report| {
                stats.report::<M>(at_ns, &report, in_flight);
            });
            stats.settle::<M>();
            count
        } else {
            let count = self.driver.poll_reports(limit, self.time, |_, _| {});
            stats.acknowledged_unseen(count);
            count
        }
    }

    /// The same with samples recorded: apart, so that a loop that records none does not pay for the question with every
    /// report.
    #[cold]
    fn poll_recording(&mut self, limit: u32) -> u32 {
        let Some(raw) = &mut self.raw else { return 0 };
        let (stats, in_flight) = (&mut self.stats, &mut self.batcher.in_flight);
        let count = self.driver.poll_reports(limit, self.time, |at_ns, report| {
            raw.report(at_ns, &report, in_flight, &stats.stamp_offsets);
            stats.report::<M>(at_ns, &report, in_flight);
        });
        stats.settle::<M>();
        count
    }

    /// Nothing is to be sent: waits for reports, and is idle until one comes.
    fn rest(&mut self, now: u64) {
        if self.poll(u32::MAX, now) > 0 {
            return;
        }
        let rested_ns = now + REST_NS;
        let until_ns = if self.manner.spin { rested_ns } else { rested_ns.max(self.ticker.next_tick_ns()) };
        let begun_ns = self.time.now_ns();
        let over_ns = self.await_reports_until(until_ns);
        self.stats.counters[Counter::IdleNs] += over_ns.saturating_sub(begun_ns);
    }

    /// Waits for reports up to `until_ns`, raw ns; returns until when the loop had nothing to do.
    fn await_reports_until(&mut self, until_ns: u64) -> u64 {
        self.driver.await_reports(until_ns, self.time);
        let over_ns = idle::over_ns(until_ns, self.time.now_ns(), self.driver.came_ns());
        self.ticker.blocked_until(over_ns);
        over_ns
    }
}
