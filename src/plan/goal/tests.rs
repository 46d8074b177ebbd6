//! What goals can be, and what is said of those that are none.

use super::*;
use crate::stats::Latency;

fn goal(text: &str) -> Goal {
    Goal::parse(text).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn a_goal_has_a_figure_a_comparison_a_bound_and_windows() {
    let p99 = GoalFigure::Latency(Latency::EndToEndIntended, GoalLevel::Percentile(99.0));
    let every = goal("end_to_end_intended p99 <= 20ms in every 10s");
    assert_eq!((every.figure, every.comparison, every.bound), (p99, GoalOperator::AtMost, Bound::Value(2e7)));
    assert_eq!(every.windows, Some(GoalWindows { length: Duration::from_secs(10), share: 1.0 }));
    let most = goal("end_to_end_intended  p99_ns<20ms in 99 % of 30s windows");
    assert_eq!(most.windows, Some(GoalWindows { length: Duration::from_secs(30), share: 0.99 }));
    assert_eq!(most.text, "end_to_end_intended p99_ns<20ms in 99 % of 30s windows");
    for (text, figure, bound) in [
        ("publish_rate >= 0.99 target", GoalFigure::PublishRate, Bound::OfTarget(0.99)),
        ("publish_rate_per_s >= 99 % of target", GoalFigure::PublishRate, Bound::OfTarget(0.99)),
        ("measurement.consume_rate_per_s > 50k", GoalFigure::ConsumeRate, Bound::Value(5e4)),
        ("publish_bytes_per_s >= 1MiB/s", GoalFigure::PublishBytes, Bound::Value(1_048_576.0)),
        ("lost == 0", GoalFigure::Lost, Bound::Value(0.0)),
        ("accounting.total.duplicated==0", GoalFigure::Duplicated, Bound::Value(0.0)),
        ("backlog <= 1_000", GoalFigure::Backlog, Bound::Value(1_000.0)),
        ("error_share < 0.1 %", GoalFigure::ErrorShare, Bound::Value(0.001)),
        ("measurement.latencies.end_to_end_intended.p99_ns < 5ms", p99, Bound::Value(5e6)),
    ] {
        assert_eq!((goal(text).figure, goal(text).bound), (figure, bound), "{text}");
    }
    let latency = |level| GoalFigure::Latency(Latency::AcknowledgeActual, level);
    for (text, level) in [
        ("p99.9", GoalLevel::Percentile(99.9)),
        ("p99_9_ns", GoalLevel::Percentile(99.9)),
        ("mean", GoalLevel::Mean),
        ("max_ns", GoalLevel::Max),
    ] {
        assert_eq!(goal(&format!("acknowledge_actual {text} < 1s")).figure, latency(level));
    }
}

#[test]
fn what_is_no_goal_is_told_with_its_part_and_a_remedy() {
    for (text, part) in [
        ("", "has no comparison: write a figure"),
        ("end_to_end p99 <= 20ms", "did you mean end_to_end_"),
        ("speed > 1", "there are acknowledge_actual, "),
        ("end_to_end_actual <= 20ms", "needs a level: write end_to_end_actual p99"),
        ("end_to_end_actual p101 <= 20ms", "\"p101\" is no level"),
        ("end_to_end_actual p99 now <= 20ms", "\"now\" is too much"),
        ("end_to_end_actual p99 <= 20", "write a number and a unit"),
        ("publish_rate p99 >= 5", "levels are for latencies"),
        ("publish_rate >= fast", "write messages per second"),
        ("publish_rate >= half target", "write 0.99 target"),
        ("lost >= 1 target", "only publish_rate, send_rate and consume_rate have a target"),
        ("lost == none", "write a number of messages"),
        ("publish_rate == 5", "== is for counts"),
        ("lost == 0 in every 10s", "leave the window out"),
        ("end_to_end_actual p99 <= 1s in some 10s", "is no window: write in every 10s"),
        ("end_to_end_actual p99 <= 1s in 0 % of 10s windows", "is no window"),
        ("end_to_end_actual p99 <= 1s in every second", "is no window"),
    ] {
        let why = Goal::parse(text).unwrap_err();
        assert!(why.contains(part) && why.starts_with("goal \""), "{text}: {why}");
    }
}

#[test]
fn windows_are_whole_periods_and_a_target_needs_a_rate() {
    let ten = Duration::from_secs(10);
    assert_eq!(goal("publish_rate >= 0.9 target in every 20s").unfit(ten, true), None);
    let why = goal("publish_rate >= 1k in every 15s").unfit(ten, true).unwrap();
    assert!(why.contains("whole periods of 10 s"), "{why}");
    assert!(goal("publish_rate >= 0.9 target").unfit(ten, false).unwrap().contains("no target"));
}

#[test]
fn a_goal_is_kept_as_its_text() {
    let text = serde_json::to_string(&goal("lost  == 0")).unwrap();
    assert_eq!(text, "\"lost == 0\"");
    assert_eq!(serde_json::from_str::<Goal>(&text).unwrap(), goal("lost == 0"));
    assert!(serde_json::from_str::<Goal>("\"lost\"").is_err());
}
