//! The consumer's loop against a scripted library and supervisor, in virtual time.
//!
//! Over 250 lines: tests of one loop, which share its scripted library.

use super::*;
use crate::client::virtual_time::VirtualTime;
use crate::driver::{ConsumerEvents, ErrorClass, ReceivedMessage, RecordTime};
use crate::load::stamp::Stamp;
use crate::plan::processing::{ProcessingManner, ProcessingTimes};
use crate::stats::gap::{GAPS, kept};
use crate::stats::{Counter, Counters, Latency};
use crate::telemetry::layout::ReceivedRow;
use crate::telemetry::{Role, Shape, Slot};
use std::rc::Rc;

const S: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
const BEGIN: u64 = 50 * S;
const RUN: u64 = 99;
const FIRST_PRODUCER: u32 = 4;

/// A message that arrives at a time.
#[derive(Clone)]
struct Arriving {
    at_ns: u64,
    partition: u32,
    value: Vec<u8>,
    record_time: RecordTime,
}

/// A library with messages to come.
struct ScriptedConsumer {
    time: Rc<VirtualTime>,
    /// In order of time.
    coming: Vec<Arriving>,
    next: usize,
    blocked_ns: u64,
    leaves_at_ns: u64,
    events: ConsumerEvents,
    commit_takes_ns: u64,
    commit_ends_ns: Option<u64>,
    commits: Vec<u64>,
    overlapping_commits: u64,
    synchronous: u64,
    pauses: Vec<bool>,
    closed: bool,
    fault_at_ns: u64,
}

impl ScriptedConsumer {
    fn hand_out(&mut self, most: usize, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let now = time.now_ns();
        let ready = self.coming[self.next..].iter().take(most).take_while(|message| message.at_ns <= now).count();
        for message in &self.coming[self.next..self.next + ready] {
            let Arriving { partition, value, record_time, .. } = message;
            let (partition, record_time) = (*partition, *record_time);
            on_message(now, ReceivedMessage { value, partition, offset: -1, record_time });
        }
        self.next += ready;
        u32::try_from(ready).unwrap()
    }
}

impl Consumer for ScriptedConsumer {
    const BATCH: u32 = 300;

    fn poll_batch(&mut self, time: &impl Time, on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        self.hand_out(Self::BATCH as usize, time, on_message)
    }

    fn await_messages(&mut self, deadline_ns: u64, _time: &impl Time) {
        let next = self.coming.get(self.next).map_or(u64::MAX, |message| message.at_ns);
        self.time.advance(next.min(deadline_ns).saturating_sub(self.time.peek_ns()));
    }

    fn signalled_ns(&mut self) -> Option<u64> {
        let next = self.coming.get(self.next).map_or(u64::MAX, |message| message.at_ns);
        Some(if next <= self.time.peek_ns() { next } else { 0 })
    }

    fn came_ns(&self) -> Option<u64> {
        self.coming.get(self.next).map(|message| message.at_ns).filter(|at_ns| *at_ns <= self.time.peek_ns())
    }

    fn serve_events(&mut self, _time: &impl Time, _on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        if self.time.peek_ns() >= self.leaves_at_ns {
            // Partitions go to somebody else: the commit before that waits for an answer.
            self.leaves_at_ns = u64::MAX;
            self.time.advance(200 * MS);
            self.blocked_ns += 200 * MS;
        }
        if self.commit_ends_ns.is_some_and(|end| end <= self.time.peek_ns()) {
            self.commit_ends_ns = None;
            self.events.commits_succeeded += 1;
        }
        0
    }

    fn blocked_ns(&self) -> u64 {
        self.blocked_ns
    }

    fn events(&self) -> ConsumerEvents {
        self.events
    }

    fn commit_in_flight(&self) -> bool {
        self.commit_ends_ns.is_some()
    }

