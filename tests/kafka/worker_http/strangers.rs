//! Calls that are mistakes, of strangers, too large, too many or too early.

use super::*;

#[test]
fn a_worker_survives_mistakes_and_a_coordinator_that_vanishes() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_worker_survives_mistakes_and_a_coordinator_that_vanishes");
    let worker = WorkerProcess::start(&scene, &["--lease", "1s", "--delete-topics"]);
    let post = |path: &str, body: &str| worker.call("POST", path, &[], body);
    let idle = Metrics::scrape(&worker.stats);
    assert_eq!((idle.count("benchmark_producer_messages_sent"), idle.count("pinload_run_active")), (0, 0));
    assert_eq!(post("/no-such-call", "").status, 404);
    let refused = post("/create-topics", r#"{"numberOfTopics":1}"#);
    assert!(refused.status == 500 && refused.body.contains("/initialize-driver"), "{refused:?}");
    let refused = post("/initialize-driver", "name: x\n");
    assert!(refused.status == 500 && refused.body.contains("driverClass"), "{refused:?}");
    let unreachable = driver(JAVA_CLASS, "127.0.0.1:1", &[], &["acks=all"], &[]);
    let refused = post("/initialize-driver", &unreachable);
    assert!(refused.status == 500 && refused.body.contains("cannot reach the broker"), "{refused:?}");
    assert_eq!(post("/stop-all", "").status, 200, "OMB's own worker is broken after a failed initialise");

    let good = driver(JAVA_CLASS, kafka.bootstrap(), &[], &["acks=all"], &["auto.offset.reset=earliest"]);
    for _ in 0..2 {
        assert_eq!(post("/initialize-driver", &good).status, 200, "the second one begins anew");
    }
    let answer = post("//create-topics/", r#"{"numberOfTopics":1,"numberOfPartitionsPerTopic":1,"x":1}"#);
    let topics: Vec<String> = serde_json::from_str(&answer.body).expect("names");
    assert_eq!(post("/create-producers", &serde_json::to_string(&topics).expect("JSON")).status, 200);
    assert_eq!(worker.running.clients("producer", 1).len(), 1);
    let crowd = serde_json::to_string(&vec![&topics[0]; 200_000]).expect("JSON");
    let refused = post("/create-producers", &crowd);
    assert!(refused.status == 500 && refused.body.contains("200,000 producers more: "), "{refused:?}");
    assert!(refused.body.contains("200,001 clients need"), "with the one that is there: {refused:?}");
    assert_eq!(worker.running.clients("producer", 1).len(), 1, "none was started");
    let hello = worker.call("GET", "/pinload/v1/hello", &[], "").body;
    assert!(hello.contains(r#""omb_run":true"#), "a coordinator of pinload must see that it is busy: {hello}");
    // Whoever scrapes is no coordinator: the lease, ten times as long before the load, runs out all the same.
    Deadline::within(SHORT)
        .poll("the end of the run", || (Metrics::scrape(&worker.stats).count("pinload_run_active") == 0).then_some(()));
    worker.running.wait_for_line("has not called for 10 s", SHORT);
    assert_eq!(worker.call("GET", "/counters-stats", &[], "").status, 200);
    worker.running.signal(Signal::SIGTERM);
    worker.running.outcome_within(SHORT).assert_code(TERMINATED);
    scene.assert_no_leftovers();
}

#[test]
fn who_may_call_and_how_much_is_checked_before_anything_is_done() {
    let scene = Scene::untimed("who_may_call_and_how_much_is_checked_before_anything_is_done");
    scene
        .pinload(["worker", "--bind", "0.0.0.0"])
        .run()
        .assert_code(CONFIGURATION_REFUSED)
        .assert_stderr_has("--token-file");
    scene.write("token", "s3cret\n");
    let worker =
        WorkerProcess::start(&scene, &["--token-file", "token", "--max-request", "1", "--max-connections", "2"]);
    assert_eq!(worker.call("POST", "/stop-all", &[], "").status, 401);
    assert_eq!(worker.call("POST", "/stop-all", &[("authorization", "Bearer s3creT")], "").status, 401);
    let token = ("authorization", "Bearer s3cret");
    assert_eq!(worker.call("POST", "/stop-all", &[token], "").status, 200);
    let large = worker.call("POST", "/start-load", &[token], &"x".repeat((1 << 20) + 1));
    assert!(large.status == 413 && large.body.contains("--max-request"), "{large:?}");
    let pulse = worker.call("GET", "/pinload/v1/pulse", &[], "");
    assert!(pulse.status == 200 && pulse.body.contains(r#""run":null"#), "{pulse:?}");
    assert_eq!(call(&worker.stats, "GET", "/other", &[], "").status, 404);

    // More connections than allowed wait, without an answer, until another one ends.
    let address = worker.url.trim_start_matches("http://");
    let idle = [(); 2].map(|()| TcpStream::connect(address).expect("a connection"));
    let mut third = TcpStream::connect(address).expect("a connection");
    third.write_all(b"GET /pinload/v1/pulse HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("a request");
    third.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    let mut answer = String::new();
    assert!(third.read_to_string(&mut answer).is_err(), "answered beside two others: {answer}");
    drop(idle);
    third.set_read_timeout(Some(SHORT)).expect("a timeout");
    third.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let port = worker.url.rsplit(':').next().expect("a port").to_owned();
    let taken = scene.pinload(["worker", "--port", &port, "--stats-port", "0"]).run();
    taken.assert_code(MACHINE_REFUSED).assert_stderr_has("cannot listen on 127.0.0.1");
    worker.running.signal(Signal::SIGTERM);
    worker.running.outcome_within(SHORT).assert_code(TERMINATED);
    scene.assert_no_leftovers();
}

#[test]
fn a_worker_without_a_token_answers_programs_of_its_host_and_no_page_in_a_browser() {
    let scene = Scene::untimed("a_worker_without_a_token_answers_programs_of_its_host_and_no_page_in_a_browser");
    let worker = WorkerProcess::start(&scene, &[]);
    let status = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        worker.call(method, path, headers, body).status
    };
    for path in ["/stop-all", "/pinload/v1/abort", "/start-load"] {
        assert_eq!(status("POST", path, &[("origin", "http://evil.example")], ""), 403, "{path}");
        assert_eq!(status("POST", path, &[("content-type", "text/plain")], "{}"), 415, "{path}");
    }
    assert_eq!(status("GET", "/period-stats", &[("sec-fetch-site", "cross-site")], ""), 403);
    assert_eq!(status("POST", "/pinload/v1/initialize", &[], "{}"), 415);
    let json = ("content-type", "application/json");
    assert_eq!(status("POST", "/pinload/v1/initialize", &[json], "{}"), 400, "read, and not understood");
    assert_eq!(status("POST", "/stop-all", &[], ""), 200, "as OMB's client calls");

    let address = worker.url.trim_start_matches("http://");
    for (address, path) in [(address, "/pinload/v1/pulse"), (&worker.stats, "/metrics")] {
        for (host, expected) in [("evil.example:8080", "403"), ("localhost:8080", "200"), ("[::1]", "200")] {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(SHORT)).expect("a timeout");
            let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("a request");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{path} {host}: {answer}");
        }
        assert_eq!(call(address, "GET", path, &[("origin", "http://evil.example")], "").status, 403, "{path}");
    }
}

#[test]
fn calls_before_a_driver_are_answered_as_omb_answers_them() {
    let scene = Scene::untimed("calls_before_a_driver_are_answered_as_omb_answers_them");
    let worker = WorkerProcess::start(&scene, &[]);
    for path in ["/reset-stats", "/pause-consumers", "/resume-consumers", "/probe-producers", "/stop-all"] {
        assert_eq!(worker.call("POST", path, &[], "").status, 200, "{path}");
    }
    for (path, histograms) in [("/period-stats", 3), ("/cumulative-latencies", 3), ("/counters-stats", 0)] {
        let answer = worker.call("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        let fields: serde_json::Map<String, Value> = serde_json::from_str(&answer.body).expect("JSON");
        let texts: Vec<_> = fields.values().filter_map(Value::as_str).collect();
        assert_eq!(texts.len(), histograms, "{path}: {fields:?}");
        assert!(texts.iter().all(|text| histogram(text).is_empty()), "{path}");
        assert!(fields.values().filter_map(Value::as_u64).all(|number| number == 0), "{path}: {fields:?}");
    }
}
