//! Which CPUs devices may interrupt (Documentation/core-api/irq/irq-affinity.rst).

use super::files::FilesBelow;
use crate::os::affinity::CpuSet;

/// Names kept of one group; the number of interrupts is exact.
const NAMES_KEPT: usize = 8;

/// Who is interrupted by devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct InterruptFacts {
    /// Where new interrupts go.
    pub default_cpus: Option<CpuSet>,
    /// Interrupts that a driver uses, by the CPUs that get them.
    pub interrupt_groups: Vec<InterruptGroup>,
}

/// Interrupts that go to the same CPUs.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct InterruptGroup {
    /// Where they are handled.
    ///
    /// Where they are handled (the effective affinity; where the kernel does not tell it, where they are allowed).
    pub cpus: CpuSet,
    /// How many.
    #[schemars(extend("unit" = "interrupts"))]
    pub interrupts: u32,
    /// Whose they are; the first eight.
    pub devices: Vec<String>,
}

impl InterruptFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        let mut groups: Vec<InterruptGroup> = Vec::new();
        for irq in files.numbered("proc/irq", "") {
            let file = |name: &str| files.cpus(&format!("proc/irq/{irq}/{name}")).filter(|cpus| !cpus.is_empty());
            let Some(cpus) = file("effective_affinity_list").or_else(|| file("smp_affinity_list")) else { continue };
            // One without a handler never comes.
            let Some(device) = device(files, irq) else { continue };
            let at = groups.iter().position(|group| group.cpus == cpus).unwrap_or_else(|| {
                groups.push(InterruptGroup { cpus, interrupts: 0, devices: Vec::new() });
                groups.len() - 1
            });
            let group = &mut groups[at];
            group.interrupts += 1;
            if group.devices.len() < NAMES_KEPT && !group.devices.contains(&device) {
                group.devices.push(device);
            }
        }
        groups.sort_by(|a, b| a.cpus.iter().cmp(b.cpus.iter()));
        Self {
            default_cpus: files.text("proc/irq/default_smp_affinity").and_then(|mask| cpus_of_mask(&mask)),
            interrupt_groups: groups,
        }
    }
}

/// The drivers' names for an interrupt: in /sys, or as folders in /proc.
fn device(files: &FilesBelow, irq: usize) -> Option<String> {
    files.word(&format!("sys/kernel/irq/{irq}/actions")).or_else(|| {
        let folder = format!("proc/irq/{irq}");
        files.names(&folder).into_iter().find(|name| files.exists(&format!("{folder}/{name}/.")))
    })
}

/// A mask as /proc writes it: hexadecimal words of 32 bits, the highest first (`ffffffff,00000003`).
fn cpus_of_mask(mask: &str) -> Option<CpuSet> {
    let mut cpus = CpuSet::default();
    for (word, text) in mask.split(',').rev().enumerate() {
        let bits = u32::from_str_radix(text.trim(), 16).ok()?;
        cpus.0.extend((0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| word * 32 + bit));
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_read_from_their_end() {
        assert_eq!(cpus_of_mask("3").unwrap().to_string(), "0-1");
        assert_eq!(cpus_of_mask("80000001,00000000,0000000f").unwrap().to_string(), "0-3,64,95");
        assert_eq!(cpus_of_mask("none"), None);
    }
}
