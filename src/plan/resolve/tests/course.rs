//! Backlog, rate search, rates over time, sampling period.

use super::*;
use crate::plan::{Arrivals, SearchRule, curve::DAY_S};

#[test]
fn a_backlog_is_in_gib_over_all_subscriptions_and_drained_at_1000_messages_or_the_rest_of_the_ratio() {
    let text = format!("{SOUND}producerRate: 1000\nconsumerBacklogSizeGB: 0.5\n");
    let backlog = plan(&text).backlog.unwrap();
    assert_eq!((backlog.size_bytes, backlog.size_messages), (1 << 29, 1 << 19));
    assert_eq!((backlog.drained_at_messages, backlog.drain_rate_per_s), (1_000, None));
    assert_eq!(backlog.drain_limit, Duration::from_secs(3_600));
    let ratio = plan(&format!("{text}backlogDrainRatio: 0.75\nbacklogDrainTimeoutMinutes: 2\ndrainProducerRate: 50\n"));
    let backlog = ratio.backlog.unwrap();
    assert_eq!((backlog.drained_at_messages, backlog.drain_limit), (1 << 17, Duration::from_secs(120)));
    assert_eq!(backlog.drain_rate_per_s, Some(200.0), "the guide's rates are of each of 4 producers");
}

#[test]
fn a_backlog_needs_a_broker_that_keeps_it_and_somebody_who_consumes() {
    let text = format!("{SOUND}producerRate: 100\nconsumerBacklogSizeGB: 0.001\n");
    assert!(refusals(&text, &embedded())[0].contains("the embedded one keeps 5 MiB"));
    let nobody = text.replace("subscriptionsPerTopic: 1", "subscriptionsPerTopic: 0");
    assert!(refusals(&nobody, &ResolveOptions::default())[0].contains("nobody consumes"), "{nobody}");
}

#[test]
fn no_rate_and_rate_0_search_for_one_by_ombs_rule_unless_told_otherwise() {
    for rate in ["", "producerRate: 0\n"] {
        let plan = plan(&format!("{SOUND}{rate}"));
        assert_eq!(plan.search.map(|search| (search.rule, search.floor_per_s)), Some((SearchRule::Omb, 1.0)));
        assert_eq!(plan.rate.total, Rate::PerSecond(10_000.0));
    }
    let guide = plan(&format!("{SOUND}rateSearch: guide\n"));
    assert_eq!(guide.search.map(|search| search.rule), Some(SearchRule::Guide));
    let given = plan(&format!("{SOUND}rateSearch: guide\nproducerRate: 5\n"));
    assert!(given.search.is_none() && given.warnings.iter().any(|warning| warning.text.contains("rateSearch")));
    assert!(refusals(SOUND, &embedded())[0].contains("what the embedded broker can keep"));
}

#[test]
fn automqs_list_is_by_the_clock_with_three_numbers_and_from_the_start_with_two() {
    let by_clock = plan(&format!("{SOUND}producerRateScope: total\nproducerRateList: [[6, 0, 100], [18, 0, 300]]\n"));
    let curve = by_clock.rate.curve.unwrap();
    assert_eq!((curve.slopes, curve.cycle_s, curve.clock_offset_s.is_some()), (true, Some(DAY_S), true));
    // Half way from 18:00 to 06:00.
    assert_eq!(curve.points.iter().map(|point| point.per_s).collect::<Vec<_>>(), [200.0, 100.0, 300.0]);
    assert_eq!(by_clock.rate.total, Rate::PerSecond(300.0));
    let offsets = plan(&format!("{SOUND}producerRateScope: total\nproducerRateList: [[1, 100], [2, 300]]\n"));
    let curve = offsets.rate.curve.unwrap();
    assert_eq!((curve.cycle_s, curve.clock_offset_s), (None, None));
    let points: Vec<_> = curve.points.iter().map(|point| (point.at_s, point.per_s)).collect();
    assert_eq!(points, [(0.0, 100.0), (60.0, 100.0), (120.0, 300.0)]);
    assert!(offsets.search.is_none());
}

#[test]
fn steps_and_bursts_are_of_each_producer_where_the_rate_is() {
    let steps = plan(&format!("{SOUND}producerRateSteps: [[0, 10], [30, 100]]\n")).rate;
    assert_eq!((steps.total, steps.per_producer), (Rate::PerSecond(400.0), Rate::PerSecond(100.0)));
    let burst = "producerRate: 10\nproducerRateBurst: {rate: 500, everySeconds: 30, lengthSeconds: 5}\n";
    let curve = plan(&format!("{SOUND}{burst}")).rate.curve.unwrap();
    let points: Vec<_> = curve.points.iter().map(|point| (point.at_s, point.per_s)).collect();
    assert_eq!((points, curve.cycle_s), (vec![(0.0, 40.0), (25.0, 2_000.0)], Some(30.0)));
    let only_bursts = plan(&format!("{SOUND}{}", burst.replace("producerRate: 10\n", "")));
    assert_eq!(only_bursts.rate.curve.map(|curve| curve.points[0].per_s), Some(0.0));
}

