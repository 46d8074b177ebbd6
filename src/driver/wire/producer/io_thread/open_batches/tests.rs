//! When batches are handed over, at a ring that nobody empties unless the test does.

use super::*;
use crate::plan::properties::wire::WireProducerSettings;
use crossbeam_channel::Receiver;

const LINGER_NS: u64 = 5_000_000;

/// Of three partitions, with one request in flight.
fn handing_over(ring: usize) -> (HandingOver, Receiver<Records>, ProducerWay) {
    let properties = [
        ("bootstrap.servers", "none:1"),
        ("linger.ms", "5"),
        ("batch.num.messages", "2"),
        ("max.in.flight.requests.per.connection", "1"),
    ];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let way = WireProducerSettings::of(&properties).way;
    let (to_thread, of_loop) = crossbeam_channel::bounded(ring);
    (HandingOver::new(3, &way, to_thread), of_loop, way)
}

/// As `Intake` does. False: there is no room.
fn put(batches: &mut HandingOver, partition: u32, at_ns: u64, way: &ProducerWay) -> bool {
    let fits = batches.takes(partition, 100, way) || batches.open(partition, at_ns);
    if fits {
        batches.add(partition, None, b"value", 0, at_ns);
    }
    fits
}

/// Partition and messages of what the ring has.
fn handed(ring: &Receiver<Records>) -> Vec<(u32, i32)> {
    ring.try_iter().map(|records| (records.partition, records.count)).collect()
}

#[test]
fn what_is_open_goes_with_the_first_that_has_lingered() {
    let (mut batches, ring, way) = handing_over(9);
    put(&mut batches, 2, 0, &way);
    put(&mut batches, 0, LINGER_NS - 1, &way);
    assert!(!batches.is_due(LINGER_NS - 1));
    assert!(!batches.hand_over_due(LINGER_NS - 1, false));
    assert_eq!(handed(&ring), []);
    assert!(!batches.hand_over_due(LINGER_NS, false));
    assert_eq!(handed(&ring), [(2, 1), (0, 1)]);
    put(&mut batches, 1, LINGER_NS, &way);
    assert!(!batches.hand_over_due(LINGER_NS, true), "flushed");
    assert_eq!(handed(&ring), [(1, 1)]);
}

#[test]
fn a_full_batch_goes_when_the_next_is_opened_and_that_one_lingers_anew() {
    let (mut batches, ring, way) = handing_over(9);
    put(&mut batches, 0, 0, &way);
    put(&mut batches, 1, 1, &way);
    for at_ns in [2, 3] {
        put(&mut batches, 0, at_ns, &way);
    }
    assert_eq!(handed(&ring), [(0, 2)]);
    batches.hand_over_due(LINGER_NS, false);
    assert_eq!(handed(&ring), [], "the one of partition 1 is the first now");
    batches.hand_over_due(LINGER_NS + 1, false);
    assert_eq!(handed(&ring), [(1, 1), (0, 1)]);
}

#[test]
fn a_batch_that_has_lingered_waits_for_two_of_its_partition_but_not_for_ever() {
    let (mut batches, ring, way) = handing_over(9);
    let mut away = Vec::new();
    for at_ns in [0, LINGER_NS] {
        put(&mut batches, 0, at_ns, &way);
        batches.hand_over_due(at_ns + LINGER_NS, false);
        away.extend(ring.try_iter());
    }
    assert_eq!(away.len(), 2);
    let at_ns = 3 * LINGER_NS;
    put(&mut batches, 0, at_ns, &way);
    put(&mut batches, 1, at_ns, &way);
    assert!(batches.hand_over_due(at_ns + LINGER_NS, false));
    assert_eq!(handed(&ring), [(1, 1)], "others do not wait");
    assert!(put(&mut batches, 0, at_ns + LINGER_NS, &way), "it is open still");
    batches.recycle(away.pop().unwrap());
    assert!(!batches.hand_over_due(at_ns + LINGER_NS, false));
    assert_eq!(handed(&ring), [(0, 2)]);
    put(&mut batches, 0, 2 * at_ns, &way);
    assert!(batches.hand_over_due(2 * at_ns + LINGER_NS, false));
    assert!(!batches.hand_over_due(2 * at_ns + LINGER_NS + HELD_NS, false));
    assert_eq!(handed(&ring), [(0, 1)]);
}

#[test]
fn where_the_ring_is_full_a_batch_stays_and_a_full_one_takes_no_more() {
    let (mut batches, ring, way) = handing_over(1);
    for at_ns in 0..4 {
        assert!(put(&mut batches, 0, at_ns, &way));
    }
    assert!(!put(&mut batches, 0, 4, &way), "one in the ring, and one that is full");
    put(&mut batches, 1, 5, &way);
    assert!(batches.hand_over_due(LINGER_NS + 5, false));
    assert_eq!(handed(&ring), [(0, 2)]);
    assert!(batches.hand_over_due(LINGER_NS + 5, false));
    assert_eq!(handed(&ring), [(0, 2)]);
    assert!(!batches.hand_over_due(LINGER_NS + 5, false));
    assert_eq!(handed(&ring), [(1, 1)]);
    put(&mut batches, 2, 6, &way);
    assert!(batches.take_all().map(|records| records.partition).eq([2]));
}
