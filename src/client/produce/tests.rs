//! The producer's loop against a scripted library and supervisor, in virtual time.
//!
//! Over 250 lines: tests of one loop, which share its scripted library.

use super::*;
use crate::client::message_batcher::Sender;
use crate::client::virtual_time::VirtualTime;
use crate::driver::{Batch, Delivery, ErrorClass, Report, SendResult};
use crate::load::accounting::mix;
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::load::stamp::{ReadStamp, Stamp};
use crate::plan::KeyDistributor;
use crate::stats::{Counter, Counters, Latency};
use crate::telemetry::layout::SentRow;
use crate::telemetry::payload_pool::{PoolOwner, PoolView};
use crate::telemetry::{RateOrder, Role, Shape, Slot};
use std::collections::VecDeque;
use std::rc::Rc;

const S: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
const US: u64 = 1_000;
/// The load begins here.
const EPOCH: u64 = 10 * S;
const VALUE_BYTES: u32 = 100;

/// A library that acknowledges each message `latency_ns` after it was handed over, outside of `stall`.
struct ScriptedProducer {
    time: Rc<VirtualTime>,
    latency_ns: u64,
    capacity: usize,
    stall: Option<(u64, u64)>,
    refuse_every: Option<u64>,
    fail_every: Option<u64>,
    never_acknowledge: bool,
    fault_at_ns: Option<u64>,
    /// So many offers find the queue full although nothing is on its way.
    full_without_reason: u32,
    purged: bool,
    deaf_to_purge: bool,
    taken: u64,
    held: VecDeque<(u64, Vec<u8>, usize, Delivery)>,
    /// Virtual time and value of each message taken.
    log: Vec<(u64, Vec<u8>)>,
    largest_batch: usize,
}

impl ScriptedProducer {
    fn new(time: &Rc<VirtualTime>) -> Self {
        Self {
            time: Rc::clone(time),
            latency_ns: MS,
            capacity: 100_000,
            stall: None,
            refuse_every: None,
            fail_every: None,
            never_acknowledge: false,
            fault_at_ns: None,
            full_without_reason: 0,
            purged: false,
            deaf_to_purge: false,
            taken: 0,
            held: VecDeque::new(),
            log: Vec::new(),
            largest_batch: 0,
        }
    }

    fn offer(&mut self, value: &[u8], tag: usize) -> SendResult {
        self.time.advance(60);
        if self.full_without_reason > 0 {
            self.full_without_reason -= 1;
            return SendResult::QueueFull;
        }
        if self.held.len() == self.capacity {
            return SendResult::QueueFull;
        }
        self.taken += 1;
        if self.refuse_every.is_some_and(|every| self.taken.is_multiple_of(every)) {
            return SendResult::Refused(10);
        }
        let now = self.time.peek_ns();
        let ready = match self.stall {
            _ if self.never_acknowledge => u64::MAX,
            Some((from, to)) if (from..to).contains(&(now + self.latency_ns)) => to,
            _ => now + self.latency_ns,
        };
        let failed = self.fail_every.is_some_and(|every| self.taken.is_multiple_of(every));
        let delivery = if failed { Delivery::Failed(-192) } else { Delivery::Acknowledged };
        self.held.push_back((ready, value.to_vec(), tag, delivery));
        self.log.push((now, value.to_vec()));
        SendResult::Accepted
    }
}

impl Producer for ScriptedProducer {
    fn send(&mut self, _key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        self.largest_batch = self.largest_batch.max(1);
        self.offer(value, tag)
    }

    fn send_batch(&mut self, batch: &Batch, from: usize, mut refused: impl FnMut(usize, i32)) -> usize {
        self.largest_batch = self.largest_batch.max(batch.len());
        for i in from..batch.len() {
            match self.offer(batch.value(i), batch.tag(i)) {
                SendResult::Accepted => {}
                SendResult::QueueFull => return i,
                SendResult::Refused(code) => refused(i, code),
            }
        }
        batch.len()
    }

