//! What the account holds: messages that nobody has answered for yet, and what is published.

use super::ProducerStats;
use crate::stats::{Counter, Counters, Latency, Recorder};
use crate::telemetry::layout::SentRow;

impl ProducerStats {
    /// Messages and probes whose report has not come.
    pub(in crate::client::produce) fn outstanding(&self) -> u64 {
        self.messages_outstanding() + self.probes_outstanding
    }

    fn messages_outstanding(&self) -> u64 {
        self.counters[Counter::MessagesEnqueued] - self.reported()
    }

    /// Messages that are not on their way any more.
    pub(in crate::client::produce) fn reported(&self) -> u64 {
        self.counters[Counter::MessagesAcknowledged]
            + self.counters[Counter::MessagesFailed]
            + self.counters[Counter::MessagesUnknown]
    }

    /// No report is waited for any more: what is outstanding is unknown, and stays so if one comes after all.
    pub(in crate::client::produce) fn give_up(&mut self) {
        for _ in 0..self.messages_outstanding() {
            self.counters[Counter::MessagesUnknown] += 1;
            // Which sequences they are follows from those that were reported.
            self.ledger.unknown(0);
        }
        self.probes_outstanding = 0;
        self.closed = true;
        self.message_run.end();
    }

    /// Grows with everything that happens: sends and reports.
    #[inline]
    pub(in crate::client::produce) fn progress(&self) -> u64 {
        self.counters[Counter::MessagesEnqueued] + self.counters[Counter::MessagesAcknowledged]
    }

    /// The accounting row.
    pub(in crate::client::produce) fn row(&self) -> SentRow {
        self.ledger.row()
    }

    /// What a slot is cut from.
    pub(in crate::client::produce) fn cut_parts(&mut self) -> (&mut Counters, [(Latency, &mut Recorder); 4]) {
        (
            &mut self.counters,
            [
                (Latency::AcknowledgeActual, &mut self.acknowledge_actual),
                (Latency::AcknowledgeIntended, &mut self.acknowledge_intended),
                (Latency::PublishDelay, &mut self.delay),
                self.hold_times.cut_part(Latency::AcknowledgeAtLeast),
            ],
        )
    }
}
