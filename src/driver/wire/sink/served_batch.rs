//! The batch that is served again and again.

use super::SinkOptions;
use crate::driver::wire::format::{ATTRIBUTES_AT, CRC_AT, put_i32, put_i64};
use crate::driver::wire::pack::Packer;
use crate::driver::wire::records::Records;
use crate::load::stamp::{STAMP_BYTES, StampTemplate};
use crate::os::clock::Clock;
use crate::plan::properties::wire::{Codec, Compression};
use std::time::{SystemTime, UNIX_EPOCH};

/// Its bytes, about: it stays in a near cache.
const BATCH_BYTES: usize = 64 * 1024;
/// So many messages in a row share their times, as when a producer without a rate has handed them over.
const OF_ONE_TIME: usize = 100;

/// The batch.
#[derive(Debug)]
pub(super) struct ServedBatch {
    bytes: Vec<u8>,
    /// Where its values stand.
    values: Vec<usize>,
    /// None: values have none.
    stamps: Option<(StampTemplate, Clock)>,
    sequence: u64,
}

impl ServedBatch {
    pub(super) fn new(options: &SinkOptions) -> Self {
        let value_bytes = usize::try_from(options.value_bytes).unwrap_or(usize::MAX).max(STAMP_BYTES);
        let mut value = vec![0; value_bytes];
        fastrand::Rng::with_seed(options.run_id).fill(&mut value);
        let wall_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let (mut records, mut values) = (Records::default(), Vec::new());
        records.begin(0, 0, 0, i64::try_from(wall_ms).unwrap_or(i64::MAX));
        while values.is_empty() || records.batch_bytes() + Records::most_record_bytes(None, &value) <= BATCH_BYTES {
            records.add(None, &value, 0, 0);
            // Behind the value a record says that it has no headers.
            values.push(records.batch_bytes() - 1 - value_bytes);
        }
        records.seal(&mut Packer::new(Compression { codec: Codec::Plain, level: 0 }));
        let value_bytes = u32::try_from(value_bytes).unwrap_or(u32::MAX);
        let stamps = options.stamps.map(|clock| (StampTemplate::new(options.run_id, 0, value_bytes), clock));
        Self { bytes: records.as_batch().to_vec(), values, stamps, sequence: 0 }
    }

    pub(super) fn messages(&self) -> usize {
        self.values.len()
    }

    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The batch as it stands at `offset`, with the stamps that come next.
    pub(super) fn at(&mut self, offset: i64) -> &[u8] {
        let Self { bytes, values, stamps, sequence } = self;
        put_i64(bytes, 0, offset);
        if let Some((template, clock)) = stamps {
            let now_ns = clock.now_ns();
            for together in values.chunks(OF_ONE_TIME) {
                // Those that stand together differ from their neighbours.
                let at_ns = now_ns.saturating_sub(*sequence % 1_000);
                let mut stamp = template.encoded(*sequence, at_ns, at_ns);
                for at in together {
                    stamp.write(&mut bytes[*at..]);
                    stamp = stamp.next();
                }
                *sequence += together.len() as u64;
            }
            let crc = crc32c::crc32c(&bytes[ATTRIBUTES_AT..]);
            put_i32(bytes, CRC_AT, crc.cast_signed());
        }
        bytes
    }
}
