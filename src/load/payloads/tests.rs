//! Payloads are what the plan says, and each is chosen as often as it should be.

use super::*;
use crate::plan::KeyDistributor;

fn plan(size_bytes: u32, payload: PayloadPlan) -> MessagePlan {
    MessagePlan {
        size_bytes,
        largest_bytes: size_bytes,
        keys: KeyDistributor::NoKey,
        payload,
        stamp: true,
        no_stamp_reason: None,
    }
}

#[test]
fn random_payloads_are_random_at_the_start_and_zero_behind_and_repeatable() {
    let plan = plan(1_000, PayloadPlan::Randomized { pool: 5, random_bytes: 300, seed: 42 });
    let Payloads { values: payloads, weights } = make(&plan).unwrap();
    assert_eq!((payloads.len(), weights.len()), (5, 0));
    for (i, payload) in payloads.iter().enumerate() {
        assert_eq!(payload.len(), 1_000);
        assert!(payload[..300].iter().filter(|&&byte| byte != 0).count() > 250);
        assert!(payload[300..].iter().all(|&byte| byte == 0));
        assert!(!payloads[..i].contains(payload));
    }
    assert_eq!(make(&plan).unwrap().values, payloads);
}

#[test]
fn a_file_is_one_payload_of_the_right_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload.data");
    std::fs::write(&path, b"0123456789").unwrap();
    assert_eq!(make(&plan(10, PayloadPlan::File { path: path.clone() })).unwrap().values, [b"0123456789"]);
    let error = make(&plan(11, PayloadPlan::File { path })).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = make(&plan(11, PayloadPlan::File { path: folder.path().join("absent") })).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("absent"));
}

#[test]
fn the_choice_is_uniform_and_needs_no_luck_among_one() {
    let mut counts = [0u32; 8];
    let mut choice = Choice::new(1, 8);
    for _ in 0..80_000 {
        counts[choice.next()] += 1;
    }
    assert!(counts.iter().all(|&count| (9_500..10_500).contains(&count)), "{counts:?}");
    let mut alone = Choice::new(1, 1);
    assert!((0..100).all(|_| alone.next() == 0));
}

#[test]
fn the_files_of_a_folder_are_payloads_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("b", "second"), ("a", "first"), (".c", "hidden")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let payload = PayloadPlan::Folder { path: folder.path().to_owned(), files: 2 };
    let wide = MessagePlan { largest_bytes: 6, ..plan(5, payload.clone()) };
    assert_eq!(make(&wide).unwrap().values, [&b"first"[..], b"second"]);
    let error = make(&plan(5, payload)).unwrap_err().to_string();
    assert_eq!(error, "a payload has 6 bytes, the longest message is to have 5");
}

#[test]
fn a_distribution_is_one_payload_for_each_size() {
    let size = |highest_bytes, weight| SizePlan { lowest_bytes: 0, highest_bytes, random_bytes: 10, weight };
    let payload = PayloadPlan::Distribution { sizes: vec![size(10, 3), size(100, 1)], seed: 1 };
    let payloads = make(&MessagePlan { largest_bytes: 100, ..plan(55, payload) }).unwrap();
    assert_eq!(payloads.values.iter().map(Vec::len).collect::<Vec<_>>(), [10, 100]);
    assert_eq!(payloads.weights, [3, 1]);
    assert!(payloads.values[1][..10].iter().any(|byte| *byte != 0));
    assert!(payloads.values[1][10..].iter().all(|byte| *byte == 0));
}

#[test]
fn given_payloads_are_served_as_they_are_when_they_make_sense() {
    let given = |payloads: &[&[u8]], weights: &[u64]| {
        let payloads = payloads.iter().map(|payload| payload.to_vec()).collect();
        make(&plan(3, PayloadPlan::Given { payloads, weights: weights.to_vec() }))
    };
    assert_eq!(given(&[b"abc", b""], &[0, 1]).unwrap().values, [&b"abc"[..], b""]);
    assert!(given(&[b"abc"], &[]).unwrap().weights.is_empty());
    for (payloads, weights) in [
        (&[][..], &[][..]),
        (&[&b"abcd"[..]], &[]),
        (&[&b"abc"[..]], &[1, 1]),
        (&[&b"abc"[..]], &[0]),
        (&[&b"a"[..], &b"b"[..]], &[u64::MAX, 1]),
    ] {
        assert_eq!(given(payloads, weights).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}

#[test]
fn a_choice_by_weight_follows_the_weights() {
    let mut counts = [0u32; 4];
    let mut choice = Choice::by_weight(1, [10, 10, 40, 100].into());
    for _ in 0..100_000 {
        counts[choice.next()] += 1;
    }
    assert_eq!(counts[1], 0, "a weight of 0 is never chosen");
    for (count, expected) in [(counts[0], 10_000), (counts[2], 30_000), (counts[3], 60_000)] {
        assert!(count.abs_diff(expected) < 1_000, "{counts:?}");
    }
}