    fn commit_async(&mut self) {
        self.overlapping_commits += u64::from(self.commit_in_flight());
        self.commits.push(self.time.peek_ns());
        self.commit_ends_ns = Some(self.time.peek_ns() + self.commit_takes_ns);
    }

    fn commit_sync(&mut self) {
        self.synchronous += 1;
    }

    fn set_paused(&mut self, paused: bool) {
        self.pauses.push(paused);
    }

    fn close(&mut self) {
        self.closed = true;
    }

    fn fault(&self) -> Option<DriverError> {
        (self.time.peek_ns() >= self.fault_at_ns).then(|| DriverError::new(ErrorClass::System, "fenced"))
    }
}

fn stamp(producer: u32, sequence: u64, sent_ns: u64) -> Stamp {
    let (intended_ns, actual_ns) = (sent_ns - MS, sent_ns);
    Stamp { probe: false, run_id: RUN, producer, value_bytes: 64, sequence, intended_ns, actual_ns }
}

fn arriving(at_ns: u64, stamp: &Stamp) -> Arriving {
    let mut value = vec![0; stamp.value_bytes as usize];
    stamp.write(&mut value);
    Arriving { at_ns, partition: 0, value, record_time: RecordTime::Unknown }
}

struct ConsumerScene {
    time: Rc<VirtualTime>,
    end: ClientEnd,
    library: ScriptedConsumer,
    options: ConsumerOptions,
    stamped: bool,
    producers: u32,
}

struct ConsumerRun {
    result: Result<(), DriverError>,
    counters: Counters,
    slots: Vec<Slot>,
    library: ScriptedConsumer,
    time: Rc<VirtualTime>,
}

impl ConsumerScene {
    /// Two producers, 4 and 5; three partitions.
    fn new(coming: Vec<Arriving>) -> Self {
        let (time, end) = VirtualTime::new(BEGIN, Shape::new(Role::Consumer, 0, 2).with_partitions(3));
        let time = Rc::new(time);
        let library = ScriptedConsumer {
            time: Rc::clone(&time),
            coming,
            next: 0,
            blocked_ns: 0,
            leaves_at_ns: u64::MAX,
            events: ConsumerEvents { assigned: 3, rebalances: 1, ..ConsumerEvents::default() },
            commit_takes_ns: 5 * MS,
            commit_ends_ns: None,
            commits: Vec::new(),
            overlapping_commits: 0,
            synchronous: 0,
            pauses: Vec::new(),
            closed: false,
            fault_at_ns: u64::MAX,
        };
        Self {
            time,
            end,
            library,
            options: ConsumerOptions { spin: false, commit: true, hold: false, processing: None, index: 0 },
            stamped: true,
            producers: 2,
        }
    }

    fn until(mut self, length_ns: u64) -> ConsumerRun {
        self.time.at(BEGIN + length_ns, |supervisor| supervisor.want(Wanted::Exit));
        let expected = Expected {
            run_id: RUN,
            first_producer: FIRST_PRODUCER,
            producers: self.producers,
            partitions: 3,
            stamped: self.stamped,
            wall_stamps: false,
        };
        let result =
            Consume::<_, _, MeasureAll>::new(&mut self.library, &*self.time, &mut self.end, self.options, expected)
                .run();
        let slots = self.time.supervisor().drain().slots;
        let counters = self.time.supervisor().counters();
        ConsumerRun { result, counters, slots, library: self.library, time: self.time }
    }
}

impl ConsumerRun {
    fn latency(&self, family: Latency) -> hdrhistogram::Histogram<u64> {
        let slot = self.slots.last().unwrap();
        slot.latencies.iter().find(|latency| latency.latency == family).unwrap().histogram.to_histogram()
    }
}

