//! The detail document: complete, self-describing, without secrets.

use crate::plan::MeasuredBy;
use crate::report::detail::DetailDocument;
use crate::report::detail::evidence::definitions_of;
use crate::report::detail::fields::definitions;
use crate::report::detail::periods::PeriodDetail;
use crate::report::java_json;
use crate::report::origin::Origin;
use crate::stats::Counter;
use crate::worker::scrape::{ScrapedSeries, ScrapedTarget};
use crate::workload_generator::RunResult;
use crate::workload_generator::for_tests::{EPOCH_NS, completed_result, empty_result, plan, started_at};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

pub(in crate::report) fn document(result: &RunResult<'_>) -> Value {
    serde_json::from_str(&text(result)).unwrap()
}

fn text(result: &RunResult<'_>) -> String {
    let origin = Origin::capture(started_at(), &["pinload".to_owned(), "run".to_owned()], Path::new("/nowhere"));
    let periods: Vec<_> =
        result.periods.iter().map(|period| PeriodDetail::new(period, EPOCH_NS, result.plan)).collect();
    let verdicts: Vec<_> = periods.iter().map(PeriodDetail::verdict).collect();
    let floor = super::floor::used(super::floor::floor());
    let page = ScrapedTarget {
        scrape_name: "broker-1".to_owned(),
        scrape_url: "http://10.0.0.1:7071/metrics".to_owned(),
        reads: 2,
        reads_failed: 1,
        last_failure: Some("no answer within 4 s".to_owned()),
        series_found: 900,
        series_left_out: 0,
        at_s: vec![-1.0, 4.0],
        series: vec![ScrapedSeries {
            series_name: "process_cpu_seconds_total".to_owned(),
            counts_up: true,
            series_values: vec![Some(10.0), Some(12.5)],
        }],
    };
    let document = DetailDocument::new(&origin, result, &periods, &verdicts, &floor).with_scrapes(vec![page]);
    java_json::to_string(&document).unwrap()
}

