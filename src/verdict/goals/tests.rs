//! Goals on runs made by hand: 20,000 msg/s, three periods of 10 s, acknowledgements from 1 to 1,000 µs, twice and
//! three times as long later.

use super::*;
use crate::worker::LatencySet;
use crate::workload_generator::for_tests::{completed_result, plan};

/// The goals as judged on the completed run, changed.
fn judge(goals: &[&str], change: impl FnOnce(&mut RunResult<'_>)) -> Vec<GoalResult> {
    let mut plan = plan();
    plan.goals = goals.iter().map(|goal| Goal::parse(goal).unwrap()).collect();
    let mut result = completed_result(&plan);
    change(&mut result);
    let mut watch = GoalWatch::new(&plan);
    result.periods.iter().for_each(|period| watch.see(period, &result));
    watch.judge(&result, &[])
}

fn one(goal: &str, change: impl FnOnce(&mut RunResult<'_>)) -> GoalResult {
    judge(&[goal], change).remove(0)
}

/// Its producers left a tenth out.
fn short(result: &mut RunResult<'_>) {
    for client in &mut result.periods.last_mut().unwrap().clients {
        client.measured.counters[Counter::MessagesEnqueued] /= 10;
    }
}

#[test]
fn goals_are_met_or_missed_by_the_figures_of_the_detail_file() {
    use GoalOutcome::{Met, Missed};
    for (goal, outcome, told) in [
        ("publish_rate >= 0.99 target", Met, "20,000/s"),
        ("publish_rate > 1 target", Missed, "20,000/s"),
        ("consume_rate >= 1 target", Met, "20,000/s"),
        ("acknowledge_actual max <= 3ms", Met, "3.00 ms"),
        ("acknowledge_actual p50 < 100us", Missed, ""),
        ("lost == 0", Met, "0 messages"),
        ("reordered == 0", Missed, "2 messages"),
        ("backlog <= 12", Met, "12 messages"),
        ("error_share <= 0.1 %", Met, "0.000 %"),
    ] {
        let result = one(goal, |_| ());
        assert_eq!(result.outcome, outcome, "{result:?}");
        assert!(result.told.contains(told), "{result:?}");
    }
}

#[test]
fn windows_are_judged_one_by_one_and_the_worst_is_told() {
    let every = one("acknowledge_actual p50 <= 1100us in every 10s", |_| ());
    assert_eq!((every.outcome, every.windows, every.windows_held), (GoalOutcome::Missed, Some(3), Some(2)));
    assert_eq!(every.worst_window_begin_s, Some(25.0));
    assert!(every.told.starts_with("held in 2 of 3 windows, the worst 1.50 ms"), "{}", every.told);
    assert_eq!(one("acknowledge_actual p50 <= 1100us in 60 % of 10s windows", |_| ()).outcome, GoalOutcome::Met);
    let rates = one("publish_rate >= 0.99 target in every 10s", |result| result.periods[1].publish_rate_per_s = 100.0);
    assert_eq!((rates.outcome, rates.value, rates.windows_held), (GoalOutcome::Missed, Some(100.0), Some(2)));
    let joined = one("publish_rate >= 15k in every 20s", |result| result.periods[1].publish_rate_per_s = 12_000.0);
    assert_eq!((joined.outcome, joined.windows, joined.value), (GoalOutcome::Met, Some(1), Some(16_000.0)));
}

#[test]
fn a_window_in_which_nobody_was_answered_holds_no_latency_goal() {
    let silent = one("acknowledge_actual p99 <= 1m in every 10s", |result| {
        result.periods[0].latencies = LatencySet::empty();
    });
    assert_eq!((silent.outcome, silent.windows_held, silent.value), (GoalOutcome::Missed, Some(2), None));
    assert!(silent.told.contains("the worst without any value"), "{}", silent.told);
}

#[test]
fn what_cannot_carry_a_goal_meets_none() {
    use GoalOutcome::{Met, Missed, NotDecided};
    let failed = |result: &mut RunResult<'_>| {
        let (cause, why) = (crate::workload_generator::FailureCause::TimedOut, "a wait".to_owned());
        result.outcome = RunOutcome::Failed { cause, why };
    };
    let invalid = one("lost == 0", failed);
    assert_eq!(invalid.outcome, NotDecided);
    assert!(invalid.line().starts_with("NOT DECIDED  lost == 0: 0 messages; the run is INVALID"), "{}", invalid.line());
    assert_eq!(one("publish_rate >= 1M", failed).outcome, NotDecided, "neither is it missed");
    let interrupted = |result: &mut RunResult<'_>| {
        result.outcome = RunOutcome::Interrupted { by: crate::worker::Interruption::Interrupt }
    };
    assert_eq!(one("lost == 0", interrupted).outcome, NotDecided);
    assert_eq!(one("publish_rate >= 1M", interrupted).outcome, Missed);
    for (goal, outcome) in [
        ("acknowledge_actual p99 <= 1s", NotDecided),
        ("publish_rate >= 10k", Met),
        ("publish_rate >= 1M", Missed),
        ("lost == 0", NotDecided),
    ] {
        let limited = one(goal, short);
        assert_eq!(limited.outcome, outcome, "{limited:?}");
        assert!(limited.told.contains("GENERATOR-LIMITED"), "{limited:?}");
    }
    let blind = one("backlog <= 1", |result| result.periods.clear());
    assert_eq!(blind.outcome, NotDecided);
}

#[test]
fn a_low_latency_is_met_although_the_generator_added_to_it() {
    let behind = |result: &mut RunResult<'_>| {
        let consumer = &mut result.periods.last_mut().unwrap().clients[2].measured;
        consumer.counters[Counter::MessagesBehindGap10ms] = consumer.counters[Counter::MessagesReceived] / 2;
    };
    let met = one("end_to_end_actual p99 <= 1s", behind);
    assert_eq!(met.outcome, GoalOutcome::Met);
    assert!(met.told.contains("with what the generator added"), "{}", met.told);
    assert_eq!(one("end_to_end_actual p99 >= 1us", behind).outcome, GoalOutcome::NotDecided);
}

#[test]
fn the_lines_begin_with_how_many_were_met() {
    let results = judge(&["lost == 0", "reordered == 0"], |_| ());
    let lines = goal_lines(&results);
    assert_eq!(lines[0], "goals: 1 of 2 goals met");
    assert_eq!(lines[1], "  met  lost == 0: 0 messages");
    assert_eq!(lines[2], "  MISSED  reordered == 0: 2 messages");
    assert!(goal_lines(&[]).is_empty());
}
