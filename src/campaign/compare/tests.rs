//! Comparisons of documents made by hand.

use super::gate::FailIf;
use super::*;
use serde_json::{Value, json};

/// A document whose p99 is `p99_us` µs, with so much noise, and 30 periods.
fn document(seed: u64, p99_us: f64, noise: f64) -> Value {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut figures = |scale: f64| {
        let noisy = |dice: &mut fastrand::Rng| p99_us * 1e3 * scale * (1.0 + noise * (dice.f64() - 0.5));
        json!({ "p50_ns": noisy(&mut dice) / 3.0, "p99_ns": noisy(&mut dice), "p99_9_ns": noisy(&mut dice) * 2.0 })
    };
    let mut span = |scale: f64| {
        json!({
            "publish_rate_per_s": 1_000.0,
            "consume_rate_per_s": 1_000.0,
            "latencies": { "acknowledge_actual": figures(scale), "end_to_end_actual": figures(scale * 2.0) },
        })
    };
    json!({
        "started_at": format!("2026-11-28T05:{:02}:00Z", seed % 60),
        "verdict": { "verdict": "valid" },
        "measurement": span(1.0),
        "periods": (0..30).map(|_| span(1.0)).collect::<Vec<_>>(),
        "accounting": { "total": { "lost": 0, "duplicated": 0 } },
    })
}

fn runs(seeds: std::ops::Range<u64>, p99_us: f64) -> Vec<ComparedRun> {
    seeds.map(|seed| ComparedRun::of(format!("run {seed}"), &document(seed, p99_us, 0.05))).collect()
}

fn of<'a>(comparison: &'a Comparison, figure: &str) -> &'a FigureVerdict {
    comparison.figures.iter().find(|verdict| verdict.figure == figure).unwrap()
}

#[test]
fn repeats_that_differ_by_a_tenth_are_told_apart_and_equal_ones_are_not() {
    let slower = compare(&runs(0..5, 100.0), &runs(5..10, 110.0));
    assert_eq!(slower.spread_source, SpreadSource::Repeats);
    let p99 = of(&slower, "end_to_end_actual p99");
    assert_eq!(p99.word, FigureWord::Worse, "{p99:?}");
    let [from, to] = p99.interval_share.unwrap();
    assert!(from < 0.1 && 0.1 < to && p99.words.starts_with("worse by "), "{p99:?}");
    assert_eq!(of(&slower, "publish_rate_per_s").word, FigureWord::NoDifference);
    let faster = compare(&runs(5..10, 110.0), &runs(0..5, 100.0));
    assert_eq!(of(&faster, "end_to_end_actual p99").word, FigureWord::Better);
    let same = compare(&runs(0..5, 100.0), &runs(5..10, 100.0));
    assert!(same.figures.iter().all(|verdict| verdict.word == FigureWord::NoDifference), "{same:?}");
    let words = &of(&same, "acknowledge_actual p99").words;
    assert!(words.starts_with("no difference shown; one of more than "), "{words}");
}

#[test]
fn of_one_run_each_the_periods_are_the_values() {
    let comparison = compare(&runs(0..1, 100.0), &runs(1..2, 120.0));
    assert_eq!(comparison.spread_source, SpreadSource::Periods);
    assert_eq!(of(&comparison, "acknowledge_actual p99").word, FigureWord::Worse);
    let mut short = runs(0..1, 100.0);
    short[0].periods.iter_mut().for_each(|values| values.truncate(3));
    let verdict = compare(&short, &runs(1..2, 120.0));
    assert_eq!(of(&verdict, "acknowledge_actual p99").word, FigureWord::TooFew);
}

#[test]
fn an_interval_that_tells_nothing_is_not_shown() {
    let mut uneven = runs(0..1, 100.0);
    uneven[0].periods[3] = vec![1e5, 1e5, 1e5, 9e6];
    let verdict = compare(&uneven, &runs(1..2, 120.0));
    let p99 = of(&verdict, "acknowledge_actual p99");
    assert_eq!((p99.word, p99.interval_share), (FigureWord::TooFew, None), "{p99:?}");
}

#[test]
fn messages_that_are_lost_need_no_statistics() {
    let mut new = runs(1..2, 100.0);
    new[0].counts = vec![("lost", 3), ("duplicated", 0)];
    let comparison = compare(&runs(0..1, 100.0), &new);
    assert!(comparison.counts_worse);
    assert_eq!(comparison.counts, ["lost: 0 messages in the base, 3 in the new one: worse"]);
    assert!(!compare(&new, &runs(0..1, 100.0)).counts_worse);
}

#[test]
fn a_gate_asks_for_what_is_shown_and_large_enough() {
    let slower = compare(&runs(0..5, 100.0), &runs(5..10, 110.0));
    let gate = |text: &str| FailIf::parse(text).unwrap();
    assert_eq!(gate("worse than 5 % in p99").holds(&slower.figures).len(), 2);
    assert!(gate("worse than 20 % in p99").holds(&slower.figures).is_empty());
    assert!(gate("worse in publish_rate").holds(&slower.figures).is_empty());
    assert!(gate("worse in p99").can_be_asked(&slower.figures));
    assert!(!gate("worse in cpu_ns_per_message").can_be_asked(&slower.figures), "it is not in these documents");
}

#[test]
fn what_changes_within_a_run_or_with_the_repeats_is_told() {
    let mut drifting = runs(0..1, 100.0);
    for (at, value) in drifting[0].periods[3].iter_mut().enumerate() {
        *value *= 1.0 + at as f64 / 30.0;
    }
    let told = drifts("base", &drifting);
    assert!(told.len() == 1 && told[0].starts_with("base, run 0: acknowledge_actual p99 rose by "), "{told:?}");
    let mut later = runs(0..4, 100.0);
    later.extend(runs(4..8, 130.0));
    let told = drifts("new", &later);
    assert!(told.iter().any(|line| line.contains("from the earlier repeats to the later")), "{told:?}");
    assert!(drifts("base", &runs(0..8, 100.0)).is_empty());
}

#[test]
fn a_difference_of_three_times_as_much_and_more_is_told_as_a_factor() {
    assert_eq!(super::by("better", -0.08), format!("better by {}", super::percent(-0.08)));
    assert_eq!(super::by("worse", 4.7), "worse: × 5.7");
}

#[test]
fn settings_that_differ_are_named_and_what_changes_by_itself_is_not() {
    let document = |linger: &str, seed: u64| {
        json!({
            "pinload_version": "0.1.0",
            "plan": { "message": { "payload": { "seed": seed } }, "rate": { "total": 5 } },
            "effective_configuration": { "producer": { "linger.ms": linger } },
            "cluster_settings": [{ "resource": "topic x", "settings": [{ "setting": "a", "setting_value": linger }] }],
        })
    };
    let found = settings::differing(&document("0", 1), &document("5", 2));
    let names: Vec<&str> = found.iter().map(|difference| difference.setting.as_str()).collect();
    assert_eq!(names, ["cluster_settings[0].settings.a.setting_value", "effective_configuration.producer.linger.ms"]);
    assert_eq!((found[1].base.as_deref(), found[1].new.as_deref()), (Some("0"), Some("5")));
}
