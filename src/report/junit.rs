//! JUnit's XML, as CI systems read it: each run is a suite, its end and each of its goals a case of it.

use crate::verdict::goals::{GoalOutcome, GoalResult};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::path::Path;
use std::time::Duration;

/// One run for the file.
#[derive(Debug)]
pub struct JunitRun<'a> {
    /// `workload on driver`.
    pub name: String,
    /// Why it did not end well; None: it did.
    pub failure: Option<String>,
    /// Its goals.
    pub goals: &'a [GoalResult],
    /// Its detail file, where one was written.
    pub detail: Option<&'a Path>,
    /// How long it took.
    pub took: Duration,
}

/// One run as a suite. The time stands at the case of its end: goals take none.
pub fn suite(run: &JunitRun<'_>) -> TestSuite {
    let mut suite = TestSuite::new(run.name.clone());
    let ended = match &run.failure {
        None => TestCaseStatus::success(),
        Some(why) => not_so(NonSuccessKind::Error, "run", why),
    };
    let mut end = TestCase::new("the run completed", ended);
    end.set_classname(run.name.clone()).set_time(run.took);
    if let Some(detail) = run.detail {
        end.set_system_out(format!("detail file {}", detail.display()));
    }
    suite.add_test_case(end);
    for result in run.goals {
        let status = match result.outcome {
            GoalOutcome::Met => TestCaseStatus::success(),
            GoalOutcome::Missed => not_so(NonSuccessKind::Failure, "missed", &result.told),
            GoalOutcome::NotDecided => not_so(NonSuccessKind::Error, "not_decided", &result.told),
        };
        let mut case = TestCase::new(result.goal.clone(), status);
        case.set_classname(run.name.clone()).set_time(Duration::ZERO).set_system_out(result.line());
        suite.add_test_case(case);
    }
    suite
}

fn not_so(kind: NonSuccessKind, r#type: &str, why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(r#type).set_message(why);
    status
}

/// The whole file. Error: a text that XML cannot hold.
pub fn document(suites: &[TestSuite]) -> Result<String, SerializeError> {
    let mut report = Report::new("pinload");
    report.add_test_suites(suites.iter().cloned());
    report.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(goal: &str, outcome: GoalOutcome) -> GoalResult {
        GoalResult {
            goal: goal.to_owned(),
            outcome,
            value: Some(3.0),
            bound: Some(0.0),
            unit: "messages",
            windows: None,
            windows_held: None,
            worst_window_begin_s: None,
            told: "3 messages".to_owned(),
        }
    }

    #[test]
    fn a_missed_goal_is_a_failure_and_one_that_is_not_decided_an_error() {
        let goals = [result("lost == 0", GoalOutcome::Missed), result("failed < 1", GoalOutcome::NotDecided)];
        let name = "w on Kafka".to_owned();
        let suite =
            suite(&JunitRun { name, failure: None, goals: &goals, detail: None, took: Duration::from_millis(1_500) });
        let text = document(&[suite]).unwrap();
        for part in [
            "<testsuite name=\"w on Kafka\" tests=\"3\" skipped=\"0\" errors=\"1\" failures=\"1\">",
            "<testcase name=\"the run completed\" classname=\"w on Kafka\" time=\"1.500\"/>",
            "<testcase name=\"lost == 0\"",
            "<failure message=\"3 messages\" type=\"missed\"",
            "<testcase name=\"failed &lt; 1\"",
            "<error message=\"3 messages\" type=\"not_decided\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_run_that_failed_is_an_error_of_its_own() {
        let failure = Some("exit code 4".to_owned());
        let suite = suite(&JunitRun { name: "w".to_owned(), failure, goals: &[], detail: None, took: Duration::ZERO });
        assert!(document(&[suite]).unwrap().contains("<error message=\"exit code 4\" type=\"run\""));
    }
}
