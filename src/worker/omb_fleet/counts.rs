//! What OMB's workers count: messages acknowledged, received and failed, probes among them. The probes of a run are
//! what was counted when its load began; what comes after is messages.

use super::{CALL_LIMIT, OmbWorkers};
use crate::stats::{Counter, Counters};
use crate::worker::fleet::calls::Loss;
use crate::worker::wire::omb::CountersStats as OnWire;
use crate::worker::{CountersStats, Worker, WorkerError};

/// Totals of one worker, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OmbTotals {
    /// Acknowledged.
    pub(super) sent: u64,
    /// Received.
    pub(super) received: u64,
    /// Failed.
    pub(super) failed: u64,
}

impl OmbTotals {
    fn since(self, earlier: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(earlier.sent),
            received: self.received.saturating_sub(earlier.received),
            failed: self.failed.saturating_sub(earlier.failed),
        }
    }

    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |a, b| Self {
            sent: a.sent + b.sent,
            received: a.received + b.received,
            failed: a.failed + b.failed,
        })
    }
}

impl OmbWorkers {
    /// Asks all workers; what lost ones said last stays.
    pub(super) fn look(&mut self) -> Result<(), WorkerError> {
        const PATH: &str = "/counters-stats";
        for answer in self.call_each(self.to_each(|_| true, None), PATH, CALL_LIMIT, Loss::IsToldLater)? {
            let OnWire { messages_sent, messages_received, message_send_errors } = answer.read(&self.members, PATH)?;
            self.members[answer.member].counts =
                OmbTotals { sent: messages_sent, received: messages_received, failed: message_send_errors };
        }
        self.counted_ns = self.now_ns();
        Ok(())
    }

    /// Everything counted by all workers, probes included.
    pub(super) fn counted(&self) -> OmbTotals {
        OmbTotals::sum(self.members.iter().map(|member| member.counts))
    }

    fn probes(&self) -> OmbTotals {
        if self.epoch_ns == 0 {
            self.counted()
        } else {
            OmbTotals::sum(self.members.iter().map(|member| member.probes))
        }
    }

    pub(super) fn stats(&self) -> Result<CountersStats, WorkerError> {
        let (probes, subscriptions) = (self.probes(), u64::from(self.plan()?.subscriptions_of(0)));
        let messages = self.counted().since(probes);
        Ok(CountersStats {
            messages_sent: messages.sent,
            messages_received: messages.received,
            message_send_errors: messages.failed,
            probes_sent: probes.sent,
            probes_received: probes.received,
            messages_enqueued: messages.sent + messages.failed,
            expected_receipts: messages.sent * subscriptions,
            receipts: messages.received,
        })
    }

    /// All that is known of the whole run; value bytes stand where periods tell them.
    pub(super) fn totals(&self) -> Counters {
        let mut all = Counters::default();
        for member in &self.members {
            let messages = member.counts.since(member.probes);
            let mut own = member.told.totals();
            own[Counter::MessagesAcknowledged] = messages.sent;
            own[Counter::MessagesFailed] = messages.failed;
            own[Counter::MessagesReceived] = messages.received;
            own[Counter::MessagesUnstamped] = messages.received;
            own[Counter::ProbesAcknowledged] = member.probes.sent;
            own[Counter::ProbesReceived] = member.probes.received;
            all.add(&own);
        }
        all
    }
}
