//! Batches as we write them read by `kafka-protocol`, and as it writes them read by us.

use super::pack::{PLAIN, Packer};
use super::records::{BatchNumber, Records};
use super::stored::{BatchHead, RecordsIn, Unreadable};
use crate::plan::properties::wire::{Codec, Compression as Packing};
use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;

type Message = (Option<Vec<u8>>, Vec<u8>, u32);

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let key = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20));
    let value = proptest::collection::vec(any::<u8>(), 0..300);
    proptest::collection::vec((key, value, 0u32..5_000), 1..60)
}

fn written(messages: &[Message]) -> Records {
    let mut records = Records::default();
    records.begin(7, 0, 1_000, 1_700_000_000_000);
    for (tag, (key, value, ms)) in messages.iter().enumerate() {
        records.add(key.as_deref(), value, tag, 1_000 + u64::from(*ms) * 1_000_000);
    }
    records.seal(&mut plain());
    records
}

fn plain() -> Packer {
    Packer::new(Packing { codec: Codec::Plain, level: 0 })
}

proptest! {
    #[test]
    fn what_we_write_is_read_by_others(messages in messages()) {
        let records = written(&messages);
        prop_assert_eq!(&records.as_sent()[..4], [0, 0, 0, 7]);
        let mut bytes = Bytes::copy_from_slice(&records.as_sent()[8..]);
        let length = i32::from_be_bytes(records.as_sent()[4..8].try_into().unwrap());
        prop_assert_eq!(usize::try_from(length), Ok(bytes.len()));
        let read = RecordBatchDecoder::decode(&mut bytes).unwrap().records;
        prop_assert_eq!(read.len(), messages.len());
        for ((record, (key, value, ms)), nth) in read.iter().zip(&messages).zip(0..) {
            prop_assert_eq!(record.key.as_deref(), key.as_deref());
            prop_assert_eq!(record.value.as_deref(), Some(&value[..]));
            prop_assert_eq!(record.timestamp, 1_700_000_000_000 + i64::from(*ms));
            prop_assert_eq!(record.offset, nth);
            prop_assert_eq!((record.producer_id, record.producer_epoch), (-1, -1));
        }
    }

    #[test]
    fn our_own_messages_come_back_with_their_tags(messages in messages()) {
        let records = written(&messages);
        let mut place = records.read();
        for (tag, (key, value, _)) in messages.iter().enumerate() {
            let (record, found) = records.next(&mut place).unwrap();
            prop_assert_eq!((record.key, record.value, found), (key.as_deref(), Some(&value[..]), tag));
        }
        prop_assert!(records.next(&mut place).is_none());
    }

    #[test]
    fn what_others_write_is_read_by_us(messages in messages(), base in 0i64..1 << 40) {
        let records: Vec<Record> = messages.iter().zip(0i32..).map(|((key, value, ms), nth)| Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: 4,
            producer_id: 9,
            producer_epoch: 1,
            timestamp_type: TimestampType::Creation,
            offset: base + i64::from(nth),
            sequence: nth,
            timestamp: 1_700_000_000_000 + i64::from(*ms),
            key: key.clone().map(Bytes::from),
            value: (nth % 7 != 6).then(|| Bytes::from(value.clone())),
            headers: [("h".into(), Some(Bytes::from_static(b"header")))].into_iter().collect(),
        }).collect();
        let mut bytes = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression: Compression::None };
        RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
        bytes.extend_from_slice(&[7; 30]);
        let head = BatchHead::read(&bytes).unwrap().unwrap();
        head.check(&bytes).unwrap();
        prop_assert_eq!(head.base_offset, base);
        prop_assert_eq!(head.next_offset(), Some(base + i64::try_from(messages.len()).unwrap()));
        prop_assert_eq!((head.is_control(), head.is_transactional(), head.codec()), (false, false, PLAIN));
        prop_assert!(!head.has_brokers_time());
        let mut stamped_by_broker = bytes.clone();
        stamped_by_broker[22] |= 8;
        prop_assert!(BatchHead::read(&stamped_by_broker).unwrap().unwrap().has_brokers_time());
        let mut place = RecordsIn::of(&head, 0);
        for record in &records {
            let read = place.next(&bytes).unwrap().unwrap();
            prop_assert_eq!((read.key, read.value), (record.key.as_deref(), record.value.as_deref()));
            prop_assert_eq!(head.base_offset + read.offset_delta, record.offset);
            prop_assert_eq!(head.base_ms + read.delta_ms, record.timestamp);
        }
        prop_assert_eq!(place.next(&bytes), Ok(None));
    }

    #[test]
    fn a_bit_that_was_turned_is_found(messages in messages(), at: prop::sample::Index, bit in 0u8..8) {
        let records = written(&messages);
        let mut bytes = records.as_sent()[8..].to_vec();
        let at = 21 + at.index(bytes.len() - 21);
        bytes[at] ^= 1 << bit;
        if let Ok(Some(head)) = BatchHead::read(&bytes) {
            prop_assert_eq!(head.check(&bytes), Err(Unreadable::Crc));
        }
    }

    #[test]
    fn no_bytes_are_too_wild(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), like_a_batch: bool) {
        if like_a_batch && bytes.len() > 61 {
            let length = i32::try_from(bytes.len() - 12).unwrap();
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
            bytes[16] = 2;
            (bytes[0], bytes[23], bytes[57]) = (0, 0, 0);
        }
        if let Ok(Some(head)) = BatchHead::read(&bytes) {
            prop_assert!(head.bytes <= bytes.len());
            let mut place = RecordsIn::of(&head, 0);
            let mut count = 0;
            while let Ok(Some(_)) = place.next(&bytes) {
                count += 1;
            }
            prop_assert!(count <= bytes.len());
        }
    }
}

