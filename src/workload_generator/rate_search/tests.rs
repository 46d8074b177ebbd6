//! The search against a system with a known capacity, on a virtual clock: messages beyond it wait in a queue.

use super::*;
use crate::plan::{LatePolicy, RateScope};

/// A system that acknowledges at most `capacity_per_s`, after the messages that wait.
struct System {
    capacity_per_s: f64,
    enqueued: f64,
    acknowledged: f64,
    now_ns: u64,
    /// What it may take at once after a pause, as quotas allow.
    burst: f64,
    tokens: f64,
}

impl System {
    fn run_until(&mut self, now_ns: u64, rate_per_s: f64) {
        let span_s = seconds(now_ns - self.now_ns);
        self.enqueued += rate_per_s * span_s;
        self.tokens += self.capacity_per_s * span_s;
        let taken = (self.enqueued - self.acknowledged).min(self.tokens);
        self.acknowledged += taken;
        self.tokens = (self.tokens - taken).min(self.burst);
        self.now_ns = now_ns;
    }

    fn stats(&self) -> CountersStats {
        let acknowledged = whole(self.acknowledged);
        CountersStats {
            messages_sent: acknowledged,
            messages_received: acknowledged,
            messages_enqueued: whole(self.enqueued),
            expected_receipts: acknowledged,
            receipts: acknowledged,
            ..CountersStats::default()
        }
    }
}

fn plan(rule: SearchRule) -> SearchPlan {
    SearchPlan {
        rule,
        publish_backlog_limit: 1_000,
        receive_backlog_limit: 1_000,
        min_ramping_factor: 0.01,
        max_ramping_factor: 1.0,
        floor_per_s: 1.0,
    }
}

fn search(capacity_per_s: f64, rule: SearchRule, length_s: u64) -> SearchReport {
    search_with_burst(capacity_per_s, 0.0, rule, length_s)
}

fn search_with_burst(capacity_per_s: f64, burst_s: f64, rule: SearchRule, length_s: u64) -> SearchReport {
    search_with(capacity_per_s, burst_s, rule, length_s, |_| 1.0)
}

/// `share_at`: what is left of the capacity at a second of the run.
fn search_with(
    capacity_per_s: f64,
    burst_s: f64,
    rule: SearchRule,
    length_s: u64,
    share_at: impl Fn(u64) -> f64,
) -> SearchReport {
    let rate = RatePlan::new(Rate::PerSecond(10_000.0), RateScope::Total, String::new(), LatePolicy::CatchUp, 1);
    let mut search = RateSearch::begin(&plan(rule), &rate, 0);
    let mut system = System {
        capacity_per_s,
        enqueued: 0.0,
        acknowledged: 0.0,
        now_ns: 0,
        burst: capacity_per_s * burst_s,
        tokens: 0.0,
    };
    while search.next_ns <= length_s * NS_PER_S {
        let now_ns = search.next_ns;
        while system.now_ns < now_ns {
            let second = system.now_ns / NS_PER_S;
            system.capacity_per_s = capacity_per_s * share_at(second);
            system.run_until(now_ns.min((second + 1) * NS_PER_S), search.rate_per_s);
        }
        let stats = system.stats();
        let (next_per_s, _, _, reason) = search.decide(now_ns, &stats);
        let waiting = matches!(search.stage, SearchStage::Settle) && reason.starts_with("waiting");
        if !waiting {
            search.before = stats;
            search.begun_ns = now_ns;
        }
        search.rate_per_s = next_per_s;
    }
    search.report(length_s * NS_PER_S)
}

#[test]
fn a_known_capacity_is_found_within_5_percent_wherever_it_lies() {
    for capacity in [700.0, 4_321.0, 9_999.0, 10_001.0, 34_567.0, 250_000.0, 1_234_567.0] {
        let report = search(capacity, SearchRule::Omb, 300);
        let found = report.found_per_s.expect("a rate");
        assert!((found / capacity - 1.0).abs() < 0.05, "{found} of {capacity}: {report:?}");
        assert!(found <= capacity * 1.01, "{found} is more than {capacity}");
        assert!(report.settled && report.held_s > 12.0, "{capacity}: {report:?}");
    }
}

#[test]
fn a_quota_that_lets_bursts_pass_is_found_as_well() {
    for burst_s in [0.5, 1.0, 3.0] {
        for capacity in [4_880.0, 12_345.0, 77_777.0] {
            let report = search_with_burst(capacity, burst_s, SearchRule::Omb, 300);
            let found = report.found_per_s.expect("a rate");
            assert!((found / capacity - 1.0).abs() < 0.05, "{found} of {capacity} with {burst_s} s: {report:?}");
        }
    }
}

#[test]
fn stalls_early_in_the_run_do_not_keep_the_search_low() {
    // Stalls of a second while the ramp is at a fourth of the truth, and during the trials after it.
    let stalls = [[8, 20, 35], [4, 5, 30], [10, 11, 24], [7, 19, 31]];
    for stalls in stalls {
        let share_at = |second| if stalls.contains(&second) { 0.1 } else { 1.0 };
        let report = search_with(80_000.0, 0.0, SearchRule::Omb, 300, share_at);
        let found = report.found_per_s.expect("a rate");
        assert!((found / 80_000.0 - 1.0).abs() < 0.05, "{found} with stalls at {stalls:?}: {report:?}");
        assert!(report.settled, "{stalls:?}: {report:?}");
    }
}

#[test]
fn a_run_that_is_too_short_says_so() {
    let report = search(34_567.0, SearchRule::Omb, 20);
    assert!(!report.settled, "{report:?}");
}

#[test]
fn the_guides_rule_comes_near_as_well() {
    let report = search(20_000.0, SearchRule::Guide, 300);
    let found = report.found_per_s;
    assert_eq!(report.steps.len(), 0, "steps are recorded by `look`, which needs a worker");
    assert_eq!(found, None);
    assert!(report.not_sustained_per_s.is_some_and(|rate| rate > 18_000.0 && rate < 25_000.0), "{report:?}");
}