#[test]
fn rates_over_time_that_say_nothing_clear_are_refused_with_the_form() {
    for (written, what) in [
        ("producerRateList: [[1, 2, 3], [4, 5]]", "points of different or unknown form"),
        ("producerRateList: [[24, 0, 3]]", "is no time of day"),
        ("producerRateList: [[5, 10], [5, 20]]", "not in order of time"),
        ("producerRateList: []", "is no list of points"),
        ("producerRateSteps: [[5, 10]]", "begins at 0 s"),
        ("producerRateSteps: [[0, 0]]", "has no rate above 0"),
        ("producerRateSteps: [[0, -1]]", "numbers from 0 on"),
        ("producerRateBurst: {rate: 5, everySeconds: 3, lengthSeconds: 5}", "the length below the distance"),
        ("producerRateBurst: {rate: 5, every: 3, lengthSeconds: 5}", "has to be {rate"),
        ("producerRateSteps: [[0, 1]]\nproducerRateList: [[0, 1]]", "is written beside producerRateList"),
        ("producerRateSteps: [[0, 9]]\nconsumerBacklogSizeGB: 1\ndrainProducerRate: 5", "does not go with"),
    ] {
        let found = refusals(&format!("{SOUND}{written}\n"), &ResolveOptions::default());
        assert!(found.len() == 1 && found[0].contains(what), "{written}: {found:#?}");
    }
}

#[test]
fn one_rate_on_the_command_line_beats_rates_over_time() {
    let options = ResolveOptions { rate: Some(Rate::PerSecond(7.0)), ..ResolveOptions::default() };
    let plan = plan_with(&format!("{SOUND}producerRateSteps: [[0, 10]]\n"), &options).unwrap();
    assert!(plan.rate.curve.is_none() && plan.warnings.iter().any(|warning| warning.text.contains("--rate")));
}

#[test]
fn arrivals_are_even_unless_they_are_poisson_or_bursts() {
    let arrivals = |written: &str| plan(&format!("{SOUND}producerRate: 100\n{written}")).rate.arrivals;
    assert_eq!(arrivals(""), Arrivals::Uniform);
    assert_eq!(arrivals("arrivals: uniform\n"), Arrivals::Uniform);
    assert_eq!(arrivals("arrivals: poisson\n"), Arrivals::Poisson { arrival_seed: 1 });
    assert_eq!(arrivals("arrivals: Poisson\narrivalSeed: 7\n"), Arrivals::Poisson { arrival_seed: 7 });
    assert_eq!(arrivals("arrivals: dithered\n"), Arrivals::Dithered { arrival_seed: 1 });
    assert_eq!(arrivals("arrivals: burst\nburstMessages: 50\n"), Arrivals::Burst { burst_messages: 50 });
    let burst = plan(&format!("{SOUND}producerRate: 100\narrivals: burst\nburstMessages: 50\n"));
    assert!(burst.to_string().contains("arrivals: burst (50 at once from one producer, then from the next"), "{burst}");
    let unused = plan(&format!("{SOUND}producerRate: 100\nburstMessages: 50\narrivalSeed: 2\n"));
    for key in ["burstMessages", "arrivalSeed"] {
        assert!(unused.warnings.iter().any(|warning| warning.text.contains(key)), "{:?}", unused.warnings);
    }
    let curve = plan(&format!("{SOUND}producerRateSteps: [[0, 10], [30, 100]]\narrivals: poisson\n"));
    assert!(curve.rate.curve.is_some() && curve.rate.arrivals != Arrivals::Uniform);
}

#[test]
fn a_closed_loop_takes_the_place_of_a_rate() {
    let plan = plan(&format!("{SOUND}producerRate: 100\noutstandingMessages: 16\narrivals: poisson\n"));
    assert_eq!((plan.rate.total, plan.rate.outstanding_messages), (Rate::Unlimited, Some(16)));
    assert!(plan.search.is_none() && plan.rate.arrivals == Arrivals::Uniform);
    for key in ["producerRate", "arrivals"] {
        assert!(plan.warnings.iter().any(|warning| warning.text.contains(key)), "{:?}", plan.warnings);
    }
    assert!(plan.to_string().contains("4 producers × 16 messages outstanding (closed loop)"), "{plan}");
    let without = "outstandingMessages: 16\n";
    assert!(super::plan(&format!("{SOUND}{without}")).search.is_none());
    assert_eq!(
        super::plan(&format!("{SOUND}outstandingMessages: 0\nproducerRate: 5\n")).rate.outstanding_messages,
        None
    );
    let rate = ResolveOptions { rate: Some(Rate::PerSecond(5.0)), ..ResolveOptions::default() };
    assert!(refusals(&format!("{SOUND}{without}"), &rate)[0].contains("does not go with --rate"));
    let steps = format!("{SOUND}{without}producerRateSteps: [[0, 1]]\n");
    assert!(refusals(&steps, &ResolveOptions::default())[0].contains("does not go with outstandingMessages"));
    assert!(refusals(&format!("{SOUND}{without}"), &embedded())[0].contains("give a rate"));
}

#[test]
fn arrivals_that_say_nothing_or_do_not_go_with_the_rate_are_refused() {
    for (written, what) in [
        ("producerRate: 5\narrivals: random", "none of uniform, dithered, poisson and burst"),
        ("producerRate: 5\narrivals: burst", "burstMessages: is missing"),
        ("producerRate: 5\narrivals: burst\nburstMessages: 0", "write at least 1"),
        ("producerRate: 0\narrivals: poisson", "or search with pinload capacity"),
    ] {
        let found = refusals(&format!("{SOUND}{written}\n"), &ResolveOptions::default());
        assert!(found.len() == 1 && found[0].contains(what), "{written}: {found:#?}");
    }
    let unlimited = ResolveOptions { rate: Some(Rate::Unlimited), ..ResolveOptions::default() };
    let plan = plan_with(&format!("{SOUND}arrivals: poisson\n"), &unlimited).unwrap();
    assert_eq!(plan.rate.arrivals, Arrivals::Uniform);
    assert!(plan.warnings.iter().any(|warning| warning.text.contains("as fast as they can")), "{:?}", plan.warnings);
}