#[test]
fn a_number_is_read_by_others_another_one_too_after_it_was_sent() {
    let mut records = Records::default();
    records.begin(0, 0, 0, 0);
    (0..3).for_each(|_| records.add(None, b"value", 0, 0));
    let read = |records: &Records| {
        let mut bytes = Bytes::copy_from_slice(&records.as_sent()[8..]);
        let read = RecordBatchDecoder::decode(&mut bytes).unwrap().records;
        (read[0].producer_id, read[0].producer_epoch, read[0].sequence, read[2].sequence)
    };
    records.set_number(BatchNumber { producer_id: 70, epoch: 1, sequence: 500 });
    records.seal(&mut plain());
    assert_eq!(read(&records), (70, 1, 500, 502));
    records.attempts = 1;
    records.set_number(BatchNumber { producer_id: 70, epoch: 2, sequence: 0 });
    assert_eq!(read(&records), (70, 2, 0, 2));
}

/// Batches of this length in bytes, about, are summed up as a whole, in one piece and in several.
#[test]
fn the_sum_of_a_batch_is_right_however_many_pieces_it_was_summed_up_in() {
    for least in [30_000, 32_700, 33_000, 65_600, 400_000] {
        let mut records = Records::default();
        records.begin(0, 0, 0, 0);
        while records.batch_bytes() < least {
            records.add(None, &[records.count.to_be_bytes()[3]; 777], 0, 0);
        }
        for epoch in 0..2 {
            records.set_number(BatchNumber { producer_id: 70, epoch, sequence: 1 });
            records.seal(&mut plain());
            let head = BatchHead::read(records.as_batch()).unwrap().unwrap();
            assert_eq!(head.check(records.as_batch()), Ok(()), "{least} {epoch}");
        }
    }
}

#[test]
fn a_batch_that_was_cut_off_is_not_there() {
    let records = written(&[(None, vec![1; 100], 0)]);
    let bytes = &records.as_sent()[8..];
    for length in 0..bytes.len() {
        assert_eq!(BatchHead::read(&bytes[..length]), Ok(None), "{length}");
    }
    assert!(BatchHead::read(bytes).unwrap().is_some());
}

#[test]
fn formats_of_old_are_named() {
    let mut bytes = [0; 80];
    bytes[16] = 1;
    assert_eq!(BatchHead::read(&bytes), Err(Unreadable::OldFormat(1)));
}
