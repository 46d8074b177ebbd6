//! A histogram as its slot brought it: the bytes of the V2 form, some thousand where a `Histogram` takes 270 kB.
//! Cumulative; what came between two of them is an `Increment`.

use super::buckets::{COARSE, FINE, lowest_at};
use super::recorder::{SIGNIFICANT_DIGITS, histogram_of_digits};
use super::v2::{self, Bins, HistogramError};
use hdrhistogram::Histogram;
use std::sync::Arc;

/// Counts by HdrHistogram's rule, in ns: 3 digits, or 2 of a slot that was too small. A clone shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sparse {
    digits: u8,
    /// Checked.
    payload: Arc<[u8]>,
}

impl Sparse {
    /// Takes what `v2::encode` or `v2::encode_coarse` wrote, and nothing else.
    pub fn read(bytes: &[u8]) -> Result<Self, HistogramError> {
        let (digits, payload) = v2::read_ours(bytes)?;
        Ok(Self { digits, payload: payload.into() })
    }
    /// Has it 2 digits instead of 3?
    pub fn is_coarse(&self) -> bool {
        self.digits < SIGNIFICANT_DIGITS
    }
    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.bins().fold(0, |sum, (_, count)| sum.saturating_add(count))
    }
    /// As a histogram of the hdrhistogram crate, with these digits.
    pub fn to_histogram(&self) -> Histogram<u64> {
        let mut histogram = histogram_of_digits(self.digits);
        let magnitude = if self.is_coarse() { COARSE } else { FINE };
        for (index, count) in self.bins() {
            histogram.saturating_record_n(lowest_at(index, magnitude), count);
        }
        histogram
    }
    /// The counts that are not 0, as (index, count) in ascending order.
    pub(super) fn bins(&self) -> Bins<'_> {
        Bins::of(&self.payload)
    }
}

#[cfg(test)]
impl Sparse {
    /// What a slot would bring of a recorder.
    pub(crate) fn of(recorder: &super::Recorder) -> Self {
        let mut bytes = vec![0; 1 << 20];
        let length = v2::encode(recorder.bins(), &mut bytes).unwrap();
        Self::read(&bytes[..length]).unwrap()
    }
    /// The same from a slot that was too small.
    pub(crate) fn coarse_of(recorder: &super::Recorder) -> Self {
        let mut bytes = vec![0; v2::COARSE_MAX_BYTES];
        let length = v2::encode_coarse(recorder.bins(), &mut bytes).unwrap();
        Self::read(&bytes[..length]).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Recorder;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_the_crate_reads_from_the_same_bytes(
            values in prop::collection::vec((0_u32..42, any::<u64>()), 0..300), factor in 0_u32..40,
        ) {
            let mut recorder = Recorder::new();
            values.iter().for_each(|(bits, random)| recorder.record_n(random >> (22 + bits), 1 << factor));
            let (mut fine, mut coarse) = (vec![0; 16_384], vec![0; v2::COARSE_MAX_BYTES]);
            let length = v2::encode(recorder.bins(), &mut fine).unwrap();
            fine.truncate(length);
            let length = v2::encode_coarse(recorder.bins(), &mut coarse).unwrap();
            coarse.truncate(length);
            for bytes in [fine, coarse] {
                let (ours, theirs) = (Sparse::read(&bytes).unwrap(), v2::decode(&bytes).unwrap());
                prop_assert!(ours.to_histogram() == theirs);
                prop_assert_eq!((ours.count(), ours.is_coarse()), (theirs.len(), theirs.sigfig() == 2));
            }
        }

        /// Damage may make other counts, never a walk that does not end or an index that is none.
        #[test]
        fn damaged_bytes_are_refused_or_walk_over_bins_there_are(
            values in prop::collection::vec(0_u64..1 << 40, 0..200),
            hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut recorder = Recorder::new();
            values.iter().for_each(|value| recorder.record(*value));
            let mut bytes = vec![0; 16_384];
            let length = v2::encode(recorder.bins(), &mut bytes).unwrap();
            bytes.truncate(length);
            for (at, byte) in hits {
                bytes[at.index(length)] = byte;
            }
            prop_assert!(Sparse::read(&bytes[..cut.index(length)]).is_err());
            if let Ok(read) = Sparse::read(&bytes) {
                prop_assert!(read.bins().all(|(index, count)| index < recorder.counts().len() && count > 0));
                // The crate takes what we take.
                prop_assert!(v2::decode(&bytes).unwrap() == read.to_histogram());
            }
        }
    }

    #[test]
    fn what_is_not_of_our_range_is_refused() {
        let mut bytes = [0; 64];
        let length = v2::encode(Recorder::new().bins(), &mut bytes).unwrap();
        let refused = |bytes: &[u8]| Sparse::read(bytes).unwrap_err().to_string();
        assert!(refused(&bytes[..20]).contains("header"));
        assert!(refused(&bytes[..length + 1]).contains("not those of a slot"));
        bytes[15] = 4;
        assert!(refused(&bytes[..length]).contains("not those of a slot"));
        bytes[15] = 3;
        bytes[40] = 0x80;
        assert!(refused(&bytes[..length]).contains("cut off"));
    }
}
