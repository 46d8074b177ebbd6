//! The seam to the messaging system (the guide's driver layer): what the client loops ask of it, and nothing else.
//!
//! The loops in `client` are generic over these traits and compiled once per driver, so that the null driver runs the
//! very loop that Kafka runs and measures what the generator itself costs. No trait object stands between a loop and
//! its driver.

pub mod batch;
pub mod error;
pub mod kafka;
pub mod null;
pub mod wire;

use crate::os::clock::Clock;
pub use batch::Batch;
pub use error::{DriverError, ErrorClass};

/// The clock that a driver stamps its deliveries with, and the ways to wait on it. The real one is the run's clock;
/// tests have a virtual one.
pub trait Time {
    /// Now, raw ns.
    fn now_ns(&self) -> u64;
    /// Passes a moment on the CPU (one `pause`).
    fn relax(&self);
    /// Gives the CPU away until about `deadline_ns`.
    fn sleep_until(&self, deadline_ns: u64);
    /// The clock behind it, for other threads of this process.
    fn clock(&self) -> Clock {
        Clock::vdso()
    }
}

/// What became of one message handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendResult {
    /// The library has it; a report will come.
    Accepted,
    /// The library's queue is full; it was not taken.
    QueueFull,
    /// Refused for good, with the library's code; no report will come.
    Refused(i32),
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Acknowledged.
    Acknowledged,
    /// Failed, with the library's code.
    Failed(i32),
    /// Purged before its end was known.
    Unknown,
}

/// One delivery report.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The value as it was sent; behind the first 48 bytes the null driver has something else.
    pub value: &'a [u8],
    /// The tag it was sent with.
    pub tag: usize,
    /// How it ended.
    pub delivery: Delivery,
    /// Partition it was sent to; −1: not known.
    pub partition: i32,
    /// Offset it was stored at; −1: not known.
    pub offset: i64,
    /// The broker that answered; −1: not known, or there is but one.
    pub broker: i32,
}

/// A connected producer of one topic.
pub trait Producer {
    /// Has the driver threads of its own, to which a loop that waits for room leaves the CPU by naps? Otherwise the
    /// loop does all its work.
    const NAPS: bool = true;

    /// Hands over one message. The value is copied before this returns.
    fn send(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult;

    /// What is handed over next is handed over at this time, raw ns.
    #[inline(always)]
    fn now_is(&mut self, _now_ns: u64) {}

    /// Hands over message `i` of a batch.
    #[inline(always)]
    fn send_from(&mut self, batch: &Batch, i: usize) -> SendResult {
        let (key, value, tag) = batch.message(i);
        self.send(key, value, tag)
    }

    /// Hands over the messages `from..` of a batch, in order, up to the first that finds the queue full. Returns the
    /// index after the last one handled; those refused among them are told to `refused` with index and code.
    ///
    /// One by one, where a driver knows nothing better.
    #[inline]
    fn send_batch(&mut self, batch: &Batch, from: usize, mut refused: impl FnMut(usize, i32)) -> usize {
        for i in from..batch.len() {
            let (key, value, tag) = batch.message(i);
            match self.send(key, value, tag) {
                SendResult::Accepted => {}
                SendResult::QueueFull => return i,
                SendResult::Refused(code) => refused(i, code),
            }
        }
        batch.len()
    }

    /// Hands out up to `limit` delivery reports, with the time at which they were picked up. Returns how many; fewer
    /// than `limit`: there are no more.
    fn poll_reports(&mut self, limit: u32, time: &impl Time, on_report: impl FnMut(u64, Report<'_>)) -> u32;

    /// When the first report came into an empty queue since the last call, raw ns; 0: none has; None: it does not know.
    /// To be called right before `poll_reports`.
    #[inline(always)]
    fn rung_ns(&mut self) -> Option<u64> {
        None
    }

    /// What `rung_ns` would tell, and will tell still: when what ended a wait had come, raw ns. None: nothing came,
    /// or it does not know.
    fn came_ns(&self) -> Option<u64> {
        None
    }

    /// Gives the CPU away until a report is there or about `deadline_ns`; may return early without one. To be called
    /// after `poll_reports` has found none.
    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        time.sleep_until(deadline_ns);
    }

    /// Sends what waits for company (linger) now. May take a millisecond.
    fn flush_linger(&mut self);

    /// Gives up on everything in flight; the reports then say `Unknown`.
    fn purge(&mut self);

    /// Errors of the client itself so far (connections lost, brokers down), not of single messages.
    fn client_errors(&self) -> u64;

    /// Why it cannot go on at all, if so.
    fn fault(&self) -> Option<DriverError>;

    /// A code of `Handed::Refused` or `Delivery::Failed` in words.
    fn describe(&self, code: i32) -> String;

    /// The brokers that lead the topic's partitions, by partition, as it knew them when it connected; none: nobody
    /// knows, or it is all one.
    fn leaders(&self) -> &[i32] {
        &[]
    }

    /// Is a delivery that failed with this code an answer of a broker's? Otherwise the library gave up by itself.
    fn is_answer(&self, code: i32) -> bool {
        code > 0
    }

    /// Tells each error of the client itself that has come since the last call, in words, and how often.
    fn tell_troubles(&mut self, _tell: &mut dyn FnMut(&str, u64)) {}
}

/// One received message.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedMessage<'a> {
    /// The value; empty when it has none.
    pub value: &'a [u8],
    /// Its partition.
    pub partition: u32,
    /// Its offset.
    pub offset: i64,
    /// What the record says of its own time.
    pub record_time: RecordTime,
}

/// A record's timestamp with its type, ms of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordTime {
    /// The producer's, of its creation (CreateTime).
    Created(i64),
    /// The broker's, of its storing (LogAppendTime): nothing is known of when it was sent.
    Appended,
    /// It has none, or the value begins like a stamp of ours and nobody asked.
    Unknown,
}

