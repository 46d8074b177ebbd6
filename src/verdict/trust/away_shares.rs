//! How long the loops of one role can have kept messages: which share of them, for how long at most.

use crate::stats::gap::{GAPS, PUNCTUAL_NS, SENDS, kept};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::worker::ClientFacts;

/// Shares of messages by the longest that they can have been kept.
#[derive(Debug, Clone, Default)]
pub(super) struct AwayShares {
    /// Longest time, ns (infinite: one without a known end), and the share of the messages kept for up to that and for
    /// longer; in order of time.
    shares: Vec<(f64, f64)>,
}

impl AwayShares {
    /// Before the loops of a role picked them up.
    pub(super) fn picking_up<'a>(clients: impl Iterator<Item = &'a ClientFacts>, role: Role) -> Self {
        let counters = sum(clients, role);
        let messages = match role {
            Role::Producer => counters[Counter::MessagesAcknowledged],
            Role::Consumer => counters[Counter::MessagesReceived],
        };
        Self::of(&GAPS, &counters, messages)
    }

    /// While the producers' loops handed them over.
    pub(super) fn sending<'a>(clients: impl Iterator<Item = &'a ClientFacts>) -> Self {
        let counters = sum(clients, Role::Producer);
        Self::of(&SENDS, &counters, counters[Counter::MessagesEnqueued])
    }

    fn of(sizes: &[(u64, Counter)], counters: &Counters, messages: u64) -> Self {
        let mut shares: Vec<(f64, f64)> = kept(sizes, counters)
            .filter(|(_, count)| *count > 0)
            .map(|(end_ns, count)| {
                (end_ns.map_or(f64::INFINITY, |ns| ns as f64), count as f64 / messages.max(1) as f64)
            })
            .collect();
        let mut longer = 0.0;
        for (_, share) in shares.iter_mut().rev() {
            longer += *share;
            *share = f64::min(longer, 1.0);
        }
        Self { shares }
    }

    /// What the loop kept no more than this share (0–1) of the messages for longer than, ns. 0: the longest.
    pub(super) fn longest_but(&self, share: f64) -> f64 {
        let longer = self.shares.partition_point(|(_, behind)| *behind > share);
        longer.checked_sub(1).map_or(PUNCTUAL_NS as f64, |last| self.shares[last].0)
    }
}

fn sum<'a>(clients: impl Iterator<Item = &'a ClientFacts>, role: Role) -> Counters {
    let mut counters = Counters::default();
    clients.filter(|facts| facts.role == role).for_each(|facts| counters.add(&facts.counters));
    counters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload_generator::for_tests::facts;

    #[test]
    fn a_share_of_the_messages_has_waited_for_the_loop_at_most_so_long() {
        let mut producer = facts(Role::Producer, 0, 10);
        producer.counters[Counter::MessagesAcknowledged] = 10_000;
        producer.counters[Counter::MessagesEnqueued] = 20_000;
        producer.counters[Counter::MessagesBehindGap1ms] = 100;
        producer.counters[Counter::MessagesBehindGap10ms] = 10;
        producer.counters[Counter::SendsTook3us] = 200;
        let mut consumer = facts(Role::Consumer, 0, 10);
        consumer.counters[Counter::MessagesBehindGap1s] = 5_000;
        let away = AwayShares::picking_up([&producer, &consumer].into_iter(), Role::Producer);
        assert_eq!(away.longest_but(0.011), PUNCTUAL_NS as f64);
        assert_eq!(away.longest_but(0.01), 3e6);
        assert_eq!(away.longest_but(0.0009), 3e7);
        assert_eq!(away.longest_but(0.0), 3e7);
        assert_eq!(AwayShares::picking_up([&consumer].into_iter(), Role::Consumer).longest_but(0.0), f64::INFINITY);
        let sending = AwayShares::sending([&producer, &consumer].into_iter());
        assert_eq!((sending.longest_but(0.01), sending.longest_but(0.009)), (PUNCTUAL_NS as f64, 1e4));
        assert_eq!(AwayShares::default().longest_but(0.0), PUNCTUAL_NS as f64);
    }
}