    fn poll_reports(&mut self, limit: u32, time: &impl Time, mut on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        self.time.advance(50);
        let now = time.now_ns();
        let mut count = 0;
        while count < limit
            && let Some((ready, ..)) = self.held.front()
            && (*ready <= now || self.purged)
            && let Some((_, value, tag, delivery)) = self.held.pop_front()
        {
            let delivery = if self.purged { Delivery::Unknown } else { delivery };
            on_report(now, Report { value: &value, tag, delivery, partition: -1, offset: -1, broker: -1 });
            self.time.advance(20);
            count += 1;
        }
        count
    }

    fn came_ns(&self) -> Option<u64> {
        self.held.front().map(|(ready, ..)| *ready).filter(|ready| *ready <= self.time.peek_ns())
    }

    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        let ready = self.held.front().map_or(u64::MAX, |(ready, ..)| *ready);
        time.sleep_until(ready.min(deadline_ns));
    }

    fn purge(&mut self) {
        self.purged = !self.deaf_to_purge;
    }

    fn fault(&self) -> Option<DriverError> {
        let at = self.fault_at_ns.filter(|at| *at <= self.time.peek_ns())?;
        Some(DriverError::new(ErrorClass::System, format!("fatal at {at}")))
    }
}

/// One run: orders in, everything that can be seen from outside out.
struct ProducerScene {
    time: Rc<VirtualTime>,
    library: ScriptedProducer,
    end: ClientEnd,
    options: ProducerOptions,
    stamped: bool,
    /// Lengths of the payloads; none: zeros of `VALUE_BYTES`.
    lengths: Vec<usize>,
}

struct ProducerRun {
    result: Result<(), DriverError>,
    counters: Counters,
    slots: Vec<Slot>,
    library: ScriptedProducer,
    time: Rc<VirtualTime>,
}

impl ProducerScene {
    fn new() -> Self {
        let (time, end) = VirtualTime::new(EPOCH - S, Shape::new(Role::Producer, 3, 1));
        let time = Rc::new(time);
        let library = ScriptedProducer::new(&time);
        let options = ProducerOptions::even(LatePolicy::CatchUp, true);
        Self { time, library, end, options, stamped: true, lengths: Vec::new() }
    }

    /// Load from the epoch on at `per_s` (0: unlimited) for `length_ns`, then flush and exit.
    fn load(mut self, per_s: u64, length_ns: u64) -> ProducerRun {
        let interval_q32 = u128::from((S << 32).checked_div(per_s).unwrap_or(0));
        self.time.at(EPOCH - S / 2, move |supervisor| {
            supervisor.set_epoch(EPOCH);
            supervisor.order_rate(RateOrder { start_ns: EPOCH, interval_q32 });
            supervisor.want(Wanted::Run);
        });
        self.time.at(EPOCH + length_ns, |supervisor| supervisor.want(Wanted::Quiesce));
        self.time.at(EPOCH + length_ns + 15 * S, |supervisor| supervisor.want(Wanted::Exit));
        self.go()
    }

    fn go(&mut self) -> ProducerRun {
        let sender = Sender { run_id: 77, producer: 3, value_bytes: VALUE_BYTES, stamped: self.stamped };
        let payloads: Vec<Vec<u8>> = self.lengths.iter().map(|length| vec![7; *length]).collect();
        let owner = (!payloads.is_empty()).then(|| PoolOwner::create(&payloads, &[]).unwrap());
        let pool = owner.as_ref().map(|owner| PoolView::attach(owner.name()).unwrap());
        let choice = Choice::new(1, u32::try_from(payloads.len().max(1)).unwrap());
        let batcher = MessageBatcher::new(sender, Keys::new(KeyDistributor::NoKey, 1, 3), pool, choice);
        let result = Produce::<_, _, MeasureAll>::new(
            &mut self.library,
            &*self.time,
            &mut self.end,
            self.options.clone(),
            batcher,
        )
        .run(None::<fn() -> Result<MessageBatcher, DriverError>>);
        let drained = self.time.supervisor().drain();
        let counters = self.time.supervisor().counters();
        let library = std::mem::replace(&mut self.library, ScriptedProducer::new(&self.time));
        ProducerRun { result, counters, slots: drained.slots, library, time: Rc::clone(&self.time) }
    }
}

