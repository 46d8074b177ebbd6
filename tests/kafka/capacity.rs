//! What `pinload capacity` finds on a real Kafka whose capacity is known beforehand: a quota, and a line whose delay
//! grows with the load.

use crate::scene::loaded_line::{DelayLaw, LoadedLine};
use crate::scene::{Kafka, Scene};
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(600);

/// What a search found, with these options after those that all have.
///
/// Each begins just above the truth, halves, and comes up again in steps: few trials, and none at the very edge, where
/// they go both ways. How bounds are closed in to other precisions is `campaign::capacity_search`'s, tested without a
/// broker.
fn searched(scene: &Scene, bootstrap: &str, more: &[&str]) -> Value {
    let mut args = vec!["capacity", "--bootstrap", bootstrap, "--consumers", "1", "--precision", "10%"];
    args.extend(more);
    scene.pinload(args).limit(LIMIT).run().assert_code(0);
    let folder = scene.the_file("folder of the search", |name| name.starts_with("capacity-"));
    let text = std::fs::read_to_string(folder.join("capacity.json")).expect("an answer");
    scene.assert_no_leftovers();
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_capacity_under_a_quota_is_the_quota() {
    let scene = Scene::new("the_capacity_under_a_quota_is_the_quota");
    // By default a quota looks at 11 s, and a trial would have to be as long.
    let Some(kafka) = Kafka::own_with_properties(&scene, &["quota.window.num=3"]) else { return };
    kafka.limit_everybody(&scene, 10_000_000.0);
    let options =
        ["--producers", "1", "--size", "10000", "--rate", "1040", "--warmup", "3s", "--trial", "3s", "--no-ladder"];
    let found = searched(&scene, kafka.bootstrap(), &options);
    let held = found["together_per_s"].as_f64().expect("a capacity");
    // 1,000 messages of 10,000 bytes; requests and batches have some bytes of their own.
    assert!((930.0..=1_010.0).contains(&held), "{found:#}");
    assert!(found["goals"][0]["failed_per_s"].as_f64().is_some_and(|failed| failed > 980.0), "{found:#}");
}

#[test]
fn the_edge_of_a_latency_goal_is_where_the_line_comes_to_its_bound() {
    let scene = Scene::new("the_edge_of_a_latency_goal_is_where_the_line_comes_to_its_bound");
    let line = LoadedLine::new();
    let advertised = format!("advertised.listeners=PLAINTEXT://{}", line.address());
    let Some(kafka) = Kafka::own_with_properties(&scene, &[&advertised]) else { return };
    // 200 ms, and 400 ms for each MB/s: 600 ms at 1 MB/s, beside which a busy machine's own ms are few.
    line.lead_to(kafka.bootstrap(), DelayLaw { idle_ms: 200.0, ms_per_mb_s: 400.0 });
    let options =
        ["--producers", "1", "--size", "1000", "--rate", "990", "--warmup", "2s", "--trial", "2s", "--no-ladder"];
    let goal = ["--goal", "acknowledge_intended p50 <= 600ms"];
    // Everything may be on its way at once: the delay is the line's alone.
    let free =
        ["--property", "producer.max.in.flight.requests.per.connection=1000", "--property", "producer.linger.ms=5"];
    let found = searched(&scene, &line.address(), &[&options[..], &goal, &free].concat());
    let held = found["together_per_s"].as_f64().expect("a capacity");
    assert!((900.0..=1_010.0).contains(&held), "{found:#}");
}
