//! What a run says and how it ends, with scripts that only pretend.

use super::*;
use crate::cli::args::{Command, Pinload};
use crate::cli::messages::Verbosity;
use crate::cli::messages::tests::captured;
use crate::worker::Interruption;
use crate::workload_generator::FailureCause;
use clap::Parser;
use std::path::Path;
use std::time::Duration;

fn args(output_dir: &Path) -> RunArgs {
    let folder = output_dir.to_str().unwrap();
    match Pinload::try_parse_from(["pinload", "run", "--embedded", "w.yaml", "--output-dir", folder]).unwrap().command {
        Command::Run(args) => *args,
        other => panic!("{other:?}"),
    }
}

/// A script that logs, loads or not, grows the result once if so, and ends as told (as failed, when the result cannot
/// be written).
fn script(outcome: RunOutcome, loads: bool) -> impl for<'a> FnOnce(&'a Plan, &mut dyn Observer) -> RunResult<'a> {
    move |plan, observer| {
        observer.log("Created 1 topics in 1.000 ms");
        let mut result = RunResult {
            plan,
            phases: Vec::new(),
            search: None,
            epoch_wall_ns: 0,
            epoch_ns: u64::from(loads),
            measurement_start_ns: 0,
            periods: Vec::new(),
            cumulative: None,
            balances: Vec::new(),
            outcome,
            end: None,
            warnings: vec!["a warning of the run".to_owned().into()],
        };
        if loads && let Err(error) = observer.write(&result) {
            let why = error.to_string();
            result.outcome = RunOutcome::Failed { cause: FailureCause::Results, why };
        }
        result
    }
}

/// How a pretended run ends.
fn run_with<'a>(
    plan: &'a Plan,
    args: &RunArgs,
    floor: &FloorStanding,
    messages: &mut Messages,
    whose: Option<TrustSlate>,
    script: impl FnOnce(&'a Plan, &mut dyn Observer) -> RunResult<'a>,
) -> ExitStatus {
    super::run_with(plan, args, floor, messages, whose, script).status
}

#[test]
fn a_goal_that_is_not_reached_has_an_exit_code_and_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, results, _) = captured(Verbosity::Normal);
    let mut plan = plan();
    plan.goals = vec![crate::plan::goal::Goal::parse("publish_rate >= 1 target").unwrap()];
    let args = args(folder.path());
    let script = script(RunOutcome::Completed, true);
    let ran = super::run_with(&plan, &args, &FloorStanding::Off, &mut messages, None, script);
    assert_eq!((ran.status, ran.goals.len()), (ExitStatus::GoalMissed, 1));
    let said = results.text();
    assert!(said.contains("\ngoals: 0 of 1 goal met\n  NOT DECIDED  publish_rate >= 1 target: "), "{said}");
    let detail = std::fs::read_to_string(ran.detail.unwrap()).unwrap();
    assert!(detail.contains("\"goal_outcome\" : \"not_decided\""), "{detail}");
}

fn plan() -> Plan {
    let mut plan = Plan::for_tests(Duration::ZERO, Some(Duration::from_secs(10)));
    plan.warnings.push("a warning of the plan".to_owned().into());
    plan
}

#[test]
fn a_completed_run_names_its_files_and_says_each_warning_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, results, others) = captured(Verbosity::Normal);
    let status = run_with(
        &plan(),
        &args(folder.path()),
        &FloorStanding::Off,
        &mut messages,
        None,
        script(RunOutcome::Completed, true),
    );
    assert_eq!(status, ExitStatus::Success);
    let said = others.text();
    assert!(said.starts_with("test on Kafka (?): 2 producers × 500 = 1,000 msg/s"), "{said}");
    assert!(!said.contains("Created 1 topics"), "only when asked for: {said}");
    assert_eq!(said.matches("a warning of the plan").count(), 1, "{said}");
    let results = results.text();
    assert_eq!(results.matches("a warning of the run").count(), 1, "{results}");
    let wrote = results.lines().find(|line| line.starts_with("wrote")).expect(&results);
    let path = wrote.strip_prefix("wrote  ").and_then(|line| line.strip_suffix(" (OMB)")).expect(wrote);
    assert!(Path::new(path).is_file(), "{path}");
}

