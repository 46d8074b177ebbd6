//! What a consumer's loop asks its statistics, tells them and publishes of them, away from the single message.

use super::ConsumerStats;
use crate::client::raw_log::Clocks;
use crate::driver::ConsumerEvents;
use crate::stats::{Counter, Counters, Latency, Recorder};
use crate::telemetry::ClientEnd;

const NS_PER_MS: i64 = 1_000_000;

impl ConsumerStats {
    /// All messages so far, of whatever kind.
    pub(in crate::client::consume) fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages of the load so far.
    pub(in crate::client::consume) fn received(&self) -> u64 {
        self.counters[Counter::MessagesReceived]
    }

    /// It worked on messages for so long.
    pub(in crate::client::consume) fn worked(&mut self, ns: u64) {
        self.counters[Counter::ProcessingNs] += ns;
    }

    /// The loop had nothing to do for so long.
    pub(in crate::client::consume) fn idle(&mut self, ns: u64) {
        self.counters[Counter::IdleNs] += ns;
    }

    /// Wall clock − raw clock, and when the load begins on the raw clock (0: not known yet): for messages without a
    /// stamp.
    pub(in crate::client::consume) fn set_wall_clock(&mut self, offset_ns: i64, epoch_ns: u64) {
        self.wall_offset_ns = offset_ns;
        if self.expected.wall_stamps {
            self.stamp_offset_ns = offset_ns.cast_unsigned();
        }
        if epoch_ns > 0 {
            self.load_begins_ms = epoch_ns.cast_signed().wrapping_add(offset_ns).div_euclid(NS_PER_MS);
        }
    }

    /// Takes over what the driver counts.
    pub(in crate::client::consume) fn set_events(&mut self, events: &ConsumerEvents) {
        let ConsumerEvents {
            rebalances,
            assigned,
            commits_succeeded,
            commits_failed,
            client_errors,
            fetch_pauses,
            fetch_paused_ns,
            all_brokers_down: _,
        } = *events;
        self.counters[Counter::FetchPauses] = fetch_pauses;
        self.counters[Counter::FetchPausedNs] = fetch_paused_ns;
        self.counters[Counter::Rebalances] = rebalances;
        self.counters[Counter::AssignedPartitions] = assigned;
        self.counters[Counter::CommitsSucceeded] = commits_succeeded;
        self.counters[Counter::CommitsFailed] = commits_failed;
        self.counters[Counter::ClientErrors] = client_errors;
    }

    /// What brings the times of messages onto our clock.
    pub(in crate::client::consume) fn clocks(&self) -> Clocks {
        Clocks {
            wall_offset_ns: self.wall_offset_ns,
            stamp_offset_ns: self.stamp_offset_ns,
            load_begins_ms: self.load_begins_ms,
        }
    }

    /// Rows of producers whose probes have come since the last call.
    pub(in crate::client::consume) fn take_probed_rows(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.probed_rows)
    }

    /// Publishes the accounting rows that have changed.
    pub(in crate::client::consume) fn publish_dirty_rows(&mut self, end: &mut ClientEnd) {
        self.ledger.publish_dirty(|row, values| end.publish_row(row, values));
    }

    /// Publishes what had come of each partition at `now_ns`.
    pub(in crate::client::consume) fn publish_partitions(&mut self, now_ns: u64, end: &mut ClientEnd) {
        end.publish_partitions(now_ns, &mut self.partitions);
    }

    /// The counters, to be completed and published.
    pub(in crate::client::consume) fn counters_mut(&mut self) -> &mut Counters {
        self.hold_times.count(&mut self.counters);
        &mut self.counters
    }

    /// What a slot is cut from.
    pub(in crate::client::consume) fn cut_parts(&mut self) -> (&mut Counters, [(Latency, &mut Recorder); 3]) {
        self.hold_times.count(&mut self.counters);
        (
            &mut self.counters,
            [
                (Latency::EndToEndActual, &mut self.actual),
                (Latency::EndToEndIntended, &mut self.intended),
                self.hold_times.cut_part(Latency::EndToEndAtLeast),
            ],
        )
    }
}
