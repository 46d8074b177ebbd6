//! A consumer's library that hands out what a script says at the times it says, and the run of a consumer on it.

use super::broker::header;
use super::{EPOCH, MS, PARTITIONS, PRODUCER, RUN, S};
use crate::client::consume::{Consume, ConsumerOptions, Expected};
use crate::client::measuring::MeasureAll;
use crate::client::raw_log::ReceiveLog;
use crate::client::virtual_time::VirtualTime;
use crate::driver::{Consumer, ReceivedMessage, RecordTime, Time};
use crate::stats::Counters;
use crate::telemetry::layout::ReceivedRow;
use crate::telemetry::raw::{RawFile, RawWriter, Record};
use crate::telemetry::{Role, Shape, Slot, Wanted};
use std::rc::Rc;

/// A message that comes.
#[derive(Debug, Clone)]
pub(super) struct FeedMessage {
    /// When the library has it.
    pub(super) at_ns: u64,
    pub(super) partition: u32,
    pub(super) offset: i64,
    pub(super) value: Vec<u8>,
}

/// A consumer's library with messages that come at given times.
struct MessageFeed {
    time: Rc<VirtualTime>,
    /// In order of time.
    coming: Vec<FeedMessage>,
    next: usize,
    /// Does it signal, as where the loop sleeps? And had the last look left nothing behind?
    signals: bool,
    emptied: bool,
    /// When each was handed out.
    handed_out_ns: Vec<u64>,
}

impl Consumer for MessageFeed {
    const BATCH: u32 = 300;

    fn poll_batch(&mut self, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let now_ns = time.now_ns();
        let ready = self.coming[self.next..].iter().take(300).take_while(|message| message.at_ns <= now_ns).count();
        for FeedMessage { partition, offset, value, .. } in &self.coming[self.next..self.next + ready] {
            on_message(
                now_ns,
                ReceivedMessage { value, partition: *partition, offset: *offset, record_time: RecordTime::Unknown },
            );
            self.handed_out_ns.push(now_ns);
        }
        self.next += ready;
        let ready = u32::try_from(ready).unwrap();
        self.emptied = ready < Self::BATCH;
        ready
    }

    fn await_messages(&mut self, deadline_ns: u64, time: &impl Time) {
        let next_ns = self.coming.get(self.next).map_or(u64::MAX, |message| message.at_ns);
        time.sleep_until(next_ns.min(deadline_ns));
    }

    fn signalled_ns(&mut self) -> Option<u64> {
        let first = self.coming.get(self.next).map(|message| message.at_ns);
        let came = first.filter(|at_ns| *at_ns <= self.time.peek_ns());
        // It signals once for all that come into the empty queue.
        self.signals.then(|| came.filter(|_| self.emptied).unwrap_or(0))
    }
}

/// What came of a consumer's run.
pub(super) struct Consumed {
    /// When each of what came was handed out.
    pub(super) handed_out_ns: Vec<u64>,
    pub(super) counters: Counters,
    pub(super) slots: Vec<Slot>,
    pub(super) rows: Vec<ReceivedRow>,
    /// Its raw samples, cuts included.
    pub(super) raw: Vec<Record>,
}

/// A consumer takes all of this (in order of time), and ends `length_ns` after the epoch.
pub(super) fn consume(coming: Vec<FeedMessage>, length_ns: u64) -> Consumed {
    consume_kept_away(coming, length_ns, Vec::new(), false)
}

/// The same, kept from its CPU at times (begin and length); on a CPU of its own, or not.
pub(super) fn consume_kept_away(
    coming: Vec<FeedMessage>,
    length_ns: u64,
    stalls: Vec<(u64, u64)>,
    spin: bool,
) -> Consumed {
    // Spinning until the load begins takes a test long.
    let before_ns = if spin { 10 * MS } else { S };
    let (time, mut end) = VirtualTime::new(EPOCH - before_ns, Shape::new(Role::Consumer, 0, 1));
    let time = Rc::new(time);
    time.keep_away(stalls);
    time.at(EPOCH - before_ns / 2, |supervisor| {
        supervisor.set_epoch(EPOCH);
        supervisor.want(Wanted::Run);
    });
    time.at(EPOCH + length_ns, |supervisor| supervisor.want(Wanted::Exit));
    let mut feed = MessageFeed {
        time: Rc::clone(&time),
        coming,
        next: 0,
        signals: !spin,
        emptied: true,
        handed_out_ns: Vec::new(),
    };
    let expected = Expected {
        run_id: RUN,
        first_producer: PRODUCER,
        producers: 1,
        partitions: PARTITIONS,
        stamped: true,
        wall_stamps: false,
    };
    let options = ConsumerOptions { spin, commit: true, hold: false, processing: None, index: 0 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let log = ReceiveLog::new(RawWriter::create(&path, &header(Role::Consumer)).unwrap(), expected);
    Consume::<_, _, MeasureAll>::new(&mut feed, &*time, &mut end, options, expected)
        .recording(Some(log))
        .run()
        .unwrap();
    assert_eq!(feed.next, feed.coming.len(), "all was handed out");
    let mut supervisor = time.supervisor();
    let drained = supervisor.drain();
    assert_eq!(drained.lost, 0);
    Consumed {
        handed_out_ns: feed.handed_out_ns,
        counters: supervisor.counters(),
        slots: drained.slots,
        rows: supervisor.accounting().into_iter().map(ReceivedRow::from).collect(),
        raw: RawFile::open(&path).unwrap().collect::<Result<_, _>>().unwrap(),
    }
}
