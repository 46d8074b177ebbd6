//! What `pinload capacity` finds on a real Kafka whose capacity is known beforehand: a quota, and a line whose delay
//! grows with the load.

use crate::scene::loaded_line::{DelayLaw, LoadedLine};
use crate::scene::{Kafka, Scene};
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(600);

/// What a search found from this rate on, with these options after those that all have. Rates that are tried lie 9 %
/// apart at the end, and are those of the first rate: of each test so that the edge lies between two of them.
fn searched(scene: &Scene, bootstrap: &str, from_per_s: &str, more: &[&str]) -> Value {
    let mut args = vec!["capacity", "--bootstrap", bootstrap, "--producers", "1", "--consumers", "1", "--no-ladder"];
    args.extend(["--precision", "10%", "--rate", from_per_s]);
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
    let Some(kafka) = Kafka::quick_with_quotas(&scene) else { return };
    kafka.limit_producer(&scene, "limited", 10_000_000.0);
    // As long as the quota looks at.
    let options = ["--size", "10000", "--warmup", "3s", "--trial", "3s", "--property", "client.id=limited"];
    let found = searched(&scene, kafka.bootstrap(), "670", &options);
    let held = found["together_per_s"].as_f64().expect("a capacity");
    // 1,000 messages of 10,000 bytes; requests and batches have some bytes of their own. 948 and 1,033 are tried.
    assert!((930.0..=1_010.0).contains(&held), "{found:#}");
    assert!(found["goals"][0]["failed_per_s"].as_f64().is_some_and(|failed| failed > 980.0), "{found:#}");
}

#[test]
fn the_edge_of_a_latency_goal_is_where_the_line_comes_to_its_bound() {
    let scene = Scene::new("the_edge_of_a_latency_goal_is_where_the_line_comes_to_its_bound");
    let line = LoadedLine::new();
    let advertised = format!("advertised.listeners=PLAINTEXT://{}", line.address());
    let Some(kafka) = Kafka::own_with_properties(&scene, &[&advertised]) else { return };
    // 100 ms, and 200 ms for each MB/s: 300 ms at 1 MB/s. 912 and 995 messages/s are tried, which have some bytes more
    // than 1,000 each.
    line.lead_to(kafka.bootstrap(), DelayLaw { idle_ms: 100.0, ms_per_mb_s: 200.0 });
    let options = ["--size", "1000", "--warmup", "1s", "--trial", "2s"];
    let goal = ["--goal", "acknowledge_intended p50 <= 300ms"];
    // Everything may be on its way at once: the delay is the line's alone.
    let free =
        ["--property", "producer.max.in.flight.requests.per.connection=1000", "--property", "producer.linger.ms=5"];
    let found = searched(&scene, &line.address(), "645", &[&options[..], &goal, &free].concat());
    let held = found["together_per_s"].as_f64().expect("a capacity");
    assert!((900.0..=1_010.0).contains(&held), "{found:#}");
}
