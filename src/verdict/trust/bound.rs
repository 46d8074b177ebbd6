//! The most that the generator can have added to a percentile, with nothing assumed of when it did.
//!
//! What was measured of a message is L = B + G: the system's time, and what the generator added. The loops record with
//! each message what they can have kept it for, and so D, which the system took at least but for other keepers: B ≥ D −
//! H. If H, what the others kept it for, was no longer than h for all but a share ε of the messages, then no more than
//! ε of all can have come down across a bound by more: B(p) ≥ D(p − ε) − h. So the generator has added at most L(p) −
//! D(p − ε) + h to the percentile p, for every ε; the smallest of these is told.

use super::away_shares::AwayShares;
use super::quantiles::TailQuantiles;
use super::waits::CpuWaits;

/// Shares ε that are tried, as multiples of 1 − p.
const SPLITS: [f64; 22] = [
    0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0,
    80.0,
];
/// How such a share is dealt out between the pacing error and the rest.
const DEALS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// Single messages are tried as well: this many.
const SINGLE: [u64; 4] = [1, 2, 5, 10];

/// What can have kept messages, on their whole way.
#[derive(Debug, Clone, Default)]
pub(super) struct WaitSources {
    /// The loop that picked them up.
    pub(super) away: AwayShares,
    /// The loop that handed them over, once it had read their send time.
    pub(super) sends: AwayShares,
    /// Waits of the library's threads for CPUs.
    pub(super) waits: CpuWaits,
    /// Error of the clocks between sender and receiver, ns.
    pub(super) clock_ns: f64,
}

impl WaitSources {
    /// All but this share of the messages were kept for no longer than so many ns, by others than the loop that picked
    /// them up. Threads of the library that wait like that loop can be late for half of the share.
    fn beside_ns(&self, share: f64) -> f64 {
        let left = share - self.waits.unknown_share;
        if left < 0.0 {
            return f64::INFINITY;
        }
        let loops_ns = match self.waits.like_loop {
            0.0 => self.sends.longest_but(left),
            longer => self.sends.longest_but(left / 2.0) + self.away.longest_but(left / 2.0) * longer,
        };
        self.clock_ns + self.waits.each_ns + loops_ns
    }

    /// The same by all.
    fn longest_but(&self, share: f64) -> f64 {
        self.away.longest_but(share / 2.0) + self.beside_ns(share / 2.0)
    }
}

/// To a latency: what was measured, what the broker took at least. From the intended time it holds the pacing error and
/// what a full queue kept as well, of which nothing is left in the latter.
pub(super) fn added_to_actual(
    measured: &TailQuantiles,
    at_least: &TailQuantiles,
    p: f64,
    keepers: &WaitSources,
) -> f64 {
    least(measured, p, |share| keepers.beside_ns(share) - at_least.at(p - share))
}

/// To a latency from the intended time, of which the pacing error is the generator's, and what a full queue kept is
/// not.
pub(super) fn added_by_errors(measured: &TailQuantiles, pacing: &TailQuantiles, p: f64, keepers: &WaitSources) -> f64 {
    least(measured, p, |share| {
        let dealt = DEALS.map(|deal| keepers.longest_but(share * deal) + pacing.at(1.0 - share * (1.0 - deal)));
        dealt.into_iter().fold(f64::INFINITY, f64::min) - measured.at(p - share)
    })
}

