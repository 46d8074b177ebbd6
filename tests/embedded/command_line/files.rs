//! Files that are wrong, and what is said of them.

use super::*;

#[test]
fn all_mistakes_of_a_workload_are_reported_at_once_with_line_and_remedy() {
    let scene = Scene::untimed("all_mistakes_of_a_workload_are_reported_at_once_with_line_and_remedy");
    let text = Workload::small("bad").with("topics", 0).with("producerRat", 10).with("messageSize", "big").text();
    scene.write("bad.yaml", &text);
    let line = |key: &str| 1 + text.lines().position(|line| line.starts_with(&format!("{key}:"))).expect("the key");
    let refused = scene.pinload(["plan", "--embedded", "bad.yaml"]).run();
    refused
        .assert_code(REFUSED)
        .assert_stderr_has(&format!("bad.yaml:{}: ", line("messageSize")))
        .assert_stderr_has(&format!("bad.yaml:{}: ", line("producerRat")))
        .assert_stderr_has("producerRate");
    let unmixed = Workload::small("bad").with("topics", 0).text();
    scene.write("zero.yaml", &unmixed);
    scene.pinload(["plan", "--embedded", "zero.yaml"]).run().assert_code(REFUSED).assert_stderr_has("topics");
}

#[test]
fn a_workload_that_cannot_work_is_refused_before_anything_is_started() {
    let scene = Scene::untimed("a_workload_that_cannot_work_is_refused_before_anything_is_started");
    let cases = [
        ("no-producers", Workload::small("x").with("producersPerTopic", 0), "producersPerTopic"),
        ("empty-pool", Workload::small("x").with("randomizedPayloadPoolSize", 0), "randomizedPayloadPoolSize"),
        (
            "backlog-and-search",
            Workload::small("x").with("producerRate", 0).with("consumerBacklogSizeGB", 1),
            "consumerBacklogSizeGB",
        ),
        (
            "no-payload",
            Workload::small("x").with("useRandomizedPayloads", false).with("payloadFile", "nowhere.data"),
            "payloadFile",
        ),
    ];
    for (name, workload, key) in cases {
        let file = format!("{name}.yaml");
        scene.write(&file, &workload.text());
        let refused = scene.pinload(["run", "--embedded", &file]).run();
        refused.assert_code(REFUSED).assert_stderr_has(&file).assert_stderr_has(key);
        scene.assert_no_leftovers();
    }
    let files: Vec<_> = scene.names().into_iter().filter(|name| name.ends_with(".json")).collect();
    assert!(files.is_empty(), "results of refused runs: {files:?}");
}

#[test]
fn a_payload_of_another_length_is_refused_with_both_lengths() {
    let scene = Scene::untimed("a_payload_of_another_length_is_refused_with_both_lengths");
    scene.write("payload.data", &"x".repeat(100));
    let workload = Workload::small("x").with("useRandomizedPayloads", false).with("payloadFile", "payload.data");
    scene.write("w.yaml", &workload.text());
    let refused = scene.pinload(["plan", "--embedded", "w.yaml"]).run();
    refused.assert_code(REFUSED).assert_stderr_has("100").assert_stderr_has("1024");
}

#[test]
fn an_unknown_driver_class_and_a_transaction_are_refused_with_a_reason() {
    let scene = Scene::untimed("an_unknown_driver_class_and_a_transaction_are_refused_with_a_reason");
    scene.write("w.yaml", &Workload::small("w").text());
    scene.write(
        "pulsar.yaml",
        &driver("io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver", "127.0.0.1:1", &[], &[], &[]),
    );
    scene.pinload(["plan", "-d", "pulsar.yaml", "w.yaml"]).run().assert_code(REFUSED).assert_stderr_has("driverClass");
    scene.write("tx.yaml", &driver(JAVA_CLASS, "127.0.0.1:1", &[], &["transactional.id=t"], &[]));
    scene.pinload(["plan", "-d", "tx.yaml", "w.yaml"]).run().assert_code(REFUSED).assert_stderr_has("transactional.id");
    scene.write(
        "jks.yaml",
        &driver(JAVA_CLASS, "127.0.0.1:1", &["security.protocol=SSL", "ssl.truststore.location=/t.jks"], &[], &[]),
    );
    scene.pinload(["plan", "-d", "jks.yaml", "w.yaml"]).run().assert_code(REFUSED).assert_stderr_has("keytool");
}

#[test]
fn an_unknown_key_can_be_made_a_warning() {
    let scene = Scene::untimed("an_unknown_key_can_be_made_a_warning");
    scene.write("w.yaml", &Workload::small("w").with("producerRat", 10).text());
    scene.pinload(["plan", "--embedded", "w.yaml"]).run().assert_code(REFUSED).assert_stderr_has("producerRat");
    let planned = scene.pinload(["plan", "--embedded", "--unknown-keys", "warn", "w.yaml"]).run();
    planned.assert_code(0);
    assert!(planned.says("producerRat"), "the warning is missing\n{planned}");
}
