//! Our bytes are the crate's and Java's; damaged ones are refused.

use super::super::buckets::{COARSE, FINE, bins, lowest_at};
use super::super::recorder::{BINS, Recorder, empty_histogram};
use super::*;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use proptest::prelude::*;

fn recorded(values: &[(u32, u64)]) -> Recorder {
    let mut recorder = Recorder::new();
    values.iter().for_each(|(bits, random)| recorder.record(random >> (22 + bits)));
    recorder
}
fn from_hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}
fn not_0(counts: &[u64]) -> impl Iterator<Item = (usize, u64)> {
    counts.iter().copied().enumerate().filter(|(_, count)| *count > 0)
}
fn values() -> impl Strategy<Value = Vec<(u32, u64)>> {
    prop::collection::vec((0_u32..42, any::<u64>()), 0..400)
}

proptest! {
    #[test]
    fn our_bytes_are_the_crates_bytes(values in values()) {
        let recorder = recorded(&values);
        let mut ours = vec![0; 16_384];
        let len = encode(recorder.bins(), &mut ours).unwrap();
        let mut theirs = Vec::new();
        V2Serializer::new().serialize(&recorder.to_histogram(), &mut theirs).unwrap();
        prop_assert_eq!(&ours[..len], &theirs[..]);
    }

    #[test]
    fn what_was_encoded_decodes_to_the_same(values in values(), factor in 1_u64..1 << 40) {
        let counts: Vec<u64> = recorded(&values).counts().iter().map(|n| n * factor).collect();
        let mut out = vec![0; 16_384];
        let len = encode(not_0(&counts), &mut out).unwrap();
        let mut expected = empty_histogram();
        let touched = counts.iter().enumerate().filter(|(_, n)| **n > 0);
        touched.for_each(|(i, n)| expected.record_n(lowest_at(i, FINE), *n).unwrap());
        prop_assert!(decode(&out[..len]).unwrap() == expected);
    }

    #[test]
    fn the_coarse_form_keeps_every_count_within_1_percent(values in values()) {
        let recorder = recorded(&values);
        let mut out = vec![0; COARSE_MAX_BYTES];
        let len = encode_coarse(recorder.bins(), &mut out).unwrap();
        let coarse = decode(&out[..len]).unwrap();
        prop_assert_eq!(coarse.sigfig(), 2);
        let fine = recorder.to_histogram();
        prop_assert_eq!(coarse.len(), fine.len());
        for bucket in coarse.iter_recorded() {
            let top = bucket.value_iterated_to();
            prop_assert_eq!(bucket.count_at_value(), fine.count_between(coarse.lowest_equivalent(top), top));
        }
    }

    #[test]
    fn a_buffer_too_small_is_none_and_never_a_panic(values in values(), room in 0_usize..600) {
        let recorder = recorded(&values);
        let mut whole = vec![0; 16_384];
        let needed = encode(recorder.bins(), &mut whole).unwrap();
        let written = encode(recorder.bins(), &mut whole[..room]);
        prop_assert_eq!(written, (room >= needed).then_some(needed));
    }

    #[test]
    fn damaged_bytes_are_an_error_or_a_histogram_never_a_panic(
        values in values(), hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut out = vec![0; 16_384];
        let len = encode(recorded(&values).bins(), &mut out).unwrap();
        out.truncate(len);
        for (at, byte) in hits {
            // Not the range fields: a huge range is legal and merely slow to allocate here.
            let at = at.index(len);
            if !(12..32).contains(&at) {
                out[at] = byte;
            }
        }
        let _ = decode(&out);
        let _ = decode(&out[..cut.index(len)]);
    }
}

#[test]
fn the_richest_histogram_fits_the_coarse_limit_even_with_counts_at_their_top() {
    let mut out = vec![0; COARSE_MAX_BYTES];
    let len = encode_coarse(not_0(&[u64::MAX >> 12; BINS]), &mut out).unwrap();
    assert!(len <= COARSE_MAX_BYTES);
    assert_eq!(decode(&out[..len]).unwrap().distinct_values(), bins(COARSE));
}

#[test]
fn a_run_of_two_to_the_63_zeros_is_refused() {
    let mut out = [0; 64];
    let len = encode(not_0(&[]), &mut out).unwrap();
    assert_eq!(len, HEADER_BYTES + 1);
    out[4..8].copy_from_slice(&9_u32.to_be_bytes());
    out[HEADER_BYTES..HEADER_BYTES + 9].fill(0xff);
    assert!(decode(&out[..HEADER_BYTES + 9]).unwrap_err().to_string().contains("2^63"));
}

#[test]
fn a_length_beyond_the_bytes_is_refused() {
    let mut out = [0; 64];
    let len = encode(not_0(&[]), &mut out).unwrap();
    out[4..8].fill(0xff);
    assert!(decode(&out[..len]).unwrap_err().to_string().contains("cut off"));
}

#[test]
fn histograms_encoded_by_java_are_read() {
    // An end-to-end histogram of the original benchmark (µs, 5 digits, up to 12 h), from its HTTP exchange.
    let java = from_hex(concat!(
        "1c84931400000098789c9369992cccc0c0d0c40001ac509a1188b9f85e6f60b0ff001138cf7f20f72cff9c4f8c67f9df2c041293",
        "62cef2f7399fe53fa47f96ff82ca59fe4d5267f967089ce55fc27d967f11c759fe03ec67f9dfb19ee5bfc47c96ff04d359fe1d40",
        "3c05a86f0e10179de50f3acb5f02e1189ce5d701f379cef28b9ce53739cb2f71969feb2c3fc75b3d965ebf2d4015409d40039900",
        "d4bb37a7",
    ));
    let histogram = decode(&java).unwrap();
    assert_eq!((histogram.len(), histogram.sigfig(), histogram.high()), (54_463, 5, 43_200_000_000));
    assert_eq!((histogram.min(), histogram.max()), (1_000, 42_000));
    assert_eq!([1_000, 2_000, 3_000].map(|us| histogram.count_at(us)), [7_008, 15_502, 10_358]);
    let empty = from_hex("1c8493140000001f789c9369992cccc0c0c0c80001ac501acc679edcce60ff012a020049c1039a");
    assert!(decode(&empty).unwrap().is_empty());
    let two = from_hex("1c84931400000026789c9369992cccc0c0c0c60001ac509a1144304f6e67b0ff0011d82ece74969f090063d2054d");
    let two = decode(&two).unwrap();
    assert_eq!((two.len(), two.count_at(1_500), two.count_at(2_500)), (2, 1, 1));
}

#[test]
fn numbers_of_every_length_are_written_as_the_crate_writes_them() {
    let edges = (0..42).flat_map(|bits| [(1_u64 << bits).wrapping_sub(1), 1 << bits, (1 << bits) + 1]);
    for count in edges.filter(|count| *count > 0) {
        // Gaps of 0, 1, 2 and of two and three bytes between bins; no room is left behind the last one.
        let mut expected = empty_histogram();
        let indices = [0, 1, 3, 6, 71, 8_271, 25_000, 25_001];
        indices.iter().for_each(|index| expected.record_n(lowest_at(*index, FINE), count).unwrap());
        let mut theirs = Vec::new();
        V2Serializer::new().serialize(&expected, &mut theirs).unwrap();
        let mut ours = vec![0; theirs.len()];
        assert_eq!(encode(indices.iter().map(|index| (*index, count)), &mut ours), Some(theirs.len()), "{count}");
        assert_eq!(ours, theirs, "{count}");
    }
}
