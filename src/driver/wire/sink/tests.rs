//! The wire driver's clients find at the sink what they would find at a broker.

use super::*;
use crate::driver::wire::scripted_broker::{Passing, deliver};
use crate::driver::wire::{Share, WireConsumer, WireProducer};
use crate::driver::{Consumer, Delivery, Time};
use crate::load::stamp::{ReadStamp, Stamp};
use crate::plan::properties::wire::{WireConsumerSettings, WireProducerSettings};
use std::collections::BTreeMap;
use std::time::Duration;

const RUN: u64 = 7;
const LIMIT: Duration = Duration::from_secs(10);

fn sink(partitions: u32, value_bytes: u32, stamps: Option<Clock>) -> SinkBroker {
    SinkBroker::start(SinkOptions { partitions, cpu: None, spins: false, run_id: RUN, value_bytes, stamps }).unwrap()
}

fn properties(sink: &SinkBroker, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let address = sink.address();
    let own = [("bootstrap.servers", address.as_str()), ("batch.size", "2000")];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_is_produced_is_counted_and_acknowledged_with_offsets_that_go_on() {
    let settings: [&[(&str, &str)]; 4] =
        [&[], &[("acks", "1")], &[("enable.idempotence", "true")], &[("compression.type", "lz4")]];
    for more in settings {
        let sink = sink(3, 100, None);
        let mut producer =
            WireProducer::connect(&WireProducerSettings::of(&properties(&sink, more)), "t", LIMIT, &Passing::new())
                .unwrap();
        let mut offsets = BTreeMap::<i32, Vec<i64>>::new();
        for (_, delivery, partition, offset) in deliver(&mut producer, 2_000) {
            assert_eq!(delivery, Delivery::Acknowledged, "{more:?}");
            offsets.entry(partition).or_default().push(offset);
        }
        assert_eq!(offsets.len(), 3);
        assert!(offsets.values().all(|of| of.iter().copied().eq(0..i64::try_from(of.len()).unwrap())), "{offsets:?}");
        drop(producer);
        let done = sink.finish();
        assert!(done.messages == 2_000 && done.requests > 1, "{done:?}");
    }
}

#[test]
fn with_acks_0_nothing_is_answered_and_all_is_taken() {
    let sink = sink(1, 100, None);
    let properties = properties(&sink, &[("acks", "0")]);
    let mut producer =
        WireProducer::connect(&WireProducerSettings::of(&properties), "t", LIMIT, &Passing::new()).unwrap();
    assert!(deliver(&mut producer, 500).iter().all(|(.., offset)| *offset == -1));
    // What was written is read before the end of the connection is.
    drop(producer);
    let deadline = Passing::new();
    let until_ns = deadline.now_ns() + 10_000_000_000;
    while lock(&sink.state.ends)[0] < 500 {
        assert!(deadline.now_ns() < until_ns);
        deadline.sleep_until(deadline.now_ns() + 1_000_000);
    }
    assert_eq!(sink.finish().messages, 500);
}

/// Partition, offset, value of at least so many messages.
fn received(sink: &SinkBroker, more: &[(&str, &str)], least: usize) -> Vec<(u32, i64, Vec<u8>)> {
    let (time, all) = (Passing::new(), Share { member: 0, members: 1 });
    let mut consumer =
        WireConsumer::connect(&WireConsumerSettings::of(&properties(sink, more)), "t", all, LIMIT, &time).unwrap();
    let until_ns = time.now_ns() + 10_000_000_000;
    let mut found = Vec::new();
    while found.len() < least {
        assert!(time.now_ns() < until_ns && consumer.fault().is_none(), "{:?}", consumer.fault());
        consumer.poll_batch(&time, |_, message| {
            found.push((message.partition, message.offset, message.value.to_vec()));
        });
    }
    found
}

#[test]
fn stamped_messages_come_once_in_order_and_whole() {
    for (partitions, value_bytes) in [(1, 100), (3, 100), (1, 1024), (1, 200_000), (12, 100)] {
        let least = if value_bytes > 10_000 { 20 } else { 5_000 };
        let sink = sink(partitions, value_bytes, Some(Clock::vdso()));
        let found = received(&sink, &[], least);
        let mut next = vec![0; partitions as usize];
        let mut sequences = Vec::new();
        for (partition, offset, value) in found {
            let ReadStamp::Stamp(stamp) = Stamp::read(&value) else { panic!("{partition} {offset}") };
            assert_eq!((stamp.run_id, stamp.producer, stamp.value_bytes, stamp.probe), (RUN, 0, value_bytes, false));
            assert_eq!(offset, next[partition as usize]);
            next[partition as usize] += 1;
            sequences.push(stamp.sequence);
        }
        if partitions == 1 {
            assert!(sequences.iter().copied().eq(0..sequences.len() as u64));
        }
        let count = sequences.len();
        sequences.sort_unstable();
        sequences.dedup();
        assert_eq!(sequences.len(), count, "{partitions} partitions: none twice");
        assert!(sink.finish().messages >= count as u64);
    }
}

#[test]
fn without_stamps_the_same_values_come_again_and_an_answer_is_as_long_as_may_be() {
    let sink = sink(1, 1024, None);
    let found = received(&sink, &[("max.partition.fetch.bytes", "140000")], 1_000);
    assert!(found.iter().map(|(_, offset, _)| *offset).eq(0..i64::try_from(found.len()).unwrap()));
    assert!(found.iter().all(|(.., value)| *value == found[0].2));
    let SinkUse { messages, requests, .. } = sink.finish();
    // Two batches of some 64 KiB.
    assert!((100..=136).contains(&(messages / requests)), "{messages} in {requests} answers");
}

#[test]
fn a_cpu_that_is_not_there_is_an_error() {
    let nowhere =
        SinkOptions { partitions: 1, cpu: Some(100_000), spins: true, run_id: RUN, value_bytes: 100, stamps: None };
    assert!(SinkBroker::start(nowhere).unwrap_err().to_string().contains("CPU 100000"));
}
