//! Compressed batches as we write them read by `kafka-protocol`, and as it writes them read by us; and what is no such
//! thing. For zstd its own library's streams stand in: the crate's feature brings others along, with which librdkafka
//! would be built twice.
//!
//! Over 250 lines: a table, each codec in turn.

use super::pack::{GZIP, LZ4, PLAIN, Packer, SNAPPY, ZSTD};
use super::records::Records;
use super::stored::{BatchHead, RecordsIn, Unreadable};
use super::unpack::{MOST_BYTES, Unpacker};
use crate::plan::message::BATCH_HEADER_BYTES;
use crate::plan::properties::wire::{Codec, Compression};
use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{
    Compression as Theirs, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;
use std::io::Write as _;
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

/// Codec, level, its number, theirs.
const CODECS: [(Codec, i32, u8, Theirs); 6] = [
    (Codec::Gzip, 6, GZIP, Theirs::Gzip),
    (Codec::Gzip, 1, GZIP, Theirs::Gzip),
    (Codec::Snappy, 0, SNAPPY, Theirs::Snappy),
    (Codec::Lz4, 0, LZ4, Theirs::Lz4),
    (Codec::Zstd, 3, ZSTD, Theirs::Zstd),
    (Codec::Zstd, 12, ZSTD, Theirs::Zstd),
];

/// Values that can be compressed, up to several blocks of every codec's.
fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let words = proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..9), 1..30);
    let value =
        (words, 0usize..9_000).prop_map(|(words, length)| words.concat().into_iter().cycle().take(length).collect());
    proptest::collection::vec(value, 1..60)
}

fn sealed(values: &[Vec<u8>], packer: &mut Packer) -> Records {
    let mut records = Records::default();
    records.begin(3, 0, 0, 1_700_000_000_000);
    values.iter().for_each(|value| records.add(Some(b"key"), value, 0, 0));
    records.seal(packer);
    records
}

/// Streams without a content size, as Java's: in pieces.
fn zstd_stream(bytes: &[u8]) -> Vec<u8> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(5)).unwrap();
    let mut out = vec![0; zstd_safe::compress_bound(bytes.len()) + 1_000];
    let mut output = OutBuffer::around(&mut out[..]);
    for piece in bytes.chunks(1_000) {
        let mut input = InBuffer::around(piece);
        while input.pos() < piece.len() {
            context.compress_stream(&mut output, &mut input).unwrap();
        }
    }
    while context.end_stream(&mut output).unwrap() > 0 {}
    let length = output.pos();
    out.truncate(length);
    out
}

fn unzstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 20);
    zstd_safe::decompress(&mut out, bytes).unwrap();
    out
}

/// What they read in a batch of ours.
fn read_by_them(batch: &[u8], theirs: Theirs) -> Vec<Record> {
    let mut bytes = Bytes::copy_from_slice(batch);
    let read = if theirs == Theirs::Zstd {
        let own = |packed: &mut Bytes, _: Theirs| Ok(Bytes::from(unzstd(packed)));
        RecordBatchDecoder::decode_with_custom_compression(&mut bytes, Some(own))
    } else {
        RecordBatchDecoder::decode(&mut bytes)
    };
    let read = read.unwrap();
    assert_eq!(read.compression as u8, theirs as u8);
    read.records
}

fn written_by_them(values: &[Vec<u8>], theirs: Theirs) -> BytesMut {
    let record = |(value, nth): (&Vec<u8>, i32)| Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: 4,
        producer_id: 9,
        producer_epoch: 1,
        timestamp_type: TimestampType::Creation,
        offset: nth.into(),
        sequence: nth,
        timestamp: 1_700_000_000_000,
        key: None,
        value: Some(Bytes::from(value.clone())),
        headers: [("h".into(), Some(Bytes::from_static(b"header")))].into_iter().collect(),
    };
    let records: Vec<Record> = values.iter().zip(0..).map(record).collect();
    let options = RecordEncodeOptions { version: 2, compression: theirs };
    let mut bytes = BytesMut::new();
    if theirs == Theirs::Zstd {
        let own = |plain: &mut BytesMut, to: &mut BytesMut, _: Theirs| {
            to.extend_from_slice(&zstd_stream(plain));
            Ok(())
        };
        RecordBatchEncoder::encode_with_custom_compression(&mut bytes, &records, &options, Some(own)).unwrap();
    } else {
        RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
    }
    bytes
}

