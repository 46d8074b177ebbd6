//! The schedule on a virtual clock: no drift, and each late policy's promise through a stall.

mod any_looks;

use super::*;
use crate::units::NS_PER_S;

const START_NS: u64 = 5_000_000_000_123;

fn interval(per_s: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "intervals of the tests are whole and positive"
    )]
    let interval = (1e9 / per_s * 4_294_967_296.0).round() as u128;
    interval
}

fn order(per_s: f64) -> RateOrder {
    RateOrder { start_ns: START_NS, interval_q32: interval(per_s) }
}

/// One message: when it went, and when it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    at_ns: u64,
    intended_ns: u64,
}

/// Runs the clock from `from_ns` to before `until_ns`, sleeping exactly to each wake time, with `step_ns` between busy
/// looks.
fn drive(pacer: &mut Pacer, from_ns: u64, until_ns: u64, limit: u32, step_ns: u64) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut now = from_ns;
    while now < until_ns {
        match pacer.due(now, limit) {
            Due::At { ns } => {
                assert!(ns > now, "a wake time lies ahead");
                now = ns;
            }
            Due::Now { count } => {
                assert!(count >= 1 && count <= limit.max(1));
                for i in 0..count {
                    sent.push(Sent { at_ns: now, intended_ns: pacer.intended_ns(i) });
                }
                pacer.sent(count);
                now += step_ns;
            }
        }
    }
    sent
}

const POLICIES: [LatePolicy; 4] =
    [LatePolicy::Bounded { multiple: 2.0 }, LatePolicy::CatchUp, LatePolicy::Skip, LatePolicy::Shift];

#[test]
fn nothing_goes_before_the_start() {
    for policy in POLICIES {
        for per_s in [1.0 / 3_600.0, 0.25, 1_000.0, 3e6] {
            let mut pacer = Pacer::new(order(per_s), policy);
            assert_eq!(pacer.due(0, 10), Due::At { ns: START_NS });
            assert_eq!(pacer.due(START_NS - 1, 10), Due::At { ns: START_NS });
            assert_eq!(pacer.due(START_NS, 10), Due::Now { count: 1 });
        }
    }
}

#[test]
fn an_unlimited_rate_sends_whatever_is_asked_for_and_intends_it_now() {
    for policy in POLICIES {
        let mut pacer = Pacer::new(RateOrder { start_ns: START_NS, interval_q32: 0 }, policy);
        assert_eq!(pacer.due(START_NS - 5, 100), Due::At { ns: START_NS });
        for now in [START_NS, START_NS + 7, START_NS + NS_PER_S] {
            assert_eq!(pacer.due(now, 100), Due::Now { count: 100 });
            assert_eq!((pacer.intended_ns(0), pacer.intended_ns(99)), (now, now));
            pacer.sent(100);
        }
        assert_eq!((pacer.missed(), pacer.shifted()), (0, 0));
        assert_eq!(pacer.change(order(10.0), START_NS + 2 * NS_PER_S), 0);
    }
}

#[test]
fn a_billion_messages_do_not_drift() {
    let order = order(3_333_333.3);
    let mut pacer = Pacer::new(order, LatePolicy::CatchUp);
    let batch = 1_000_000;
    for _ in 0..1_000 {
        pacer.due(u64::MAX >> 1, batch);
        pacer.sent(batch);
    }
    let exact = START_NS + u64::try_from((1_000_000_000u128 * order.interval_q32) >> 32).unwrap();
    assert_eq!(pacer.intended_ns(0), exact);
    // The rounding of the interval itself: 2^-33 ns a message, an eighth of a ns in a billion.
    let ideal_ns = 1e9 / 3_333_333.3 * 1e9;
    #[expect(clippy::cast_precision_loss, reason = "3e11 is exact in an f64")]
    let measured_ns = (exact - START_NS) as f64;
    assert!((measured_ns - ideal_ns).abs() < 2.0, "{measured_ns} {ideal_ns}");
}

#[test]
fn without_a_stall_every_policy_sends_on_time() {
    for policy in [LatePolicy::Bounded { multiple: 2.0 }, LatePolicy::CatchUp, LatePolicy::Skip] {
        let mut pacer = Pacer::new(order(40_000.0), policy);
        let sent = drive(&mut pacer, START_NS, START_NS + NS_PER_S, 100, 100);
        assert_eq!(sent.len(), 40_000, "{policy:?}");
        assert!(sent.iter().all(|s| s.at_ns == s.intended_ns), "{policy:?}");
        assert_eq!(pacer.missed(), 0);
    }
}

/// One second on time, one second stalled, then eight seconds free, at 1,000/s.
fn stall(policy: LatePolicy) -> (Pacer, Vec<Sent>, Vec<Sent>) {
    let mut pacer = Pacer::new(order(1_000.0), policy);
    let before = drive(&mut pacer, START_NS, START_NS + NS_PER_S, 100, 1_000);
    assert_eq!(before.len(), 1_000, "{policy:?}");
    let after = drive(&mut pacer, START_NS + 2 * NS_PER_S, START_NS + 10 * NS_PER_S, 100, 1_000);
    (pacer, before, after)
}

#[test]
fn catch_up_sends_everything_due_at_once() {
    let (_, _, after) = stall(LatePolicy::CatchUp);
    assert_eq!(after.len(), 9_000);
    let at_once = after.iter().filter(|s| s.at_ns <= START_NS + 2 * NS_PER_S + 20_000).count();
    assert_eq!(at_once, 1_001);
    assert!(after.iter().zip(1_000u64..).all(|(s, i)| s.intended_ns == START_NS + i * 1_000_000));
}

