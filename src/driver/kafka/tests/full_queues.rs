//! Queues that are full, and reports that make room in them.

use super::*;

#[test]
fn a_full_queue_takes_a_prefix_and_takes_the_rest_later() {
    let broker = broker(&[("t", 1)]);
    let small = [("queue.buffering.max.messages", "30"), ("linger.ms", "0")];
    let mut producer = producer(&broker, "t", &small);
    let batch = batch_of(100, 50);
    let (mut handled, mut reported, mut full) = (0, Vec::new(), 0);
    let time = wall();
    while handled < 100 {
        handled = producer.send_batch(&batch, handled, |i, code| panic!("{i}: {code}"));
        if handled < 100 {
            full += 1;
            assert!(handled > reported.len(), "nothing was taken although there was room");
            producer.poll_reports(u32::MAX, &time, |_, report| reported.push(report.tag));
        }
    }
    assert!(full >= 1);
    reported.extend(reports(&mut producer, 100 - reported.len()).into_iter().map(|(tag, _, _)| tag));
    assert_eq!(reported, (1_000..1_100).collect::<Vec<_>>());
}

#[test]
fn reports_that_end_where_the_caller_stops_make_room_at_once() {
    let broker = broker(&[("t", 1)]);
    for (queue, asked) in [(1, 1), (1, 64), (64, 64), (64, 32), (128, 64)] {
        let all = ("queue.buffering.max.messages", &*queue.to_string());
        let mut producer = producer(&broker, "t", &[all, ("linger.ms", "0")]);
        for round in 0..3 {
            for i in 0..queue {
                assert_eq!(producer.send(None, b"x", 0), SendResult::Accepted, "{queue} {asked}: {i} of round {round}");
            }
            let (time, deadline, mut reported) = (wall(), Instant::now() + LIMIT, 0);
            while reported < queue {
                assert!(Instant::now() < deadline, "{reported} of {queue} reports came");
                let left = asked.min(queue - reported);
                reported += producer.poll_reports(left, &time, |_, _| {});
            }
        }
    }
}
