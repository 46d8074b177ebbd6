//! The kernel: release, settings at boot that have to do with time, mitigations of processor bugs.

use super::files::FilesBelow;

/// Parameters of the kernel's command line that change how CPUs are shared, sleep or tell the time. Others are left
/// out: a command line may hold secrets.
const BOOT_SETTINGS: [&str; 27] = [
    "amd_pstate",
    "clocksource",
    "cpufreq.default_governor",
    "cpuidle.governor",
    "cpuidle.off",
    "idle",
    "intel_idle.max_cstate",
    "intel_pstate",
    "irqaffinity",
    "isolcpus",
    "kthread_cpus",
    "mce",
    "mitigations",
    "nmi_watchdog",
    "nohz",
    "nohz_full",
    "nosmt",
    "nosoftlockup",
    "nowatchdog",
    "numa_balancing",
    "preempt",
    "processor.max_cstate",
    "rcu_nocbs",
    "skew_tick",
    "threadirqs",
    "transparent_hugepage",
    "tsc",
];

/// The kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KernelFacts {
    /// Release: `6.8.0-31-generic`.
    pub kernel_release: Option<String>,
    /// Build: `#1 SMP PREEMPT_DYNAMIC …`.
    pub kernel_build: Option<String>,
    /// Settings at boot that have to do with time and CPUs, as written.
    pub boot_settings: Vec<String>,
    /// Bugs of the processor and what the kernel does about each; empty: not told.
    pub mitigations: Vec<Mitigation>,
}

/// One bug.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mitigation {
    /// Its name: `meltdown`.
    pub vulnerability: String,
    /// The kernel's words: `Not affected`, `Vulnerable`, `Mitigation: PTI`.
    pub state: String,
}

impl KernelFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        const BUGS: &str = "sys/devices/system/cpu/vulnerabilities";
        let command_line = files.text("proc/cmdline").unwrap_or_default();
        // What stands behind ` -- ` is for the first process.
        let for_kernel = command_line.split_ascii_whitespace().take_while(|word| *word != "--");
        Self {
            kernel_release: files.word("proc/sys/kernel/osrelease"),
            kernel_build: files.word("proc/sys/kernel/version"),
            boot_settings: for_kernel
                .filter(|word| BOOT_SETTINGS.contains(&word.split('=').next().unwrap_or(word)))
                .map(str::to_owned)
                .collect(),
            mitigations: files
                .names(BUGS)
                .into_iter()
                .filter_map(|vulnerability| {
                    let state = files.word(&format!("{BUGS}/{vulnerability}"))?;
                    Some(Mitigation { vulnerability, state })
                })
                .collect(),
        }
    }

    /// Major and minor number of the release.
    pub fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.kernel_release.as_ref()?.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}