/// Every name with those above it. What stands in configurations and in `fields` are names of others.
fn names(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                path.push(name.clone());
                found.insert(path.clone());
                if path[0] != "fields" && (path[0] != "effective_configuration" || path.len() < 2) {
                    names(inner, path, found);
                }
                path.pop();
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| names(inner, path, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_defined_in_the_document_itself() {
    let plan = plan();
    let document = document(&completed_result(&plan));
    let mut found = BTreeSet::new();
    names(&document, &mut Vec::new(), &mut found);
    assert!(found.len() > 400, "{} fields", found.len());
    let defined = document["fields"].as_object().unwrap();
    let ways = |path: &[String]| (0..path.len()).map(|from| path[from..].join(".")).collect::<Vec<_>>();
    let missing: Vec<_> =
        found.iter().filter(|path| !ways(path).iter().any(|name| defined.contains_key(name))).collect();
    assert!(missing.is_empty(), "fields without a meaning: {missing:?}");
    let silent: Vec<_> = defined.iter().filter(|(_, field)| field["meaning"] == "").collect();
    assert!(silent.is_empty(), "their types say nothing of them: {silent:?}");
}

#[test]
fn every_field_of_a_file_of_version_1_is_explained() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/detail-version-1.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    names(&document, &mut Vec::new(), &mut found);
    assert!(found.len() > 300, "{} fields", found.len());
    let is_own = |path: &&Vec<String>| path.len() == 1 || !["fields", "effective_configuration"].contains(&&*path[0]);
    let last: BTreeSet<&str> = found.iter().filter(is_own).filter_map(|path| Some(path.last()?.as_str())).collect();
    let silent: Vec<_> = last.into_iter().filter(|name| definitions_of(name).is_empty()).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_field_is_defined_twice_and_every_counter_is() {
    let defined: BTreeSet<_> = definitions().iter().map(|known| known.name.as_str()).collect();
    assert_eq!(defined.len(), definitions().len());
    for counter in Counter::ALL {
        assert!(defined.contains(counter.name()), "{}", counter.name());
    }
}

#[test]
fn what_ombs_workers_do_not_tell_is_not_there() {
    let mut plan = plan();
    plan.measured_by = MeasuredBy::Omb;
    let result = completed_result(&plan);
    let document = document(&result);
    for part in [&document["measurement"], &document["periods"][0]] {
        let families: BTreeSet<_> = part["latencies"].as_object().unwrap().keys().collect();
        assert!(families.into_iter().eq(["acknowledge_actual", "end_to_end_actual", "publish_delay"]), "{part}");
        assert!(part["counters"]["messages_acknowledged"].is_u64(), "{part}");
        assert!(part["counters"].get("late_sends").is_none() && part.get("send_rate_per_s").is_none_or(Value::is_null));
    }
    assert!(document.get("effective_configuration").is_none());
    assert_eq!(
        (&document["plan"]["measured_by"], &document["histogram"]["significant_digits"]),
        (&json!("omb"), &json!(5))
    );
    let table = crate::report::closing::closing_screen(&result, &[]);
    assert!(
        !table.contains("    from the intended time")
            && !table.contains(" sent ")
            && table.contains("driven by OMB's protocol"),
        "{table}"
    );
}

#[test]
fn the_origin_is_told() {
    let plan = plan();
    let document = document(&completed_result(&plan));
    assert_eq!(document["schema"], json!({"name": "pinload-detail", "version": 2}));
    assert_eq!(document["pinload_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["command_line"], json!(["pinload", "run"]));
    assert!(document["librdkafka_version"].as_str().unwrap().contains('.'));
    let started: jiff::Timestamp = document["started_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(started, jiff::Timestamp::try_from(started_at()).unwrap());
    assert_eq!(document["outcome"], json!({"outcome": "completed"}));
}

#[test]
fn latencies_have_ns_and_say_how_exact_they_are() {
    let plan = plan();
    let mut result = completed_result(&plan);
    result.periods[1].latencies.by_family[0].extremes = None;
    let document = document(&result);
    let first = &document["periods"][0];
    assert_eq!((first["start_s"].as_f64(), first["end_s"].as_f64()), (Some(5.0), Some(15.0)));
    let acknowledged = &first["latencies"]["acknowledge_actual"];
    assert_eq!(acknowledged["count"], 1_000);
    assert_eq!((&acknowledged["min_ns"], &acknowledged["max_ns"]), (&json!(1_000), &json!(1_000_000)));
    assert_eq!(acknowledged["mean_ns"], 500_500.0);
    assert_eq!(acknowledged["exact_extremes"], true);
    assert_eq!(document["periods"][1]["latencies"]["acknowledge_actual"]["exact_extremes"], false);
    assert_eq!(document["measurement"]["latencies"]["end_to_end_intended"]["max_ns"], 12_000_000);
    assert_eq!(document["measurement"]["counters"]["messages_acknowledged"], 600_000);
    assert_eq!(document["measurement"]["counters"]["assigned_partitions"], 4);
    assert_eq!(document["measurement"]["cpu_ns_per_message"], 75_000.0);
    assert_eq!(document["histogram"]["significant_digits"], 3);
}

#[test]
fn the_host_is_there_with_its_findings_by_name() {
    let plan = plan();
    let document = document(&completed_result(&plan));
    let host = &document["environment"][0];
    assert_eq!((&host["hot_cpus"], host.get("worker")), (&json!("2-4"), None));
    let findings: Vec<_> = host["findings"].as_array().unwrap().iter().map(|found| &found["finding"]).collect();
    assert!(findings.contains(&&json!("cpu_limit")), "{host}");
    assert_eq!(host["findings"][0]["severity"], "severe", "the worst comes first");
    assert_eq!(host["facts"]["cgroup"]["cpu_limit"]["quota_us"], 400_000);
    assert_eq!(host["facts"]["clock"]["tsc_across_cpus"]["offset_uncertainty_ns"], 70);
    assert_eq!(host["not_known"], json!([]));
}

#[test]
fn balances_are_given_per_producer_and_summed() {
    let plan = plan();
    let document = document(&completed_result(&plan));
    let accounting = &document["accounting"];
    assert_eq!(accounting["total"]["acknowledged"], 700_000);
    let subscription = &accounting["subscriptions"][0];
    assert_eq!(subscription["group"], "sub-000-hijklmn");
    assert_eq!(subscription["total"]["reordered"], 2);
    assert_eq!(subscription["producers"][1]["producer"], 1);
    assert_eq!(subscription["producers"][1]["lost"], 0);
}

#[test]
fn each_client_shows_its_place_as_planned_and_observed_and_its_seconds() {
    let plan = plan();
    let document = document(&completed_result(&plan));
    let consumer = &document["clients"][2];
    assert_eq!(consumer["role"], "consumer");
    assert_eq!(consumer["placement_planned"]["hot_cpu"], 4);
    assert_eq!(consumer["placement_planned"]["io_cpus"], "5-7");
    assert_eq!(consumer["placement_observed"]["hot_cpu_mask"], "4");
    assert_eq!(consumer["placement_observed"]["threads"], json!([{"thread_name": "rdk:main", "cpu_mask": "5-7"}]));
    let timeline = &consumer["timeline"];
    assert_eq!(timeline["at_s"], json!([1.0, 2.0]));
    assert_eq!(timeline["latencies"]["end_to_end_actual"]["p99_ns"], json!([2_000, 2_000]));
    assert_eq!(timeline["counters"], json!({"messages_received": [700_000, 700_000]}));
    assert_eq!(document["clients"][0]["timeline"]["latencies"]["publish_delay"]["max_ns"], json!([3_000, 3_000]));
}

#[test]
fn secrets_are_masked_and_the_stamp_in_compressed_batches_is_told() {
    let plan = plan();
    let result = completed_result(&plan);
    assert!(!text(&result).contains("top-secret"));
    let document = document(&result);
    assert_eq!(document["effective_configuration"]["producer"]["sasl.password"], "****");
    assert_eq!(document["message"]["compression_type"], "lz4");
    assert!(document["message"]["compression_note"].as_str().unwrap().contains("first 48 of 1024 bytes"));
    assert_eq!(document["acknowledgement"]["acks"], "all");
}

#[test]
fn durations_of_the_plan_are_seconds() {
    let mut plan = plan();
    let planned = document(&empty_result(&plan))["plan"].clone();
    assert_eq!((&planned["duration_s"], &planned["warmup_s"]), (&json!(30.5), &json!(5.0)));
    assert_eq!(planned["limits"]["ready_s"], 60.0);
    plan.duration = None;
    assert_eq!(document(&empty_result(&plan))["plan"].get("duration_s"), Some(&Value::Null));
}

#[test]
fn caveats_and_warnings_are_listed() {
    let mut plan = plan();
    plan.driver.acknowledgement_is_local = true;
    let document = document(&completed_result(&plan));
    assert_eq!(document["caveats"][0]["caveat"], "local_acknowledgement");
    assert!(document["acknowledgement"]["acknowledgement_source"].as_str().unwrap().starts_with("local"));
    assert_eq!(
        document["warnings"],
        json!(["linger.ms is the Java client's default", "a probe was repeated", "a topic took long to go"])
    );
}
