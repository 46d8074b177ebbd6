//! What is written is read back, whatever happened to the end of the file.

use super::*;
use proptest::prelude::*;
use std::path::Path;

fn header() -> Header {
    Header {
        pinload_version: "0.1.0".to_owned(),
        role: Role::Producer,
        index: 3,
        run_id: "00000000000000ff".to_owned(),
        topic: "test-topic".to_owned(),
        group: None,
        record_bytes: RECORD_BYTES,
        wall_offset_ns: -5,
    }
}

fn sample(sequence: u64) -> Record {
    Record {
        sequence,
        intended_ns: 1_000 + sequence,
        sent_ns: 2_000,
        at_ns: 3_000,
        offset: 40,
        partition: 5,
        producer: 3,
        value_bytes: 100,
        code: -192,
        outcome: RecordedEvent::Failed,
        flags: flag::PROBE | flag::NO_SENT,
    }
}

fn written(path: &Path, records: u64) {
    let mut writer = RawWriter::create(path, &header()).unwrap();
    (0..records).for_each(|sequence| writer.push(&sample(sequence)));
    writer.cut(9_000, 8_000);
    assert_eq!((writer.recorded(), writer.lost(), writer.failure()), (records, 0, None));
}

fn read(path: &Path) -> (Vec<Record>, usize) {
    let mut file = RawFile::open(path).unwrap();
    assert_eq!(file.header(), &header());
    let records = file.by_ref().collect::<Result<_, _>>().unwrap();
    (records, file.torn_bytes())
}

#[test]
fn what_is_written_is_read_back_with_its_cuts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    // More than the buffer holds.
    let count = 50_000;
    written(&path, count);
    let (records, torn) = read(&path);
    assert_eq!((records.len() as u64, torn), (count + 1, 0));
    assert!(records.iter().zip(0..count).all(|(record, sequence)| *record == sample(sequence)));
    assert_eq!(records.last(), Some(&Record::cut(9_000, 8_000)));
}

#[test]
fn the_layout_is_the_documented_one() {
    let record = Record {
        sequence: 0x0102,
        intended_ns: 0x1112,
        sent_ns: 0x2122,
        at_ns: 0x3132,
        offset: -1,
        partition: -1,
        producer: 0x4142,
        value_bytes: 0x5152,
        code: -2,
        outcome: RecordedEvent::Cut,
        flags: 0x61,
    };
    let bytes = record.to_bytes();
    for (at, word) in [(0, 0x0102), (8, 0x1112), (16, 0x2122), (24, 0x3132)] {
        assert_eq!(u64::from_le_bytes(part(&bytes, at)), word);
    }
    assert_eq!(bytes[32..44], [0xff; 12]);
    assert_eq!((bytes[44], bytes[45], bytes[48], bytes[49]), (0x42, 0x41, 0x52, 0x51));
    assert_eq!(bytes[52..], [0xfe, 0xff, 255, 0x61]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    written(&path, 0);
    let file = std::fs::read(&path).unwrap();
    assert_eq!((&file[..8], &file[8..12]), (&b"PLD-RAW\n"[..], &[1, 0, 0, 0][..]));
    let begin = usize::from(file[12]) + 256 * usize::from(file[13]);
    assert_eq!((begin % 8, file[begin - 1]), (0, b'\n'));
    assert_eq!(file.len(), begin + RECORD_BYTES);
}

#[test]
fn a_file_that_ends_within_a_record_is_read_up_to_the_last_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    written(&path, 3);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - RECORD_BYTES - 10]).unwrap();
    let (records, torn) = read(&path);
    assert_eq!((records, torn), (vec![sample(0), sample(1)], RECORD_BYTES - 10));
}

#[test]
fn what_is_no_such_file_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let opened = RawFile::open(&path).and_then(|file| file.collect::<Result<Vec<_>, _>>());
        opened.unwrap_err().to_string()
    };
    written(&path, 1);
    let whole = std::fs::read(&path).unwrap();
    assert!(refused(b"").contains("no file of raw samples"));
    assert!(refused(&whole[..15]).contains("no file of raw samples"));
    assert!(refused(br#"{"workload": "small"}"#).contains("no file of raw samples"));
    assert!(refused(&whole[..30]).contains("ends in it"));
    let changed = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    assert!(refused(&changed(8, 2)).contains("version 2"));
    assert!(refused(&changed(15, 9)).contains("damaged header"));
    assert!(refused(&changed(20, 0)).contains("damaged header"));
    let last = whole.len() - 2;
    assert!(refused(&changed(last, 77)).contains("record 1 has outcome 77"));
    std::fs::remove_file(&path).unwrap();
    assert!(RawFile::open(&path).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    std::fs::write(&path, "mine").unwrap();
    assert!(RawWriter::create(&path, &header()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn on_a_full_disk_the_reason_is_kept_and_every_sample_is_counted() {
    let mut writer = RawWriter::create(Path::new("/dev/full"), &header());
    // A device cannot be made anew, so the header is what fails there; the records fail on a file that may not grow.
    assert!(writer.as_mut().is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let mut writer = RawWriter::create(&path, &header()).unwrap();
    writer.push(&sample(0));
    writer.flush();
    writer.replace_file(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    (1..=10).for_each(|sequence| writer.push(&sample(sequence)));
    writer.cut(9_000, 8_000);
    writer.push(&sample(11));
    writer.flush();
    assert_eq!((writer.recorded(), writer.lost()), (1, 11));
    let failure = writer.failure().unwrap();
    assert!(failure.contains("samples: No space left on device"), "{failure}");
    assert_eq!(read(&path), (vec![sample(0)], 0));
}

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was(
        words in prop::array::uniform4(any::<u64>()), offset in any::<i64>(), partition in any::<i32>(),
        halves in prop::array::uniform2(any::<u32>()), code in any::<i16>(),
        outcome in 0_usize..RecordedEvent::ALL.len(), flags in any::<u8>(),
    ) {
        let [sequence, intended_ns, sent_ns, at_ns] = words;
        let [producer, value_bytes] = halves;
        let outcome = RecordedEvent::ALL[outcome];
        let record = Record {
            sequence, intended_ns, sent_ns, at_ns, offset, partition, producer, value_bytes, code, outcome, flags,
        };
        prop_assert_eq!(Record::of_bytes(&record.to_bytes()), Some(record));
    }
}
