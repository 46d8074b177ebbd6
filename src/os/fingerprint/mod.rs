//! What this machine is and how it is set up, as far as it can change a measurement: facts alone, no opinion
//! (`report::findings` has those).
//!
//! Everything is read below a root folder, so that tests read fixture trees. A file that is missing, forbidden or holds
//! something else than it should is a fact that is not known (`None`, an empty list), never an error: containers and
//! small VMs hide much. Left out: what only a running process can find out (`tsc_across_cpus` does, and is kept apart
//! for that).

mod broker_logs;
mod brokers_here;
mod cgroup;
mod clock;
mod files;
mod frequency;
mod idle;
mod interrupts;
mod kernel;
mod memory;
mod network;
mod processors;
mod tsc_across_cpus;
mod virtualization;

#[cfg(test)]
pub use broker_logs::BrokerLog;
pub use broker_logs::BrokerLogFacts;
pub use brokers_here::BrokersHere;
pub use cgroup::{CgroupFacts, CpuLimit};
pub use clock::ClockFacts;
pub use frequency::FrequencyFacts;
pub use idle::{IdleFacts, IdleState};
pub use interrupts::InterruptFacts;
pub use kernel::KernelFacts;
pub use memory::MemoryFacts;
pub use network::NetworkInterface;
pub use processors::ProcessorFacts;
#[cfg(test)]
pub use tsc_across_cpus::TscAcrossCpus;
pub use virtualization::VirtualizationFacts;

use super::affinity::CpuSet;
use files::FilesBelow;
use std::path::Path;
use tsc_across_cpus::compare_tsc_across;

/// Everything that is known of the machine.
#[derive(Debug, Clone, Default, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// The kernel.
    ///
    /// Kernel, its settings at boot, its mitigations.
    pub kernel: KernelFacts,
    /// The kernel's clock source and the TSC.
    pub clock: ClockFacts,
    /// The CPUs and who may use them.
    pub processors: ProcessorFacts,
    /// Speed of the CPUs.
    pub frequency: FrequencyFacts,
    /// Sleep of the CPUs.
    pub idle: IdleFacts,
    /// Where device interrupts go.
    pub interrupts: InterruptFacts,
    /// Memory management.
    pub memory: MemoryFacts,
    /// Control group: limits of CPU time.
    pub cgroup: CgroupFacts,
    /// Network cards (interfaces with a device).
    pub network_interfaces: Vec<NetworkInterface>,
    /// Virtual machine and container.
    pub virtualization: VirtualizationFacts,
    /// Where Kafka brokers on this machine write.
    #[serde(default)]
    pub broker_logs: BrokerLogFacts,
}

impl Fingerprint {
    /// Of the machine that this process runs on: with what only a running process can find out, which takes about a
    /// millisecond for each CPU.
    pub fn of_this_machine(root: &Path, allowed: Option<&CpuSet>) -> Self {
        let mut fingerprint = Self::read(root, allowed);
        fingerprint.clock.tsc_across_cpus = compare_tsc_across(&fingerprint.processors.usable());
        fingerprint
    }

    /// Reads `root`/proc and `root`/sys. `allowed` are the CPUs that this process may use; None: as
    /// `root`/proc/self/status tells.
    pub fn read(root: &Path, allowed: Option<&CpuSet>) -> Self {
        let files = FilesBelow::below(root);
        Self {
            kernel: KernelFacts::read(&files),
            clock: ClockFacts::read(&files),
            processors: ProcessorFacts::read(&files, root, allowed),
            frequency: FrequencyFacts::read(&files),
            idle: IdleFacts::read(&files),
            interrupts: InterruptFacts::read(&files),
            memory: MemoryFacts::read(&files),
            cgroup: CgroupFacts::read(&files),
            network_interfaces: network::read(&files),
            virtualization: VirtualizationFacts::read(&files),
            broker_logs: BrokerLogFacts::read(&files),
        }
    }
}

#[cfg(test)]
pub(crate) mod for_tests;
#[cfg(test)]
mod tests;
