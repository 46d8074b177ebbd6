//! A fleet of a worker of ours and one that seems to be Java's.

use super::*;

#[test]
fn a_fleet_of_both_kinds_runs_and_its_counts_agree() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::alone("a_fleet_of_both_kinds_runs_and_its_counts_agree");
    let producer = ["acks=all", "linger.ms=1"];
    let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
    scene.write("driver.yaml", &driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &consumer));
    let workload = Workload::small("mixed").with("producerRate", 2000).with("subscriptionsPerTopic", 2);
    scene.write("small.yaml", &workload.text());
    let workers = [(); 2].map(|()| WorkerProcess::start(&scene, &["--delete-topics"]));
    // The second one seems to be Java's.
    let behind = workers[1].url.trim_start_matches("http://").to_owned();
    let (cut, reset) = (Mutex::new(Instant::now()), Arc::new(AtomicU64::new(0)));
    let reset_ns = Arc::clone(&reset);
    let java = StandIn::start(move |asked| {
        if asked.path.starts_with("/pinload/") {
            return (404, "Not found".to_owned());
        }
        let mut cut = cut.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.path.as_str() {
            "/period-stats" => *cut = Instant::now(),
            "/reset-stats" => reset_ns.store(u64::try_from(cut.elapsed().as_nanos()).expect("a while"), Relaxed),
            _ => {}
        }
        drop(cut);
        let answer = call(&behind, &asked.method, &asked.path, &[], &asked.body);
        (answer.status, answer.body)
    });
    let outcome = run(&scene, &format!("{},{}", workers[0].url, java.url), "10s", &["--warmup", "2s"]).run();
    outcome.assert_code(0).assert_stderr_has("all are driven by it").assert_stderr_has("closing OMB's workers");
    let detail = Detail::read(&scene.detail_file());
    let counted = detail.at("/measurement/counters_whole_run");
    let count = |name: &str| counted[name].as_u64().unwrap_or(0);
    assert!(count("messages_acknowledged") > 23_000, "2,000 msg/s for 12 s: {counted}");
    assert_eq!(count("probes_acknowledged") % 2, 0, "each of two producers sends one in each round: {counted}");
    assert_eq!(count("probes_acknowledged") * 2, count("probes_received"), "no probe is a message: {counted}");
    assert_eq!(count("messages_acknowledged") * 2, count("messages_received"), "{counted}");
    assert_eq!(count("messages_failed"), 0);
    let rate = detail.at("/measurement/publish_rate_per_s").as_f64().unwrap_or(0.0);
    assert!((rate - 2_000.0).abs() < 40.0, "{rate}");
    let timed = |family: &str| detail.at(&format!("/measurement/latencies/{family}/count")).as_u64().unwrap_or(0);
    // Between the last cut of the warm-up and reset-stats, two calls later, latencies are nobody's, as with OMB's
    // coordinator. So long was that at most; each worker has its own times of these calls.
    let nobodys = reset.load(Relaxed) * 2_000 / 1_000_000_000;
    for (family, of_each) in [("acknowledge_actual", 1), ("end_to_end_actual", 2)] {
        let expected = of_each * 19_000_u64.saturating_sub(nobodys)..of_each * 21_000;
        assert!(expected.contains(&timed(family)), "{family}: {}, {expected:?}", timed(family));
    }
    let kinds: Vec<&Value> = detail.list("/hosts").iter().map(|host| &host["kind"]).collect();
    assert_eq!(kinds, ["pinload_by_ombs_protocol", "omb"]);
    for worker in workers {
        assert_eq!(worker.running.children(), []);
        worker.running.signal(Signal::SIGTERM);
        worker.running.outcome_within(LIMIT).assert_code(TERMINATED);
    }
    scene.assert_no_leftovers();
}