#[test]
fn every_kind_of_message_is_counted_as_what_it_is() {
    let sent = BEGIN + 10 * MS;
    let at = sent + 2 * MS;
    let mut damaged = arriving(at, &stamp(4, 9, sent));
    damaged.value[30] ^= 1;
    let shorter = {
        let mut message = arriving(at, &stamp(4, 9, sent));
        message.value.truncate(60);
        message
    };
    let coming = vec![
        arriving(at, &stamp(4, 0, sent)),
        arriving(at, &stamp(4, 1, sent)),
        arriving(at, &stamp(4, 1, sent)),
        arriving(at, &stamp(5, 3, sent)),
        arriving(at, &stamp(5, 2, sent)),
        arriving(at, &Stamp { probe: true, ..stamp(5, 0, sent) }),
        arriving(at, &Stamp { run_id: RUN + 1, ..stamp(4, 0, sent) }),
        arriving(at, &stamp(3, 0, sent)),
        arriving(at, &stamp(6, 0, sent)),
        damaged,
        shorter,
        Arriving { at_ns: at, partition: 2, value: b"plain".to_vec(), record_time: RecordTime::Unknown },
    ];
    let outcome = ConsumerScene::new(coming).until(S);
    assert_eq!(outcome.result, Ok(()));
    let count = |counter| outcome.counters[counter];
    assert_eq!(count(Counter::MessagesReceived), 7);
    assert_eq!(count(Counter::BytesReceived), 6 * 64 + 60);
    assert_eq!(count(Counter::MessagesDuplicated), 1);
    assert_eq!(count(Counter::MessagesReordered), 1);
    assert_eq!(count(Counter::ProbesReceived), 1);
    assert_eq!(count(Counter::MessagesForeign), 4, "another run's, another topic's, and one without a stamp");
    assert_eq!(count(Counter::MessagesCorrupt), 2);
    assert_eq!(count(Counter::MessagesUnstamped), 0);
    assert_eq!((count(Counter::AssignedPartitions), count(Counter::Rebalances)), (3, 1));

    let supervisor = outcome.time.supervisor();
    assert_eq!(supervisor.probes_seen(), [false, true]);
    let rows: Vec<ReceivedRow> = supervisor.accounting().into_iter().map(ReceivedRow::from).collect();
    assert_eq!((rows[0].distinct, rows[0].duplicates), (2, 1));
    assert_eq!((rows[1].distinct, rows[1].reordered), (2, 1));
    assert_eq!(outcome.latency(Latency::EndToEndActual).len(), 5);
    let of_partition = &supervisor.partitions().unwrap().partitions[..];
    let [only] = of_partition else { panic!("{of_partition:?}") };
    assert_eq!((only.partition, only.messages, only.bytes, only.timed()), (Some(0), 7, 6 * 64 + 60, 5));
}

#[test]
fn each_partition_has_its_own_messages_bytes_and_times() {
    let sent = BEGIN + 10 * MS;
    // One by one and many at once; of partitions that there should not be, too.
    let of = |partition: u32, took_ms: u64, sequences: std::ops::Range<u64>| {
        sequences
            .map(move |sequence| Arriving { partition, ..arriving(sent + took_ms * MS, &stamp(4, sequence, sent)) })
    };
    let coming =
        of(1, 2, 0..300).chain(of(0, 4, 300..301)).chain(of(1, 5, 301..310)).chain(of(8, 6, 310..312)).collect();
    let outcome = ConsumerScene::new(coming).until(S);
    let read = outcome.time.supervisor().partitions().unwrap().partitions;
    let shown: Vec<_> = read.iter().map(|one| (one.partition, one.messages, one.bytes, one.timed())).collect();
    assert_eq!(shown, [(Some(1), 309, 309 * 64, 309), (Some(0), 1, 64, 1), (None, 2, 2 * 64, 2)]);
    let ms =
        |one: &crate::stats::partition_counts::PartitionCounts, p| one.percentile_ns(p).unwrap() as f64 / MS as f64;
    assert!((ms(&read[0], 50.0) - 2.0).abs() < 0.1 && (ms(&read[0], 99.0) - 5.0).abs() < 0.2, "{read:?}");
    let received: u64 = read.iter().map(|one| one.messages).sum();
    assert_eq!(received, outcome.counters[Counter::MessagesReceived]);
}