/// What happened to a consumer besides messages; all but `assigned` count up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConsumerEvents {
    /// Assignments received.
    pub rebalances: u64,
    /// Partitions assigned now.
    pub assigned: u64,
    /// Offset commits that succeeded.
    pub commits_succeeded: u64,
    /// Offset commits that failed.
    pub commits_failed: u64,
    /// Errors returned by polling or reported by the client.
    pub client_errors: u64,
    /// Fetches held back because the library's own queue was at its limit, as far as `poll_batch` noticed.
    pub fetch_pauses: u64,
    /// Time in which fetches were held back for that, at most, ns.
    pub fetch_paused_ns: u64,
    /// Times it was told that no broker is there any more.
    pub all_brokers_down: u64,
}

/// A subscribed consumer of one topic.
pub trait Consumer {
    /// Most messages of a batch.
    const BATCH: u32;

    /// Hands out the messages that are there, up to `BATCH`, with the time at which they were picked up. Returns how
    /// many, those that were errors included; fewer than `BATCH`: there are no more.
    fn poll_batch(&mut self, time: &impl Time, on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32;

    /// Gives the CPU away until a message is there or about `deadline_ns`; may return early without one. To be called
    /// after `poll_batch` has found none.
    fn await_messages(&mut self, deadline_ns: u64, time: &impl Time) {
        time.sleep_until(deadline_ns);
    }

    /// When the first message came into an empty queue since the last call, raw ns; 0: none has; None: it does not
    /// know. To be called right before `poll_batch`.
    #[inline(always)]
    fn rung_ns(&mut self) -> Option<u64> {
        None
    }

    /// What `rung_ns` would tell, and will tell still: when what ended a wait had come, raw ns. None: nothing came,
    /// or it does not know.
    fn came_ns(&self) -> Option<u64> {
        None
    }

    /// Serves rebalances, commit results, errors. To be called some times a second; messages that turn up here are
    /// handed out too.
    fn serve_events(&mut self, time: &impl Time, on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32;

    /// Time that the loop has been blocked so far in calls of this consumer's that wait for the broker's answer, ns.
    /// Measured around them; `await_messages` is not among them.
    fn blocked_ns(&self) -> u64;

    /// What has happened so far.
    fn events(&self) -> ConsumerEvents;

    /// Is an asynchronous commit on its way?
    fn commit_in_flight(&self) -> bool;

    /// Begins an asynchronous commit of what was handed out.
    fn commit_async(&mut self);

    /// Commits what was handed out and waits for the answer.
    fn commit_sync(&mut self);

    /// Pauses or resumes all partitions, those assigned later included.
    fn set_paused(&mut self, paused: bool);

    /// Leaves the group.
    fn close(&mut self);

    /// Tells each error that has come since the last call, in words, and how often.
    fn tell_troubles(&mut self, _tell: &mut dyn FnMut(&str, u64)) {}

    /// Why it cannot go on at all, if so.
    fn fault(&self) -> Option<DriverError>;
}
