//! What one look does: it stands between two sends.

use super::*;
use crate::driver::wire::cluster::WRITTEN_BYTES;
use crate::driver::wire::scripted_broker::{Act, Broker, Passing};

/// A producer that has so much to send to a broker that answers nothing, and was asked for its reports so often.
fn looked(messages: usize, value_bytes: usize, batch_bytes: &str, looks: usize) -> (WireProducer, Passing) {
    let time = Passing::new();
    let broker = Broker::new(1, &[Act::Silence; 100]);
    let mut producer = broker.producer(&[("batch.size", batch_bytes), ("linger.ms", "0")]);
    let value = vec![7; value_bytes];
    for _ in 0..messages {
        assert_eq!(producer.send(None, &value, 0), SendResult::Accepted);
    }
    for _ in 0..looks {
        producer.poll_reports(10, &time, |_, _| ());
    }
    (producer, time)
}

fn link(producer: &mut WireProducer) -> &mut crate::driver::wire::link::Link<Records> {
    let at = producer.cluster.find(1).unwrap();
    producer.cluster.ready(at, u64::MAX / 2).unwrap()
}

#[test]
fn a_look_closes_and_sends_the_batches_of_one_request() {
    for looks in [1, 2, 5] {
        let (mut producer, _) = looked(10, 1_000, "1100", looks);
        assert_eq!(link(&mut producer).open(WireRequest::Produce), looks);
        assert!(producer.due_ns(producer.now_ns) <= producer.now_ns, "the rest need not wait");
    }
    let (mut producer, _) = looked(10, 1_000, "1100", 12);
    assert_eq!(link(&mut producer).open(WireRequest::Produce), 10);
    assert!(producer.due_ns(producer.now_ns) > producer.now_ns);
}

#[test]
fn a_look_writes_so_many_bytes_and_no_more() {
    let (messages, value_bytes) = (9, 100_000);
    let least = messages * value_bytes / WRITTEN_BYTES;
    let (mut producer, time) = looked(messages, value_bytes, "1000000", least);
    assert!(link(&mut producer).has_unwritten());
    let until_ns = time.now_ns() + 10_000_000_000;
    while link(&mut producer).has_unwritten() {
        assert!(time.now_ns() < until_ns);
        producer.await_reports(time.now_ns() + 1_000_000, &time);
        producer.poll_reports(10, &time, |_, _| ());
    }
}
