//! `pinload doctor`: what it says of trees of files, of this machine, and of nothing.

use crate::scene::Scene;
use serde::Deserialize;

const USAGE: i32 = 2;
const REFUSED: i32 = 3;

/// The document, read back.
#[derive(Debug, Deserialize)]
struct Document {
    schema: Schema,
    root: String,
    hot_cpus: String,
    facts: serde_json::Value,
    findings: Vec<Finding>,
    fine: Vec<Other>,
    unknown: Vec<Other>,
}

#[derive(Debug, Deserialize)]
struct Schema {
    name: String,
    version: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    finding: String,
    severity: String,
    area: String,
    text: String,
    effect: String,
    remedy: String,
}

#[derive(Debug, Deserialize)]
struct Other {
    check: String,
    text: String,
}

/// Puts files below `root` in the scene's folder.
fn tree(scene: &Scene, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = scene.path("root").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

const CLOCKSOURCE: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";

/// A small VM with a limit on CPU time.
const LIMITED: &[(&str, &str)] = &[
    ("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
    ("proc/cpuinfo", "processor\t: 0\nmodel name\t: EPYC\nflags\t\t: constant_tsc nonstop_tsc hypervisor\n"),
    ("proc/self/status", "Cpus_allowed_list:\t0-7\n"),
    ("proc/self/cgroup", "0::/\n"),
    ("sys/fs/cgroup/cpu.max", "150000 100000\n"),
    ("sys/devices/system/cpu/online", "0-7\n"),
    (CLOCKSOURCE, "tsc\n"),
];

fn document(scene: &Scene, args: &[&str]) -> Document {
    let doctor = scene.pinload(["doctor", "--json"].iter().chain(args).copied()).run();
    doctor.assert_code(0);
    serde_json::from_str(&doctor.stdout).unwrap_or_else(|error| panic!("{error}\n{doctor}"))
}

fn names(document: &Document) -> Vec<&str> {
    document.findings.iter().map(|finding| finding.finding.as_str()).collect()
}

#[test]
fn findings_of_a_tree_are_told_worst_first_with_effect_and_remedy() {
    let scene = Scene::untimed("findings_of_a_tree_are_told_worst_first_with_effect_and_remedy");
    tree(&scene, LIMITED);
    let doctor = scene.pinload(["doctor", "--root", "root"]).run();
    doctor
        .assert_code(0)
        .assert_stdout_has("Linux 6.1.0-18-amd64 · EPYC · 8 CPUs can be used (0-7)")
        .assert_stdout_has("cpu_limit: the control group may use 1.50 CPUs (150,000 µs in every 100,000 µs)")
        .assert_stdout_has("virtual_machine: this is a virtual machine")
        .assert_stdout_has("tsc_differs_across_cpus: not checked")
        .assert_stdout_has("governor_not_performance: the kernel sets no frequencies here")
        .assert_stdout_has("clocksource_not_tsc: the kernel's clock source is tsc");
    let order = ["SEVERE", "cpu_limit:", "does ", "change ", "NOTABLE", "virtual_machine:", "fine", "not known"];
    let places: Vec<_> = order.iter().map(|word| doctor.stdout.find(word).unwrap_or(usize::MAX)).collect();
    assert!(places.is_sorted() && places[7] < usize::MAX, "{places:?}\n{doctor}");
}

#[test]
fn the_same_as_json_has_facts_findings_and_what_is_not_known() {
    let scene = Scene::untimed("the_same_as_json_has_facts_findings_and_what_is_not_known");
    tree(&scene, LIMITED);
    let told = document(&scene, &["--root", "root"]);
    assert_eq!((told.schema.name.as_str(), told.schema.version), ("pinload-doctor", 1));
    assert_eq!((told.root.as_str(), told.hot_cpus.as_str()), ("root", "0-7"));
    assert_eq!(names(&told), ["cpu_limit", "virtual_machine"]);
    let limit = &told.findings[0];
    assert_eq!((limit.severity.as_str(), limit.area.as_str()), ("severe", "limits"));
    assert!(limit.text.contains("1.50 CPUs") && !limit.effect.is_empty() && !limit.remedy.is_empty(), "{limit:?}");
    assert_eq!(told.facts["cgroup"]["cpu_limit"]["quota_us"], 150_000);
    assert_eq!(told.facts["frequency"]["turbo"], serde_json::Value::Null);
    assert!(told.fine.iter().any(|fine| fine.check == "clocksource_not_tsc"), "{told:#?}");
    assert!(told.unknown.iter().any(|other| other.check == "turbo_on" && !other.text.is_empty()), "{told:#?}");
    // The same tree with another clock, and without the limit.
    tree(&scene, &[(CLOCKSOURCE, "hpet\n"), ("sys/fs/cgroup/cpu.max", "max 100000\n")]);
    assert_eq!(names(&document(&scene, &["--root", "root"])), ["clocksource_not_tsc", "virtual_machine"]);
}

#[test]
fn cpus_of_clients_are_judged_where_they_are_named() {
    let scene = Scene::untimed("cpus_of_clients_are_judged_where_they_are_named");
    tree(&scene, LIMITED);
    tree(&scene, &[("proc/irq/30/effective_affinity_list", "4\n"), ("sys/kernel/irq/30/actions", "eth0-rx-0\n")]);
    let interrupts = |cpus: &str| {
        let told = document(&scene, &["--root", "root", "--cpus", cpus]);
        told.findings.iter().any(|finding| finding.finding == "interrupts_on_hot_cpus")
    };
    assert!(interrupts("3-4"));
    assert!(!interrupts("1-3"));
}

#[test]
fn this_machine_is_judged_whatever_it_is() {
    let scene = Scene::untimed("this_machine_is_judged_whatever_it_is");
    let told = document(&scene, &[]);
    assert_eq!(told.findings.len() + told.fine.len() + told.unknown.len(), 22, "every check has an end: {told:#?}");
    assert!(told.facts["kernel"]["kernel_release"].is_string(), "{told:#?}");
    scene.pinload(["doctor"]).run().assert_code(0).assert_stdout_has("can be used");
    scene.assert_no_leftovers();
}

#[test]
fn a_folder_without_files_is_not_known_and_one_that_is_missing_is_refused() {
    let scene = Scene::untimed("a_folder_without_files_is_not_known_and_one_that_is_missing_is_refused");
    std::fs::create_dir(scene.path("empty")).expect("a folder");
    let told = document(&scene, &["--root", "empty"]);
    assert_eq!((names(&told), told.unknown.len()), (Vec::new(), 21));
    scene
        .pinload(["doctor", "--root", "nowhere"])
        .run()
        .assert_code(REFUSED)
        .assert_stderr_has("nowhere: does not exist; name a folder that holds proc and sys with --root DIR");
    scene.pinload(["doctor", "--cpus", "many"]).run().assert_code(USAGE).assert_stderr_has("CPU list");
}
