//! Verdicts on runs whose counts do not agree, and on those that fail at their end.

use super::*;

/// The same run, as it was and with the 18 messages that are missing in it, both at once: they mostly wait.
#[test]
fn counts_that_do_not_agree_make_a_run_invalid_and_without_the_difference_nobody_could_look() {
    let scene =
        Scene::untimed("counts_that_do_not_agree_make_a_run_invalid_and_without_the_difference_nobody_could_look");
    write_files(&scene);
    let runs = [
        (("", ""), "invalid", vec![("counts_off", 18.0)]),
        (("\"totalMessagesReceived\" : 312812", "\"totalMessagesReceived\" : 312830"), "not_judged", vec![]),
    ]
    .map(|(reworded, verdict, reasons)| {
        let workers = [Recorded::start("w1", None), Recorded::start_reworded("w2", None, reworded)];
        let output = format!("{verdict}.json");
        let more = ["--require-valid", "--output", &output];
        (run(&scene, &urls(&workers), "6s", &more).spawn(), workers, verdict, reasons)
    });
    for (running, _workers, verdict, reasons) in runs {
        let outcome = running.outcome();
        outcome.assert_code(NOT_VALID);
        let detail = Detail::read(&scene.path(&format!("{verdict}.detail")));
        let found = detail.list("/verdict/reasons").iter();
        let found: Vec<_> = found.map(|reason| (reason["cause"].as_str(), reason["value"].as_f64())).collect();
        let reasons: Vec<_> = reasons.into_iter().map(|(cause, value)| (Some(cause), Some(value))).collect();
        assert_eq!((detail.text("/verdict/verdict"), found), (verdict, reasons), "{outcome}");
    }
}

/// The same run with counts that agree, three at once; in two of them a worker has no figures of the whole run when all
/// periods have been told.
#[test]
fn a_run_that_fails_behind_its_last_period_is_invalid() {
    const WHOLE_RUN: &str = "/cumulative-latencies";
    let scene = Scene::untimed("a_run_that_fails_behind_its_last_period_is_invalid");
    write_files(&scene);
    let runs = [
        (None, 0, None, ""),
        (Some((WHOLE_RUN, (200, "no figures"))), UNUSABLE, Some("run_failed"), "cannot understand its answer"),
        (Some((WHOLE_RUN, FAILED)), LOST, Some("worker_lost"), FAILED.1),
    ]
    .map(|(spoiled, code, cause, words)| {
        let agree = ("\"totalMessagesReceived\" : 312812", "\"totalMessagesReceived\" : 312830");
        let workers = [Recorded::start("w1", None), Recorded::start_reworded("w2", spoiled, agree)];
        let output = format!("{code}.json");
        (run(&scene, &urls(&workers), "6s", &["--output", &output]).spawn(), workers, code, cause, words)
    });
    for (running, _workers, code, cause, words) in runs {
        let outcome = running.outcome();
        outcome.assert_code(code);
        let detail = Detail::read(&scene.path(&format!("{code}.detail")));
        let first = detail.at("/verdict/reasons").get(0);
        let verdict = if cause.is_some() { "invalid" } else { "not_judged" };
        assert_eq!(detail.text("/verdict/verdict"), verdict, "{outcome}");
        assert_eq!(first.and_then(|reason| reason["cause"].as_str()), cause, "{outcome}");
        assert!(!detail.list("/periods").is_empty(), "what was measured until then is written\n{outcome}");
        if let Some(reason) = first {
            assert!(reason["text"].as_str().is_some_and(|text| text.contains(words)), "{reason}\n{outcome}");
        }
    }
}
