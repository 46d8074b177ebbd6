//! Where processes run and what they are called: the plan, what the kernel shows while the load runs, and what the
//! result says must be the same; CPU masks and memory policies given from outside are kept.

use crate::scene;
use crate::scene::processes::Process;
use crate::scene::results::{Detail, PlannedCpus};
use crate::scene::{Running, Scene, Workload};
use std::collections::BTreeSet;
use std::time::Duration;

/// Until the load runs.
const START: Duration = Duration::from_secs(40);
const RUN: [&str; 8] = ["run", "--embedded", "--no-progress", "--warmup", "0s", "--duration", "5s", "small.yaml"];
const PLAN: [&str; 3] = ["plan", "--embedded", "small.yaml"];
const REFUSED: i32 = 3;

fn scene(name: &'static str, workload: &Workload) -> Scene {
    let scene = Scene::untimed(name);
    scene.write("small.yaml", &workload.text());
    scene
}

/// A CPU or node list as the kernel and the result write it, `0,2-3`.
fn numbers(list: &str) -> BTreeSet<usize> {
    let number = |text: &str| -> usize { text.parse().unwrap_or_else(|_| panic!("{list:?} is no list of numbers")) };
    list.split(',')
        .flat_map(|part| match part.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(part)..=number(part),
        })
        .collect()
}

/// What this test itself may use: `Cpus_allowed_list` or `Mems_allowed_list`.
fn allowed(field: &str) -> BTreeSet<usize> {
    let own = Process::look(i32::try_from(std::process::id()).expect("a pid")).expect("our own process");
    numbers(&own.status(field).expect("a field of /proc/PID/status"))
}

/// `program`, with these arguments, starts pinload with those.
fn under<'a>(scene: &'a Scene, program: &str, given: &[&str], pinload: &[&str]) -> scene::Run<'a> {
    let args: Vec<&str> = given.iter().copied().chain([scene::PINLOAD]).chain(pinload.iter().copied()).collect();
    scene.command(program, args)
}

/// Starts the load and returns the clients, producers first.
fn loaded(run: scene::Run<'_>, producers: usize, consumers: usize) -> (Running, Vec<Process>) {
    let running = run.spawn();
    running.wait_for_line("measurement begins", START);
    let mut clients = running.clients("producer", producers);
    clients.extend(running.clients("consumer", consumers));
    (running, clients)
}

#[test]
fn every_client_is_a_process_of_its_own_with_its_name_and_the_cpus_of_the_plan() {
    let name = "every_client_is_a_process_of_its_own_with_its_name_and_the_cpus_of_the_plan";
    let scene = scene(name, &Workload::small("places"));
    let (running, clients) = loaded(scene.pinload(RUN), 2, 2);
    let commands: Vec<_> = clients.iter().map(|client| client.command.as_str()).collect();
    assert_eq!(commands, ["pinload producer 0", "pinload producer 1", "pinload consumer 0", "pinload consumer 1"]);
    assert_eq!(running.clients("embedded-broker", 1)[0].command, "pinload embedded-broker");
    let names = ["pinload-prod-0", "pinload-prod-1", "pinload-cons-0", "pinload-cons-1"];
    let seen: Vec<_> = clients.iter().map(Process::threads).collect();
    let supervisor = Process::look(running.pid()).expect("the supervisor").threads();
    running.outcome().assert_code(0);

    let detail = Detail::read(&scene.detail_file());
    let planned = detail.planned_cpus();
    assert_eq!(planned.len(), seen.len());
    for ((threads, planned), name) in seen.iter().zip(&planned).zip(names) {
        // The hot loop is the main thread; all others are librdkafka's and have the I/O set.
        let (hot, others) = threads.split_first().expect("a main thread");
        assert_eq!((hot.name.as_str(), &hot.cpus), (name, &planned.hot), "{seen:#?}");
        assert!(!others.is_empty(), "librdkafka has threads of its own: {seen:#?}");
        for other in others {
            assert!(other.name.starts_with("rdk:"), "{seen:#?}");
            assert_eq!(other.cpus, planned.io, "{seen:#?}");
        }
    }
    assert_observed_as_planned(&detail, &planned);
    let own = detail.text("/plan/placement/supervisor");
    assert_eq!(supervisor[0].cpus, own, "the supervisor's CPUs: {supervisor:#?}");
}

