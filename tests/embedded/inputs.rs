//! Files as people write them: what `pinload plan` takes, what it refuses, and in which words.

use crate::scene::{Outcome, Scene};
use std::path::Path;

const REFUSED: i32 = 3;

fn fixture(kind: &str, name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(kind).join(name).display().to_string()
}

/// `pinload plan` of two fixtures, with more options and variables.
fn plan(scene: &Scene, driver: &str, workload: &str, more: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let mut args = vec!["plan".to_owned(), "-d".to_owned(), fixture("drivers", driver)];
    args.extend(more.iter().map(|&arg| arg.to_owned()));
    args.push(fixture("workloads", workload));
    environment.iter().fold(scene.pinload(args), |run, (name, value)| run.env(name, value)).run()
}

/// The plan of a driver with a plain workload.
fn driver(scene: &Scene, name: &str, more: &[&str]) -> Outcome {
    plan(scene, name, "omb-small.yaml", more, &[])
}

/// The plan of a workload on a plain driver.
fn workload(scene: &Scene, name: &str) -> Outcome {
    plan(scene, "omb-kafka.yaml", name, &[], &[])
}

#[test]
fn addresses_that_cannot_work_are_refused_with_their_line_and_what_to_write() {
    let scene = Scene::untimed("addresses_that_cannot_work_are_refused_with_their_line_and_what_to_write");
    for (name, why) in [
        ("driver-port-out-of-range.yaml", "`99092` is no port from 1 to 65535, write host:port"),
        ("driver-semicolon-list.yaml", "a comma stands between addresses, no semicolon"),
        ("driver-quoted-address.yaml", "quotes are part of a value, leave them out"),
        ("driver-no-port.yaml", "has no port: write localhost:9092"),
    ] {
        let refused = driver(&scene, name, &[]);
        refused
            .assert_code(REFUSED)
            .assert_stderr_has(&format!("{name}:7: bootstrap.servers: "))
            .assert_stderr_has(why);
        let errors = refused.stderr.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{refused}");
    }
}

#[test]
fn a_reset_and_a_mapping_are_taken_and_properties_of_serializers_with_an_option() {
    let scene = Scene::untimed("a_reset_and_a_mapping_are_taken_and_properties_of_serializers_with_an_option");
    let reset = driver(&scene, "driver-reset.yaml", &[]);
    reset.assert_code(0);
    assert!(reset.says("driver-reset.yaml:3: reset: nothing is reset: pinload deletes only"), "{reset}");
    driver(&scene, "driver-common-as-mapping.yaml", &[]).assert_code(0).assert_stdout_has("127.0.0.1:9092");
    let name = "driver-serializer-properties.yaml";
    driver(&scene, name, &[])
        .assert_code(REFUSED)
        .assert_stderr_has(&format!("{name}:7: schema.registry.url: is not used: it is for serializers"))
        .assert_stderr_has("--unknown-keys warn");
    let warned = driver(&scene, name, &["--unknown-keys", "warn"]);
    warned.assert_code(0);
    for words in [
        ":7: schema.registry.url: is not used",
        ":8: basic.auth.credentials.source: is not used",
        "there is no serializer",
    ] {
        assert!(warned.says(words), "{words}\n{warned}");
    }
}

#[test]
fn comments_and_placeholders_in_values_are_shown_as_read() {
    let scene = Scene::untimed("comments_and_placeholders_in_values_are_shown_as_read");
    driver(&scene, "driver-comment-behind-value.yaml", &[])
        .assert_code(REFUSED)
        .assert_stderr_has(
            ":10: linger.ms: is read as `10 # wait for a batch`: properties have no comments behind a value",
        )
        .assert_stderr_has(":11: client.id: is read as `load   # name`: properties have no comments behind a value");
    let zone = driver(&scene, "driver-zone-placeholder.yaml", &[]);
    zone.assert_code(0);
    assert!(zone.says(":7: client.rack: is read as `{zone.id}`: nobody fills in {zone.id} here"), "{zone}");
}

#[test]
fn variables_of_the_environment_are_filled_in_and_shown() {
    let scene = Scene::untimed("variables_of_the_environment_are_filled_in_and_shown");
    let (d, w) = ("driver-environment.yaml", "workload-environment.yaml");
    let defaults = plan(&scene, d, w, &[], &[]);
    defaults.assert_code(0).assert_stdout_has("from the environment").assert_stdout_has("127.0.0.1:9092");
    let set = [
        ("BOOTSTRAP", "kafka-1:9094"),
        ("TEST_NAME", "night: # 1"),
        ("TOPICS", "3"),
        ("RATE", "250"),
        ("REPLICAS", "2"),
    ];
    let filled = plan(&scene, d, w, &[], &set);
    filled.assert_code(0);
    for words in ["night: # 1", "kafka-1:9094", "3 topics", "250 msg/s", "replication factor 2"] {
        filled.assert_stdout_has(words);
    }
    let text = "driverClass: pinload.driver.null\nname: ${NOT_SET_ANYWHERE}\n";
    scene.write("unset.yaml", text);
    scene
        .pinload(["plan", "-d", "unset.yaml", &fixture("workloads", "omb-small.yaml")])
        .run()
        .assert_code(REFUSED)
        .assert_stderr_has("unset.yaml:2: name: the environment variable NOT_SET_ANYWHERE is not set");
}

#[test]
fn workloads_are_taken_or_refused_with_what_to_write() {
    let scene = Scene::untimed("workloads_are_taken_or_refused_with_what_to_write");
    workload(&scene, "workload-two-documents.yaml").assert_code(0).assert_stdout_has("first of two documents");
    workload(&scene, "workload-rate-minus-one.yaml")
        .assert_code(REFUSED)
        .assert_stderr_has("workload-rate-minus-one.yaml:11: producerRate: -1 is negative; producerRate: 0 searches")
        .assert_stderr_has("--rate unlimited");
    workload(&scene, "workload-that-is-a-template.yaml").assert_code(REFUSED).assert_stderr_has("pinload generate");
    let backlog = workload(&scene, "workload-backlog-fraction.yaml");
    backlog.assert_code(0);
    assert!(backlog.says(":12: consumerBacklogSizeGB: 0.2 GiB are built here; OMB's number is whole"), "{backlog}");
}
