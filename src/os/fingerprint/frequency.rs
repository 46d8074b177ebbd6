//! How fast the CPUs run and who decides it (Documentation/admin-guide/pm/cpufreq.rst, intel_pstate.rst).

use super::files::{FilesBelow, gather};
use crate::os::affinity::CpuSet;

/// Speed of the CPUs. All empty: the kernel does not set frequencies (usual in VMs), or hides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct FrequencyFacts {
    /// Driver that sets frequencies.
    ///
    /// Who sets frequencies: intel_pstate, amd-pstate-epp, acpi-cpufreq, …
    pub frequency_driver: Option<String>,
    /// Frequency governors and the CPUs of each.
    pub governors: Vec<Governor>,
    /// Preferences between energy and speed and the CPUs of each.
    pub energy_preferences: Vec<EnergyPreference>,
    /// May CPUs run faster than their base frequency?.
    pub turbo: Option<bool>,
}

/// CPUs with one governor.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Governor {
    /// Its name.
    pub governor: String,
    /// CPUs that it governs.
    pub cpus: CpuSet,
}

/// CPUs with one preference.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct EnergyPreference {
    /// Its name.
    pub energy_preference: String,
    /// CPUs that have it.
    pub cpus: CpuSet,
}

impl FrequencyFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        const CPUS: &str = "sys/devices/system/cpu";
        let mut facts = Self::default();
        for cpu in files.numbered(CPUS, "cpu") {
            let file = |name: &str| files.word(&format!("{CPUS}/cpu{cpu}/cpufreq/{name}"));
            if let Some(name) = file("scaling_governor") {
                gather(
                    &mut facts.governors,
                    |known| known.governor == name,
                    |known| &mut known.cpus,
                    || Governor { governor: name.clone(), cpus: CpuSet::default() },
                    cpu,
                );
            }
            if let Some(name) = file("energy_performance_preference") {
                gather(
                    &mut facts.energy_preferences,
                    |known| known.energy_preference == name,
                    |known| &mut known.cpus,
                    || EnergyPreference { energy_preference: name.clone(), cpus: CpuSet::default() },
                    cpu,
                );
            }
            facts.frequency_driver = facts.frequency_driver.or_else(|| file("scaling_driver"));
        }
        // intel_pstate has a switch of its own, the other way round.
        let no_turbo = files.switch(&format!("{CPUS}/intel_pstate/no_turbo"));
        facts.turbo = no_turbo.map(|no| !no).or_else(|| files.switch(&format!("{CPUS}/cpufreq/boost")));
        facts
    }
}
