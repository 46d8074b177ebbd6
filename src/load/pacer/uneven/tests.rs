//! Poisson and burst on a virtual clock: the times are what they are called, and nobody's lateness moves them.

mod curves;

use crate::load::pacer::{Due, Pacer};
use crate::plan::curve::{RateCurve, RatePoint};
use crate::plan::schedule::interval_q32;
use crate::plan::{Arrivals, LatePolicy};
use crate::telemetry::RateOrder;

const S: u64 = 1_000_000_000;
const START_NS: u64 = 7 * S;
const POISSON: Arrivals = Arrivals::Poisson { arrival_seed: 1 };
const BURST: Arrivals = Arrivals::Burst { burst_messages: 100 };
const BOUNDED: LatePolicy = LatePolicy::Bounded { multiple: 2.0 };

fn order(per_s: f64) -> RateOrder {
    RateOrder { start_ns: START_NS, interval_q32: interval_q32(1.0, per_s) }
}

/// When each message went and when it should have, since the start, seen by a loop that looks every `step_ns`; 0: that
/// wakes when it is told to.
fn drive(pacer: &mut Pacer, from_ns: u64, until_ns: u64, step_ns: u64) -> Vec<(u64, u64)> {
    let (mut sent, mut now) = (Vec::new(), START_NS + from_ns);
    while now < START_NS + until_ns {
        match pacer.due(now, 100) {
            Due::Now { count } => {
                assert!((1..=100).contains(&count));
                sent.extend((0..count).map(|i| (now - START_NS, pacer.intended_ns(i) - START_NS)));
                pacer.sent(count);
            }
            Due::At { ns } => {
                assert!(ns > now, "a wake time lies ahead");
                now = if step_ns == 0 { ns } else { now + step_ns };
            }
        }
    }
    sent
}

fn intended(pacer: &mut Pacer, length_ns: u64, step_ns: u64) -> Vec<u64> {
    drive(pacer, 0, length_ns, step_ns).into_iter().map(|(_, intended_ns)| intended_ns).collect()
}

fn arriving(per_s: f64, arrivals: Arrivals, index: u32) -> Pacer {
    Pacer::arriving(order(per_s), LatePolicy::CatchUp, arrivals, index)
}

/// Gaps in mean intervals.
fn gaps(times_ns: &[u64], per_s: f64) -> Vec<f64> {
    times_ns.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e9 * per_s).collect()
}

/// Largest distance between what is found and an exponential distribution with mean 1, times √n: above 1.95 once in a
/// thousand times (Kolmogorov and Smirnov).
fn from_exponential(mut gaps: Vec<f64>) -> f64 {
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let distance = |(i, gap): (usize, &f64)| {
        let expected = 1.0 - (-gap).exp();
        (expected - i as f64 / n).abs().max((expected - (i + 1) as f64 / n).abs())
    };
    gaps.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn gaps_of_poisson_are_exponential_and_its_rate_is_the_one_asked_for() {
    for (per_s, length_s) in [(20_000.0, 10), (1_000_000.0 / 3.0, 1), (0.25, 800_000)] {
        let times = intended(&mut arriving(per_s, POISSON, 0), length_s * S, 0);
        let (n, expected) = (times.len() as f64, per_s * length_s as f64);
        assert!((n - expected).abs() < 4.0 * expected.sqrt(), "{n} of {expected}");
        let gaps = gaps(&times, per_s);
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 1.0).abs() < 4.0 / n.sqrt(), "mean {mean}");
        assert!((variance - 1.0).abs() < 4.0 * (8.0 / n).sqrt(), "variance {variance}");
        let off = from_exponential(gaps.clone());
        assert!(off < 1.95, "{off}");
        // A gap tells nothing about the next.
        let together = gaps.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / n / variance;
        assert!(together.abs() < 4.0 / n.sqrt(), "correlation {together}");
    }
}

#[test]
fn a_seed_makes_the_same_times_again_and_another_seed_or_producer_others() {
    let times =
        |seed, index| intended(&mut arriving(1_000.0, Arrivals::Poisson { arrival_seed: seed }, index), S, 1_000_000);
    let first = times(1, 0);
    assert_eq!(first, times(1, 0));
    assert_ne!(first[..10], times(2, 0)[..10]);
    assert_ne!(first[..10], times(1, 1)[..10]);
}

