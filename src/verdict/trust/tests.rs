//! On a small run made by hand: who could look, and what is the generator's.

use super::*;
use crate::workload_generator::for_tests::{completed_series, plan};

#[test]
fn a_run_that_nobody_disturbed_is_the_brokers_own() {
    let plan = plan();
    let series = completed_series(&plan);
    let trust = Trust::of_run(&series).unwrap();
    // The largest of 3 ms may have met a gap shorter than a beat, which no look has seen.
    assert_eq!(trust.own_up_to, Some(OwnLevel::P99_99), "{trust:#?}");
    assert!(
        trust.sentence.starts_with("the rate is exact; acknowledgements are the broker's up to p99.99"),
        "{}",
        trust.sentence
    );
    assert!(trust.reaches(OwnLevel::P99) && trust.latencies.len() == 4);
}

#[test]
fn messages_behind_gaps_of_a_loop_are_its_own_from_their_share_on() {
    let plan = plan();
    let mut series = completed_series(&plan);
    for client in &mut series.periods.last_mut().unwrap().clients {
        let counters = &mut client.measured.counters;
        let messages = away::picked_up(counters, client.measured.role);
        assert!(messages > 0);
        counters[Counter::MessagesBehindGap300ms] = messages / 500;
    }
    let trust = Trust::of_run(&series).unwrap();
    // Values are even up to the largest: nothing but that can have been moved by much.
    assert_eq!(trust.own_up_to, Some(OwnLevel::P99_99), "{trust:#?}");
    assert!(
        trust.sentence.contains("up to p99.99; beyond that the generator's own waits weigh (max: "),
        "{}",
        trust.sentence
    );
    let figure = trust.latencies[0].first_not_own().unwrap();
    assert!(figure.added_at_most_ns > figure.latency_ns / 20 && figure.loop_gap_ns > 0, "{figure:?}");
}

#[test]
fn who_is_not_looked_at_is_not_judged() {
    let mut omb = plan();
    omb.measured_by = MeasuredBy::Omb;
    let trust = Trust::of_run(&completed_series(&omb)).unwrap();
    assert_eq!((trust.own_up_to, trust.latencies.len()), (None, 0));
    assert!(trust.not_judged.unwrap().contains("OMB") && !trust.sentence.is_empty());
    let mut null = plan();
    null.driver.kind = DriverKind::Null;
    assert!(Trust::of_run(&completed_series(&null)).unwrap().sentence.contains("there is no broker"));
}

#[test]
fn a_producer_that_leaves_out_sends_does_not_offer_the_rate() {
    let plan = plan();
    let mut series = completed_series(&plan);
    let measured = &mut series.periods.last_mut().unwrap().clients[0].measured;
    measured.counters[Counter::MessagesEnqueued] -= measured.counters[Counter::MessagesEnqueued] / 10;
    let trust = Trust::of_run(&series).unwrap();
    assert!((0.04..0.06).contains(&trust.rate.unwrap().short_share), "{trust:?}");
    assert!(trust.sentence.starts_with("the generator left out 5.0 % of the rate; "), "{}", trust.sentence);
}