impl ProducerRun {
    /// Messages handed over; the order to stop is seen with the next tick, so up to `extra` more than the length of the
    /// load says.
    fn enqueued(&self, expected: u64, extra: u64) -> u64 {
        let enqueued = self.counters[Counter::MessagesEnqueued];
        assert!((expected..=expected + extra).contains(&enqueued), "{enqueued} messages were sent, not {expected}");
        enqueued
    }

    /// A percentile of a family, from the last slot.
    fn latency(&self, family: Latency, percentile: f64) -> u64 {
        let slot = self.slots.last().unwrap();
        let found = slot.latencies.iter().find(|latency| latency.latency == family).unwrap();
        found.histogram.to_histogram().value_at_quantile(percentile / 100.0)
    }

    fn recorded(&self, family: Latency) -> u64 {
        let slot = self.slots.last().unwrap();
        slot.latencies.iter().find(|latency| latency.latency == family).unwrap().histogram.count()
    }

    /// Enqueued = acknowledged + failed + unknown, the same in the ledger, and every sequence once.
    fn assert_balanced(&self) {
        let count = |counter| self.counters[counter];
        let enqueued = count(Counter::MessagesEnqueued);
        let (acknowledged, failed, unknown) =
            (count(Counter::MessagesAcknowledged), count(Counter::MessagesFailed), count(Counter::MessagesUnknown));
        assert_eq!(enqueued, acknowledged + failed + unknown, "{:?}", self.counters);
        assert_eq!(count(Counter::BytesEnqueued), enqueued * u64::from(VALUE_BYTES));
        assert_eq!(count(Counter::BytesAcknowledged), acknowledged * u64::from(VALUE_BYTES));
        let row = SentRow::from(self.time.supervisor().accounting()[0]);
        assert_eq!(
            (row.acknowledged, row.failed, row.unknown, row.handed_over),
            (acknowledged, failed, unknown, enqueued)
        );
        if unknown == 0 {
            let all = (0..enqueued).fold(0u64, |sum, sequence| sum.wrapping_add(mix(sequence)));
            assert_eq!(row.acknowledged_checksum.wrapping_add(row.failed_checksum), all);
        }
        assert_eq!(self.recorded(Latency::AcknowledgeActual), acknowledged);
        assert_eq!(self.recorded(Latency::AcknowledgeIntended), acknowledged);
        assert_eq!(self.recorded(Latency::PublishDelay), enqueued);
    }

    /// The stamps in the order in which the library took them, probes left out.
    fn stamps(&self) -> Vec<(u64, Stamp)> {
        let read = |(at, value): &(u64, Vec<u8>)| match Stamp::read(value) {
            ReadStamp::Stamp(stamp) if !stamp.probe => Some((*at, stamp)),
            _ => None,
        };
        self.library.log.iter().filter_map(read).collect()
    }
}

#[test]
fn on_schedule_every_message_is_sent_at_its_time_and_counted_once() {
    let outcome = ProducerScene::new().load(10_000, 3 * S);
    assert_eq!(outcome.result, Ok(()));
    outcome.assert_balanced();
    outcome.enqueued(30_000, 3);
    for (i, (at, stamp)) in outcome.stamps().iter().enumerate() {
        let i = i as u64;
        assert_eq!(stamp.sequence, i);
        assert!(stamp.intended_ns.abs_diff(EPOCH + i * 100 * US) <= 1, "message {i}");
        assert!(*at >= stamp.actual_ns && stamp.actual_ns >= stamp.intended_ns);
        assert_eq!((stamp.run_id, stamp.producer, stamp.value_bytes), (77, 3, VALUE_BYTES));
    }
    assert!(outcome.latency(Latency::PublishDelay, 99.0) < US, "{}", outcome.latency(Latency::PublishDelay, 99.0));
    let median = outcome.latency(Latency::AcknowledgeActual, 50.0);
    assert!((MS..MS + 5 * US).contains(&median), "{median}");
    assert_eq!(outcome.counters[Counter::LateSends], 0);
    assert!(outcome.counters[Counter::IdleNs] > 2 * S);
}