/// Neither a lock nor a cache line: what one client writes, no other client has. (Payloads are shared, and only read.)
#[test]
fn no_client_writes_memory_that_another_client_has() {
    let scene = scene("no_client_writes_memory_that_another_client_has", &Workload::small("apart"));
    scene.write("null.yaml", "driverClass: pinload.driver.null\n");
    let run = ["run", "--no-progress", "--warmup", "0s", "--duration", "5s", "-d", "null.yaml", "small.yaml"];
    let (running, clients) = loaded(scene.pinload(run), 2, 2);
    let written: Vec<_> = clients.iter().map(Process::written_and_shared).collect();
    running.outcome().assert_code(0);
    let all: BTreeSet<_> = written.iter().flatten().collect();
    assert!(written.iter().all(|each| !each.is_empty()), "each has its segment: {written:#?}");
    assert_eq!(all.len(), written.iter().map(Vec::len).sum::<usize>(), "something stands twice: {written:#?}");
}

/// What the supervisor read back from the kernel is what was planned.
fn assert_observed_as_planned(detail: &Detail, planned: &[PlannedCpus]) {
    for (number, planned) in planned.iter().enumerate() {
        let at = |rest: &str| format!("/clients/{number}/placement_observed/{rest}");
        assert_eq!(detail.text(&at("hot_cpu_mask")), planned.hot);
        let hot_cpu = detail.at(&at("hot_cpu")).as_u64().expect("a CPU");
        assert_eq!(hot_cpu.to_string(), planned.hot, "the CPU it was last seen on");
        let threads = detail.list(&at("threads"));
        assert!(!threads.is_empty());
        assert!(threads.iter().all(|thread| thread["cpu_mask"] == planned.io.as_str()), "{threads:#?}");
    }
}

/// Every process of the run, the plan and the observation stay inside `cpus`.
fn assert_stays_inside(scene: &Scene, program: &str, given: &[&str], cpus: &BTreeSet<usize>) {
    let planned = under(scene, program, given, &PLAN).run();
    planned.assert_code(0).assert_stdout_has("as inherited from taskset, numactl or a cgroup cpuset");

    let (running, _) = loaded(under(scene, program, given, &RUN), 2, 2);
    let threads: Vec<_> = scene.processes().iter().flat_map(Process::threads).collect();
    assert!(threads.len() > 10, "supervisor, broker, four clients and librdkafka's threads: {threads:#?}");
    for thread in &threads {
        assert!(numbers(&thread.cpus).is_subset(cpus), "outside {cpus:?}: {thread:?}");
    }
    running.outcome().assert_code(0);

    let detail = Detail::read(&scene.detail_file());
    assert_eq!(numbers(detail.text("/plan/placement/allowed")), *cpus);
    let planned = detail.planned_cpus();
    for client in &planned {
        let mut all = numbers(&client.io);
        all.extend(numbers(&client.hot));
        assert!(all.is_subset(cpus), "planned outside {cpus:?}: {client:?}");
    }
    assert_observed_as_planned(&detail, &planned);
}

#[test]
fn a_mask_set_by_taskset_is_kept_by_every_process() {
    let scene = scene("a_mask_set_by_taskset_is_kept_by_every_process", &Workload::small("taskset"));
    let Some((last, given)) = all_but_the_first("a_mask_set_by_taskset_is_kept_by_every_process") else { return };
    assert_stays_inside(&scene, "taskset", &["-c", &given], &last);
}

#[test]
fn a_mask_set_by_numactl_is_kept_by_every_process() {
    let name = "a_mask_set_by_numactl_is_kept_by_every_process";
    if !numactl_works(name) {
        return;
    }
    let scene = scene(name, &Workload::small("numactl"));
    let Some((last, given)) = all_but_the_first(name) else { return };
    assert_stays_inside(&scene, "numactl", &[&format!("--physcpubind={given}")], &last);
}

