//! Every file in `examples/` is a file that works: `pinload plan` accepts each workload with each driver.

mod scene;

use scene::Scene;
use std::path::{Path, PathBuf};

/// A certificate file that some examples name; the test puts a file of its own in its place.
const CA_FILE: &str = "/etc/kafka/ca.pem";

fn examples(ending: &str, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<_> = std::fs::read_dir(&folder)
        .expect("examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(ending) && wanted(name))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no {ending} in examples/");
    found
}

fn workloads() -> Vec<PathBuf> {
    examples("-workload.yaml", |_| true)
}

fn drivers() -> Vec<PathBuf> {
    examples(".yaml", |name| name.starts_with("kafka-"))
}

#[test]
fn every_example_is_a_workload_or_a_driver() {
    let mut known = workloads();
    known.extend(drivers());
    known.sort();
    assert_eq!(known, examples("", |_| true));
}

#[test]
fn every_workload_can_be_planned_with_every_driver() {
    let scene = Scene::new("every_workload_can_be_planned_with_every_driver");
    let ca = scene.write("ca.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    for driver in drivers() {
        let text = std::fs::read_to_string(&driver).expect("a driver file");
        let name = driver.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let driver = scene.write(name, &text.replace(CA_FILE, ca.to_str().expect("a plain path")));
        let mut args = vec!["plan".to_owned(), "-d".to_owned(), driver.display().to_string()];
        args.extend(workloads().iter().map(|workload| workload.display().to_string()));
        scene.pinload(args).run().assert_code(0).assert_stdout_has("producer");
    }
}

#[test]
fn the_simple_workload_asks_the_embedded_broker_for_1000_messages_a_second() {
    let scene = Scene::new("the_simple_workload_asks_the_embedded_broker_for_1000_messages_a_second");
    let simple =
        workloads().into_iter().find(|path| path.ends_with("simple-workload.yaml")).expect("simple-workload.yaml");
    let simple = simple.display().to_string();
    let planned = scene.pinload(["plan", "--embedded", &simple]).run();
    planned.assert_code(0).assert_stdout_has("2 producers × 500 = 1,000 msg/s");
}

#[test]
fn the_two_driver_files_of_the_main_job_differ_in_the_scope_of_the_rate() {
    let scene = Scene::new("the_two_driver_files_of_the_main_job_differ_in_the_scope_of_the_rate");
    let path = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).display().to_string();
    let plan = |driver: &str| scene.pinload(["plan", "-d", &path(driver), &path("simple-workload.yaml")]).run();
    plan("kafka-driver.yaml").assert_code(0).assert_stdout_has("2 producers × 250 = 500 msg/s");
    plan("kafka-driver-guide.yaml").assert_code(0).assert_stdout_has("2 producers × 500 = 1,000 msg/s");
}