#[test]
fn an_acknowledgement_is_measured_on_one_clock_whatever_the_wall_clock_does_meanwhile() {
    const WALL_OFFSET_NS: i64 = 1_700_000_000_000_000_000;
    // With three places in the queue there is always one message that has its stamp and waits.
    for (capacity, most_ms) in [(100_000, 21), (3, 100)] {
        let mut run = ProducerScene::new();
        run.options.wall_stamps = true;
        (run.library.capacity, run.library.latency_ns) = (capacity, 20 * MS);
        let order = |start_ns| RateOrder { start_ns, interval_q32: u128::from(MS) << 32 };
        run.time.at(EPOCH - S / 2, move |supervisor| {
            supervisor.set_epoch(EPOCH);
            supervisor.order_rate(order(EPOCH));
            supervisor.want(Wanted::Run);
        });
        for step in 0..60u64 {
            let at_ns = EPOCH - S / 4 + step * 50 * MS;
            run.time.at(at_ns, move |supervisor| {
                // Set forth and back by a second, as no time daemon would.
                supervisor.set_wall_offset(WALL_OFFSET_NS + (step % 2 * S).cast_signed());
                if step == 40 {
                    // A new schedule: what waits is dropped.
                    supervisor.order_rate(order(at_ns));
                }
            });
        }
        run.time.at(EPOCH + 3 * S, |supervisor| supervisor.want(Wanted::Quiesce));
        run.time.at(EPOCH + 18 * S, |supervisor| supervisor.want(Wanted::Exit));
        let outcome = run.go();
        outcome.assert_balanced();
        let [least, most] = [0.0, 100.0].map(|percentile| outcome.latency(Latency::AcknowledgeActual, percentile));
        assert!(least >= 20 * MS / 1_001 * 1_000 && most < most_ms * MS, "{least} to {most} ns");
        assert!(outcome.stamps().iter().all(|(_, stamp)| stamp.is_of_wall_clock()));
    }
}

#[test]
fn value_bytes_are_exact_where_payloads_differ_in_length() {
    for stamped in [true, false] {
        let outcome = ProducerScene { stamped, lengths: vec![50, 60, 64], ..ProducerScene::new() }.load(10_000, S);
        assert_eq!(outcome.result, Ok(()));
        let count = |counter| outcome.counters[counter];
        let sent: Vec<usize> = outcome.library.log.iter().map(|(_, value)| value.len()).collect();
        assert_eq!(sent.len() as u64, count(Counter::MessagesEnqueued));
        assert_eq!(sent.iter().sum::<usize>() as u64, count(Counter::BytesEnqueued));
        assert_eq!(count(Counter::BytesAcknowledged), count(Counter::BytesEnqueued));
        for length in [50, 60, 64] {
            let share = sent.iter().filter(|sent| **sent == length).count();
            assert!((3_000..3_700).contains(&share), "{share} messages of {length} bytes");
        }
        assert_eq!(
            outcome.stamps().len(),
            if stamped { sent.len() } else { 0 },
            "a stamp tells its own message's length"
        );
    }
}

#[test]
fn slots_are_cut_at_the_whole_seconds_and_the_last_has_everything() {
    let outcome = ProducerScene::new().load(1_000, 7 * S / 2);
    let load: Vec<_> = outcome.slots.iter().filter(|slot| slot.end_ns <= EPOCH + 7 * S / 2).collect();
    for (k, slot) in load.iter().enumerate() {
        let boundary = EPOCH + (k as u64 + 1) * S;
        assert!((boundary..boundary + MS).contains(&slot.end_ns), "slot {k} ends {}", slot.end_ns - EPOCH);
        let enqueued = slot.counters[Counter::MessagesEnqueued];
        assert!(enqueued.abs_diff((k as u64 + 1) * 1_000) <= 2, "slot {k} has {enqueued}");
    }
    assert_eq!(load.len(), 3);
    assert_eq!(load[0].start_ns, EPOCH);
    let last = outcome.slots.last().unwrap();
    assert_eq!(last.counters[Counter::MessagesAcknowledged], outcome.enqueued(3_500, 1));
}

