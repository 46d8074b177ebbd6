//! What the two ends of a segment promise each other, tried in one process. Real kills are in
//! `tests/telemetry_kill.rs`.

mod interruptions;
mod refusals;

use super::header::{HEADER_WORDS, SEGMENT_MAGIC};
use super::layout::{AccountingRow, Layout, ReceivedRow, WORD_BYTES};
use super::memory::store_hook::stopped_after;
use super::memory::{Memory, SHM_FOLDER};
use super::owner::new_name;
use super::supervisor_end::ObservedPlacement;
use super::*;
use crate::stats::{Counter, Counters, Latency, Recorder};
use proptest::prelude::*;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn small(role: Role, slots: u32) -> Shape {
    let shape = Shape { slots, ..Shape::new(role, 3, 5) };
    Shape { slot_bytes: u32::try_from(shape.minimum_slot_bytes()).unwrap(), ..shape }
}
fn both(shape: Shape) -> (SupervisorEnd, ClientEnd) {
    let mut supervisor = SupervisorEnd::create(shape).unwrap();
    let client = ClientEnd::attach(supervisor.name(), shape).unwrap();
    supervisor.unlink();
    (supervisor, client)
}

/// A client whose slot n says n + 1 everywhere: any mixture of two slots shows.
struct ScriptedClient {
    end: ClientEnd,
    recorder: Recorder,
    n: u64,
}
impl ScriptedClient {
    fn new(end: ClientEnd) -> Self {
        Self { end, recorder: Recorder::new(), n: 0 }
    }
    fn publish(&mut self) {
        self.n += 1;
        self.recorder.record(self.n * 997);
        let counters = Counters([self.n; Counter::COUNT]);
        let latencies = &mut [(Latency::AcknowledgeActual, &mut self.recorder)];
        self.end.publish_slot(1_000, 1_000 + self.n, &counters, latencies);
    }
}
fn assert_whole(slot: &Slot) {
    let n = slot.sequence + 1;
    let mut counters = Counters([n; Counter::COUNT]);
    counters[Counter::SlotsCoarsened] = 0;
    assert_eq!(slot.counters, counters);
    assert_eq!((slot.start_ns, slot.end_ns), (1_000 + slot.sequence, 1_000 + n));
    assert_eq!(slot.latencies.len(), 1);
    assert_eq!(slot.latencies[0].histogram.count(), n);
    let exact = slot.latencies[0].extremes;
    assert_eq!((exact.count, exact.min_ns, exact.max_ns, exact.sum_ns), (1, n * 997, n * 997, n * 997));
}

#[test]
fn both_ends_may_be_sent_to_another_thread() {
    fn sendable<T: Send>() {}
    sendable::<SupervisorEnd>();
    sendable::<ClientEnd>();
    sendable::<payload_pool::PoolView>();
}

#[test]
fn orders_arrive_and_only_move_forward() {
    let (supervisor, mut client) = both(small(Role::Producer, 2));
    assert_eq!(client.wanted(), Wanted::Connect);
    supervisor.want(Wanted::Quiesce);
    supervisor.want(Wanted::Run);
    assert_eq!(client.wanted(), Wanted::Quiesce);
    assert_eq!((client.epoch_ns(), client.paused(), client.new_rate()), (0, false, None));
    supervisor.set_epoch(77);
    supervisor.pause(true);
    supervisor.request_probe();
    supervisor.request_probe();
    supervisor.request_cut();
    supervisor.set_wall_offset(-5);
    assert_eq!((client.epoch_ns(), client.paused()), (77, true));
    assert_eq!((client.probe_rounds(), client.cuts_requested(), client.wall_offset_ns()), (2, 1, -5));
    supervisor.pause(false);
    assert!(!client.paused());
    for n in 1..5 {
        let order = RateOrder { start_ns: n, interval_q32: u128::from(n) << 40 | u128::from(n) << 90 };
        supervisor.order_rate(order);
        assert_eq!(client.new_rate(), Some(order));
        assert_eq!(client.new_rate(), None);
    }
}

#[test]
fn what_the_client_says_arrives() {
    let (supervisor, mut client) = both(small(Role::Consumer, 2));
    assert_eq!((supervisor.state(), supervisor.last_words()), (Some(ClientState::Attached), None));
    client.set_state(ClientState::Running);
    client.set_state(ClientState::Ready);
    client.heartbeat(9);
    assert_eq!((supervisor.state(), supervisor.heartbeat_ns()), (Some(ClientState::Running), 9));
    let observed = ObservedPlacement { pid: -1, hot_tid: 7, cpu: 3, hot_thread_cpu_ns: 8 };
    client.set_observed(observed);
    assert_eq!(supervisor.observed(), observed);
    let row = ReceivedRow { distinct: 1, checksum: u64::MAX, beyond_window: 4, ..ReceivedRow::default() };
    client.publish_row(4, row);
    client.publish_row(5, row);
    client.mark_probe(1);
    client.mark_probe(4);
    client.mark_probe(64);
    assert_eq!(ReceivedRow::from(supervisor.accounting()[4]), row);
    assert_eq!(supervisor.accounting()[..4], [AccountingRow::default(); 4]);
    assert_eq!(supervisor.probes_seen(), [false, true, false, false, true]);
    client.publish_counters(&Counters([6; Counter::COUNT]));
    let live = supervisor.counters();
    assert_eq!((live[Counter::MessagesReceived], live[Counter::SlotsPublished]), (6, 0));
}

