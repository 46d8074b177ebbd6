//! Every finding has a tree of files that makes it and one, as near to it as can be, that does not; the tuned server
//! has none.
//!
//! Over 250 lines: a table, two trees for each finding.

use super::*;
use crate::os::fingerprint::TscAcrossCpus;
use crate::os::fingerprint::for_tests::{File, TUNED, tree};

/// What is changed in the tuned server's tree to make a finding, its text, and what is changed without making it.
struct Fixture<'a> {
    finding: &'a str,
    severity: Severity,
    with: &'a [File<'a>],
    text: &'a str,
    without: &'a [File<'a>],
}

const CLOCKSOURCE: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";
const CPUINFO: &str = "proc/cpuinfo";
const CPU: &str = "sys/devices/system/cpu";

fn fixtures() -> Vec<Fixture<'static>> {
    use Severity::{Minor, Notable, Severe};
    vec![
        Fixture {
            finding: "clocksource_not_tsc",
            severity: Severe,
            with: &[(CLOCKSOURCE, "hpet\n")],
            text: "the kernel's clock source is hpet, not tsc",
            without: &[("sys/devices/system/clocksource/clocksource0/available_clocksource", "hpet tsc\n")],
        },
        Fixture {
            finding: "tsc_not_invariant",
            severity: Severe,
            with: &[(CPUINFO, "processor\t: 0\nflags\t\t: tsc constant_tsc\n")],
            text: "the processor does not promise an invariant TSC (no nonstop_tsc)",
            without: &[(CPUINFO, "processor\t: 0\nflags\t\t: nonstop_tsc constant_tsc\n")],
        },
        Fixture {
            finding: "few_cpus",
            severity: Notable,
            with: &[("proc/self/status", "Cpus_allowed_list:\t0-2\n")],
            text: "3 CPUs can be used (0-2)",
            without: &[("proc/self/status", "Cpus_allowed_list:\t0-63\n")],
        },
        Fixture {
            finding: "governor_not_performance",
            severity: Notable,
            with: &[
                ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n"),
                ("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n"),
            ],
            text: "the frequency governor is powersave on CPUs 1,3",
            // Not one of ours.
            without: &[("sys/devices/system/cpu/cpu9/cpufreq/scaling_governor", "powersave\n")],
        },
        Fixture {
            finding: "turbo_on",
            severity: Minor,
            with: &[("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n")],
            text: "turbo (boost) is on",
            without: &[("sys/devices/system/cpu/cpufreq/boost", "1\n")],
        },
        Fixture {
            finding: "deep_idle_states",
            severity: Notable,
            with: &[("sys/devices/system/cpu/cpu0/cpuidle/state2/disable", "0\n")],
            text: "idle CPUs may sleep as deeply as C6, from which waking takes 133 µs",
            without: &[("sys/devices/system/cpu/cpu0/cpuidle/state1/latency", "10\n")],
        },
        Fixture {
            finding: "smt_siblings_in_use",
            severity: Notable,
            with: &[
                ("sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n"),
                ("sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1,3\n"),
            ],
            text: "hot CPUs share cores with others: 1,3",
            without: &[
                ("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0-1\n"),
                ("sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "0-1\n"),
            ],
        },
        Fixture {
            finding: "cpus_not_isolated",
            severity: Minor,
            with: &[("sys/devices/system/cpu/isolated", "3\n"), ("sys/devices/system/cpu/nohz_full", "3\n")],
            text: "hot CPUs 2 are open to other processes and have a timer tick",
            without: &[("sys/devices/system/cpu/isolated", "1-3\n")],
        },
        Fixture {
            finding: "interrupts_on_hot_cpus",
            severity: Notable,
            with: &[
                ("proc/irq/25/effective_affinity_list", "2\n"),
                ("proc/irq/25/smp_affinity_list", "0-3\n"),
                ("sys/kernel/irq/25/actions", "nvme0q3\n"),
                ("proc/irq/26/smp_affinity_list", "1-2\n"),
                ("proc/irq/26/eth0-rx/x", "\n"),
            ],
            text: "2 device interrupts go to hot CPUs 2 (eth0-rx · nvme0q3)",
            // Allowed there and handled elsewhere; and one without a handler.
            without: &[
                ("proc/irq/25/effective_affinity_list", "0\n"),
                ("proc/irq/25/smp_affinity_list", "0-3\n"),
                ("sys/kernel/irq/25/actions", "nvme0q3\n"),
                ("proc/irq/27/smp_affinity_list", "2\n"),
            ],
        },
        Fixture {
            finding: "transparent_hugepages_always",
            severity: Minor,
            with: &[("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")],
            text: "transparent huge pages are always used",
            without: &[("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")],
        },
        Fixture {
            finding: "numa_balancing_on",
            severity: Notable,
            with: &[
                ("sys/devices/system/node/online", "0-1\n"),
                ("sys/devices/system/node/node0/cpulist", "0-1\n"),
                ("sys/devices/system/node/node1/cpulist", "2-3\n"),
            ],
            text: "automatic NUMA balancing is on",
            without: &[
                ("sys/devices/system/node/online", "0-1\n"),
                ("sys/devices/system/node/node0/cpulist", "0-1\n"),
                ("sys/devices/system/node/node1/cpulist", "2-3\n"),
                ("proc/sys/kernel/numa_balancing", "0\n"),
            ],
        },
        Fixture {
            finding: "swapping_likely",
            severity: Minor,
            with: &[("proc/meminfo", "MemTotal: 8 kB\nSwapTotal:       2097148 kB\n")],
            text: "swap space is on, and swappiness is 60",
            without: &[("proc/meminfo", "SwapTotal: 2097148 kB\n"), ("proc/sys/vm/swappiness", "10\n")],
        },
        Fixture {
            finding: "cpu_limit",
            severity: Severe,
            with: &[("sys/fs/cgroup/cpu.max", "250000 100000\n")],
            text: "the control group may use 2.50 CPUs (250,000 µs in every 100,000 µs)",
            without: &[("sys/fs/cgroup/system.slice/cpu.max", "250000 100000\n")],
        },
        Fixture {
            finding: "cpu_throttled",
            severity: Severe,
            with: &[(
                "sys/fs/cgroup/user.slice/cpu.stat",
                "nr_periods 2000\nnr_throttled 30\nthrottled_usec 1500000\n",
            )],
            text: "the control group was stopped for its limit of CPU time in 30 of 2,000 periods, 1.500 s in all",
            without: &[("sys/fs/cgroup/user.slice/cpu.stat", "nr_periods 2000\nnr_throttled 0\nthrottled_usec 0\n")],
        },
        Fixture {
            finding: "network_slow",
            severity: Minor,
            with: &[("sys/class/net/eth0/speed", "1000\n")],
            text: "the fastest link, eth0, has 1,000 Mbit/s",
            without: &[
                ("sys/class/net/eth0/speed", "10000\n"),
                ("sys/class/net/eth1/speed", "1000\n"),
                ("sys/class/net/eth1/operstate", "up\n"),
                ("sys/class/net/eth1/device/vendor", "0x8086\n"),
            ],
        },
        Fixture {
            finding: "kernel_old",
            severity: Minor,
            with: &[("proc/sys/kernel/osrelease", "4.18.0-553.el8_10.x86_64\n")],
            text: "the kernel is 4.18.0-553.el8_10.x86_64",
            without: &[("proc/sys/kernel/osrelease", "5.3.0\n")],
        },
        Fixture {
            finding: "mitigations_on",
            severity: Minor,
            with: &[("sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n")],
            text: "mitigations of processor bugs are at work: meltdown",
            without: &[("sys/devices/system/cpu/vulnerabilities/meltdown", "Vulnerable\n")],
        },
        Fixture {
            finding: "virtual_machine",
            severity: Notable,
            with: &[
                (CPUINFO, "flags\t: tsc constant_tsc nonstop_tsc hypervisor\n"),
                ("sys/class/dmi/id/sys_vendor", "Amazon EC2\n"),
                ("sys/class/dmi/id/product_name", "m7i.large\n"),
            ],
            text: "this is a virtual machine (Amazon EC2 m7i.large)",
            without: &[
                ("sys/class/dmi/id/sys_vendor", "Amazon EC2\n"),
                ("sys/class/dmi/id/product_name", "m7i.metal\n"),
            ],
        },
        Fixture {
            finding: "time_stolen",
            severity: Severe,
            with: &[("proc/stat", "cpu  600 0 300 0 0 0 0 100 0 0\n")],
            text: "the hypervisor gave 10.000 % of the CPUs' time since boot to others",
            without: &[("proc/stat", "cpu  600 0 300 100 0 0 0 0 900 0\n")],
        },
        Fixture {
            finding: "container",
            severity: Minor,
            with: &[(".dockerenv", "")],
            text: "this is a container (docker)",
            without: &[("proc/1/cgroup", "0::/init.scope\n")],
        },
        Fixture {
            finding: "broker_log_on_disk",
            severity: Minor,
            with: &[
                ("proc/77/cmdline", "java\0kafka.Kafka\0/etc/server.properties\0"),
                ("proc/77/root/etc/server.properties", "log.dirs=/data/kafka\n"),
                ("proc/77/mounts", "/dev/vda / ext4 rw 0 0\n/dev/vdb /data xfs rw 0 0\n"),
            ],
            text: "a Kafka here (process 77) has its log on a disk: /data/kafka (xfs); with 2.0 GiB not written yet \
                the kernel makes it wait",
            without: &[
                ("proc/77/cmdline", "java\0kafka.Kafka\0/etc/server.properties\0"),
                ("proc/77/root/etc/server.properties", "log.dirs=/dev/shm/kafka\n"),
                ("proc/77/mounts", "/dev/vda / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n"),
            ],
        },
    ]
}

