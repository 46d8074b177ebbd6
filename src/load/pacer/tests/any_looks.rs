//! Whenever the pacer is looked at: times are exact, counts balance, multiples hold.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn intended_times_are_exact_and_counts_balance(
        per_s in 0.3f64..5e6,
        policy in 0usize..4,
        looks in prop::collection::vec((0u64..50_000_000, 1u32..300), 1..300),
    ) {
        let policy = POLICIES[policy];
        let order = order(per_s);
        let mut pacer = Pacer::new(order, policy);
        let mut now = START_NS;
        let mut sent = 0u64;
        let mut last_intended = 0;
        for (pause, limit) in looks {
            now += pause;
            match pacer.due(now, limit) {
                Due::At { ns } => prop_assert!(ns > now),
                Due::Now { count } => {
                    prop_assert!(count >= 1 && count <= limit);
                    for i in 0..count {
                        let intended = pacer.intended_ns(i);
                        prop_assert!(intended <= now);
                        prop_assert!(intended >= last_intended);
                        last_intended = intended;
                        if !matches!(policy, LatePolicy::Shift) {
                            let slot = u128::from(sent + pacer.missed() + u64::from(i));
                            let exact = u128::from(START_NS) + ((slot * order.interval_q32) >> 32);
                            prop_assert_eq!(u128::from(intended), exact);
                        }
                    }
                    pacer.sent(count);
                    sent += u64::from(count);
                }
            }
        }
        let (missed, shifted) = (pacer.missed(), pacer.shifted());
        let debt = pacer.change(RateOrder { start_ns: now + 1, interval_q32: 0 }, now);
        let elapsed_q32 = (u128::from(now - START_NS) + 1) << 32;
        let scheduled = u64::try_from(elapsed_q32.div_ceil(order.interval_q32)).unwrap();
        if matches!(policy, LatePolicy::Shift) {
            // Delays are fractions of intervals; only their sum is cut to whole sends.
            prop_assert!((sent + shifted + debt).abs_diff(scheduled) <= 1);
        } else {
            prop_assert_eq!(sent + missed + debt, scheduled);
        }
    }

    #[test]
    fn bounded_never_exceeds_its_multiple_for_long(
        per_s in 100f64..2e6,
        looks in prop::collection::vec(1u64..2_000_000, 2..400),
    ) {
        let mut pacer = Pacer::new(order(per_s), LatePolicy::Bounded { multiple: 2.0 });
        let first = START_NS + 10 * NS_PER_S; // ten seconds behind: always catching up
        let mut now = first;
        let mut sent = 0f64;
        for pause in looks {
            if let Due::Now { count } = pacer.due(now, u32::MAX) {
                pacer.sent(count);
                sent += f64::from(count);
            }
            #[expect(clippy::cast_precision_loss, reason = "ns of a short test")]
            let seconds = (now - first) as f64 / 1e9;
            prop_assert!(sent <= 2.0 * per_s * seconds + 1.5, "{} in {}", sent, seconds);
            now += pause;
        }
    }
}