#[test]
fn a_client_that_gives_up_leaves_what_for_and_why() {
    use ErrorClass::{Authentication, Configuration, System, Topics, Unreachable};
    for class in [Unreachable, Authentication, Topics, Configuration, System] {
        let (supervisor, mut client) = both(small(Role::Producer, 2));
        client.last_words("1 message failed");
        assert_eq!(supervisor.gave_up_for(), None);
        client.give_up(class, "no route: 10.0.0.1:9092");
        assert_eq!((supervisor.state(), supervisor.gave_up_for()), (Some(ClientState::Failed), Some(class)));
        assert_eq!(supervisor.last_words().unwrap(), "no route: 10.0.0.1:9092");
    }
}

#[test]
fn last_words_are_cut_between_characters() {
    let (supervisor, mut client) = both(small(Role::Producer, 2));
    client.last_words("broker 127.0.0.1:9092: connection refused");
    assert_eq!(supervisor.last_words().unwrap(), "broker 127.0.0.1:9092: connection refused");
    client.last_words(&format!("{}µs", "x".repeat(999)));
    assert_eq!(supervisor.last_words().unwrap(), "x".repeat(999));
    client.last_words("");
    assert_eq!(supervisor.last_words(), None);
}

#[test]
fn rich_histograms_are_coarsened_and_counted() {
    let (mut supervisor, mut client) = both(small(Role::Producer, 2));
    let mut rich = [Recorder::new(), Recorder::new(), Recorder::new()];
    for recorder in &mut rich {
        // Every bucket above 1 µs a hundred times: counts of two bytes.
        for i in 0..100 * 32 * 1024_u64 {
            recorder.record((1024 + i % 1024) << (i / 1024 % 32));
        }
    }
    let mut latencies: Vec<_> = Latency::PRODUCER.into_iter().zip(rich.iter_mut()).collect();
    client.publish_slot(0, 1, &Counters::default(), &mut latencies);
    let slot = supervisor.drain().slots.remove(0);
    assert!(slot.latencies.iter().any(|family| family.histogram.is_coarse()));
    assert_eq!(slot.counters[Counter::SlotsCoarsened], 1);
    assert_eq!(supervisor.counters()[Counter::SlotsCoarsened], 1);
}

#[test]
fn no_file_is_left_after_unlink_or_drop() {
    let mut supervisor = SupervisorEnd::create(small(Role::Producer, 2)).unwrap();
    let path = Path::new(SHM_FOLDER).join(supervisor.name());
    assert!(path.exists());
    supervisor.unlink();
    assert!(!path.exists());
    supervisor.unlink();
    drop(supervisor);
    let supervisor = SupervisorEnd::create(small(Role::Producer, 2)).unwrap();
    let path = Path::new(SHM_FOLDER).join(supervisor.name());
    drop(supervisor);
    assert!(!path.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_garbled_segment_never_breaks_either_end(
        hits in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![any::<u64>(), 0_u64..200_000, Just(u64::MAX)]),
            1..60,
        ),
    ) {
        let shape = small(Role::Producer, 2);
        let mut supervisor = SupervisorEnd::create(shape).unwrap();
        let mut writer = ScriptedClient::new(ClientEnd::attach(supervisor.name(), shape).unwrap());
        (0..3).for_each(|_| writer.publish());
        let garble = Memory::open(supervisor.name()).unwrap();
        let layout = Layout::of(&shape);
        for (i, (at, value)) in hits.into_iter().enumerate() {
            // Most of the segment is the unused end of slots: aim at the words that steer, and at the used part of a
            // slot.
            let aims = [HEADER_WORDS..layout.rows, layout.head..layout.head + 2, layout.slots..layout.slots + 120];
            let aim = &aims[i % aims.len()];
            garble.store(aim.start + at.index(aim.len()), value, Ordering::Relaxed);
        }
        let drained = supervisor.drain();
        prop_assert!(drained.slots.len() <= 2);
        let _ = (supervisor.state(), supervisor.last_words(), supervisor.counters(), supervisor.observed());
        let _ = (supervisor.accounting(), supervisor.probes_seen(), supervisor.heartbeat_ns());
        let end = &mut writer.end;
        let _ = (end.wanted(), end.new_rate(), end.paused(), end.epoch_ns(), end.wall_offset_ns());
        writer.publish();
        supervisor.drain();
    }
}

#[test]
fn one_magic_number_cannot_be_taken_for_another() {
    assert_ne!(SEGMENT_MAGIC, super::header::POOL_MAGIC);
    assert_eq!(WORD_BYTES, 8);
}
