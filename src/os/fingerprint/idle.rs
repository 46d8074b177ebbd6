//! How deeply CPUs sleep and how long they take to wake (Documentation/admin-guide/pm/cpuidle.rst).

use super::files::{FilesBelow, gather};
use crate::os::affinity::CpuSet;

/// Sleep of the CPUs.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct IdleFacts {
    /// Driver that knows the idle states.
    pub idle_driver: Option<String>,
    /// Who chooses among them.
    pub idle_governor: Option<String>,
    /// Idle states that are not disabled.
    ///
    /// The states, and the CPUs where each may be used. Empty: the kernel lists none (they may be chosen by a
    /// hypervisor).
    pub idle_states: Vec<IdleState>,
    /// Highest state that intel_idle may use.
    pub intel_idle_max_cstate: Option<u32>,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct IdleState {
    /// Name of the state.
    pub state: String,
    /// What waking from it takes at most, as the driver says.
    pub wake_latency_us: u64,
    /// CPUs on which it may be used.
    pub cpus: CpuSet,
}

impl IdleFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        const CPUS: &str = "sys/devices/system/cpu";
        let mut states = Vec::new();
        for cpu in files.numbered(CPUS, "cpu") {
            let folder = format!("{CPUS}/cpu{cpu}/cpuidle");
            for state in files.numbered(&folder, "state") {
                let file = |name: &str| format!("{folder}/state{state}/{name}");
                let disabled: Option<u64> = files.number(&file("disable"));
                let (Some(name), Some(wake_latency_us)) = (files.word(&file("name")), files.number(&file("latency")))
                else {
                    continue;
                };
                if disabled.unwrap_or(0) != 0 {
                    continue;
                }
                gather(
                    &mut states,
                    |known: &IdleState| known.state == name && known.wake_latency_us == wake_latency_us,
                    |known| &mut known.cpus,
                    || IdleState { state: name.clone(), wake_latency_us, cpus: CpuSet::default() },
                    cpu,
                );
            }
        }
        Self {
            idle_driver: files.word(&format!("{CPUS}/cpuidle/current_driver")).filter(|name| name != "none"),
            idle_governor: files
                .word(&format!("{CPUS}/cpuidle/current_governor_ro"))
                .or_else(|| files.word(&format!("{CPUS}/cpuidle/current_governor"))),
            idle_states: states,
            intel_idle_max_cstate: files.number("sys/module/intel_idle/parameters/max_cstate"),
        }
    }
}
