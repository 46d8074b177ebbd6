//! A floor beside a result: which figures are compared, which are near, and what is said where there is no floor.

use crate::os::clock_cost::ClockCosts;
use crate::os::gaps::{GapBucket, Gaps};
use crate::plan::{DriverKind, Plan};
use crate::report::floor::{
    Disturbance, EndToEndFloor, Floor, FloorDetail, FloorSchema, FloorStanding, Identity, LoopKind, LoopSpeed,
    PacingStep, Percentiles, UsedFloor, floor_lines, floor_text,
};
use crate::stats::Counter;
use crate::units::Rate;
use crate::workload_generator::for_tests::{completed_result, distribution, plan};
use serde_json::{Value, json};
use std::path::Path;

/// Values from 1 to 1,000 × `step_ns`.
fn percentiles(step_ns: u64) -> Percentiles {
    Percentiles::from(&distribution((1..=1_000).map(|i| i * step_ns)))
}

fn speed(manner: LoopKind, measuring: bool, messages_per_s: f64) -> LoopSpeed {
    let busy_ns_per_message = 1e9 / messages_per_s;
    LoopSpeed { manner, measuring, value_bytes: 1_024, messages: 1_000_000, busy_ns_per_message, messages_per_s }
}

fn step(rate_per_s: f64, sustained: bool, step_ns: u64) -> PacingStep {
    let reached_per_s = if sustained { rate_per_s } else { rate_per_s / 2.0 };
    PacingStep { rate_per_s, reached_per_s, sustained, pacing_error: percentiles(step_ns) }
}

/// Far below the result of the fixture: pacing error p99 0.99 µs, 5 M/s, end to end p50 50 µs.
pub(super) fn floor() -> Floor {
    Floor {
        schema: FloorSchema::current(),
        identity: Identity::capture(Path::new("/nowhere")),
        calibrated_at: "2026-11-22T14:00:05.000+01:00".to_owned(),
        measured_each_s: 3.0,
        loop_cpu: Some(1),
        loops: vec![
            speed(LoopKind::ProduceSingle, true, 5_000_000.0),
            speed(LoopKind::ProduceSingle, false, 9_000_000.0),
            speed(LoopKind::ProduceBatched, true, 8_000_000.0),
        ],
        pacing: vec![step(1_000.0, true, 2), step(10_000.0, true, 1), step(100_000.0, false, 50_000)],
        clock_costs: Some(ClockCosts {
            run_clock_read_ns: 11.5,
            monotonic_read_ns: 22.25,
            monotonic_raw_read_ns: 23.0,
            realtime_read_ns: 24.0,
        }),
        gaps: vec![Gaps {
            cpu: 3,
            watched_ns: 3_000_000_000,
            readings: 100_000_000,
            gaps: 1_234,
            gaps_over_10_us: 56,
            gaps_over_1_ms: 1,
            lost_ns: 6_000_000,
            longest_gap_ns: 2_500_000,
            gaps_by_length: vec![GapBucket { from_ns: 1_000, gaps: 1_234 }],
        }],
        end_to_end: Some(EndToEndFloor {
            rate_per_s: 1_000.0,
            value_bytes: 1_024,
            usable_cpus: Some(8),
            shared_cpus: false,
            acknowledge_actual: percentiles(50),
            end_to_end_actual: percentiles(100),
        }),
        disturbance: Some(Disturbance::new(&[], Some(0.1), Some(0.0))),
        warnings: vec!["a neighbour was loud".to_owned().into()],
    }
}

pub(super) fn used(floor: Floor) -> FloorStanding {
    FloorStanding::Used(Box::new(UsedFloor { path: "/state/floor.json".to_owned(), floor }))
}

fn detail(standing: &FloorStanding, plan: &Plan) -> Value {
    serde_json::to_value(FloorDetail::new(standing, &completed_result(plan))).unwrap()
}