/// The values that we read in a batch.
fn read_by_us(batch: &[u8], unpacker: &mut Unpacker) -> Vec<Vec<u8>> {
    let head = BatchHead::read(batch).unwrap().unwrap();
    head.check(batch).unwrap();
    let length = unpacker.unpack(head.codec(), &batch[BATCH_HEADER_BYTES..head.bytes]).unwrap();
    let mut place = RecordsIn::new(0, length);
    let mut values = Vec::new();
    while let Some(record) = place.next(unpacker.bytes()).unwrap() {
        assert_eq!(record.offset_delta, i64::try_from(values.len()).unwrap());
        values.push(record.value.unwrap_or_default().to_vec());
    }
    assert_eq!(values.len(), usize::try_from(head.count).unwrap());
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_we_compress_is_read_by_others_and_by_us(values in values()) {
        let mut unpacker = Unpacker::default();
        for (codec, level, number, theirs) in CODECS {
            let mut packer = Packer::new(Compression { codec, level });
            // Again with the same contexts.
            for _ in 0..2 {
                let records = sealed(&values, &mut packer);
                let batch = &records.as_sent()[8..];
                prop_assert_eq!(&records.as_sent()[4..8], &u32::try_from(batch.len()).unwrap().to_be_bytes());
                let head = BatchHead::read(batch).unwrap().unwrap();
                let theirs = if head.codec() == PLAIN { Theirs::None } else { theirs };
                prop_assert!(head.codec() == PLAIN || head.codec() == number);
                prop_assert!(batch.len() <= records.batch_bytes());
                let read = read_by_them(batch, theirs);
                let read_values = read.iter().map(|record| record.value.as_deref().unwrap());
                prop_assert!(read_values.eq(values.iter().map(|value| &value[..])));
                if head.codec() != PLAIN {
                    prop_assert_eq!(&read_by_us(batch, &mut unpacker), &values);
                }
                // Reports are read from what was not compressed.
                let mut place = records.read();
                for value in &values {
                    prop_assert_eq!(records.next(&mut place).and_then(|(record, _)| record.value), Some(&value[..]));
                }
            }
        }
    }

    #[test]
    fn what_others_compress_is_read_by_us(values in values()) {
        let mut unpacker = Unpacker::default();
        for theirs in [Theirs::Gzip, Theirs::Snappy, Theirs::Lz4, Theirs::Zstd] {
            prop_assert_eq!(&read_by_us(&written_by_them(&values, theirs), &mut unpacker), &values);
        }
    }

    #[test]
    fn no_compressed_bytes_are_too_wild(
        values in values(),
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        at: prop::sample::Index,
        bit in 0u8..8,
    ) {
        let mut unpacker = Unpacker::default();
        for (codec, level, number, _) in CODECS {
            let _ = unpacker.unpack(number, &noise);
            let records = sealed(&values, &mut Packer::new(Compression { codec, level }));
            let mut packed = records.as_sent()[8 + BATCH_HEADER_BYTES..].to_vec();
            let _ = unpacker.unpack(number, &packed[..at.index(packed.len())]);
            let turned = at.index(packed.len());
            packed[turned] ^= 1 << bit;
            let _ = unpacker.unpack(number, &packed);
            prop_assert!(unpacker.bytes().len() <= MOST_BYTES);
        }
    }
}

#[test]
fn plain_snappy_and_gzip_with_a_name_in_several_members_are_read() {
    let mut unpacker = Unpacker::default();
    let plain = b"sent by librdkafka ".repeat(50);
    let packed = snap::raw::Encoder::new().compress_vec(&plain).unwrap();
    assert_eq!(unpacker.unpack(SNAPPY, &packed), Ok(plain.len()));
    assert_eq!(unpacker.bytes(), plain);
    let mut packed = Vec::new();
    for half in [&plain[..400], &plain[400..]] {
        let head = flate2::GzBuilder::new().filename("records").comment("of somebody").extra([7; 20]);
        let mut encoder = head.write(&mut packed, flate2::Compression::best());
        encoder.write_all(half).unwrap();
        encoder.finish().unwrap();
    }
    assert_eq!(unpacker.unpack(GZIP, &packed), Ok(plain.len()));
    assert_eq!(unpacker.bytes(), plain);
}

#[test]
fn a_batch_that_blows_up_is_an_error_and_takes_no_memory_before() {
    let zeros = vec![0; MOST_BYTES + 1];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&zeros).unwrap();
    let gzip = encoder.finish().unwrap();
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(&zeros).unwrap();
    let lz4 = encoder.finish().unwrap();
    let zstd = zstd_stream(&zeros);
    drop(zeros);
    for (codec, packed) in [(GZIP, gzip), (LZ4, lz4), (ZSTD, zstd)] {
        let mut unpacker = Unpacker::default();
        assert_eq!(unpacker.unpack(codec, &packed), Err(Unreadable::TooLarge));
    }
    // Claims 128 MiB in six bytes.
    assert_eq!(
        Unpacker::default().unpack(SNAPPY, &[0x80, 0x80, 0x80, 0x40, 0, 0]),
        Err(Unreadable::Compressed("snappy"))
    );
}

#[test]
fn what_a_large_batch_has_taken_is_given_back_when_it_was_read() {
    let (large, small) = (vec![7; 20_000_000], vec![7; 1_000]);
    let mut unpacker = Unpacker::default();
    for _ in 0..2 {
        assert_eq!(unpacker.unpack(ZSTD, &zstd_stream(&large)), Ok(large.len()));
        assert!(unpacker.kept_bytes() >= large.len());
        unpacker.batch_was_read();
        assert_eq!(unpacker.kept_bytes(), 0);
        assert_eq!(unpacker.unpack(ZSTD, &zstd_stream(&small)), Ok(small.len()));
        let kept_bytes = unpacker.kept_bytes();
        unpacker.batch_was_read();
        assert_eq!(unpacker.kept_bytes(), kept_bytes, "small ones use it again");
    }
}

#[test]
fn what_is_no_such_thing_is_told_by_the_codecs_name() {
    let mut unpacker = Unpacker::default();
    for (codec, name) in [(GZIP, "gzip"), (SNAPPY, "snappy"), (LZ4, "lz4"), (ZSTD, "zstd")] {
        assert_eq!(unpacker.unpack(codec, &[0xee; 40]), Err(Unreadable::Compressed(name)));
        assert_eq!(unpacker.unpack(codec, &[]), Ok(0), "an emptied batch");
    }
    assert_eq!(unpacker.unpack(7, b"x"), Err(Unreadable::UnknownCodec(7)));
}

#[test]
fn what_gets_no_smaller_is_sent_as_it_is() {
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(500).collect();
    for (codec, level, ..) in CODECS {
        let records = sealed(std::slice::from_ref(&noise), &mut Packer::new(Compression { codec, level }));
        let batch = &records.as_sent()[8..];
        assert_eq!(BatchHead::read(batch).unwrap().unwrap().codec(), PLAIN, "{codec:?}");
        assert_eq!(read_by_them(batch, Theirs::None)[0].value.as_deref(), Some(&noise[..]));
    }
}
