//! Differences and sums of counters, their names.

use super::*;
use proptest::prelude::*;

fn any_counters() -> impl Strategy<Value = Counters> {
    prop::collection::vec(0_u64..1 << 60, Counter::COUNT)
        .prop_map(|values| Counters(std::array::from_fn(|i| values[i])))
}

proptest! {
    #[test]
    fn what_was_added_is_what_came_since(before in any_counters(), added in any_counters()) {
        let mut after = before;
        after.add(&added);
        let mut since = after.since(&before);
        since.take_gauges(&added);
        prop_assert_eq!(since, added);
        for gauge in Counter::GAUGES {
            prop_assert_eq!(after.since(&before)[gauge], after[gauge]);
        }
    }
}

#[test]
fn a_counter_that_went_back_gives_0_and_a_full_one_stays_full() {
    let full = Counters([u64::MAX; Counter::COUNT]);
    let mut sum = full;
    sum.add(&full);
    assert_eq!(sum, full);
    assert_eq!(Counters::default().since(&full), Counters::default());
}

#[test]
fn names_are_distinct_and_serialize_in_order() {
    let text = serde_json::to_string(&Counters::default()).unwrap();
    assert!(text.starts_with(r#"{"messages_enqueued":0,"bytes_enqueued":0,"#));
    let back: std::collections::BTreeMap<String, u64> = serde_json::from_str(&text).unwrap();
    assert_eq!(back.len(), Counter::COUNT);
    let full = Counters(std::array::from_fn(|i| i as u64));
    let back: Counters = serde_json::from_str(&serde_json::to_string(&full).unwrap()).unwrap();
    assert_eq!(back, full);
}
