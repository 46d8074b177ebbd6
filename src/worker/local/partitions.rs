//! What came of each partition between the beginning of the measurement and the end of its last period.

use crate::stats::partition_counts::PartitionCounts;
use crate::telemetry::SupervisorEnd;
use crate::telemetry::partitions::PartitionReading;
use crate::worker::PartitionsReceived;

/// Of one client. Cells are cumulative, so two readings tell all.
#[derive(Debug, Default)]
pub(super) struct PartitionSpan {
    /// At the beginning of the measurement; None: it began with the load.
    from: Option<PartitionReading>,
    /// At the end of the newest period.
    to: Option<PartitionReading>,
}

impl PartitionSpan {
    /// A period has ended.
    pub(super) fn look(&mut self, end: &SupervisorEnd) {
        // One that ended while it wrote keeps what it told before.
        if let Some(read) = end.partitions() {
            self.to = Some(read);
        }
    }

    /// The measurement begins.
    pub(super) fn begin(&mut self, end: &SupervisorEnd) {
        self.look(end);
        self.from.clone_from(&self.to);
    }

    /// What came of each. None: of none anything, or nobody told.
    pub(super) fn told(&self, epoch_ns: u64) -> Option<PartitionsReceived> {
        let to = self.to.as_ref()?;
        let nothing = PartitionReading { end_ns: epoch_ns, partitions: Vec::new() };
        let from = self.from.as_ref().unwrap_or(&nothing);
        let before = |counts: &PartitionCounts| from.partitions.iter().find(|was| was.partition == counts.partition);
        let since = |counts: &PartitionCounts| before(counts).map_or_else(|| counts.clone(), |was| counts.since(was));
        let partitions: Vec<_> = to.partitions.iter().map(since).filter(|counts| counts.messages > 0).collect();
        let span_ns = to.end_ns.saturating_sub(from.end_ns);
        (!partitions.is_empty()).then_some(PartitionsReceived { span_ns, partitions })
    }
}
