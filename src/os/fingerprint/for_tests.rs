//! Trees of small files for tests, from tables of path → text.

use std::path::Path;
use tempfile::TempDir;

/// A path below the root and what the file holds.
pub(crate) type File<'a> = (&'a str, &'a str);

/// A server that is set up for measuring: nothing to complain of. Four CPUs on four cores, 2 and 3 kept free.
pub(crate) const TUNED: &[File<'_>] = &[
    ("proc/sys/kernel/osrelease", "6.8.0-31-generic\n"),
    ("proc/sys/kernel/version", "#31-Ubuntu SMP PREEMPT_DYNAMIC Sat Apr 20 00:40:06 UTC 2024\n"),
    ("proc/sys/kernel/hostname", "lab-1\n"),
    (
        "proc/cmdline",
        "BOOT_IMAGE=/vmlinuz root=/dev/sda1 password=secret isolcpus=2-3 nohz_full=2-3 mitigations=off -- tsc=x\n",
    ),
    (
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Xeon\nmicrocode\t: 0x5003605\nflags\t\t: fpu tsc constant_tsc nonstop_tsc\n",
    ),
    ("proc/self/status", "Name:\tpinload\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n"),
    ("proc/self/cgroup", "0::/user.slice\n"),
    ("proc/stat", "cpu  1000 0 500 8000 10 0 20 0 0 0\ncpu0 250 0 125 2000 2 0 5 0 0 0\n"),
    ("proc/meminfo", "MemTotal:       65804076 kB\nSwapTotal:             0 kB\n"),
    ("proc/vmstat", "nr_dirty_threshold 786432\nnr_dirty_background_threshold 262144\n"),
    ("proc/sys/vm/swappiness", "60\n"),
    ("proc/sys/kernel/numa_balancing", "1\n"),
    ("proc/irq/default_smp_affinity", "3\n"),
    ("proc/irq/24/smp_affinity_list", "0-1\n"),
    ("proc/irq/24/effective_affinity_list", "1\n"),
    ("sys/kernel/irq/24/actions", "eth0-TxRx-0\n"),
    ("sys/fs/cgroup/cgroup.controllers", "cpu memory\n"),
    ("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n"),
    ("sys/fs/cgroup/user.slice/cpu.stat", "usage_usec 10\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
    ("sys/class/dmi/id/sys_vendor", "Dell Inc.\n"),
    ("sys/class/dmi/id/product_name", "PowerEdge R740\n"),
    ("sys/class/net/eth0/operstate", "up\n"),
    ("sys/class/net/eth0/speed", "25000\n"),
    ("sys/class/net/eth0/mtu", "9000\n"),
    ("sys/class/net/eth0/device/numa_node", "0\n"),
    ("sys/class/net/docker0/operstate", "up\n"),
    ("sys/class/net/docker0/speed", "10\n"),
    ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
    ("sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n"),
    ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm\n"),
    ("sys/devices/system/cpu/online", "0-3\n"),
    ("sys/devices/system/cpu/isolated", "2-3\n"),
    ("sys/devices/system/cpu/nohz_full", "2-3\n"),
    ("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n"),
    ("sys/devices/system/cpu/vulnerabilities/spectre_v2", "Vulnerable\n"),
    ("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
    ("sys/devices/system/cpu/cpuidle/current_driver", "intel_idle\n"),
    ("sys/devices/system/cpu/cpuidle/current_governor", "menu\n"),
    ("sys/module/intel_idle/parameters/max_cstate", "9\n"),
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate\n"),
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference", "performance\n"),
    ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state0/name", "POLL\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "0\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state0/disable", "0\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state1/name", "C1\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state1/latency", "2\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state1/disable", "0\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state2/name", "C6\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state2/latency", "133\n"),
    ("sys/devices/system/cpu/cpu0/cpuidle/state2/disable", "1\n"),
];

/// A tree with these files; of two with one path the later one counts.
pub(crate) fn tree(tables: &[&[File<'_>]]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in tables.iter().copied().flatten() {
        write(root.path(), path, text);
    }
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