#[test]
fn producers_are_independent_and_together_they_are_poisson_at_the_whole_rate() {
    const WINDOW_NS: u64 = 10_000_000;
    let each: Vec<Vec<u64>> =
        (0..4).map(|index| intended(&mut arriving(5_000.0, POISSON, index), 10 * S, S / 100)).collect();
    let mut all: Vec<u64> = each.iter().flatten().copied().collect();
    all.sort_unstable();
    let off = from_exponential(gaps(&all, 20_000.0));
    assert!(off < 1.95, "{off}");
    let counts = |times: &[u64]| {
        let mut counts = [0.0; 1_000];
        times.iter().for_each(|time| counts[usize::try_from(time / WINDOW_NS).unwrap()] += 1.0);
        counts
    };
    let moments = |counts: &[f64; 1_000]| {
        let mean = counts.iter().sum::<f64>() / 1_000.0;
        (mean, counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 1_000.0)
    };
    // As many in the mean as in the variance.
    let (mean, variance) = moments(&counts(&all));
    assert!((variance / mean - 1.0).abs() < 4.0 * (2.0 / 1_000.0f64).sqrt(), "{variance} of {mean}");
    let [one, other] = [counts(&each[0]), counts(&each[1])];
    let ((mean, variance), (other_mean, other_variance)) = (moments(&one), moments(&other));
    let products = one.iter().zip(&other).map(|(a, b)| (a - mean) * (b - other_mean));
    let correlation = products.sum::<f64>() / 1_000.0 / (variance * other_variance).sqrt();
    assert!(correlation.abs() < 4.0 / 1_000.0f64.sqrt(), "{correlation}");
}

#[test]
fn a_burst_comes_at_once_and_the_next_when_the_rate_allows_it() {
    let times = intended(&mut arriving(1_000.0, BURST, 0), 100 * S, 1_000_000);
    assert_eq!(times.len(), 100_000, "the mean is exact");
    for (i, time) in (0u64..).zip(&times) {
        assert_eq!(*time, i / 100 * (S / 10));
    }
}

#[test]
fn bursts_of_one_message_are_an_even_schedule() {
    let one = intended(&mut arriving(3_000.0, Arrivals::Burst { burst_messages: 1 }, 0), S, 1_000_000);
    assert_eq!(one, intended(&mut Pacer::new(order(3_000.0), LatePolicy::CatchUp), S, 1_000_000));
}

#[test]
fn dithered_messages_are_late_by_up_to_a_ms_or_an_interval_and_in_order() {
    for (per_s, most_ns) in [(100.0, 1_000_000), (1_000.0, 1_000_000), (20_000.0, 50_000)] {
        let even = intended(&mut Pacer::new(order(per_s), LatePolicy::CatchUp), 10 * S, 0);
        let dithered = intended(&mut arriving(per_s, Arrivals::Dithered { arrival_seed: 1 }, 0), 10 * S, 0);
        assert!(dithered.len() + 1 >= even.len(), "{} of {}", dithered.len(), even.len());
        let late: Vec<u64> = dithered.iter().zip(&even).map(|(dithered, even)| dithered - even).collect();
        let mean = late.iter().sum::<u64>() as f64 / late.len() as f64;
        assert!(late.iter().all(|late| *late <= most_ns) && dithered.is_sorted(), "{per_s}");
        // The standard deviation of one is 0.29 of the most.
        assert!((mean / most_ns as f64 - 0.5).abs() < 4.0 * 0.29 / (late.len() as f64).sqrt(), "{per_s}: {mean}");
    }
}

#[test]
fn whole_ms_of_dithered_messages_are_right_on_average_and_those_of_even_ones_are_not() {
    // One ms in three, sent on the whole ms and received 0.4 ms later.
    let error_ms = |arrivals| {
        let cut: Vec<u64> = intended(&mut arriving(1_000.0 / 3.0, arrivals, 0), 60 * S, 0)
            .iter()
            .map(|sent_ns| (sent_ns + 400_000) / 1_000_000 - sent_ns / 1_000_000)
            .collect();
        cut.iter().sum::<u64>() as f64 / cut.len() as f64 - 0.4
    };
    assert!(error_ms(Arrivals::Uniform).abs() > 0.35, "{}", error_ms(Arrivals::Uniform));
    let dithered = error_ms(Arrivals::Dithered { arrival_seed: 1 });
    assert!(dithered.abs() < 4.0 * 0.5 / 20_000.0f64.sqrt(), "{dithered}");
}

