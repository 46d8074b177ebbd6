//! Facts from trees: a whole server, nothing at all, nonsense, both generations of control groups.

use super::cgroup::Throttling;
use super::for_tests::{File, TUNED, tree};
use super::*;

fn read(tables: &[&[File<'_>]]) -> Fingerprint {
    Fingerprint::read(tree(tables).path(), None)
}

#[test]
fn a_servers_files_are_understood() {
    let facts = read(&[TUNED]);
    assert_eq!(facts.kernel.version(), Some((6, 8)));
    assert_eq!(
        facts.kernel.boot_settings,
        ["isolcpus=2-3", "nohz_full=2-3", "mitigations=off"],
        "no secrets, nothing of others"
    );
    assert_eq!((facts.clock.constant_tsc, facts.clock.nonstop_tsc), (Some(true), Some(true)));
    assert_eq!(facts.clock.available_clocksources, ["tsc", "hpet", "acpi_pm"]);
    assert_eq!(facts.processors.usable().to_string(), "0-3");
    assert_eq!(facts.processors.isolated_cpus.as_ref().unwrap().to_string(), "2-3");
    assert_eq!(facts.processors.microcode.as_deref(), Some("0x5003605"));
    assert_eq!((facts.frequency.governors.len(), facts.frequency.governors[0].cpus.to_string()), (1, "0-3".to_owned()));
    assert_eq!(facts.frequency.turbo, Some(false));
    let states: Vec<_> = facts.idle.idle_states.iter().map(|state| (&*state.state, state.wake_latency_us)).collect();
    assert_eq!(states, [("POLL", 0), ("C1", 2)], "C6 is disabled");
    let group = &facts.interrupts.interrupt_groups[0];
    assert_eq!((group.cpus.to_string().as_str(), group.interrupts, &*group.devices[0]), ("1", 1, "eth0-TxRx-0"));
    assert_eq!(facts.interrupts.default_cpus.as_ref().unwrap().to_string(), "0-1");
    assert_eq!((facts.memory.memory_total_bytes, facts.memory.swap_total_bytes), (Some(65_804_076 * 1_024), Some(0)));
    assert_eq!(facts.memory.transparent_hugepage.as_deref(), Some("madvise"));
    assert_eq!((facts.cgroup.cgroup_version, &facts.cgroup.cpu_limit), (Some(2), &None));
    assert_eq!(facts.cgroup.throttling.unwrap().throttled_periods, 0);
    assert_eq!(facts.network_interfaces.len(), 1, "docker0 has no device: {:?}", facts.network_interfaces);
    assert_eq!(facts.network_interfaces[0].speed_mbit_per_s, Some(25_000));
    assert_eq!(facts.virtualization.machine_product.as_deref(), Some("Dell Inc. PowerEdge R740"));
    assert_eq!((facts.virtualization.hypervisor, facts.virtualization.steal_percent), (Some(false), Some(0.0)));
}

#[test]
fn without_any_file_nothing_is_known_and_nothing_fails() {
    assert_eq!(read(&[&[]]), Fingerprint::default());
    let allowed = CpuSet::of(3);
    let told = Fingerprint::read(Path::new("/nowhere"), Some(&allowed));
    assert_eq!(told.processors.usable(), allowed);
}

#[test]
fn nonsense_in_every_file_is_not_known_either() {
    for nonsense in ["", "\n", "-1\n", "what?\n", "99999999999999999999\n", ":\n::\n", "cpu  x\n", "[\n", "é\n"] {
        let files: Vec<File<'_>> = TUNED.iter().map(|(path, _)| (*path, nonsense)).collect();
        let facts = read(&[&files]);
        assert_eq!(
            (facts.memory.swappiness.filter(|s| *s > 200), facts.cgroup.cpu_limit),
            (None, None),
            "{nonsense:?}"
        );
    }
}

#[test]
fn the_tightest_limit_of_all_groups_above_counts_in_v2() {
    let facts = read(&[&[
        ("proc/self/cgroup", "0::/a/b\n"),
        ("sys/fs/cgroup/cgroup.controllers", "cpu\n"),
        ("sys/fs/cgroup/a/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/a/cpu.stat", "nr_periods 90\nnr_throttled 9\nthrottled_usec 1234\n"),
        ("sys/fs/cgroup/a/b/cpu.max", "400000 200000\n"),
        ("sys/fs/cgroup/a/b/cpu.stat", "nr_periods 90\nnr_throttled 0\nthrottled_usec 0\n"),
    ]]);
    assert_eq!(facts.cgroup.cpu_limit, Some(CpuLimit { quota_us: 150_000, limit_period_us: 100_000 }));
    let seen = Throttling { limit_periods: 90, throttled_periods: 9, throttled_us: 1_234 };
    assert_eq!(facts.cgroup.throttling, Some(seen));
}

#[test]
fn a_container_finds_its_own_group_at_the_mount_in_v1() {
    let facts = read(&[&[
        ("proc/self/cgroup", "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 7\nnr_throttled 3\nthrottled_time 5000000\n"),
    ]]);
    assert_eq!(facts.cgroup.cgroup_version, Some(1));
    assert_eq!(facts.cgroup.cpu_limit, Some(CpuLimit { quota_us: 50_000, limit_period_us: 100_000 }));
    assert_eq!(facts.cgroup.throttling.unwrap().throttled_us, 5_000);
    let without = read(&[&[
        ("proc/self/cgroup", "1:cpu:/../x\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
    ]]);
    assert_eq!(without.cgroup.cpu_limit, None);
}

#[test]
fn containers_are_recognised_by_their_marks() {
    for (file, expected) in [
        ((".dockerenv", ""), Some("docker")),
        (("run/.containerenv", ""), Some("podman")),
        (("run/systemd/container", "lxc\n"), Some("lxc")),
        (("proc/1/cgroup", "0::/kubepods.slice/pod1\n"), Some("kubernetes")),
        (("proc/1/cgroup", "0::/init.scope\n"), None),
    ] {
        assert_eq!(read(&[&[file]]).virtualization.container.as_deref(), expected, "{file:?}");
    }
}

#[test]
fn empty_lists_of_old_kernels_are_empty() {
    let facts = read(&[&[("sys/devices/system/cpu/nohz_full", "  (null)\n")]]);
    assert_eq!(facts.processors.nohz_full_cpus, Some(CpuSet::default()));
}

#[test]
fn this_machine_has_facts_that_cross_a_process_border() {
    let facts = Fingerprint::read(Path::new("/"), None);
    assert!(facts.kernel.kernel_release.is_some() && !facts.processors.usable().is_empty(), "{facts:?}");
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), facts);
}