#[test]
fn where_the_cpu_is_shared_it_sleeps_and_still_keeps_the_schedule() {
    let mut run = ProducerScene::new();
    run.options.spin = false;
    let outcome = run.load(2_000, 2 * S);
    outcome.assert_balanced();
    outcome.enqueued(4_000, 11);
    assert!(outcome.latency(Latency::PublishDelay, 99.0) < 20 * US);
}

#[test]
fn where_the_cpu_is_shared_an_acknowledgement_ends_the_sleep() {
    let mut run = ProducerScene::new();
    run.options.spin = false;
    run.library.latency_ns = 1_300 * US;
    let outcome = run.load(1_000, 2 * S);
    let latency = outcome.latency(Latency::AcknowledgeActual, 100.0);
    assert!((1_300 * US..1_330 * US).contains(&latency), "{latency}: it came in the middle of a wait");
}

#[test]
fn a_stall_shows_in_the_intended_latencies_and_nothing_is_left_out() {
    let mut run = ProducerScene::new();
    run.library.capacity = 100;
    run.library.stall = Some((EPOCH + S, EPOCH + 3 * S / 2));
    let outcome = run.load(1_000, 3 * S);
    outcome.assert_balanced();
    // 100 messages filled the queue in 0.1 s; 0.4 s of messages had to wait for room, and those behind them to catch
    // up.
    outcome.enqueued(3_000, 1);
    assert!(outcome.counters[Counter::QueueFullEvents] >= 1);
    let blocked = outcome.counters[Counter::QueueFullNs];
    assert!((390 * MS..410 * MS).contains(&blocked), "{blocked}");
    assert!(outcome.latency(Latency::AcknowledgeIntended, 100.0) >= 499 * MS);
    // 500 of 3,000 messages were held up by between 0 and 500 ms: a sixth, so the 90th percentile sees it.
    let intended = outcome.latency(Latency::AcknowledgeIntended, 90.0);
    assert!(intended > 150 * MS, "{intended}");
    assert!(outcome.latency(Latency::PublishDelay, 100.0) >= 390 * MS);
    let late = outcome.counters[Counter::LateSends];
    assert!((350..=450).contains(&late), "{late}");
    // All of it is the queue's doing, and the library was silent meanwhile.
    assert_eq!(outcome.counters[Counter::LateSendsBehindQueue], late);
    let behind = outcome.counters[Counter::SendsBehindQueue];
    assert!((late..late + 50).contains(&behind), "{behind} sends behind the queue");
    assert_eq!(outcome.counters[Counter::QueueFullSilentNs] / (20 * MS), blocked / (20 * MS));
    // Those that were never offered while the queue was full count from when they were.
    let actual = outcome.latency(Latency::AcknowledgeActual, 90.0);
    assert!(actual < 10 * MS, "{actual}");
}

#[test]
fn a_loop_that_has_no_cpu_when_there_is_room_again_is_not_held_up_by_the_queue() {
    let mut run = ProducerScene::new();
    run.options.spin = false;
    run.library.capacity = 100;
    run.library.stall = Some((EPOCH + S, EPOCH + 3 * S / 2));
    run.time.keep_away([(EPOCH + 3 * S / 2, 300 * MS)]);
    let outcome = run.load(1_000, 3 * S);
    outcome.assert_balanced();
    let blocked = outcome.counters[Counter::QueueFullNs];
    assert!((390 * MS..410 * MS).contains(&blocked), "{blocked}");
    // From the tick that was due next.
    assert!(outcome.counters[Counter::LoopStallNs] >= 170 * MS, "{:?}", outcome.counters);
}

