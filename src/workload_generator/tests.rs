//! The script against the fake worker: every path, no process, no real time.

use super::*;
use crate::plan::Plan;
use crate::units::NS_PER_S;
use crate::worker::fake::{FakeEvent, FakeWorker, a_death};
use crate::worker::{Interruption, LatencySet, PeriodStats, WorkerError};
use std::time::Duration;

#[derive(Default)]
struct Listener {
    lines: Vec<String>,
    phases: Vec<Phase>,
    early_ends: Vec<RunOutcome>,
    warmup_periods: usize,
    measured_periods: usize,
    ticks: usize,
    /// Outcomes of the result each time it was handed over.
    written: Vec<RunOutcome>,
    disk_full_at: Option<usize>,
}

impl Observer for Listener {
    fn log(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
    fn phase(&mut self, phase: Phase, _limit: Option<Duration>) {
        self.phases.push(phase);
    }
    fn ends_early(&mut self, outcome: &RunOutcome) {
        self.early_ends.push(outcome.clone());
    }
    fn period(&mut self, phase: Phase, _period: &PeriodStats, _subscriptions: u32) {
        match phase {
            Phase::WarmUp => self.warmup_periods += 1,
            _ => self.measured_periods += 1,
        }
    }
    fn aggregated(&mut self, _latencies: &LatencySet) {}
    fn wants_ticks(&self) -> bool {
        true
    }
    fn tick(&mut self, _tick: &LiveTick) {
        self.ticks += 1;
    }
    fn write(&mut self, result: &RunResult<'_>) -> Result<(), NotWritten> {
        self.written.push(result.outcome.clone());
        match self.disk_full_at == Some(self.written.len()) {
            true => Err(NotWritten("no space left on device".into())),
            false => Ok(()),
        }
    }
}

fn a_plan(warmup_s: u64, duration_s: Option<u64>) -> Plan {
    Plan::for_tests(Duration::from_secs(warmup_s), duration_s.map(Duration::from_secs))
}

#[test]
fn a_run_goes_through_all_steps_in_omb_order() {
    let plan = a_plan(10, Some(20));
    let mut worker = FakeWorker { rate_per_s: 1000, ..FakeWorker::default() };
    let mut listener = Listener::default();
    let result = run(&plan, &mut worker, &mut listener);
    assert_eq!(result.outcome, RunOutcome::Completed);
    assert_eq!(
        worker.calls,
        [
            "initialize_driver",
            "create_topics",
            "create_consumers",
            "create_producers",
            "start_load",
            "period_stats",
            "reset_stats",
            "period_stats",
            "stop_producers",
            "catch_up",
            "stop_all",
            "balances"
        ]
    );
    assert_eq!((listener.warmup_periods, listener.measured_periods), (1, 2));
    assert!(listener.lines.iter().any(|line| line == "creating topics: 500 of 2,000 topics"), "{:?}", listener.lines);
    assert_eq!(result.periods.len(), 2);
    assert_eq!(worker.boundaries, [10 * NS_PER_S, 20 * NS_PER_S, 30 * NS_PER_S]);
    use Phase::{CatchUp, Close, Flush, Measure, Ready, Start, WarmUp};
    assert_eq!(listener.phases, [Start, Ready, WarmUp, Measure, Flush, CatchUp, Close]);
    assert_eq!(listener.early_ends, []);
    assert!(listener.ticks >= 27, "{} ticks", listener.ticks);
    assert!(
        listener.lines.iter().any(|line| line == "----- Starting warm-up traffic (10s) ------"),
        "{:?}",
        listener.lines
    );
    assert!(listener.lines.iter().any(|line| line == "All consumers are ready"));
}

#[test]
fn the_result_is_handed_over_after_each_period_and_at_the_end() {
    let plan = a_plan(0, Some(30));
    let mut listener = Listener::default();
    run(&plan, &mut FakeWorker::default(), &mut listener);
    assert_eq!(
        listener.written,
        [RunOutcome::Running, RunOutcome::Running, RunOutcome::Running, RunOutcome::Completed]
    );
}

#[test]
fn a_duration_that_is_no_multiple_of_ten_seconds_ends_in_a_shorter_period() {
    let plan = a_plan(0, Some(25));
    let mut worker = FakeWorker::default();
    run(&plan, &mut worker, &mut Listener::default());
    assert_eq!(worker.boundaries, [10 * NS_PER_S, 20 * NS_PER_S, 25 * NS_PER_S]);
}

#[test]
fn probes_are_repeated_until_nothing_is_missing() {
    let plan = a_plan(0, Some(10));
    let not_yet = vec!["group g of topic t has seen no probe from producer 0".to_owned()];
    let mut missing: std::collections::VecDeque<_> = vec![not_yet; 60].into();
    missing.push_back(Vec::new());
    let mut worker = FakeWorker { missing, ..FakeWorker::default() };
    let result = run(&plan, &mut worker, &mut Listener::default());
    assert_eq!(result.outcome, RunOutcome::Completed);
    assert_eq!(worker.probes, 3, "one at once and one every half second in 1.2 s");
}

#[test]
fn a_run_that_never_gets_ready_names_what_is_missing_and_closes() {
    let plan = a_plan(0, Some(10));
    let missing = vec![vec!["group g of topic t has 2 of 3 partitions assigned".to_owned()]].into();
    let mut worker = FakeWorker { missing, ..FakeWorker::default() };
    let result = run(&plan, &mut worker, &mut Listener::default());
    let RunOutcome::Failed { cause: FailureCause::TimedOut, why } = result.outcome else {
        panic!("{:?}", result.outcome)
    };
    assert!(why.contains("not ready after 60 s") && why.contains("2 of 3 partitions"), "{why}");
    assert_eq!(worker.calls.last(), Some(&"stop_all"));
}

#[test]
fn an_interrupted_run_keeps_the_whole_seconds_that_passed() {
    let plan = a_plan(0, Some(60));
    let interrupt = (23 * NS_PER_S + NS_PER_S / 2, FakeEvent::Signal(Interruption::Interrupt));
    let mut worker = FakeWorker { events: vec![interrupt].into(), ..FakeWorker::default() };
    let mut listener = Listener::default();
    let result = run(&plan, &mut worker, &mut listener);
    assert_eq!(result.outcome, RunOutcome::Interrupted { by: Interruption::Interrupt });
    assert_eq!(worker.boundaries, [10 * NS_PER_S, 20 * NS_PER_S, 23 * NS_PER_S]);
    assert_eq!(listener.written.last(), Some(&RunOutcome::Interrupted { by: Interruption::Interrupt }));
    assert!(worker.calls.ends_with(&["stop_producers", "catch_up", "stop_all", "balances"]), "{:?}", worker.calls);
}

#[test]
fn a_death_makes_the_run_invalid_and_what_was_measured_is_written() {
    let plan = a_plan(0, Some(60));
    let mut worker = FakeWorker { events: vec![(12 * NS_PER_S, FakeEvent::Death)].into(), ..FakeWorker::default() };
    let mut listener = Listener::default();
    let result = run(&plan, &mut worker, &mut listener);
    assert_eq!(result.outcome, RunOutcome::ClientDied { death: a_death() });
    assert_eq!(result.periods.len(), 2, "the whole period and the second after it");
    assert_eq!(listener.written.last(), Some(&RunOutcome::ClientDied { death: a_death() }));
    assert_eq!(listener.early_ends, [RunOutcome::ClientDied { death: a_death() }]);
}

#[test]
fn results_that_cannot_be_written_stop_the_run() {
    let plan = a_plan(0, Some(60));
    let mut worker = FakeWorker::default();
    let mut listener = Listener { disk_full_at: Some(1), ..Listener::default() };
    let result = run(&plan, &mut worker, &mut listener);
    let RunOutcome::Failed { cause: FailureCause::Results, why } = result.outcome else {
        panic!("{:?}", result.outcome)
    };
    assert_eq!(why, "no space left on device");
    assert_eq!(worker.boundaries.len(), 1);
}

#[test]
fn whatever_verb_fails_everything_is_closed_and_the_cause_is_told() {
    let unreachable = || WorkerError::Unreachable("127.0.0.1:1".to_owned());
    for verb in ["initialize_driver", "create_topics", "create_consumers", "create_producers", "start_load"] {
        let plan = a_plan(0, Some(10));
        let mut worker = FakeWorker { fails: Some((verb, unreachable)), ..FakeWorker::default() };
        let mut listener = Listener::default();
        let result = run(&plan, &mut worker, &mut listener);
        assert!(
            matches!(result.outcome, RunOutcome::Failed { cause: FailureCause::Broker, .. }),
            "{verb}: {:?}",
            result.outcome
        );
        assert_eq!(worker.calls.last(), Some(&"stop_all"), "{verb}");
        assert!(listener.written.is_empty(), "{verb}: nothing was measured, nothing is written");
        assert_eq!(listener.early_ends, [], "{verb}: told at the end, which comes at once");
    }
}

#[test]
fn a_failure_while_closing_does_not_hide_the_first_one() {
    let plan = a_plan(0, Some(60));
    let mut worker = FakeWorker {
        events: vec![(12 * NS_PER_S, FakeEvent::Death)].into(),
        fails: Some(("catch_up", || WorkerError::TimedOut("consumers".to_owned()))),
        ..FakeWorker::default()
    };
    let result = run(&plan, &mut worker, &mut Listener::default());
    assert_eq!(result.outcome, RunOutcome::ClientDied { death: a_death() });
    assert!(result.warnings.iter().any(|warning| warning.text.contains("consumers")), "{:?}", result.warnings);
}
