//! The metrics page of a local run (`--metrics-addr`). Those of workers are looked at in `worker_http` and `fleet`.

use crate::scene;
use crate::scene::results::Detail;
use crate::scene::{Deadline, Metrics, Scene, Workload};
use std::net::TcpListener;
use std::time::Duration;

const CONFIGURATION_REFUSED: i32 = 3;
const MACHINE_REFUSED: i32 = 7;
const LIMIT: Duration = Duration::from_secs(120);

const ACKNOWLEDGED: &str = r#"pinload_messages_acknowledged_total{role="producer"}"#;
const TIMED: &str = r#"pinload_acknowledge_latency_seconds_count{from="intended"}"#;

/// What a scrape waits for.
fn until(what: &str, address: &str, mut holds: impl FnMut(&Metrics) -> bool) -> Metrics {
    Deadline::within(LIMIT).poll(what, || {
        let page = Metrics::scrape(address);
        holds(&page).then_some(page)
    })
}

#[test]
fn a_page_tells_of_a_run_while_it_goes_on_and_of_all_runs_together() {
    let scene = Scene::new("a_page_tells_of_a_run_while_it_goes_on_and_of_all_runs_together");
    for name in ["a", "b"] {
        scene.write(&format!("{name}.yaml"), &Workload::small(name).text());
    }
    let args = ["run", "--no-progress", "--embedded", "--duration", "4s", "--metrics-addr", "127.0.0.1:0"];
    let running = scene.pinload([&args[..], &["a.yaml", "b.yaml"]].concat()).limit(LIMIT).spawn();
    let address = Metrics::address_of(&running, LIMIT);

    let first = until("latencies of the first run", &address, |page| page.count(TIMED) > 0);
    assert_eq!(first.count("pinload_runs_total"), 1);
    assert_eq!(first.count("pinload_run_active"), 1);
    assert_eq!(first.count(r#"pinload_clients{role="producer"}"#), 2);
    assert_eq!(first.count(r#"pinload_clients{role="consumer"}"#), 2);
    assert_eq!(first.count(r#"pinload_assigned_partitions{role="consumer"}"#), 2);
    // Counters are of the moment, latencies of the last whole second.
    assert!(first.count(ACKNOWLEDGED) >= first.count(TIMED), "{}", first.text);
    assert!(first.value(r#"benchmark_producer_produce_latency{success="true",quantile="0.99"}"#).is_nan());
    assert!(first.value("pinload_backlog_messages") <= 2_000.0);
    let second = until("the second run's load", &address, |page| {
        page.count("pinload_runs_total") == 2 && page.count(r#"pinload_clients{role="producer"}"#) == 2
    });
    second.assert_grown_since(&first);
    let done = running.outcome_within(LIMIT);
    done.assert_code(0);

    let details = ["a-", "b-"].map(|run| {
        let file = scene.the_file("detail file", |name| name.starts_with(run) && name.ends_with(".detail"));
        Detail::read(&file).totals()
    });
    let [a, b] = details.map(|totals| totals.acknowledged);
    // The first run is over and whole, latencies too.
    for count in [second.count(ACKNOWLEDGED), second.count(TIMED), second.count("benchmark_producer_messages_sent")] {
        assert!((a..=a + b).contains(&count), "{count} of {a} and {b}\n{}", second.text);
    }
    assert!(second.count("benchmark_consumer_messages_recv") >= details[0].received);
    scene.assert_no_leftovers();
}

#[test]
fn an_address_that_cannot_be_had_is_one_error_and_nothing_starts() {
    let scene = Scene::untimed("an_address_that_cannot_be_had_is_one_error_and_nothing_starts");
    scene.write("w.yaml", &Workload::small("w").text());
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let refused = scene.pinload(["run", "--embedded", "--metrics-addr", &address, "w.yaml"]).run();
    refused.assert_code(MACHINE_REFUSED).assert_stderr_has(&format!("cannot listen on {address}"));
    scene.write(
        "d.yaml",
        &scene::workload::driver(scene::workload::JAVA_CLASS, scene::kafka::NOBODY, &[], &["acks=all"], &[]),
    );
    let args = ["run", "-d", "d.yaml", "-w", "http://127.0.0.1:1", "--metrics-addr", "127.0.0.1:0", "w.yaml"];
    scene.pinload(args).run().assert_code(CONFIGURATION_REFUSED).assert_stderr_has("a metrics page of its own");
    let usage = scene.pinload(["run", "--embedded", "--metrics-addr", "9100", "w.yaml"]).run();
    usage.assert_code(2).assert_stderr_has("write HOST:PORT");
    assert!(scene.names().iter().all(|name| name.ends_with(".yaml")), "{:?}", scene.names());
    scene.assert_no_leftovers();
}