#[test]
fn both_end_to_end_times_are_measured_from_the_stamp() {
    let sent = BEGIN + 10 * MS;
    let outcome = ConsumerScene::new(vec![arriving(sent + 3 * MS, &stamp(4, 0, sent))]).until(S);
    let (actual, intended) =
        (outcome.latency(Latency::EndToEndActual).max(), outcome.latency(Latency::EndToEndIntended).max());
    assert!(actual.abs_diff(3 * MS) < 10_000, "{actual}");
    assert!(intended.abs_diff(4 * MS) < 10_000, "{intended}");
}

#[test]
fn a_message_is_received_when_its_turn_comes_and_the_work_on_those_before_is_nobodys_fault() {
    const MANNERS: [(ProcessingManner, bool); 2] = [(ProcessingManner::Sleep, false), (ProcessingManner::Spin, true)];
    for (processing_manner, spin) in MANNERS {
        // Ten at once every 100 ms, each 2 ms after it was sent, with 3 ms of work; probes are no work.
        let sent = |burst: u64| BEGIN + (burst + 1) * 100 * MS;
        let burst = |burst: u64| {
            let probe = arriving(sent(burst) + 2 * MS, &Stamp { probe: true, ..stamp(5, 0, sent(burst)) });
            let message = move |i| arriving(sent(burst) + 2 * MS, &stamp(4, burst * 10 + i, sent(burst)));
            std::iter::once(probe).chain((0..10).map(message))
        };
        let mut run = ConsumerScene::new((0..5).flat_map(burst).collect());
        let (processing_mean_ns, processing_times) = (3 * MS, ProcessingTimes::Constant);
        let processing = Some(Processing { processing_mean_ns, processing_times, processing_manner });
        run.options = ConsumerOptions { spin, processing, ..run.options };
        let outcome = run.until(S);
        let count = |counter| outcome.counters[counter];
        assert_eq!((count(Counter::MessagesReceived), count(Counter::ProbesReceived)), (50, 5));
        let actual = outcome.latency(Latency::EndToEndActual);
        assert!(actual.min().abs_diff(2 * MS) < 20_000 && actual.max().abs_diff(29 * MS) < 100_000, "{actual:?}");
        let at_least = outcome.latency(Latency::EndToEndAtLeast);
        assert!(at_least.max().abs_diff(29 * MS) < 100_000, "nothing was kept by the loop: {}", at_least.max());
        assert!(count(Counter::ProcessingNs).abs_diff(150 * MS) < MS, "{}", count(Counter::ProcessingNs));
        assert_eq!(count(Counter::LoopStalls), 0);
        let slack = count(Counter::IdleNs) + count(Counter::ProcessingNs);
        assert!(slack > 800 * MS || spin, "{slack}");
    }
}

#[test]
fn a_consumer_with_more_work_than_time_falls_behind_at_the_pace_of_its_work_and_still_obeys() {
    let coming = (0..1_000).map(|i| arriving(BEGIN + MS + i * MS, &stamp(4, i, BEGIN + MS + i * MS))).collect();
    let mut run = ConsumerScene::new(coming);
    run.options.processing = Some(Processing {
        processing_mean_ns: 4 * MS,
        processing_times: ProcessingTimes::Exponential,
        processing_manner: ProcessingManner::Sleep,
    });
    let outcome = run.until(2 * S);
    assert_eq!(outcome.result, Ok(()));
    let worked = outcome.counters[Counter::ProcessingNs];
    // The order to exit is seen with a tick.
    assert!((1_900 * MS..2_130 * MS).contains(&worked), "{worked}");
    // 500 messages of 4 ms, and those of the batch that is being worked on.
    let received = outcome.counters[Counter::MessagesReceived];
    assert!((430..900).contains(&received), "{received}");
    assert_eq!(outcome.counters[Counter::LoopStalls], 0);
}