/// Figures that are near.
fn near(standing: &FloorStanding, plan: &Plan) -> Vec<String> {
    let detail = detail(standing, plan);
    let comparisons = detail["comparisons"].as_array().unwrap();
    let names = comparisons.iter().filter(|compared| compared["near"] == true);
    names.map(|compared| compared["figure"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_result_far_from_the_floor_is_put_beside_it_in_one_line() {
    let plan = plan();
    let lines = floor_lines(&used(floor()), &completed_result(&plan));
    assert_eq!(
        lines,
        ["  floor: pacing error p99 990 ns at 10,000/s (here 29.4 µs) · a producer's loop 5.00 M/s (here 10,000/s, \
             0.2 % of it) · acknowledged p50 25.0 µs (here 750 µs) · end to end p50 50.0 µs (here 2.25 ms)"]
    );
    let detail = detail(&used(floor()), &plan);
    assert_eq!((&detail["used"], &detail["floor_file"]), (&json!(true), &json!("/state/floor.json")));
    let pacing = &detail["comparisons"][0];
    assert_eq!((&pacing["figure"], &pacing["floor_rate_per_s"]), (&json!("pacing_error_p99"), &json!(10_000.0)));
    assert_eq!((&pacing["floor_ns"], &pacing["near"]), (&json!(990), &json!(false)));
    assert_eq!(detail["comparisons"][1]["result_per_s"], 10_000.0);
}

#[test]
fn each_figure_that_is_near_is_warned_of() {
    let plan = plan();
    let mut close = floor();
    close.pacing[1].pacing_error.p99_ns = 15_000;
    assert_eq!(near(&used(close.clone()), &plan), [] as [&str; 0], "it is hardly seen in the latency");
    let mut result = completed_result(&plan);
    result.cumulative.as_mut().unwrap().by_family[1] = distribution((1..=1_000).map(|i| i * 100));
    let lines = floor_lines(&used(close), &result);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].starts_with("  note: near the floor: the pacing error's p99 is within 2 × of what this"),
        "{lines:?}"
    );
    let mut close = floor();
    close.loops[0].messages_per_s = 19_000.0;
    assert_eq!(near(&used(close), &plan), ["send_rate_per_producer"]);
    let mut close = floor();
    close.end_to_end.as_mut().unwrap().end_to_end_actual.p50_ns = 1_200_000;
    assert_eq!(near(&used(close), &plan), ["end_to_end_p50"]);
    let mut close = floor();
    close.end_to_end.as_mut().unwrap().acknowledge_actual.p50_ns = 800_000;
    assert_eq!(near(&used(close), &plan), ["acknowledged_p50"]);
}

#[test]
fn a_floor_of_a_busy_or_a_small_machine_is_doubted_beside_the_figures_it_concerns() {
    let plan = plan();
    let mut doubted = floor();
    doubted.disturbance = Some(Disturbance::new(&[], Some(3.0), None));
    doubted.end_to_end.as_mut().unwrap().usable_cpus = Some(2);
    let lines = floor_lines(&used(doubted.clone()), &completed_result(&plan));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].starts_with("  note: of the floor: the machine was busy while it was calibrated ("), "{lines:?}");
    assert!(lines[2].starts_with("  note: of the floor: there are 2 CPUs for a producer"), "{lines:?}");
    assert_eq!(detail(&used(doubted.clone()), &plan)["floor_caveats"].as_array().unwrap().len(), 2);
    let printed = floor_text(&doubted);
    assert!(printed.contains("\n\nwarning: the machine was busy") && printed.contains("warning: there are 2 CPUs"));
    // On the embedded broker no time of the run through it is compared.
    let mut embedded = plan.clone();
    embedded.driver.kind = DriverKind::Embedded;
    let caveats = detail(&used(doubted), &embedded)["floor_caveats"].clone();
    assert_eq!(caveats.as_array().unwrap().len(), 1, "{caveats}");
    assert_eq!(detail(&used(floor()), &plan).get("floor_caveats"), None, "nothing speaks against it");
}