#[test]
fn bounded_catches_up_at_its_multiple_and_keeps_the_schedule() {
    for (multiple, extra_s) in [(2.0, 1.0), (1.5, 2.0), (5.0, 0.25)] {
        let (_, _, after) = stall(LatePolicy::Bounded { multiple });
        assert_eq!(after.len(), 9_000, "the whole schedule is made");
        assert!(after.iter().zip(1_000u64..).all(|(s, i)| s.intended_ns == START_NS + i * 1_000_000));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a second in ns")]
        let spacing_ns = (1e6 / multiple) as u64;
        let late = after.iter().filter(|s| s.at_ns > s.intended_ns).count();
        for pair in after[..late].windows(2) {
            let gap = pair[1].at_ns - pair[0].at_ns;
            assert!(gap >= spacing_ns && gap <= spacing_ns + 1_001, "{multiple}: {gap}");
        }
        #[expect(clippy::cast_precision_loss, reason = "ns within a test of ten seconds")]
        let recovered_s = (after[late].at_ns - START_NS - 2 * NS_PER_S) as f64 / 1e9;
        assert!((recovered_s - extra_s).abs() < 0.01 * extra_s + 0.002, "{multiple}: back after {recovered_s} s");
    }
}

#[test]
fn bounded_holds_its_multiple_when_the_clock_is_looked_at_seldom() {
    // 1,000,000/s and a look every 20 µs: a look may send what 2 × the rate gives for 20 µs.
    let mut pacer = Pacer::new(order(1e6), LatePolicy::Bounded { multiple: 2.0 });
    drive(&mut pacer, START_NS, START_NS + NS_PER_S / 10, 1_000, 20_000);
    let from = START_NS + NS_PER_S / 5;
    let sent = drive(&mut pacer, from, from + NS_PER_S / 100, 1_000, 20_000);
    assert!((19_900..=20_100).contains(&sent.len()), "{}", sent.len());
}

#[test]
fn bounded_keeps_its_rate_on_a_third_of_a_cpu() {
    // 5,000/s, and the CPU for 3 ms of every 10.
    let mut pacer = Pacer::new(order(5_000.0), LatePolicy::Bounded { multiple: 2.0 });
    let sent: usize = (0..1_000)
        .map(|turn| {
            let from = START_NS + turn * 10_000_000;
            drive(&mut pacer, from, from + 3_000_000, 1_000, 1_000).len()
        })
        .sum();
    assert!((49_960..=50_000).contains(&sent), "{sent} in 10 s");
}

#[test]
fn skip_leaves_out_what_is_late_and_counts_it() {
    let (pacer, _, after) = stall(LatePolicy::Skip);
    assert_eq!(after[0].at_ns, START_NS + 2 * NS_PER_S);
    assert!(after.iter().all(|s| s.at_ns - s.intended_ns <= 1_000_000 + 1_000));
    assert_eq!(1_000 + after.len() as u64 + pacer.missed(), 10_000);
    assert_eq!(pacer.missed(), 999);
}

#[test]
fn shift_moves_the_rest_of_the_schedule_and_counts_the_debt() {
    let (pacer, _, after) = stall(LatePolicy::Shift);
    // The stall costs its whole second: 8 s at 1,000/s are left, and the late message itself was due at its old time.
    assert_eq!(after.len(), 8_000);
    assert_eq!(after[0], Sent { at_ns: START_NS + 2 * NS_PER_S, intended_ns: START_NS + NS_PER_S });
    assert!(after[1..].iter().all(|s| s.at_ns == s.intended_ns));
    assert_eq!(pacer.shifted(), 1_000);
}

#[test]
fn a_new_order_drops_the_debt_and_says_how_much() {
    for policy in POLICIES {
        let mut pacer = Pacer::new(order(1_000.0), policy);
        drive(&mut pacer, START_NS, START_NS + NS_PER_S, 100, 1_000);
        let now = START_NS + 2 * NS_PER_S;
        let start_ns = now + 500;
        assert_eq!(pacer.change(RateOrder { start_ns, interval_q32: interval(2_000.0) }, now), 1_001, "{policy:?}");
        assert_eq!(pacer.due(now, 5), Due::At { ns: start_ns });
        assert_eq!(drive(&mut pacer, now, start_ns + NS_PER_S, 5, 1_000).len(), 2_000);
    }
}

#[test]
fn an_order_seen_late_rules_from_its_own_start() {
    let mut pacer = Pacer::new(order(1_000.0), LatePolicy::CatchUp);
    drive(&mut pacer, START_NS, START_NS + NS_PER_S, 100, 1_000);
    let start_ns = START_NS + NS_PER_S + 10_000_000;
    let debt = pacer.change(RateOrder { start_ns, interval_q32: interval(1_000.0) }, START_NS + 2 * NS_PER_S);
    assert_eq!(debt, 10);
    assert_eq!(pacer.intended_ns(0), start_ns);
}

#[test]
fn one_message_an_hour_comes_every_hour_under_every_policy() {
    for policy in POLICIES {
        let mut pacer = Pacer::new(order(1.0 / 3_600.0), policy);
        let sent = drive(&mut pacer, START_NS, START_NS + 10 * 3_600 * NS_PER_S - 1, 100, 1);
        let at = |hour: u64| START_NS + hour * 3_600 * NS_PER_S;
        assert_eq!(sent.len(), 10, "{policy:?}");
        for (message, hour) in sent.iter().zip(0..) {
            assert!(message.at_ns.abs_diff(at(hour)) <= 1 && message.intended_ns.abs_diff(at(hour)) <= 1, "{policy:?}");
        }
    }
}