#[test]
fn a_queue_that_is_too_small_is_full_without_silence_and_what_is_late_is_late_for_it() {
    let mut run = ProducerScene::new();
    (run.library.capacity, run.library.latency_ns) = (4, 5 * MS);
    let outcome = run.load(1_000, S);
    outcome.assert_balanced();
    let count = |counter| outcome.counters[counter];
    assert!(count(Counter::QueueFullEvents) > 100 && count(Counter::QueueFullNs) > 50 * MS, "{:?}", outcome.counters);
    assert_eq!(count(Counter::QueueFullSilentNs), 0);
    assert!(count(Counter::SendsBehindQueue) > 500, "{:?}", outcome.counters);
    assert_eq!(count(Counter::LateSendsBehindQueue), count(Counter::LateSends));
}

#[test]
fn without_a_rate_it_sends_in_batches_as_fast_as_the_queue_takes_them() {
    let mut run = ProducerScene::new();
    run.library.capacity = 1_000;
    let outcome = run.load(0, S / 10);
    outcome.assert_balanced();
    // A thousand messages a millisecond is what the queue allows.
    assert!(outcome.counters[Counter::MessagesEnqueued] > 80_000, "{:?}", outcome.counters);
    assert!(outcome.counters[Counter::QueueFullEvents] > 10);
    assert_eq!(outcome.library.largest_batch, 100);
    assert_eq!(outcome.latency(Latency::PublishDelay, 100.0), 0);
    for (i, (at, stamp)) in outcome.stamps().into_iter().enumerate() {
        assert_eq!((stamp.sequence, stamp.intended_ns), (i as u64, stamp.actual_ns));
        assert!(at >= stamp.actual_ns);
    }
}

#[test]
fn a_closed_loop_has_as_many_on_their_way_as_it_is_told_and_waits_for_answers() {
    for (spin, outstanding) in [(true, 1), (true, 16), (false, 16), (true, 250)] {
        let mut run = ProducerScene::new();
        run.options.spin = spin;
        run.options.outstanding = Some(outstanding);
        run.library.latency_ns = 2 * MS;
        let outcome = run.load(0, S);
        outcome.assert_balanced();
        // As many a latency, but for what the loop itself takes.
        let enqueued = outcome.counters[Counter::MessagesEnqueued];
        let most = u64::from(outstanding) * 500;
        assert!((most * 9 / 10..=most + u64::from(outstanding)).contains(&enqueued), "{outstanding}: {enqueued}");
        for (from, (at_ns, _)) in outcome.library.log.iter().enumerate().skip(outstanding as usize) {
            let before = outcome.library.log[from - outstanding as usize].0;
            assert!(at_ns - before >= 2 * MS, "{outstanding}: {from} went before one had come back");
        }
        assert_eq!(outcome.latency(Latency::PublishDelay, 100.0), 0, "a message is intended when it is sent");
        assert_eq!(outcome.counters[Counter::LateSends], 0);
    }
}

#[test]
fn a_closed_loop_stands_still_with_the_broker() {
    let mut run = ProducerScene::new();
    run.options.outstanding = Some(10);
    run.library.stall = Some((EPOCH + S / 4, EPOCH + 3 * S / 4));
    let outcome = run.load(0, S);
    outcome.assert_balanced();
    let meanwhile = outcome.library.log.iter().filter(|(at_ns, _)| (EPOCH + S / 3..EPOCH + 2 * S / 3).contains(at_ns));
    assert_eq!(meanwhile.count(), 0);
    // Ten messages saw the stall, however long it was.
    let slow = outcome.latency(Latency::AcknowledgeActual, 99.0);
    assert!(slow < 10 * MS && outcome.latency(Latency::AcknowledgeActual, 100.0) > 400 * MS, "{slow}");
}

#[test]
fn messages_without_a_stamp_are_measured_by_their_tags() {
    let mut run = ProducerScene::new();
    run.stamped = false;
    run.library.capacity = 500;
    run.library.refuse_every = Some(97);
    run.library.fail_every = Some(89);
    let outcome = run.load(0, S / 50);
    outcome.assert_balanced();
    assert!(outcome.counters[Counter::MessagesFailed] > 10);
    assert!(outcome.library.log.iter().all(|(_, value)| Stamp::read(value) == ReadStamp::Unstamped));
    let median = outcome.latency(Latency::AcknowledgeActual, 50.0);
    assert!((MS..3 * MS).contains(&median), "{median}");
}

