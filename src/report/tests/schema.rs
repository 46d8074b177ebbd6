//! The published schema accepts our documents and refuses what it does not know.

use super::detail_document::document;
use crate::os::host::{HostIdentity, WallClock};
use crate::plan::curve::{RateCurve, RatePoint};
use crate::plan::{Arrivals, BacklogPlan, MeasuredBy, SearchPlan, SearchRule};
use crate::report::detail::schema::schema;
use crate::telemetry::Role;
use crate::worker::fleet::clocks::ClockOffset;
use crate::worker::{BrokerLoss, ClientDeath, HostReport, Interruption, WorkerLoss};
use crate::workload_generator::for_tests::{completed_result, empty_result, plan};
use crate::workload_generator::{FailureCause, PhaseMark, PhaseName, RunOutcome, RunResult, SearchReport, SearchStep};
use serde_json::{Value, json};
use std::time::Duration;

#[track_caller]
fn assert_valid(document: &Value) {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_valid(document: &Value) -> bool {
    jsonschema::validator_for(&schema()).unwrap().is_valid(document)
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn documents_of_every_kind_are_valid() {
    let mut plan = plan();
    assert_valid(&document(&completed_result(&plan)));
    assert_valid(&document(&empty_result(&plan)));
    let mut interrupted = completed_result(&plan);
    interrupted.outcome = RunOutcome::Interrupted { by: Interruption::Interrupt };
    interrupted.periods.truncate(1);
    assert_valid(&document(&interrupted));
    plan.measured_by = MeasuredBy::Omb;
    assert_valid(&document(&completed_result(&plan)));
}

#[test]
fn every_way_a_run_can_end_is_valid() {
    let plan = plan();
    let death = ClientDeath {
        worker: Some("http://10.0.0.1:8080".to_owned()),
        role: Role::Producer,
        index: 1,
        pid: 4_000,
        cpu: Some(3),
        cause: "killed by signal 9 (SIGKILL)".to_owned(),
        last_words: None,
    };
    let loss = WorkerLoss { worker: "http://10.0.0.1:8080".to_owned(), cause: "it does not answer".to_owned() };
    let died = BrokerLoss::Died { pid: 7, cause: "exit code 1".to_owned(), at_ns: 3 };
    let unreachable = BrokerLoss::Unreachable {
        since_ns: 1,
        length_ns: 2,
        clients: vec!["producer 0".to_owned()],
        last_error: Some("Connection refused".to_owned()),
    };
    for outcome in [
        RunOutcome::Interrupted { by: Interruption::Terminate },
        RunOutcome::ClientDied { death },
        RunOutcome::WorkerLost { loss },
        RunOutcome::BrokerLost { loss: died },
        RunOutcome::BrokerLost { loss: unreachable },
        RunOutcome::Failed { cause: FailureCause::Broker, why: "it is not there".to_owned() },
    ] {
        assert_valid(&document(&RunResult { outcome, ..completed_result(&plan) }));
    }
}

#[test]
fn the_intervals_of_a_long_run_are_valid() {
    let plan = plan();
    let mut result = completed_result(&plan);
    result.periods = vec![result.periods[0].clone(); 30];
    let document = document(&result);
    assert!(document["intervals"].as_array().is_some_and(|all| !all.is_empty()), "{document:#}");
    assert_valid(&document);
}

#[test]
fn a_backlog_a_rate_search_and_a_curve_are_valid() {
    let mut plan = plan();
    plan.backlog = Some(BacklogPlan {
        size_bytes: 1 << 30,
        size_messages: 1 << 20,
        drained_at_messages: 1_000,
        drain_rate_per_s: None,
        build_limit: Duration::from_secs(600),
        drain_limit: Duration::from_secs(600),
    });
    plan.search = Some(SearchPlan {
        rule: SearchRule::Omb,
        publish_backlog_limit: 1_000,
        receive_backlog_limit: 1_000,
        min_ramping_factor: 0.01,
        max_ramping_factor: 1.0,
        floor_per_s: 1.0,
    });
    let points = vec![RatePoint { at_s: 0.0, per_s: 20_000.0 }];
    plan.rate.curve = Some(RateCurve { points, slopes: false, cycle_s: None, clock_offset_s: Some(-3_600) });
    let dithered = Arrivals::Dithered { arrival_seed: 1 };
    for arrivals in [dithered, Arrivals::Poisson { arrival_seed: 1 }, Arrivals::Burst { burst_messages: 100 }] {
        plan.rate.arrivals = arrivals;
        assert_valid(&document(&completed_result(&plan)));
    }
    let mut result = completed_result(&plan);
    result.phases = vec![PhaseMark {
        name: PhaseName::BacklogBuild,
        begin_ns: result.epoch_ns,
        end_ns: result.measurement_start_ns,
        backlog_messages: 1 << 20,
        what: "built".to_owned(),
    }];
    result.search = Some(SearchReport {
        found_per_s: None,
        not_sustained_per_s: Some(20_000.0),
        held_s: 3.0,
        settled: false,
        steps: vec![SearchStep {
            at_ns: result.measurement_start_ns,
            rate_per_s: 10_000.0,
            acknowledged_per_s: 9_990.0,
            publish_backlog: 30,
            receive_backlog: 0,
            next_rate_per_s: 20_000.0,
            reason: "held".to_owned(),
        }],
    });
    assert_valid(&document(&result));
}

#[test]
fn workers_and_their_clocks_are_valid() {
    let plan = plan();
    let mut result = completed_result(&plan);
    let end = result.end.as_mut().unwrap();
    let worker = "http://10.0.0.1:8080";
    end.hosts = vec![
        HostReport {
            host: Some(HostIdentity { name: "load-1".to_owned(), boot_id: "b".to_owned(), cpus: 8 }),
            version: Some("0.1.0".to_owned()),
            wall_clock: Some(WallClock { synchronised: true, estimated_error_ns: 1, maximum_error_ns: 2 }),
            wall_clock_state: Some("held by a daemon".to_owned()),
            clock_offset: Some(ClockOffset { offset_ns: -5, offset_error_ns: 40_000, same_clock: false }),
            clock: Some(end.clock),
            clock_offset_at_end: Some(ClockOffset { offset_ns: 9, offset_error_ns: 30_000, same_clock: false }),
            clock_comparisons: 3,
            stamp_clock_error_ns: Some(400),
            clock_drift_ppm: Some(-0.1),
            started_ahead_ns: Some(1),
            supervisor_cpu_ns: Some(1),
            drain_ns: Some(1),
            placement_notes: vec!["CPU 0 is left to the supervisor".to_owned().into()],
            hot_cpus_shared: Some(false),
            ..HostReport::silent(worker)
        },
        HostReport { cannot_tell: vec!["clocks".into()], ..HostReport::silent("http://10.0.0.2:8080") },
    ];
    end.end_to_end_clock_error_ns = Some(40_005);
    end.environments[0].worker = Some(worker.to_owned());
    end.clients[0].worker = Some(worker.to_owned());
    assert_valid(&document(&result));
}

#[test]
fn what_is_not_described_or_has_another_type_is_refused() {
    let plan = plan();
    let good = document(&completed_result(&plan));
    assert!(is_valid(&good));
    let changed = |pointer: &str, name: &str, value: Value| {
        let mut changed = good.clone();
        changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        changed
    };
    assert!(!is_valid(&changed("", "a_new_part", json!(1))));
    assert!(!is_valid(&changed("/measurement", "a_new_field", json!(1))));
    assert!(!is_valid(&changed("/clients/0", "a_new_field", json!(null))));
    assert!(!is_valid(&changed("/measurement", "publish_rate_per_s", json!("fast"))));
    assert!(!is_valid(&changed("/measurement/latencies/publish_delay", "p50_ns", json!(-1))));
    assert!(!is_valid(&changed("/plan/thresholds", "a-new-threshold", json!(1))));
    assert!(!is_valid(&changed("/plan/thresholds", "backlog-s", json!("1 s"))));
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("accounting");
    assert!(!is_valid(&without));
}
