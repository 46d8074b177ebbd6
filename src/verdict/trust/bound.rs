//! The most that the generator can have added to a percentile, with nothing assumed of when it did.
//!
//! What was measured of a message is L = B + G: the system's time, and what the generator added. If no more than a share ε of the messages
//! was kept for longer than g, then at most ε of all can have moved beyond a bound by more than g: B(p) ≥ L(p − ε) − g. So the generator has added
//! at most L(p) − L(p − ε) + g to the percentile p, for every ε; the smallest of these is told. To the maximum it has added at most the
//! longest that it kept any message.

use super::away::Away;
use super::quantiles::Quantiles;
use super::waits::CpuWaits;

/// Shares ε that are tried, as multiples of 1 − p.
const SPLITS: [f64; 22] = [
    0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0,
    80.0,
];
/// How such a share is dealt out between the pacing error and the rest.
const DEALS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// What can have kept messages, on their whole way.
#[derive(Debug, Clone, Default)]
pub(super) struct Keepers {
    /// The loop that picked them up.
    pub(super) away: Away,
    /// Waits for CPUs.
    pub(super) waits: CpuWaits,
    /// Error of the clocks between sender and receiver, ns.
    pub(super) clock_ns: f64,
}

impl Keepers {
    /// All but this share of the messages were kept for no longer than so many ns.
    pub(super) fn longest_but(&self, share: f64) -> f64 {
        let left = share - self.waits.unknown_share;
        if left < 0.0 {
            return f64::INFINITY;
        }
        self.clock_ns + self.waits.each_ns + self.loops_ns(left)
    }

    /// The loop alone, and threads of the library that wait like it: either can be late for half of the share.
    pub(super) fn loops_ns(&self, share: f64) -> f64 {
        match self.waits.like_loop {
            0.0 => self.away.longest_but(share),
            longer => self.away.longest_but(share / 2.0) * (1.0 + longer),
        }
    }
}

/// Of a latency from the actual time.
pub(super) fn added_to_actual(measured: &Quantiles, p: f64, keepers: &Keepers) -> f64 {
    least(measured, p, |share| keepers.longest_but(share) - measured.at(p - share))
}

/// Of a latency from the intended time, which also holds the pacing error; `actual` is the same latency from the actual time.
pub(super) fn added_to_intended(
    measured: &Quantiles,
    actual: &Quantiles,
    pacing: &Quantiles,
    p: f64,
    keepers: &Keepers,
) -> f64 {
    let by_errors = least(measured, p, |share| {
        let dealt = DEALS.map(|deal| keepers.longest_but(share * deal) + pacing.at(1.0 - share * (1.0 - deal)));
        dealt.into_iter().fold(f64::INFINITY, f64::min) - measured.at(p - share)
    });
    // From the actual time nothing of the pacing error is left, and of what a full queue kept neither.
    by_errors.min(least(measured, p, |share| keepers.longest_but(share) - actual.at(p - share)))
}

/// The smallest of L(p) + `rest(ε)`, no less than 0 and no more than L(p).
fn least(measured: &Quantiles, p: f64, rest: impl Fn(f64) -> f64) -> f64 {
    let size_ns = measured.at(p);
    let shares = SPLITS.iter().map(|split| split * (1.0 - p)).filter(|share| *share < p);
    let all = shares.chain([0.0]).map(|share| size_ns + rest(share));
    all.fold(size_ns, f64::min).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Counter, Distribution};
    use crate::telemetry::Role;

    fn quantiles(values: impl IntoIterator<Item = u64>) -> Quantiles {
        let mut distribution = Distribution::empty();
        values.into_iter().for_each(|value| distribution.histogram.saturating_record(value));
        distribution.extremes = None;
        Quantiles::of(&distribution)
    }

    /// A producer whose loop kept 10 of 10,000 messages for up to 30 ms.
    fn keepers() -> Keepers {
        let mut facts = crate::workload_generator::for_tests::facts(Role::Producer, 0, 10);
        facts.counters[Counter::MessagesAcknowledged] = 10_000;
        facts.counters[Counter::MessagesFailed] = 0;
        facts.counters[Counter::MessagesBehindGap10ms] = 10;
        Keepers { away: Away::of([&facts].into_iter(), Role::Producer), ..Keepers::default() }
    }

    #[test]
    fn a_few_long_gaps_weigh_where_they_can_be_and_nowhere_else() {
        let measured = quantiles((0..10_000).map(|i| 1_000_000 + i * 100));
        let added = |p: f64| added_to_actual(&measured, p, &keepers());
        assert!(added(0.5) < 5_000.0, "{}", added(0.5));
        assert!(added(0.99) < 5_000.0, "{}", added(0.99));
        assert!(added(0.9999) < 5_000.0, "the thousand below are not much smaller: {}", added(0.9999));
        assert_eq!(added(1.0), measured.at(1.0), "it can be all of it");
    }

    #[test]
    fn nothing_is_own_beyond_the_error_of_the_clocks_or_what_nobody_knows() {
        let measured = quantiles((0..10_000).map(|i| 1_000_000 + i * 100));
        let clocks = Keepers { clock_ns: 400_000.0, ..Keepers::default() };
        assert!((400_000.0..402_000.0).contains(&added_to_actual(&measured, 0.5, &clocks)));
        let waits = CpuWaits { unknown_share: 0.02, ..CpuWaits::default() };
        let unknown = Keepers { waits, ..Keepers::default() };
        assert!(added_to_actual(&measured, 0.5, &unknown) < 50_000.0);
        assert_eq!(added_to_actual(&measured, 1.0, &unknown), measured.at(1.0));
    }

    #[test]
    fn of_intended_times_the_pacing_error_is_the_generators_and_what_a_full_queue_kept_is_not() {
        let broker = || (0..10_000).map(|i| 1_000_000 + i * 100);
        let late = quantiles(broker().map(|ns| ns + 500_000));
        let pacing = quantiles(broker().map(|_| 500_000));
        let by_pacing = added_to_intended(&late, &quantiles(broker()), &pacing, 0.5, &Keepers::default());
        assert!((499_000.0..510_000.0).contains(&by_pacing), "{by_pacing}");
        let punctual = quantiles(broker().map(|_| 1_000));
        let by_queue = added_to_intended(&late, &quantiles(broker()), &punctual, 0.5, &Keepers::default());
        assert!(by_queue < 10_000.0, "{by_queue}");
    }
}
