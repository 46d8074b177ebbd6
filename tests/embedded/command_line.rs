//! What the command line accepts and refuses, with which exit code and which words. Nothing here starts a client.

mod files;
mod settings;

use crate::scene;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Scene, Workload};

const USAGE: i32 = 2;
const REFUSED: i32 = 3;

#[test]
fn help_names_the_commands_and_ends_with_0() {
    let scene = Scene::untimed("help_names_the_commands_and_ends_with_0");
    let help = scene.pinload(["--help"]).run();
    help.assert_code(0).assert_stdout_has("run").assert_stdout_has("plan");
    let help = scene.pinload(["run", "--help"]).run();
    help.assert_code(0);
    for option in [
        "--drivers",
        "--output",
        "--csv",
        "--embedded",
        "--duration",
        "--warmup",
        "--rate",
        "--rate-scope",
        "--cpus",
        "--io-cpus",
        "--numa-node",
        "--placement",
        "--keep-topics",
        "--output-dir",
        "--quiet",
        "--verbose",
        "--no-progress",
        "--color",
    ] {
        help.assert_stdout_has(option);
    }
}

#[test]
fn help_does_not_show_the_hidden_roles() {
    let scene = Scene::untimed("help_does_not_show_the_hidden_roles");
    let help = scene.pinload(["--help"]).run();
    let commands: Vec<_> =
        help.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert!(!commands.contains(&"producer") && !commands.contains(&"consumer"), "{commands:?}");
}

#[test]
fn version_names_librdkafka_and_its_features() {
    let scene = Scene::untimed("version_names_librdkafka_and_its_features");
    let version = scene.pinload(["--version"]).run();
    version
        .assert_code(0)
        .assert_stdout_has(env!("CARGO_PKG_VERSION"))
        .assert_stdout_has("librdkafka")
        .assert_stdout_has("ssl");
}

#[test]
fn completions_are_written_for_each_shell() {
    let scene = Scene::untimed("completions_are_written_for_each_shell");
    for shell in ["bash", "zsh", "fish"] {
        scene.pinload(["completions", shell]).run().assert_code(0).assert_stdout_has("pinload");
    }
}

#[test]
fn no_command_and_an_unknown_option_are_usage_errors() {
    let scene = Scene::untimed("no_command_and_an_unknown_option_are_usage_errors");
    let alone = scene.pinload(Vec::<String>::new()).run();
    alone.assert_code(USAGE).assert_stderr_has("pinload run --embedded").assert_stderr_has("--bootstrap");
    assert_eq!(alone.stderr.lines().count(), 10, "{alone}");
    scene.pinload(["run", "--embeded", "w.yaml"]).run().assert_code(USAGE).assert_stderr_has("--embedded");
}

#[test]
fn a_run_needs_something_to_drive_and_no_workload_is_the_simple_one() {
    let scene = Scene::untimed("a_run_needs_something_to_drive_and_no_workload_is_the_simple_one");
    scene.write("w.yaml", &Workload::small("w").text());
    scene
        .pinload(["run", "w.yaml"])
        .run()
        .assert_code(USAGE)
        .assert_stderr_has("-d FILE")
        .assert_stderr_has("--bootstrap");
    let plan = scene.pinload(["plan", "--embedded"]).run();
    plan.assert_code(0).assert_stdout_has("simple-workload").assert_stdout_has("2 producers × 500 = 1,000 msg/s");
}

#[test]
fn examples_are_listed_and_printed_as_they_are() {
    let scene = Scene::untimed("examples_are_listed_and_printed_as_they_are");
    let list = scene.pinload(["examples"]).run();
    list.assert_code(0).assert_stdout_has("simple-workload").assert_stdout_has("kafka-driver");
    let printed = scene.pinload(["examples", "kafka-driver"]).run();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kafka-driver.yaml");
    assert_eq!(printed.stdout, std::fs::read_to_string(file).expect("the example"));
    scene.pinload(["examples", "kafka-drivr"]).run().assert_code(USAGE).assert_stderr_has("did you mean kafka-driver?");
}

#[test]
fn options_that_exclude_each_other_are_usage_errors() {
    let scene = Scene::untimed("options_that_exclude_each_other_are_usage_errors");
    scene.write("w.yaml", &Workload::small("w").text());
    scene.write("d.yaml", &driver(JAVA_CLASS, scene::kafka::NOBODY, &[], &[], &[]));
    scene.pinload(["run", "--embedded", "-d", "d.yaml", "w.yaml"]).run().assert_code(USAGE);
    scene.pinload(["run", "--embedded", "--quiet", "--verbose", "w.yaml"]).run().assert_code(USAGE);
}

#[test]
fn values_without_unit_or_meaning_are_usage_errors_that_say_how_to_write_them() {
    let scene = Scene::untimed("values_without_unit_or_meaning_are_usage_errors_that_say_how_to_write_them");
    scene.write("w.yaml", &Workload::small("w").text());
    scene
        .pinload(["run", "--embedded", "--duration", "30", "w.yaml"])
        .run()
        .assert_code(USAGE)
        .assert_stderr_has("30s");
    scene.pinload(["run", "--embedded", "--rate", "fast", "w.yaml"]).run().assert_code(USAGE).assert_stderr_has("50k");
    scene
        .pinload(["run", "--embedded", "--rate-scope", "mine", "w.yaml"])
        .run()
        .assert_code(USAGE)
        .assert_stderr_has("per-producer");
}

