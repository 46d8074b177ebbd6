//! Samples that cannot be written, of clients that are killed, and files that are none.

use super::*;

/// A run without warm-up on the embedded broker that records its samples, once its load has begun.
fn recording(scene: &Scene, duration: &str) -> Running {
    let args = ["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", duration];
    let running = scene.pinload([&args[..], &["--record-raw", "raw", "small.yaml"]].concat()).limit(LIMIT).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    running
}

#[test]
fn samples_that_cannot_be_written_are_counted_and_the_run_goes_on() {
    let scene = Scene::new("samples_that_cannot_be_written_are_counted_and_the_run_goes_on");
    scene.write("small.yaml", &Workload::small("full").text());
    let running = recording(&scene, "6s");
    // 500 messages of 56 bytes a second: the limit is reached in the second or third.
    let victim = running.clients("producer", 2)[0].pid.to_string();
    scene.command("prlimit", ["--pid", &victim, "--fsize=50000"]).run().assert_code(0);
    let done = running.outcome();
    done.assert_code(NOT_WRITTEN).assert_stderr_has("could not be written");
    assert!(done.says("cannot write raw samples to") && done.says("File too large"), "the reason is said\n{done}");
    let detail = Detail::read(&scene.detail_file());
    assert_eq!(detail.outcome(), "completed");
    let counted = |role: &str, index: &Value, name: &str| -> u64 {
        let mut clients = detail.list("/clients").iter();
        let client = clients.find(|client| client["role"] == role && client["index"] == *index).expect("the client");
        client["counters_whole_run"][name].as_u64().expect("a count")
    };
    // What is there is whole, and with what is not it is everything.
    let clients = RawClient::read_all(&[scene.path("raw")]);
    assert_eq!(clients.len(), 4);
    let mut lost = 0;
    for client in &clients {
        let (role, index) = (client.role(), &client.header["index"]);
        let (recorded, missing) =
            (counted(role, index, "raw_samples_recorded"), counted(role, index, "raw_samples_lost"));
        assert_eq!(client.samples.len() as u64, recorded, "{role} {index}");
        if role == "producer" {
            let sent = counted(role, index, "messages_enqueued") + counted(role, index, "probes_sent");
            assert_eq!(recorded + missing, sent, "producer {index}");
        }
        lost += u32::from(missing > 0);
    }
    assert_eq!(lost, 1, "one client alone met the limit");
    let figures = detail.at("/measurement/latencies/publish_delay");
    assert!(figures["count"].as_u64() > Some(5_000), "the measurement lacks nothing: {figures}");
}

#[test]
fn what_a_killed_client_had_recorded_can_be_read() {
    let scene = Scene::untimed("what_a_killed_client_had_recorded_can_be_read");
    scene.write("small.yaml", &Workload::small("killed").text());
    let running = recording(&scene, "60s");
    let victim = &running.clients("producer", 2)[0];
    Deadline::within(LIMIT).poll("two cuts of the client that will be killed", || {
        let clients = RawClient::read_all(&[scene.path("raw")]);
        clients
            .iter()
            .any(|client| client.role() == "producer" && client.header["index"] == 0 && client.cuts.len() >= 2)
            .then_some(())
    });
    victim.kill();
    running.outcome().assert_code(CLIENT_DIED);
    assert_valid(&scene, &Detail::read(&scene.detail_file()));
    let summary = scene.pinload(["raw", "--summary", "--to", "2", "raw"]).run();
    summary.assert_code(0);
    let summary: Value = serde_json::from_str(&summary.stdout).expect("JSON");
    let client = &summary["clients"][0];
    assert_eq!((client["role"].as_str(), client["client"].as_u64()), (Some("producer"), Some(0)));
    // Two seconds at 500 msg/s; a busy machine may send some of them later.
    assert!(client["counts"]["acknowledged"].as_u64() > Some(100), "{client}");
}

#[test]
fn what_is_no_file_of_raw_samples_is_refused_with_the_reason() {
    let scene = Scene::untimed("what_is_no_file_of_raw_samples_is_refused_with_the_reason");
    scene.write("small.yaml", &Workload::small("refused").text());
    std::fs::create_dir(scene.path("empty")).expect("a folder");
    for (file, why) in [
        ("small.yaml", "is no file of raw samples"),
        ("absent.raw", "cannot be read"),
        ("empty", "holds no raw samples"),
    ] {
        let refused = scene.pinload(["raw", file]).run();
        refused.assert_code(REFUSED).assert_stderr_has(file).assert_stderr_has(why);
        assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("error")).count(), 1, "{refused}");
    }
    scene.pinload(["raw"]).run().assert_code(2);
    let nowhere = scene.pinload(["run", "--embedded", "--record-raw", "small.yaml/raw", "small.yaml"]).run();
    nowhere.assert_code(NOT_WRITTEN).assert_stderr_has("--record-raw small.yaml/raw: cannot write into the folder");
    assert_eq!(scene.names(), ["empty", "small.yaml"], "nothing was started");
}
