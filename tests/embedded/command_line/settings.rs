//! Settings on the command line, which stand for files and over them.

use super::*;

#[test]
fn the_command_line_stands_for_files_and_saves_what_it_means() {
    let scene = Scene::untimed("the_command_line_stands_for_files_and_saves_what_it_means");
    let options = [
        "--bootstrap",
        "localhost:9092",
        "--producers",
        "4",
        "--consumers",
        "3",
        "--partitions",
        "8",
        "--size",
        "2KiB",
        "--rate",
        "8k",
        "--duration",
        "90s",
        "--set",
        "topics=2",
        "--set",
        "replicationFactor=3",
        "--property",
        "acks=1",
        "--property",
        "producer.linger.ms=7",
        "--property",
        "topic.retention.ms=60000",
        "--save",
        "meant",
    ];
    let plan = |args: &[&str]| {
        let told = scene.pinload([&["plan"], args].concat()).run();
        told.assert_code(0);
        told.stdout.clone()
    };
    let of_options = plan(&options);
    assert!(of_options.contains("8 producers × 1,000 = 8,000 msg/s"), "{of_options}");
    let of_files = plan(&["-d", "meant/kafka-driver.yaml", "meant/simple-workload.yaml"]);
    assert_eq!(of_options, of_files);
    let driver = scene.read("meant/kafka-driver.yaml");
    for line in ["replicationFactor: 3", "retention.ms=60000", "bootstrap.servers=localhost:9092", "linger.ms=7"] {
        assert!(driver.contains(line), "{line}\n{driver}");
    }
    // What is there and says something else is kept.
    let again = scene.pinload(["plan", "--embedded", "--save", "meant", "--producers", "3"]).run();
    again.assert_code(6).assert_stderr_has("meant/simple-workload.yaml").assert_stderr_has("another folder");
    scene.pinload(["plan", "--embedded", "--save", "meant2", "--property", "acks=0"]).run().assert_code(0);
    assert!(scene.read("meant2/embedded.yaml").contains("acks=0"));
    plan(&["-d", "meant2/embedded.yaml", "meant2/simple-workload.yaml"]);
}

#[test]
fn settings_that_are_wrong_are_told_by_the_option_that_sets_them() {
    let scene = Scene::untimed("settings_that_are_wrong_are_told_by_the_option_that_sets_them");
    scene.write("w.yaml", &Workload::small("w").text());
    for (args, told) in [
        (&["--producers", "0"][..], "--producers: is 0"),
        (&["--set", "producersPerTopi=3"], "--set producersPerTopi: is no key of a workload file; did you mean"),
        (&["--set", "messageSize=big"], "--set messageSize: the text \"big\" is not a number"),
        (&["--property", "bootstrap.servers=h:1"], "--property bootstrap.servers: the embedded broker"),
        (&["--property", "producer.transactional.id=t"], "--property producer.transactional.id: "),
    ] {
        for workload in [&[][..], &["w.yaml"]] {
            let args = [&["plan", "--embedded"], args, workload].concat();
            scene.pinload(args).run().assert_code(REFUSED).assert_stderr_has(told);
        }
    }
    let twice = ["plan", "--embedded", "--producers", "2", "--set", "producersPerTopic=3"];
    scene.pinload(twice).run().assert_code(USAGE).assert_stderr_has("by --producers and by --set producersPerTopic");
    let no_port = scene.pinload(["plan", "--bootstrap", "localhost:99999"]).run();
    no_port.assert_code(REFUSED).assert_stderr_has("--bootstrap: ");
}