/// A real part of our CPUs, as a set and as a list. None, and a line that says so: there is only one.
fn all_but_the_first(test: &str) -> Option<(BTreeSet<usize>, String)> {
    let rest: BTreeSet<_> = allowed("Cpus_allowed_list").into_iter().skip(1).collect();
    if rest.is_empty() {
        left_out(test, "there is one CPU only");
        return None;
    }
    let list: Vec<_> = rest.iter().map(ToString::to_string).collect();
    Some((rest, list.join(",")))
}

#[test]
fn a_memory_policy_set_by_numactl_is_kept_and_reported() {
    let name = "a_memory_policy_set_by_numactl_is_kept_and_reported";
    if !numactl_works(name) {
        return;
    }
    let node = allowed("Mems_allowed_list").pop_first().expect("a node");
    for (option, policy) in [("membind", "bind"), ("interleave", "interleave")] {
        let scene = scene(name, &Workload::small("policy"));
        let given = format!("--{option}={node}");
        let said = format!("inherited memory policy ({policy}:{node}) is kept");
        under(&scene, "numactl", &[&given], &PLAN).run().assert_code(0).assert_stdout_has(&said);

        let (running, clients) = loaded(under(&scene, "numactl", &[&given], &RUN), 2, 2);
        for client in &clients {
            // /proc/PID/numa_maps names the policy that holds for each mapping.
            let maps = std::fs::read_to_string(format!("/proc/{}/numa_maps", client.pid)).expect("numa_maps");
            let policies: BTreeSet<_> = maps.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
            let expected = format!("{policy}:{node}");
            assert!(policies.contains(expected.as_str()), "{client:?} has {policies:?}");
            assert!(!policies.contains("default"), "{client:?} has {policies:?}");
        }
        running.outcome().assert_code(0);

        let detail = Detail::read(&scene.detail_file());
        let notes = detail.list("/plan/placement/notes");
        assert!(notes.iter().any(|note| note.as_str().is_some_and(|note| note.contains(&said))), "{notes:#?}");
        for client in detail.list("/clients") {
            assert_eq!(client["placement_planned"]["memory_policy"], serde_json::Value::Null, "null: inherited");
        }
    }
}

/// Is there a numactl that may set policies? If not, that is said past the test runner's capture, and fails when
/// CI=true.
fn numactl_works(test: &str) -> bool {
    let node = allowed("Mems_allowed_list").pop_first().expect("a node");
    let tried = std::process::Command::new("numactl").args([&format!("--membind={node}"), "true"]).output();
    let why = match tried {
        Ok(done) if done.status.success() => return true,
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => format!("numactl: {error} (Debian: apt-get install numactl)"),
    };
    left_out(test, &why);
    false
}

fn left_out(test: &str, why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "!! {test}: LEFT OUT, {why}");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
}

#[test]
fn cpus_given_by_the_user_are_used_in_their_order() {
    let scene = scene(
        "cpus_given_by_the_user_are_used_in_their_order",
        &Workload::small("given").with("consumerPerSubscription", 1).with("producersPerTopic", 1),
    );
    let cpus = allowed("Cpus_allowed_list");
    let (first, last) = (cpus.first().expect("a CPU").to_string(), cpus.last().expect("a CPU").to_string());
    let given = format!("{last},{first}");
    let (running, clients) = loaded(scene.pinload(RUN).arg("--cpus").arg(&given), 1, 1);
    let hot: Vec<_> = clients.iter().map(|client| client.threads()[0].cpus.clone()).collect();
    assert_eq!(hot, [last, first]);
    running.outcome().assert_code(0);
}

#[test]
fn without_placement_nothing_is_pinned() {
    let scene = scene("without_placement_nothing_is_pinned", &Workload::small("free"));
    let (running, clients) = loaded(scene.pinload(RUN).arg("--placement").arg("none"), 2, 2);
    let all = allowed("Cpus_allowed_list");
    for thread in clients.iter().flat_map(Process::threads) {
        assert_eq!(numbers(&thread.cpus), all, "{thread:?}");
    }
    running.outcome().assert_code(0);
}

#[test]
fn a_cpu_outside_the_mask_is_refused() {
    let scene = scene("a_cpu_outside_the_mask_is_refused", &Workload::small("outside"));
    scene.pinload(RUN).arg("--cpus").arg("4000").run().assert_code(REFUSED).assert_stderr_has("4000");
}
