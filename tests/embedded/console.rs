//! What a run prints, in each form, where it goes, and on a terminal.

use crate::scene;
use crate::scene::{Scene, Workload};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(60);

fn run<'a>(scene: &'a Scene, more: &[&str]) -> scene::Run<'a> {
    scene.write("small.yaml", &Workload::small("small").text());
    let args = ["run", "--embedded", "--warmup", "1s", "--duration", "2s"];
    scene.pinload([&args, more, &["small.yaml"]].concat()).limit(SHORT)
}

/// Digits, and the blanks that pad them, do not matter.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for c in line.chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !(shape.ends_with(['0', ' ']) && (c == '0' || c == ' ')) {
            shape.push(c);
        }
    }
    shape
}

#[test]
fn people_get_a_line_rows_and_one_screen_without_control_characters() {
    let scene = Scene::untimed("people_get_a_line_rows_and_one_screen_without_control_characters");
    let done = run(&scene, &[]).run();
    done.assert_code(0);
    let first = done.stderr.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("small on the embedded broker, no measure of Kafka: 2 producers × 500 = 1,000"),
        "{done}"
    );
    let lines: Vec<&str> = done.stdout.lines().collect();
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{done}"));
    let (head, row) = (at("received/s"), at("   00:02"));
    assert!(head < at("warm-up begins") && at("warm-up begins") < at("measurement begins"), "{done}");
    assert!(at("measurement begins") < row && row < at("accounting: lost 0"), "{done}");
    assert!(lines[head].ends_with("late") && lines[head].find("sent/s").is_some(), "{done}");
    assert!(done.everything().chars().all(|c| c == '\n' || !c.is_control()), "{done}");
    assert!(!done.says("Pub rate"), "OMB's lines are another form\n{done}");
}

#[test]
fn ombs_console_has_no_line_that_omb_does_not_log() {
    let scene = Scene::new("ombs_console_has_no_line_that_omb_does_not_log");
    let done = run(&scene, &["--console", "omb"]).run();
    done.assert_code(0);
    let golden = include_str!("../fixtures/golden/omb-console.log");
    let mut known: BTreeSet<String> = golden.lines().map(|line| shape(&line.replace("(1m)", "(0s)"))).collect();
    // The golden run had no warm-up; and its names were others.
    known.insert(shape("00:00:00.000 [main] INFO WorkloadGenerator - ----- Starting warm-up traffic (0s) ------"));
    for line in
        done.stdout.lines().filter(|line| !line.contains("WORKLOAD : ") && !line.contains("Writing test result"))
    {
        assert!(known.contains(&shape(line)), "{line}\n{}\n{done}", shape(line));
    }
    assert_eq!(done.stdout.matches("Pub rate").count(), 2, "{done}");
    assert!(done.stderr.contains("accounting: lost 0"), "the screen stands beside it\n{done}");
}

#[test]
fn the_json_console_has_one_object_a_period_and_one_at_the_end() {
    let scene = Scene::untimed("the_json_console_has_one_object_a_period_and_one_at_the_end");
    let done = run(&scene, &["--console", "json"]).run();
    done.assert_code(0);
    let objects: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}\n{done}")))
        .collect();
    let types: Vec<_> = objects.iter().map(|object| format!("{} {}", object["type"], object["phase"])).collect();
    assert_eq!(types, [r#""period" "warm_up""#, r#""period" "measurement""#, r#""end" null"#]);
    let end = &objects[2];
    assert_eq!((&end["outcome"], &end["messages"]["lost"]), (&"completed".into(), &0.into()), "{end}");
    for file in end["files"].as_array().expect("files") {
        assert!(scene.path(file.as_str().expect("a name")).is_file(), "{file}");
    }
    let told = objects[1]["latencies"]["end_to_end_actual"]["p99_ns"].as_u64();
    assert!(told.is_some_and(|ns| ns > 0), "{}", objects[1]);
}

#[test]
fn a_view_needs_a_terminal() {
    let scene = Scene::untimed("a_view_needs_a_terminal");
    run(&scene, &["--tui"]).run().assert_code(2).assert_stderr_has("standard error is none");
}