#[test]
fn what_others_sent_is_the_load_where_we_have_no_producers_and_only_young_messages_have_a_latency() {
    let at = BEGIN + 500 * MS;
    let wall_ms = |raw_ns: u64| RecordTime::Created(i64::try_from(raw_ns / MS).unwrap() + 1_000_000);
    let created = |created_ns: u64, value: &[u8]| Arriving {
        at_ns: at,
        partition: 1,
        value: value.to_vec(),
        record_time: wall_ms(created_ns),
    };
    let others = {
        let mut value = vec![0; 64];
        Stamp { run_id: RUN + 1, ..stamp(0, 0, BEGIN) }.write(&mut value);
        value
    };
    let probe = {
        let mut value = vec![0; 64];
        Stamp { run_id: RUN + 1, probe: true, ..stamp(0, 0, BEGIN) }.write(&mut value);
        value
    };
    let coming = vec![
        created(BEGIN, b"old"),
        created(at - 20 * MS, &others),
        created(at - 10 * MS, b"young"),
        created(at, &probe),
        Arriving { at_ns: at, partition: 0, value: b"no time".to_vec(), record_time: RecordTime::Unknown },
    ];
    let run = ConsumerScene { stamped: false, producers: 0, ..ConsumerScene::new(coming) };
    run.time.at(BEGIN + 50 * MS, |supervisor| {
        supervisor.set_wall_offset(1_000_000 * i64::try_from(MS).unwrap());
        supervisor.set_epoch(BEGIN + 300 * MS);
    });
    let outcome = run.until(S);
    let count = |counter| outcome.counters[counter];
    assert_eq!((count(Counter::MessagesReceived), count(Counter::BytesReceived)), (4, 3 + 64 + 5 + 7));
    assert_eq!((count(Counter::MessagesUntimed), count(Counter::MessagesUnstamped)), (2, 2));
    assert_eq!(count(Counter::MessagesForeign), 1, "a probe of others is no message");
    let latency = outcome.latency(Latency::EndToEndActual);
    assert_eq!((latency.len(), latency.max() / (10 * MS)), (2, 2));
    assert_eq!(outcome.latency(Latency::EndToEndIntended).len(), 0);
}

#[test]
fn a_consumer_that_is_held_is_paused_from_the_first_moment_until_the_load_begins() {
    let options = ConsumerOptions { spin: false, commit: true, hold: true, processing: None, index: 0 };
    let run = ConsumerScene { options, ..ConsumerScene::new(Vec::new()) };
    run.time.at(BEGIN + 100 * MS, |supervisor| supervisor.set_epoch(BEGIN + 300 * MS));
    run.time.at(BEGIN + 500 * MS, |supervisor| supervisor.pause(true));
    let outcome = run.until(S);
    assert_eq!(outcome.library.pauses, [true, false, true], "a later pause holds too");
}

#[test]
fn times_of_zero_and_below_are_counted_and_kept() {
    let future = BEGIN + 100 * MS;
    let coming = vec![arriving(BEGIN + 20 * MS, &stamp(4, 0, future)), arriving(future + MS, &stamp(4, 1, future))];
    let outcome = ConsumerScene::new(coming).until(S);
    assert_eq!(outcome.counters[Counter::EndToEndNotPositive], 1);
    assert_eq!(outcome.latency(Latency::EndToEndActual).len(), 2);
    assert_eq!(outcome.latency(Latency::EndToEndActual).min(), 0);
}

/// The wall clock of these tests is so far ahead of the raw one.
const WALL_OFFSET_NS: i64 = 1_700_000_000_000_345_678;

