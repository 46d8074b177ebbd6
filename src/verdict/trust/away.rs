//! How long the loops of one role can have kept messages waiting: for which share of them, for how long at most.

use crate::stats::gap::{PUNCTUAL_NS, gaps};
use crate::stats::{Counter, Counters};
use crate::telemetry::Role;
use crate::worker::ClientFacts;

/// Between two ticks of a loop that spins, and of one that sleeps, ns: shorter gaps are seen by chance.
const BEATS_NS: [f64; 2] = [200_000.0, 5_000_000.0];
/// What was seen in none of n samples has a share of at most 3/n (95 % sure).
const UNSEEN: f64 = 3.0;

/// Shares of messages by the largest gap that they can have waited in.
#[derive(Debug, Clone, Default)]
pub(super) struct Away {
    /// Largest size, ns (infinite: a gap without a known end), and the share of the messages behind gaps of this size and of larger ones; in
    /// order of size.
    shares: Vec<(f64, f64)>,
}

impl Away {
    /// Of all clients of a role.
    pub(super) fn of<'a>(clients: impl Iterator<Item = &'a ClientFacts>, role: Role) -> Self {
        let mut counters = Counters::default();
        let (mut samples, mut longest_beat_ns) = (0.0, 0.0_f64);
        for facts in clients.filter(|facts| facts.role == role) {
            counters.add(&facts.counters);
            let beat_ns = BEATS_NS[usize::from(!facts.own_cpu)];
            samples += facts.span_ns as f64 / beat_ns;
            longest_beat_ns = longest_beat_ns.max(beat_ns);
        }
        let messages = picked_up(&counters, role);
        let mut shares: Vec<(f64, f64)> = gaps(&counters)
            .filter(|(_, count)| *count > 0)
            .map(|(end_ns, count)| {
                (end_ns.map_or(f64::INFINITY, |ns| ns as f64), count as f64 / messages.max(1) as f64)
            })
            .collect();
        if samples > 0.0 {
            shares.push((longest_beat_ns, UNSEEN / samples));
            shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let mut larger = 0.0;
        for (_, share) in shares.iter_mut().rev() {
            larger += *share;
            *share = f64::min(larger, 1.0);
        }
        Self { shares }
    }

    /// What the loop kept no more than this share (0–1) of the messages waiting for longer than, ns. 0: the longest.
    pub(super) fn longest_but(&self, share: f64) -> f64 {
        let larger = self.shares.partition_point(|(_, behind)| *behind > share);
        larger.checked_sub(1).map_or(PUNCTUAL_NS as f64, |last| self.shares[last].0)
    }
}

/// Messages that clients of a role pick up: reports, or messages received.
pub(super) fn picked_up(counters: &Counters, role: Role) -> u64 {
    match role {
        Role::Producer => counters[Counter::MessagesAcknowledged] + counters[Counter::MessagesFailed],
        Role::Consumer => counters[Counter::MessagesReceived],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload_generator::for_tests::facts;

    #[test]
    fn a_share_of_the_messages_has_waited_for_the_loop_at_most_so_long() {
        let mut producer = facts(Role::Producer, 0, 10);
        producer.counters[Counter::MessagesAcknowledged] = 10_000;
        producer.counters[Counter::MessagesFailed] = 0;
        producer.counters[Counter::MessagesBehindGap1ms] = 100;
        producer.counters[Counter::MessagesBehindGap10ms] = 10;
        let mut consumer = facts(Role::Consumer, 0, 10);
        consumer.counters[Counter::MessagesBehindGap1s] = 5_000;
        let away = Away::of([&producer, &consumer].into_iter(), Role::Producer);
        assert_eq!(away.longest_but(0.012), PUNCTUAL_NS as f64);
        assert_eq!(away.longest_but(0.011), 200_000.0, "a gap shorter than a beat that nobody saw");
        assert_eq!(away.longest_but(0.01), 3e6);
        assert_eq!(away.longest_but(0.0009), 3e7);
        assert_eq!(away.longest_but(0.0), 3e7);
        assert_eq!(Away::of([&consumer].into_iter(), Role::Consumer).longest_but(0.0), f64::INFINITY);
        assert_eq!(Away::default().longest_but(0.0), PUNCTUAL_NS as f64);
    }
}
