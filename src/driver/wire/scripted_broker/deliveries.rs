//! Handing messages over to a producer, and what must come of it.

use super::{Broker, Reported};
use crate::driver::{Delivery, Producer, SendResult, Time};
use std::time::{Duration, Instant};

/// The time that passes.
pub(in crate::driver::wire) struct Passing(Instant);

impl Passing {
    pub(in crate::driver::wire) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Time for Passing {
    fn now_ns(&self) -> u64 {
        1_000_000_000 + u64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }

    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        std::thread::park_timeout(Duration::from_nanos(deadline_ns.saturating_sub(self.now_ns())));
    }
}

/// Hands over messages `0..count` with their number as key and value, and waits for the report of each: number,
/// delivery, partition, offset.
pub(in crate::driver::wire) fn deliver(producer: &mut impl Producer, count: u32) -> Vec<Reported> {
    let time = Passing::new();
    let (mut next, mut reports) = (0, Vec::new());
    let until = Instant::now() + Duration::from_secs(20);
    while reports.len() < count as usize {
        assert!(Instant::now() < until, "{} of {count} reports", reports.len());
        if next < count {
            producer.now_is(time.now_ns());
            let bytes = next.to_be_bytes();
            match producer.send(Some(&bytes), &bytes, next as usize + 1) {
                SendResult::Accepted => next += 1,
                SendResult::QueueFull => {}
                SendResult::Refused(code) => panic!("{}", producer.describe(code)),
            }
        }
        let reported = producer.poll_reports(u32::MAX, &time, |_, report| {
            let number = u32::from_be_bytes(report.value.try_into().unwrap());
            assert_eq!(report.tag, number as usize + 1);
            reports.push((number, report.delivery, report.partition, report.offset));
        });
        if reported == 0 && next == count {
            producer.await_reports(time.now_ns() + 1_000_000, &time);
        }
    }
    reports
}

/// Each message was acknowledged and is once where it was said to be, and in its partition's order.
pub(in crate::driver::wire) fn all_stored_in_order(broker: &Broker, reports: &[Reported]) {
    let stored = broker.seen().stored.clone();
    for (number, delivery, partition, offset) in reports {
        assert_eq!(*delivery, Delivery::Acknowledged, "{number}");
        let at = &stored[usize::try_from(*partition).unwrap()][usize::try_from(*offset).unwrap()];
        assert_eq!(at[..], number.to_be_bytes(), "partition {partition}, offset {offset}");
    }
    for log in &stored {
        assert!(log.is_sorted_by(|a, b| a < b), "out of order: {log:?}");
    }
    assert_eq!(stored.iter().map(Vec::len).sum::<usize>(), reports.len());
}
