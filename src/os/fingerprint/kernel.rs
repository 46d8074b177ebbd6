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
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct KernelFacts {
    /// Release of the kernel.
    pub kernel_release: Option<String>,
    /// Build of the kernel.
    pub kernel_build: Option<String>,
    /// Parameters of the kernel's command line that have to do with CPUs and time, as written; others are left out.
    pub boot_settings: Vec<String>,
    /// Bugs of the processor and what the kernel does about them.
    pub mitigations: Vec<Mitigation>,
}

/// One bug.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Mitigation {
    /// Name of the bug.
    pub vulnerability: String,
    /// The kernel's words for what it does.
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
