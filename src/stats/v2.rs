//! HdrHistogram's V2 encoding (uncompressed) of a plain count array, without allocation.
//! Format: big-endian cookie 0x1c849313, payload length, normalizing offset 0, digits, lowest, highest, ratio 1.0, then
//! ZigZag LEB128 counts (n zeros as −n). Source: HdrHistogram 2.1.12.
//!
//! Bytes may come from another process or another host, so `decode` checks them before the hdrhistogram crate sees them:
//! its own reader trusts lengths and overflows on a run of 2^63 zeros.

use super::buckets::{COARSE, FINE, bins, index_of, lowest_at};
use super::recorder::{HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS};
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use std::io::Read;
use std::ops::Range;

/// First word of the uncompressed form.
const COOKIE: u32 = 0x1c84_9313;
/// First word of the compressed form (Java's, on the wire).
const COOKIE_COMPRESSED: u32 = 0x1c84_9314;
/// Bytes before the counts.
const HEADER_BYTES: usize = 40;
/// A count takes at most 9 bytes: the ninth is taken whole.
const COUNT_MAX_BYTES: usize = 9;
/// Significant digits of the coarse form.
const COARSE_DIGITS: u8 = 2;
/// The most that a compressed histogram may unfold to: every count of 5 digits up to 12 h at its longest fits.
const INFLATED_MAX_BYTES: u64 = 32 << 20;
/// The most that `encode_coarse` writes, whatever was recorded.
pub const COARSE_MAX_BYTES: usize = HEADER_BYTES + COUNT_MAX_BYTES * bins(COARSE);

/// Encodes `counts` (HdrHistogram order, 3 digits, 1 ns … HIGHEST_NS) into `out`.
/// Returns the bytes written, or None when `out` is too small (its content is then undefined).
pub fn encode(counts: &[u64], out: &mut [u8]) -> Option<usize> {
    encode_touched(counts, 0..counts.len(), out)
}

/// As `encode`, looking only at the indices in `touched`: outside of it all counts must be 0 (`Recorder::touched`).
pub fn encode_touched(counts: &[u64], touched: Range<usize>, out: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(out, SIGNIFICANT_DIGITS)?;
    let first = touched.start;
    for (offset, count) in counts[touched].iter().enumerate() {
        if *count > 0 {
            writer.count(first + offset, *count)?;
        }
    }
    writer.finish()
}

/// The same counts re-bucketed to 2 significant digits: about 20 kB at ordinary counts and never more than
/// `COARSE_MAX_BYTES`, for histograms too rich for a slot.
pub fn encode_coarse(counts: &[u64], out: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(out, COARSE_DIGITS)?;
    // Each fine bucket lies within one coarse bucket, and in the same order: one running sum is enough.
    let (mut at, mut sum) = (0, 0_u64);
    for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let coarse = index_of(lowest_at(index, FINE), COARSE);
        if coarse != at && sum > 0 {
            writer.count(at, sum)?;
            sum = 0;
        }
        at = coarse;
        sum = sum.saturating_add(*count);
    }
    if sum > 0 {
        writer.count(at, sum)?;
    }
    writer.finish()
}

/// Decodes what `encode` or `encode_coarse` (or Java, compressed too) wrote. Range and digits are those of the header.
pub fn decode(bytes: &[u8]) -> Result<Histogram<u64>, String> {
    let cookie = u32::from_be_bytes(*bytes.first_chunk().ok_or("histogram: no cookie")?);
    match cookie {
        COOKIE => decode_plain(bytes),
        COOKIE_COMPRESSED => {
            let packed = bytes.get(8..).ok_or("histogram: cut off in the header")?;
            let mut plain = Vec::new();
            ZlibDecoder::new(packed)
                .take(INFLATED_MAX_BYTES)
                .read_to_end(&mut plain)
                .map_err(|e| format!("histogram: damaged compression: {e}"))?;
            decode_plain(&plain)
        }
        other => Err(format!("histogram: cookie {other:#x} is not that of HdrHistogram V2")),
    }
}

fn decode_plain(bytes: &[u8]) -> Result<Histogram<u64>, String> {
    let (header, payload) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or("histogram: cut off in the header")?;
    let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let payload = usize::try_from(length).ok().and_then(|n| payload.get(..n)).ok_or("histogram: cut off")?;
    check_counts(payload)?;
    Deserializer::new().deserialize(&mut &bytes[..HEADER_BYTES + payload.len()]).map_err(|e| format!("histogram: {e}"))
}

/// The counts must be whole numbers to the last byte, and no run of zeros the one whose negation overflows.
fn check_counts(mut payload: &[u8]) -> Result<(), String> {
    while !payload.is_empty() {
        let last = payload.iter().take(COUNT_MAX_BYTES - 1).take_while(|byte| **byte & 0x80 != 0).count();
        let (number, rest) = payload.split_at_checked(last + 1).ok_or("histogram: the last count is cut off")?;
        if number.len() == COUNT_MAX_BYTES && number.iter().all(|byte| *byte == 0xff) {
            return Err("histogram: a run of 2^63 zeros".to_owned());
        }
        payload = rest;
    }
    Ok(())
}

/// Writes header and counts in order of their indices.
struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
    next_index: usize,
}