/// A consumer without messages that were stamped by its own run: one message after the other, at these times, with
/// these records' times.
fn consume_unstamped(coming: Vec<Arriving>, producers: u32) -> ConsumerRun {
    let run = ConsumerScene { stamped: false, producers, ..ConsumerScene::new(coming) };
    run.time.at(BEGIN + MS, |supervisor| {
        supervisor.set_wall_offset(WALL_OFFSET_NS);
        supervisor.set_epoch(BEGIN + 2 * MS);
    });
    run.until(S)
}

#[test]
fn without_a_stamp_the_create_time_stands_for_the_actual_time_in_whole_ms_on_both_sides() {
    // 700 µs each, sent at any part of a millisecond.
    let coming: Vec<Arriving> = (0..1_000u64)
        .map(|i| {
            let sent_ns = BEGIN + 100 * MS + i * 777_001 % (500 * MS);
            let created_ns = sent_ns.cast_signed() + WALL_OFFSET_NS;
            let record_time = RecordTime::Created(created_ns / MS.cast_signed());
            Arriving { at_ns: sent_ns + 7 * MS / 10, partition: 0, value: vec![1; 20], record_time }
        })
        .collect();
    let mut coming = coming;
    coming.sort_by_key(|message| message.at_ns);
    let outcome = consume_unstamped(coming, 2);
    let count = |counter| outcome.counters[counter];
    assert_eq!((count(Counter::MessagesReceived), count(Counter::MessagesUnstamped)), (1_000, 1_000));
    let actual = outcome.latency(Latency::EndToEndActual);
    assert_eq!(actual.len(), 1_000);
    let whole_ms = |ns: u64| actual.equivalent(ns.next_multiple_of(MS), ns) || ns == 0;
    assert!(actual.iter_recorded().all(|bucket| whole_ms(actual.lowest_equivalent(bucket.value_iterated_to()))));
    // OMB would have left out three of ten; the mean is what it was.
    assert!((200..400).contains(&count(Counter::EndToEndNotPositive)), "{}", count(Counter::EndToEndNotPositive));
    assert!((0.6e6..0.8e6).contains(&actual.mean()), "{}", actual.mean());
    assert_eq!(outcome.latency(Latency::EndToEndIntended).len(), 0);
}

#[test]
fn a_time_of_the_brokers_is_no_send_time() {
    for producers in [0, 2] {
        let at_ns = BEGIN + 500 * MS;
        let message = |record_time| Arriving { at_ns, partition: 0, value: vec![1; 20], record_time };
        let outcome = consume_unstamped(vec![message(RecordTime::Appended), message(RecordTime::Unknown)], producers);
        let count = |counter| outcome.counters[counter];
        let untimed = (count(Counter::MessagesUntimed), count(Counter::MessagesLogAppendTime));
        assert_eq!((count(Counter::MessagesReceived), untimed), (2, (2, 1)));
        assert_eq!((count(Counter::MessagesUnstamped), outcome.latency(Latency::EndToEndActual).len()), (0, 0));
    }
}

#[test]
fn a_stamp_of_another_pinload_is_read_where_it_carries_wall_clock_times() {
    let at_ns = BEGIN + 500 * MS;
    let sent = |ago_ns: u64, wall: bool| {
        let sent_ns = at_ns - ago_ns + if wall { WALL_OFFSET_NS.cast_unsigned() } else { 0 };
        let stamp = Stamp { run_id: RUN + 1, ..stamp(0, 0, sent_ns) };
        let created_ns = (at_ns - ago_ns).cast_signed() + WALL_OFFSET_NS;
        let record_time = RecordTime::Created(created_ns / MS.cast_signed());
        Arriving { record_time, ..arriving(at_ns, &stamp) }
    };
    // By its stamp; by its CreateTime, as another host's raw clock says nothing; before the load.
    let outcome = consume_unstamped(vec![sent(1_234_567, true), sent(9 * MS, false), sent(600 * MS, true)], 0);
    let count = |counter| outcome.counters[counter];
    assert_eq!((count(Counter::MessagesUnstamped), count(Counter::MessagesUntimed)), (1, 1));
    let actual = outcome.latency(Latency::EndToEndActual);
    assert_eq!(actual.len(), 2);
    assert!(actual.min().abs_diff(1_234_567) < 10_000, "{}", actual.min());
    assert!(actual.equivalent(actual.max(), 9 * MS), "{}", actual.max());
    let intended = outcome.latency(Latency::EndToEndIntended);
    assert!(intended.len() == 1 && intended.max().abs_diff(2_234_567) < 10_000, "{}", intended.max());
}

