//! Writers that stop after any store, and readers that are too slow, or read meanwhile.

use super::*;

#[test]
fn a_writer_stopped_after_any_single_store_leaves_the_last_complete_slot() {
    for stores in 0.. {
        let (mut supervisor, client) = both(small(Role::Producer, 3));
        let mut writer = ScriptedClient::new(client);
        // The slot that is interrupted overwrites one that was never read.
        (0..4).for_each(|_| writer.publish());
        let finished = stopped_after(stores, || writer.publish());
        let drained = supervisor.drain();
        drained.slots.iter().for_each(assert_whole);
        let last = drained.slots.last().unwrap().sequence;
        let published = supervisor.published();
        assert_eq!(last + 1, published, "after {stores} stores");
        assert!((4..=5).contains(&published));
        assert_eq!(drained.lost + drained.slots.len() as u64, published);
        assert!(drained.slots.len() >= 2);
        assert!(supervisor.drain().slots.is_empty());
        let live = supervisor.counters();
        assert!(live.0.iter().zip(Counters([4; Counter::COUNT]).0).all(|(n, at_least)| *n >= at_least || *n == 0));
        if finished {
            assert!(stores > Counter::COUNT * 2, "only {stores} stores were seen");
            return;
        }
    }
}

#[test]
fn a_supervisor_stopped_after_any_single_store_leaves_a_whole_order() {
    let order = |n| RateOrder { start_ns: n, interval_q32: u128::from(n) << 64 | u128::from(n) };
    for stores in 0.. {
        let (supervisor, mut client) = both(small(Role::Producer, 2));
        (1..4).for_each(|n| supervisor.order_rate(order(n)));
        let finished = stopped_after(stores, || supervisor.order_rate(order(4)));
        assert_eq!(client.new_rate(), Some(order(if finished { 4 } else { 3 })));
        if finished {
            return;
        }
    }
}

#[test]
fn a_client_stopped_within_its_last_words_leaves_all_or_none() {
    for stores in 0.. {
        let (supervisor, mut client) = both(small(Role::Producer, 2));
        client.last_words("first");
        let finished = stopped_after(stores, || client.last_words("second and longer"));
        let words = supervisor.last_words();
        let allowed = [Some("first"), None, Some("second and longer")];
        assert!(allowed.contains(&words.as_deref()), "{words:?}");
        if finished {
            assert_eq!(words.as_deref(), allowed[2]);
            return;
        }
    }
}

#[test]
fn a_reader_that_stalls_longer_than_the_ring_loses_resolution_only() {
    let (mut supervisor, client) = both(small(Role::Producer, 4));
    let mut writer = ScriptedClient::new(client);
    (0..3).for_each(|_| writer.publish());
    assert_eq!(supervisor.drain().slots.len(), 3);
    (0..50).for_each(|_| writer.publish());
    let drained = supervisor.drain();
    assert_eq!((drained.slots.len(), drained.lost), (4, 46));
    drained.slots.iter().for_each(assert_whole);
    assert_eq!(drained.slots.last().unwrap().latencies[0].histogram.count(), 53);
    let nothing = supervisor.drain();
    assert_eq!((nothing.slots.len(), nothing.lost), (0, 0));
}

#[test]
fn a_reader_beside_a_writer_at_full_speed_never_sees_a_torn_slot_or_order() {
    const ROUNDS: u64 = 3_000;
    let (mut supervisor, client) = both(small(Role::Producer, 2));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let mut writer = ScriptedClient::new(client);
            let mut last_order = 0;
            while !stop.load(Ordering::Relaxed) {
                writer.publish();
                if let Some(order) = writer.end.new_rate() {
                    assert_eq!(order.interval_q32, !u128::from(order.start_ns));
                    assert!(order.start_ns > last_order);
                    last_order = order.start_ns;
                }
            }
            writer.n
        });
        let (mut seen, mut lost) = (0, 0);
        for n in 1..=ROUNDS {
            supervisor.order_rate(RateOrder { start_ns: n, interval_q32: !u128::from(n) });
            let drained = supervisor.drain();
            drained.slots.iter().for_each(assert_whole);
            seen += drained.slots.len() as u64;
            lost += drained.lost;
        }
        stop.store(true, Ordering::Relaxed);
        let written = thread.join().unwrap();
        let rest = supervisor.drain();
        assert_eq!(seen + lost + rest.slots.len() as u64 + rest.lost, written);
        assert_eq!(rest.slots.last().map_or(written, |slot| slot.sequence + 1), written);
    });
}

#[test]
fn no_counter_goes_back_in_live_sweeps_or_slots_that_are_read_while_they_are_written() {
    const ROUNDS: usize = 3_000;
    let (mut supervisor, client) = both(small(Role::Producer, 2));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = ScriptedClient::new(client);
            while !stop.load(Ordering::Relaxed) {
                writer.end.publish_counters(&Counters([writer.n; Counter::COUNT]));
                writer.publish();
            }
        });
        let (mut live, mut in_slots) = (Counters::default(), Counters::default());
        let went_back =
            |before: &Counters, now: &Counters| before.0.iter().zip(now.0).any(|(before, now)| now < *before);
        // Told after the writer has been stopped: a failure must not leave it running.
        let mut wrong = None;
        for _ in 0..ROUNDS {
            let now = supervisor.counters();
            let slots = supervisor.drain().slots;
            if went_back(&live, &now) {
                wrong = Some(format!("live: {live:?}, then {now:?}"));
            }
            live = now;
            for slot in slots {
                if went_back(&in_slots, &slot.counters) {
                    wrong = Some(format!("slots: {in_slots:?}, then {:?}", slot.counters));
                }
                in_slots = slot.counters;
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(wrong, None);
    });
}
