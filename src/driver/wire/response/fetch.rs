//! What was fetched, and where it stands in the answer.

use super::ResponseCursor;
use std::ops::Range;

/// What was fetched of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::driver::wire) struct Fetched {
    pub(in crate::driver::wire) partition: u32,
    pub(in crate::driver::wire) error: i16,
    /// Transactions that were given up: producer, first offset.
    pub(in crate::driver::wire) aborted: Vec<(i64, i64)>,
    /// Where its batches stand in the answer.
    pub(in crate::driver::wire) batches: Range<usize>,
}

/// What was fetched, by partition. Returns the throttle time, ms, the code of an error of the whole, and the session.
pub(in crate::driver::wire) fn fetched(bytes: &[u8], mut each: impl FnMut(Fetched)) -> Option<(i32, i16, i32)> {
    let mut reading = ResponseCursor::new(bytes);
    let whole = (reading.i32()?, reading.i16()?, reading.i32()?);
    for _ in 0..reading.count()? {
        reading.text()?;
        for _ in 0..reading.count()? {
            let (partition, error) = (u32::try_from(reading.i32()?).ok()?, reading.i16()?);
            // High watermark, last stable offset, the log's first offset.
            for _ in 0..3 {
                reading.i64()?;
            }
            let mut aborted = Vec::new();
            for _ in 0..reading.count()? {
                aborted.push((reading.i64()?, reading.i64()?));
            }
            reading.i32()?;
            let length = reading.count()?;
            let batches = reading.take(length)?;
            each(Fetched { partition, error, aborted, batches });
        }
    }
    Some(whole)
}