#[test]
fn who_is_late_does_not_move_the_times_and_catches_up_on_them() {
    for arrivals in [POISSON, BURST] {
        let on_time = intended(&mut arriving(2_000.0, arrivals, 3), 20 * S, 10_000);
        for (policy, step_ns) in [(LatePolicy::CatchUp, 3 * S), (BOUNDED, S / 20)] {
            let seen = intended(&mut Pacer::arriving(order(2_000.0), policy, arrivals, 3), 20 * S, step_ns);
            assert!(seen.len() > 30_000 && on_time[..seen.len()] == seen, "{arrivals:?} {policy:?}: {}", seen.len());
        }
    }
}

#[test]
fn on_time_nothing_is_held_back_however_near_its_neighbour_is() {
    for (arrivals, policy) in [(POISSON, BOUNDED), (BURST, BOUNDED), (POISSON, LatePolicy::Skip)] {
        let mut pacer = Pacer::arriving(order(1_000.0), policy, arrivals, 0);
        let sent = drive(&mut pacer, 0, 10 * S, 0);
        assert!(sent.len() > 9_000 && sent.iter().all(|(at_ns, due_ns)| at_ns == due_ns), "{arrivals:?} {policy:?}");
        assert_eq!(pacer.missed(), 0);
    }
}

#[test]
fn bounded_catches_up_at_its_multiple_in_the_same_shape() {
    for (arrivals, slack) in [(POISSON, 300.0), (BURST, 101.0)] {
        let mut pacer = Pacer::arriving(order(1_000.0), BOUNDED, arrivals, 0);
        drive(&mut pacer, 0, S, 10_000);
        let after = drive(&mut pacer, 11 * S, 40 * S, 10_000);
        // Ten seconds behind: 20,000 messages in ten seconds, then as it was.
        let until = |length_ns: u64| after.iter().filter(|(at_ns, _)| *at_ns < 11 * S + length_ns).count() as f64;
        assert!((until(2 * S) - 4_000.0).abs() < slack, "{arrivals:?}: {}", until(2 * S));
        assert!((until(20 * S) - 30_000.0).abs() < 3.0 * slack, "{arrivals:?}: {}", until(20 * S));
        let last = after.last().unwrap();
        assert!(last.0 - last.1 < 20_000, "it has caught up: {last:?}");
    }
}

#[test]
fn counts_balance_under_every_policy_and_a_new_order_drops_what_is_due() {
    for arrivals in [POISSON, BURST] {
        let scheduled = intended(&mut arriving(1_000.0, arrivals, 0), 10 * S, 0).len() as u64;
        for policy in [LatePolicy::CatchUp, BOUNDED, LatePolicy::Skip, LatePolicy::Shift] {
            let mut pacer = Pacer::arriving(order(1_000.0), policy, arrivals, 0);
            let mut sent = drive(&mut pacer, 0, 2 * S, 1_000_000).len() as u64;
            sent += drive(&mut pacer, 5 * S, 6 * S, 1_000_000).len() as u64;
            let now = START_NS + 10 * S - 1;
            let debt = pacer.change(RateOrder { start_ns: now + 1, ..order(500.0) }, now);
            match policy {
                LatePolicy::Shift => assert!(pacer.shifted() > 2_500, "{}", pacer.shifted()),
                _ => assert_eq!(sent + pacer.missed() + debt, scheduled, "{arrivals:?} {policy:?}"),
            }
            assert_eq!(pacer.missed() > 2_500, policy == LatePolicy::Skip, "{arrivals:?}");
            // The new order counts on from its own start.
            let later = drive(&mut pacer, 10 * S, 20 * S, 0);
            assert!((later.len() as f64 - 5_000.0).abs() < 300.0 && later.iter().all(|(_, due)| *due >= 10 * S));
        }
    }
}
