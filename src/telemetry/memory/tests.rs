//! Segments in /dev/shm: made, opened, refused, gone.

use super::super::owner::new_name;
use super::*;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(SHM_FOLDER).join(name)
}

#[test]
fn a_segment_is_private_and_its_space_is_reserved() {
    let (_, name) = new_name().unwrap();
    let memory = Memory::create(&name, 1 << 20, "producer 0").unwrap();
    let file = std::fs::metadata(path(&name)).unwrap();
    assert_eq!(file.mode() & 0o777, 0o600);
    assert_eq!(file.blocks() * 512, 1 << 20);
    drop(memory);
    assert!(!path(&name).exists());
}

#[test]
fn after_unlinking_the_mapping_stays_and_a_new_file_of_that_name_is_left_alone() {
    let (_, name) = new_name().unwrap();
    let mut memory = Memory::create(&name, 4096, "producer 0").unwrap();
    memory.unlink();
    assert!(!path(&name).exists());
    memory.store(3, 7, Ordering::Relaxed);
    assert_eq!(memory.load(3, Ordering::Relaxed), 7);
    let other = Memory::create(&name, 4096, "producer 0").unwrap();
    memory.unlink();
    drop(memory);
    assert!(path(&name).exists());
    drop(other);
}

#[test]
fn a_refusal_tells_what_is_needed_and_leaves_nothing() {
    let (_, name) = new_name().unwrap();
    let error = Memory::create(&name, 1 << 60, "consumer 4").unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, SegmentError::NoRoom { needed_bytes: 0x1000_0000_0000_0000, .. }), "{text}");
    assert!(text.contains("consumer 4") && text.contains("--shm-size"), "{text}");
    assert!(!path(&name).exists());
    for errno in [Errno::ENOSPC, Errno::ENOMEM] {
        assert!(matches!(refused(errno, "n", 1, "c"), SegmentError::NoRoom { .. }));
    }
    assert!(matches!(refused(Errno::EACCES, "n", 1, "c"), SegmentError::System { .. }));
}

#[test]
fn opening_what_is_not_there_is_an_error() {
    let text = Memory::open("pinload-1-1-1-0000000000000000").unwrap_err().to_string();
    assert!(text.contains("No such file"), "{text}");
}

#[test]
#[should_panic(expected = "outside of the segment")]
fn a_word_behind_the_end_is_never_touched() {
    let (_, name) = new_name().unwrap();
    let memory = Memory::create(&name, 4096, "producer 0").unwrap();
    memory.load(512, Ordering::Relaxed);
}

#[test]
fn bytes_come_back_as_they_were_written() {
    let (_, name) = new_name().unwrap();
    let memory = Memory::create(&name, 4096, "producer 0").unwrap();
    memory.prefault();
    memory.store_bytes(1, b"thirteen bytes"[..13].as_ref());
    let mut back = [0; 13];
    memory.load_bytes(1, &mut back);
    assert_eq!(&back, b"thirteen byte");
}