#[test]
fn refused_and_failed_messages_are_failures_with_their_reason_as_last_words() {
    let mut run = ProducerScene::new();
    run.library.refuse_every = Some(10);
    run.library.fail_every = Some(7);
    let outcome = run.load(1_000, S);
    outcome.assert_balanced();
    let enqueued = outcome.enqueued(1_000, 1);
    // Every tenth was refused, and every seventh of the rest failed.
    let failed = enqueued / 10 + enqueued / 7 - enqueued / 70;
    assert_eq!(outcome.counters[Counter::MessagesFailed], failed);
    let words = outcome.time.supervisor().last_words().unwrap();
    assert!(words.starts_with("messages failed: code "), "{words}");
}

#[test]
fn what_is_not_acknowledged_within_the_flush_limit_is_unknown() {
    let mut run = ProducerScene::new();
    run.library.never_acknowledge = true;
    run.options.flush = Duration::from_secs(2);
    let outcome = run.load(1_000, S);
    outcome.assert_balanced();
    assert_eq!(outcome.counters[Counter::MessagesUnknown], outcome.enqueued(1_000, 1));
    assert!(outcome.library.purged);
}

#[test]
fn what_counts_as_unknown_is_not_counted_again_when_its_report_comes_after_all() {
    let mut run = ProducerScene::new();
    run.library.latency_ns = 7 * S;
    run.library.deaf_to_purge = true;
    run.options.flush = Duration::from_secs(2);
    let outcome = run.load(1_000, S);
    assert!(outcome.library.held.is_empty(), "all reports came before the exit");
    outcome.assert_balanced();
    assert_eq!(outcome.counters[Counter::MessagesUnknown], outcome.enqueued(1_000, 1));
}

#[test]
fn a_stop_is_obeyed_while_the_queue_is_full() {
    let mut run = ProducerScene::new();
    run.library.never_acknowledge = true;
    run.library.capacity = 50;
    run.options.flush = Duration::from_millis(100);
    let outcome = run.load(0, S);
    outcome.assert_balanced();
    assert_eq!(outcome.counters[Counter::MessagesEnqueued], 50);
    assert_eq!(outcome.counters[Counter::MessagesUnknown], 50);
    assert_eq!(outcome.time.supervisor().state(), Some(ClientState::Quiet));
}

#[test]
fn a_full_queue_is_offered_to_again_when_no_report_is_left_that_could_make_room() {
    for unlimited in [false, true] {
        let mut run = ProducerScene::new();
        run.library.full_without_reason = 3;
        let outcome = run.load(if unlimited { 0 } else { 1_000 }, S / 10);
        outcome.assert_balanced();
        assert_eq!(outcome.library.full_without_reason, 0);
        assert!(outcome.counters[Counter::MessagesAcknowledged] >= 100, "{:?}", outcome.counters);
    }
}

#[test]
fn who_is_ready_has_said_where_it_runs_and_what_it_has_used() {
    let run = ProducerScene::new();
    run.time.at(EPOCH - S + MS, |supervisor| {
        assert_eq!(supervisor.state(), Some(ClientState::Ready));
        assert_eq!(supervisor.observed().hot_tid, nix::unistd::gettid().as_raw());
        let counters = supervisor.counters();
        assert!(counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs] > 0, "{counters:?}");
    });
    run.load(1_000, S).assert_balanced();
}