#[test]
fn commits_come_after_100_messages_never_two_at_once_and_not_too_often() {
    let coming: Vec<_> = (0..20_000)
        .map(|i| {
            let at = BEGIN + 10 * MS + i * 100_000;
            arriving(at, &stamp(4, i, at - MS))
        })
        .collect();
    let mut run = ConsumerScene::new(coming);
    run.library.commit_takes_ns = 250 * MS;
    let outcome = run.until(3 * S);
    let commits = &outcome.library.commits;
    assert_eq!(outcome.library.overlapping_commits, 0);
    assert!((7..=9).contains(&commits.len()), "{commits:?}");
    assert!(commits.windows(2).all(|pair| pair[1] - pair[0] >= 250 * MS));
    assert_eq!(outcome.library.synchronous, 1);
    assert!(outcome.library.closed);
    assert_eq!(outcome.counters[Counter::CommitsSucceeded], commits.len() as u64);
}

#[test]
fn quick_commits_are_still_100_ms_apart() {
    let coming: Vec<_> = (0..10_000)
        .map(|i| {
            let at = BEGIN + 10 * MS + i * 100_000;
            arriving(at, &stamp(4, i, at - MS))
        })
        .collect();
    let outcome = ConsumerScene::new(coming).until(2 * S);
    assert!(outcome.library.commits.windows(2).all(|pair| pair[1] - pair[0] >= 100 * MS));
    assert!(outcome.library.commits.len() >= 9);
}

#[test]
fn who_is_ready_has_said_where_it_runs_and_what_it_has_used() {
    let run = ConsumerScene::new(Vec::new());
    run.time.at(BEGIN + MS, |supervisor| {
        assert_eq!(supervisor.state(), Some(ClientState::Ready));
        assert_eq!(supervisor.observed().hot_tid, nix::unistd::gettid().as_raw());
        let counters = supervisor.counters();
        assert!(counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs] > 0, "{counters:?}");
    });
    assert_eq!(run.until(100 * MS).result, Ok(()));
}

#[test]
fn the_last_commit_comes_before_anybody_leaves_the_group() {
    let early = arriving(BEGIN + 10 * MS, &stamp(4, 0, BEGIN));
    let run = ConsumerScene::new(vec![early.clone()]);
    run.time.at(BEGIN + 100 * MS, |supervisor| supervisor.want(Wanted::Quiesce));
    run.time.at(BEGIN + 200 * MS, |supervisor| assert_eq!(supervisor.state(), Some(ClientState::Quiet)));
    let outcome = run.until(S);
    assert_eq!((outcome.library.synchronous, outcome.library.closed), (1, true), "not again when nothing came since");

    let late = arriving(BEGIN + 500 * MS, &stamp(4, 1, BEGIN));
    let run = ConsumerScene::new(vec![early, late]);
    run.time.at(BEGIN + 100 * MS, |supervisor| supervisor.want(Wanted::Quiesce));
    let outcome = run.until(S);
    assert_eq!((outcome.library.synchronous, outcome.counters[Counter::MessagesReceived]), (2, 2));
}

#[test]
fn with_automatic_commits_it_commits_nothing() {
    let coming: Vec<_> = (0..1_000).map(|i| arriving(BEGIN + 10 * MS, &stamp(4, i, BEGIN + MS))).collect();
    let mut run = ConsumerScene::new(coming);
    run.options.commit = false;
    let outcome = run.until(S);
    assert_eq!((outcome.library.commits.len(), outcome.library.synchronous), (0, 0));
    assert!(outcome.library.closed);
    assert_eq!(outcome.counters[Counter::MessagesReceived], 1_000);
}