#[test]
fn a_rate_that_the_machine_could_not_keep_is_no_floor_and_the_nearest_other_counts() {
    let mut plan = plan();
    plan.rate.total = Rate::PerSecond(200_000.0);
    let mut result = completed_result(&plan);
    result.periods[2].since_reset.enqueued_per_s = 160_000.0;
    let detail = serde_json::to_value(FloorDetail::new(&used(floor()), &result)).unwrap();
    assert_eq!(detail["comparisons"][0]["floor_rate_per_s"], 10_000.0);
}

#[test]
fn only_what_compares_is_compared() {
    let figures = |change: fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        let detail = detail(&used(floor()), &plan);
        let all = detail["comparisons"].as_array().unwrap().iter();
        all.map(|compared| compared["figure"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        figures(|plan| plan.rate.total = Rate::Unlimited),
        ["send_rate_per_producer", "acknowledged_p50", "end_to_end_p50"]
    );
    assert_eq!(
        figures(|plan| plan.driver.kind = DriverKind::Embedded),
        ["pacing_error_p99", "send_rate_per_producer"],
        "the embedded broker is the floor's own"
    );
    let plan = plan();
    let mut result = completed_result(&plan);
    result.periods[0].counters[Counter::MessagesUnstamped] = 1;
    let detail = serde_json::to_value(FloorDetail::new(&used(floor()), &result)).unwrap();
    assert_eq!(detail["comparisons"].as_array().unwrap().len(), 3, "whole ms do not compare");
    result.cumulative = None;
    result.periods.clear();
    assert_eq!(floor_lines(&used(floor()), &result), Vec::<String>::new());
}

#[test]
fn without_a_floor_a_line_says_so_and_why() {
    let plan = plan();
    let said = |standing: &FloorStanding| floor_lines(standing, &completed_result(&plan)).join("\n");
    assert_eq!(said(&FloorStanding::None), "  floor: no calibration on this machine: run pinload calibrate");
    assert_eq!((said(&FloorStanding::Off), said(&FloorStanding::Elsewhere)), (String::new(), String::new()));
    let other = FloorStanding::NotUsed("x.json is of another machine".to_owned());
    assert_eq!(said(&other), "  floor: x.json is of another machine");
    assert_eq!(
        detail(&other, &plan),
        json!({"used": false, "reason": "x.json is of another machine", "comparisons": []})
    );
}

#[test]
fn a_floor_is_the_same_after_it_was_stored() {
    let text = serde_json::to_string_pretty(&floor()).unwrap();
    assert_eq!(serde_json::from_str::<Floor>(&text).unwrap(), floor());
}

#[test]
fn another_machine_or_build_is_told_by_what_differs() {
    let own = Identity::capture(Path::new("/"));
    assert_eq!(own.differences(&own.clone()), Vec::<String>::new());
    assert_eq!(own.program_crc32.len(), 8, "{own:?}");
    let other = Identity { cpu_model: "Z80".to_owned(), program_crc32: "00000000".to_owned(), ..own.clone() };
    let differences = own.differences(&other);
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with("CPU model Z80, here "), "{differences:?}");
}

#[test]
fn every_part_of_a_floor_is_printed_with_units() {
    let text = floor_text(&floor());
    for line in [
        "clocks, per reading\n",
        "the run's clock ",
        "11.5 ns",
        "loops on the null driver, 1,024 B\n",
        "produce, one at a time",
        "125.0    8.00 M/s",
        "pacing error (actual − intended send time) of one producer on the null driver\n",
        "50,000/s (missed)",
        "gaps on each CPU, watched for 3.00 s\n",
        "0.2000 %",
        "through the embedded broker, 1,000/s of 1,024 B\n",
        "warning: a neighbour was loud",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}