#[test]
fn runs_on_workers_exclude_what_only_this_host_has() {
    let scene = Scene::untimed("runs_on_workers_exclude_what_only_this_host_has");
    scene.write("w.yaml", &Workload::small("w").text());
    for (flags, named) in [
        (&["-w", "http://127.0.0.1:1"][..], "--workers"),
        (&["-wf", "workers.yaml"], "--workers-file"),
        (&["-x"], "--extra"),
    ] {
        let mut args = vec!["run", "--embedded"];
        args.extend(flags);
        args.push("w.yaml");
        scene.pinload(args).run().assert_code(USAGE).assert_stderr_has(named);
    }
}

#[test]
fn flags_of_ombs_forks_are_refused_with_a_reason() {
    let scene = Scene::untimed("flags_of_ombs_forks_are_refused_with_a_reason");
    scene.write("w.yaml", &Workload::small("w").text());
    for (flag, fork) in
        [(&["-t", "swarm"][..], "Redpanda"), (&["--service-version", "24.1"], "Redpanda"), (&["-s"], "AutoMQ")]
    {
        let mut args = vec!["run", "--embedded"];
        args.extend(flag);
        args.push("w.yaml");
        scene.pinload(args).run().assert_code(USAGE).assert_stderr_has(flag[0]).assert_stderr_has(fork);
    }
}

#[test]
fn a_missing_file_is_named() {
    let scene = Scene::untimed("a_missing_file_is_named");
    scene.pinload(["run", "--embedded", "nowhere.yaml"]).run().assert_code(REFUSED).assert_stderr_has("nowhere.yaml");
}

#[test]
fn a_plan_shows_clients_cpus_and_what_became_of_each_property() {
    let scene = Scene::untimed("a_plan_shows_clients_cpus_and_what_became_of_each_property");
    scene.write("w.yaml", &Workload::small("w").text());
    let properties = ["buffer.memory=67108864", "acks=all", "linger.ms=1"];
    let jaas = "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" \
                password=\"very-secret\";";
    let common = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", jaas];
    scene.write("d.yaml", &driver(JAVA_CLASS, "127.0.0.1:1", &common, &properties, &[]));
    let planned = scene.pinload(["plan", "-d", "d.yaml", "w.yaml"]).run();
    planned
        .assert_code(0)
        .assert_stdout_has("2 producers × 250 = 500 msg/s")
        .assert_stdout_has("producer 1")
        .assert_stdout_has("consumer 1")
        .assert_stdout_has("CPU")
        .assert_stdout_has("buffer.memory")
        .assert_stdout_has("queue.buffering.max.kbytes")
        .assert_stdout_has("murmur2");
    assert!(!planned.says("very-secret"), "the password is shown\n{planned}");
    scene.assert_no_leftovers();
}

#[test]
fn a_field_is_explained_and_one_there_is_not_gets_its_nearest_names() {
    let scene = Scene::untimed("a_field_is_explained_and_one_there_is_not_gets_its_nearest_names");
    let told = scene.pinload(["explain", "publish_delay", "p99_9_ns"]).run();
    told.assert_code(0);
    for part in
        ["actual − intended send time", "unit     ns", "error    0 to +0.098 %", "checked  every_figure_of_a_run"]
    {
        told.assert_stdout_has(part);
    }
    let all = scene.pinload(["explain"]).run();
    all.assert_code(0).assert_stdout_has("p99_9_ns (ns)").assert_stdout_has("plan.thresholds.steal-share");
    for name in ["steal-share", "plan.thresholds.steal-share"] {
        let told = scene.pinload(["explain", name]).run();
        told.assert_code(0)
            .assert_stdout_has("the hypervisor gave a hot CPU to somebody else")
            .assert_stdout_has("default  0.01");
    }
    let earlier = scene.pinload(["explain", "doubts"]).run();
    earlier.assert_code(0).assert_stdout_has("caveats").assert_stdout_has("before the figures are believed");
    let wrong = scene.pinload(["explain", "steel-share"]).run();
    wrong.assert_code(2).assert_stderr_has("did you mean steal-share");
    let wrong = scene.pinload(["explain", "p99_ms"]).run();
    wrong.assert_code(2).assert_stderr_has("did you mean").assert_stderr_has("p99_ns");
}

#[test]
fn the_schema_of_the_detail_file_is_printed() {
    let scene = Scene::untimed("the_schema_of_the_detail_file_is_printed");
    let told = scene.pinload(["schema"]).run();
    told.assert_code(0);
    let schema: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(schema["$id"], "urn:pinload-detail:2");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_goal_that_is_none_is_refused_where_it_stands() {
    let scene = Scene::untimed("a_goal_that_is_none_is_refused_where_it_stands");
    let text = Workload::small("w").text();
    scene.write("w.yaml", &text);
    let workload = "w.yaml";
    let typed = scene.pinload(["plan", "--embedded", "--goal", "end_to_end p99 <= 20ms", workload]).run();
    typed.assert_code(USAGE).assert_stderr_has("--goal").assert_stderr_has("did you mean end_to_end_actual?");
    let text = text + "goals: [lost == none]\n";
    let line = text.lines().count();
    scene.write("goals.yaml", &text);
    let written = scene.pinload(["plan", "--embedded", "goals.yaml"]).run();
    written.assert_code(REFUSED).assert_stderr_has(&format!("goals.yaml:{line}: goals: goal \"lost == none\": "));
    let windows = ["plan", "--embedded", "--goal", "publish_rate >= 1k in every 15s", workload];
    scene.pinload(windows).run().assert_code(REFUSED).assert_stderr_has("whole periods of 10 s");
}

#[test]
fn a_capacity_refuses_what_only_a_single_run_can_do() {
    let scene = Scene::untimed("a_capacity_refuses_what_only_a_single_run_can_do");
    let capacity = scene.pinload(["capacity", "--embedded", "--output", "x.json", "w.yaml"]).run();
    capacity.assert_code(USAGE).assert_stderr_has("--output is for a single run");
}
