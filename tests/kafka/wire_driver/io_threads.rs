//! Producers with an I/O thread: runs that balance, where the thread is, and what is said of it.

use super::{PRODUCER, WIRE, balanced, run};
use crate::scene::results::{Detail, OmbResult};
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Kafka, Scene, Workload};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

/// Two CPUs of ours: a loop's and an I/O thread's.
fn two_cpus() -> Option<[String; 2]> {
    let ours = sched_getaffinity(Pid::from_raw(0)).expect("our own CPUs");
    let mut ours = (0..CpuSet::count()).filter(|cpu| ours.is_set(*cpu).unwrap_or(false)).map(|cpu| cpu.to_string());
    Some([ours.next()?, ours.next()?])
}

/// One producer who sends to three partitions; a consumer's loop would need a CPU more.
fn workload(name: &str) -> Workload {
    Workload::small(name)
        .with("partitionsPerTopic", 3)
        .with("producersPerTopic", 1)
        .with("subscriptionsPerTopic", 0)
        .with("consumerPerSubscription", 0)
}

/// Who it was, and where.
fn assert_told(detail: &Detail, io_cpu: &str) {
    assert_eq!(detail.at("/clients/0/placement_planned/io_thread_cpu").to_string(), io_cpu);
    let threads = detail.list("/clients/0/placement_observed/threads");
    let thread = threads.iter().find(|thread| thread["thread_name"] == "wire-io").expect("its name");
    assert_eq!(thread["cpu_mask"], *io_cpu);
    let caveats = detail.list("/caveats");
    let own = caveats.iter().find(|caveat| caveat["caveat"] == "wire_driver").expect("whose clients they were");
    assert_eq!(own["io_threads"], true);
    assert!(detail.at("/clients/0/counters_whole_run/io_idle_ns").as_u64() > Some(0));
}

#[test]
fn with_an_io_thread_a_run_balances_and_says_where_it_was() {
    let Some([hot_cpu, io_cpu]) = two_cpus() else { return };
    let scene = Scene::alone("with_an_io_thread_a_run_balances_and_says_where_it_was");
    scene.write("small.yaml", &workload("io-thread").text());
    let done = run(&scene, &["--embedded", "--client", "wire", "--cpus", &hot_cpu, "--io-cpus", &io_cpu]);
    done.assert_code(0);
    scene.assert_no_leftovers();
    assert!(done.says("by the wire driver"), "{done}");
    OmbResult::read(&scene.result_file()).assert_consistent();
    let detail = Detail::read(&scene.detail_file());
    balanced(&detail, 0);
    assert_told(&detail, &io_cpu);
}

#[test]
fn on_kafka_an_io_thread_sends_what_is_acknowledged_and_nothing_else() {
    let Some(kafka) = Kafka::shared() else { return };
    let Some([hot_cpu, io_cpu]) = two_cpus() else { return };
    let scene = Scene::alone("on_kafka_an_io_thread_sends_what_is_acknowledged_and_nothing_else");
    scene.write("small.yaml", &workload("io-thread-kafka").text());
    for (rate, codec) in [("3000", "none"), ("6000", "lz4")] {
        let compression = format!("compression.type={codec}");
        let producer = [&PRODUCER[..], &[&compression]].concat();
        let driver = driver(JAVA_CLASS, kafka.bootstrap(), &[], &producer, &[]);
        scene.write("driver.yaml", &format!("{driver}{WIRE}"));
        let cpus = ["--cpus", &hot_cpu, "--io-cpus", &io_cpu];
        let more = ["-d", "driver.yaml", "--keep-topics", "--rate", rate, "--output", "sent.json"];
        run(&scene, &[&more[..], &cpus].concat()).assert_code(0);
        let detail = Detail::read(&scene.path("sent.detail"));
        assert_told(&detail, &io_cpu);
        let totals = balanced(&detail, 0);
        let offsets = kafka.end_offsets(&scene, &detail.topics());
        assert_eq!(offsets.values().sum::<u64>(), totals.acknowledged + totals.probes, "{offsets:?} {totals:?}");
    }
}
