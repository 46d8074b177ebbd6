//! Pools of payloads: written, viewed, refused, gone.

use super::super::memory::SHM_FOLDER;
use super::*;
use std::path::Path;

#[test]
fn every_payload_is_read_as_written() {
    for length in [0, 1, 127, 128, 1_000] {
        let payloads: Vec<Vec<u8>> = (0..7_u8).map(|i| vec![i + 1; length]).collect();
        let mut owner = PoolOwner::create(&payloads, &[]).unwrap();
        let view = PoolView::attach(owner.name()).unwrap();
        owner.unlink();
        assert_eq!((view.count(), view.one_length()), (7, Some(length)));
        assert!(view.cumulative_weights().is_empty());
        for (i, payload) in payloads.iter().enumerate() {
            assert_eq!(view.payload(i), payload);
        }
    }
}

#[test]
fn a_view_is_read_only() {
    let owner = PoolOwner::create(&[vec![1; 10]], &[]).unwrap();
    let view = PoolView::attach(owner.name()).unwrap();
    let address = format!("{:x}-", view.memory.base().addr());
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.starts_with(&address)).unwrap();
    assert!(line.contains(" r--s "), "{line}");
}

#[test]
fn payloads_may_differ_in_length_and_weight() {
    let payloads: Vec<Vec<u8>> = [300, 0, 1, 128, 129].map(|length| vec![7; length]).to_vec();
    let owner = PoolOwner::create(&payloads, &[1, 0, 5, u64::from(u32::MAX), 2]).unwrap();
    let view = PoolView::attach(owner.name()).unwrap();
    assert_eq!(view.one_length(), None);
    assert_eq!(view.cumulative_weights(), [1, 1, 6, (1 << 32) + 5, (1 << 32) + 7]);
    for (i, payload) in payloads.iter().enumerate() {
        assert_eq!(view.payload(i), payload);
        assert!(view.payload(i).as_ptr().addr().is_multiple_of(ALIGNMENT));
    }
}

#[test]
fn no_payloads_and_weights_that_make_no_sense_are_refused() {
    let two = [vec![1], vec![2]];
    for (payloads, weights) in [
        (&[][..], &[][..]),
        (&two[..], &[1][..]),
        (&two[..], &[0, 0][..]),
        (&two[..], &[1, u64::MAX][..]),
        (&two[..], &[1, 1, 1][..]),
    ] {
        assert!(matches!(PoolOwner::create(payloads, weights), Err(SegmentError::System { .. })));
    }
}

#[test]
fn numbers_that_do_not_fit_the_mapping_are_refused() {
    let (owner, name) = new_name().unwrap();
    let memory = Memory::create(&name, 4096, "test").unwrap();
    let attach = |details: [u64; 2], table: &[u64]| {
        table.iter().zip(HEADER_WORDS..).for_each(|(value, word)| memory.store(word, *value, Ordering::Relaxed));
        header::write(&memory, POOL_MAGIC, owner, &[details[0], details[1], 0, 0, 0, 0, 0, 0]);
        PoolView::attach(&name)
    };
    for (details, table) in [
        ([0, 0], &[][..]),
        ([u64::MAX, 0], &[]),
        ([1 << 40, 1], &[]),
        ([256, 1], &[]),
        ([1, 2], &[256, 1]),
        ([1, 0], &[128, 1]),
        ([1, 0], &[256, 4000]),
        ([1, 0], &[u64::MAX, u64::MAX]),
        ([1, 1], &[256, 1, 0]),
        ([2, 1], &[256, 1, 256, 1, 5, 4]),
    ] {
        let error = attach(details, table).unwrap_err();
        assert!(matches!(error, SegmentError::Mismatch { .. }), "{details:?} {table:?}: {error}");
    }
    assert_eq!(attach([2, 1], &[256, 1, 384, 100, 5, 5]).unwrap().payload(1).len(), 100);
    memory.store(0, 1, Ordering::Relaxed);
    assert!(PoolView::attach(&name).unwrap_err().to_string().contains("magic"));
}

#[test]
fn dropping_the_owner_removes_the_file() {
    let owner = PoolOwner::create(&[vec![1; 10]], &[]).unwrap();
    let path = Path::new(SHM_FOLDER).join(owner.name());
    assert!(path.exists());
    drop(owner);
    assert!(!path.exists());
}
