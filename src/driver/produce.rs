//! What the producer's loop asks of a driver.

use super::{Batch, DriverError, Time};

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

/// A connected producer of one topic. What has a body here is right for a driver without connections.
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
    fn signalled_ns(&mut self) -> Option<u64> {
        None
    }

    /// What `signalled_ns` would tell, and will tell still: when what ended a wait had come, raw ns. None: nothing
    /// came, or it does not know.
    fn came_ns(&self) -> Option<u64> {
        None
    }

    /// Gives the CPU away until a report is there or about `deadline_ns`; may return early without one. To be called
    /// after `poll_reports` has found none.
    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        time.sleep_until(deadline_ns);
    }

    /// Sends what waits for company (linger) now. May take a millisecond.
    fn flush_linger(&mut self) {}

    /// Gives up on everything in flight; the reports then say `Unknown`.
    fn purge(&mut self);

    /// Errors of the client itself so far (connections lost, brokers down), not of single messages.
    fn client_errors(&self) -> u64 {
        0
    }

    /// Time in which the one thread that does its work beside the loop had nothing to do although it ran, ns.
    fn io_idle_ns(&self) -> u64 {
        0
    }

    /// Why it cannot go on at all, if so.
    fn fault(&self) -> Option<DriverError> {
        None
    }

    /// A code of `SendResult::Refused` or `Delivery::Failed` in words.
    fn describe(&self, code: i32) -> String {
        format!("code {code}")
    }

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