#[test]
fn a_pause_is_passed_on_once_and_taken_back_once() {
    let run = ConsumerScene::new(Vec::new());
    run.time.at(BEGIN + 100 * MS, |supervisor| supervisor.pause(true));
    run.time.at(BEGIN + 500 * MS, |supervisor| supervisor.pause(false));
    let outcome = run.until(S);
    assert_eq!(outcome.library.pauses, [true, false]);
}

#[test]
fn on_a_cpu_of_its_own_it_spins_and_sees_a_message_at_once() {
    let at = BEGIN + 20 * MS;
    let mut run = ConsumerScene::new(vec![arriving(at, &stamp(4, 0, at - MS))]);
    run.options.spin = true;
    let outcome = run.until(50 * MS);
    let actual = outcome.latency(Latency::EndToEndActual).max();
    assert!((MS..MS + 2_000).contains(&actual), "{actual}");
    assert!(outcome.counters[Counter::IdleNs] > 40 * MS);
}

#[test]
fn the_time_blocked_in_the_library_is_idle_whatever_ended_the_wait() {
    // 12,000 messages a second: hardly a wait ends without one.
    let coming: Vec<_> = (0..12_000)
        .map(|i| {
            let at = BEGIN + 10 * MS + i * 83_333;
            arriving(at, &stamp(4, i, at - MS))
        })
        .collect();
    let outcome = ConsumerScene::new(coming).until(S);
    let idle_ns = outcome.counters[Counter::IdleNs];
    assert!(idle_ns > 900 * MS, "{idle_ns} ns of a second in which there was next to nothing to do");
    assert_eq!(outcome.counters[Counter::LoopStalls], 0);
    let behind = kept(&GAPS, &outcome.counters).map(|(_, count)| count).sum::<u64>();
    assert!(behind < 600, "{behind} of 12,000 messages waited for a loop that was there: {:?}", outcome.counters);
}

#[test]
fn what_passes_between_the_coming_of_a_message_and_the_waking_is_not_idle() {
    let arrivals = || (1..=90).map(|i| BEGIN + i * 10 * MS);
    let coming: Vec<_> = (0..).zip(arrivals()).map(|(i, at)| arriving(at, &stamp(4, i, at - MS))).collect();
    let run = ConsumerScene::new(coming);
    run.time.keep_away(arrivals().map(|at| (at, 5 * MS)));
    let idle_ns = run.until(S).counters[Counter::IdleNs];
    // The end is seen up to a quiet loop's tick later.
    assert!((500 * MS..680 * MS).contains(&idle_ns), "{idle_ns} ns of 550 ms");
}

#[test]
fn a_commit_that_waits_for_the_broker_is_no_standing_still_of_the_loop() {
    let coming: Vec<_> = (0..1_000).map(|i| arriving(BEGIN + i * MS, &stamp(4, i, BEGIN + i * MS))).collect();
    let mut run = ConsumerScene::new(coming);
    run.library.leaves_at_ns = BEGIN + 500 * MS;
    let outcome = run.until(S);
    assert_eq!((outcome.counters[Counter::LoopStalls], outcome.library.leaves_at_ns), (0, u64::MAX));
}

#[test]
fn a_consumer_that_cannot_go_on_says_so() {
    let mut run = ConsumerScene::new(vec![arriving(BEGIN + MS, &stamp(4, 0, BEGIN))]);
    run.library.fault_at_ns = BEGIN + 100 * MS;
    let outcome = run.until(S);
    assert_eq!(outcome.result.unwrap_err().text, "fenced");
    assert_eq!(outcome.slots.last().unwrap().counters[Counter::MessagesReceived], 1);
}
