//! What consumers do with each message besides counting it.

use super::context::ResolveContext;
use crate::plan::Processing;
use crate::plan::processing::{ProcessingManner, ProcessingTimes};
use std::time::Duration;

/// Shorter work is spun away, unless the file says otherwise: a sleep is not exact to more than some 10 µs.
const SPUN_BELOW: Duration = Duration::from_micros(100);

/// Decides it for a run with so many consumers (None: their number is refused already).
pub(super) fn decide(context: &mut ResolveContext<'_>, consumers: Option<u32>) -> Option<Processing> {
    let written = context.workload.consumer_processing?;
    if consumers == Some(0) {
        context.warn("consumerProcessingTime", "is not used: there are no consumers");
        return None;
    }
    let spin = written.spin.unwrap_or(written.mean < SPUN_BELOW);
    Some(Processing {
        processing_mean_ns: u64::try_from(written.mean.as_nanos()).unwrap_or(u64::MAX),
        processing_times: if written.exponential { ProcessingTimes::Exponential } else { ProcessingTimes::Constant },
        processing_manner: if spin { ProcessingManner::Spin } else { ProcessingManner::Sleep },
    })
}