#[test]
fn ombs_console_has_ombs_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, results, others) = captured(Verbosity::Normal);
    let args = RunArgs { console: ConsoleForm::Omb, ..args(folder.path()) };
    run_with(&plan(), &args, &FloorStanding::Off, &mut messages, None, script(RunOutcome::Completed, true));
    let results = results.text();
    let lines: Vec<&str> = results.lines().map(|line| line.split_once(" [main] INFO ").expect(line).1).collect();
    assert_eq!(lines[0], "Benchmark - --------------- WORKLOAD : test --- DRIVER : Kafka---------------");
    assert_eq!(lines[1], "WorkloadGenerator - Created 1 topics in 1.000 ms");
    assert!(lines[2].starts_with("Benchmark - Writing test result into ") && lines.len() == 3, "{results}");
    assert!(others.text().contains("INVALID: "), "people are told beside it: {}", others.text());
}

#[test]
fn the_json_console_ends_with_one_object_whatever_happened() {
    let folder = tempfile::tempdir().unwrap();
    let args = RunArgs { console: ConsoleForm::Json, ..args(folder.path()) };
    for (outcome, loads) in [
        (RunOutcome::Completed, true),
        (RunOutcome::Failed { cause: FailureCause::Broker, why: "gone".to_owned() }, false),
    ] {
        let (mut messages, results, _) = captured(Verbosity::Quiet);
        run_with(&plan(), &args, &FloorStanding::Off, &mut messages, None, script(outcome, loads));
        let told: serde_json::Value = serde_json::from_str(&results.text()).unwrap();
        assert_eq!((&told["type"], told["files"].as_array().unwrap().len()), (&"end".into(), 3 * usize::from(loads)));
    }
}

#[test]
fn a_run_that_never_loads_has_no_table_and_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, results, others) = captured(Verbosity::Quiet);
    let outcome = RunOutcome::Failed { cause: FailureCause::Broker, why: "cannot reach the broker: x:9092".to_owned() };
    let status =
        run_with(&plan(), &args(folder.path()), &FloorStanding::Off, &mut messages, None, script(outcome, false));
    assert_eq!(status, ExitStatus::BrokerRefused);
    assert_eq!(results.text(), "");
    let said = others.text();
    assert!(said.contains("error  test on Kafka: cannot reach the broker: x:9092\n"), "{said}");
    assert_eq!(said.matches("a warning of the run").count(), 1, "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_refused_before_the_script_begins() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let (mut messages, _, others) = captured(Verbosity::Quiet);
    let status = run_with(&plan(), &args(&absent), &FloorStanding::Off, &mut messages, None, |_, _| unreachable!());
    assert_eq!(status, ExitStatus::ResultsNotWritten);
    assert!(others.text().contains("absent"), "{}", others.text());
}

#[test]
fn results_that_cannot_be_written_on_the_way_are_an_error_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let output_dir = folder.path().join("results");
    std::fs::create_dir(&output_dir).unwrap();
    let (mut messages, _, others) = captured(Verbosity::Quiet);
    let status = run_with(&plan(), &args(&output_dir), &FloorStanding::Off, &mut messages, None, |plan, observer| {
        std::fs::remove_dir_all(&output_dir).unwrap();
        script(RunOutcome::Completed, true)(plan, observer)
    });
    assert_eq!(status, ExitStatus::ResultsNotWritten);
    assert_eq!(others.text().lines().filter(|line| line.starts_with("error ")).count(), 1, "{}", others.text());
}

#[test]
fn an_interrupted_run_says_so_and_has_the_code_of_its_signal() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, _, others) = captured(Verbosity::Quiet);
    let outcome = RunOutcome::Interrupted { by: Interruption::Terminate };
    assert_eq!(
        run_with(&plan(), &args(folder.path()), &FloorStanding::Off, &mut messages, None, script(outcome, true)),
        ExitStatus::Terminated
    );
    assert!(others.text().contains("test on Kafka: interrupted"), "{}", others.text());
}
