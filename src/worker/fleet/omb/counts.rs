//! What OMB's workers count: messages acknowledged, received and failed, probes among them. The probes of a run are
//! what was counted when its load began; what comes after is messages.

use super::{OmbCounts, OmbMember, OmbProtocol, OmbWorkers};
use crate::stats::{Counter, Counters};
use crate::worker::fleet::calls::{FleetAnswer, Loss};
use crate::worker::fleet::protocol::FleetProtocol;
use crate::worker::{CountersStats, WorkerError};

/// Counted since an earlier moment.
fn since(later: OmbCounts, earlier: OmbCounts) -> OmbCounts {
    let OmbCounts { messages_sent, messages_received, message_send_errors } = later;
    OmbCounts {
        messages_sent: messages_sent.saturating_sub(earlier.messages_sent),
        messages_received: messages_received.saturating_sub(earlier.messages_received),
        message_send_errors: message_send_errors.saturating_sub(earlier.message_send_errors),
    }
}

fn sum(all: impl Iterator<Item = OmbCounts>) -> OmbCounts {
    all.fold(OmbCounts::default(), |sum, OmbCounts { messages_sent, messages_received, message_send_errors }| {
        OmbCounts {
            messages_sent: sum.messages_sent + messages_sent,
            messages_received: sum.messages_received + messages_received,
            message_send_errors: sum.message_send_errors + message_send_errors,
        }
    })
}

impl OmbMember {
    /// Counted since the load began.
    pub(super) fn messages(&self) -> OmbCounts {
        since(self.counts, self.probes)
    }

    /// All that is known of the whole run; value bytes stand where periods tell them.
    pub(super) fn totals(&self) -> Counters {
        let OmbCounts { messages_sent, messages_received, message_send_errors } = self.messages();
        let mut totals = self.reported.totals();
        totals[Counter::MessagesAcknowledged] = messages_sent;
        totals[Counter::MessagesFailed] = message_send_errors;
        totals[Counter::MessagesReceived] = messages_received;
        totals[Counter::MessagesUnstamped] = messages_received;
        totals[Counter::ProbesAcknowledged] = self.probes.messages_sent;
        totals[Counter::ProbesReceived] = self.probes.messages_received;
        totals
    }
}

impl OmbWorkers {
    /// Asks all workers; what lost ones said last stays.
    pub(super) fn look(&mut self) -> Result<(), WorkerError> {
        let requests = self.to_each(|_| true, None);
        let answers = self.ask_each(requests, "counters-stats", OmbProtocol::CALL_LIMIT, Loss::IsToldLater)?;
        for FleetAnswer { member, value, .. } in answers {
            self.members[member].known.counts = value;
        }
        self.protocol.counted_ns = self.clock.now_ns();
        Ok(())
    }

    /// Everything counted by all workers, probes included.
    pub(super) fn counted(&self) -> OmbCounts {
        sum(self.members.iter().map(|member| member.known.counts))
    }

    fn probes(&self) -> OmbCounts {
        if self.epoch_ns == 0 { self.counted() } else { sum(self.members.iter().map(|member| member.known.probes)) }
    }

    pub(super) fn stats(&self) -> Result<CountersStats, WorkerError> {
        let (probes, subscriptions) = (self.probes(), u64::from(self.plan()?.subscriptions_of(0)));
        let messages = since(self.counted(), probes);
        Ok(CountersStats {
            messages_sent: messages.messages_sent,
            messages_received: messages.messages_received,
            message_send_errors: messages.message_send_errors,
            probes_sent: probes.messages_sent,
            probes_received: probes.messages_received,
            messages_enqueued: messages.messages_sent + messages.message_send_errors,
            expected_receipts: messages.messages_sent * subscriptions,
            receipts: messages.messages_received,
        })
    }

    /// The same of all workers.
    pub(super) fn totals(&self) -> Counters {
        let mut all = Counters::default();
        self.members.iter().for_each(|member| all.add(&member.known.totals()));
        all
    }
}