/// The smallest of L(p) + `rest(ε)`, no less than 0 and no more than L(p).
fn least(measured: &TailQuantiles, p: f64, rest: impl Fn(f64) -> f64) -> f64 {
    let size_ns = measured.at(p);
    let single = SINGLE.iter().map(|messages| *messages as f64 / measured.count().max(1) as f64);
    let shares = SPLITS.iter().map(|split| split * (1.0 - p)).chain(single).filter(|share| *share < p);
    let all = shares.chain([0.0]).map(|share| size_ns + rest(share));
    all.fold(size_ns, f64::min).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Counter, Distribution};
    use crate::telemetry::Role;

    fn quantiles(values: impl IntoIterator<Item = u64>) -> TailQuantiles {
        let mut distribution = Distribution::empty();
        values.into_iter().for_each(|value| distribution.histogram.saturating_record(value));
        distribution.extremes = None;
        TailQuantiles::of(&distribution)
    }

    fn broker() -> impl Iterator<Item = u64> {
        (0..10_000).map(|i| 1_000_000 + i * 100)
    }

    #[test]
    fn a_few_long_gaps_weigh_where_they_were_and_nowhere_else() {
        let measured = quantiles(broker());
        // One in a thousand can have waited for the loop for half of its time: the largest is not among them.
        let at_least = quantiles(broker().enumerate().map(|(i, ns)| if i % 1_000 == 7 { ns / 2 } else { ns }));
        let added = |p: f64| added_to_actual(&measured, &at_least, p, &WaitSources::default());
        for p in [0.5, 0.99, 0.9999, 1.0] {
            assert!(added(p) < 5_000.0, "{p}: {}", added(p));
        }
        // The thousand largest can have.
        let at_least = quantiles(broker().enumerate().map(|(i, ns)| if i >= 9_000 { ns / 2 } else { ns }));
        let added = |p: f64| added_to_actual(&measured, &at_least, p, &WaitSources::default());
        assert!(added(0.5) > 90_000.0, "they may have been below it: {}", added(0.5));
        assert!(added(1.0) > 90_000.0, "{}", added(1.0));
    }

    #[test]
    fn a_send_that_took_long_can_have_been_any() {
        let mut facts = crate::workload_generator::for_tests::facts(Role::Producer, 0, 10);
        facts.counters[Counter::MessagesEnqueued] = 10_000;
        facts.counters[Counter::SendsTook10ms] = 10;
        let keepers = WaitSources { sends: AwayShares::sending([&facts].into_iter()), ..WaitSources::default() };
        let measured = quantiles(broker());
        let added = |p: f64| added_to_actual(&measured, &measured, p, &keepers);
        assert!(added(0.5) < 5_000.0, "{}", added(0.5));
        assert!(added(1.0) < 5_000.0, "the ten below are not much smaller: {}", added(1.0));
        let rising = quantiles((0..10_000).map(|i| 1_000_000 + if i >= 9_991 { i * 1_000 } else { 0 }));
        assert!(added_to_actual(&rising, &rising, 1.0, &keepers) > 9_000_000.0);
    }

    #[test]
    fn nothing_is_own_beyond_the_error_of_the_clocks_or_what_nobody_knows() {
        let measured = quantiles(broker());
        let added = |p: f64, keepers: &WaitSources| added_to_actual(&measured, &measured, p, keepers);
        let clocks = WaitSources { clock_ns: 400_000.0, ..WaitSources::default() };
        assert!((400_000.0..402_000.0).contains(&added(0.5, &clocks)));
        let waits = CpuWaits { unknown_share: 0.02, ..CpuWaits::default() };
        let unknown = WaitSources { waits, ..WaitSources::default() };
        assert!(added(0.5, &unknown) < 50_000.0);
        assert_eq!(added(1.0, &unknown), measured.at(1.0));
    }

    #[test]
    fn of_intended_times_the_pacing_error_is_the_generators_and_what_a_full_queue_kept_is_not() {
        let late = quantiles(broker().map(|ns| ns + 500_000));
        let at_least = quantiles(broker());
        let by_pacing = |pacing_ns: u64| {
            let pacing = quantiles(broker().map(|_| pacing_ns));
            let keepers = WaitSources::default();
            added_to_actual(&late, &at_least, 0.5, &keepers).min(added_by_errors(&late, &pacing, 0.5, &keepers))
        };
        assert!((499_000.0..510_000.0).contains(&by_pacing(500_000)), "{}", by_pacing(500_000));
        assert!(by_pacing(1_000) < 10_000.0, "{}", by_pacing(1_000));
    }
}