#[test]
fn probes_are_sent_once_for_each_round_and_counted_apart() {
    let run = ProducerScene::new();
    run.time.at(EPOCH - 900 * MS, |supervisor| supervisor.request_probe());
    run.time.at(EPOCH - 800 * MS, |supervisor| supervisor.request_probe());
    let outcome = run.load(1_000, S);
    outcome.assert_balanced();
    assert_eq!(outcome.counters[Counter::ProbesSent], 2);
    assert_eq!(outcome.counters[Counter::ProbesAcknowledged], 2);
    outcome.enqueued(1_000, 1);
    let probes: Vec<_> = outcome
        .library
        .log
        .iter()
        .filter_map(|(_, value)| match Stamp::read(value) {
            ReadStamp::Stamp(stamp) if stamp.probe => Some(stamp.sequence),
            _ => None,
        })
        .collect();
    assert_eq!(probes, [0, 1]);
}

#[test]
fn a_new_rate_holds_from_its_start_and_the_debt_of_the_old_one_is_counted() {
    let mut run = ProducerScene::new();
    run.time.at(EPOCH - S / 2, |supervisor| {
        supervisor.set_epoch(EPOCH);
        supervisor.order_rate(RateOrder { start_ns: EPOCH, interval_q32: u128::from((S << 32) / 1_000) });
        supervisor.want(Wanted::Run);
    });
    run.time.at(EPOCH + S - 10 * MS, |supervisor| {
        supervisor.order_rate(RateOrder { start_ns: EPOCH + S, interval_q32: u128::from((S << 32) / 5_000) });
    });
    run.time.at(EPOCH + 2 * S, |supervisor| supervisor.want(Wanted::Quiesce));
    run.time.at(EPOCH + 3 * S, |supervisor| supervisor.want(Wanted::Exit));
    let outcome = run.go();
    outcome.assert_balanced();
    let fast = outcome.stamps().iter().filter(|(_, stamp)| stamp.intended_ns >= EPOCH + S).count();
    assert!((5_000..=5_001).contains(&fast), "{fast}");
    // The old schedule ends when the order is seen, 10 ms before the new one begins.
    let slow = outcome.counters[Counter::MessagesEnqueued] - fast as u64;
    assert!((989..=1_000).contains(&slow), "{slow}");
}

#[test]
fn a_client_that_cannot_go_on_says_so_and_has_published_what_it_counted() {
    let mut run = ProducerScene::new();
    run.library.fault_at_ns = Some(EPOCH + S / 2);
    let outcome = run.load(1_000, S);
    let error = outcome.result.unwrap_err();
    assert!(error.text.starts_with("fatal at"), "{error}");
    let enqueued = outcome.slots.last().unwrap().counters[Counter::MessagesEnqueued];
    assert!((500..=520).contains(&enqueued), "{enqueued}");
}

#[test]
fn a_new_rate_that_comes_while_the_queue_is_full_leaves_no_message_on_the_old_schedule() {
    let mut run = ProducerScene::new();
    run.library.capacity = 100;
    run.library.stall = Some((EPOCH + S / 2, EPOCH + S));
    run.time.at(EPOCH - S / 2, |supervisor| {
        supervisor.set_epoch(EPOCH);
        supervisor.order_rate(RateOrder { start_ns: EPOCH, interval_q32: u128::from((S << 32) / 1_000) });
        supervisor.want(Wanted::Run);
    });
    run.time.at(EPOCH + 800 * MS, |supervisor| {
        supervisor.order_rate(RateOrder { start_ns: EPOCH + 800 * MS, interval_q32: u128::from((S << 32) / 2_000) });
    });
    run.time.at(EPOCH + 2 * S, |supervisor| supervisor.want(Wanted::Quiesce));
    run.time.at(EPOCH + 3 * S, |supervisor| supervisor.want(Wanted::Exit));
    let outcome = run.go();
    outcome.assert_balanced();
    // Full 0.6 s after the epoch; what was due from then on until the order came was dropped.
    let dropped = outcome.counters[Counter::DroppedDebt];
    assert!((195..=205).contains(&dropped), "{dropped}");
    let late: Vec<_> = outcome
        .stamps()
        .into_iter()
        .filter(|(at, stamp)| *at >= EPOCH + S && stamp.intended_ns < EPOCH + 800 * MS)
        .collect();
    assert_eq!(late, []);
}
