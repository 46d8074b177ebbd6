//! `tools/kafka`, the broker of the other tests: it must never outlive them.

use crate::scene;
use crate::scene::{Deadline, Kafka, Scene};
use std::time::Duration;

const START: Duration = Duration::from_secs(90);

fn broker(scene: &Scene) -> Option<scene::processes::Process> {
    scene.processes().into_iter().find(|process| process.command.contains("kafka.Kafka"))
}

#[test]
fn a_broker_ends_when_its_owner_is_killed() {
    // Asks for the shared one only to learn whether a broker can be started here at all.
    let Some(_) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_broker_ends_when_its_owner_is_killed");
    let folder = scene.path("brokers").display().to_string();
    let owner =
        scene.command(scene::kafka::tool(), ["run", "--dir", &folder, "--", "sleep", "600"]).limit(START).spawn();
    Deadline::within(START).poll("the command to run beside the broker", || {
        scene.processes().into_iter().find(|process| process.command == "sleep 600")
    });
    assert!(broker(&scene).is_some());
    owner.signal(nix::sys::signal::Signal::SIGKILL);
    owner.outcome_within(START);
    Deadline::within(Duration::from_secs(5)).poll("the broker to end", || broker(&scene).is_none().then_some(()));
}

#[test]
fn run_passes_the_exit_code_and_the_address_and_leaves_nothing() {
    let Some(_) = Kafka::shared() else { return };
    let scene = Scene::untimed("run_passes_the_exit_code_and_the_address_and_leaves_nothing");
    let folder = scene.path("brokers").display().to_string();
    let script = "echo \"at $PINLOAD_KAFKA\"; exit 42";
    let ended =
        scene.command(scene::kafka::tool(), ["run", "--dir", &folder, "--", "sh", "-c", script]).limit(START).run();
    ended.assert_code(42).assert_stdout_has("at 127.0.0.1:");
    scene.assert_no_leftovers();
    let left: Vec<_> = std::fs::read_dir(scene.path("brokers")).expect("the folder").filter_map(Result::ok).collect();
    assert!(
        left.iter().all(|entry| ["ports", ".lock"].contains(&entry.file_name().to_str().unwrap_or_default())),
        "{left:?}"
    );
}

#[test]
fn wrong_usage_and_a_missing_java_have_exit_codes_of_their_own() {
    let scene = Scene::untimed("wrong_usage_and_a_missing_java_have_exit_codes_of_their_own");
    let tool = scene::kafka::tool();
    scene.command(tool, ["begin"]).run().assert_code(2).assert_stderr_has("begin");
    scene.command(tool, ["start", "--sasl", "GSSAPI"]).run().assert_code(2).assert_stderr_has("GSSAPI");
    let nowhere = scene.path("no-java").display().to_string();
    scene
        .command(tool, ["start"])
        .env("JAVA_HOME", &nowhere)
        .run()
        .assert_code(77)
        .assert_stderr_has("Java is missing");
}