impl<'a> Writer<'a> {
    fn new(out: &'a mut [u8], digits: u8) -> Option<Self> {
        let header = out.first_chunk_mut::<HEADER_BYTES>()?;
        header[..4].copy_from_slice(&COOKIE.to_be_bytes());
        header[4..12].fill(0);
        header[12..16].copy_from_slice(&u32::from(digits).to_be_bytes());
        header[16..24].copy_from_slice(&LOWEST_NS.to_be_bytes());
        header[24..32].copy_from_slice(&HIGHEST_NS.to_be_bytes());
        header[32..40].copy_from_slice(&1.0_f64.to_be_bytes());
        Some(Self { out, len: HEADER_BYTES, next_index: 0 })
    }

    /// `count` (> 0) at `index`, zeros since the last one.
    #[inline]
    fn count(&mut self, index: usize, count: u64) -> Option<()> {
        match index - self.next_index {
            0 => {}
            1 => self.varint(0)?,
            // ZigZag of −n is 2n − 1.
            zeros => self.varint(2 * zeros as u64 - 1)?,
        }
        self.next_index = index + 1;
        // ZigZag of n is 2n; a count of 2^63 (which ends no run of ours) is written as the largest that fits.
        self.varint(count.min(i64::MAX.unsigned_abs()) << 1)
    }

    #[inline]
    fn varint(&mut self, mut value: u64) -> Option<()> {
        for _ in 0..COUNT_MAX_BYTES - 1 {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low);
            }
            self.byte(low | 0x80)?;
        }
        let [last, ..] = value.to_le_bytes();
        self.byte(last)
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Option<()> {
        *self.out.get_mut(self.len)? = byte;
        self.len += 1;
        Some(())
    }

    fn finish(mut self) -> Option<usize> {
        if self.len == HEADER_BYTES {
            // An empty histogram is written by HdrHistogram as one count of 0.
            self.varint(0)?;
        }
        let payload = u32::try_from(self.len - HEADER_BYTES).ok()?;
        self.out[4..8].copy_from_slice(&payload.to_be_bytes());
        Some(self.len)
    }
}

#[cfg(test)]
mod tests {
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
    fn values() -> impl Strategy<Value = Vec<(u32, u64)>> {
        prop::collection::vec((0_u32..42, any::<u64>()), 0..400)
    }

    proptest! {
        #[test]
        fn our_bytes_are_the_crates_bytes(values in values()) {
            let recorder = recorded(&values);
            let mut ours = vec![0; 16_384];
            let len = encode(recorder.counts(), &mut ours).unwrap();
            let mut theirs = Vec::new();
            V2Serializer::new().serialize(&recorder.to_histogram(), &mut theirs).unwrap();
            prop_assert_eq!(&ours[..len], &theirs[..]);
            let mut quick = vec![0; 16_384];
            let len = encode_touched(recorder.counts(), recorder.touched(), &mut quick).unwrap();
            prop_assert_eq!(&quick[..len], &theirs[..]);
        }

        #[test]
        fn what_was_encoded_decodes_to_the_same(values in values(), factor in 1_u64..1 << 40) {
            let counts: Vec<u64> = recorded(&values).counts().iter().map(|n| n * factor).collect();
            let mut out = vec![0; 16_384];
            let len = encode(&counts, &mut out).unwrap();
            let mut expected = empty_histogram();
            counts.iter().enumerate().filter(|(_, n)| **n > 0).for_each(|(i, n)| expected.record_n(lowest_at(i, FINE), *n).unwrap());
            prop_assert!(decode(&out[..len]).unwrap() == expected);
        }

        #[test]
        fn the_coarse_form_keeps_every_count_within_1_percent(values in values()) {
            let recorder = recorded(&values);
            let mut out = vec![0; COARSE_MAX_BYTES];
            let len = encode_coarse(recorder.counts(), &mut out).unwrap();
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
            let needed = encode(recorder.counts(), &mut whole).unwrap();
            let written = encode(recorder.counts(), &mut whole[..room]);
            prop_assert_eq!(written, (room >= needed).then_some(needed));
        }

        #[test]
        fn damaged_bytes_are_an_error_or_a_histogram_never_a_panic(
            values in values(), hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(),
        ) {
            let mut out = vec![0; 16_384];
            let len = encode(recorded(&values).counts(), &mut out).unwrap();
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
        let len = encode_coarse(&vec![u64::MAX >> 12; BINS], &mut out).unwrap();
        assert!(len <= COARSE_MAX_BYTES);
        assert_eq!(decode(&out[..len]).unwrap().distinct_values(), bins(COARSE));
    }

    #[test]
    fn a_run_of_two_to_the_63_zeros_is_refused() {
        let mut out = [0; 64];
        let len = encode(&[0; BINS], &mut out).unwrap();
        assert_eq!(len, HEADER_BYTES + 1);
        out[4..8].copy_from_slice(&9_u32.to_be_bytes());
        out[HEADER_BYTES..HEADER_BYTES + 9].fill(0xff);
        assert!(decode(&out[..HEADER_BYTES + 9]).unwrap_err().contains("2^63"));
    }

    #[test]
    fn a_length_beyond_the_bytes_is_refused() {
        let mut out = [0; 64];
        let len = encode(&[0; BINS], &mut out).unwrap();
        out[4..8].fill(0xff);
        assert!(decode(&out[..len]).unwrap_err().contains("cut off"));
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
        let two =
            from_hex("1c84931400000026789c9369992cccc0c0c0c60001ac509a1144304f6e67b0ff0011d82ece74969f090063d2054d");
        let two = decode(&two).unwrap();
        assert_eq!((two.len(), two.count_at(1_500), two.count_at(2_500)), (2, 1, 1));
    }
}
