//! A producer's library that does what a script says of each message, and the run of a producer on it.
//!
//! Over 250 lines: the script and the run on it are one harness.

use super::{EPOCH, PARTITIONS, PRODUCER, RUN, S, VALUE_BYTES};
use crate::client::measuring::MeasureAll;
use crate::client::message_batcher::{MessageBatcher, Sender};
use crate::client::produce::{Produce, ProducerOptions};
use crate::client::raw_log::SendLog;
use crate::client::virtual_time::VirtualTime;
use crate::driver::{Delivery, DriverError, Producer, Report, SendResult, Time};
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::load::stamp::{ReadStamp, Stamp};
use crate::plan::{KeyDistributor, LatePolicy};
use crate::stats::Counters;
use crate::telemetry::layout::SentRow;
use crate::telemetry::raw::{Header, RECORD_BYTES, RawFile, RawWriter, Record};
use crate::telemetry::{RateOrder, Role, Shape, Slot, Wanted};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What becomes of one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageFate {
    /// What its report says, and when it comes; None: none comes before a purge.
    pub(super) report: Option<(u64, Delivery)>,
    /// When the broker stores it; None: it does not.
    pub(super) stored_ns: Option<u64>,
}

impl MessageFate {
    /// Stored and acknowledged.
    pub(super) fn good(stored_ns: u64, acknowledged_ns: u64) -> Self {
        Self { report: Some((acknowledged_ns, Delivery::Acknowledged)), stored_ns: Some(stored_ns) }
    }
}

/// One message, as the library saw it.
#[derive(Debug, Clone)]
pub(super) struct HandledMessage {
    pub(super) stamp: Stamp,
    pub(super) value: Vec<u8>,
    /// Where it is, or would be, stored.
    pub(super) partition: u32,
    pub(super) stored_ns: Option<u64>,
    /// When the library had it.
    pub(super) taken_ns: u64,
    /// What was said of it, and when that was picked up; None: nothing yet, or refused.
    pub(super) told: Option<(u64, Delivery)>,
    pub(super) refused: bool,
}

/// Says what becomes of the `n`-th message, which is handed over at a time (raw ns).
pub(super) type DeliveryScript = Box<dyn Fn(u64, u64) -> MessageFate>;

/// A producer's library that answers each message as a script says.
pub(super) struct ScriptedLibrary {
    time: Rc<VirtualTime>,
    capacity: usize,
    refuse_every: Option<u64>,
    script: DeliveryScript,
    /// Reports to come, by their time; those that never come last.
    waiting: BTreeMap<(u64, usize), (usize, Delivery)>,
    purged: bool,
    /// Does it signal, as where the loop sleeps? And had the last look left nothing behind?
    signals: bool,
    emptied: bool,
    pub(super) stats: Vec<HandledMessage>,
}

impl Producer for ScriptedLibrary {
    fn send(&mut self, _key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        self.time.advance(60);
        if self.waiting.len() == self.capacity {
            return SendResult::QueueFull;
        }
        let ReadStamp::Stamp(stamp) = Stamp::read(value) else { return SendResult::Refused(1) };
        let nth = self.stats.len();
        let refused = self.refuse_every.is_some_and(|every| (nth as u64 + 1).is_multiple_of(every));
        let taken_ns = self.time.peek_ns();
        let fate = (self.script)(nth as u64, taken_ns);
        self.stats.push(HandledMessage {
            stamp,
            value: value.to_vec(),
            partition: u32::try_from(nth).unwrap() % PARTITIONS,
            stored_ns: fate.stored_ns.filter(|_| !refused),
            taken_ns,
            told: None,
            refused,
        });
        if refused {
            return SendResult::Refused(10);
        }
        let (at_ns, delivery) = fate.report.unwrap_or((u64::MAX, Delivery::Unknown));
        self.waiting.insert((at_ns, nth), (tag, delivery));
        SendResult::Accepted
    }

    fn poll_reports(&mut self, limit: u32, time: &impl Time, mut on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        self.time.advance(50);
        let now_ns = time.now_ns();
        let mut count = 0;
        while count < limit
            && let Some(first) = self.waiting.first_entry()
            && (first.key().0 <= now_ns || self.purged)
        {
            let ((_, nth), (tag, delivery)) = first.remove_entry();
            let delivery = if self.purged { Delivery::Unknown } else { delivery };
            let handled = &mut self.stats[nth];
            handled.told = Some((now_ns, delivery));
            let partition = i32::try_from(handled.partition).unwrap();
            let offset = i64::try_from(nth).unwrap();
            on_report(now_ns, Report { value: &handled.value, tag, delivery, partition, offset, broker: -1 });
            self.time.advance(20);
            count += 1;
        }
        self.emptied = count < limit;
        count
    }