fn judged(tables: &[&[File<'_>]]) -> Findings {
    judge(&Fingerprint::read(tree(tables).path(), None), &CpuSet::from_iter([2, 3]))
}

fn names(findings: &Findings) -> Vec<&str> {
    findings.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_tuned_server_has_no_findings_and_only_the_live_check_is_not_known() {
    let findings = judged(&[TUNED]);
    assert_eq!(names(&findings), Vec::<&str>::new());
    let unknown: Vec<_> = findings.unknown.iter().map(|other| other.check).collect();
    assert_eq!(unknown, ["tsc_differs_across_cpus"]);
    assert_eq!(findings.fine.len() + 1, CHECKS.len());
}

#[test]
fn every_finding_is_made_by_its_tree_alone_and_not_by_a_near_one() {
    for Fixture { finding, severity, with, text, without } in fixtures() {
        let found = judged(&[TUNED, with]);
        assert_eq!(names(&found), [finding], "{found:#?}");
        assert_eq!((found.findings[0].severity, found.findings[0].text.as_str()), (severity, text));
        assert_eq!(names(&judged(&[TUNED, without])), Vec::<&str>::new(), "without {finding}");
    }
}

#[test]
fn every_check_has_a_tree() {
    let mut named: Vec<_> = fixtures().iter().map(|fixture| fixture.finding).collect();
    // This one no file can show: see below.
    named.push("tsc_differs_across_cpus");
    let mut checks: Vec<_> = CHECKS.iter().map(|HostCheck(name, ..)| *name).collect();
    named.sort_unstable();
    checks.sort_unstable();
    assert_eq!(named, checks);
}

#[test]
fn tscs_that_differ_are_told_only_when_that_is_proven() {
    let hot = CpuSet::of(2);
    let judged = |proven_offset_ns, busy: CpuSet| {
        let mut facts = Fingerprint::read(tree(&[TUNED]).path(), None);
        let compared_cpus = CpuSet::from_iter([1, 2, 3]).difference(&busy);
        facts.clock.tsc_across_cpus = Some(TscAcrossCpus {
            reference_cpu: 0,
            compared_cpus,
            not_compared_cpus: busy,
            proven_offset_ns,
            offset_uncertainty_ns: 80,
        });
        judge(&facts, &hot)
    };
    let apart = judged(12_345, CpuSet::of(3));
    assert_eq!(names(&apart), ["tsc_differs_across_cpus"]);
    assert_eq!(
        apart.findings[0].text,
        "the TSCs of two CPUs are at least 12.3 µs apart; CPUs 3 were busy and are not compared"
    );
    let together = judged(500, CpuSet::default());
    assert_eq!(names(&together), Vec::<&str>::new());
    assert!(together.fine.iter().any(|fine| fine.text == "the TSCs of all CPUs agree within 80 ns"), "{together:#?}");
    let all_busy = judged(0, CpuSet::from_iter([1, 2, 3]));
    assert_eq!(all_busy.unknown[0].text, "no CPU could be compared: they were busy");
}

#[test]
fn without_any_file_nothing_is_found_and_all_is_not_known() {
    let findings = judge(&Fingerprint::default(), &CpuSet::default());
    assert_eq!(names(&findings), Vec::<&str>::new());
    let fine: Vec<_> = findings.fine.iter().map(|fine| fine.check).collect();
    assert_eq!(fine, ["container"], "a mark that is missing is all there is to see of no container");
}

#[test]
fn the_worst_come_first_and_where_nothing_is_pinned_every_usable_cpu_counts() {
    let facts = Fingerprint::read(
        tree(&[
            TUNED,
            &[
                (&*format!("{CPU}/intel_pstate/no_turbo"), "0\n"),
                (".dockerenv", ""),
                ("proc/stat", "cpu 999990 0 0 0 0 0 0 10\n"),
                (CLOCKSOURCE, "kvm-clock\n"),
            ],
        ])
        .path(),
        None,
    );
    assert_eq!(
        names(&judge(&facts, &CpuSet::default())),
        ["clocksource_not_tsc", "interrupts_on_hot_cpus", "time_stolen", "turbo_on", "cpus_not_isolated", "container"]
    );
}
