//! On a small run made by hand: who could look, and what is the generator's.

use super::*;
use crate::workload_generator::for_tests::{completed_result, distribution, latencies, plan};

#[test]
fn a_run_that_nobody_disturbed_is_the_brokers_own() {
    let plan = plan();
    let result = completed_result(&plan);
    let trust = Trust::of_run(&result).unwrap();
    assert_eq!(trust.own_up_to, Some(OwnLevel::Max), "{trust:#?}");
    assert_eq!(trust.sentence, "the rate is exact; latencies are the broker's, the largest included");
    assert!(trust.reaches(OwnLevel::P99) && trust.latencies.len() == 4);
}

#[test]
fn what_the_loop_kept_is_its_own_where_it_weighs() {
    let plan = plan();
    let mut result = completed_result(&plan);
    // Of the largest acknowledgement the loop can have kept most.
    let mut at_least = distribution((1..=999).map(|i| i * 1_000).chain([20_000]));
    at_least.add(&distribution((1..=999).map(|i| i * 3_000).chain([20_000])));
    result.cumulative.as_mut().unwrap().by_family[Latency::AcknowledgeAtLeast as usize] = at_least;
    let trust = Trust::of_run(&result).unwrap();
    assert_eq!(trust.own_up_to, Some(OwnLevel::Max), "the next one is as large: {trust:#?}");
    let keeps = |cumulative: &mut LatencySet| {
        // Of one in a hundred, all of them: those above half of them are then not much smaller, the median is.
        let whole = &latencies(1)[Latency::AcknowledgeActual];
        cumulative.by_family[Latency::AcknowledgeActual as usize] = whole.clone();
        let kept = (1..=1_000).map(|i| if i > 990 { 10_000 } else { i * 1_000 });
        cumulative.by_family[Latency::AcknowledgeAtLeast as usize] = distribution(kept);
    };
    keeps(result.cumulative.as_mut().unwrap());
    let trust = Trust::of_run(&result).unwrap();
    let figure = &trust.latencies[0].figures[0];
    assert!((10_000..15_000).contains(&figure.added_at_most_ns) && figure.own, "{figure:?}");
    // From a tenth on it weighs.
    let kept = (1..=1_000).map(|i| if i > 900 { 10_000 } else { i * 1_000 });
    let cumulative = result.cumulative.as_mut().unwrap();
    cumulative.by_family[Latency::AcknowledgeAtLeast as usize] = distribution(kept);
    let trust = Trust::of_run(&result).unwrap();
    assert_eq!(trust.own_up_to, None, "{trust:#?}");
    let figure = trust.latencies[0].first_not_own().unwrap();
    assert!((99_000..102_000).contains(&figure.added_at_most_ns), "{figure:?}");
    assert!(trust.sentence.contains(": the generator's own waits weigh"), "{}", trust.sentence);
}

#[test]
fn who_is_not_looked_at_is_not_judged() {
    let mut omb = plan();
    omb.measured_by = MeasuredBy::Omb;
    let trust = Trust::of_run(&completed_result(&omb)).unwrap();
    assert_eq!((trust.own_up_to, trust.latencies.len()), (None, 0));
    assert!(trust.not_judged.unwrap().contains("OMB") && !trust.sentence.is_empty());
    let mut null = plan();
    null.driver.kind = DriverKind::Null;
    assert!(Trust::of_run(&completed_result(&null)).unwrap().sentence.contains("there is no broker"));
}

#[test]
fn a_producer_that_leaves_out_sends_does_not_offer_the_rate() {
    let plan = plan();
    let mut result = completed_result(&plan);
    let measured = &mut result.periods.last_mut().unwrap().clients[0].measured;
    measured.counters[Counter::MessagesEnqueued] -= measured.counters[Counter::MessagesEnqueued] / 10;
    let trust = Trust::of_run(&result).unwrap();
    assert!((0.04..0.06).contains(&trust.rate.unwrap().short_share), "{trust:?}");
    assert!(trust.sentence.starts_with("the generator left out 5.0 % of the rate; "), "{}", trust.sentence);
}