    fn signalled_ns(&mut self) -> Option<u64> {
        let first = self.waiting.first_key_value().map(|((at_ns, _), _)| *at_ns);
        let came = first.filter(|at_ns| *at_ns <= self.time.peek_ns());
        // It signals once for all that come into the empty queue.
        self.signals.then(|| came.filter(|_| self.emptied).unwrap_or(0))
    }

    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        let next_ns = self.waiting.first_key_value().map_or(u64::MAX, |((at_ns, _), _)| *at_ns);
        time.sleep_until(next_ns.min(deadline_ns));
    }

    fn purge(&mut self) {
        self.purged = true;
    }
}

/// A producer's run on a scripted broker.
pub(super) struct Producing {
    pub(super) script: DeliveryScript,
    pub(super) capacity: usize,
    pub(super) refuse_every: Option<u64>,
    pub(super) late: LatePolicy,
    pub(super) per_s: u64,
    pub(super) length_ns: u64,
    /// Has it a CPU of its own?
    pub(super) spin: bool,
    /// After the load it is told to exit in so long.
    pub(super) exit_after_ns: u64,
    /// Times in which it is kept from its CPU: begin and length.
    pub(super) stalls: Vec<(u64, u64)>,
}

/// What came of it.
pub(super) struct Produced {
    pub(super) stats: Vec<HandledMessage>,
    pub(super) counters: Counters,
    pub(super) slots: Vec<Slot>,
    pub(super) row: SentRow,
    /// Its raw samples, cuts included.
    pub(super) raw: Vec<Record>,
}

impl Producing {
    /// `per_s` for `length_ns` with room in the queue for everything.
    pub(super) fn new(per_s: u64, length_ns: u64, script: impl Fn(u64, u64) -> MessageFate + 'static) -> Self {
        let late = LatePolicy::Bounded { multiple: 2.0 };
        Self {
            script: Box::new(script),
            capacity: usize::MAX,
            refuse_every: None,
            late,
            per_s,
            length_ns,
            spin: true,
            exit_after_ns: 12 * S,
            stalls: Vec::new(),
        }
    }

    /// Runs it to its end.
    pub(super) fn run(self) -> Produced {
        let (time, mut end) = VirtualTime::new(EPOCH - S, Shape::new(Role::Producer, PRODUCER, 1));
        let time = Rc::new(time);
        time.keep_away(self.stalls);
        let interval_q32 = u128::from((S << 32) / self.per_s);
        time.at(EPOCH - S / 2, move |supervisor| {
            supervisor.set_epoch(EPOCH);
            supervisor.order_rate(RateOrder { start_ns: EPOCH, interval_q32 });
            supervisor.want(Wanted::Run);
        });
        time.at(EPOCH + self.length_ns, |supervisor| supervisor.want(Wanted::Quiesce));
        time.at(EPOCH + self.length_ns + self.exit_after_ns, |supervisor| supervisor.want(Wanted::Exit));
        let options = ProducerOptions::even(self.late, self.spin);
        let sender = Sender { run_id: RUN, producer: PRODUCER, value_bytes: VALUE_BYTES, stamped: true };
        let batcher =
            MessageBatcher::new(sender, Keys::new(KeyDistributor::NoKey, 1, PRODUCER), None, Choice::new(1, 1));
        let mut broker = ScriptedLibrary {
            time: Rc::clone(&time),
            capacity: self.capacity,
            refuse_every: self.refuse_every,
            script: self.script,
            waiting: BTreeMap::new(),
            purged: false,
            signals: !self.spin,
            emptied: true,
            stats: Vec::new(),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples");
        let log = SendLog::new(RawWriter::create(&path, &header(Role::Producer)).unwrap(), PRODUCER);
        Produce::<_, _, MeasureAll>::new(&mut broker, &*time, &mut end, options, batcher)
            .recording(Some(log))
            .run(None::<fn() -> Result<MessageBatcher, DriverError>>)
            .unwrap();
        let mut supervisor = time.supervisor();
        let drained = supervisor.drain();
        assert_eq!(drained.lost, 0);
        Produced {
            stats: broker.stats,
            counters: supervisor.counters(),
            row: supervisor.accounting()[0].into(),
            slots: drained.slots,
            raw: RawFile::open(&path).unwrap().collect::<Result<_, _>>().unwrap(),
        }
    }
}

/// The header of raw samples of these tests.
pub(super) fn header(role: Role) -> Header {
    Header {
        pinload_version: String::new(),
        role,
        index: 0,
        run_id: String::new(),
        topic: String::new(),
        group: None,
        record_bytes: RECORD_BYTES,
        wall_offset_ns: 0,
    }
}
