//! What the consumer's loop asks of a driver.

use super::{DriverError, Time};

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

/// A subscribed consumer of one topic. What has a body here is right for a driver without connections and group.
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
    fn signalled_ns(&mut self) -> Option<u64> {
        None
    }

    /// What `signalled_ns` would tell, and will tell still: when what ended a wait had come, raw ns. None: nothing
    /// came, or it does not know.
    fn came_ns(&self) -> Option<u64> {
        None
    }

    /// Serves rebalances, commit results, errors. To be called some times a second; messages that turn up here are
    /// handed out too.
    fn serve_events(&mut self, _time: &impl Time, _on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        0
    }

    /// Time that the loop has been blocked so far in calls of this consumer's that wait for the broker's answer, ns.
    /// Measured around them; `await_messages` is not among them.
    fn blocked_ns(&self) -> u64 {
        0
    }

    /// What has happened so far.
    fn events(&self) -> ConsumerEvents {
        ConsumerEvents::default()
    }

    /// Is an asynchronous commit on its way?
    fn commit_in_flight(&self) -> bool {
        false
    }

    /// Begins an asynchronous commit of what was handed out.
    fn commit_async(&mut self) {}

    /// Commits what was handed out and waits for the answer.
    fn commit_sync(&mut self) {}

    /// Pauses or resumes all partitions, those assigned later included.
    fn set_paused(&mut self, _paused: bool) {}

    /// Leaves the group.
    fn close(&mut self) {}

    /// Tells each error that has come since the last call, in words, and how often.
    fn tell_troubles(&mut self, _tell: &mut dyn FnMut(&str, u64)) {}

    /// Why it cannot go on at all, if so.
    fn fault(&self) -> Option<DriverError> {
        None
    }
}
